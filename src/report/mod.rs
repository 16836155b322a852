//! The model becomes text and files: one format a file, one row in [`FORMATS`].

pub mod connections;
pub mod format;
pub mod lookups;
pub mod requests;
pub mod summary;
pub mod text;
pub mod timeline;

use crate::report::format::Format;

/// What the trace can be written as.
pub static FORMATS: &[Format] =
    &[timeline::FORMAT, connections::FORMAT, lookups::FORMAT, requests::FORMAT];

#[cfg(test)]
mod fixture;
