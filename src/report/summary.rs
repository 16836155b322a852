//! The end of the timeline: what the capture was made of, and what was not as it should be.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::protocol::secrets::Counted;
use crate::protocol::tls::event::Keys;
use crate::report::format::Options;
use crate::report::text::escape::escape;
use crate::report::text::ink::{Ink, Tone};
use crate::report::text::units;
use crate::report::text::width::wrap_parts;
use crate::time::Stamp;
use crate::trace::{Configured, Trace};

/// The summary, with an empty line before it.
pub fn lines(trace: &Trace, options: &Options) -> Vec<String> {
    let ink = Ink::of(options);
    let mut all = vec![String::new()];
    for (label, parts, tone) in facts(trace, options.verbosity > 0) {
        let parts: Vec<String> = parts.iter().map(|part| ink.text(part).into_owned()).collect();
        let room = options.width.map(|most| most.saturating_sub(LABEL));
        for (i, piece) in wrap_parts(&parts, room).iter().enumerate() {
            let label = if i == 0 { format!("{label:<LABEL$}") } else { " ".repeat(LABEL) };
            let label = ink.paint(Tone::Dim, &label);
            all.push(format!("{label}{}", ink.paint(tone, &ink.text(piece))));
        }
    }
    all
}

/// How wide the labels are.
const LABEL: usize = 11;

type Fact = (&'static str, Vec<String>, Tone);

fn facts(trace: &Trace, is_verbose: bool) -> Vec<Fact> {
    let facts = &trace.capture;
    let mut all = vec![("packets", packets(trace), Tone::Plain)];
    let protocols: Vec<String> = trace
        .protocols
        .iter()
        .map(|count| {
            let packets = units::grouped(count.packets);
            format!("{} {packets} ({})", count.name, units::bytes(count.bytes))
        })
        .collect();
    if !protocols.is_empty() {
        all.push(("protocols", protocols, Tone::Plain));
    }
    let dropped = facts.source.interfaces.iter().filter_map(|interface| interface.dropped);
    let drops: Vec<u64> = dropped.collect();
    let dropped: u64 = drops.iter().sum();
    if !drops.is_empty() {
        let text = match dropped {
            0 => "none, as far as the kernel or the file counted them".to_owned(),
            _ => format!(
                "{} lost before they could be captured: holes below may be the capture's, not the network's",
                units::count(dropped, "packet", "packets")
            ),
        };
        all.push(("drops", vec![text], if dropped > 0 { Tone::Warn } else { Tone::Plain }));
    }
    all.extend(keys(trace));
    for configured in trace.configurations.iter().take(NETWORKS) {
        all.push(("network", network(configured), Tone::Plain));
    }
    all.extend(notes(trace, is_verbose));
    for damage in &facts.source.damage {
        let how = if damage.fatal { "reading ended there" } else { "stepped over" };
        let text = format!(
            "{} at byte {}, after frame {}: {}; {how}",
            escape(&damage.file),
            units::grouped(damage.offset),
            damage.after_frame,
            escape(&damage.what)
        );
        all.push(("damage", vec![text], Tone::Bad));
    }
    for (what, count, first) in &facts.undecoded {
        let packets = units::count(*count, "packet", "packets");
        let text = format!("{packets}: {} (first frame {first})", escape(what));
        all.push(("not read", vec![text], Tone::Plain));
    }
    all.extend(anomalies(trace));
    all
}

/// How much of TLS could be opened, and with what; nothing where there is no TLS, and no key log.
fn keys(trace: &Trace) -> Option<Fact> {
    // those that came to need keys
    let states = trace.connections.iter().filter_map(|connection| connection.tls.as_ref()?.keys);
    let states: Vec<Keys> = states.filter(|keys| *keys != Keys::NotEncrypted).collect();
    let counted = trace.capture.keys;
    if states.is_empty() && counted == Counted::default() {
        return None;
    }
    let all = states.len() as u64;
    let open = states.iter().filter(|state| **state == Keys::Found).count() as u64;
    let of_all = format!("{} of {}", open, units::count(all, "TLS connection", "TLS connections"));
    let mut parts = Vec::new();
    if counted == Counted::default() {
        let connections = units::count(all, "TLS connection stays", "TLS connections stay");
        parts.push(format!("{connections} closed: no key log (--keylog, or SSLKEYLOGFILE)"));
    } else {
        let secrets = units::count(counted.secrets, "secret", "secrets");
        parts.push(format!("{secrets} opened {of_all}"));
    }
    let odd = [
        (counted.broken, "line is no key log's", "lines are no key log's"),
        (
            counted.conflicting,
            "line has another secret for the same",
            "lines have other secrets for the same",
        ),
        (counted.duplicates, "line repeats another", "lines repeat others"),
        (
            counted.dropped,
            "secret is beyond those that are kept",
            "secrets are beyond those that are kept",
        ),
    ];
    let odd = odd.into_iter().filter(|(count, ..)| *count > 0);
    parts.extend(odd.map(|(count, one, more)| units::count(count, one, more)));
    let tone = if counted.broken + counted.conflicting > 0 { Tone::Warn } else { Tone::Plain };
    Some(("keys", parts, tone))
}

fn packets(trace: &Trace) -> Vec<String> {
    let facts = &trace.capture;
    let mut parts = vec![
        units::count(facts.packets, "packet", "packets"),
        format!("{} on the wire", units::count(facts.bytes, "byte", "bytes")),
    ];
    if facts.captured_bytes < facts.bytes {
        parts.push(format!("{} captured", units::count(facts.captured_bytes, "byte", "bytes")));
    }
    let some = [
        (facts.snapped, "cut off by the snapshot length"),
        (facts.backward, "earlier than the one before"),
        (facts.bad_ip_checksums, "with a wrong IPv4 checksum"),
        (
            facts.bad_transport_checksums,
            "with a wrong TCP, UDP or ICMP checksum (normal where they were captured before the \
             device filled it in)",
        ),
    ];
    let some = some.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(some.map(|(count, what)| format!("{} {what}", units::grouped(count))));
    parts
}

/// Configurations shown; JSON has them all.
const NETWORKS: usize = 8;

/// What a host was told of its network.
fn network(configured: &Configured) -> Vec<String> {
    let what = &configured.what;
    let list = |all: &[IpAddr]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    match (what.address, what.networks.first()) {
        (Some(address), Some((_, length))) => parts.push(format!("{address}/{length}")),
        (Some(address), None) => parts.push(address.to_string()),
        (None, _) => {
            let networks: Vec<String> = what
                .networks
                .iter()
                .map(|(network, length)| format!("{network}/{length}"))
                .collect();
            parts.push(networks.join(", "));
        }
    }
    parts.extend(what.mac.map(|mac| format!("of {mac}")));
    for (word, addresses) in [("router", &what.routers), ("DNS", &what.dns)] {
        if !addresses.is_empty() {
            parts.push(format!("{word} {}", list(addresses)));
        }
    }
    parts.extend(what.domain.as_ref().map(|domain| format!("domain {}", escape(domain))));
    parts.push(format!("{}, frame {}", what.by.name(), configured.at.frame));
    parts.retain(|part| !part.is_empty());
    parts
}

/// Kinds of notes shown, and with more words; JSON has them all.
const NOTES: usize = 8;
const MANY_NOTES: usize = 64;

/// What protocols without rows of their own said, each thing once, in order.
fn notes(trace: &Trace, is_verbose: bool) -> Vec<Fact> {
    let mut kinds: BTreeMap<(&str, &str), (u64, Stamp)> = BTreeMap::new();
    for noted in &trace.notes {
        let (protocol, text) = &noted.what;
        kinds.entry((protocol, text)).or_insert((0, noted.at)).0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (_, first))| first.frame);
    let most = if is_verbose { MANY_NOTES } else { NOTES };
    let more = kinds.len().saturating_sub(most);
    let facts = kinds.into_iter().take(most).map(|((protocol, text), (count, first))| {
        let times = times(count, first);
        ("noted", vec![format!("{protocol}: {} ({times})", escape(text))], Tone::Plain)
    });
    let mut facts: Vec<Fact> = facts.collect();
    if more > 0 {
        let more = format!(
            "{} more: {}",
            units::grouped(more as u64),
            if is_verbose { "-o FILE.json has them all" } else { "-v shows them" }
        );
        facts.push(("noted", vec![more], Tone::Dim));
    }
    facts
}

/// How often something was, and where first.
fn times(count: u64, first: Stamp) -> String {
    match count {
        1 => format!("frame {}", first.frame),
        _ => format!("{} times, first in frame {}", units::grouped(count), first.frame),
    }
}

/// Anomalies by kind, most serious class and most frequent first.
fn anomalies(trace: &Trace) -> Vec<Fact> {
    let mut kinds: BTreeMap<(&str, &str), (u64, Stamp, &str)> = BTreeMap::new();
    for noted in &trace.anomalies {
        let key = (noted.what.class.name(), noted.what.id);
        let entry = kinds.entry(key).or_insert((0, noted.at, &noted.what.text));
        entry.0 += 1;
    }
    for ((_, id), (count, _, _)) in &mut kinds {
        let unlisted = trace.capture.unlisted.iter().find(|(kind, _)| kind == id);
        *count += unlisted.map_or(0, |(_, more)| *more);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|((_, id), (count, _, _))| (std::cmp::Reverse(*count), *id));
    let facts = kinds.into_iter().map(|((class, id), (count, first, text))| {
        let times = times(count, first);
        ("anomaly", vec![format!("{id} ({class}), {times}: {}", escape(text))], Tone::Warn)
    });
    facts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::secured;

    #[test]
    fn what_needs_no_keys_is_not_said_to_stay_closed() {
        let mut trace = secured();
        assert!(keys(&trace).is_some());
        for tls in trace.connections.iter_mut().filter_map(|it| it.tls.as_mut()) {
            tls.keys = tls.keys.map(|_| Keys::NotEncrypted);
        }
        assert!(keys(&trace).is_none());
    }
}
