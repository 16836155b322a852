//! How soon each end of a connection can answer, seen from where it was captured: what is told
//! from a silence by its length.

use crate::flow::event::{Direction, PerDirection};
use crate::time::TimeDelta;

/// The shortest round trips between the capture and the two ends.
#[derive(Debug, Default)]
pub struct Trips {
    /// Of bytes that go that way, to their receiver and back.
    shortest: PerDirection<Option<TimeDelta>>,
}

/// What a host needs to do what a packet tells it to.
const SLACK: TimeDelta = TimeDelta::from_millis(2);

/// Bytes that follow each other within this time are in one flight, however short the way.
const LEAST_SILENCE: TimeDelta = TimeDelta::from_millis(1);

/// The same where no round trip is known.
const SILENCE: TimeDelta = TimeDelta::from_millis(10);

impl Trips {
    /// Those that are known.
    pub const fn new(shortest: PerDirection<Option<TimeDelta>>) -> Self {
        Self { shortest }
    }

    /// Bytes of this direction took so long to their receiver and back. True where that is
    /// shorter than all before, by more than a sixteenth.
    pub fn shorten(&mut self, direction: Direction, time: TimeDelta) -> bool {
        let least = self.shortest.of_mut(direction);
        let is_shorter = time > TimeDelta::ZERO
            && least.is_none_or(|least| time.as_nanos() < least.as_nanos() / 16 * 15);
        if is_shorter {
            *least = Some(time);
        }
        is_shorter
    }

    /// What is acknowledged sooner than this was not sent just before.
    pub fn back(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(!direction).map(|time| quarters(time, 3))
    }

    /// What comes sooner than this after an acknowledgment is not its doing.
    pub fn soonest(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(direction).map(|time| quarters(time, 3))
    }

    /// What comes later than this after an acknowledgment has another reason too.
    pub fn latest(&self, direction: Direction) -> Option<TimeDelta> {
        self.answer(direction).map(|time| quarters(time, 6) + SLACK)
    }

    /// Longer than it takes to hear from both ends.
    pub fn whole(&self) -> Option<TimeDelta> {
        self.both().map(|time| quarters(time, 6) + SLACK)
    }

    /// How long nothing has to come to be a silence: a quarter of a round trip, in which flights
    /// part from each other.
    pub fn silence(&self) -> TimeDelta {
        self.both().map_or(SILENCE, |time| quarters(time, 1).max(LEAST_SILENCE))
    }

    /// How long it takes an acknowledgment from here to the sender of this direction, and what it
    /// answers back to here.
    fn answer(&self, direction: Direction) -> Option<TimeDelta> {
        *self.shortest.of(!direction)
    }

    fn both(&self) -> Option<TimeDelta> {
        Some(self.shortest.to_server? + self.shortest.to_client?)
    }
}

fn quarters(time: TimeDelta, count: i64) -> TimeDelta {
    TimeDelta::from_nanos((time.as_nanos() / 4).saturating_mul(count))
}
