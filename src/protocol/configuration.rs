//! What a host is told about its network: DHCP, DHCPv6 and router advertisements, in one form.

use std::net::IpAddr;

use crate::address::MacAddr;

/// An address and what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Who tells it.
    pub by: ConfiguredBy,
    /// The hardware address that it is for; none where it is for all on the link.
    pub mac: Option<MacAddr>,
    /// The address that is given; none where hosts make their own from a prefix.
    pub address: Option<IpAddr>,
    /// The networks on this link, with their prefix lengths.
    pub networks: Vec<(IpAddr, u8)>,
    /// The routers that lead elsewhere.
    pub routers: Vec<IpAddr>,
    /// The DNS servers to ask.
    pub dns: Vec<IpAddr>,
    /// The domain that short names are completed with.
    pub domain: Option<String>,
    /// How long it holds, in seconds.
    pub lifetime: Option<u32>,
    /// The server, or the router that advertises.
    pub server: Option<IpAddr>,
}

/// How a configuration comes to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfiguredBy {
    /// DHCP (RFC 2131).
    Dhcp,
    /// DHCPv6 (RFC 8415).
    Dhcpv6,
    /// An IPv6 router advertisement (RFC 4861 §4.2).
    Router,
}

impl ConfiguredBy {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dhcp => "DHCP",
            Self::Dhcpv6 => "DHCPv6",
            Self::Router => "router advertisement",
        }
    }
}

impl Configuration {
    /// An empty one.
    pub const fn new(by: ConfiguredBy) -> Self {
        Self {
            by,
            mac: None,
            address: None,
            networks: Vec::new(),
            routers: Vec::new(),
            dns: Vec::new(),
            domain: None,
            lifetime: None,
            server: None,
        }
    }

    /// The network on this link that holds an address, and its prefix length.
    pub fn network_of(&self, ip: IpAddr) -> Option<(IpAddr, u8)> {
        self.networks.iter().copied().find(|(network, length)| holds(*network, *length, ip))
    }
}

/// True where `ip` is in the network.
fn holds(network: IpAddr, length: u8, ip: IpAddr) -> bool {
    let (a, b, width) = match (network, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let host_bits = width - u32::from(length).min(width);
    let cut = |bits: u128| bits.checked_shr(host_bits).unwrap_or(0);
    cut(a) == cut(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_shares_its_prefix() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut configuration = Configuration::new(ConfiguredBy::Dhcp);
        configuration.networks = vec![(ip("192.0.2.0"), 25), (ip("2001:db8::"), 64)];
        let network = |text| configuration.network_of(ip(text)).map(|(_, length)| length);
        assert_eq!(network("192.0.2.127"), Some(25));
        assert_eq!(network("192.0.2.128"), None);
        assert_eq!(network("2001:db8::7"), Some(64));
        assert_eq!(network("2001:db8:0:1::7"), None);
        assert!(holds(ip("0.0.0.0"), 0, ip("192.0.2.1")));
        assert!(holds(ip("::"), 0, ip("2001:db8::1")));
        assert!(!holds(ip("192.0.2.1"), 200, ip("192.0.2.2")));
    }
}
