//! What an acknowledgment tells of the other direction, and segments that only ask for one.

use std::ops::Range;

use arrayvec::ArrayVec;

use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction, PerDirection, SegmentKind};
use crate::flow::piece::Segment;
use crate::flow::tcp::analysis::offsets;
use crate::flow::tcp::half::{Half, Origin};
use crate::flow::tcp::options::{has_more_than_timestamps, sack_blocks, timestamps};
use crate::flow::tcp::repairs::{Answered, Twice};
use crate::flow::tcp::state::Tcp;
use crate::flow::tcp::watch::Heard;

impl Tcp {
    /// A byte or less, sent only to be answered. Such a byte is not put into the stream.
    #[inline]
    pub(super) fn probe(
        &mut self,
        segment: &Segment<'_>,
        range: Range<i64>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) -> bool {
        let direction = segment.piece.direction;
        let (forward, reverse) = self.halves(direction);
        let highest = forward.highest;
        if range.end.saturating_sub(range.start) > 1 || !segment.is_plain() {
            forward.is_probing = false;
            return false;
        }
        let is_before = range.start.saturating_add(1) == highest.cast_signed();
        if is_before && (forward.acked >= highest || reverse.last_ack.is_none()) {
            let kind = if reverse.is_closed_window {
                SegmentKind::ZeroWindowProbe
            } else {
                let counters = counters.of_mut(direction);
                counters.keep_alives = counters.keep_alives.saturating_add(1);
                SegmentKind::KeepAlive
            };
            forward.is_probing = true;
            emit.segment(direction, kind, offsets(&range));
            return true;
        }
        forward.is_probing = false;
        if range.start == highest.cast_signed()
            && range.end > range.start
            && reverse.is_closed_window
        {
            // a new byte: it counts if the receiver takes it
            forward.is_probing = true;
            let range = offsets(&range);
            forward.recovery.refused(range.end);
            emit.segment(direction, SegmentKind::ZeroWindowProbe, range);
        }
        false
    }

    /// What an acknowledgment tells of the other direction.
    #[inline]
    pub(super) fn acknowledge(
        &mut self,
        segment: &Segment<'_>,
        ack: u32,
        start: i64,
        is_probe: bool,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let stamp = segment.piece.stamp;
        let is_opening = self.is_opening;
        let (forward, reverse) = self.halves(direction);
        if reverse.origin() == Origin::Unknown {
            reverse.begin(ack, Origin::Acked);
        }
        let mut acked = reverse.place(ack);
        if reverse.is_far(acked) {
            if !(is_opening && direction == Direction::ToServer && reverse.begin_again(ack)) {
                return;
            }
            acked = 0;
        }
        let mut acked = u64::try_from(acked).unwrap_or(0);
        if acked == 1 && reverse.highest == 0 && reverse.begin_after_probe() {
            acked = 0;
        }
        let mut is_new_fin = false;
        let before = reverse.acked;
        if acked > before {
            if acked > reverse.highest {
                // told once where nothing of this direction is captured at all
                if reverse.is_seen || reverse.highest == 0 {
                    let range = reverse.missing_in(before..acked);
                    let range = range.unwrap_or(reverse.highest..acked);
                    emit.segment(direction, SegmentKind::AckedUnseen, range);
                }
                reverse.highest = acked;
            } else if reverse.misses_below(acked)
                && let Some(range) = reverse.missing_in(before..acked)
            {
                emit.segment(direction, SegmentKind::AckedUnseen, range);
            }
            reverse.acked = acked;
            is_new_fin = reverse.fin.is_some_and(|fin| acked > fin) && !reverse.fin_acked;
        }
        let is_news = acked > before;
        heard(reverse, segment, (acked, is_news), counters, emit);
        let misses = reverse.misses_acked() && reverse.unseen.is_none() && reverse.is_seen;
        if misses {
            reverse.unseen = Some(stamp);
        }

        let is_same = forward.last_ack == Some(ack);
        if !is_same {
            forward.repeats = 0;
        }
        if segment.is_plain() {
            let is_pure = segment.piece.length() == 0 && start == forward.highest.cast_signed();
            if is_same && is_pure && !is_probe {
                if reverse.is_probing {
                    let kind = if segment.window == 0 {
                        SegmentKind::ZeroWindowProbeAck
                    } else {
                        SegmentKind::KeepAliveAck
                    };
                    emit.segment(direction, kind, acked..acked);
                } else if segment.window == forward.last_window && segment.window != 0 {
                    forward.repeats = forward.repeats.saturating_add(1);
                    let kind = SegmentKind::DuplicateAck(forward.repeats);
                    emit.segment(direction, kind, acked..acked);
                    let counters = counters.of_mut(direction);
                    counters.duplicate_acks = counters.duplicate_acks.saturating_add(1);
                }
            }
            let is_closed = segment.window == 0;
            if is_closed && !forward.is_closed_window {
                emit.segment(direction, SegmentKind::ZeroWindow, acked..acked);
                let counters = counters.of_mut(direction);
                counters.zero_windows = counters.zero_windows.saturating_add(1);
            }
            forward.is_closed_window = is_closed;
        }
        let highest = reverse.highest;
        reverse.is_probing = false;
        forward.last_ack = Some(ack);
        forward.last_window = segment.window;
        forward.is_scaled = !segment.syn;

        self.is_unseen |= misses;
        if is_opening {
            self.establish(segment, ack, emit);
        }
        if is_new_fin {
            self.fin_acked(!direction, emit);
        }
        let heard = Heard {
            at: stamp,
            acked,
            is_news,
            highest,
            window: segment.is_plain().then_some(segment.window),
        };
        self.stalls.heard(!direction, &heard, emit);
    }
}

/// What an acknowledgment tells of loss and of the way: `is_news` where it covers more than before.
#[inline]
fn heard(
    sender: &mut Half,
    segment: &Segment<'_>,
    (acked, is_news): (u64, bool),
    counters: &mut PerDirection<Counters>,
    emit: &mut Emit<'_>,
) {
    let at = segment.piece.stamp.at;
    sender.recovery.heard(at, acked, is_news);
    if is_news && let Some(timing) = &mut sender.timing {
        timing.acked(acked, at);
    }
    if is_news && sender.repairs.is_some() {
        repaired(sender, segment, acked, counters, emit);
    }
    if has_more_than_timestamps(segment.header.options()) && !segment.syn {
        sack(sender, segment, acked, counters, emit);
    }
}

/// An acknowledgment of bytes some of which were sent again.
#[cold]
fn repaired(
    sender: &mut Half,
    segment: &Segment<'_>,
    acked: u64,
    counters: &mut PerDirection<Counters>,
    emit: &mut Emit<'_>,
) {
    let direction = segment.piece.direction;
    let counters = counters.of_mut(!direction);
    let echo = timestamps(segment.header.options()).map(|of| of.echo);
    let Half { repairs, timing, .. } = sender;
    let Some(repairs) = repairs else { return };
    repairs.acked(acked, segment.piece.stamp.at, echo, |answer| match answer {
        Answered::Copy(time) => timing.get_or_insert_default().add(time),
        Answered::Original(range) => {
            counters.spurious_retransmissions = counters.spurious_retransmissions.saturating_add(1);
            emit.segment(direction, SegmentKind::OriginalAcked, range);
        }
    });
}

/// What a receiver reports beyond a hole (RFC 2018), or as received twice (RFC 2883).
#[cold]
fn sack(
    sender: &mut Half,
    segment: &Segment<'_>,
    acked: u64,
    counters: &mut PerDirection<Counters>,
    emit: &mut Emit<'_>,
) {
    let direction = segment.piece.direction;
    let mut blocks = sack_blocks(segment.header.options()).filter_map(|(start, end)| {
        let (start, end) = (sender.place(start), sender.place(end));
        let is_known = start < end && end <= sender.highest.cast_signed();
        is_known.then(|| offsets(&(start..end)))
    });
    let Some(first) = blocks.next() else { return };
    let rest: ArrayVec<Range<u64>, 4> = blocks.take(4).collect();
    // RFC 2883 §4: below the acknowledgment, or within the second block
    let is_within = |outer: &Range<u64>| outer.start <= first.start && first.end <= outer.end;
    let is_twice = first.end <= acked || rest.first().is_some_and(is_within);
    for block in rest.iter().chain((!is_twice).then_some(&first)) {
        sender.recovery.sacked(block.end);
    }
    // a keep-alive is answered so too
    if !is_twice || sender.is_probing {
        return;
    }
    let counters = counters.of_mut(!direction);
    let twice = sender.repairs.as_mut().map(|repairs| repairs.received_twice(&first));
    match twice {
        Some(Twice::Needless) => {
            counters.spurious_retransmissions = counters.spurious_retransmissions.saturating_add(1);
        }
        Some(Twice::Copied) => {
            counters.capture_duplicates = counters.capture_duplicates.saturating_sub(1);
            counters.network_duplicates = counters.network_duplicates.saturating_add(1);
        }
        Some(Twice::Known) | None => {}
    }
    emit.segment(direction, SegmentKind::DuplicateSack, first);
}
