//! What all text views share: safe characters, units, widths, colours, tables, words.

pub mod conversation;
pub mod escape;
pub mod filter;
pub mod grid;
pub mod http;
pub mod ink;
pub mod numbers;
pub mod quic;
pub mod table;
pub mod tls;
pub mod units;
pub mod width;
pub mod words;
