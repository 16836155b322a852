//! Time laid out over columns: where the bars of the timeline begin and end.

use crate::time::{TimeDelta, Timestamp};
use crate::trace::waterfall::{Phase, Piece, Row, Subject};

/// A span of time laid out over columns.
///
/// Positions are in eighths of a column, the finest that block characters can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The left edge.
    pub from: Timestamp,
    /// The right edge: later than `from`.
    pub to: Timestamp,
    /// How many columns.
    pub columns: usize,
}

impl Scale {
    /// A scale that shows `rows`, counted from `origin`.
    ///
    /// A close long after everything else, a connection left open, and what happened long before
    /// the origin do not squeeze the rest: they stand at the edge.
    pub fn fitting(origin: Timestamp, rows: &[Row], columns: usize) -> Self {
        let is_close = |row: &&Row| matches!(row.subject, Subject::Close(_));
        let busy = |piece: &&Piece| piece.phase != Phase::Idle;
        let last =
            |row: &Row| row.pieces.iter().filter(busy).map(|p| p.to).max().unwrap_or(row.start.at);
        let open = rows.iter().filter(|row| !is_close(row)).map(last).max();
        let close = rows.iter().filter(is_close).map(last).max();
        let end = open.or(close).unwrap_or(origin).max(origin);
        let span = end.since(origin).as_nanos();
        let close = close.filter(|at| at.since(end).as_nanos() <= span / 4).unwrap_or(end);
        let first = rows.iter().map(|row| row.start.at).min().unwrap_or(origin).min(origin);
        let lead = origin.since(first).as_nanos();
        let from = if lead <= span / 8 { first } else { origin };
        let to = end.max(close).max(from + SHORTEST);
        Self { from, to, columns }
    }

    /// Where a moment is, in eighths of a column from the left edge, within the scale.
    pub fn eighths(&self, at: Timestamp) -> usize {
        let whole = self.columns.saturating_mul(8);
        let span = u128::from(self.to.since(self.from).as_nanos().unsigned_abs().max(1));
        let offset = u128::from(at.since(self.from).at_least_zero().as_nanos().unsigned_abs());
        usize::try_from(offset.saturating_mul(whole as u128) / span).unwrap_or(whole).min(whole)
    }

    /// Round moments to label: at most `most` steps of 1, 2 or 5 times a power of ten, counted
    /// from `origin`; column and time of each. None is before the left edge.
    pub fn ticks(&self, origin: Timestamp, most: usize) -> Vec<(usize, TimeDelta)> {
        let span = self.to.since(self.from).as_nanos().max(1);
        let most = i64::try_from(most.max(1)).unwrap_or(1);
        let steps = (0..19u32).flat_map(|power| {
            let ten = 10i64.saturating_pow(power);
            [ten, ten.saturating_mul(2), ten.saturating_mul(5)]
        });
        let Some(step) = steps.into_iter().find(|step| span / step < most) else {
            return Vec::new();
        };
        let (begin, end) = (self.from.since(origin).as_nanos(), self.to.since(origin).as_nanos());
        let first = begin.div_euclid(step) + i64::from(begin.rem_euclid(step) > 0);
        let labels = (0..=most).map(|n| step.saturating_mul(first.saturating_add(n)));
        let labels = labels.take_while(|at| *at <= end);
        let labels = labels.map(TimeDelta::from_nanos);
        labels.map(|label| (self.eighths(origin + label) / 8, label)).collect()
    }
}

/// The shortest span of a scale: the labels of a shorter one, in thousandths of a millisecond,
/// would be the same.
const SHORTEST: TimeDelta = TimeDelta::from_nanos(100_000);
