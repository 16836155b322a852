//! What the analyzers of one shard may hold together, in bytes.
//!
//! A bound of one flow is no bound where flows are without number: what grows with what peers send
//! is taken from a budget that all flows of a shard have together, and comes back when it is
//! dropped. A shard is worked by one thread at a time, so that who is given the last bytes does not
//! depend on threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::Limits;

/// The budgets of one shard, apart from each other: records whose keys never come shall not take
/// the place of connections that can be read, nor downloads that of connections.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// Protected records that wait for keys.
    pub locked: Budget,
    /// Trials of keys, which do not come back.
    pub trials: Budget,
    /// Bytes that are not read yet, and what analyzers keep to read what follows.
    pub held: Budget,
    /// Windows of what is being unpacked.
    pub windows: Budget,
    /// Values that are said with one packet and were far fewer bytes in it: not held here, but by
    /// who hears them. Every packet gives some back.
    pub unfolded: Budget,
}

impl Budgets {
    /// As large as the bounds allow.
    pub fn new(limits: &Limits) -> Self {
        Self {
            locked: Budget::new(limits.tls_held_per_shard),
            trials: Budget::new(limits.tls_searches),
            held: Budget::new(limits.analyzers_per_shard),
            windows: Budget::new(limits.decoders_per_shard),
            unfolded: Budget::new(limits.unfolded_at_once),
        }
    }
}

/// Bytes that are left for all, or whatever else is counted.
#[derive(Clone, Debug)]
pub struct Budget {
    whole: usize,
    left: Arc<AtomicUsize>,
}

/// A part of a [`Budget`], which comes back when it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Budget,
    taken: usize,
}

impl Budget {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { whole: bytes, left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// Nothing yet, to grow.
    pub fn share(&self) -> Share {
        Share { of: self.clone(), taken: 0 }
    }

    /// True where nobody holds anything.
    pub fn is_whole(&self) -> bool {
        self.left() == self.whole
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes some for good. False, and nothing taken, where there is not enough.
    pub fn take(&self, bytes: usize) -> bool {
        let rest = self.left().checked_sub(bytes);
        rest.inspect(|rest| self.left.store(*rest, Ordering::Relaxed)).is_some()
    }

    /// Gives some back, to no more than `most`.
    pub fn refill(&self, bytes: usize, most: usize) {
        self.left.store(self.left().saturating_add(bytes).min(most), Ordering::Relaxed);
    }
}

impl Share {
    /// Takes more. False, and nothing taken, where there is not enough.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let has_grown = self.of.take(bytes);
        self.taken += if has_grown { bytes } else { 0 };
        has_grown
    }

    /// Takes more, or gives some back, so that it has this many. False, and nothing changed, where
    /// there is not enough.
    pub fn resize(&mut self, bytes: usize) -> bool {
        if let Some(more) = bytes.checked_sub(self.taken) {
            return more == 0 || self.grow(more);
        }
        self.of.refill(self.taken - bytes, usize::MAX);
        self.taken = bytes;
        true
    }

    /// Bytes taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.refill(self.taken, usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_comes_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(one.grow(6) && other.grow(4) && !other.grow(1));
        assert_eq!((one.taken(), other.taken()), (6, 4));
        drop(one);
        assert!(other.grow(6) && !other.grow(1) && !budget.is_whole());
        drop(other);
        assert!(budget.is_whole());
    }

    #[test]
    fn a_share_has_as_much_as_it_needs_now() {
        let budget = Budget::new(10);
        let mut share = budget.share();
        assert!(share.resize(8) && share.resize(3) && share.resize(3));
        assert_eq!((share.taken(), budget.left()), (3, 7));
        assert!(!share.resize(11));
        assert_eq!((share.taken(), budget.left()), (3, 7));
    }

    #[test]
    fn what_is_taken_for_good_comes_back_in_time_and_not_beyond_the_most() {
        let budget = Budget::new(10);
        assert!(budget.take(10) && !budget.take(1));
        budget.refill(4, 10);
        assert_eq!(budget.left(), 4);
        budget.refill(9, 10);
        assert_eq!(budget.left(), 10);
    }
}
