//! `--view timeline`: each visit as a heading and a waterfall of rows in order of time.
//!
//! Takes the rows of `trace::waterfall`, gives text. Reads no clock and counts nothing anew that
//! the model already says.

mod bar;
mod detail;
mod heading;
mod live;
mod wording;

use std::io::{self, Write};

use crate::report::format::{Options, Reporter};
use crate::report::summary;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Align, Cell, Column, Drawn, Fit, Grid};
use crate::report::text::ink::{Ink, Tone};
use crate::report::text::numbers;
use crate::report::text::units;
use crate::report::text::width::{width, wrap};
use crate::report::text::words;
use crate::time::Timestamp;
use crate::trace::scale::Scale;
use crate::trace::waterfall::{Phase, Row, Waterfall};
use crate::trace::{EntityId, Trace};

pub use live::live_row;

#[cfg(test)]
mod tests;

/// Writes the timeline.
pub struct Timeline;

impl Reporter for Timeline {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let page = Page::new(trace, options);
        let filter = Filter::of(options);
        let waterfall = Waterfall::of(trace);
        let keep = |rows: &[Row]| -> Vec<Row> {
            rows.iter().filter(|row| filter.row(trace, row)).cloned().collect()
        };
        let mut sections = Vec::new();
        for visit in &trace.visits {
            let wanted = options.visit.is_none_or(|id| id == visit.id);
            let rows = keep(waterfall.of_visit(visit.id));
            if wanted && !rows.is_empty() {
                sections.push((Some(visit), rows));
            }
        }
        let outside = keep(&waterfall.outside);
        if options.visit.is_none() && !outside.is_empty() {
            sections.push((None, outside));
        }
        for line in heading::capture(trace, options) {
            writeln!(out, "{line}")?;
        }
        if !sections.is_empty() {
            for line in page.legend(sections.iter().flat_map(|(_, rows)| rows)) {
                writeln!(out, "{line}")?;
            }
        }
        for (visit, rows) in &sections {
            writeln!(out)?;
            let lines = match visit {
                Some(visit) => heading::visit(trace, visit, rows, options),
                None => heading::outside(trace, options),
            };
            for line in lines {
                writeln!(out, "{line}")?;
            }
            let origin = visit.map_or_else(|| trace.origin(), |visit| visit.started.at);
            let first = rows.first().map_or(origin, |row| row.start.at);
            let left = if visit.is_some() { origin } else { first };
            let url = visit.map(|visit| &*visit.url);
            for line in page.table(rows, origin, left, url) {
                writeln!(out, "{line}")?;
            }
        }
        for line in heading::nothing(trace, options, sections.len()) {
            writeln!(out, "{line}")?;
        }
        if options.visit.is_none() && filter.is_open() {
            for line in summary::lines(trace, options) {
                writeln!(out, "{line}")?;
            }
        }
        for line in heading::blanked(trace, options) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn completed(
        &self,
        trace: &Trace,
        entity: EntityId,
        options: &Options,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let row = if options.live { live_row(trace, entity, options) } else { None };
        row.map_or(Ok(()), |row| writeln!(out, "{row}"))
    }

    /// Live, the rows have been told: what is left is what only the end knows.
    fn finish(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        if !options.live {
            return self.write(trace, options, out);
        }
        let filter = Filter::of(options);
        let waterfall = Waterfall::of(trace);
        for visit in &trace.visits {
            let rows = waterfall.of_visit(visit.id);
            let asked = options.visit.is_none_or(|id| id == visit.id);
            if asked && rows.iter().any(|row| filter.row(trace, row)) {
                writeln!(out)?;
                for line in heading::visit(trace, visit, rows, options) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        for line in summary::lines(trace, options) {
            writeln!(out, "{line}")?;
        }
        for line in heading::blanked(trace, options) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

/// What the tables of one run share.
struct Page<'t> {
    trace: &'t Trace,
    options: &'t Options,
    ink: Ink,
}

impl<'t> Page<'t> {
    const fn new(trace: &'t Trace, options: &'t Options) -> Self {
        Self { trace, options, ink: Ink::of(options) }
    }

    /// The rows as a table with bars, and with `-v` what there is to know below each.
    ///
    /// Times count from `origin`; the bars begin at `left`.
    fn table(
        &self,
        rows: &[Row],
        origin: Timestamp,
        left: Timestamp,
        url: Option<&str>,
    ) -> Vec<String> {
        let last = rows.iter().map(|row| row.end.unwrap_or(row.start).at).max().unwrap_or(origin);
        let seconds = last.since(origin).as_nanos() >= LONG;
        let mut grid = Grid::new(if seconds { &IN_SECONDS } else { &IN_MILLIS });
        for row in rows {
            grid.push(self.cells(row, origin, url, seconds));
        }
        let drawn = self.draw(&grid);
        let gap = if self.options.width.is_some_and(|most| most < 100) { 1 } else { 2 };
        let columns = match self.options.width {
            Some(most) => most.saturating_sub(drawn.width + gap).min(MOST_BAR),
            None => UNBOUND_BAR,
        };
        let scale = Scale::fitting(left, rows, columns);
        let has_bar = columns >= LEAST_BAR;
        let beside = |line: &str, bar: &str| {
            if bar.is_empty() || !has_bar {
                return trimmed(line);
            }
            let pad = drawn.width.saturating_sub(plain_width(line)) + gap;
            format!("{line}{}{bar}", " ".repeat(pad))
        };
        let mut lines = vec![beside(&drawn.header, &bar::axis(&scale, origin, self.ink))];
        let rule = self.ink.text("─").repeat(columns + gap);
        let rule = if has_bar { self.ink.paint(Tone::Dim, &rule) } else { String::new() };
        lines.push(format!("{}{rule}", drawn.rule));
        for (row, line) in rows.iter().zip(&drawn.rows) {
            lines.push(beside(line, &bar::bar(row, &scale, self.ink)));
            lines.extend(self.details(row));
        }
        lines
    }

    /// The columns of words, leaving room for the bars.
    fn draw(&self, grid: &Grid) -> Drawn {
        let Some(most) = self.options.width else { return grid.draw(self.ink, None) };
        let bar = match most {
            0..60 => 0,
            60..100 => most / 8,
            100..160 => most / 4,
            _ => most * 3 / 10,
        };
        grid.draw(self.ink, Some(most.saturating_sub(bar)))
    }

    fn cells(&self, row: &Row, origin: Timestamp, url: Option<&str>, seconds: bool) -> Vec<Cell> {
        let wording = wording::of(self.trace, row, url);
        let start = row.start.at.since(origin);
        let start =
            if seconds { units::position_in_seconds(start) } else { units::position(start) };
        let took = row.took().map_or_else(|| "–".to_owned(), units::millis);
        let size = wording.size.map(|size| {
            if self.options.verbosity > 0 { units::grouped(size) } else { units::bytes(size) }
        });
        let number = wording.connection.map(words::connection_number);
        let kind = wording.phase.map_or(Tone::Plain, Tone::Phase);
        vec![
            Cell::new(start),
            Cell::new(took),
            Cell::new(wording.kind).in_tone(kind),
            Cell { forms: wording.what, tone: Tone::Plain },
            Cell { forms: wording.result, tone: wording.tone },
            Cell::new(number.unwrap_or_default()).in_tone(Tone::Dim),
            Cell::new(size.unwrap_or_default()),
            Cell::new(numbers::short(&row.frames)).in_tone(Tone::Dim),
        ]
    }

    fn details(&self, row: &Row) -> Vec<String> {
        if self.options.verbosity == 0 {
            return Vec::new();
        }
        let mut lines = Vec::new();
        for line in detail::of(self.trace, row) {
            let indent = DETAIL + 2 * line.depth;
            let room = self.options.width.map(|most| most.saturating_sub(indent + 2));
            for (i, piece) in wrap(&self.ink.text(&line.text), room).iter().enumerate() {
                let hang = if i == 0 { 0 } else { 2 };
                let pad = " ".repeat(indent + hang);
                lines.push(format!("{pad}{}", self.ink.paint(line.tone, piece)));
            }
        }
        lines
    }

    /// What the bars mean; once for all tables.
    fn legend<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
        let mut phases: Vec<Phase> = rows
            .flat_map(|row| &row.pieces)
            .filter(|piece| piece.from < piece.to)
            .map(|piece| piece.phase)
            .collect();
        phases.sort_unstable();
        phases.dedup();
        let words = bar::legend(&phases, self.ink);
        let most = self.options.width.unwrap_or(usize::MAX);
        let mut lines = Vec::new();
        let mut line = self.ink.paint(Tone::Dim, "bars");
        for word in words {
            if plain_width(&line) + 3 + plain_width(&word) > most {
                lines.push(std::mem::replace(&mut line, "    ".to_owned()));
            }
            line.push_str("   ");
            line.push_str(&word);
        }
        if !phases.is_empty() {
            lines.push(line);
        }
        let help = "times in ms since the visit began; # is the connection; frames as Wireshark \
                    numbers them: 3–6 all of them, 3…6 some of them";
        let room = self.options.width.map(|most| most.saturating_sub(7));
        for (i, piece) in wrap(&self.ink.text(help), room).iter().enumerate() {
            let head = if i == 0 { "rows   " } else { "       " };
            lines.push(self.ink.paint(Tone::Dim, &format!("{head}{piece}")));
        }
        lines
    }
}

/// The width of text that may have colours.
fn plain_width(text: &str) -> usize {
    width(&anstream::adapter::strip_str(text).to_string())
}

/// Without the spaces at the end; colours end before them.
fn trimmed(line: &str) -> String {
    line.trim_end().to_owned()
}

/// From here on positions are in seconds.
const LONG: i64 = 100_000_000_000;

/// Bars are not wider than this: longer ones say no more.
const MOST_BAR: usize = 80;

/// The bars of text without a bound.
const UNBOUND_BAR: usize = 48;

/// Narrower bars say nothing.
const LEAST_BAR: usize = 8;

/// Where details begin.
const DETAIL: usize = 4;

const fn column(title: &'static str, align: Align, fit: Fit, drop: u8) -> Column {
    Column { title, align, fit, least: 14, drop }
}

const IN_MILLIS: [Column; 8] = columns("start");
const IN_SECONDS: [Column; 8] = columns("start s");

const fn columns(start: &'static str) -> [Column; 8] {
    [
        column(start, Align::Right, Fit::Whole, 0),
        column("took", Align::Right, Fit::Whole, 2),
        column("", Align::Left, Fit::Whole, 0),
        column("what", Align::Left, Fit::Middle, 0),
        column("result", Align::Left, Fit::End, 0),
        column("#", Align::Right, Fit::Whole, 5),
        column("size", Align::Right, Fit::Whole, 3),
        column("frames", Align::Left, Fit::Whole, 4),
    ]
}
