//! What all versions of HTTP share: messages, fields, bodies, URLs, and what they mean.

pub mod alternatives;
pub mod body;
pub mod cache;
pub mod chunks;
mod coding;
pub mod cookies;
pub mod credentials;
pub mod entries;
mod events;
pub mod fields;
pub mod groups;
pub mod huffman;
pub mod message;
pub mod multiplex;
pub mod origin;
pub mod passwords;
pub mod prefixed;
pub mod semantics;
pub mod status;
pub mod stream;
pub mod url;
mod version;
