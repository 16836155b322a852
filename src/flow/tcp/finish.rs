//! How one direction ends, and the holes that are given up before or then.

use crate::flow::emit::Emit;
use crate::flow::event::{Counters, EndReason, GapReason, StreamEvent};
use crate::flow::tcp::give::give;
use crate::flow::tcp::half::Half;
use crate::time::Stamp;

impl Half {
    /// Gives up the holes below the acknowledgment: the receiver has those bytes, we never will.
    #[cold]
    pub(super) fn give_up_unseen(
        &mut self,
        at: Stamp,
        counters: &mut Counters,
        emit: &mut Emit<'_>,
    ) {
        self.unseen = None;
        if self.ended {
            return;
        }
        let (direction, upto) = (self.direction, self.acked_bytes());
        self.assembler.give_up(upto, GapReason::NotCaptured, at, &mut |event| {
            give(direction, event, counters, emit);
        });
    }

    /// Gives up the first hole, for want of room.
    pub(super) fn give_up_first(
        &mut self,
        at: Stamp,
        counters: &mut Counters,
        emit: &mut Emit<'_>,
    ) {
        let direction = self.direction;
        self.assembler.give_up_first(GapReason::OverBudget, at, &mut |event| {
            give(direction, event, counters, emit);
        });
    }

    /// Ends the direction once all up to its FIN was given out.
    #[inline]
    pub(super) fn end_at_fin(&mut self, at: Stamp, emit: &mut Emit<'_>) {
        if !self.ended && self.fin.is_some_and(|fin| self.assembler.next() >= fin) {
            self.ended = true;
            self.unseen = None;
            let event = StreamEvent::End { reason: EndReason::Fin, at };
            emit.stream(self.direction, event);
        }
    }

    /// Ends the direction: what waits is given out with its gaps.
    pub(super) fn end(
        &mut self,
        reason: EndReason,
        at: Stamp,
        counters: &mut Counters,
        emit: &mut Emit<'_>,
    ) {
        if self.ended {
            return;
        }
        self.give_up_unseen(at, counters, emit);
        let (direction, upto) = (self.direction, self.assembler.end().max(self.fin.unwrap_or(0)));
        self.assembler.give_up(upto, GapReason::NeverSent, at, &mut |event| {
            give(direction, event, counters, emit);
        });
        self.end_at_fin(at, emit);
        if !self.ended {
            self.ended = true;
            emit.stream(direction, StreamEvent::End { reason, at });
        }
    }
}
