//! How far both sides agree, class by class, as a table.

use std::collections::BTreeMap;

use crate::corpus::verdict::Right;

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
    /// Values that everybody can see.
    open: Part,
    /// Values that only decryption shows.
    encrypted: Part,
    /// Values that differ as a rule says.
    ruled: u64,
}

/// A part of the values of a class.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Values that either side has.
    values: u64,
    /// Values that both have.
    equal: u64,
    /// Who is right in the others, in the order of [`Right::ALL`].
    right: [u64; 4],
}

/// What a value was carried in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// Everybody can see it.
    Open,
    /// Inside TLS or QUIC.
    Encrypted,
}

impl Agreement {
    /// Notes what was compared in one class of one capture.
    pub(super) fn note(&mut self, class: &'static str, sight: Sight, values: u64, equal: u64) {
        if values > 0 {
            let tally = self.classes.entry(class).or_default();
            tally.captures = 1;
            let part = tally.part(sight);
            part.values += values;
            part.equal += equal;
        }
    }

    /// Notes that a rule explains so many of the values that differ.
    pub(super) fn ruled(&mut self, class: &'static str, right: Right, values: u64) {
        self.classes.entry(class).or_default().ruled += values;
        self.judged(class, Sight::Open, right, values);
    }

    /// Notes who is right in so many of the values that differ.
    pub(super) fn judged(&mut self, class: &'static str, sight: Sight, right: Right, values: u64) {
        let part = self.classes.entry(class).or_default().part(sight);
        for (of, count) in Right::ALL.iter().zip(&mut part.right) {
            *count += if *of == right { values } else { 0 };
        }
    }

    /// Adds what was compared in other captures.
    pub(super) fn merge(&mut self, other: &Self) {
        for (class, more) in &other.classes {
            let tally = self.classes.entry(class).or_default();
            tally.captures += more.captures;
            tally.open = tally.open.and(more.open);
            tally.encrypted = tally.encrypted.and(more.encrypted);
            tally.ruled += more.ruled;
        }
    }

    /// The part of the values of a class that is as the RFC wants it, without those that only
    /// decryption shows: both sides have it, or ours is right.
    pub(super) fn as_the_rfc_says(&self, class: &str) -> Option<f64> {
        self.classes.get(class).map(|tally| tally.open.as_the_rfc_says())
    }

    /// The table: one line a class.
    pub(super) fn table(&self) -> String {
        let [ours, theirs, neither, undecided] = Right::ALL.map(Right::word);
        let mut lines = vec![
            format!(
                "{:^89} {:^39} {:^32}",
                "", "who is right where they differ", "as the RFC says"
            ),
            format!(
                "{:<28} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {ours:>9} {theirs:>9} {neither:>9} \
                 {undecided:>9} {:>9} {:>11} {:>9}",
                "class",
                "captures",
                "values",
                "equal",
                "agree",
                "by rule",
                "listed",
                "of all",
                "encrypted",
                "without"
            ),
        ];
        for (class, tally) in &self.classes {
            let Tally { captures, open, encrypted, ruled } = tally;
            let all = open.and(*encrypted);
            let Part { values, equal, right: [ours, theirs, neither, undecided] } = all;
            let listed = values - equal - ruled;
            let agree = percent(equal as f64 / values as f64);
            let [of_all, of_open] = [all, *open].map(|part| percent(part.as_the_rfc_says()));
            let encrypted = encrypted.values;
            lines.push(format!(
                "{class:<28} {captures:>8} {values:>9} {equal:>9} {agree:>9} {ruled:>9} {listed:>9} \
                 {ours:>9} {theirs:>9} {neither:>9} {undecided:>9} {of_all:>9} {encrypted:>11} \
                 {of_open:>9}"
            ));
        }
        lines.join("\n")
    }
}

impl Tally {
    fn part(&mut self, sight: Sight) -> &mut Part {
        match sight {
            Sight::Open => &mut self.open,
            Sight::Encrypted => &mut self.encrypted,
        }
    }
}

impl Part {
    fn and(self, other: Self) -> Self {
        let mut right = self.right;
        right.iter_mut().zip(other.right).for_each(|(count, more)| *count += more);
        Self { values: self.values + other.values, equal: self.equal + other.equal, right }
    }

    fn as_the_rfc_says(&self) -> f64 {
        let [ours, ..] = self.right;
        (self.equal + ours) as f64 / self.values as f64
    }
}

fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}
