//! One packet becomes layers. No state, and it never fails: where reading ends early there is a
//! [`Stop`](stop::Stop) that says where and why, and the layers before it are kept.
//!
//! Takes bytes of one packet, gives views that borrow them. Nothing is copied, nothing is
//! allocated for a packet that is decoded to its payload, and fragments are not put together
//! (that is `flow`'s work).

pub mod build;
mod checksum;
pub mod describe;
mod encapsulation;
mod ends;
pub mod erspan;
mod ether;
pub mod extensions;
pub mod geneve;
pub mod gre;
pub mod gtp;
mod inner;
pub mod l2tp;
mod layer;
mod link;
pub mod llc;
pub mod loopback;
pub mod mpls;
mod names;
mod network;
pub mod nflog;
mod piece;
mod point;
mod ports;
pub mod ppp;
pub mod pppoe;
mod protocols;
pub mod quote;
pub mod radio;
pub mod shim;
pub mod sll;
pub mod sll2;
pub mod stop;
pub mod tcp;
pub mod teredo;
mod transport;
mod tunnel;
pub mod vxlan;
mod wireless;
pub mod wlan;

pub use checksum::transport_checksum_ok;
pub use ends::Ends;
pub use layer::{Decoded, Fragment, Layer, MAX_LAYERS, Macs, Network};
pub use protocols::{distinct, protocols, stack};
pub use tunnel::{Encapsulation, Tunnel, TunnelKind, Vlan};

use crate::capture::source::{LinkType, Packet};
use crate::packet::inner::{Inner, Next};
use crate::packet::piece::Piece;

/// Takes a packet apart.
#[inline]
pub fn decode(packet: &Packet) -> Decoded<'_> {
    decode_bytes(packet.link, &packet.data, packet.orig_len)
}

/// Takes the bytes of one packet apart: `data` begins with the header of `link`, and `orig_len`
/// bytes were on the wire.
pub fn decode_bytes(link: LinkType, data: &[u8], orig_len: u32) -> Decoded<'_> {
    let mut decoded = Decoded::default();
    let length = usize::try_from(orig_len).unwrap_or(usize::MAX);
    let inner = link::link(&mut decoded, link, Piece::whole(data, length));
    go_on(&mut decoded, inner);
    decoded
}

/// Takes the packets inside a packet apart. The number of layers has its bound, so this ends:
/// whatever carries a packet is a layer, or is behind one.
#[inline]
fn go_on<'p>(decoded: &mut Decoded<'p>, mut inner: Option<Inner<'p>>) {
    while let Some(Inner { next, piece }) = inner {
        inner = match next {
            Next::Link(link) => link::link(decoded, link, piece),
            Next::EtherType(kind) => ether::ether_payload(decoded, piece, kind),
        };
    }
}

/// Whom a packet belongs to, for who must know only that, of every packet: most are not taken
/// apart for it.
///
/// Where the lengths of a header are wrong its addresses are given all the same; such a packet
/// belongs to no flow.
#[inline]
pub fn ends(packet: &Packet) -> Ends {
    match ends::usual(packet) {
        Some((source, destination)) => Ends::Pair(source, destination),
        None => ends_of(&decode(packet)),
    }
}

/// The same of a packet that has been taken apart.
#[cold]
pub fn ends_of(decoded: &Decoded<'_>) -> Ends {
    let apart =
        |layer: &Layer<'_>| matches!(layer, Layer::Arp(_) | Layer::Icmpv4(_) | Layer::Icmpv6(_));
    match decoded.network {
        Some(network) if network.fragment.is_some() => Ends::Fragment,
        Some(network) if !decoded.layers.iter().any(apart) => {
            let telling = match decoded.layers.last() {
                Some(Layer::Udp(udp)) => {
                    ends::Telling::by_ports(udp.source_port(), udp.destination_port())
                }
                _ => ends::Telling::Both,
            };
            let (source, destination) = telling.of(network.source, network.destination);
            Ends::Pair(source, destination)
        }
        _ => Ends::Apart,
    }
}

/// Takes the payload of a network layer apart, once its fragments have been put together:
/// `network` is that of the first fragment, which travelled between `macs`.
pub fn decode_reassembled(
    network: Network,
    payload: &[u8],
    encapsulation: Encapsulation,
    macs: Option<Macs>,
) -> Decoded<'_> {
    let network = Network { fragment: None, ..network };
    let mut decoded = Decoded { network: Some(network), encapsulation, macs, ..Decoded::default() };
    let whole = Piece::whole(payload, payload.len());
    let inner = network::reassembled(&mut decoded, whole, network);
    go_on(&mut decoded, inner);
    decoded
}

#[cfg(test)]
mod tests;
