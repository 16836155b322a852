//! Packets in IP and UDP: GRE, ERSPAN, VXLAN, GENEVE, GTP-U, Teredo, L2TP, MPLS.
//!
//! What a port announces is believed only where the header behind it is one: else the bytes stay
//! the payload of a datagram.

use crate::capture::source::LinkType;
use crate::packet::erspan::Erspan;
use crate::packet::geneve::Geneve;
use crate::packet::gre::Gre;
use crate::packet::gtp::Gtp;
use crate::packet::inner::Inner;
use crate::packet::l2tp::L2tp;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::mpls::Mpls;
use crate::packet::names::ether_type;
use crate::packet::piece::Piece;
use crate::packet::ports;
use crate::packet::shim::{Shim, ShimKind};
use crate::packet::stop::StopKind;
use crate::packet::teredo::Teredo;
use crate::packet::tunnel::{Encapsulation, Tunnel, TunnelKind, Vlan};
use crate::packet::vxlan::Vxlan;

impl Decoded<'_> {
    /// What follows is inside a tunnel between the addresses of the network layer.
    fn enter(&mut self, kind: TunnelKind, id: Option<u32>) {
        let ends = self.network.map(|network| (network.source, network.destination));
        let tunnel = Tunnel::within(self.encapsulation.tunnel, kind, id, ends);
        self.encapsulation = Encapsulation { vlan: Vlan::default(), tunnel: Some(tunnel) };
    }
}

/// IP in IP: of which version, its first bits say.
#[cold]
pub(in crate::packet) fn ip_in_ip<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    link: LinkType,
) -> Option<Inner<'p>> {
    decoded.enter(TunnelKind::Ip, None);
    Inner::link(link, piece)
}

/// Labels in IP (RFC 4023).
#[cold]
pub(in crate::packet) fn mpls_in_ip<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    decoded.enter(TunnelKind::Mpls, None);
    Inner::ether_type(ether_type::MPLS, piece)
}

/// Ethernet in IP (RFC 3378).
#[cold]
pub(in crate::packet) fn ether_ip<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    match Shim::new(ShimKind::EtherIp, piece) {
        Ok(header) => {
            let rest = piece.after(header.slice().len());
            if !decoded.push(Layer::Shim(header), piece) {
                return None;
            }
            decoded.enter(TunnelKind::Ip, None);
            Inner::link(LinkType::ETHERNET, rest)
        }
        Err(needed) => {
            decoded.stop_short(piece, ShimKind::EtherIp.name(), needed);
            None
        }
    }
}

/// GRE and what its EtherType announces.
#[cold]
pub(in crate::packet) fn gre<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    /// Web Cache Communication Protocol: IPv4, after four bytes in version 2.
    const WCCP: u16 = 0x883e;
    let header = match Gre::new(piece.bytes) {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, "gre", needed);
            return None;
        }
    };
    if !decoded.push(Layer::Gre(header), piece) {
        return None;
    }
    let rest = piece.after(header.slice().len());
    let protocol = header.protocol();
    if rest.promised == 0 {
        // a keep-alive, or PPTP's acknowledgment alone
        decoded.end_with(rest);
        return None;
    }
    match (header.version(), protocol) {
        (0, Erspan::TYPE_II) if header.sequence().is_none() => {
            erspan(decoded, rest, Ok(Erspan::without_header()))
        }
        (0, Erspan::TYPE_II | Erspan::TYPE_III) => erspan(decoded, rest, Erspan::new(rest.bytes)),
        (0, WCCP) => {
            decoded.enter(TunnelKind::Gre, header.key());
            let is_ip = rest.bytes.first().is_some_and(|first| first >> 4 == 4);
            Inner::link(LinkType::IPV4, if is_ip { rest } else { rest.after(4) })
        }
        (0, _) => {
            decoded.enter(TunnelKind::Gre, header.key());
            Inner::ether_type(protocol, rest)
        }
        (1, ether_type::PPP) => {
            // in version 1 the key is a length and the receiver's number of the call
            decoded.enter(TunnelKind::Gre, None);
            Inner::link(LinkType::PPP, rest)
        }
        (version, _) => {
            let why = format!("GRE version {version} with protocol {protocol:#06x}");
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            None
        }
    }
}

fn erspan<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    header: Result<Erspan<'p>, usize>,
) -> Option<Inner<'p>> {
    let header = match header {
        Ok(header) => header,
        Err(needed) => {
            decoded.stop_short(piece, "erspan", needed);
            return None;
        }
    };
    if !decoded.push(Layer::Erspan(header), piece) {
        return None;
    }
    let rest = piece.after(header.slice().len());
    let link = match (header.kind(), header.frame_type()) {
        (1..=3, 0) => LinkType::ETHERNET,
        (3, 2) => LinkType::RAW,
        _ => {
            let why = "an ERSPAN version or frame type that is not known";
            decoded.stop_at(rest, "data", StopKind::Unknown, why);
            return None;
        }
    };
    decoded.enter(TunnelKind::Erspan, None);
    Inner::link(link, rest)
}

/// What a datagram between these ports may carry; none where it is a datagram and no more.
#[cold]
pub(in crate::packet) fn in_udp<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    (source, destination): (u16, u16),
) -> Option<Inner<'p>> {
    // sent to the port; Teredo, GTP-U and L2TP answer from it
    match destination {
        ports::VXLAN | ports::VXLAN_OLD => vxlan(decoded, piece, false),
        ports::VXLAN_GPE => vxlan(decoded, piece, true),
        ports::GENEVE => geneve(decoded, piece),
        ports::MPLS => mpls_in_udp(decoded, piece),
        _ if [source, destination].contains(&ports::GTP_U) => gtp(decoded, piece),
        _ if [source, destination].contains(&ports::L2TP) => l2tp(decoded, piece),
        _ => teredo(decoded, piece, [source, destination].contains(&ports::TEREDO)),
    }
}

/// Only the generic extension, on a port of its own, names what it carries.
fn vxlan<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, is_generic: bool) -> Option<Inner<'p>> {
    let header = Vxlan::new(piece.bytes)?;
    let rest = piece.after(Vxlan::LEN);
    let inner = match if is_generic { header.next_protocol() } else { 0 } {
        0 | 3 => Inner::link(LinkType::ETHERNET, rest)?,
        1 => Inner::link(LinkType::IPV4, rest)?,
        2 => Inner::link(LinkType::IPV6, rest)?,
        5 => Inner::ether_type(ether_type::MPLS, rest)?,
        _ => return None,
    };
    if !decoded.push(Layer::Vxlan(header), piece) {
        return None;
    }
    decoded.enter(TunnelKind::Vxlan, Some(header.network()));
    Some(inner)
}

fn geneve<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let header = Geneve::new(piece.bytes)?;
    let rest = piece.after(header.slice().len());
    if !decoded.push(Layer::Geneve(header), piece) {
        return None;
    }
    decoded.enter(TunnelKind::Geneve, Some(header.network()));
    Inner::ether_type(header.protocol(), rest)
}

fn gtp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let header = Gtp::new(piece.bytes)?;
    let rest = piece.after(header.slice().len());
    let is_ip = rest.bytes.first().is_some_and(|first| matches!(first >> 4, 4 | 6));
    if !is_ip || !decoded.push(Layer::Gtp(header), piece) {
        return None;
    }
    decoded.enter(TunnelKind::Gtp, None);
    Inner::link(LinkType::RAW, rest)
}

/// Off its port only an address of its own tells Teredo: peers and relays choose their ports.
fn teredo<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, by_port: bool) -> Option<Inner<'p>> {
    let header = Teredo::new(piece.bytes, piece.promised)?;
    let rest = piece.after(header.slice().len());
    if !(by_port || header.slice().is_empty()) || !decoded.push(Layer::Teredo(header), piece) {
        return None;
    }
    decoded.enter(TunnelKind::Teredo, None);
    Inner::link(LinkType::IPV6, rest)
}

fn l2tp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let header = L2tp::new(piece.bytes)?;
    let rest = piece.after(header.slice().len());
    if !decoded.push(Layer::L2tp(header), piece) {
        return None;
    }
    decoded.enter(TunnelKind::L2tp, None);
    Inner::link(LinkType::PPP, rest)
}

/// RFC 7510. Labels without an IP packet behind them are not believed.
fn mpls_in_udp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let stack = Mpls::new(piece.bytes).ok()?;
    let first = piece.bytes.get(stack.slice().len())?;
    if !matches!(first >> 4, 4 | 6) {
        return None;
    }
    decoded.enter(TunnelKind::Mpls, None);
    Inner::ether_type(ether_type::MPLS, piece)
}
