//! What TLS says beside what it carries.

use crate::flow::event::Direction;
use crate::protocol::buffer::Span;
use crate::protocol::tls::alert::{Description, Level};
use crate::protocol::tls::message::Message;
use crate::time::{Frames, Stamp};

/// Something that became known of a TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsEvent {
    /// A message of the handshake, or of what follows it: tickets, key updates. In order.
    Message(Box<Message>),
    /// One side has finished its handshake.
    Finished {
        /// Which way its Finished went.
        direction: Direction,
        /// When that came.
        span: Span,
        /// True where it was not read: without keys the Finished of a client of TLS 1.3 is in its
        /// first encrypted record after the server's flight.
        inferred: bool,
    },
    /// The first bytes of the application, in one direction.
    Data {
        /// Which way.
        direction: Direction,
        /// The packet that carried the first byte of the record.
        at: Stamp,
        /// True where they came before the handshake was over: 0-RTT (RFC 8446 §2.3).
        early: bool,
    },
    /// An alert (RFC 8446 §6).
    Alert(Alert),
    /// What is known of the keys; the last one said counts.
    Keys(Keys),
    /// Exchanges that stay closed, by what their records look like from outside.
    Estimate(Box<Estimate>),
}

/// Records that look like one or more requests and what came for them. Nothing of it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// How many requests that looks like.
    pub requests: u32,
    /// It looks like HTTP/2, or is QUIC: what came down may be for earlier requests, too.
    pub multiplexed: bool,
    /// What the client sent.
    pub sent: Burst,
    /// What came after it until the client sent again; none where nothing did.
    pub received: Option<Burst>,
}

/// Records of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    /// How many.
    pub records: u32,
    /// Bytes in them, without what their protection adds as far as that is known.
    pub bytes: u64,
    /// When they came.
    pub span: Span,
    /// The frames that carried them.
    pub frames: Frames,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who sent it: which way it went.
    pub direction: Direction,
    /// When.
    pub at: Stamp,
    /// True where it was encrypted.
    pub encrypted: bool,
    /// Level and description; none where they could not be read.
    pub said: Option<(Level, Description)>,
}

/// What is known of the keys of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keys {
    /// There is no key log.
    NoLog,
    /// The key log does not know this connection.
    NotInLog,
    /// The beginning was not captured: what the keys are named by is not known.
    NoHello,
    /// Secrets were found for it, and open its records.
    Found,
    /// Secrets were found, and do not open its records.
    Wrong,
    /// Secrets were found; the version or the cipher suite is one that is not read.
    Unsupported,
    /// No keys are needed: the cipher suite does not encrypt.
    NotEncrypted,
}
