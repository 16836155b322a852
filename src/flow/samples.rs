//! Times that are measured over and over, kept in bounded memory.

use crate::flow::event::RoundTrips;
use crate::limits::Limits;
use crate::time::TimeDelta;

/// Measured times: their number and the least exactly, the others thinned out evenly once there
/// are too many to keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    count: u64,
    min: Option<TimeDelta>,
    /// Every `2^thinned`-th of them, in order of time.
    kept: Vec<TimeDelta>,
    thinned: u32,
}

impl Samples {
    /// Adds one.
    pub(super) fn add(&mut self, time: TimeDelta) {
        let time = time.at_least_zero();
        self.min = Some(self.min.map_or(time, |min| min.min(time)));
        if self.count.trailing_zeros() >= self.thinned {
            if self.kept.len() >= Limits::TIMES_KEPT {
                self.thin();
            }
            if self.count.trailing_zeros() >= self.thinned {
                self.kept.push(time);
            }
        }
        self.count = self.count.saturating_add(1);
    }

    /// Leaves out every other one.
    #[cold]
    fn thin(&mut self) {
        let mut is_odd = true;
        self.kept.retain(|_| {
            is_odd = !is_odd;
            !is_odd
        });
        self.thinned = self.thinned.saturating_add(1);
    }

    /// What they come to, where there are any.
    pub(super) fn summary(&self) -> Option<RoundTrips> {
        let mut sorted = self.kept.clone();
        sorted.sort_unstable();
        // the nearest rank: the least value that so many hundredths do not exceed
        let rank = |hundredths: usize| {
            let at = sorted.len().saturating_mul(hundredths).div_ceil(100).saturating_sub(1);
            sorted.get(at).copied()
        };
        Some(RoundTrips { count: self.count, min: self.min?, median: rank(50)?, p95: rank(95)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl Iterator<Item = i64>) -> RoundTrips {
        let mut samples = Samples::default();
        millis.for_each(|time| samples.add(TimeDelta::from_millis(time)));
        assert!(samples.kept.len() <= Limits::TIMES_KEPT);
        samples.summary().unwrap()
    }

    #[test]
    fn few_are_exact() {
        assert!(Samples::default().summary().is_none());
        let millis = |time: TimeDelta| time.as_nanos() / 1_000_000;
        let one = of([7].into_iter());
        assert_eq!((one.count, millis(one.min), millis(one.median), millis(one.p95)), (1, 7, 7, 7));
        let hundred = of((1..=100).rev());
        assert_eq!(
            (hundred.count, millis(hundred.min), millis(hundred.median), millis(hundred.p95)),
            (100, 1, 50, 95)
        );
    }

    #[test]
    fn many_are_thinned_evenly() {
        let many = of((0..100_000).map(|n| n % 1000 + 10));
        assert_eq!((many.count, many.min), (100_000, TimeDelta::from_millis(10)));
        let near =
            |time: TimeDelta, millis: i64| (time.as_nanos() / 1_000_000 - millis).abs() < 100;
        assert!(near(many.median, 510) && near(many.p95, 960), "{many:?}");
    }
}
