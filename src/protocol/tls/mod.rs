//! TLS (RFC 8446, RFC 5246 and before): who is asked for, with which algorithms, in which steps.

pub mod alert;
pub mod certificate;
pub mod event;
pub mod message;
pub mod names;
pub mod suite;
