//! A payload on its way into the stream, and what it is called where it is not the next in order.

use std::ops::Range;

use crate::flow::emit::Emit;
use crate::flow::event::{Counters, PerDirection, SegmentKind};
use crate::flow::piece::Segment;
use crate::flow::tcp::analysis::{Sent, judge, offsets};
use crate::flow::tcp::half::Half;
use crate::flow::tcp::order::{Ahead, Mark};
use crate::flow::tcp::recovery::Again;
use crate::flow::tcp::stalls::{Kind, Taken};
use crate::flow::tcp::state::Tcp;
use crate::flow::tcp::watch::Passed;

impl Tcp {
    /// A segment with bytes at `range`.
    #[inline]
    pub(super) fn data(
        &mut self,
        segment: &Segment<'_>,
        range: Range<i64>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let (direction, round_trip) = (segment.piece.direction, self.round_trip);
        let Range { start, end } = range.clone();
        let (forward, reverse) = self.halves(direction);
        let counters = counters.of_mut(direction);
        let mark = Mark::of(segment);
        let (highest, next) = (forward.highest, forward.assembler.next());
        let passed = Passed {
            at: segment.piece.stamp,
            start: u64::try_from(start).unwrap_or(0),
            length: segment.piece.length(),
            largest: counters.largest,
            highest,
            clock: mark.clock(),
        };
        let at = segment.piece.stamp.at;
        let ahead = forward.take_ahead(end);
        let mut filled = false;
        let kind = if start >= highest.cast_signed() && ahead.is_none() {
            forward.order.note(highest, start.unsigned_abs(), mark);
            forward.recovery.sent(at, forward.acked >= highest);
            forward.timing.get_or_insert_default().sent(end.unsigned_abs(), at);
            forward.insert(start, &segment.piece, counters, emit);
            if forward.window_end(reverse) == Some(end.unsigned_abs()) {
                emit.segment(direction, SegmentKind::WindowFull, offsets(&range));
            }
            Kind::New
        } else {
            if let Some(timing) = &mut forward.timing {
                timing.forget(start.max(0).unsigned_abs());
            }
            let overtaken = forward.overtaken_at(start).or_else(|| ahead.as_ref().map(|a| a.at));
            let was_overtaken = forward.order.was_overtaken(start.max(0).unsigned_abs(), mark);
            let is_late = forward.unseen.is_some() && overtaken.is_none();
            let mut placed = forward.insert(start, &segment.piece, counters, emit);
            if ahead.is_some() {
                placed.filled = segment.piece.length().into();
            }
            filled = placed.filled > 0;
            // only its acknowledgment was captured before it: that is the capture's order
            if is_late && filled {
                Kind::Late
            } else {
                let again = Again {
                    start: passed.start,
                    end: u64::try_from(end).unwrap_or(0),
                    highest: ahead.map_or(highest, |ahead| ahead.end.max(highest)),
                    acked: forward.acked,
                    repeats: reverse.repeats,
                    largest: counters.largest,
                    at,
                    round_trip,
                };
                let clock = mark.clock;
                let sent = Sent { again, overtaken, was_overtaken, placed, clock };
                Kind::Named(judge(&sent, segment, forward, counters, emit))
            }
        };
        let (waits, went_on) = (!forward.assembler.is_in_order(), forward.assembler.next() > next);
        let is_probing = forward.is_probing;
        if forward.unseen.is_none() && forward.misses_acked() {
            forward.unseen = Some(segment.piece.stamp);
            self.is_unseen = true;
        }
        if !is_probing {
            let taken = Taken { passed, kind, filled, waits, went_on };
            self.stalls.took(direction, &taken, emit);
        }
    }
}

impl Half {
    /// An acknowledgment without bytes stands at `start`: all below it was sent before, though
    /// not captured yet.
    #[cold]
    pub(super) fn note_ahead(&mut self, start: u64, segment: &Segment<'_>) {
        let mark = Mark::of(segment);
        self.order.note(self.highest, start, mark);
        self.recovery.sent(segment.piece.stamp.at, self.acked >= self.highest);
        self.ahead = Some(Box::new(Ahead { end: start, at: segment.piece.stamp }));
    }

    /// What told before that bytes up to `end` had been sent.
    #[inline]
    fn take_ahead(&mut self, end: i64) -> Option<Box<Ahead>> {
        if self.ahead.is_none() { None } else { self.take_told(end) }
    }

    #[cold]
    fn take_told(&mut self, end: i64) -> Option<Box<Ahead>> {
        let told = self.ahead.take_if(|ahead| end >= ahead.end.cast_signed());
        match told {
            Some(told) if end == told.end.cast_signed() => Some(told),
            Some(_) => None,
            None => self.ahead.clone(),
        }
    }
}
