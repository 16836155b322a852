//! What QUIC says beside what it carries: the handshake of TLS is told as that of any connection.

use crate::address::Endpoint;
use crate::flow::event::{Direction, PerDirection, RoundTrip};
use crate::protocol::quic::error::TransportError;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::parameters::Parameters;
use crate::protocol::quic::seen::Packet;
use crate::protocol::quic::version::Version;
use crate::time::{Stamp, TimeDelta};

/// Something that became known of a QUIC connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuicEvent {
    /// The version of its packets; again where the ends change to another (RFC 9368).
    Version(Version),
    /// The server does not speak the client's version, and says which it speaks
    /// (RFC 9000 §17.2.1).
    Negotiation {
        /// When.
        at: Stamp,
        /// Those that it speaks, GREASE too.
        versions: Vec<Version>,
    },
    /// The server wants to see first that the client is where it says it is (RFC 9000 §8.1.2).
    Retry {
        /// When.
        at: Stamp,
        /// Bytes of the token that it wants back.
        token: u32,
        /// Whether it authenticates; none where the version has no such thing, or the client's
        /// first packet is not known.
        authentic: Option<bool>,
    },
    /// A connection ID under which one end can be reached from now on.
    Issued(IssuedId),
    /// What one end allows the other (RFC 9000 §18).
    Parameters {
        /// Which way they were sent.
        by: Direction,
        /// Each of them.
        parameters: Box<Parameters>,
    },
    /// Packets come by another way: the client has another address (RFC 9000 §9), or a device on
    /// the way gave it one.
    Path(Path),
    /// A way was proved: the answer to a challenge came (RFC 9000 §8.2).
    Validated {
        /// Which way the answer went.
        by: Direction,
        /// The challenge.
        asked: Stamp,
        /// Its answer.
        answered: Stamp,
    },
    /// One end goes on with new keys (RFC 9001 §6).
    KeyUpdate {
        /// Whose packets.
        by: Direction,
        /// The first of them.
        at: Stamp,
        /// How manieth update it is, from 1.
        nth: u32,
    },
    /// The first packet of the server that is one of this connection: an Initial or Handshake
    /// packet, a Retry, or its word on versions.
    Answered {
        /// When.
        at: Stamp,
    },
    /// The server says that the handshake is over (HANDSHAKE_DONE, RFC 9001 §4.1.2).
    Confirmed {
        /// When.
        at: Stamp,
    },
    /// Whether the server takes the client's early data (0-RTT), once that is known.
    Early {
        /// True where it does.
        accepted: bool,
    },
    /// One end gives the connection up (CONNECTION_CLOSE, RFC 9000 §10.2).
    Close(Close),
    /// One end knows nothing of the connection any more, and says so (RFC 9000 §10.3).
    StatelessReset {
        /// Which way it was sent.
        by: Direction,
        /// When.
        at: Stamp,
    },
    /// A shorter time from a packet to its acknowledgment than those before, in one direction.
    RoundTrip {
        /// From the packet to its acknowledgment, at the capture.
        trip: RoundTrip,
        /// What of it the receiver says it held the acknowledgment back for.
        ack_delay: TimeDelta,
    },
    /// A round trip by the spin bit (RFC 9000 §17.4): shorter than those before.
    Spin(RoundTrip),
    /// Bytes were held up. Told when that is over and certain.
    Stalled(Box<Stall>),
    /// A packet, whole; said only of as many as are asked for
    /// ([`Limits::quic_packets`](crate::limits::Limits::quic_packets)).
    Packet(Box<Packet>),
    /// What was measured; said once, when it is over.
    Measures(Box<Measures>),
}

/// A connection ID that one end gave the other (RFC 9000 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedId {
    /// Which way it was sent: packets that go the other way have it as destination.
    pub by: Direction,
    /// Its number; none for the one that the client made up for the server in its first packet.
    pub sequence: Option<u64>,
    /// The ID.
    pub id: ConnectionId,
    /// When.
    pub at: Stamp,
}

/// Another way of packets between the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its first packet.
    pub at: Stamp,
    /// The client's address on it.
    pub client: Endpoint,
    /// The server's.
    pub server: Endpoint,
    /// True where that packet has another connection ID than those before: the client has moved on
    /// purpose (RFC 9000 §9.5); false where a device on the way may have changed its address.
    pub has_new_id: bool,
}

/// A connection is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Which way that was sent.
    pub by: Direction,
    /// When.
    pub at: Stamp,
    /// Why.
    pub error: CloseError,
    /// What else it says, in its own words.
    pub reason: Box<str>,
}

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseError {
    /// QUIC has a reason (RFC 9000 §20.1).
    Transport {
        /// Which.
        error: TransportError,
        /// The type of the frame that gave it; 0 where none did.
        frame: u64,
    },
    /// The protocol that is carried has one, in its own numbers (RFC 9000 §20.2).
    Application(u64),
}

/// A time in which the bytes of one direction did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Which way the bytes go that were held up.
    pub direction: Direction,
    /// The stream; none where all of the connection were, and for those of the handshake.
    pub stream: Option<u64>,
    /// The packet behind which nothing went on.
    pub from: Stamp,
    /// The packet with which it went on.
    pub to: Stamp,
    /// What held them up.
    pub cause: StallCause,
}

/// What held bytes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StallCause {
    /// Bytes behind a hole waited for those missing, which came in another packet: the first one
    /// was lost.
    Missing {
        /// The packet was declared lost before that: its sender had heard of later ones
        /// (RFC 9002 §6.1). False where its timer ran out (§6.2), none where it does not show.
        by_ack: Option<bool>,
    },
    /// The same, but the packet that was missing came late itself.
    Reordered,
    /// What had passed here was sent again: it was lost behind the capture, and its receiver could
    /// not go on.
    SentAgain {
        /// As above.
        by_ack: Option<bool>,
        /// The packet that had carried the newest bytes until then.
        newest: Stamp,
    },
    /// The receiver allowed no more bytes: of the stream, or of the connection where `stream` is
    /// none (RFC 9000 §4).
    FlowControl {
        /// The frame that made room; none where it never came.
        opened: Option<Stamp>,
    },
    /// The sender wanted to begin a stream and was not allowed to (RFC 9000 §4.6).
    StreamLimit {
        /// The frame that allowed more.
        opened: Option<Stamp>,
    },
    /// The sender stopped at a full packet, and went on just when the acknowledgment of what it had
    /// sent could be there.
    Congestion {
        /// That acknowledgment.
        ack: Stamp,
    },
    /// The sender had nothing to send: it stopped at a packet that was not full, or went on long
    /// after all that it had sent was acknowledged.
    Idle,
    /// Nothing that passed here tells.
    Unknown,
}

/// What was counted in a connection, and what it measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// What was counted in each direction.
    pub ways: PerDirection<WayMeasures>,
}

/// What was counted in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WayMeasures {
    /// Initial, 0-RTT, Handshake and 1-RTT packets.
    pub packets: [u64; 4],
    /// Of all of them, those that could not be opened.
    pub sealed: u64,
    /// Packets that their sender gave up: sent here, and never acknowledged though later ones
    /// were, or their bytes sent again.
    pub lost: u64,
    /// Packet numbers that never came here though later ones did.
    pub missed: u64,
    /// Packets that came behind later ones.
    pub reordered: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Bytes of streams, each counted once.
    pub stream_bytes: u64,
    /// Bytes of streams that were sent again.
    pub resent_bytes: u64,
    /// Round trips between the capture and the receiver of this direction, without what the
    /// acknowledgments were held back for: the shortest, and the smoothed one at the end
    /// (RFC 9002 §5.3).
    pub round_trip: Option<(TimeDelta, TimeDelta)>,
}
