//! What is known of one connection while it is read.

use crate::flow::event::{Direction, EndReason, PerDirection};
use crate::protocol::hold::Hold;
use crate::protocol::nested::Nested;
use crate::protocol::tls::estimate::Estimator;
use crate::protocol::tls::event::Keys;
use crate::protocol::tls::handshake::Settled;
use crate::protocol::tls::names::Version;
use crate::protocol::tls::record::Record;
use crate::protocol::tls::side::{Epoch, Lock, Side};

/// Reads one connection.
#[derive(Default)]
pub(in crate::protocol::tls) struct Connection {
    pub(super) sides: PerDirection<Side>,
    pub(super) client: Option<Client>,
    pub(super) server: Option<Server>,
    /// Whether the server takes early data, where that is known.
    pub(super) takes_early: Option<bool>,
    /// The protocol inside, where the handshake says it.
    pub(super) alpn: Option<Box<str>>,
    /// What the connection carries, once it carries something.
    pub(super) child: Option<Nested>,
    pub(super) held: Hold<Box<Record>>,
    /// Directions that ended while records waited.
    pub(super) ended: PerDirection<Option<EndReason>>,
    /// Makes exchanges of records that stay closed.
    pub(super) estimator: Option<Box<Estimator>>,
    /// What was said of the keys last.
    pub(super) keys: Option<Keys>,
}

/// What of a ClientHello decides how later records are read.
pub(super) struct Client {
    pub(super) random: [u8; 32],
    /// It offers to speak HTTP, or does not say what it wants to speak.
    pub(super) may_be_http: bool,
    /// Bytes of the application follow at once.
    pub(super) early_data: bool,
    /// A HelloRetryRequest has asked for another one.
    pub(super) retried: bool,
}

/// What a ServerHello settled.
pub(super) struct Server {
    pub(super) random: [u8; 32],
    pub(super) settled: Settled,
    pub(super) encrypt_then_mac: bool,
    /// What is protected is compressed before, by DEFLATE.
    pub(super) compresses: bool,
}

impl Connection {
    /// The version that is spoken, where it is known.
    pub(super) fn version(&self) -> Option<Version> {
        self.server.as_ref().map(|server| server.settled.version.settled())
    }

    /// True where it is TLS 1.3.
    pub(super) fn is_13(&self) -> bool {
        self.version() == Some(Version::TLS_1_3)
    }

    /// True where early data is sent, and a message will be read that says whether it is taken.
    pub(super) fn awaits_early(&self) -> bool {
        let server = self.sides.of(Direction::ToClient);
        self.takes_early.is_none()
            && self.sides.of(Direction::ToServer).epoch == Epoch::Early
            && matches!((&server.lock, server.epoch), (Lock::Open(_), Epoch::Handshake))
            && !server.careful
    }

    /// What the ServerHello settled.
    pub(super) fn settled(&self) -> Option<Settled> {
        self.server.as_ref().map(|server| server.settled)
    }
}
