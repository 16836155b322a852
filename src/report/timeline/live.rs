//! Rows that appear as things complete: the same words as in the table.

use crate::report::format::Options;
use crate::report::text::filter::Filter;
use crate::report::text::ink::{Ink, Tone};
use crate::report::text::numbers;
use crate::report::text::units;
use crate::report::text::width::{cut_end, cut_middle, width};
use crate::report::text::words;
use crate::report::timeline::wording;
use crate::trace::Trace;
use crate::trace::model::EntityId;
use crate::trace::waterfall::{Subject, row_of};

/// The row of something that is complete; none for what has no row, or is not asked for.
///
/// Its time is that of the clock: which visit a lookup belongs to is not known before its page is,
/// so that times within visits would leap from row to row.
pub fn live_row(trace: &Trace, id: EntityId, options: &Options) -> Option<String> {
    let subject = match id {
        EntityId::Neighbor(id) => Subject::Neighbor(id),
        EntityId::Resolution(id) => Subject::Lookup(id),
        EntityId::Handshake(id) => Subject::Connect(id),
        EntityId::Secured(id) => {
            let is_quic = trace.connection(id).is_some_and(|connection| connection.quic.is_some());
            if is_quic { Subject::Connect(id) } else { Subject::Tls(id) }
        }
        EntityId::Path(id, nth) => Subject::Path(id, nth),
        EntityId::Connection(id) => Subject::Close(id),
        EntityId::Exchange(id) => Subject::Exchange(id),
        EntityId::Lookup(_) | EntityId::Anomaly(_) => return None,
    };
    let row = row_of(trace, subject)?;
    if !Filter::of(options).row(trace, &row) {
        return None;
    }
    let ink = Ink::of(options);
    let said = wording::of(trace, &row, None);
    let start = units::clock(row.start.at, &options.zone);
    let took = row.took().map_or_else(|| "–".to_owned(), units::millis);
    let kind = cut_end(&said.kind, 7, ink.ellipsis());
    let number = said.connection.map(words::connection_number);
    let number = number.map_or_else(String::new, |number| format!("#{number}"));
    let mut line = format!("{start:>12} {:>8} ", ink.text(&took));
    let tone = said.phase.map_or(Tone::Plain, Tone::Phase);
    line.push_str(&ink.paint(tone, &format!("{kind:<4}")));
    line.push_str("  ");
    let mut used = 22 + width(&kind).max(4) + 2;
    let size = said.size.map(units::bytes).unwrap_or_default();
    let frames = numbers::short(&row.frames);
    let tail = [number, size, frames].into_iter().filter(|part| !part.is_empty());
    let tail = ink.text(&tail.collect::<Vec<_>>().join("  ")).into_owned();
    // Results stand below each other.
    let column = options.width.map_or(72, |most| (most / 2 + 4).max(used + 12));
    let what = match options.width {
        Some(_) => fitted(&said.what, column - used - 2, ink, true),
        None => fitted(&said.what, usize::MAX, ink, true),
    };
    let room = options.width.map(|most| most.saturating_sub(column + 2 + width(&tail)));
    let result = fitted(&said.result, room.unwrap_or(usize::MAX), ink, false);
    line.push_str(&what);
    used += width(&what);
    let column = column.max(used + 2);
    line.push_str(&" ".repeat(column - used));
    line.push_str(&ink.paint(said.tone, &result));
    used = column + width(&result);
    if options.width.is_none_or(|most| used + 2 + width(&tail) <= most) {
        line.push_str("  ");
        line.push_str(&ink.paint(Tone::Dim, &tail));
    }
    Some(line.trim_end().to_owned())
}

fn fitted(forms: &[String], room: usize, ink: Ink, middle: bool) -> String {
    let forms = || forms.iter().map(|form| ink.text(form));
    if let Some(form) = forms().find(|form| width(form) <= room) {
        return form.into_owned();
    }
    let shortest = forms().next_back().unwrap_or_default();
    if middle {
        cut_middle(&shortest, room, ink.ellipsis())
    } else {
        cut_end(&shortest, room, ink.ellipsis())
    }
}
