//! What all versions of HTTP share: messages, fields, bodies, URLs.

pub mod fields;
pub mod message;
