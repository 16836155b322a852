//! Bars: the pieces of a row drawn over the columns of a scale.

use anstyle::Effects;

use crate::report::text::ink::{Ink, Tone, phase_style};
use crate::report::text::width::width;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::scale::Scale;
use crate::trace::waterfall::{Phase, Row};

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
        return shown.iter().map(|column| blocks(*column, ink)).collect();
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
            // Where nothing is done does not hide what was done, however short.
            if eighth.is_none() || !is_line(piece.phase) {
                *eighth = Some(piece.phase);
            }
        }
    }
    columns
}

/// One column in colour: a block that fills it from the left in one colour, on another.
fn blocks(column: Column, ink: Ink) -> String {
    let line = column.iter().flatten().copied().find(|phase| is_line(*phase));
    // Beside a block a line would look like one.
    let column = column.map(|eighth| eighth.filter(|phase| !is_line(*phase)));
    let [first, .., last] = column;
    let left = column.iter().take_while(|eighth| **eighth == first).count();
    let rest = column.iter().skip(left).copied().flatten().next();
    let style = |phase| phase_style(phase);
    match (first, rest) {
        (None, None) => {
            line.map_or_else(|| " ".to_owned(), |phase| ink.style(style(phase), &sign(phase, ink)))
        }
        (Some(phase), None) => ink.style(style(phase), block(left)),
        (Some(phase), Some(next)) => {
            ink.style(style(phase).bg_color(style(next).get_fg_color()), block(left))
        }
        // A sliver between empty parts: its width is right, its place within the column is not.
        (None, Some(phase)) if last.is_none() => {
            ink.style(style(phase), block(column.iter().flatten().count()))
        }
        // Blocks fill from the left: drawn inverted, the empty part is the block.
        (None, Some(phase)) => ink.style(style(phase).effects(Effects::INVERT), block(left)),
    }
}

fn sign(phase: Phase, ink: Ink) -> String {
    ink.sign(phase).to_string()
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
    let mut busy: Vec<usize> = columns.iter().map(|column| busy(*column)).collect();
    if busy.iter().all(|eighths| *eighths == 0) {
        busy = columns.iter().map(|column| column.iter().flatten().count()).collect();
    }
    let drawn = drawn(&busy);
    let mut out = String::with_capacity(columns.len());
    for (column, drawn) in columns.iter().zip(drawn) {
        let half = column.iter().flatten().count() >= 4;
        let line = column.iter().flatten().copied().find(|phase| half && is_line(*phase));
        match if drawn { most(*column) } else { line } {
            Some(phase) => out.push_str(&ink.style(phase_style(phase), &sign(phase, ink))),
            None => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// How many eighths of a column something is done in.
fn busy(column: Column) -> usize {
    column.iter().flatten().filter(|phase| !is_line(**phase)).count()
}

/// Which columns are drawn: those that are half full, and of a bar that fills half of none the
/// fullest, so that none vanishes.
fn drawn(busy: &[usize]) -> Vec<bool> {
    let mut drawn = Vec::with_capacity(busy.len());
    for bar in busy.chunk_by(|a, b| (*a > 0) == (*b > 0)) {
        let most = bar.iter().copied().max().unwrap_or(0);
        let fullest = bar.iter().position(|eighths| *eighths == most);
        let alone = |i: usize| most > 0 && most < 4 && fullest == Some(i);
        drawn.extend(bar.iter().enumerate().map(|(i, eighths)| *eighths >= 4 || alone(i)));
    }
    drawn
}

/// What fills most of a column; the later one where two fill it alike, and what is done before
/// what is not.
fn most(column: Column) -> Option<Phase> {
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
        Phase::Idle => "open",
        Phase::Close => "close",
    };
    let sample = |phase: Phase| {
        let style = phase_style(phase);
        if ink.color && !ink.ascii && !is_line(phase) {
            return ink.style(style, "█");
        }
        ink.style(style, &sign(phase, ink))
    };
    phases.iter().map(|phase| format!("{} {}", sample(*phase), word(*phase))).collect()
}
