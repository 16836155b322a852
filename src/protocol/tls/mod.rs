//! TLS (RFC 8446, RFC 5246 and before): who is asked for, with which algorithms, in which steps,
//! and with the client's secrets what is inside.
//!
//! Takes the two byte streams of a connection, gives [`TlsEvent`](event::TlsEvent)s, and feeds
//! what it could decrypt to a session of its own, every byte with the stamps of the packet that
//! carried it. What does not authenticate is never read.

pub mod alert;
pub mod certificate;
mod connection;
pub(in crate::protocol) mod estimate;
pub mod event;
mod extensions;
mod fault;
mod fingerprint;
pub mod handshake;
pub mod hello;
mod inflate;
pub(in crate::protocol) mod keys;
mod list;
pub mod message;
pub mod names;
mod probe;
mod record;
mod side;
pub mod suite;
pub(crate) mod vectors;

use crate::flow::event::Transport;
use crate::protocol::analyzer::Protocol;

/// The row of TLS. The ports are those of the services that begin with it.
pub static PROTOCOL: Protocol = Protocol {
    name: "tls",
    transports: &[Transport::Tcp],
    ports: &[443, 465, 563, 636, 853, 990, 992, 993, 994, 995, 4433, 5061, 5671, 8443, 8883, 9443],
    alpn: &[],
    probe: probe::probe,
    start: |flow| Box::new(connection::Connection::new(flow)),
};
