//! What the analyzers of one shard may hold and try together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are left for all, shares of which come back when they are dropped; and trials of
/// keys, which do not. A shard is worked by one thread at a time, so that who is given the last of
/// either does not depend on threads.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    whole: usize,
    left: Arc<AtomicUsize>,
    trials: Arc<AtomicUsize>,
}

/// A part of a [`Budget`].
#[derive(Debug, Default)]
pub struct Share {
    of: Budget,
    taken: usize,
}

impl Budget {
    /// So many bytes, and so many trials.
    pub fn new(bytes: usize, trials: usize) -> Self {
        let (left, trials) =
            (Arc::new(AtomicUsize::new(bytes)), Arc::new(AtomicUsize::new(trials)));
        Self { whole: bytes, left, trials }
    }

    /// True where nobody holds anything.
    pub fn is_whole(&self) -> bool {
        self.left.load(Ordering::Relaxed) == self.whole
    }

    /// Takes trials for good. False, and none taken, where there are not enough.
    pub fn spend(&self, trials: usize) -> bool {
        take(&self.trials, trials)
    }

    /// Nothing yet, to grow.
    pub fn share(&self) -> Share {
        Share { of: self.clone(), taken: 0 }
    }
}

impl Share {
    /// Takes more. False, and nothing taken, where there is not enough.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let has = take(&self.of.left, bytes);
        self.taken += if has { bytes } else { 0 };
        has
    }

    /// Bytes taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }
}

/// Takes so many of what is left, or nothing.
fn take(left: &AtomicUsize, many: usize) -> bool {
    let rest = left.load(Ordering::Relaxed).checked_sub(many);
    if let Some(rest) = rest {
        left.store(rest, Ordering::Relaxed);
    }
    rest.is_some()
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.left.fetch_add(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_comes_back_and_what_is_tried_does_not() {
        let budget = Budget::new(10, 3);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(budget.is_whole());
        assert!(one.grow(6) && other.grow(4) && !other.grow(1));
        assert_eq!((one.taken(), other.taken()), (6, 4));
        drop(one);
        assert!(other.grow(6) && !other.grow(1));
        drop(other);
        assert!(budget.is_whole());
        assert!(budget.spend(2) && !budget.spend(2) && budget.spend(1) && !budget.spend(1));
    }
}
