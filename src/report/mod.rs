//! The model becomes something to look at.

pub mod packets;
