//! Which flows hold bytes behind holes, and how many.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::flow::event::FlowId;

/// Flows that hold bytes.
///
/// Invariant: `held` is the sum over `holders`, in which each flow has at most one entry, none
/// with 0 bytes.
#[derive(Debug, Default)]
pub(super) struct Holders {
    holders: BTreeSet<(usize, Reverse<FlowId>, usize)>,
    held: usize,
}

impl Holders {
    /// A flow that held `before` bytes holds `now`.
    pub(super) fn change(&mut self, flow: FlowId, slot: usize, before: usize, now: usize) {
        self.held = self.held.saturating_sub(before).saturating_add(now);
        self.holders.remove(&(before, Reverse(flow), slot));
        if now > 0 {
            self.holders.insert((now, Reverse(flow), slot));
        }
    }

    /// The slot of the flow that holds most; of equals, the one that began first.
    pub(super) fn greatest(&self) -> Option<usize> {
        self.holders.last().map(|&(_, _, slot)| slot)
    }

    /// Bytes held in all.
    pub(super) const fn held(&self) -> usize {
        self.held
    }
}
