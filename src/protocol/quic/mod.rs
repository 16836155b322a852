//! QUIC (RFC 9000, RFC 9001), version 2 (RFC 9369) and the drafts before version 1.
//!
//! Takes the datagrams of a UDP flow. Initial packets are read by anybody: from them come the
//! handshake's first messages, told as [`TlsEvent`]s as over TCP. With the client's secrets all other
//! packets are opened, and what is in their streams goes to a session of its own, every byte with
//! the stamps of the packet that carried it and of the one that closed the hole before it: a hole
//! holds up its own stream and no other. What does not authenticate is never read.
//!
//! [`TlsEvent`]: crate::protocol::tls::event::TlsEvent

mod connection;
mod credit;
pub mod error;
pub mod event;
pub mod frame;
pub mod glance;
pub mod id;
mod keys;
mod packet;
pub mod parameters;
mod pauses;
mod probe;
mod ranges;
pub(crate) mod sealer;
pub mod seen;
mod space;
mod spin;
mod streams;
#[cfg(test)]
pub(crate) mod testing;
pub mod version;

use crate::flow::event::Transport;
use crate::protocol::analyzer::Protocol;

pub use packet::Kind;

/// The row of QUIC. Its ports are those of HTTP/3 and of DNS over QUIC (RFC 9250 §4.1.1), and one
/// that implementations like for tests.
pub static PROTOCOL: Protocol = Protocol {
    name: "quic",
    transports: &[Transport::Udp],
    ports: &[443, 784, 853, 4433, 8443, 8853],
    alpn: &[],
    probe: probe::probe,
    start: |_| Box::new(connection::Connection::default()),
};
