//! What the network said about the packets of a connection or a lookup.

use std::net::IpAddr;

use crate::time::Stamp;

/// The network did not deliver a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When it was told, and in which frame.
    pub at: Stamp,
    /// Who says so: the receiver itself, or a router on the way.
    pub from: IpAddr,
    /// Why: `port unreachable`.
    pub reason: String,
    /// The largest packet that passes the next link, in bytes.
    pub mtu: Option<u32>,
}
