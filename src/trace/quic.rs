//! QUIC of one connection: what it agreed on besides TLS, which ways it took, how it was given up.

use crate::flow::event::{Direction, PerDirection, RoundTrip};
use crate::protocol::http::multiplex::Queued;
use crate::protocol::quic::event::{Close, IssuedId, Measures, Path};
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::parameters::Parameters;
use crate::protocol::quic::seen::Packet;
use crate::protocol::quic::version::Version;
use crate::time::{Stamp, TimeDelta};

/// What is known of QUIC on a connection; each list up to a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quic {
    /// The versions that its packets have, in order: a second one where the ends changed to it
    /// (RFC 9368), or the client began anew with one that the server speaks (RFC 9000 §6.2).
    pub versions: Vec<Version>,
    /// Times that the server did not speak the client's version (RFC 9000 §6).
    pub negotiations: Vec<Negotiation>,
    /// The server wanted to see first that the client is where it says it is.
    pub retry: Option<Retry>,
    /// The first packet of the server.
    pub answered: Option<Stamp>,
    /// The IDs that the ends gave each other, in order.
    pub ids: Vec<IssuedId>,
    /// What each end allows the other, by the direction in which it was sent.
    pub parameters: PerDirection<Option<Box<Parameters>>>,
    /// The ways that it took after its first one, in order.
    pub paths: Vec<Path>,
    /// Challenges of ways that were answered, in order of the answers.
    pub validations: Vec<Validation>,
    /// Changes to new keys.
    pub key_updates: Vec<KeyUpdate>,
    /// The server's word that the handshake is over.
    pub confirmed: Option<Stamp>,
    /// Whether the server takes the client's early data; none where it sent none, or that is not
    /// known.
    pub early: Option<bool>,
    /// How the ends gave it up: each may say why, and more than once.
    pub closes: Vec<Close>,
    /// One end knew nothing of the connection any more.
    pub reset: Option<Reset>,
    /// Streams of the client that waited until the server allowed more of them, in order.
    pub queued: Vec<(u64, Queued)>,
    /// Round trips by acknowledgments, each shorter than those before it in its direction.
    pub round_trips: Vec<Measured>,
    /// Round trips by the spin bit, each shorter than those before it in its direction.
    pub spins: Vec<RoundTrip>,
    /// Its packets in the order in which they were opened, where they were asked for.
    pub packets: Vec<Packet>,
    /// What was counted and measured; known when it is over.
    pub measures: Option<Box<Measures>>,
}

/// The server does not speak the client's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiation {
    /// When it said so.
    pub at: Stamp,
    /// Those that it speaks.
    pub versions: Vec<Version>,
}

/// The server wants a token back before it goes on (RFC 9000 §8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// When.
    pub at: Stamp,
    /// Bytes of the token.
    pub token: u32,
    /// Whether it authenticates; none where that cannot be told.
    pub authentic: Option<bool>,
}

/// A way was proved (RFC 9000 §8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    /// Which way the answer went.
    pub by: Direction,
    /// The challenge.
    pub asked: Stamp,
    /// Its answer.
    pub answered: Stamp,
}

/// One end went on with new keys (RFC 9001 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUpdate {
    /// Whose packets.
    pub by: Direction,
    /// The first of them.
    pub at: Stamp,
    /// How manieth update it is, from 1.
    pub nth: u32,
}

/// A stateless reset (RFC 9000 §10.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Which way it was sent.
    pub by: Direction,
    /// When.
    pub at: Stamp,
}

/// A round trip by an acknowledgment (RFC 9002 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// From the packet to its acknowledgment, at the capture.
    pub trip: RoundTrip,
    /// What of it the receiver says it held the acknowledgment back for.
    pub ack_delay: TimeDelta,
}

impl Quic {
    /// The version that it is spoken in, the last one that its packets have.
    pub fn version(&self) -> Option<Version> {
        self.versions.last().copied()
    }

    /// The first close that says why, or the first one.
    pub fn close(&self) -> Option<&Close> {
        self.closes.first()
    }

    /// When one end first gave it up, and which way that was said.
    pub fn given_up(&self) -> Option<(Stamp, Direction)> {
        let close = self.close().map(|close| (close.at, close.by));
        let reset = self.reset.map(|reset| (reset.at, reset.by));
        close.into_iter().chain(reset).min_by_key(|(at, _)| *at)
    }

    /// The last word on its end.
    pub fn last_close(&self) -> Option<Stamp> {
        let closes = self.closes.iter().map(|close| close.at);
        closes.chain(self.reset.map(|reset| reset.at)).max()
    }

    /// The ID that the client's first packets had as destination: what the first keys are made of.
    pub fn original(&self) -> Option<ConnectionId> {
        let made_up = self.ids.iter().find(|issued| issued.sequence.is_none());
        made_up.map(|issued| issued.id)
    }

    /// The shortest round trip between the capture and the receiver of one direction.
    pub fn shortest(&self, direction: Direction) -> Option<TimeDelta> {
        let ours = self.round_trips.iter().filter(|one| one.trip.direction == direction);
        ours.map(Measured::time).min()
    }

    /// What a stream of the client waited for before it could begin: one of the latest.
    pub fn queued(&self, stream: u64) -> Option<Queued> {
        let mut latest = self.queued.iter().rev().take(LATEST);
        latest.find(|(queued, _)| *queued == stream).map(|(_, queued)| *queued)
    }

    /// When a way was proved that was taken at `since`, until another one was taken.
    pub fn validated(&self, nth: usize) -> Option<&Validation> {
        let since = self.paths.get(nth)?.at;
        let until = self.paths.get(nth.saturating_add(1)).map(|next| next.at);
        let here = self.validations.iter().filter(|proved| {
            proved.answered >= since && until.is_none_or(|until| proved.asked < until)
        });
        here.min_by_key(|proved| proved.answered)
    }
}

/// Streams that are looked at: those that began just now.
const LATEST: usize = 64;

impl Measured {
    /// How long it took on the way: without what the receiver held back, but for what cannot be.
    pub fn time(&self) -> TimeDelta {
        let whole = self.trip.acked.at.since(self.trip.sent.at).at_least_zero();
        if self.ack_delay < whole { whole - self.ack_delay } else { whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Endpoint;
    use crate::time::{FrameNo, Timestamp};

    fn at(millis: i64) -> Stamp {
        let frame = FrameNo(millis.unsigned_abs());
        Stamp::new(Timestamp::from_nanos(millis * 1_000_000), frame)
    }

    #[test]
    fn a_round_trip_is_without_what_was_held_back() {
        let measured = |delay: i64| {
            let trip = RoundTrip { direction: Direction::ToServer, sent: at(10), acked: at(40) };
            let ack_delay = TimeDelta::from_millis(delay);
            Measured { trip, ack_delay }.time()
        };
        assert_eq!(measured(0), TimeDelta::from_millis(30));
        assert_eq!(measured(25), TimeDelta::from_millis(5));
        assert_eq!(measured(90), TimeDelta::from_millis(30), "nobody held it back for so long");
    }

    #[test]
    fn the_proof_of_a_way_is_the_first_that_came_on_it() {
        let end = |port| Endpoint::new([192, 0, 2, 1].into(), port);
        let path =
            |millis| Path { at: at(millis), client: end(1), server: end(443), has_new_id: true };
        let proof = |asked, answered| Validation {
            by: Direction::ToServer,
            asked: at(asked),
            answered: at(answered),
        };
        let quic = Quic {
            paths: vec![path(100), path(200), path(300)],
            validations: vec![proof(50, 60), proof(101, 120), proof(102, 121), proof(201, 230)],
            ..Quic::default()
        };
        let proved = |nth| quic.validated(nth).map(|proved| proved.answered);
        assert_eq!(proved(0), Some(at(120)));
        assert_eq!(proved(1), Some(at(230)));
        assert_eq!((proved(2), proved(3)), (None, None));
    }
}
