//! Round trips by the spin bit (RFC 9000 §17.4): the server sends the client's bit back, the client
//! turns it over, so that it changes once in a round trip. Anybody sees it.
//!
//! Ends may send any bit instead. So a time is told only where the bit has gone to and fro for a while
//! as it should, and never once otherwise.

use crate::flow::event::{Direction, PerDirection, RoundTrip};
use crate::time::{Stamp, TimeDelta};

/// The spin bit of one connection.
#[derive(Debug, Default)]
pub(super) struct Spin {
    /// The last bit of each direction, and the packet that first had it.
    last: PerDirection<Option<(bool, Stamp)>>,
    /// Changes that followed each other as they should.
    steps: u32,
    /// It changed as it should not.
    is_broken: bool,
    shortest: PerDirection<Option<TimeDelta>>,
}

/// Changes after which it is taken for what it should be: by chance so many follow each other once
/// in hundreds of connections.
const TRUSTED: u32 = 8;

impl Spin {
    /// A packet with this bit; a round trip between the capture and the end that it comes from, where
    /// it is shorter than those before. Named by the direction of the packets that were answered.
    pub(super) fn came(&mut self, way: Direction, bit: bool, at: Stamp) -> Option<RoundTrip> {
        let before = self.last.of(way);
        if before.is_some_and(|(last, _)| last == bit) {
            return None;
        }
        let is_first = before.is_none();
        *self.last.of_mut(way) = Some((bit, at));
        let other = *self.last.of(!way);
        if is_first {
            return None;
        }
        // the server has the client's last bit, the client the other one than the server's last
        let wanted = other.map(|(last, _)| if way == Direction::ToClient { last } else { !last });
        if wanted != Some(bit) {
            self.is_broken |= wanted.is_some();
            return None;
        }
        self.steps += 1;
        if self.is_broken || self.steps < TRUSTED {
            return None;
        }
        let (_, sent) = other?;
        let took = at.at.since(sent.at).at_least_zero();
        let shortest = self.shortest.of_mut(!way);
        if shortest.is_some_and(|shortest| took >= shortest) {
            return None;
        }
        *shortest = Some(took);
        Some(RoundTrip { direction: !way, sent, acked: at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};
    use Direction::{ToClient, ToServer};

    fn at(millis: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(millis.cast_signed() * 1_000_000), FrameNo(millis))
    }

    /// The round trips that are told of a connection whose bits go to and fro, 20 ms to the server
    /// and 3 ms to the client.
    fn told(turns: u64, greased: Option<u64>) -> Vec<(Direction, u64, u64)> {
        let mut spin = Spin::default();
        let mut found = Vec::new();
        let mut push = |way, bit, when| {
            let trip = spin.came(way, bit, at(when));
            found.extend(trip.map(|t| (t.direction, t.sent.frame.0, t.acked.frame.0)));
        };
        for turn in 0..turns {
            let (bit, start) = (turn % 2 == 1, 100 * turn);
            push(ToServer, bit, start);
            if greased == Some(turn) {
                push(ToServer, !bit, start + 5);
                push(ToServer, bit, start + 6);
            }
            push(ToClient, bit, start + 20);
            push(ToClient, bit, start + 22);
        }
        found
    }

    #[test]
    fn a_bit_that_goes_to_and_fro_tells_round_trips() {
        assert_eq!(told(4, None), []);
        assert_eq!(told(9, None), [(ToServer, 400, 420), (ToClient, 420, 500)]);
    }

    #[test]
    fn one_that_does_not_tells_nothing() {
        assert_eq!(told(30, Some(4)), []);
        let mut spin = Spin::default();
        for turn in 0..100 {
            assert_eq!(spin.came(ToServer, turn % 2 == 1, at(turn)), None, "nobody answers");
        }
    }
}
