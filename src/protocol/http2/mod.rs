//! HTTP/2 (RFC 9113), in clear by prior knowledge, inside TLS by ALPN.
//!
//! Takes the two byte streams of a connection, gives [`HttpEvent`]s: heads, ends of messages with
//! the sizes of their bodies, each with its stream's number. It never keeps or copies a body.
//!
//! A capture may begin in the middle of a connection, or have holes. What a header block refers to
//! may then be unknown: it is told as unknown, never guessed. After a hole within DATA reading
//! stays in step; after any other, the next frame is looked for.
//!
//! [`HttpEvent`]: crate::protocol::http::message::HttpEvent

mod connection;
mod faults;
mod frame;
pub mod hpack;
mod probe;
mod queue;
mod streams;
mod windows;

#[cfg(test)]
mod tests;

use crate::flow::event::Transport;
use crate::protocol::analyzer::Protocol;

pub use connection::Connection;

/// The row of HTTP/2. No port is its own: in clear it begins with a preface, or follows an upgrade.
pub static PROTOCOL: Protocol = Protocol {
    name: "http2",
    transports: &[Transport::Tcp],
    ports: &[],
    alpn: &["h2"],
    probe: probe::probe,
    start: |flow| Box::new(Connection::new(flow)),
};
