//! What the network says about a packet that it did not deliver: ICMP's errors, in whatever
//! version.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::packet::quote::Quoted;

/// An error, and the packet that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `icmp` or `icmpv6`.
    pub protocol: &'static str,
    /// Who says so: the receiver itself, or a router on the way.
    pub from: IpAddr,
    /// What: `port unreachable`, `fragmentation needed, next MTU 1400`.
    pub reason: Cow<'static, str>,
    /// The largest packet that passes the next link, in bytes.
    pub mtu: Option<u32>,
    /// The packet, as far as it was quoted.
    pub about: Option<Quoted>,
}

impl Refusal {
    /// All of it in words.
    pub fn text(&self) -> String {
        let about = self.about.map(|about| format!(": {}", packet(&about))).unwrap_or_default();
        format!("{}{about}", self.reason)
    }
}

/// `TCP from A to B`.
fn packet(about: &Quoted) -> String {
    let name = match about.protocol {
        1 => "ICMP".to_owned(),
        6 => "TCP".to_owned(),
        17 => "UDP".to_owned(),
        58 => "ICMPv6".to_owned(),
        other => format!("IP protocol {other}"),
    };
    if about.has_ports {
        format!("{name} from {} to {}", about.source, about.destination)
    } else {
        format!("{name} from {} to {}", about.source.ip, about.destination.ip)
    }
}
