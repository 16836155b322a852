//! How far both sides agree, class by class, as a table.

use std::collections::BTreeMap;

/// What was compared, by class.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    classes: BTreeMap<&'static str, Tally>,
}

/// What was compared in one class.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Captures with anything to compare.
    captures: u64,
    /// Values that either side has.
    values: u64,
    /// Values that both have.
    equal: u64,
    /// Values that differ as a rule says.
    ruled: u64,
}

impl Agreement {
    /// Notes what was compared in one class of one capture.
    pub(super) fn note(&mut self, class: &'static str, values: u64, equal: u64) {
        if values > 0 {
            let tally = self.classes.entry(class).or_default();
            tally.captures = 1;
            tally.values += values;
            tally.equal += equal;
        }
    }

    /// Notes that a rule explains so many of the values that differ.
    pub(super) fn ruled(&mut self, class: &'static str, values: u64) {
        self.classes.entry(class).or_default().ruled += values;
    }

    /// Adds what was compared in other captures.
    pub(super) fn merge(&mut self, other: &Self) {
        for (class, more) in &other.classes {
            let tally = self.classes.entry(class).or_default();
            tally.captures += more.captures;
            tally.values += more.values;
            tally.equal += more.equal;
            tally.ruled += more.ruled;
        }
    }

    /// The part of the values of a class that is equal, or differs as a rule says; 1 where there
    /// are none.
    pub(super) fn understood(&self, class: &str) -> f64 {
        let part = |tally: &Tally| (tally.equal + tally.ruled) as f64 / tally.values as f64;
        self.classes.get(class).map_or(1.0, part)
    }

    /// The table: one line a class.
    pub(super) fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:<28} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "class", "captures", "values", "equal", "agree", "by rule", "listed"
        )];
        for (class, tally) in &self.classes {
            let Tally { captures, values, equal, ruled } = tally;
            let agree = *equal as f64 / *values as f64 * 100.0;
            let listed = values - equal - ruled;
            lines.push(format!(
                "{class:<28} {captures:>8} {values:>9} {equal:>9} {agree:>7.2} % {ruled:>9} {listed:>9}"
            ));
        }
        lines.join("\n")
    }
}
