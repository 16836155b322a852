//! Packets become ordered byte streams and datagrams.

pub mod event;
