//! One frame: headers around a payload.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, DoubleVlanHeader, EtherType, Icmpv4Type, Icmpv6Type,
    IpFragOffset, IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6Header,
    PacketBuilder, PacketBuilderStep, SingleVlanHeader, TcpHeader, VlanHeader, VlanId,
};

use crate::address::MacAddr;

/// Most payload that fits into an IPv4 packet behind UDP: 65,535 less the two headers.
pub(super) const MAX_PAYLOAD: usize = 65_535 - 20 - 8;

/// Everything below the transport.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) source_mac: MacAddr,
    pub(super) destination_mac: MacAddr,
    /// VLAN identifiers, outermost first; two at most.
    pub(super) vlan: Vec<u16>,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) ttl: u8,
    /// IPv4 identification.
    pub(super) identification: u16,
}

/// What the network layer carries.
pub(super) enum Content<'a> {
    Tcp(TcpHeader, &'a [u8]),
    Udp {
        source: u16,
        destination: u16,
        payload: &'a [u8],
    },
    /// Type, code, the second word, and what follows it.
    Icmp {
        kind: u8,
        code: u8,
        rest: [u8; 4],
        payload: &'a [u8],
    },
}

impl Envelope {
    /// The frame; a payload beyond what IP can carry is cut.
    pub(super) fn seal(&self, content: Content<'_>) -> Vec<u8> {
        let step = self.network();
        let mut bytes = Vec::new();
        // A write into memory fails only where the payload is too long, and it is cut to fit.
        let written = match content {
            Content::Tcp(header, payload) => {
                step.tcp_header(header).write_to_vec(&mut bytes, fitting(payload))
            }
            Content::Udp { source, destination, payload } => {
                step.udp(source, destination).write_to_vec(&mut bytes, fitting(payload))
            }
            Content::Icmp { kind, code, rest, payload } if self.is_v4() => step
                .icmpv4(Icmpv4Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest })
                .write_to_vec(&mut bytes, fitting(payload)),
            Content::Icmp { kind, code, rest, payload } => step
                .icmpv6(Icmpv6Type::Unknown { type_u8: kind, code_u8: code, bytes5to8: rest })
                .write_to_vec(&mut bytes, fitting(payload)),
        };
        if written.is_err() {
            bytes.clear();
        }
        bytes
    }

    fn network(&self) -> PacketBuilderStep<IpHeaders> {
        let link = PacketBuilder::ethernet2(self.source_mac.0, self.destination_mac.0);
        let headers = self.headers();
        match vlan_header(&self.vlan) {
            Some(vlan) => link.vlan(vlan).ip(headers),
            None => link.ip(headers),
        }
    }

    fn is_v4(&self) -> bool {
        self.source.is_ipv4() && self.destination.is_ipv4()
    }

    fn headers(&self) -> IpHeaders {
        if let (IpAddr::V4(source), IpAddr::V4(destination)) = (self.source, self.destination) {
            let header = Ipv4Header {
                identification: self.identification,
                dont_fragment: true,
                fragment_offset: IpFragOffset::ZERO,
                time_to_live: self.ttl,
                source: source.octets(),
                destination: destination.octets(),
                ..Ipv4Header::default()
            };
            return IpHeaders::Ipv4(header, Ipv4Extensions::default());
        }
        let header = Ipv6Header {
            next_header: IpNumber::UDP,
            hop_limit: self.ttl,
            source: v6(self.source).octets(),
            destination: v6(self.destination).octets(),
            ..Ipv6Header::default()
        };
        IpHeaders::Ipv6(header, Ipv6Extensions::default())
    }
}

/// An ARP frame for IPv4 over Ethernet.
pub(super) fn arp(
    operation: ArpOperation,
    sender: (MacAddr, [u8; 4]),
    target: (MacAddr, [u8; 4]),
    destination: MacAddr,
    vlan: &[u16],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(packet) = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        operation,
        &sender.0.0,
        &sender.1,
        &target.0.0,
        &target.1,
    ) else {
        return bytes;
    };
    let link = PacketBuilder::ethernet2(sender.0.0, destination.0);
    let built = match vlan_header(vlan) {
        Some(vlan) => link.vlan(vlan).arp(packet),
        None => link.arp(packet),
    };
    if built.write_to_vec(&mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

fn vlan_header(ids: &[u16]) -> Option<VlanHeader> {
    let tag = |id: u16| SingleVlanHeader {
        vlan_id: VlanId::try_new(id & 0x0fff).unwrap_or_default(),
        ..SingleVlanHeader::default()
    };
    match *ids {
        [] => None,
        [id] => Some(VlanHeader::Single(tag(id))),
        [outer, inner, ..] => {
            Some(VlanHeader::Double(DoubleVlanHeader { outer: tag(outer), inner: tag(inner) }))
        }
    }
}

fn fitting(payload: &[u8]) -> &[u8] {
    payload.get(..MAX_PAYLOAD).unwrap_or(payload)
}

/// An IPv6 address; an IPv4 one that talks to IPv6 is mapped.
fn v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}
