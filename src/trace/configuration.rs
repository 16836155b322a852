//! What a host was told about its network.

use std::net::IpAddr;

use crate::protocol::configuration::Configuration;
use crate::time::Stamp;

/// A configuration, and when it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// When, and in which frame.
    pub at: Stamp,
    /// What.
    pub what: Configuration,
}

/// Whether two ends are on one network, by the word of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The configuration that says so: an index into
    /// [`configurations`](crate::trace::Trace::configurations).
    pub configuration: u32,
    /// The client's network and its prefix length.
    pub network: (IpAddr, u8),
    /// True where the server is in it: no router is between them.
    pub is_local: bool,
}
