//! Which flow a packet belongs to: its ends, in a form that is quick to hash and compare.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{ArpPacketSlice, Icmpv6Slice};

use crate::address::Endpoint;
use crate::flow::event::{FlowKey, Role, Transport};
use crate::flow::ports;
use crate::packet::{Decoded, Encapsulation, Layer, Network};

/// The two ends of one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) transport: Transport,
    pub(super) encapsulation: Encapsulation,
    pub(super) source: Endpoint,
    pub(super) destination: Endpoint,
}

impl Key {
    /// The same whatever VLAN or tunnel it travels in.
    pub(super) const fn bare(self) -> Self {
        Self { scope: 0, ..self }
    }

    /// True in no VLAN and no tunnel.
    pub(super) const fn is_bare(self) -> bool {
        self.scope == 0
    }
}

/// A [`FlowKey`] as six machine words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    lo: u128,
    hi: u128,
    /// Both ports, transport and address family.
    ports: u64,
    /// Of VLAN and tunnel.
    scope: u64,
}

/// The key of the flow that a TCP or UDP packet is of: for who asks of a single packet what
/// the table of flows knows of all. A fragment does not tell.
pub fn of_packet(decoded: &Decoded<'_>) -> Option<FlowKey> {
    let network = decoded.network.filter(|network| network.fragment.is_none())?;
    let (transport, source, destination) = match decoded.layers.last()? {
        Layer::Tcp(tcp) => (Transport::Tcp, tcp.source_port(), tcp.destination_port()),
        Layer::Udp(udp) => (Transport::Udp, udp.source_port(), udp.destination_port()),
        _ => return None,
    };
    Some(
        Ends::with_ports(transport, decoded.encapsulation, &network, source, destination)
            .flow_key(),
    )
}

impl Ends {
    /// Of a transport with ports.
    #[inline]
    pub(super) const fn with_ports(
        transport: Transport,
        encapsulation: Encapsulation,
        network: &Network,
        source: u16,
        destination: u16,
    ) -> Self {
        Self {
            transport,
            encapsulation,
            source: Endpoint::new(network.source, source),
            destination: Endpoint::new(network.destination, destination),
        }
    }

    /// Of an ARP packet for IPv4: the sender and the target.
    pub(super) fn of_arp(encapsulation: Encapsulation, arp: &ArpPacketSlice<'_>) -> Option<Self> {
        let sender: [u8; 4] = arp.sender_protocol_addr().try_into().ok()?;
        let target: [u8; 4] = arp.target_protocol_addr().try_into().ok()?;
        Some(Self {
            transport: Transport::Arp,
            encapsulation,
            source: Endpoint::new(IpAddr::V4(Ipv4Addr::from(sender)), 0),
            destination: Endpoint::new(IpAddr::V4(Ipv4Addr::from(target)), 0),
        })
    }

    /// Of an ICMPv6 message. In a neighbor's question and answer (RFC 4861 §4.3, §4.4) the target
    /// is an end, so that both are of one flow though the question goes to a multicast group.
    pub(super) fn of_icmpv6(
        encapsulation: Encapsulation,
        network: &Network,
        icmp: &Icmpv6Slice<'_>,
    ) -> Self {
        let mut ends = Self::with_ports(Transport::Icmpv6, encapsulation, network, 0, 0);
        let Some((head, rest)) = icmp.slice().split_first_chunk::<8>() else { return ends };
        let Some((target, _)) = rest.split_first_chunk::<16>() else { return ends };
        let target = Endpoint::new(IpAddr::V6(Ipv6Addr::from(*target)), 0);
        match *head {
            [NEIGHBOR_SOLICITATION, ..] => ends.destination = target,
            [NEIGHBOR_ADVERTISEMENT, _, _, _, flags, ..] if flags & SOLICITED != 0 => {
                ends.source = target;
            }
            _ => {}
        }
        ends
    }

    /// The key of their flow, and whether the source is its lower end.
    #[inline]
    pub(super) fn key(&self) -> (Key, bool) {
        let (source, family) = number(self.source.ip);
        let (destination, _) = number(self.destination.ip);
        let (a, b) = (self.source.port, self.destination.port);
        let is_lo = (source, a) <= (destination, b);
        let (lo, hi, low_port, high_port) =
            if is_lo { (source, destination, a, b) } else { (destination, source, b, a) };
        let key = Key {
            lo,
            hi,
            ports: u64::from(low_port)
                | u64::from(high_port) << 16
                | (self.transport as u64) << 32
                | family << 40,
            scope: self.encapsulation.scope(),
        };
        (key, is_lo)
    }

    /// The key as others know it.
    pub(super) fn flow_key(&self) -> FlowKey {
        FlowKey::between(self.transport, self.encapsulation, self.source, self.destination)
    }

    /// Whether the source is the client, and how that is known; from the ports of a TCP segment
    /// that is no SYN.
    pub(super) fn midway_role(&self) -> (bool, Role) {
        match ports::compare(self.source.port, self.destination.port) {
            Ordering::Less => (false, Role::Port),
            Ordering::Equal => (true, Role::FirstSender),
            Ordering::Greater => (true, Role::Port),
        }
    }

    /// The same for a first datagram: its sender is the client unless it sends from a well-known
    /// port to one that is less so.
    pub(super) fn datagram_role(&self) -> (bool, Role) {
        let (source, destination) = (self.source.port, self.destination.port);
        let is_answer = self.transport == Transport::Udp
            && ports::is_well_known(source)
            && ports::compare(source, destination) == Ordering::Less;
        if is_answer { (false, Role::Port) } else { (true, Role::FirstSender) }
    }
}

#[inline]
fn number(ip: IpAddr) -> (u128, u64) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 4),
        IpAddr::V6(ip) => (ip.to_bits(), 6),
    }
}

const NEIGHBOR_SOLICITATION: u8 = 135;
const NEIGHBOR_ADVERTISEMENT: u8 = 136;
/// The S flag: an answer to a question.
const SOLICITED: u8 = 0x40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Vlan;

    fn ends(source: (u8, u16), destination: (u8, u16)) -> Ends {
        let end = |(last, port)| Endpoint::new(Ipv4Addr::new(192, 0, 2, last).into(), port);
        Ends {
            transport: Transport::Udp,
            encapsulation: Encapsulation::default(),
            source: end(source),
            destination: end(destination),
        }
    }

    #[test]
    fn both_directions_have_one_key() {
        let (there, back) = (ends((1, 9), (2, 8)), ends((2, 8), (1, 9)));
        assert_eq!(there.key().0, back.key().0);
        assert!(there.key().1 && !back.key().1);
        assert_eq!(there.flow_key(), back.flow_key());
        assert!(there.flow_key().lo <= there.flow_key().hi);
    }

    #[test]
    fn transport_vlan_and_family_part_flows() {
        let plain = ends((1, 9), (2, 8));
        let tcp = Ends { transport: Transport::Tcp, ..plain };
        let vlan = |outer, inner| {
            let vlan = Vlan { outer, inner };
            Ends { encapsulation: Encapsulation { vlan, tunnel: None }, ..plain }
        };
        let six = |last: u8| IpAddr::V6(Ipv6Addr::from_bits(0xc000_0200 | u128::from(last)));
        let v6 = Ends {
            source: Endpoint::new(six(1), 9),
            destination: Endpoint::new(six(2), 8),
            ..plain
        };
        let all = [plain, tcp, vlan(Some(0), None), vlan(Some(1), None), vlan(None, Some(1)), v6];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(one.key().0, other.key().0, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_answer_that_comes_first_is_of_the_server() {
        assert_eq!(ends((1, 53), (2, 40_000)).datagram_role(), (false, Role::Port));
        assert_eq!(ends((1, 40_000), (2, 53)).datagram_role(), (true, Role::FirstSender));
        assert_eq!(ends((1, 5353), (2, 5353)).datagram_role(), (true, Role::FirstSender));
        assert_eq!(ends((1, 443), (2, 50_000)).midway_role(), (false, Role::Port));
        assert_eq!(ends((1, 40_000), (2, 50_000)).midway_role(), (true, Role::FirstSender));
    }
}
