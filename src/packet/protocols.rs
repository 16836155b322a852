//! The protocols of a packet by the names that Wireshark's `frame.protocols` has for them.

use etherparse::Ipv6ExtensionSlice;

use crate::packet::layer::{Decoded, Layer};
use crate::packet::stop::StopKind;

/// The names of the layers from the link to the transport, outermost first: `eth`, `vlan`, `ip`,
/// `tcp`. A layer that is known but could not be read, or is not decoded, comes last.
pub fn protocols(decoded: &Decoded<'_>) -> impl Iterator<Item = &'static str> {
    let layers = decoded.layers.iter().flat_map(|layer| {
        let (first, extensions) = match layer {
            Layer::Ipv6Extensions(extensions) => (None, Some(extensions.clone().into_iter())),
            other => (Some(other.name()), None),
        };
        first.into_iter().chain(extensions.into_iter().flatten().map(|e| extension_name(&e)))
    });
    let stopped = decoded.stop.iter().filter(|stop| stop.kind != StopKind::Malformed);
    layers.chain(stopped.map(|stop| stop.layer))
}

/// The name of one IPv6 extension header.
pub(in crate::packet) const fn extension_name(extension: &Ipv6ExtensionSlice<'_>) -> &'static str {
    match extension {
        Ipv6ExtensionSlice::HopByHop(_) => "ipv6.hopopts",
        Ipv6ExtensionSlice::Routing(_) => "ipv6.routing",
        Ipv6ExtensionSlice::Fragment(_) => "ipv6.fraghdr",
        Ipv6ExtensionSlice::DestinationOptions(_) => "ipv6.dstopts",
        Ipv6ExtensionSlice::Authentication(_) => "ah",
    }
}
