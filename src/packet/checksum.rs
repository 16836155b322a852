//! Transport checksums: asked for where they matter, since summing every payload would cost more
//! than all the rest of decoding.

use etherparse::checksum::Sum16BitWords;
use etherparse::{Ipv4HeaderSlice, Ipv6ExtensionSlice, ip_number};
use std::net::IpAddr;

use crate::packet::layer::{Decoded, Layer, Network};

/// Whether the checksum of the transport layer is right.
///
/// None where it cannot be known: a fragment, a packet that the snapshot length or an offloading
/// device left incomplete, UDP without a checksum, an IPv6 source route under way, no transport.
/// A wrong one is normal where packets are captured by their sender: its device fills the
/// checksum in later.
pub fn transport_checksum_ok(decoded: &Decoded<'_>) -> Option<bool> {
    let network = decoded.network?;
    // a packet that says nothing of its length is a super-segment: its checksum is not final
    if decoded.missing > 0 || network.fragment.is_some() || has_no_length(decoded) {
        return None;
    }
    match decoded.layers.last()? {
        Layer::Tcp(tcp) if tcp.is_cut() => None,
        Layer::Tcp(tcp) => sum_is_whole(decoded, &network, ip_number::TCP.0, tcp.slice()),
        Layer::Udp(udp) if udp.checksum() == 0 => None,
        Layer::Udp(udp) => sum_is_whole(decoded, &network, ip_number::UDP.0, udp.slice()),
        Layer::Icmpv6(icmp) => {
            sum_is_whole(decoded, &network, ip_number::IPV6_ICMP.0, icmp.slice())
        }
        Layer::Icmpv4(icmp) => {
            Some(Sum16BitWords::new().add_slice(icmp.slice()).ones_complement() == 0)
        }
        _ => None,
    }
}

/// Whether the checksum of an IPv4 header is right (RFC 791 §3.1).
#[inline]
pub(in crate::packet) fn header_sum_ok(header: &Ipv4HeaderSlice<'_>) -> bool {
    Sum16BitWords::new().add_slice(header.slice()).ones_complement() == 0
}

/// RFC 9293 §3.1, RFC 768, RFC 8200 §8.1: the sum over pseudo-header, header and payload.
fn sum_is_whole(
    decoded: &Decoded<'_>,
    network: &Network,
    protocol: u8,
    bytes: &[u8],
) -> Option<bool> {
    let length = u32::try_from(bytes.len()).ok()?.to_be_bytes();
    let mut sum = Sum16BitWords::new();
    sum = match (network.source, network.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            sum.add_4bytes(source.octets()).add_4bytes(destination.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) if !is_source_routed(decoded) => {
            sum.add_16bytes(source.octets()).add_16bytes(destination.octets())
        }
        _ => return None,
    };
    sum = sum.add_4bytes(length).add_2bytes([0, protocol]).add_slice(bytes);
    Some(sum.ones_complement() == 0)
}

fn has_no_length(decoded: &Decoded<'_>) -> bool {
    decoded.layers.iter().any(|layer| match layer {
        Layer::Ipv4(header) => header.total_len() == 0,
        Layer::Ipv6(header) => header.payload_length() == 0,
        _ => false,
    })
}

/// True where a routing header has segments left: the destination is not the last one, which is
/// what the checksum covers.
fn is_source_routed(decoded: &Decoded<'_>) -> bool {
    decoded.layers.iter().any(|layer| match layer {
        Layer::Ipv6Extensions(extensions) => extensions.iter().any(|extension| match extension {
            Ipv6ExtensionSlice::Routing(header) => {
                header.slice().get(3).is_some_and(|segments_left| *segments_left > 0)
            }
            _ => false,
        }),
        _ => false,
    })
}
