//! The protocols of a packet by the names that Wireshark's `frame.protocols` has for them.

use crate::packet::extensions;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::names;

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
