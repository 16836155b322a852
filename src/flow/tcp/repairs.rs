//! Bytes that were sent again, until it is known whether that was needed.

use std::ops::Range;

use arrayvec::ArrayVec;

use crate::time::{TimeDelta, Timestamp};

/// The last bytes of one sender that were sent again, and the last packet that was taken for a
/// copy made by the capture.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    last: ArrayVec<Repair, KEPT>,
    copied: Option<Range<u64>>,
}

/// Bytes that were sent again.
#[derive(Debug)]
struct Repair {
    range: Range<u64>,
    at: Timestamp,
    /// The clock that they carried, until an acknowledgment has answered them.
    clock: Option<u32>,
    is_needless: bool,
}

/// What a receiver's word tells of bytes that came twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// They were sent again, needlessly, and that was not known before.
    Needless,
    /// They were sent once: the network copied the packet.
    Copied,
    /// Nothing new.
    Known,
}

/// What an acknowledgment tells of bytes that were sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// It answers the original: they were sent again needlessly (RFC 3522 §3.2).
    Original(Range<u64>),
    /// It answers the copy, after this time (RFC 7323 §4.1).
    Copy(TimeDelta),
}

/// Retransmissions whose fate is awaited at once; the fate of older ones stays unknown.
const KEPT: usize = 8;

impl Repairs {
    /// Bytes are sent again; `is_needless` where that is known at once.
    pub(super) fn note(
        &mut self,
        range: Range<u64>,
        at: Timestamp,
        clock: Option<u32>,
        is_needless: bool,
    ) {
        if self.last.is_full() {
            self.last.remove(0);
        }
        let clock = clock.filter(|_| !is_needless);
        self.last.push(Repair { range, at, clock, is_needless });
    }

    /// A packet with these bytes was taken for a copy made by the capture.
    pub(super) fn copied(&mut self, range: Range<u64>) {
        self.copied = Some(range);
    }

    /// The receiver reports these bytes as received twice (RFC 2883).
    pub(super) fn received_twice(&mut self, range: &Range<u64>) -> Twice {
        let meets = |other: &Range<u64>| other.start < range.end && range.start < other.end;
        if let Some(repair) = self.last.iter_mut().rev().find(|repair| meets(&repair.range)) {
            repair.clock = None;
            let was_needless = std::mem::replace(&mut repair.is_needless, true);
            return if was_needless { Twice::Known } else { Twice::Needless };
        }
        match self.copied.take_if(|copied| meets(copied)) {
            Some(_) => Twice::Copied,
            None => Twice::Known,
        }
    }

    /// All up to `acked` is acknowledged, with this echo of a clock.
    pub(super) fn acked(
        &mut self,
        acked: u64,
        at: Timestamp,
        echo: Option<u32>,
        mut sink: impl FnMut(Answered),
    ) {
        for repair in self.last.iter_mut().filter(|repair| repair.range.end <= acked) {
            let Some((clock, echo)) = repair.clock.take().zip(echo) else { continue };
            let later = echo.wrapping_sub(clock).cast_signed();
            if later == 0 {
                sink(Answered::Copy(at.since(repair.at)));
            } else if later < 0 {
                repair.is_needless = true;
                sink(Answered::Original(repair.range.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    fn answers(repairs: &mut Repairs, acked: u64, echo: u32) -> Vec<Answered> {
        let mut answers = Vec::new();
        repairs.acked(acked, at(30), Some(echo), |answer| answers.push(answer));
        answers
    }

    #[test]
    fn the_echo_tells_which_copy_is_answered() {
        let mut repairs = Repairs::default();
        repairs.note(0..100, at(10), Some(u32::MAX), false);
        repairs.note(100..200, at(20), Some(5), false);
        assert_eq!(answers(&mut repairs, 50, 7), [], "not all of it is acknowledged");
        assert_eq!(
            answers(&mut repairs, 200, u32::MAX),
            [Answered::Copy(TimeDelta::from_millis(20)), Answered::Original(100..200)]
        );
        assert_eq!(answers(&mut repairs, 200, 1), [], "once");
        assert_eq!(repairs.received_twice(&(100..200)), Twice::Known, "and not twice");
    }

    #[test]
    fn the_receiver_tells_what_came_twice() {
        let mut repairs = Repairs::default();
        repairs.note(0..100, at(10), None, false);
        repairs.copied(300..400);
        assert_eq!(repairs.received_twice(&(0..100)), Twice::Needless);
        assert_eq!(repairs.received_twice(&(0..100)), Twice::Known);
        assert_eq!(repairs.received_twice(&(300..400)), Twice::Copied);
        assert_eq!(repairs.received_twice(&(300..400)), Twice::Known);
    }

    #[test]
    fn few_are_kept() {
        let mut repairs = Repairs::default();
        for n in 0..20 {
            repairs.note(n * 10..n * 10 + 10, at(1), Some(9), false);
        }
        assert_eq!(answers(&mut repairs, 1000, 3).len(), KEPT);
    }
}
