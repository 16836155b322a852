//! One packet becomes layers. No state, and it never fails: where reading ends early there is a
//! [`Stop`](stop::Stop) that says where and why, and the layers before it are kept.
//!
//! Takes bytes of one packet, gives views that borrow them. Nothing is copied, nothing is
//! allocated for a packet that is decoded to its payload, and fragments are not put together
//! (that is `flow`'s work).

pub mod build;
mod checksum;
pub mod describe;
mod ends;
pub mod extensions;
mod layer;
mod link;
pub mod llc;
pub mod loopback;
mod names;
mod network;
mod piece;
mod protocols;
pub mod quote;
pub mod sll;
pub mod sll2;
pub mod stop;
mod transport;

pub use checksum::transport_checksum_ok;
pub use layer::{Decoded, Fragment, Layer, MAX_LAYERS, Macs, Network, Vlan};
pub use protocols::{protocols, stack};

use std::net::IpAddr;

use crate::capture::source::{LinkType, Packet};
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
    link::link(&mut decoded, link, Piece::whole(data, length));
    decoded
}

/// Source and destination of a packet that belongs to its two addresses alone; none for
/// neighbours and ICMP, which speak of others, and where there is no network layer.
///
/// For who must know only that, of every packet: most are not taken apart for it. Where the
/// lengths of a header are wrong its addresses are given all the same; such a packet belongs to
/// no flow.
#[inline]
pub fn ends(packet: &Packet) -> Option<(IpAddr, IpAddr)> {
    ends::usual(packet).or_else(|| ends_of(&decode(packet)))
}

#[cold]
fn ends_of(decoded: &Decoded<'_>) -> Option<(IpAddr, IpAddr)> {
    let apart =
        |layer: &Layer<'_>| matches!(layer, Layer::Arp(_) | Layer::Icmpv4(_) | Layer::Icmpv6(_));
    let network = decoded.network.filter(|_| !decoded.layers.iter().any(apart))?;
    Some((network.source, network.destination))
}

/// Takes the payload of a network layer apart, once its fragments have been put together:
/// `network` is that of the first fragment.
pub fn decode_reassembled(network: Network, payload: &[u8]) -> Decoded<'_> {
    let network = Network { fragment: None, ..network };
    let mut decoded = Decoded { network: Some(network), ..Decoded::default() };
    network::reassembled(&mut decoded, Piece::whole(payload, payload.len()), network);
    decoded
}

#[cfg(test)]
mod tests;
