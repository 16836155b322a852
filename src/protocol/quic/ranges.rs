//! A set of numbers that come nearly in order: packets that were seen, streams that are over.

use std::ops::RangeInclusive;

/// Numbers, as ranges in ascending order that neither overlap nor touch.
///
/// Invariant: there are at most [`Ranges::MOST`] of them. Beyond that the lowest hole is taken for
/// filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Ranges that are kept: a path that loses every other packet for some round trips.
    const MOST: usize = 256;

    /// Adds a number. False where it was there.
    pub(super) fn insert(&mut self, number: u64) -> bool {
        if let Some((_, end)) = self.0.last_mut() {
            if number == end.saturating_add(1) {
                *end = number;
                return true;
            }
            if number <= *end && self.contains(number) {
                return false;
            }
        }
        self.insert_all(&(number..=number));
        true
    }

    /// Adds a range.
    pub(super) fn insert_all(&mut self, range: &RangeInclusive<u64>) {
        let (mut start, mut end) = (*range.start(), *range.end());
        // those that overlap it or touch it become one with it
        let first = self.0.partition_point(|(_, before)| before.saturating_add(1) < start);
        let behind = self.0.partition_point(|(from, _)| *from <= end.saturating_add(1));
        if let Some([(from, to)]) = self.0.get_mut(first..behind) {
            *from = start.min(*from);
            *to = end.max(*to);
            return;
        }
        if let Some(touched) = self.0.get(first..behind) {
            start = touched.first().map_or(start, |(from, _)| start.min(*from));
            end = touched.last().map_or(end, |(_, to)| end.max(*to));
        }
        self.0.splice(first..behind, [(start, end)]);
        if self.0.len() > Self::MOST {
            let (lowest, _) = self.0.remove(0);
            if let Some((from, _)) = self.0.first_mut() {
                *from = lowest;
            }
        }
    }

    /// True where a number is there.
    pub(super) fn contains(&self, number: u64) -> bool {
        self.covers(number, number)
    }

    /// True where all numbers from one to another, both among them, are there.
    pub(super) fn covers(&self, from: u64, to: u64) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < from);
        self.0.get(at).is_some_and(|(start, end)| *start <= from && to <= *end)
    }

    /// The highest.
    pub(super) fn last(&self) -> Option<u64> {
        self.0.last().map(|(_, end)| *end)
    }

    /// How many numbers are missing between the lowest and the highest.
    pub(super) fn missing(&self) -> u64 {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs.map(|((_, end), (start, _))| start - end - 1).sum()
    }

    /// Bytes of memory that it takes.
    pub(super) fn held(&self) -> usize {
        self.0.capacity() * size_of::<(u64, u64)>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_touch_are_one_range() {
        let mut ranges = Ranges::default();
        for number in [5, 6, 9, 7, 5] {
            ranges.insert(number);
        }
        assert_eq!((ranges.0.as_slice(), ranges.missing()), (&[(5, 7), (9, 9)][..], 1));
        assert!(ranges.insert(8) && !ranges.insert(8));
        assert_eq!(ranges.0, [(5, 9)]);
        ranges.insert_all(&(0..=3));
        assert!(ranges.covers(6, 9) && !ranges.covers(3, 5) && !ranges.contains(4));
        ranges.insert_all(&(2..=20));
        assert_eq!((ranges.0.as_slice(), ranges.last()), (&[(0, 20)][..], Some(20)));
        assert!(ranges.insert(u64::MAX) && ranges.contains(u64::MAX));
    }

    #[test]
    fn no_more_ranges_are_kept_than_the_bound() {
        let mut ranges = Ranges::default();
        for number in 0..10_000 {
            ranges.insert(2 * number);
        }
        assert_eq!(ranges.0.len(), Ranges::MOST);
        assert!(ranges.covers(0, 1000) && !ranges.contains(19_997) && ranges.contains(19_998));
    }

    proptest! {
        #[test]
        fn it_is_a_set(ops in prop::collection::vec((0u64..60, 0u64..6), 0..80)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (start, length) in ops {
                if length == 0 {
                    prop_assert_eq!(ranges.insert(start), set.insert(start));
                } else {
                    ranges.insert_all(&(start..=start + length));
                    set.extend(start..=start + length);
                }
                for number in 0..70 {
                    prop_assert_eq!(ranges.contains(number), set.contains(&number));
                }
                let pairs = ranges.0.iter().zip(ranges.0.iter().skip(1));
                prop_assert!(pairs.into_iter().all(|((_, end), (start, _))| end + 1 < *start));
            }
        }
    }
}
