//! From point to point: PPP, PPPoE and MPLS, and what they carry.

use crate::capture::source::LinkType;
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::mpls::Mpls;
use crate::packet::names::ether_type;
use crate::packet::network::{ip, ipv4, ipv6};
use crate::packet::piece::Piece;
use crate::packet::ppp::Ppp;
use crate::packet::pppoe::Pppoe;
use crate::packet::shim::{Shim, ShimKind};
use crate::packet::stop::StopKind;
use crate::packet::tunnel::{Tunnel, TunnelKind};

/// PPP and what it carries.
#[cold]
pub(in crate::packet) fn ppp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let header = match Ppp::new(piece.bytes) {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, "ppp", needed);
            return None;
        }
    };
    if !decoded.push(Layer::Ppp(header), piece) {
        return None;
    }
    let rest = piece.after(header.slice().len());
    match header.protocol() {
        0x0021 => ipv4(decoded, rest),
        0x0057 => ipv6(decoded, rest),
        0x0281 | 0x0283 => Inner::ether_type(ether_type::MPLS, rest),
        number => {
            let (layer, name) = header.protocol_name();
            let why = match name {
                "" => format!("PPP protocol {number:#06x} is not decoded"),
                name => format!("{name} (PPP protocol {number:#06x}) is not decoded"),
            };
            decoded.stop_at(rest, layer, StopKind::Unknown, why);
            None
        }
    }
}

/// PPPoE: a session's PPP, or discovery, whose tags are its payload.
#[cold]
pub(in crate::packet) fn pppoe<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    let Some(header) = Pppoe::new(piece.bytes) else {
        decoded.stop_short(piece, "pppoe", Pppoe::LEN);
        return None;
    };
    if !header.is_known() {
        decoded.stop_at(piece, "pppoe", StopKind::Malformed, "version or type other than 1");
        return None;
    }
    if !decoded.push(Layer::Pppoe(header), piece) {
        return None;
    }
    let rest = piece.after(Pppoe::LEN);
    let length = usize::from(header.length());
    let rest = if length <= rest.promised { rest.cut(length) } else { rest };
    if !header.is_session() {
        decoded.end_with(rest);
        return None;
    }
    let session = Some(u32::from(header.session()));
    let tunnel = &mut decoded.encapsulation.tunnel;
    *tunnel = Some(Tunnel::within(*tunnel, TunnelKind::Pppoe, session, None));
    ppp(decoded, rest)
}

/// A label stack. Nothing in it says what follows (RFC 3032 §3.3): the first four bits do for IP
/// (RFC 4928), and for a pseudowire's control word.
#[cold]
pub(in crate::packet) fn mpls<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    let stack = match Mpls::new(piece.bytes) {
        Ok(stack) => stack,
        Err(needed) => {
            decoded.stop_short(piece, "mpls", needed);
            return None;
        }
    };
    if !decoded.push(Layer::Mpls(stack), piece) {
        return None;
    }
    let rest = piece.after(stack.slice().len());
    match rest.bytes.first().map(|first| first >> 4) {
        Some(4 | 6) => ip(decoded, rest),
        Some(0) => pseudowire(decoded, rest),
        None => {
            decoded.end_with(rest);
            None
        }
        Some(_) => {
            let why = "the labels do not say what they carry, and it is not IP";
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            None
        }
    }
}

/// A control word (RFC 4385 §3). The frame behind it is taken for Ethernet where it has an
/// EtherType that is decoded: other pseudowires have control words too.
fn pseudowire<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let is_ethernet = piece.bytes.get(16..18).is_some_and(|kind| {
        matches!(
            kind,
            [0x08, 0x00 | 0x06] | [0x86, 0xdd] | [0x81, 0x00] | [0x88, 0xa8 | 0x47 | 0x63 | 0x64]
        )
    });
    if let Ok(word) = Shim::new(ShimKind::ControlWord, piece)
        && is_ethernet
    {
        let rest = piece.after(word.slice().len());
        return if decoded.push(Layer::Shim(word), piece) {
            Inner::link(LinkType::ETHERNET, rest)
        } else {
            None
        };
    }
    let why = "a pseudowire that is not recognized as Ethernet";
    decoded.stop_at(piece, "data", StopKind::Unknown, why);
    None
}
