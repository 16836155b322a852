//! What the analyzers of one shard may hold together, in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are left for all; shares of it come back when they are dropped. A shard is worked
/// by one thread at a time, so that who is given the last bytes does not depend on threads.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    whole: usize,
    left: Arc<AtomicUsize>,
}

/// A part of a [`Budget`].
#[derive(Debug, Default)]
pub struct Share {
    of: Budget,
    taken: usize,
}

impl Budget {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { whole: bytes, left: Arc::new(AtomicUsize::new(bytes)) }
    }

    /// True where nobody holds anything.
    pub fn is_whole(&self) -> bool {
        self.left.load(Ordering::Relaxed) == self.whole
    }

    /// Nothing yet, to grow.
    pub fn share(&self) -> Share {
        Share { of: self.clone(), taken: 0 }
    }
}

impl Share {
    /// Takes more. False, and nothing taken, where there is not enough.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let left = self.of.left.load(Ordering::Relaxed);
        let Some(rest) = left.checked_sub(bytes) else { return false };
        self.of.left.store(rest, Ordering::Relaxed);
        self.taken += bytes;
        true
    }

    /// Bytes taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }
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
    fn what_is_dropped_comes_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(budget.is_whole());
        assert!(one.grow(6) && other.grow(4) && !other.grow(1));
        assert_eq!((one.taken(), other.taken()), (6, 4));
        drop(one);
        assert!(other.grow(6) && !other.grow(1));
        drop(other);
        assert!(budget.is_whole());
    }
}
