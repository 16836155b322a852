//! What a segment is called that is more than the next bytes in order, and what tells it from
//! others.

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::flow::emit::Emit;
use crate::flow::event::{Counters, SegmentKind};
use crate::flow::piece::Segment;
use crate::flow::tcp::half::{Half, Placed};
use crate::flow::tcp::recovery::{Again, Recovery};
use crate::time::{Stamp, TimeDelta};

/// Reordered packets come sooner than this where no round trip is known (Wireshark's threshold).
const REORDERING: TimeDelta = TimeDelta::from_millis(3);

/// Where a sent range stands to what was sent before.
pub(super) struct Sent {
    pub(super) again: Again,
    /// When the first byte behind it came, where it is still held.
    pub(super) overtaken: Option<Stamp>,
    /// Whether it was sent before that one, where the sender's counters tell.
    pub(super) was_overtaken: Option<bool>,
    pub(super) placed: Placed,
    /// The sender's clock.
    pub(super) clock: Option<u32>,
}

/// Names a segment that begins below the highest byte sent.
#[cold]
pub(super) fn judge(
    sent: &Sent,
    segment: &Segment<'_>,
    half: &mut Half,
    counters: &mut Counters,
    emit: &mut Emit<'_>,
) -> SegmentKind {
    let again = &sent.again;
    let is_soon = |overtaken: Stamp| {
        let limit = again
            .round_trip
            .map_or(REORDERING, |time| TimeDelta::from_nanos(time.as_nanos() / 4 * 3));
        segment.piece.stamp.at.since(overtaken.at) < limit
    };
    let is_reordered = sent.placed.filled > 0
        && sent.overtaken.is_some_and(|at| sent.was_overtaken.unwrap_or_else(|| is_soon(at)));
    let start = again.start;
    let range = start..again.end.min(again.highest).max(start);
    let kind = if is_reordered {
        counters.out_of_order = counters.out_of_order.saturating_add(1);
        SegmentKind::OutOfOrder
    } else {
        let kind = resent(again, sent.placed.filled > 0, &mut half.recovery, counters);
        let is_needless = kind == SegmentKind::SpuriousRetransmission;
        let repairs = half.repairs.get_or_insert_default();
        repairs.note(range.clone(), again.at, sent.clock, is_needless);
        kind
    };
    emit.segment(segment.piece.direction, kind, range);
    kind
}

/// Names and counts bytes that are sent again. `is_missing`: they had not come before.
#[cold]
pub(super) fn resent(
    again: &Again,
    is_missing: bool,
    recovery: &mut Recovery,
    counters: &mut Counters,
) -> SegmentKind {
    let is_acked = again.end > 0 && again.end <= again.acked;
    let kind = if is_acked && !is_missing {
        SegmentKind::SpuriousRetransmission
    } else {
        recovery.judge(again)
    };
    counters.retransmissions = counters.retransmissions.saturating_add(1);
    let of_kind = match kind {
        SegmentKind::FastRetransmission => &mut counters.fast_retransmissions,
        SegmentKind::TimeoutRetransmission => &mut counters.timeout_retransmissions,
        SegmentKind::TailLossProbe => &mut counters.tail_loss_probes,
        SegmentKind::SpuriousRetransmission => &mut counters.spurious_retransmissions,
        _ => return kind,
    };
    *of_kind = of_kind.saturating_add(1);
    kind
}

/// Counts what opens and closes.
#[cold]
pub(super) const fn count_flags(segment: &Segment<'_>, counters: &mut Counters) {
    let is_answer = segment.ack.is_some();
    counters.syns = counters.syns.saturating_add((segment.syn && !is_answer) as u32);
    counters.syn_acks = counters.syn_acks.saturating_add((segment.syn && is_answer) as u32);
    counters.fins = counters.fins.saturating_add(segment.fin as u32);
    counters.rsts = counters.rsts.saturating_add(segment.rst as u32);
}

/// Counts a sequence number that cannot be of this connection.
#[cold]
pub(super) fn far(counters: &mut Counters, emit: &mut Emit<'_>) {
    if counters.out_of_window == 0 {
        emit.anomaly(
            Anomaly::new(
                "tcp.out-of-window",
                Class::Suspicious,
                "a segment whose sequence number is far from all others",
            )
            .citing("RFC 9293 §3.10.7.4"),
        );
    }
    counters.out_of_window = counters.out_of_window.saturating_add(1);
}

/// True where a segment brings nothing beyond what was sent before, so that it may be a copy.
#[inline]
pub(super) fn ends_below(end: i64, highest: u64, segment: &Segment<'_>) -> bool {
    let end = if segment.fin { end.saturating_add(1) } else { end };
    end <= highest.cast_signed()
}

/// A range as offsets of the stream; what lies before its beginning is left out.
pub(super) fn offsets(range: &Range<i64>) -> Range<u64> {
    let start = u64::try_from(range.start).unwrap_or(0);
    start..u64::try_from(range.end).unwrap_or(start).max(start)
}
