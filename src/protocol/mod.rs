//! Bytes become events: one folder a protocol, one row in [`PROTOCOLS`].

pub mod analyzer;
pub mod buffer;
pub mod dns;
pub mod event;
pub mod http;
pub mod http1;
pub mod neighbor;

use crate::protocol::analyzer::Protocol;

/// The protocols, in the order in which they are tried.
pub static PROTOCOLS: &[&Protocol] = &[&http1::PROTOCOL];
