//! The pace of a connection: how soon an answer can be there, how large a segment and a window
//! are. Seen from where it was captured.

use crate::flow::event::{Direction, Handshake, TcpOptions};
use crate::time::TimeDelta;

/// How fast a connection can be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// The shortest round trip between the capture and the server.
    server_half: Option<TimeDelta>,
    /// The shortest round trip between the capture and the client.
    client_half: Option<TimeDelta>,
    client: TcpOptions,
    server: TcpOptions,
}

/// Timestamps take so much of each segment (RFC 7323 appendix A).
const TIMESTAMPS: u32 = 12;

/// What a host needs to do what a packet tells it to.
const SLACK: TimeDelta = TimeDelta::from_millis(2);

/// Bytes that follow each other within this time are in one flight, however short the way.
const LEAST_SILENCE: TimeDelta = TimeDelta::from_millis(1);

/// The same where no round trip is known.
const SILENCE: TimeDelta = TimeDelta::from_millis(10);

impl Pace {
    /// What a handshake tells.
    pub(super) const fn of(handshake: &Handshake) -> Self {
        Self {
            server_half: Some(handshake.server_half()),
            client_half: Some(handshake.client_half()),
            client: handshake.client_options,
            server: handshake.server_options,
        }
    }

    /// Bytes of this direction took so long to their receiver and back. True where that is
    /// shorter than all before, by more than a sixteenth.
    pub(super) fn shorten(&mut self, direction: Direction, time: TimeDelta) -> bool {
        let least = match direction {
            Direction::ToServer => &mut self.server_half,
            Direction::ToClient => &mut self.client_half,
        };
        let is_shorter = time > TimeDelta::ZERO
            && least.is_none_or(|least| time.as_nanos() < least.as_nanos() / 16 * 15);
        if is_shorter {
            *least = Some(time);
        }
        is_shorter
    }

    /// What is acknowledged sooner than this was not sent just before.
    pub(super) fn back(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(!direction).map(|time| quarters(time, 3))
    }

    /// How long it takes an acknowledgment from here to the sender of this direction, and what it
    /// answers back to here.
    const fn answer(&self, direction: Direction) -> Option<TimeDelta> {
        match direction {
            Direction::ToServer => self.client_half,
            Direction::ToClient => self.server_half,
        }
    }

    /// What comes sooner than this after an acknowledgment is not its doing.
    pub(super) fn soonest(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(direction).map(|time| quarters(time, 3))
    }

    /// What comes later than this after an acknowledgment has another reason too.
    pub(super) fn latest(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(direction).map(|time| quarters(time, 6) + SLACK)
    }

    /// Longer than it takes to hear from both ends.
    pub(super) fn whole(&self) -> Option<TimeDelta> {
        Some(quarters(self.server_half? + self.client_half?, 6) + SLACK)
    }

    /// How long nothing has to come to be a silence: a quarter of a round trip, in which flights
    /// part from each other.
    pub(super) fn silence(&self) -> TimeDelta {
        let round_trip = self.server_half.zip(self.client_half).map(|(one, other)| one + other);
        round_trip.map_or(SILENCE, |time| quarters(time, 1).max(LEAST_SILENCE))
    }

    /// Payload of a full segment in this direction, as the receiver's MSS bounds it.
    pub(super) fn full_segment(&self, direction: Direction) -> Option<u32> {
        if self.client.is_cut || self.server.is_cut {
            return None;
        }
        let less = if self.client.timestamps && self.server.timestamps { TIMESTAMPS } else { 0 };
        let mss = match direction {
            Direction::ToServer => self.server.mss,
            Direction::ToClient => self.client.mss,
        };
        Some(u32::from(mss?).saturating_sub(less)).filter(|payload| *payload > 0)
    }

    /// Bytes of a window that the receiver of this direction offers (RFC 7323 §2.2), where the
    /// handshake told how it counts.
    pub(super) fn window(&self, direction: Direction, field: u16) -> Option<u64> {
        let (own, other) = match direction {
            Direction::ToServer => (self.server, self.client),
            Direction::ToClient => (self.client, self.server),
        };
        own.mss?;
        Some(u64::from(field) << own.shift_towards(other)?)
    }
}

fn quarters(time: TimeDelta, count: i64) -> TimeDelta {
    TimeDelta::from_nanos((time.as_nanos() / 4).saturating_mul(count))
}
