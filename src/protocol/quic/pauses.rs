//! Times in which a sender had room to send and sent no new bytes of any stream: what it waited for
//! is concluded from times and sizes, as it is for TCP.
//!
//! Judged where the packets were captured. A silence is told by the first of these that holds:
//! 1. the last packet was not full: its sender had no more;
//! 2. it ends when the acknowledgment of what was sent can have been there: the congestion window
//!    (RFC 9002 §7);
//! 3. it ends long after all was acknowledged: a sender with nothing in flight may send;
//! 4. it is longer than an answer takes, or packets have come faster, and nothing tells why.

use std::collections::VecDeque;

use crate::flow::event::Direction;
use crate::flow::trips::Trips;
use crate::protocol::quic::event::StallCause;
use crate::time::{Stamp, TimeDelta};

/// What is known of the steps in which one direction's bytes come.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    last: Option<Last>,
    /// Bytes of the largest packet that brought bytes of streams.
    largest: usize,
    /// The last acknowledgments, the newest last: of any packets, for what is on its way may be
    /// older than the last silence.
    acks: VecDeque<Stamp>,
    /// The acknowledgment of the last packet.
    acked_all: Option<Stamp>,
    largest_acked: Option<u64>,
    /// The shortest time between full packets: how fast the path is at its best.
    spacing: Option<TimeDelta>,
}

/// The last packet that brought something.
#[derive(Clone, Copy, Debug)]
struct Last {
    number: u64,
    at: Stamp,
    /// Whether it was as large as packets get; none where it brought bytes again.
    is_full: Option<bool>,
}

/// A packet with bytes of streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    pub(super) number: u64,
    pub(super) at: Stamp,
    /// Bytes of it.
    pub(super) size: usize,
    /// Some of its bytes had not been sent before.
    pub(super) is_new: bool,
    /// What held up its bytes is told otherwise: a window, or the loss of others.
    pub(super) is_told: bool,
}

/// A silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) from: Stamp,
    pub(super) to: Stamp,
    pub(super) cause: StallCause,
}

impl Pauses {
    /// A packet brought bytes of streams.
    pub(super) fn sent(&mut self, passed: Passed, way: Direction, trips: &Trips) -> Option<Pause> {
        let Passed { number, at, size, is_new, is_told } = passed;
        self.largest = self.largest.max(size);
        // what the path lets pass may be found out in small steps
        let is_full = is_new.then_some(size >= self.largest / 10 * 9);
        let last = self.last.replace(Last { number, at, is_full })?;
        let gap = at.at.since(last.at.at);
        let mut pause = None;
        if !is_new {
            // what is sent again has a reason of its own
        } else if gap > trips.silence() {
            let is_usual = self.spacing.is_some_and(|spacing| gap <= spacing + spacing);
            if !is_usual && !is_told {
                let cause = self.reason(last, at, way, trips);
                pause = cause.map(|cause| Pause { from: last.at, to: at, cause });
            }
        } else if last.is_full == Some(true) {
            self.spacing = Some(self.spacing.map_or(gap, |least| least.min(gap)));
        }
        self.acked_all = None;
        pause
    }

    /// The other end acknowledged packets up to one.
    pub(super) fn acked(&mut self, largest: u64, at: Stamp) {
        if self.largest_acked.is_some_and(|before| largest <= before) {
            return;
        }
        self.largest_acked = Some(largest);
        if self.acks.len() >= ACKS {
            self.acks.pop_front();
        }
        self.acks.push_back(at);
        if self.last.is_some_and(|last| largest >= last.number) {
            self.acked_all.get_or_insert(at);
        }
    }

    fn reason(&self, last: Last, to: Stamp, way: Direction, trips: &Trips) -> Option<StallCause> {
        if last.is_full == Some(false) {
            return Some(StallCause::Idle);
        }
        let since = |stamp: Stamp| to.at.since(stamp.at);
        let is_late = |stamp: Stamp| trips.latest(way).is_some_and(|latest| since(stamp) > latest);
        let answers = |stamp: &Stamp| {
            trips.soonest(way).is_some_and(|soonest| since(*stamp) >= soonest) && !is_late(*stamp)
        };
        let ack = self.acks.iter().copied().rfind(answers);
        if let (Some(ack), Some(true)) = (ack, last.is_full) {
            return Some(StallCause::Congestion { ack });
        }
        if self.acked_all.is_some_and(is_late) {
            return Some(StallCause::Idle);
        }
        let is_long =
            self.spacing.is_some() || trips.whole().is_none_or(|whole| since(last.at) > whole);
        is_long.then_some(StallCause::Unknown)
    }
}

/// Acknowledgments among which the one is looked for that let the sender go on.
const ACKS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::event::Direction::ToClient;
    use crate::flow::event::PerDirection;
    use crate::time::{FrameNo, Timestamp};

    fn at(millis: i64) -> Stamp {
        let frame = FrameNo((1000 + millis).cast_unsigned());
        Stamp::new(Timestamp::from_nanos(millis * 1_000_000), frame)
    }

    /// 40 ms to the server and back, next to nothing to the client.
    fn trips() -> Trips {
        let (to_server, to_client) = (TimeDelta::from_millis(40), TimeDelta::from_millis(1));
        Trips::new(PerDirection { to_server: Some(to_server), to_client: Some(to_client) })
    }

    fn passed(number: u64, millis: i64, size: usize) -> Passed {
        Passed { number, at: at(millis), size, is_new: true, is_told: false }
    }

    /// Three full packets, one each millisecond from 1 on.
    fn begun() -> Pauses {
        let mut pauses = Pauses::default();
        for number in 1..4 {
            let told = pauses.sent(passed(number, number.cast_signed(), 1200), ToClient, &trips());
            assert_eq!(told, None);
        }
        pauses
    }

    fn cause(mut pauses: Pauses, millis: i64) -> Option<StallCause> {
        let pause = pauses.sent(passed(4, millis, 1200), ToClient, &trips())?;
        assert_eq!(pause.to, at(millis));
        Some(pause.cause)
    }

    #[test]
    fn who_goes_on_when_it_is_acknowledged_had_a_full_window() {
        let mut pauses = begun();
        for (number, millis) in [(0, -20), (1, 4), (2, 30)] {
            pauses.acked(number, at(millis));
        }
        let ack = at(4);
        assert_eq!(cause(pauses, 44), Some(StallCause::Congestion { ack }));
    }

    #[test]
    fn who_stops_at_a_small_packet_has_no_more() {
        let mut pauses = begun();
        assert_eq!(pauses.sent(passed(9, 4, 300), ToClient, &trips()), None);
        pauses.acked(9, at(5));
        let pause = pauses.sent(passed(10, 45, 1200), ToClient, &trips()).unwrap();
        assert_eq!(pause, Pause { from: at(4), to: at(45), cause: StallCause::Idle });
    }

    #[test]
    fn who_goes_on_long_after_all_was_acknowledged_had_nothing_to_send() {
        let mut pauses = begun();
        pauses.acked(3, at(4));
        assert_eq!(cause(pauses, 300), Some(StallCause::Idle));
    }

    #[test]
    fn what_nothing_tells_is_unknown() {
        assert_eq!(cause(begun(), 300), Some(StallCause::Unknown));
        let mut pauses = begun();
        pauses.acked(0, at(4));
        assert_eq!(cause(pauses, 24), Some(StallCause::Unknown), "too soon to be its doing");
        let mut pauses = begun();
        pauses.acked(0, at(4));
        assert_eq!(cause(pauses, 90), Some(StallCause::Unknown), "too late");
    }

    #[test]
    fn what_is_told_otherwise_or_as_usual_is_no_pause() {
        let mut pauses = begun();
        let told = Passed { is_told: true, ..passed(4, 300, 1200) };
        assert_eq!(pauses.sent(told, ToClient, &trips()), None);
        // packets that come one by one, as on a slow path
        let mut slow = Pauses::default();
        for number in 0..9 {
            let passed = passed(number, 9 * number.cast_signed(), 1200);
            assert_eq!(slow.sent(passed, ToClient, &trips()), None);
        }
        let again = Passed { is_new: false, ..passed(9, 300, 1200) };
        assert_eq!(slow.sent(again, ToClient, &trips()), None);
    }
}
