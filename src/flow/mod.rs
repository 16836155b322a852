//! Packets become ordered byte streams and datagrams.

pub mod assembler;
pub mod event;
