//! Where packets were captured another time.

use crate::packet::{Encapsulation, Macs};
use crate::time::Frames;

/// A place where packets of one direction were captured another time: another interface, the
/// other side of a router, inside and outside a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Index of the capture's interface.
    pub interface: u32,
    /// Link addresses, where the link has them.
    pub macs: Option<Macs>,
    /// VLAN and tunnel.
    pub encapsulation: Encapsulation,
    /// TTL or hop limit: each router on the way takes one off.
    pub ttl: u8,
    /// The frames of those copies, up to the limit.
    pub frames: Frames,
}
