//! Packets become ordered byte streams and datagrams.
//!
//! [`fragment::Fragments`] puts packets together that came in pieces; [`table::FlowTable`] takes
//! decoded packets and gives [`event::FlowEvent`]s;
//! [`assembler::Assembler`] puts one stream in order, for TCP here and for whoever else has
//! offsets, and [`trips::Trips`] tells silences apart. All else is theirs alone.

pub mod assembler;
mod checksum;
mod copies;
mod duplicate;
mod emit;
pub mod event;
pub mod fragment;
mod holders;
pub mod key;
mod piece;
mod ports;
mod record;
mod samples;
mod slots;
#[cfg(test)]
mod story;
pub mod table;
mod tcp;
pub mod trips;
