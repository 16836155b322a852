//! What time on the wire went to: the words, for every transport.

use smallvec::SmallVec;

use crate::flow::event::Direction;
use crate::time::{FrameNo, Stamp, Timestamp};

/// What a time was spent on, as far as the wire shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The way to the server and back: as long as the shortest round trip before.
    Network,
    /// The request was with the server, and nothing came back.
    Server,
    /// The connection was taken by the response before this one.
    Queued,
    /// The connection brought DATA of other streams.
    Streams,
    /// Bytes were lost: from where that shows until they were there again.
    Loss(Repair),
    /// A packet was overtaken by others, and they had to wait for it.
    Reordering,
    /// The receiver had no room.
    ReceiveWindow,
    /// The receiver allowed no more DATA of the stream, or of all streams of the connection.
    StreamWindow,
    /// The receiver allowed no more streams (QUIC, RFC 9000 §4.6).
    StreamLimit,
    /// The sender waited for an acknowledgment, as a congestion window makes it do.
    CongestionWindow,
    /// The sender had nothing to send.
    Idle,
    /// Bytes came.
    Data,
    /// Nothing on the wire tells.
    Unknown,
}

/// How lost bytes came to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// The receiver told of the hole (RFC 5681 §3.2, RFC 8985).
    Fast,
    /// The sender's timer ran out (RFC 6298).
    Timeout,
    /// A probe for a lost tail (RFC 8985 §7).
    Probe,
    /// It does not show.
    Unnamed,
}

/// A time in which the bytes of one direction of a connection did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// When it was known.
    pub told: Stamp,
    /// Which way the bytes go.
    pub direction: Direction,
    /// The stream whose bytes they are; none where all of the connection had to wait, as on TCP.
    pub stream: Option<u64>,
    /// The packet behind which nothing went on.
    pub from: Stamp,
    /// The packet with which it went on.
    pub to: Stamp,
    /// What held them up.
    pub cause: Cause,
    /// True where it held up what was there as well: later bytes cannot be read before these.
    pub is_hole: bool,
    /// The last packet that had brought new bytes: later ones did not wait.
    pub newest: FrameNo,
    /// True where it is concluded from times and sizes, not seen.
    pub is_inferred: bool,
    /// The frames that prove it.
    pub frames: Proof,
}

/// The few frames that prove something, in order of time.
pub type Proof = SmallVec<[FrameNo; 4]>;

/// A part of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it was spent on.
    pub cause: Cause,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// True where the cause is concluded from times and sizes, not seen.
    pub is_inferred: bool,
    /// The frames that prove it; none for data.
    pub frames: Proof,
}

impl Part {
    /// The same, from one moment to another.
    #[must_use]
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Self {
        Self { from, to, ..self.clone() }
    }

    /// Goes on with another part of the same cause.
    pub(in crate::trace) fn go_on(&mut self, next: &Self, to: Timestamp) {
        self.to = to;
        let last = self.frames.last().copied();
        self.frames.extend(next.frames.iter().copied().filter(|frame| Some(*frame) > last));
    }
}
