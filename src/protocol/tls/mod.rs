//! TLS (RFC 8446, RFC 5246 and before): who is asked for, with which algorithms, in which steps.

pub mod alert;
pub mod certificate;
pub mod event;
mod extensions;
mod fault;
mod fingerprint;
pub mod handshake;
pub mod hello;
mod list;
pub mod message;
pub mod names;
pub mod suite;
#[cfg(test)]
pub(crate) mod vectors;
