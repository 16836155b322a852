//! What an assembler gives goes out as the flow's events.

use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction, GapReason, StreamEvent};

/// Sends an event of the assembler on its way, and counts the holes.
#[inline]
pub(super) fn give(
    direction: Direction,
    event: StreamEvent,
    counters: &mut Counters,
    emit: &mut Emit<'_>,
) {
    if let StreamEvent::Gap { range, reason, .. } = &event {
        let missing = range.end.saturating_sub(range.start);
        counters.gaps = counters.gaps.saturating_add(1);
        counters.gap_bytes = counters.gap_bytes.saturating_add(missing);
        if *reason == GapReason::OverBudget {
            emit.limit(
                "tcp.limit-held",
                format!("{missing} bytes given up: too much waited behind them"),
            );
        }
    }
    emit.stream(direction, event);
}
