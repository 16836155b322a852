//! HTTP/3 (RFC 9114), on the streams of a QUIC connection.
//!
//! Takes the bytes of each stream, by the number and the direction that QUIC gives it, gives
//! [`HttpEvent`]s: heads, ends of messages with the sizes of their bodies, each with its stream's
//! number. It never keeps or copies a body, but where it waits.
//!
//! Streams come in any order. A head may refer to entries of a table that another stream is still
//! to bring (RFC 9204 §2.1.2): then it waits, and all behind it on its stream does, up to a bound.
//! A capture may begin in the middle of a connection, or have holes. What a head refers to may then
//! be unknown: it is told as unknown, never guessed. A hole within a frame costs that frame; one
//! where nobody knows how long a frame is costs the rest of its stream, and no other.
//!
//! [`HttpEvent`]: crate::protocol::http::message::HttpEvent

mod connection;
mod faults;
mod frame;
pub mod qpack;
mod said;
mod streams;

#[cfg(test)]
mod tests;

use crate::flow::event::Transport;
use crate::protocol::analyzer::{Protocol, Verdict};

pub use connection::Connection;

/// The row of HTTP/3. Nothing but QUIC, which encrypts it, tells that it is there.
pub static PROTOCOL: Protocol = Protocol {
    name: "http3",
    transports: &[Transport::Udp],
    ports: &[],
    alpn: &["h3", "h3-34", "h3-33", "h3-32", "h3-31", "h3-30", "h3-29", "h3-28", "h3-27"],
    probe: |_| Verdict::No,
    start: |_| Box::new(Connection::new()),
};
