//! Protected records that wait for keys: clients write their key logs after the packets.

use std::collections::VecDeque;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::budget::Share;
use crate::protocol::tls::record::Record;

/// The records of both directions, in the order in which they came.
#[derive(Default)]
pub(super) struct Hold {
    records: VecDeque<(Direction, Box<Record>)>,
    share: Option<Share>,
    /// No more is kept: too much was.
    is_full: bool,
}

/// What a record in memory takes beside its body.
const OVERHEAD: usize = 256;

impl Hold {
    /// Keeps a record; gives it back where there is no more room, or nothing to wait for: neither
    /// secrets that may come, nor the message that says how to use those that are there.
    pub(super) fn push(
        &mut self,
        direction: Direction,
        record: Box<Record>,
        says_how: bool,
        cx: &Context<'_>,
    ) -> Result<(), Box<Record>> {
        if !(says_how || cx.secrets.more_may_come()) || self.is_full {
            return Err(record);
        }
        let share = self.share.get_or_insert_with(|| cx.budgets.locked.share());
        let size = record.body.capacity() + OVERHEAD;
        let has_room = share.taken() + size <= cx.limits.tls_held_per_flow;
        if !has_room || !share.grow(size) {
            self.is_full = true;
            return Err(record);
        }
        self.records.push_back((direction, record));
        Ok(())
    }

    /// True where records wait.
    pub(super) fn waits(&self) -> bool {
        !self.records.is_empty()
    }

    /// True where it was given up.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// All that waited; nothing is kept.
    pub(super) fn take(&mut self) -> VecDeque<(Direction, Box<Record>)> {
        self.share = None;
        std::mem::take(&mut self.records)
    }
}
