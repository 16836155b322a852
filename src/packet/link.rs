//! What the link type of a capture announces: the header of each, and what follows it.

use crate::capture::source::LinkType;
use crate::packet::ether::{ETHER_TYPE, ether_payload, ethernet, llc};
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Layer, Macs};
use crate::packet::loopback::Loopback;
use crate::packet::names;
use crate::packet::network::{ip, ipv4, ipv6};
use crate::packet::nflog::Nflog;
use crate::packet::piece::Piece;
use crate::packet::point;
use crate::packet::shim::{Shim, ShimKind};
use crate::packet::sll::{self, Sll};
use crate::packet::sll2::Sll2;
use crate::packet::stop::StopKind;
use crate::packet::wireless;

/// Linux's number for 802.2 frames in cooked captures.
const LINUX_802_2: u16 = 4;

/// Decodes a packet that begins with the header of `link`.
#[inline]
pub(in crate::packet) fn link<'p>(
    decoded: &mut Decoded<'p>,
    link: LinkType,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    match link {
        LinkType::ETHERNET => ethernet(decoded, piece),
        LinkType::LINUX_SLL => linux_sll(decoded, piece),
        LinkType::LINUX_SLL2 => linux_sll2(decoded, piece),
        LinkType::NULL | LinkType::LOOP => loopback(decoded, piece),
        // 12 and 14 are what BSDs call DLT_RAW in files that were not written by libpcap
        LinkType::RAW | LinkType(12 | 14) => ip(decoded, piece),
        LinkType::IPV4 => ipv4(decoded, piece),
        LinkType::IPV6 => ipv6(decoded, piece),
        other => rare(decoded, other, piece),
    }
}

#[cold]
fn rare<'p>(decoded: &mut Decoded<'p>, link: LinkType, piece: Piece<'p>) -> Option<Inner<'p>> {
    match link {
        LinkType::PPP => point::ppp(decoded, piece),
        LinkType::PPP_HDLC => match piece.bytes.first() {
            // what does not begin with HDLC's address is Cisco's way of it
            Some(0x0f | 0x8f) => cisco_hdlc(decoded, piece),
            _ => point::ppp(decoded, piece),
        },
        LinkType::PPPOE => point::pppoe(decoded, piece),
        LinkType::PPP_WITH_DIRECTION => {
            let (_, rest) = shim(decoded, piece, ShimKind::PppDirection)?;
            point::ppp(decoded, rest)
        }
        LinkType::CISCO_HDLC => cisco_hdlc(decoded, piece),
        LinkType::FRAME_RELAY => frame_relay(decoded, piece),
        LinkType::SLIP => then_ip(decoded, piece, ShimKind::Slip),
        LinkType::ENC => then_ip(decoded, piece, ShimKind::Enc),
        LinkType::PFLOG => then_ip(decoded, piece, ShimKind::Pflog),
        LinkType::IPNET => then_ip(decoded, piece, ShimKind::Ipnet),
        LinkType::FDDI => fddi(decoded, piece),
        LinkType::TOKEN_RING => {
            let (_, rest) = shim(decoded, piece, ShimKind::TokenRing)?;
            llc(decoded, rest)
        }
        LinkType::ATM_RFC1483 => llc(decoded, piece),
        LinkType::ATM_CLIP if piece.bytes.starts_with(&[0xaa, 0xaa]) => llc(decoded, piece),
        LinkType::ATM_CLIP => ip(decoded, piece),
        LinkType::SUNATM => sun_atm(decoded, piece),
        LinkType::NFLOG => nflog(decoded, piece),
        LinkType::PKTAP => pktap(decoded, piece),
        LinkType::IEEE802_11 => wireless::frame(decoded, piece, false),
        LinkType::IEEE802_11_RADIOTAP => wireless::radiotap(decoded, piece),
        LinkType::IEEE802_11_PRISM | LinkType::IEEE802_11_AVS => wireless::prism(decoded, piece),
        LinkType::PPI => wireless::ppi(decoded, piece),
        LinkType(other) => {
            let why = match names::link_type(other) {
                Some(name) => format!("link type {other} ({name}) is not decoded"),
                None => format!("link type {other} is not decoded"),
            };
            decoded.stop_at(piece, "link", StopKind::Unknown, why);
            None
        }
    }
}

/// Takes a short header off.
fn shim<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    kind: ShimKind,
) -> Option<(Shim<'p>, Piece<'p>)> {
    match Shim::new(kind, piece) {
        Ok(header) => {
            let rest = piece.after(header.slice().len());
            decoded.push(Layer::Shim(header), piece).then_some((header, rest))
        }
        Err(needed) => {
            decoded.stop_short(piece, kind.name(), needed);
            None
        }
    }
}

fn then_ip<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, kind: ShimKind) -> Option<Inner<'p>> {
    let (_, rest) = shim(decoded, piece, kind)?;
    ip(decoded, rest)
}

fn cisco_hdlc<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let (header, rest) = shim(decoded, piece, ShimKind::CiscoHdlc)?;
    let (layer, name) = match header.u16_at(2)? {
        // the keep-alives of the link itself
        0x8035 => ("slarp", "SLARP"),
        0x2000 => ("cdp", "CDP"),
        0xfefe => ("osi", "OSI"),
        kind => return ether_payload(decoded, rest, kind),
    };
    decoded.stop_at(rest, layer, StopKind::Unknown, format!("{name} is not decoded"));
    None
}

/// RFC 2427: an unnumbered frame and a network layer identifier; else Cisco's EtherType.
fn frame_relay<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let (_, rest) = shim(decoded, piece, ShimKind::FrameRelay)?;
    let (skipped, identifier) = match *rest.bytes {
        [0x03, 0x00, identifier, ..] => (3, identifier),
        [0x03, identifier, ..] => (2, identifier),
        [hi, lo, ..] => {
            let kind = u16::from_be_bytes([hi, lo]);
            return ether_payload(decoded, rest.after(2), kind);
        }
        _ => {
            decoded.stop_short(rest, "fr", 2);
            return None;
        }
    };
    let payload = rest.after(skipped);
    match (identifier, payload.bytes) {
        (0xcc, _) => ipv4(decoded, payload),
        (0x8e, _) => ipv6(decoded, payload),
        (0x80, &[0, 0, 0, hi, lo, ..]) => {
            ether_payload(decoded, payload.after(5), u16::from_be_bytes([hi, lo]))
        }
        // bridged Ethernet, with and without its check sequence
        (0x80, &[0, 0x80, 0xc2, 0, 0x01 | 0x07, ..]) => ethernet(decoded, payload.after(5)),
        (0x81..=0x83, _) => {
            decoded.stop_at(payload, "osi", StopKind::Unknown, "OSI is not decoded");
            None
        }
        _ => {
            let why = format!("network layer identifier {identifier:#04x} is not decoded");
            decoded.stop_at(payload, "data", StopKind::Unknown, why);
            None
        }
    }
}

fn fddi<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let (header, rest) = shim(decoded, piece, ShimKind::Fddi)?;
    match header.slice().first() {
        // asynchronous and synchronous LLC frames
        Some(control) if control & 0x70 == 0x50 => llc(decoded, rest),
        Some(0x10..=0x1f) => llc(decoded, rest),
        _ => {
            decoded.stop_at(rest, "data", StopKind::Unknown, "FDDI station management");
            None
        }
    }
}

fn sun_atm<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let (header, rest) = shim(decoded, piece, ShimKind::SunAtm)?;
    if header.slice().first().is_some_and(|flags| flags & 0x0f == 2) {
        return llc(decoded, rest);
    }
    decoded.stop_at(rest, "data", StopKind::Unknown, "ATM cells without LLC are not decoded");
    None
}

fn nflog<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Some(header) = Nflog::new(piece.bytes) else {
        decoded.stop_at(piece, "nflog", StopKind::Malformed, "no packet among the attributes");
        return None;
    };
    let rest = piece.after(header.slice().len());
    let rest = if header.length() <= rest.promised { rest.cut(header.length()) } else { rest };
    if decoded.push(Layer::Nflog(header), piece) { ip(decoded, rest) } else { None }
}

/// The tap's header names the link type of what follows.
fn pktap<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let (header, rest) = shim(decoded, piece, ShimKind::Pktap)?;
    let next = header.slice().get(8..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
    match u16::try_from(next) {
        Ok(next) if LinkType(next) != LinkType::PKTAP => {
            Inner::link(LinkType::from_dlt(next), rest)
        }
        _ => {
            let why = format!("link type {next} is not decoded");
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            None
        }
    }
}

fn linux_sll<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Some(header) = Sll::new(piece.bytes) else {
        decoded.stop_short(piece, "sll", Sll::LEN);
        return None;
    };
    decoded.macs = header.sender().map(|source| Macs { source, destination: None });
    if !decoded.push(Layer::Sll(header), piece) {
        return None;
    }
    cooked_payload(decoded, piece.after(Sll::LEN), header.hardware_type(), header.protocol())
}

fn linux_sll2<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Some(header) = Sll2::new(piece.bytes) else {
        decoded.stop_short(piece, "sll", Sll2::LEN);
        return None;
    };
    decoded.macs = header.sender().map(|source| Macs { source, destination: None });
    if !decoded.push(Layer::Sll2(header), piece) {
        return None;
    }
    cooked_payload(decoded, piece.after(Sll2::LEN), header.hardware_type(), header.protocol())
}

fn cooked_payload<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    hardware_type: u16,
    protocol: u16,
) -> Option<Inner<'p>> {
    let why = if hardware_type == sll::HARDWARE_RADIOTAP {
        return wireless::radiotap(decoded, piece);
    } else if hardware_type == sll::HARDWARE_GRE && protocol >= ETHER_TYPE {
        // what a GRE device hands out: the packet inside, and GRE's number for it
        return Inner::ether_type(protocol, piece);
    } else if sll::protocol_is_foreign(hardware_type) {
        format!("protocol {protocol:#06x} of hardware type {hardware_type}")
    } else if protocol == LINUX_802_2 {
        return llc(decoded, piece);
    } else if protocol < ETHER_TYPE {
        format!("Linux protocol {protocol:#06x} is not decoded")
    } else {
        return ether_payload(decoded, piece, protocol);
    };
    decoded.stop_at(piece, "data", StopKind::Unknown, why);
    None
}

fn loopback<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Some(header) = Loopback::new(piece.bytes) else {
        decoded.stop_short(piece, "null", Loopback::LEN);
        return None;
    };
    if !decoded.push(Layer::Loopback(header), piece) {
        return None;
    }
    let rest = piece.after(Loopback::LEN);
    match (header.ip_version(), u16::try_from(header.family())) {
        (Some(4), _) => ipv4(decoded, rest),
        (Some(_), _) => ipv6(decoded, rest),
        // some writers put an EtherType there
        (None, Ok(kind)) if kind >= ETHER_TYPE => ether_payload(decoded, rest, kind),
        _ => {
            let why = format!("address family {} is not decoded", header.family());
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            None
        }
    }
}
