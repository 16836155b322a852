//! Ethernet and its kin: VLAN and other tags, LLC, and what an EtherType announces.

use etherparse::{Ethernet2Slice, SingleVlanSlice};

use crate::address::MacAddr;
use crate::capture::source::LinkType;
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Layer, Macs};
use crate::packet::llc::Llc;
use crate::packet::names::{self, ether_type as number};
use crate::packet::network::{arp, ipv4, ipv6};
use crate::packet::piece::Piece;
use crate::packet::point;
use crate::packet::shim::{Shim, ShimKind};
use crate::packet::stop::StopKind;

/// Largest value of an Ethernet type field that is a length (IEEE 802.3 §3.2.6).
const MAX_LENGTH: u16 = 1500;
/// Smallest value that is an EtherType.
pub(in crate::packet) const ETHER_TYPE: u16 = 1536;

/// Ethernet II, or IEEE 802.3.
#[inline]
pub(in crate::packet) fn ethernet<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    let Ok(header) = Ethernet2Slice::from_slice_without_fcs(piece.bytes) else {
        decoded.stop_short(piece, "eth", 14);
        return None;
    };
    decoded.macs = Some(Macs {
        source: MacAddr(header.source()),
        destination: Some(MacAddr(header.destination())),
    });
    let (kind, header_len) = (header.ether_type().0, header.header_len());
    if !decoded.push(Layer::Ethernet(header), piece) {
        return None;
    }
    ether_payload(decoded, piece.after(header_len), kind)
}

/// What an EtherType announces, after any number of VLAN tags.
#[inline]
pub(in crate::packet) fn ether_payload<'p>(
    decoded: &mut Decoded<'p>,
    mut piece: Piece<'p>,
    mut kind: u16,
) -> Option<Inner<'p>> {
    while let number::VLAN | number::QINQ | number::QINQ_OLD | number::QINQ_OLDER = kind {
        let Ok(tag) = SingleVlanSlice::from_slice(piece.bytes) else {
            decoded.stop_short(piece, "vlan", 4);
            return None;
        };
        let id = Some(tag.vlan_identifier().value());
        let vlan = &mut decoded.encapsulation.vlan;
        if vlan.outer.is_none() {
            vlan.outer = id;
        } else if vlan.inner.is_none() {
            vlan.inner = id;
        }
        kind = tag.ether_type().0;
        if !decoded.push(Layer::Vlan(tag), piece) {
            return None;
        }
        piece = piece.after(4);
    }
    match kind {
        number::IPV4 => ipv4(decoded, piece),
        number::IPV6 => ipv6(decoded, piece),
        number::ARP | number::RARP => {
            arp(decoded, piece);
            None
        }
        number::MPLS | number::MPLS_UPSTREAM => point::mpls(decoded, piece),
        number::PPPOE_DISCOVERY | number::PPPOE_SESSION => point::pppoe(decoded, piece),
        number::PPP => point::ppp(decoded, piece),
        number::BRIDGED => Inner::link(LinkType::ETHERNET, piece),
        number::VN_TAG => tag(decoded, piece, ShimKind::VnTag),
        number::BACKBONE => tag(decoded, piece, ShimKind::BackboneTag),
        number::META_DATA => tag(decoded, piece, ShimKind::MetaData),
        number::MACSEC => macsec(decoded, piece),
        ..=MAX_LENGTH => {
            // the type field is a length: what lies beyond it is padding
            let length = usize::from(kind);
            llc(decoded, if length <= piece.promised { piece.cut(length) } else { piece })
        }
        _ => {
            let (layer, name) = names::ether_type(kind);
            let why = if name.is_empty() {
                format!("EtherType {kind:#06x} is not decoded")
            } else {
                format!("EtherType {kind:#06x} ({name}) is not decoded")
            };
            decoded.stop_at(piece, layer, StopKind::Unknown, why);
            None
        }
    }
}

/// A tag, and the EtherType or the frame behind it.
#[cold]
fn tag<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, kind: ShimKind) -> Option<Inner<'p>> {
    let header = match Shim::new(kind, piece) {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, kind.name(), needed);
            return None;
        }
    };
    let length = header.slice().len();
    if !decoded.push(Layer::Shim(header), piece) {
        return None;
    }
    let rest = piece.after(length);
    if kind == ShimKind::BackboneTag {
        return Inner::link(LinkType::ETHERNET, rest);
    }
    Inner::ether_type(header.ether_type()?, rest)
}

/// IEEE 802.1AE §9: the body can be read where it is only authenticated.
#[cold]
fn macsec<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    const ENCRYPTED: u8 = 0x0c;
    const CHECK_VALUE: usize = 16;
    let header = match Shim::new(ShimKind::Macsec, piece) {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, "macsec", needed);
            return None;
        }
    };
    let (flags, length) =
        (header.slice().first().copied().unwrap_or_default(), header.slice().len());
    if !decoded.push(Layer::Shim(header), piece) {
        return None;
    }
    let body = piece.cut(piece.promised.saturating_sub(CHECK_VALUE).max(length)).after(length);
    match body.bytes {
        _ if flags & ENCRYPTED != 0 => {
            decoded.stop_at(body, "data", StopKind::Unknown, "encrypted by MACsec");
            None
        }
        &[hi, lo, ..] => Inner::ether_type(u16::from_be_bytes([hi, lo]), body.after(2)),
        _ => {
            decoded.stop_short(body, "data", 2);
            None
        }
    }
}

/// IEEE 802.2, and what an EtherType announces behind SNAP.
pub(in crate::packet) fn llc<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Some(header) = Llc::new(piece.bytes) else {
        no_snap(decoded, piece);
        return None;
    };
    if !decoded.push(Layer::Llc(header), piece) {
        return None;
    }
    let rest = piece.after(Llc::LEN);
    let protocol = header.protocol();
    let (layer, why) = match header.organization() {
        // 00-00-f8 is the 802.1H bridge tunnel
        [0, 0, 0 | 0xf8] if protocol >= ETHER_TYPE => {
            return ether_payload(decoded, rest, protocol);
        }
        // RFC 2684: bridged Ethernet, with and without its check sequence
        [0, 0x80, 0xc2] if matches!(protocol, 1 | 7) => {
            return Inner::link(LinkType::ETHERNET, rest.after(2));
        }
        [0, 0, 0x0c] if !names::cisco(protocol).1.is_empty() => {
            let (layer, name) = names::cisco(protocol);
            (layer, format!("{name} (SNAP 00-00-0c {protocol:#06x}) is not decoded"))
        }
        [a, b, c] => {
            let why = format!("SNAP {a:02x}-{b:02x}-{c:02x} {protocol:#06x} is not decoded");
            ("data", why)
        }
    };
    decoded.stop_at(rest, layer, StopKind::Unknown, why);
    None
}

/// Ends at an LLC header without SNAP.
fn no_snap<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(&[dsap, ssap]) = piece.bytes.first_chunk() else {
        return decoded.stop_short(piece, "llc", 3);
    };
    if (dsap, ssap) == (0xaa, 0xaa) && piece.bytes.len() < Llc::LEN {
        return decoded.stop_short(piece, "llc", Llc::LEN);
    }
    let (layer, name) = names::service_access_point(dsap);
    let why = format!("LLC service access point {dsap:#04x}{name} is not decoded");
    decoded.stop_at(piece, layer, StopKind::Unknown, why);
}
