//! A table whose rows are one line each and keep to a width.
//!
//! Which columns are shown, how wide they are and which of its forms a cell takes is decided here;
//! comfy-table sets them; colours are laid on afterwards, so that they count for nothing.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width,
};

use crate::report::text::ink::{Ink, Tone};
use crate::report::text::width::{cut_end, cut_middle, width};

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Where its content stands.
    pub align: Align,
    /// What becomes of content that is too wide.
    pub fit: Fit,
    /// For words: it is not made narrower than this before another column is left out.
    pub least: usize,
    /// 0: always shown; else the column with the highest number goes first where room is short.
    pub drop: u8,
}

/// Where content stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left: words.
    Left,
    /// At the right: numbers.
    Right,
}

/// What becomes of content that is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The column is as wide as its content.
    Whole,
    /// A shorter form; then the end is cut off.
    End,
    /// A shorter form; then it is cut in the middle.
    Middle,
}

/// One cell: the same said at several lengths, the longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Its forms; the first that fits is taken.
    pub forms: Vec<String>,
    /// Its colour.
    pub tone: Tone,
}

impl Cell {
    /// A cell with one form.
    pub fn new(text: impl Into<String>) -> Self {
        Self { forms: vec![text.into()], tone: Tone::Plain }
    }

    /// In a colour.
    #[must_use]
    pub const fn in_tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Columns and rows.
#[derive(Clone, Debug)]
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A table, set.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// The headings.
    pub header: String,
    /// The line under them.
    pub rule: String,
    /// One line a row.
    pub rows: Vec<String>,
    /// Columns of the terminal that the lines are padded to; rows that could not be cut are wider.
    pub width: usize,
}

impl Grid {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub fn push(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// True without rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets the table within `most` columns; without a bound nothing is cut, and a cell that is
    /// far longer than the others stands out of its column.
    pub fn draw(&self, ink: Ink, most: Option<usize>) -> Drawn {
        let gap = if most.is_some_and(|most| most < ROOMY) { 1 } else { 2 };
        let widths = self.widths(ink, most, gap);
        let shown: Vec<usize> = (0..self.columns.len())
            .filter(|i| widths.get(*i).is_some_and(|width| *width > 0))
            .collect();
        let set = |cells: &[Cell]| -> Vec<Set> {
            let of_column = |i: &usize| -> Option<Set> {
                let (column, width) = (self.columns.get(*i)?, *widths.get(*i)?);
                let cell = cells.get(*i).cloned().unwrap_or_default();
                Some(Set::of(&cell, column.fit, width, ink, most.is_none()))
            };
            shown.iter().filter_map(of_column).collect()
        };
        let titles: Vec<Cell> = self.columns.iter().map(|column| Cell::new(column.title)).collect();
        let header = set(&titles);
        let rows: Vec<Vec<Set>> = self.rows.iter().map(|cells| set(cells)).collect();

        let mut table = comfy_table::Table::new();
        table.load_style(if ink.ascii { RULE_ASCII } else { RULE });
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header.iter().map(|set| set.fitted.as_str()));
        table.add_rows(rows.iter().map(|cells| cells.iter().map(|set| set.fitted.as_str())));
        let last = shown.len().saturating_sub(1);
        for (place, i) in shown.iter().enumerate() {
            let (Some(column), Some(of_column)) = (self.columns.get(*i), table.column_mut(place))
            else {
                continue;
            };
            let after = if place == last { 0 } else { gap };
            let width = widths.get(*i).copied().unwrap_or(0) + after;
            of_column.set_padding((0, u16::try_from(after).unwrap_or(0)));
            let width = Width::Fixed(u16::try_from(width).unwrap_or(u16::MAX));
            of_column.set_constraint(ColumnConstraint::Absolute(width));
            of_column.set_cell_alignment(match column.align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        let mut lines = table.lines();
        let header = lines.next().unwrap_or_default();
        let rule = lines.next().unwrap_or_default();
        Drawn {
            width: width(&header),
            header: ink.paint(Tone::Dim, &header),
            rule: ink.paint(Tone::Dim, &rule),
            rows: lines.zip(&rows).map(|(line, cells)| painted(&line, cells, ink)).collect(),
        }
    }

    /// The width of each column; 0 for those that are not shown.
    fn widths(&self, ink: Ink, most: Option<usize>, gap: usize) -> Vec<usize> {
        let natural = |(i, column): (usize, &Column)| match self.content(i, ink, usize::MAX) {
            0 => 0,
            content => content.max(width(column.title)),
        };
        let mut widths: Vec<usize> = self.columns.iter().enumerate().map(natural).collect();
        let flexible = |i: usize| self.columns.get(i).is_some_and(|c| c.fit != Fit::Whole);
        let Some(most) = most else {
            for (_, width) in widths.iter_mut().enumerate().filter(|(i, _)| flexible(*i)) {
                *width = (*width).min(UNCUT);
            }
            return widths;
        };
        loop {
            let visible = || widths.iter().enumerate().filter(|(_, width)| **width > 0);
            let gaps = visible().count().saturating_sub(1) * gap;
            let fixed: usize = visible().filter(|(i, _)| !flexible(*i)).map(|(_, w)| *w).sum();
            let least = visible().filter(|(i, _)| flexible(*i)).map(|(i, width)| {
                self.columns.get(i).map_or(0, |column| (*width).min(column.least))
            });
            if fixed + gaps + least.sum::<usize>() <= most {
                let wanted: Vec<usize> = widths
                    .iter()
                    .enumerate()
                    .map(|(i, width)| if flexible(i) { *width } else { 0 })
                    .collect();
                let room = most - fixed - gaps;
                return self.with_words(ink, &widths, &wanted, room);
            }
            let several = visible().count() > 1;
            let droppable = visible().filter(|_| several);
            let droppable = droppable.filter_map(|(i, _)| Some((self.columns.get(i)?.drop, i)));
            let Some((_, i)) = droppable.filter(|(drop, _)| *drop > 0).max() else {
                // Nothing more can go: all share what there is.
                return shares(&widths, most.saturating_sub(gaps));
            };
            if let Some(width) = widths.get_mut(i) {
                *width = 0;
            }
        }
    }

    /// The widths, with `room` shared among the columns of words: what one of them does not need
    /// because a shorter form fits goes to the others.
    fn with_words(&self, ink: Ink, widths: &[usize], wanted: &[usize], room: usize) -> Vec<usize> {
        let least = |i: usize| self.columns.get(i).map_or(0, |column| column.least);
        let mut given: Vec<usize> =
            wanted.iter().enumerate().map(|(i, wanted)| (*wanted).min(least(i))).collect();
        let more: Vec<usize> = wanted.iter().zip(&given).map(|(want, have)| want - have).collect();
        let more = shares(&more, room.saturating_sub(given.iter().sum()));
        for (given, more) in given.iter_mut().zip(more) {
            *given += more;
        }
        let title = |i: usize| self.columns.get(i).map_or(0, |column| width(column.title));
        let needed =
            |i: usize, columns: usize| self.content(i, ink, columns).max(title(i)).min(columns);
        for (i, columns) in given.iter_mut().enumerate().filter(|(_, columns)| **columns > 0) {
            *columns = needed(i, *columns);
        }
        let mut left = room.saturating_sub(given.iter().sum());
        for ((i, columns), wanted) in given.iter_mut().enumerate().zip(wanted) {
            if *columns < *wanted {
                let more = needed(i, (*columns + left).min(*wanted)).max(*columns);
                left -= more - *columns;
                *columns = more;
            }
        }
        widths
            .iter()
            .zip(given)
            .map(|(width, given)| if given > 0 { given } else { *width })
            .collect()
    }

    /// The columns that the content of a column takes where no more than `most` are to be had.
    fn content(&self, i: usize, ink: Ink, most: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(i));
        let taken = cells.filter_map(|cell| {
            let widths = || cell.forms.iter().map(|form| width(&ink.text(form)));
            widths().find(|width| *width <= most).or_else(|| widths().next().map(|_| most))
        });
        taken.max().unwrap_or(0)
    }
}

/// Splits `room` among columns: none gets more than it wants, the rest is shared evenly.
fn shares(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<(usize, usize)> = wanted.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, wanted)| *wanted);
    let mut given = vec![0; wanted.len()];
    let (mut left, mut count) = (room, wanted.iter().filter(|width| **width > 0).count());
    for (i, wanted) in order.into_iter().filter(|(_, wanted)| *wanted > 0) {
        let share = wanted.min(left / count.max(1));
        if let Some(given) = given.get_mut(i) {
            *given = share;
        }
        left -= share;
        count -= 1;
    }
    given
}

/// A cell as it is set.
struct Set {
    /// What stands in the column.
    fitted: String,
    /// What is printed for it.
    printed: String,
    tone: Tone,
}

impl Set {
    fn of(cell: &Cell, fit: Fit, columns: usize, ink: Ink, uncut: bool) -> Self {
        let forms: Vec<_> = cell.forms.iter().map(|form| ink.text(form)).collect();
        let longest = forms.first().map(ToString::to_string).unwrap_or_default();
        let fitting = forms.iter().find(|form| width(form) <= columns).map(ToString::to_string);
        let shortest = forms.last().map(ToString::to_string).unwrap_or_default();
        let fitted = fitting.unwrap_or_else(|| match fit {
            Fit::Middle => cut_middle(&shortest, columns, ink.ellipsis()),
            Fit::Whole | Fit::End => cut_end(&shortest, columns, ink.ellipsis()),
        });
        let printed = if uncut { longest } else { fitted.clone() };
        Self { fitted, printed, tone: cell.tone }
    }
}

/// Lays colours on a line, and full text over what had to be cut to keep the columns.
fn painted(line: &str, cells: &[Set], ink: Ink) -> String {
    let mut out = String::with_capacity(line.len() * 2);
    let mut rest = line;
    for cell in cells.iter().filter(|cell| !cell.fitted.is_empty()) {
        // Spaces fill the column before it, so that the first match is the cell itself.
        let Some((before, after)) = rest.split_once(cell.fitted.as_str()) else { continue };
        out.push_str(before);
        out.push_str(&ink.paint(cell.tone, &cell.printed));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// From this width on columns stand two apart.
const ROOMY: usize = 100;

/// Without a bound a column of words is not made wider than this by a few long cells.
const UNCUT: usize = 64;

const RULE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
const RULE_ASCII: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('-'));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Ink = Ink { color: false, ascii: false };

    fn column(title: &'static str, align: Align, fit: Fit, drop: u8) -> Column {
        Column { title, align, fit, least: 14, drop }
    }

    fn grid() -> Grid {
        let mut grid = Grid::new(&[
            column("start", Align::Right, Fit::Whole, 0),
            column("what", Align::Left, Fit::Middle, 0),
            column("result", Align::Left, Fit::End, 0),
            column("frames", Align::Right, Fit::Whole, 1),
        ]);
        let result = Cell {
            forms: vec!["200 OK, text/html, gzip".into(), "200 OK".into()],
            tone: Tone::Good,
        };
        grid.push(vec![
            Cell::new("0.0"),
            Cell::new("GET  /a/very/long/path/to/an/image.png"),
            result,
            Cell::new("1–3"),
        ]);
        grid.push(vec![Cell::new("12.5"), Cell::new("GET  /"), Cell::new("304"), Cell::new("")]);
        grid
    }

    #[test]
    fn cells_shorten_before_columns_go() {
        let drawn = grid().draw(PLAIN, Some(48));
        assert_eq!(drawn.header, "start what                         result frames");
        assert_eq!(drawn.rows[0], "  0.0 GET  /a/very/l…/an/image.png 200 OK    1–3");
        assert!(width(&drawn.rows[0]) <= 48);
        let narrow = grid().draw(PLAIN, Some(36));
        assert_eq!(narrow.rows[1], " 12.5 GET  /                  304   ");
    }

    #[test]
    fn without_a_bound_nothing_is_lost() {
        let mut grid = grid();
        let long = format!("GET  /{}", "x".repeat(100));
        grid.push(vec![
            Cell::new("3.0"),
            Cell::new(long.clone()),
            Cell::new("200"),
            Cell::new("4"),
        ]);
        let drawn = grid.draw(PLAIN, None);
        assert!(drawn.rows[2].contains(&long));
        assert!(drawn.rows[0].contains("200 OK, text/html, gzip"));
        assert!(width(&drawn.rows[0]) < 120);
    }

    #[test]
    fn colours_take_no_room() {
        let ink = Ink { color: true, ascii: false };
        let drawn = grid().draw(ink, Some(60));
        let plain = grid().draw(PLAIN, Some(60));
        assert!(drawn.rows[0].contains("\x1b[32m200 OK"));
        assert_eq!(anstream::adapter::strip_str(&drawn.rows[0]).to_string(), plain.rows[0]);
    }

    proptest! {
        #[test]
        fn rows_keep_to_the_width(
            cells in prop::collection::vec(prop::collection::vec("[a-z日 ]{0,40}", 4), 1..6),
            most in 24usize..160,
        ) {
            let mut grid = Grid::new(&[
                column("one", Align::Right, Fit::Whole, 2),
                column("two", Align::Left, Fit::Middle, 0),
                column("three", Align::Left, Fit::End, 0),
                column("four", Align::Right, Fit::Whole, 1),
            ]);
            for row in &cells {
                grid.push(row.iter().map(|text| Cell::new(text.trim())).collect());
            }
            let drawn = grid.draw(PLAIN, Some(most));
            prop_assert_eq!(drawn.rows.len(), cells.len());
            for line in drawn.rows.iter().chain([&drawn.header, &drawn.rule]) {
                prop_assert!(width(line) <= most, "{} > {}: {:?}", width(line), most, line);
            }
        }
    }
}
