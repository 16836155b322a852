//! Between which addresses most packets travel, without taking them apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::capture::source::{LinkType, Packet};
use crate::packet::names::ether_type;
use crate::packet::ports;

/// Whom a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Its source and destination, the innermost ones. Of a datagram of a server of QUIC or to one,
    /// the server twice: connections are known by their IDs there, and go on when their client's
    /// address is another (RFC 9000 §9).
    Pair(IpAddr, IpAddr),
    /// Not its two addresses alone: neighbours and ICMP, which speak of others, and what has no
    /// network layer.
    Apart,
    /// That is known once it is whole.
    Fragment,
}

/// The addresses of TCP or UDP right behind IPv4 or IPv6, right behind Ethernet.
#[inline]
pub(super) fn usual(packet: &Packet) -> Option<(IpAddr, IpAddr)> {
    let (ethernet, ip) = packet.data.split_first_chunk::<14>()?;
    if packet.link != LinkType::ETHERNET {
        return None;
    }
    let [.., a, b] = *ethernet;
    let (&first, ipv4) = (ip.first()?, ip.first_chunk::<20>());
    match (u16::from_be_bytes([a, b]), first >> 4) {
        (ether_type::IPV4, 4) if first & 0x0f >= 5 => {
            let [.., f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *ipv4?;
            // more fragments, or an offset
            if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
                return None;
            }
            let ends = (Ipv4Addr::new(s0, s1, s2, s3), Ipv4Addr::new(d0, d1, d2, d3));
            let payload = ip.get(usize::from(first & 0x0f) * 4..)?;
            is_plain(protocol, payload).map(|telling| telling.of(ends.0.into(), ends.1.into()))
        }
        (ether_type::IPV6, 6) => {
            let (source, rest) = ip.get(8..)?.split_first_chunk::<16>()?;
            let destination = rest.first_chunk::<16>()?;
            let ends = (Ipv6Addr::from(*source), Ipv6Addr::from(*destination));
            let telling = is_plain(*ip.get(6)?, ip.get(40..)?)?;
            Some(telling.of(ends.0.into(), ends.1.into()))
        }
        _ => None,
    }
}

/// TCP, and UDP that carries no packet of its own: which of its ends tell whom it belongs to.
#[inline]
fn is_plain(protocol: u8, payload: &[u8]) -> Option<Telling> {
    match (protocol, payload) {
        (6, _) => Some(Telling::Both),
        (17, [s0, s1, d0, d1, _, _, _, _, rest @ ..]) => {
            let (source, destination) =
                (u16::from_be_bytes([*s0, *s1]), u16::from_be_bytes([*d0, *d1]));
            let is_plain = !ports::may_carry(source, destination, rest.first().copied());
            is_plain.then(|| Telling::by_ports(source, destination))
        }
        _ => None,
    }
}

/// Which ends tell whom a packet belongs to.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    Both,
    Source,
    Destination,
}

impl Telling {
    /// Of a datagram.
    #[inline]
    pub(super) const fn by_ports(source: u16, destination: u16) -> Self {
        match (ports::is_quic(source), ports::is_quic(destination)) {
            (true, false) => Self::Source,
            (false, true) => Self::Destination,
            _ => Self::Both,
        }
    }

    #[inline]
    pub(super) const fn of(self, source: IpAddr, destination: IpAddr) -> (IpAddr, IpAddr) {
        match self {
            Self::Both => (source, destination),
            Self::Source => (source, source),
            Self::Destination => (destination, destination),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::build::Capture;
    use crate::packet::{decode, ends, ends_of};

    const A: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
    const B: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

    #[test]
    fn what_is_read_is_what_decoding_says() {
        let mut capture = Capture::new();
        capture.tcp(A, B).handshake().client(&[7; 3000]).close();
        capture.tcp((Ipv6Addr::LOCALHOST, 1), (Ipv6Addr::UNSPECIFIED, 2)).handshake();
        capture.udp(A, ([10, 0, 0, 1], 443), b"QUIC").udp(([10, 0, 0, 1], 443), A, b"Answer");
        capture.udp(A, B, b"Datagram").arp_request([10, 0, 0, 2], [10, 0, 0, 1]);
        capture.fragment(4, 600).vlan(&[7]).udp(B, A, b"in a VLAN");
        let packets = capture.packets();
        let plain = packets.iter().filter(|packet| usual(packet).is_some()).count();
        let pieces = packets.iter().filter(|packet| ends(packet) == Ends::Fragment).count();
        assert_eq!(pieces, 3);
        let read = packets.len() - 2 - pieces;
        assert_eq!(plain, read, "all but ARP, VLAN and fragments are read where they stand");
        for packet in packets {
            let decoded = ends_of(&decode(&packet));
            assert_eq!(ends(&packet), decoded, "{:?}", packet.data);
            for cut in 0..packet.data.len().min(70) {
                let cut = Packet { data: packet.data.slice(..cut), ..packet.clone() };
                let decoded = ends_of(&decode(&cut));
                assert_eq!(ends(&cut), decoded, "{:?}", cut.data);
            }
        }
    }
}
