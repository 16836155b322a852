//! WebSocket (RFC 6455), with permessage-deflate (RFC 7692).
//!
//! Takes the byte streams behind an opening handshake, which HTTP/1.1 (RFC 6455 §4) or HTTP/2
//! (RFC 8441) has read, gives an [`HttpEvent::Message`](crate::protocol::http::message::HttpEvent)
//! for each message. It keeps no payload: only kinds, sizes and times.
//!
//! No probe: without its handshake nobody can know a WebSocket from other bytes.

mod close;
mod conversation;
mod deflate;
mod faults;
mod frame;
mod handshake;
mod open;
mod reader;
mod utf8;

#[cfg(test)]
mod tests;

pub use close::close_words;
pub use conversation::Conversation;
pub use frame::{Head, HeadSize, Opcode};
pub use handshake::{Agreed, Offer};
