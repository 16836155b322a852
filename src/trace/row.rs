//! One row of the timeline: what it tells of, and its bar.

use smallvec::SmallVec;

use crate::time::{Frames, Stamp, TimeDelta, Timestamp};
use crate::trace::id::{ConnectionId, ExchangeId, NeighborId, ResolutionId};

/// What a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A question for a hardware address, or an announcement.
    Neighbor(NeighborId),
    /// The questions for one name.
    Lookup(ResolutionId),
    /// How a connection was opened, or was not; with QUIC also how it was secured.
    Connect(ConnectionId),
    /// How a connection was secured by TLS over TCP, or was not.
    Tls(ConnectionId),
    /// A flow without a beginning that could be told: older than the capture, or not TCP.
    Flow(ConnectionId),
    /// A request and its response.
    Exchange(ExchangeId),
    /// Requests of a connection that stay closed, and what came for them: the n-th estimate.
    Estimate(ConnectionId, u32),
    /// The client of a connection went on from another address: the n-th way after the first one.
    Path(ConnectionId, u32),
    /// How a connection was closed.
    Close(ConnectionId),
}

/// Where time goes: DevTools' words, and three for what DevTools does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Asking for a hardware address.
    Neighbor,
    /// Open and ready, but not yet asked.
    Blocked,
    /// Looking up a name.
    Dns,
    /// Opening a connection.
    Connect,
    /// TLS.
    Ssl,
    /// Sending the request.
    Send,
    /// Waiting for the first byte of the response.
    Wait,
    /// Receiving the response.
    Receive,
    /// Open without a request.
    Idle,
    /// Closing a connection.
    Close,
}

/// One phase of a row. Never negative: `from <= to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the time was spent on.
    pub phase: Phase,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// One row of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it tells of.
    pub subject: Subject,
    /// When it began.
    pub start: Stamp,
    /// When it was done; none where it never was.
    pub end: Option<Stamp>,
    /// Its bar, in order of time.
    pub pieces: SmallVec<[Piece; 4]>,
    /// The frames that prove it.
    pub frames: Frames,
}

impl Row {
    /// A row without a bar.
    pub(super) fn new(subject: Subject, start: Stamp, end: Option<Stamp>, frames: Frames) -> Self {
        Self { subject, start, end, pieces: SmallVec::new(), frames }
    }

    /// From its start to its end.
    pub fn took(&self) -> Option<TimeDelta> {
        self.end.map(|end| end.at.since(self.start.at).at_least_zero())
    }

    /// With one phase more.
    #[must_use]
    pub(super) fn then(mut self, phase: Phase, from: Timestamp, to: Timestamp) -> Self {
        self.pieces.push(Piece { phase, from, to: to.max(from) });
        self
    }
}
