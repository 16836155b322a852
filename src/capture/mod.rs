//! A device or a file becomes packets.

pub mod source;
