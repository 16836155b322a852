//! Captures made by hand: whole conversations for tests and fuzz seeds, on etherparse's
//! `PacketBuilder`.
//!
//! Takes what was said, gives packets as a device would have seen them, with right lengths and
//! checksums, one millisecond apart from a fixed start. Nothing here reads a clock or a file, and
//! nothing fails: what cannot be put in a packet is left out, as each function says.
//!
//! ```
//! use urltrace::packet::build::Capture;
//!
//! let mut capture = Capture::new();
//! capture.udp(([10, 0, 0, 2], 40_000), ([10, 0, 0, 1], 53), b"a query");
//! capture
//!     .tcp(([10, 0, 0, 2], 50_000), ([10, 0, 0, 1], 80))
//!     .handshake()
//!     .client(b"GET / HTTP/1.1\r\n\r\n")
//!     .server(b"HTTP/1.1 204 No Content\r\n\r\n")
//!     .ack()
//!     .close();
//! assert_eq!(capture.packets().len(), 1 + 3 + 1 + 1 + 1 + 4);
//! ```

mod capture;
mod connection;
mod fragments;
mod frame;
mod tape;

pub use capture::Capture;
pub use connection::Connection;

#[cfg(test)]
mod tests;
