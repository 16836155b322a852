//! What is protected and waits for keys: clients write their key logs after the packets.

use std::collections::VecDeque;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::budget::Share;

/// What waits of both directions of a connection, in the order in which it came.
pub struct Hold<T> {
    waiting: VecDeque<(Direction, T)>,
    share: Option<Share>,
    /// No more is kept: too much was.
    is_full: bool,
}

/// What each takes in memory beside its bytes.
const OVERHEAD: usize = 256;

impl<T> Default for Hold<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), share: None, is_full: false }
    }
}

impl<T> Hold<T> {
    /// Keeps something of so many bytes; gives it back where there is no more room, or nothing to
    /// wait for: neither secrets that may come, nor the message that says how to use those that
    /// are there.
    pub fn push(
        &mut self,
        direction: Direction,
        (item, bytes): (T, usize),
        says_how: bool,
        cx: &Context<'_>,
    ) -> Result<(), T> {
        if !(says_how || cx.secrets.more_may_come()) || self.is_full {
            return Err(item);
        }
        let share = self.share.get_or_insert_with(|| cx.budgets.locked.share());
        let size = bytes + OVERHEAD;
        let has_room = share.taken() + size <= cx.limits.tls_held_per_flow;
        if !has_room || !share.grow(size) {
            self.is_full = true;
            return Err(item);
        }
        self.waiting.push_back((direction, item));
        Ok(())
    }

    /// True where something waits.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// True where it was given up.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// All that waited; nothing is kept.
    pub fn take(&mut self) -> VecDeque<(Direction, T)> {
        self.share = None;
        std::mem::take(&mut self.waiting)
    }
}
