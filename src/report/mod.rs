//! The model becomes text and files: one format a file, one row in [`FORMATS`].

pub mod format;
pub mod packets;

use crate::report::format::Format;

/// What the trace can be written as.
pub static FORMATS: &[Format] = &[];
