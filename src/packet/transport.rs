//! The transport layer: TCP, UDP, ICMP and ICMPv6; and the other packets that IP carries.

use etherparse::{Icmpv4Slice, Icmpv6Slice, IpNumber, UdpSlice, ip_number};

use crate::capture::source::LinkType;
use crate::packet::encapsulation::{ether_ip, gre, in_udp, ip_in_ip, mpls_in_ip};
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::names;
use crate::packet::piece::Piece;
use crate::packet::ports;
use crate::packet::stop::StopKind;
use crate::packet::tcp::Tcp;

/// Decodes what an IP header announces as `protocol`.
#[inline]
pub(in crate::packet) fn transport<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    protocol: u8,
) -> Option<Inner<'p>> {
    match IpNumber(protocol) {
        ip_number::TCP => tcp(decoded, piece),
        ip_number::UDP => return udp(decoded, piece),
        ip_number::ICMP => icmpv4(decoded, piece),
        ip_number::IPV6_ICMP => icmpv6(decoded, piece),
        // 94 is an old number for the same (IPIP)
        ip_number::IPV4 | IpNumber(94) => return ip_in_ip(decoded, piece, LinkType::IPV4),
        ip_number::IPV6 => return ip_in_ip(decoded, piece, LinkType::IPV6),
        ip_number::GRE => return gre(decoded, piece),
        ip_number::ETHER_IP => return ether_ip(decoded, piece),
        ip_number::MPLS_IN_IP => return mpls_in_ip(decoded, piece),
        // RFC 8200 §4.7: nothing follows, and bytes that do are ignored
        ip_number::IPV6_NO_NEXT_HEADER => decoded.end_with(piece),
        _ => {
            let (layer, why) = names::ip_protocol_not_decoded(protocol);
            decoded.stop_at(piece, layer, StopKind::Unknown, why);
        }
    }
    None
}

/// TCP. Where the snapshot length cut its options, the 20 bytes before them count.
#[inline]
fn tcp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let Some(segment) = Tcp::new(piece.bytes) else {
        return decoded.stop_short(piece, "tcp", Tcp::LEN);
    };
    let header_len = segment.header_len();
    if header_len < Tcp::LEN {
        let why = format!("a header length of {header_len} bytes, below 20");
        decoded.stop_at(piece, "tcp", StopKind::Malformed, why);
    } else if header_len > piece.promised {
        decoded.stop_short(piece, "tcp", header_len);
    } else if decoded.push(Layer::Tcp(segment), piece) {
        decoded.end_with(piece.after(header_len));
    }
}

/// UDP (RFC 768). A length of 0 (jumbograms, packets before segmentation), below the header's
/// or beyond the IP packet's end does not count: the IP length does.
fn udp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let Ok(datagram) = UdpSlice::from_slice_lax(piece.bytes) else {
        decoded.stop_short(piece, "udp", 8);
        return None;
    };
    let length = usize::from(datagram.length());
    let header_len = datagram.header_len();
    let piece =
        if (header_len..=piece.promised).contains(&length) { piece.cut(length) } else { piece };
    let (source, destination) = (datagram.source_port(), datagram.destination_port());
    if !decoded.push(Layer::Udp(datagram), piece) {
        return None;
    }
    let rest = piece.after(header_len);
    decoded.end_with(rest);
    if ports::may_carry(source, destination, rest.bytes.first().copied()) {
        in_udp(decoded, rest, (source, destination))
    } else {
        None
    }
}

/// ICMP (RFC 792).
fn icmpv4<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    // etherparse takes a timestamp message of 20 bytes and no more
    let message = match piece.bytes {
        [13 | 14, 0, ..] => piece.bytes.get(..20).unwrap_or(piece.bytes),
        bytes => bytes,
    };
    match Icmpv4Slice::from_slice(message) {
        Ok(message) => {
            let header_len = message.header_len();
            if decoded.push(Layer::Icmpv4(message), piece) {
                decoded.end_with(piece.after(header_len));
            }
        }
        Err(short) => decoded.stop_short(piece, "icmp", short.required_len),
    }
}

/// ICMPv6 (RFC 4443).
fn icmpv6<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    match Icmpv6Slice::from_slice(piece.bytes) {
        Ok(message) => {
            let header_len = message.header_len();
            if decoded.push(Layer::Icmpv6(message), piece) {
                decoded.end_with(piece.after(header_len));
            }
        }
        Err(short) => decoded.stop_short(piece, "icmpv6", short.required_len),
    }
}
