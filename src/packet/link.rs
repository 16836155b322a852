//! From the first byte of a packet to its network layer: link headers, VLAN tags, LLC.

use etherparse::{Ethernet2Slice, SingleVlanSlice};

use crate::address::MacAddr;
use crate::capture::source::LinkType;
use crate::packet::layer::{Decoded, Layer, Macs};
use crate::packet::llc::Llc;
use crate::packet::loopback::Loopback;
use crate::packet::names::{self, ether_type as number};
use crate::packet::network::{arp, ip, ipv4, ipv6};
use crate::packet::piece::Piece;
use crate::packet::sll::{self, Sll};
use crate::packet::sll2::Sll2;
use crate::packet::stop::StopKind;

/// Largest value of an Ethernet type field that is a length (IEEE 802.3 §3.2.6).
const MAX_LENGTH: u16 = 1500;
/// Smallest value that is an EtherType.
const MIN_ETHER_TYPE: u16 = 1536;
/// Linux's number for 802.2 frames in cooked captures.
const LINUX_802_2: u16 = 4;

/// Decodes a packet that begins with the header of `link`.
pub(in crate::packet) fn link<'p>(decoded: &mut Decoded<'p>, link: LinkType, piece: Piece<'p>) {
    match link {
        LinkType::ETHERNET => ethernet(decoded, piece),
        LinkType::LINUX_SLL => linux_sll(decoded, piece),
        LinkType::LINUX_SLL2 => linux_sll2(decoded, piece),
        LinkType::NULL | LinkType::LOOP => loopback(decoded, piece),
        // 12 and 14 are what BSDs call DLT_RAW in files that were not written by libpcap
        LinkType::RAW | LinkType(12 | 14) => ip(decoded, piece),
        LinkType::IPV4 => ipv4(decoded, piece),
        LinkType::IPV6 => ipv6(decoded, piece),
        LinkType(other) => {
            let why = match names::link_type(other) {
                Some(name) => format!("link type {other} ({name}) is not decoded"),
                None => format!("link type {other} is not decoded"),
            };
            decoded.stop_at(piece, "link", StopKind::Unknown, why);
        }
    }
}

#[inline]
fn ethernet<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Ok(header) = Ethernet2Slice::from_slice_without_fcs(piece.bytes) else {
        return decoded.stop_short(piece, "eth", 14);
    };
    decoded.macs = Some(Macs {
        source: MacAddr(header.source()),
        destination: Some(MacAddr(header.destination())),
    });
    let (kind, header_len) = (header.ether_type().0, header.header_len());
    if decoded.push(Layer::Ethernet(header), piece) {
        ether_payload(decoded, piece.after(header_len), kind);
    }
}

fn linux_sll<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(header) = Sll::new(piece.bytes) else {
        return decoded.stop_short(piece, "sll", Sll::LEN);
    };
    decoded.macs = header.sender().map(|source| Macs { source, destination: None });
    if decoded.push(Layer::Sll(header), piece) {
        cooked_payload(decoded, piece.after(Sll::LEN), header.hardware_type(), header.protocol());
    }
}

fn linux_sll2<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(header) = Sll2::new(piece.bytes) else {
        return decoded.stop_short(piece, "sll", Sll2::LEN);
    };
    decoded.macs = header.sender().map(|source| Macs { source, destination: None });
    if decoded.push(Layer::Sll2(header), piece) {
        cooked_payload(decoded, piece.after(Sll2::LEN), header.hardware_type(), header.protocol());
    }
}

fn cooked_payload<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    hardware_type: u16,
    protocol: u16,
) {
    if sll::protocol_is_foreign(hardware_type) {
        let why = format!("protocol {protocol:#06x} of hardware type {hardware_type}");
        decoded.stop_at(piece, "data", StopKind::Unknown, why);
    } else if protocol == LINUX_802_2 {
        llc(decoded, piece);
    } else if protocol < MIN_ETHER_TYPE {
        let why = format!("Linux protocol {protocol:#06x} is not decoded");
        decoded.stop_at(piece, "data", StopKind::Unknown, why);
    } else {
        ether_payload(decoded, piece, protocol);
    }
}

fn loopback<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(header) = Loopback::new(piece.bytes) else {
        return decoded.stop_short(piece, "null", Loopback::LEN);
    };
    if !decoded.push(Layer::Loopback(header), piece) {
        return;
    }
    let rest = piece.after(Loopback::LEN);
    match (header.ip_version(), u16::try_from(header.family())) {
        (Some(4), _) => ipv4(decoded, rest),
        (Some(_), _) => ipv6(decoded, rest),
        // some writers put an EtherType there
        (None, Ok(kind)) if kind >= MIN_ETHER_TYPE => ether_payload(decoded, rest, kind),
        _ => {
            let why = format!("address family {} is not decoded", header.family());
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
        }
    }
}

/// What an EtherType announces, after any number of VLAN tags.
#[inline]
fn ether_payload<'p>(decoded: &mut Decoded<'p>, mut piece: Piece<'p>, mut kind: u16) {
    while let number::VLAN | number::QINQ | number::QINQ_OLD | number::QINQ_OLDER = kind {
        let Ok(tag) = SingleVlanSlice::from_slice(piece.bytes) else {
            return decoded.stop_short(piece, "vlan", 4);
        };
        let id = Some(tag.vlan_identifier().value());
        if decoded.vlan.outer.is_none() {
            decoded.vlan.outer = id;
        } else if decoded.vlan.inner.is_none() {
            decoded.vlan.inner = id;
        }
        kind = tag.ether_type().0;
        if !decoded.push(Layer::Vlan(tag), piece) {
            return;
        }
        piece = piece.after(4);
    }
    match kind {
        number::IPV4 => ipv4(decoded, piece),
        number::IPV6 => ipv6(decoded, piece),
        number::ARP | number::RARP => arp(decoded, piece),
        ..=MAX_LENGTH => {
            // the type field is a length: what lies beyond it is padding
            let length = usize::from(kind);
            llc(decoded, if length <= piece.promised { piece.cut(length) } else { piece });
        }
        _ => {
            let (layer, name) = names::ether_type(kind);
            let why = if name.is_empty() {
                format!("EtherType {kind:#06x} is not decoded")
            } else {
                format!("EtherType {kind:#06x} ({name}) is not decoded")
            };
            decoded.stop_at(piece, layer, StopKind::Unknown, why);
        }
    }
}

fn llc<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(header) = Llc::new(piece.bytes) else {
        let Some(&[dsap, ssap]) = piece.bytes.first_chunk() else {
            return decoded.stop_short(piece, "llc", 3);
        };
        if (dsap, ssap) == (0xaa, 0xaa) && piece.bytes.len() < Llc::LEN {
            return decoded.stop_short(piece, "llc", Llc::LEN);
        }
        let (layer, name) = names::service_access_point(dsap);
        let why = format!("LLC service access point {dsap:#04x}{name} is not decoded");
        return decoded.stop_at(piece, layer, StopKind::Unknown, why);
    };
    if !decoded.push(Layer::Llc(header), piece) {
        return;
    }
    let rest = piece.after(Llc::LEN);
    let protocol = header.protocol();
    match header.organization() {
        // 00-00-f8 is the 802.1H bridge tunnel
        [0, 0, 0 | 0xf8] if protocol >= MIN_ETHER_TYPE => ether_payload(decoded, rest, protocol),
        [0, 0, 0x0c] if protocol == 0x2000 => {
            let why = "CDP (SNAP 00-00-0c 0x2000) is not decoded";
            decoded.stop_at(rest, "cdp", StopKind::Unknown, why);
        }
        [a, b, c] => {
            let why = format!("SNAP {a:02x}-{b:02x}-{c:02x} {protocol:#06x} is not decoded");
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
        }
    }
}
