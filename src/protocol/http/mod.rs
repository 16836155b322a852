//! What all versions of HTTP share: messages, fields, bodies, URLs.

pub mod body;
mod coding;
pub mod fields;
pub mod message;
pub mod semantics;
pub mod url;
