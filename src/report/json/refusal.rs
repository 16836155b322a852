//! What the network said about a packet that it did not deliver.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::json::value::{Nanos, Text};
use crate::trace::refusal as model;

/// An ICMP or ICMPv6 error about a packet.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Refusal<'a> {
    /// When it was told.
    pub time: Nanos,
    /// In which frame.
    pub frame: u64,
    /// Who says so: the receiver itself, or a router on the way.
    pub from: Text<std::net::IpAddr>,
    /// Why: `port unreachable`.
    pub reason: &'a str,
    /// The largest packet that passes the next link, in bytes.
    pub mtu: Option<u32>,
}

impl<'a> From<&'a model::Refusal> for Refusal<'a> {
    fn from(refusal: &'a model::Refusal) -> Self {
        Self {
            time: Nanos(refusal.at.at),
            frame: refusal.at.frame.0,
            from: Text(refusal.from),
            reason: &refusal.reason,
            mtu: refusal.mtu,
        }
    }
}
