//! What is said on standard error.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::capture::source::CaptureSummary;
use crate::report::text::escape::escape;
use crate::trace::Trace;

/// One line on standard error, or a few: names of files and what is in them must not move the
/// cursor there. That nobody listens is no reason to stop.
pub(super) fn say(text: &str) {
    let lines: Vec<_> = text.split('\n').map(escape).collect();
    let _ = writeln!(anstream::stderr().lock(), "urltrace: {}", lines.join("\n"));
}

/// What went wrong.
pub(super) fn error(text: &str) {
    say(text);
}

/// Where the files are not what they should be.
pub(super) fn damage(summary: &CaptureSummary) {
    for damage in &summary.damage {
        let end = if damage.fatal { "; all before it is shown" } else { "; stepped over" };
        say(&format!(
            "{}: at byte {}, after frame {}: {}{end}",
            damage.file, damage.offset, damage.after_frame, damage.what
        ));
    }
}

/// What was captured and found, in one line.
pub(super) fn summary(trace: &Trace, written: &[String]) -> String {
    let facts = &trace.capture;
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let mut text = format!(
        "{} packets, {} bytes: {}, {}, {} on {}",
        facts.packets,
        facts.bytes,
        count(trace.lookups.len(), "lookup"),
        count(trace.connections.len(), "connection"),
        count(trace.exchanges.len(), "request"),
        count(trace.visits.len(), "page"),
    );
    let counters = facts.source.interfaces.iter().filter_map(|interface| interface.dropped);
    if let Some(dropped) = counters.reduce(u64::saturating_add) {
        let _ = write!(text, "; {dropped} packets dropped by the kernel");
    }
    if !written.is_empty() {
        let _ = write!(text, "; written to {}", written.join(", "));
    }
    text
}
