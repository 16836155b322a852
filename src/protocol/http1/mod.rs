//! HTTP/1.1 and 1.0 (RFC 9112), and 0.9 as far as it is still met.
//!
//! Takes the two byte streams of a connection, gives [`HttpEvent`]s: heads, ends of messages with
//! the sizes of their bodies, switches to other protocols. It never keeps or copies a body, and
//! it never invents a message: a request without a response has none.
//!
//! After a hole it goes on where it can: within a body of known length it stays in step, else it
//! looks for the next start of a message. What it cannot know then, it says.
//!
//! [`HttpEvent`]: crate::protocol::http::message::HttpEvent

mod chunked;
mod connection;
mod faults;
mod framing;
mod head;
mod incoming;
mod pairing;
mod probe;
mod start;

#[cfg(test)]
mod tests;

use crate::flow::event::Transport;
use crate::limits::Limits;
use crate::protocol::analyzer::Protocol;
use crate::protocol::http::message::{RequestHead, ResponseHead};

pub use connection::Connection;

/// The head at the front of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A whole request head.
    Request(Box<RequestHead>),
    /// A whole response head.
    Response(Box<ResponseHead>),
    /// Its first line; the end is not among the bytes.
    Begins(String),
}

/// The head at the front of one packet's payload, and its length; none where none begins there.
pub fn head_of(bytes: &[u8]) -> Option<(Head, usize)> {
    let limits = Limits::default();
    let is_request = start::is_usual_request(bytes) == start::Looks::Like;
    if !is_request && start::is_response(bytes) != start::Looks::Like {
        return None;
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let Some(whole) = end.and_then(|end| bytes.get(..end)) else {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line.trim_ascii()).into_owned();
        return Some((Head::Begins(line), bytes.len()));
    };
    let head = if is_request {
        Head::Request(head::request(whole, &limits)?.head.into())
    } else {
        Head::Response(head::response(whole, &limits)?.head.into())
    };
    Some((head, whole.len()))
}

/// The row of HTTP/1. The ports are those of web servers, proxies, and services that speak HTTP.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    transports: &[Transport::Tcp],
    ports: &[80, 81, 591, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8118, 8888, 9080, 11371],
    alpn: &["http/1.1", "http/1.0", "http/0.9"],
    probe: probe::probe,
    start: |flow| Box::new(Connection::new(flow)),
};
