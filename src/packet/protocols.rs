//! The protocols of a packet by the names that Wireshark's `frame.protocols` has for them.

use smallvec::SmallVec;

use crate::packet::extensions;
use crate::packet::layer::{Decoded, Layer, MAX_LAYERS};
use crate::packet::names;

/// The same, each name once: what a packet is counted under.
pub fn distinct(decoded: &Decoded<'_>) -> impl Iterator<Item = &'static str> {
    let mut seen: SmallVec<[&'static str; MAX_LAYERS]> = SmallVec::new();
    protocols(decoded).filter(move |name| {
        let is_new = !seen.contains(name);
        if is_new {
            seen.push(name);
        }
        is_new
    })
}

/// The names of the layers from the link to the transport, outermost first: `eth`, `vlan`, `ip`,
/// `tcp`. A layer that could not be read, or is not decoded, comes last.
pub fn protocols(decoded: &Decoded<'_>) -> impl Iterator<Item = &'static str> {
    let outer = std::iter::once(None).chain(decoded.layers.iter().map(Some));
    let layers = outer.zip(&decoded.layers).flat_map(|(outer, layer)| {
        let (name, chain) = match layer {
            Layer::Ipv6Extensions(chain) => (None, Some(chain.iter())),
            Layer::Vlan(_) => (Some(names::ether_type(announced(outer)).0), None),
            other => (Some(other.name()), None),
        };
        let chain = chain.into_iter().flatten();
        name.into_iter().chain(chain.map(|header| extensions::name(extensions::number(&header))))
    });
    layers.chain(decoded.stop.iter().map(|stop| stop.layer))
}

/// A number for the kinds of a packet's layers: packets of one number have the same
/// [`protocols`]. None where those depend on more than the kinds.
#[inline]
pub fn stack(decoded: &Decoded<'_>) -> Option<u64> {
    if decoded.stop.is_some() {
        return None;
    }
    decoded.layers.iter().try_fold(0, |stack, layer| Some(stack << KIND_BITS | kind(layer)?))
}

/// Bits of one kind: [`MAX_LAYERS`] of them are a `u64`.
const KIND_BITS: usize = 64 / MAX_LAYERS;

/// The kind of a layer, from 1; none where its name depends on what it says, and where it is rare.
#[inline]
const fn kind(layer: &Layer<'_>) -> Option<u64> {
    Some(match layer {
        Layer::Ethernet(_) => 1,
        Layer::Llc(_) => 2,
        Layer::Sll(_) => 3,
        Layer::Sll2(_) => 4,
        Layer::Loopback(_) => 5,
        Layer::Arp(_) => 6,
        Layer::Ipv4(_) => 7,
        Layer::Auth(_) => 8,
        Layer::Ipv6(_) => 9,
        Layer::Icmpv4(_) => 10,
        Layer::Icmpv6(_) => 11,
        Layer::Udp(_) => 12,
        Layer::Tcp(_) => 13,
        Layer::Vlan(_)
        | Layer::Ipv6Extensions(_)
        | Layer::Radio(_)
        | Layer::Wlan(_)
        | Layer::Nflog(_)
        | Layer::Shim(_)
        | Layer::Ppp(_)
        | Layer::Pppoe(_)
        | Layer::Mpls(_)
        | Layer::Gre(_)
        | Layer::Erspan(_)
        | Layer::Vxlan(_)
        | Layer::Geneve(_)
        | Layer::Gtp(_)
        | Layer::Teredo(_)
        | Layer::L2tp(_) => return None,
    })
}

/// The EtherType by which a layer announces the next one; that of a VLAN tag where it has none.
pub(in crate::packet) fn announced(outer: Option<&Layer<'_>>) -> u16 {
    match outer {
        Some(Layer::Ethernet(header)) => header.ether_type().0,
        Some(Layer::Vlan(tag)) => tag.ether_type().0,
        Some(Layer::Llc(header)) => header.protocol(),
        Some(Layer::Sll(header)) => header.protocol(),
        Some(Layer::Sll2(header)) => header.protocol(),
        _ => names::ether_type::VLAN,
    }
}
