//! The network layer: IPv4, IPv6 with its extension headers, ARP.

use std::net::IpAddr;

use etherparse::err::ipv4::{HeaderError, HeaderSliceError};
use etherparse::{
    ArpPacketSlice, IpNumber, Ipv4HeaderSlice, Ipv6ExtensionSlice, Ipv6FragmentHeaderSlice,
    Ipv6HeaderSlice, ip_number,
};

use crate::packet::checksum::header_sum_ok;
use crate::packet::extensions::{self, ChainEnd, Extensions};
use crate::packet::inner::Inner;
use crate::packet::layer::{Decoded, Fragment, Layer, Network};
use crate::packet::piece::Piece;
use crate::packet::stop::StopKind;
use crate::packet::transport::transport;

/// IPv4 or IPv6, as the first four bits say.
pub(in crate::packet) fn ip<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    match piece.bytes.first().map(|first| first >> 4) {
        Some(4) => return ipv4(decoded, piece),
        Some(6) => return ipv6(decoded, piece),
        Some(version) => {
            let why = format!("IP version {version}");
            decoded.stop_at(piece, "ip", StopKind::Malformed, why);
        }
        None => decoded.stop_short(piece, "ip", 20),
    }
    None
}

/// IPv4 (RFC 791) and what it carries.
#[inline]
pub(in crate::packet) fn ipv4<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    let header = match Ipv4HeaderSlice::from_slice(piece.bytes) {
        Ok(header) => header,
        Err(error) => {
            stop_ipv4(decoded, piece, &error);
            return None;
        }
    };
    let header_len = header.slice().len();
    let total_len = usize::from(header.total_len());
    if total_len != 0 && total_len < header_len {
        let why = format!("a total length of {total_len} bytes, below its header's {header_len}");
        decoded.stop_at(piece, "ip", StopKind::Malformed, why);
        return None;
    }
    // A packet captured before the device cut it into segments has no length: the frame's counts,
    // as it does where the header promises more than was on the wire.
    let piece = match total_len {
        0 => piece,
        _ => piece.cut(total_len.min(piece.promised)),
    };
    let offset = u32::from(header.fragments_offset().value()) * 8;
    let more = header.more_fragments();
    let protocol = header.protocol();
    let fragment = (more || offset != 0).then_some(Fragment { offset, more });
    decoded.network = Some(Network {
        source: IpAddr::V4(header.source_addr()),
        destination: IpAddr::V4(header.destination_addr()),
        ttl: header.ttl(),
        protocol: protocol.0,
        ecn: header.ecn().value(),
        identification: Some(u32::from(header.identification())),
        fragment,
        checksum_ok: header_sum_ok(&header),
    });
    if !decoded.push(Layer::Ipv4(header), piece) {
        return None;
    }
    let rest = piece.after(header_len);
    if fragment.is_some() {
        decoded.end_with(rest);
        return None;
    }
    ip_payload(decoded, rest, protocol.0)
}

/// Ends at an IPv4 header that could not be read.
#[cold]
fn stop_ipv4<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, error: &HeaderSliceError) {
    let why = match error {
        HeaderSliceError::Len(short) => {
            return decoded.stop_short(piece, "ip", short.required_len);
        }
        HeaderSliceError::Content(HeaderError::UnexpectedVersion { version_number }) => {
            format!("IP version {version_number} where 4 was announced")
        }
        HeaderSliceError::Content(HeaderError::HeaderLengthSmallerThanHeader { ihl }) => {
            format!("a header length of {} bytes, below 20", u16::from(*ihl) * 4)
        }
    };
    decoded.stop_at(piece, "ip", StopKind::Malformed, why);
}

/// IPv6 (RFC 8200), its extension headers and what it carries.
pub(in crate::packet) fn ipv6<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
) -> Option<Inner<'p>> {
    let header = match Ipv6HeaderSlice::from_slice(piece.bytes) {
        Ok(header) => header,
        Err(etherparse::err::ipv6::HeaderSliceError::Len(short)) => {
            decoded.stop_short(piece, "ipv6", short.required_len);
            return None;
        }
        Err(etherparse::err::ipv6::HeaderSliceError::Content(error)) => {
            let etherparse::err::ipv6::HeaderError::UnexpectedVersion { version_number } = error;
            let why = format!("IP version {version_number} where 6 was announced");
            decoded.stop_at(piece, "ipv6", StopKind::Malformed, why);
            return None;
        }
    };
    let header_len = header.header_len();
    let payload_len = usize::from(header.payload_length());
    let next = header.next_header();
    // No length: a jumbogram (RFC 2675) or a packet captured before the device cut it into
    // segments. Then the frame's length counts, but where nothing follows it is padding.
    let piece = if payload_len == 0 && next != ip_number::IPV6_NO_NEXT_HEADER {
        piece
    } else {
        piece.cut(header_len.saturating_add(payload_len).min(piece.promised))
    };
    decoded.network = Some(Network {
        source: IpAddr::V6(header.source_addr()),
        destination: IpAddr::V6(header.destination_addr()),
        ttl: header.hop_limit(),
        protocol: next.0,
        ecn: header.ecn().value(),
        identification: None,
        fragment: None,
        checksum_ok: true,
    });
    if !decoded.push(Layer::Ipv6(header), piece) {
        return None;
    }
    let rest = piece.after(header_len);
    if Extensions::is_one(next) {
        ipv6_extensions(decoded, rest, next)
    } else {
        ip_payload(decoded, rest, next.0)
    }
}

/// The chain of extension headers, and what follows.
fn ipv6_extensions<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    first: IpNumber,
) -> Option<Inner<'p>> {
    let (chain, next, end) = Extensions::chain(first, piece.bytes);
    let header = chain.iter().find_map(|extension| match extension {
        Ipv6ExtensionSlice::Fragment(header) => Some(header),
        _ => None,
    });
    let fragment = header.as_ref().filter(|header| header.is_fragmenting_payload());
    let is_fragment = fragment.is_some();
    if let Some(network) = &mut decoded.network {
        network.protocol = next.0;
        network.identification =
            header.as_ref().map(Ipv6FragmentHeaderSlice::identification).or(network.identification);
        network.fragment = fragment.map(|header| Fragment {
            offset: u32::from(header.fragment_offset().value()) * 8,
            more: header.more_fragments(),
        });
    }
    let length = chain.slice().len();
    if length > 0 && !decoded.push(Layer::Ipv6Extensions(chain), piece) {
        return None;
    }
    let rest = piece.after(length);
    match end {
        ChainEnd::Payload if is_fragment => decoded.end_with(rest),
        ChainEnd::Payload => return ip_payload(decoded, rest, next.0),
        broken => stop_broken(decoded, rest, next, &broken),
    }
    None
}

/// Ends at an extension header that could not be read.
fn stop_broken<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, number: IpNumber, end: &ChainEnd) {
    let layer = extensions::name(number);
    match *end {
        ChainEnd::Short(needed) => decoded.stop_short(piece, layer, needed),
        ChainEnd::Malformed(why) => decoded.stop_at(piece, layer, StopKind::Malformed, why),
        ChainEnd::Payload => decoded.end_with(piece),
    }
}

/// What `decoded.network` announces, once its fragments have been put together.
pub(in crate::packet) fn reassembled<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    network: Network,
) -> Option<Inner<'p>> {
    let next = IpNumber(network.protocol);
    if network.source.is_ipv6() && Extensions::is_one(next) {
        ipv6_extensions(decoded, piece, next)
    } else {
        ip_payload(decoded, piece, next.0)
    }
}

/// What the IP header announces: an authentication header, a transport, or another packet.
#[inline]
fn ip_payload<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, protocol: u8) -> Option<Inner<'p>> {
    match IpNumber(protocol) {
        ip_number::AUTH => auth(decoded, piece),
        _ => transport(decoded, piece, protocol),
    }
}

/// An authentication header behind IPv4 (RFC 4302).
fn auth<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) -> Option<Inner<'p>> {
    let header = match extensions::auth(piece.bytes) {
        Ok(header) => header,
        Err(end) => {
            stop_broken(decoded, piece, ip_number::AUTH, &end);
            return None;
        }
    };
    let (header_len, next) = (header.slice().len(), header.next_header().0);
    if let Some(network) = &mut decoded.network {
        network.protocol = next;
    }
    if !decoded.push(Layer::Auth(header), piece) {
        return None;
    }
    ip_payload(decoded, piece.after(header_len), next)
}

/// ARP (RFC 826). What follows it in the frame is padding.
pub(in crate::packet) fn arp<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    match ArpPacketSlice::from_slice(piece.bytes) {
        Ok(packet) => {
            let length = packet.slice().len();
            if decoded.push(Layer::Arp(packet), piece) {
                decoded.end_with(piece.cut(length).after(length));
            }
        }
        Err(short) => decoded.stop_short(piece, "arp", short.required_len),
    }
}
