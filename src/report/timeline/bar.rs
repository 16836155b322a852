//! Bars: the pieces of a row drawn over the columns of a scale.

use anstyle::{Effects, Style};

use crate::report::text::ink::{Ink, Tone, phase_style};
use crate::report::text::width::width;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::waterfall::{Phase, Row, Scale};

/// The bar of a row: as many columns as the scale has, without the empty ones at its end.
///
/// In colour a bar ends on an eighth of a column; without, a column shows what fills most of it,
/// and each bar has at least one.
pub(super) fn bar(row: &Row, scale: &Scale, ink: Ink) -> String {
    let columns = eighths_of(row, scale);
    let before = row.pieces.last().is_some_and(|piece| piece.to < scale.from);
    let after = row.pieces.first().is_some_and(|piece| piece.from > scale.to);
    let last = columns.iter().rposition(|column| column.iter().any(Option::is_some));
    let Some(last) = last else { return String::new() };
    if before || after {
        let sign = match (before, ink.ascii) {
            (true, false) => "‹",
            (true, true) => "<",
            (false, false) => "›",
            (false, true) => ">",
        };
        return format!("{}{}", " ".repeat(last), ink.paint(Tone::Dim, sign));
    }
    let shown = columns.get(..=last).unwrap_or(&[]);
    if ink.color && !ink.ascii {
        return shown.iter().map(|column| blocks(column, ink)).collect();
    }
    signs(shown, ink)
}

type Column = [Option<Phase>; 8];

/// What each eighth of each column shows; the later piece where two meet.
fn eighths_of(row: &Row, scale: &Scale) -> Vec<Column> {
    let mut columns = vec![[None; 8]; scale.columns];
    let whole = scale.columns * 8;
    for piece in &row.pieces {
        let instant = piece.from == piece.to;
        if instant && row.pieces.len() > 1 {
            continue;
        }
        let from = scale.eighths(piece.from).min(whole.saturating_sub(1));
        let to = scale.eighths(piece.to).max(from + 1);
        let eighths = columns.as_flattened_mut();
        for eighth in eighths.iter_mut().take(to).skip(from) {
            *eighth = Some(piece.phase);
        }
    }
    columns
}

/// One column in colour: a block that fills it from the left in one colour, on another.
fn blocks(column: &Column, ink: Ink) -> String {
    let [first, ..] = *column;
    let left = column.iter().take_while(|eighth| **eighth == first).count();
    let rest = column.iter().skip(left).copied().find(|eighth| *eighth != first).flatten();
    match (first, rest, left) {
        (None, _, 8) => " ".to_owned(),
        (Some(phase), _, 8) => full(phase, ink),
        (Some(phase), None, _) if is_line(phase) => full(phase, ink),
        (_, Some(phase), _) if is_line(phase) && first.is_none() => full(phase, ink),
        (None, Some(phase), _) => {
            let filled = column.iter().filter(|eighth| eighth.is_some()).count();
            if column.last().is_some_and(Option::is_none) {
                // A sliver between empty parts: its width is right, its place within the column
                // is not.
                return ink.style(phase_style(phase), block(filled));
            }
            // Blocks fill from the left: drawn inverted, the empty part is the block.
            ink.style(phase_style(phase).effects(Effects::INVERT), block(left))
        }
        (Some(phase), None, _) => ink.style(phase_style(phase), block(left)),
        (Some(phase), Some(next), _) => {
            let style = phase_style(phase).bg_color(phase_style(next).get_fg_color());
            ink.style(style, block(left))
        }
        (None, None, _) => " ".to_owned(),
    }
}

fn full(phase: Phase, ink: Ink) -> String {
    if is_line(phase) {
        return ink.style(phase_style(phase), ink.sign(phase).encode_utf8(&mut [0; 4]));
    }
    ink.style(phase_style(phase), "█")
}

/// Phases in which nothing is done are drawn as a line, not as a block.
const fn is_line(phase: Phase) -> bool {
    matches!(phase, Phase::Blocked | Phase::Idle)
}

/// The left `eighths` of a column.
const fn block(eighths: usize) -> &'static str {
    match eighths {
        0 => " ",
        1 => "▏",
        2 => "▎",
        3 => "▍",
        4 => "▌",
        5 => "▋",
        6 => "▊",
        7 => "▉",
        _ => "█",
    }
}

/// Columns without colour: a sign for each phase.
fn signs(columns: &[Column], ink: Ink) -> String {
    let fills: Vec<Option<Phase>> = columns.iter().map(|column| most(column)).collect();
    let mut out = String::with_capacity(columns.len());
    for (i, column) in columns.iter().enumerate() {
        let filled = column.iter().flatten().count();
        let phase = fills.get(i).copied().flatten();
        // Less than half a column is drawn only where the bar would vanish without it.
        let alone = |j: Option<usize>| {
            let other = j.and_then(|j| columns.get(j));
            other.is_none_or(|other| other.iter().flatten().count() < 4)
        };
        let first_of_two = column.last().is_some_and(Option::is_some)
            && columns.get(i + 1).is_some_and(|next| next.iter().flatten().count() == filled);
        let lone = alone(i.checked_sub(1)) && alone(Some(i + 1));
        let drawn = filled >= 4 || (filled > 0 && lone && !is_second(columns, i, first_of_two));
        match phase {
            Some(phase) if drawn => {
                let sign = ink.sign(phase);
                out.push_str(&ink.style(phase_style(phase), sign.encode_utf8(&mut [0; 4])));
            }
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// True for the second of two columns that each hold less than half of a short bar.
fn is_second(columns: &[Column], i: usize, first: bool) -> bool {
    !first
        && i.checked_sub(1)
            .and_then(|j| columns.get(j))
            .is_some_and(|before| before.last().is_some_and(Option::is_some))
}

/// What fills most of a column; the later one where two fill it alike, and what is done before
/// what is not.
fn most(column: &Column) -> Option<Phase> {
    let count = |phase: Phase| column.iter().filter(|eighth| **eighth == Some(phase)).count();
    column.iter().flatten().copied().max_by_key(|phase| (!is_line(*phase), count(*phase)))
}

/// The labels above the bars: `0      50      100 ms`, each beginning at its moment.
pub(super) fn axis(scale: &Scale, origin: Timestamp, ink: Ink) -> String {
    let seconds = scale.to.since(origin).as_nanos() >= 10_000_000_000;
    let unit = if seconds { " s" } else { " ms" };
    let mut line = String::new();
    for (column, at) in scale.ticks(origin, (scale.columns / 7).clamp(2, 10)) {
        let label = label(at, seconds);
        let at = width(&line);
        let room = scale.columns.saturating_sub(column);
        if column < at + usize::from(at > 0) || width(&label) > room {
            continue;
        }
        line.push_str(&" ".repeat(column - at));
        line.push_str(&label);
    }
    if !line.is_empty() && width(&line) + unit.len() <= scale.columns {
        line.push_str(unit);
    }
    ink.paint(Tone::Dim, &line)
}

fn label(at: TimeDelta, seconds: bool) -> String {
    let value = at.as_millis_f64() / if seconds { 1e3 } else { 1.0 };
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the bars mean, for those phases that occur.
pub(super) fn legend(phases: &[Phase], ink: Ink) -> Vec<String> {
    let word = |phase: Phase| match phase {
        Phase::Neighbor => "ARP/NDP",
        Phase::Dns => "DNS",
        Phase::Connect => "connect",
        Phase::Ssl => "TLS",
        Phase::Blocked => "blocked",
        Phase::Send => "send",
        Phase::Wait => "wait",
        Phase::Receive => "receive",
        Phase::Idle => "open, idle",
        Phase::Close => "close",
    };
    let sign = |phase: Phase| {
        let style: Style = phase_style(phase);
        if ink.color && !ink.ascii && !is_line(phase) {
            return ink.style(style, "█");
        }
        ink.style(style, ink.sign(phase).encode_utf8(&mut [0; 4]))
    };
    phases.iter().map(|phase| format!("{} {}", sign(*phase), word(*phase))).collect()
}
