//! What held up the bytes of one direction of a connection, as an event.

use crate::flow::event::direction::Direction;
use crate::flow::event::tcp::SegmentKind;
use crate::time::Stamp;

/// A time in which the bytes of one direction did not go on.
///
/// Both ends are packets. Stalls of one direction do not overlap, but for [`StallCause::Missing`]
/// and [`StallCause::NotCaptured`]: packets behind a hole may stall too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Which way the bytes go that were held up.
    pub direction: Direction,
    /// The packet behind which nothing went on.
    pub from: Stamp,
    /// The packet with which it went on.
    pub to: Stamp,
    /// What held them up.
    pub cause: StallCause,
}

/// How long bytes took to their receiver and its acknowledgment back, seen from the capture: the
/// shortest so far. An acknowledgment may be held back, so it is no less than the way itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Which way the bytes went.
    pub direction: Direction,
    /// The packet with them.
    pub sent: Stamp,
    /// Their acknowledgment.
    pub acked: Stamp,
}

/// What held bytes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StallCause {
    /// Bytes behind a hole waited for those missing: `from` opened the hole, `to` filled it.
    Missing {
        /// What the segment was that filled it.
        by: SegmentKind,
    },
    /// The same, but what filled the hole was never captured.
    NotCaptured,
    /// Nothing new was sent until `to` repeated bytes that had passed here before, and that was
    /// needed: it was not acknowledged before it could be there.
    SentAgain {
        /// What the segment was that repeated them.
        by: SegmentKind,
        /// The packet that had carried the newest bytes until then.
        newest: Stamp,
    },
    /// The sender waited for the acknowledgment of `from`, which was sent again.
    Repair {
        /// What the segment was that was sent again.
        by: SegmentKind,
    },
    /// The receiver had no room.
    Window {
        /// The acknowledgment that said so; none where the sender had filled the window that the
        /// receiver offered, as counted from the handshake's window scale.
        closed: Option<Stamp>,
        /// The acknowledgment that made room.
        opened: Option<Stamp>,
    },
    /// The sender stopped at a full segment, and went on just when the acknowledgment of what it
    /// had sent could be there.
    Congestion {
        /// That acknowledgment.
        ack: Stamp,
    },
    /// The sender had nothing to send: it stopped at a segment that was not full, or went on long
    /// after all had been acknowledged.
    Idle,
    /// The same, but the sender had counted a packet that never came here: what came at `to` may
    /// be what that had carried.
    Vanished,
    /// Nothing that passed here tells.
    Unknown,
}
