//! Which addresses are one host's: it asks over one version of IP for names that it reaches over the
//! other.

use std::net::IpAddr;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::address::MacAddr;
use crate::flow::event::Opened;

/// The addresses of clients, by the hardware address that they are behind on the link that was
/// captured.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    devices: HashMap<MacAddr, Device>,
    behind: HashMap<IpAddr, MacAddr>,
}

/// What is behind a hardware address.
#[derive(Debug, Default)]
struct Device {
    ips: SmallVec<[IpAddr; 4]>,
    /// It is no host, or not only: a router, or one that has too many addresses to say.
    is_many: bool,
}

impl Hosts {
    /// A client begins to speak.
    pub(super) fn seen(&mut self, opened: &Opened) {
        let Some(macs) = opened.macs else { return };
        let mac = if opened.first_to_server { Some(macs.source) } else { macs.destination };
        let Some(mac) = mac.filter(|mac| !mac.is_group()) else { return };
        let ip = opened.client.ip;
        if self.behind.get(&ip) == Some(&mac) || self.behind.len() >= KEPT {
            return;
        }
        self.behind.insert(ip, mac);
        let device = self.devices.entry(mac).or_default();
        let is_second = ip.is_ipv4() && device.ips.iter().any(IpAddr::is_ipv4);
        device.is_many |= is_second || device.ips.len() >= ADDRESSES;
        if !device.is_many {
            device.ips.push(ip);
        }
    }

    /// Other addresses of the host, of the other version of IP. None behind a router: there several
    /// hosts have the same hardware address.
    pub(super) fn others(&self, client: IpAddr) -> impl Iterator<Item = IpAddr> {
        let device = self.behind.get(&client).and_then(|mac| self.devices.get(mac));
        let ips = device.filter(|device| !device.is_many).map_or(&[][..], |device| &device.ips);
        ips.iter().copied().filter(move |ip| ip.is_ipv4() != client.is_ipv4())
    }
}

/// Clients whose hardware addresses are kept: those of a large network.
const KEPT: usize = 1 << 14;

/// Addresses of one host: IPv6 gives it new ones from time to time (RFC 8981).
const ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Endpoint;
    use crate::flow::event::{FlowKey, Role, Transport};
    use crate::packet::Encapsulation;
    use crate::packet::Macs;

    fn opened(ip: &str, mac: u8, first_to_server: bool) -> Opened {
        let client = Endpoint::new(ip.parse().unwrap(), 40_000);
        let server = Endpoint::new("2001:db8::80".parse().unwrap(), 443);
        let encapsulation = Encapsulation::default();
        let key = FlowKey { transport: Transport::Udp, encapsulation, lo: client, hi: server };
        let [own, router] = [mac, 1].map(|last| MacAddr([2, 0, 0, 0, 0, last]));
        let (source, destination) = if first_to_server { (own, router) } else { (router, own) };
        let macs = Some(Macs { source, destination: Some(destination) });
        Opened { key, client, server, role: Role::FirstSender, macs, first_to_server, ttl: 64 }
    }

    fn others(hosts: &Hosts, ip: &str) -> Vec<String> {
        hosts.others(ip.parse().unwrap()).map(|ip| ip.to_string()).collect()
    }

    #[test]
    fn a_host_has_one_address_of_version_4_and_some_of_version_6() {
        let mut hosts = Hosts::default();
        hosts.seen(&opened("192.0.2.3", 3, true));
        hosts.seen(&opened("2001:db8::3", 3, false));
        hosts.seen(&opened("2001:db8::33", 3, true));
        hosts.seen(&opened("2001:db8::4", 4, true));
        assert_eq!(others(&hosts, "2001:db8::33"), ["192.0.2.3"]);
        assert_eq!(others(&hosts, "192.0.2.3"), ["2001:db8::3", "2001:db8::33"]);
        assert_eq!(others(&hosts, "2001:db8::4"), [""; 0]);
        assert_eq!(others(&hosts, "192.0.2.99"), [""; 0]);
    }

    #[test]
    fn behind_a_router_nobody_knows_which_addresses_are_one_host() {
        let mut hosts = Hosts::default();
        for ip in ["192.0.2.3", "2001:db8::3", "192.0.2.4"] {
            hosts.seen(&opened(ip, 3, true));
        }
        assert_eq!(others(&hosts, "2001:db8::3"), [""; 0]);
        let mut hosts = Hosts::default();
        hosts.seen(&opened("192.0.2.3", 3, true));
        for nth in 0..ADDRESSES {
            hosts.seen(&opened(&format!("2001:db8::{nth:x}"), 3, true));
        }
        assert_eq!(others(&hosts, "192.0.2.3"), [""; 0]);
    }

    #[test]
    fn hosts_without_end_are_not_kept_without_end() {
        let mut hosts = Hosts::default();
        for nth in 0..2 * KEPT {
            hosts.seen(&opened(
                &format!("2001:db8::1:{:x}:{:x}", nth >> 16, nth & 0xffff),
                3,
                true,
            ));
        }
        assert_eq!(hosts.behind.len(), KEPT);
        assert_eq!(hosts.devices.len(), 1);
    }
}
