//! The packet numbers that one sender uses in one space (RFC 9000 §12.3): which have come, which
//! were acknowledged, and what their ways took.

use std::collections::VecDeque;

use crate::protocol::quic::frame::ack::Ack;
use crate::protocol::quic::ranges::Ranges;
use crate::time::Stamp;

/// The packets of one sender in one space.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// The lowest number that came; numbers ascend from there.
    first: Option<u64>,
    seen: Ranges,
    /// Those that came here or were acknowledged: of no other it is certain that they passed.
    known: Ranges,
    /// Those that came and wait for their acknowledgment, in ascending order.
    waiting: VecDeque<Sent>,
    largest_acked: Option<u64>,
    /// Below it all that wait have been looked at, whether they are lost.
    looked: u64,
}

/// A packet that waits for its acknowledgment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) number: u64,
    pub(super) at: Stamp,
    /// It asks to be acknowledged.
    pub(super) is_eliciting: bool,
    /// It was taken for lost.
    is_lost: bool,
}

/// What a packet's number says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The highest so far.
    InOrder,
    /// Others overtook it.
    Late,
    /// It came before.
    Again,
}

/// What an acknowledgment said that was not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Acked {
    /// The packet that it answers: the largest that is acknowledged, for the first time, where one of
    /// those acknowledged asked for it.
    pub(super) answers: Option<Sent>,
    /// Packets that are taken for lost since.
    pub(super) lost: u64,
    /// Packets that were taken for lost, and were not.
    pub(super) spurious: u64,
}

/// Packets behind the largest that is acknowledged are taken for lost so far from it
/// (RFC 9002 §6.1.1).
const THRESHOLD: u64 = 3;

/// Packets that wait for an acknowledgment: a window of 8 MB. Beyond it the oldest wait no more.
const WAITING: usize = 6144;

impl Space {
    /// The number above the largest so far.
    pub(super) fn expected(&self) -> u64 {
        self.seen.last().map_or(0, |last| last.saturating_add(1))
    }

    /// The lowest number that came.
    pub(super) const fn first(&self) -> Option<u64> {
        self.first
    }

    /// True where nothing came.
    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// A packet came.
    pub(super) fn came(&mut self, number: u64, at: Stamp, is_eliciting: bool) -> Came {
        let is_late = self.seen.last().is_some_and(|last| number < last);
        if !self.seen.insert(number) {
            return Came::Again;
        }
        self.first = Some(self.first.map_or(number, |first| first.min(number)));
        self.known.insert(number);
        let sent = Sent { number, at, is_eliciting, is_lost: false };
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
        }
        if is_late {
            let place = self.waiting.partition_point(|before| before.number < number);
            self.waiting.insert(place, sent);
            self.looked = self.looked.min(number);
            return Came::Late;
        }
        self.waiting.push_back(sent);
        Came::InOrder
    }

    /// Packets were acknowledged by the other end.
    pub(super) fn acked(&mut self, ack: &Ack<'_>) -> Acked {
        let mut said = Acked::default();
        let is_newest = self.largest_acked.is_none_or(|before| ack.largest > before);
        let (mut answers, mut asked) = (None, false);
        for range in ack.ranges() {
            self.known.insert_all(&range);
            let from = self.waiting.partition_point(|sent| sent.number < *range.start());
            let to = self.waiting.partition_point(|sent| sent.number <= *range.end());
            for sent in self.waiting.drain(from..to) {
                asked |= sent.is_eliciting;
                said.spurious += u64::from(sent.is_lost);
                if sent.number == ack.largest {
                    answers = Some(sent);
                }
            }
        }
        if is_newest {
            self.largest_acked = Some(ack.largest);
            said.answers = answers.filter(|_| asked);
            let from = self.waiting.partition_point(|sent| sent.number < self.looked);
            let to = ack.largest.saturating_sub(THRESHOLD - 1);
            let behind = self.waiting.iter_mut().skip(from);
            for sent in behind.take_while(|sent| sent.number < to) {
                // nobody promises to acknowledge acknowledgments
                if sent.is_eliciting && !std::mem::replace(&mut sent.is_lost, true) {
                    said.lost += 1;
                }
            }
            self.looked = self.looked.max(to);
        }
        while self.waiting.front().is_some_and(|sent| !sent.is_eliciting || self.is_long_lost(sent))
        {
            self.waiting.pop_front();
        }
        said
    }

    /// Nobody will acknowledge it.
    fn is_long_lost(&self, sent: &Sent) -> bool {
        let largest = self.largest_acked.unwrap_or_default();
        sent.is_lost && largest.saturating_sub(sent.number) > WAITING as u64
    }

    /// True where it is known of all packets before this one that they reached the other end, or
    /// came here: what is missing then was not captured, and will not come. What was lost a whole
    /// window ago was sent again since: such packets are passed over. `base` is the number that the
    /// sender begins with.
    pub(super) fn is_settled_before(&self, number: u64, base: u64) -> bool {
        let from = self.first.map_or(base, |first| first.min(base));
        let acked = self.largest_acked.min(self.seen.last()).unwrap_or_default();
        let from = from.max(acked.saturating_sub(WAITING as u64));
        number <= from || self.known.covers(from, number - 1)
    }

    /// True where the other end has heard of a packet behind this one, or of itself.
    pub(super) fn is_acked_behind(&self, number: u64) -> bool {
        self.largest_acked.is_some_and(|largest| largest > number)
    }

    /// The first packet before this one that asked for its acknowledgment and waits for it.
    pub(super) fn first_waiting_before(&self, number: u64) -> Option<Sent> {
        let before = self.waiting.iter().take_while(|sent| sent.number < number);
        before.copied().find(|sent| sent.is_eliciting)
    }

    /// True where a packet came and its acknowledgment did not.
    pub(super) fn is_waiting(&self, number: u64) -> bool {
        self.waiting.binary_search_by_key(&number, |sent| sent.number).is_ok()
    }

    /// True where this packet or a later one was acknowledged.
    pub(super) fn has_acks_from(&self, number: u64) -> bool {
        self.largest_acked.is_some_and(|largest| largest >= number)
    }

    /// True where the other end has acknowledged something.
    pub(super) const fn has_acks(&self) -> bool {
        self.largest_acked.is_some()
    }

    /// How many numbers were left out.
    pub(super) fn missed(&self) -> u64 {
        self.seen.missing()
    }

    /// Bytes of memory that it takes.
    pub(super) fn held(&self) -> usize {
        self.seen.held() + self.known.held() + self.waiting.capacity() * size_of::<Sent>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::quic::frame::{Frame, Reader};
    use crate::protocol::quic::testing;
    use crate::time::{FrameNo, Timestamp};

    fn at(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(frame.cast_signed()), FrameNo(frame))
    }

    /// Acknowledges a number, and so many right before it.
    fn acked(space: &mut Space, largest: u64, before: u64) -> Acked {
        let mut frame = Vec::new();
        testing::ack(largest, 0, before, &[], None, &mut frame);
        match Reader::new(&frame).next() {
            Some(Ok(Frame::Ack(ack))) => space.acked(&ack),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lost_is_what_three_later_ones_were_acknowledged_of_once() {
        let mut space = Space::default();
        for number in 0..10 {
            space.came(number, at(number), true);
        }
        assert_eq!(acked(&mut space, 2, 0).lost, 0);
        assert_eq!(acked(&mut space, 3, 0).lost, 1);
        assert_eq!(acked(&mut space, 5, 0).lost, 1);
        assert_eq!(acked(&mut space, 9, 0).lost, 2);
        let late = acked(&mut space, 9, 9);
        assert_eq!((late.lost, late.spurious, late.answers), (0, 4, None));
    }

    #[test]
    fn one_that_comes_late_may_be_lost_too() {
        let mut space = Space::default();
        for number in [0, 1, 2, 4, 5, 6, 7] {
            space.came(number, at(number), true);
        }
        assert_eq!(acked(&mut space, 7, 3).lost, 3);
        assert_eq!(space.came(3, at(8), true), Came::Late);
        space.came(8, at(9), true);
        assert_eq!(acked(&mut space, 8, 0).lost, 1);
    }

    #[test]
    fn packets_that_come_late_without_end_are_bounded() {
        let mut space = Space::default();
        space.came(1 << 40, at(0), true);
        for number in 0..3 * WAITING as u64 {
            space.came(number, at(1), true);
        }
        assert_eq!(space.waiting.len(), WAITING);
    }

    #[test]
    fn what_was_lost_a_window_ago_keeps_nothing_waiting() {
        let mut space = Space::default();
        // number 5 was lost before the capture, and what it carried came again
        for number in (0..100).filter(|number| *number != 5) {
            space.came(number, at(number), true);
        }
        acked(&mut space, 99, 90);
        assert!(space.is_settled_before(5, 0) && !space.is_settled_before(60, 0));
        for number in 100..=60 + WAITING as u64 {
            space.came(number, at(number), true);
        }
        acked(&mut space, 1 << 40, 0);
        assert!(space.is_settled_before(60, 0));
        assert!(space.is_settled_before(61, 0), "all behind the lost one have come");
    }
}
