//! Packets become ordered byte streams and datagrams.

pub mod assembler;
mod checksum;
mod duplicate;
mod emit;
pub mod event;
mod fragment;
mod holders;
mod key;
mod piece;
mod ports;
mod record;
mod slots;
#[cfg(test)]
mod story;
pub mod table;
mod tcp;
