//! Tables of one kind of thing: a title with the count, the rows, a word where there is none.

use std::io::{self, Write};

use crate::report::format::Options;
use crate::report::text::grid::{Align, Column, Fit, Grid};
use crate::report::text::ink::{Ink, Tone};
use crate::report::text::width::wrap;

/// A column of numbers.
pub const fn number(title: &'static str, drop: u8) -> Column {
    Column { title, align: Align::Right, fit: Fit::Whole, least: 0, drop }
}

/// A column of numbers with a shorter form.
pub const fn number_in_words(title: &'static str, least: usize) -> Column {
    Column { title, align: Align::Right, fit: Fit::End, least, drop: 0 }
}

/// A column of words that are never cut.
pub const fn word(title: &'static str, drop: u8) -> Column {
    Column { title, align: Align::Left, fit: Fit::Whole, least: 0, drop }
}

/// A column of words that may be cut at their end.
pub const fn words(title: &'static str, least: usize, drop: u8) -> Column {
    Column { title, align: Align::Left, fit: Fit::End, least, drop }
}

/// A column of words that may be cut in their middle.
pub const fn path(title: &'static str, least: usize) -> Column {
    Column { title, align: Align::Left, fit: Fit::Middle, least, drop: 0 }
}

/// Writes a table, or `nothing` where it has no rows, and a note on how to read it.
pub fn write(
    grid: &Grid,
    note: &str,
    nothing: &str,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let ink = Ink::of(options);
    if grid.is_empty() {
        for line in wrap(&ink.text(nothing), options.width) {
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let drawn = grid.draw(ink, options.width);
    writeln!(out, "{}", drawn.header.trim_end())?;
    writeln!(out, "{}", drawn.rule)?;
    for row in &drawn.rows {
        writeln!(out, "{}", row.trim_end())?;
    }
    writeln!(out)?;
    for line in wrap(&ink.text(note), options.width) {
        writeln!(out, "{}", ink.paint(Tone::Dim, &line))?;
    }
    Ok(())
}
