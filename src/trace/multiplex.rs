//! What was said of a connection of many streams, beside its exchanges.

use crate::flow::event::Direction;
use crate::protocol::http::message::Version;
use crate::protocol::http::multiplex::{Blocked, GoAway, RoundTrip, Run};
use crate::time::{Stamp, TimeDelta};

/// What was said of one connection; each list up to a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multiplex {
    /// What the ends want of each other, in order.
    pub settings: Vec<Settings>,
    /// How they began to close.
    pub go_aways: Vec<GoAway>,
    /// PINGs that were answered.
    pub round_trips: Vec<RoundTrip>,
    /// Times in which a sender had no window.
    pub blocked: Vec<Blocked>,
    /// Whose DATA came to the client while several streams were open, in order of time.
    pub runs: Vec<Run>,
    /// What they said without asking for anything.
    pub notes: Vec<Note>,
}

/// One SETTINGS frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When it was known.
    pub at: Stamp,
    /// Which way it was sent.
    pub by: Direction,
    /// Whose numbers they are: HTTP/3 has others than HTTP/2.
    pub version: Version,
    /// Each setting's number and value, in order.
    pub values: Vec<(u64, u64)>,
}

/// Something that was said, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When it was known.
    pub at: Stamp,
    /// Which way it was sent.
    pub by: Direction,
    /// What.
    pub text: String,
}

impl Multiplex {
    /// The shortest round trip of a PING that one end sent.
    pub fn shortest_round_trip(&self, by: Direction) -> Option<TimeDelta> {
        let of_end = self.round_trips.iter().filter(|round_trip| round_trip.by == by);
        of_end.map(|known| known.answered.at.since(known.sent.at).at_least_zero()).min()
    }
}
