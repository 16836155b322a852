//! One stream of HTTP/2 or HTTP/3, and its two messages: what both versions have in common.

mod faults;
pub mod head;
pub mod incoming;
pub mod messages;
pub mod runs;
#[cfg(test)]
pub(in crate::protocol) mod script;
pub mod websocket;
