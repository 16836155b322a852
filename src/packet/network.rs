//! The network layer: IPv4, IPv6 with its extension headers, ARP.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;
use etherparse::err::ipv4::{HeaderError, HeaderSliceError};
use etherparse::{
    ArpPacketSlice, IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6ExtensionsSlice,
    Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, ip_number,
};

use crate::packet::layer::{Decoded, Fragment, Layer, Network};
use crate::packet::piece::Piece;
use crate::packet::stop::StopKind;
use crate::packet::transport::transport;

/// IPv4 or IPv6, as the first four bits say.
pub(in crate::packet) fn ip<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    match piece.bytes.first().map(|first| first >> 4) {
        Some(4) => ipv4(decoded, piece),
        Some(6) => ipv6(decoded, piece),
        Some(version) => {
            let why = format!("IP version {version}");
            decoded.stop_at(piece, "ip", StopKind::Malformed, why);
        }
        None => decoded.stop_short(piece, "ip", 20),
    }
}

/// IPv4 (RFC 791) and what it carries.
#[inline]
pub(in crate::packet) fn ipv4<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let header = match Ipv4HeaderSlice::from_slice(piece.bytes) {
        Ok(header) => header,
        Err(HeaderSliceError::Len(short)) => {
            return decoded.stop_short(piece, "ip", short.required_len);
        }
        Err(HeaderSliceError::Content(HeaderError::UnexpectedVersion { version_number })) => {
            let why = format!("IP version {version_number} where 4 was announced");
            return decoded.stop_at(piece, "ip", StopKind::Malformed, why);
        }
        Err(HeaderSliceError::Content(HeaderError::HeaderLengthSmallerThanHeader { ihl })) => {
            let why = format!("a header length of {} bytes, below 20", u16::from(ihl) * 4);
            return decoded.stop_at(piece, "ip", StopKind::Malformed, why);
        }
    };
    let header_len = header.slice().len();
    let total_len = usize::from(header.total_len());
    if total_len != 0 && total_len < header_len {
        let why = format!("a total length of {total_len} bytes, below its header's {header_len}");
        return decoded.stop_at(piece, "ip", StopKind::Malformed, why);
    }
    // A packet captured before the device cut it into segments has no length (or a wrong one
    // beyond 65,535 bytes): the frame's counts.
    let piece = if total_len == 0 { piece } else { piece.cut(total_len) };
    let offset = u32::from(header.fragments_offset().value()) * 8;
    let more = header.more_fragments();
    let protocol = header.protocol();
    let fragment = (more || offset != 0).then_some(Fragment { offset, more });
    decoded.network = Some(Network {
        source: IpAddr::V4(header.source_addr()),
        destination: IpAddr::V4(header.destination_addr()),
        ttl: header.ttl(),
        protocol: protocol.0,
        identification: Some(u32::from(header.identification())),
        fragment,
        checksum_ok: Sum16BitWords::new().add_slice(header.slice()).ones_complement() == 0,
    });
    if !decoded.push(Layer::Ipv4(header), piece) {
        return;
    }
    let rest = piece.after(header_len);
    if fragment.is_some() {
        decoded.end_with(rest);
    } else {
        ip_payload(decoded, rest, protocol.0);
    }
}

/// IPv6 (RFC 8200), its extension headers and what it carries.
pub(in crate::packet) fn ipv6<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let header = match Ipv6HeaderSlice::from_slice(piece.bytes) {
        Ok(header) => header,
        Err(etherparse::err::ipv6::HeaderSliceError::Len(short)) => {
            return decoded.stop_short(piece, "ipv6", short.required_len);
        }
        Err(etherparse::err::ipv6::HeaderSliceError::Content(error)) => {
            let etherparse::err::ipv6::HeaderError::UnexpectedVersion { version_number } = error;
            let why = format!("IP version {version_number} where 6 was announced");
            return decoded.stop_at(piece, "ipv6", StopKind::Malformed, why);
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
        piece.cut(header_len.saturating_add(payload_len))
    };
    decoded.network = Some(Network {
        source: IpAddr::V6(header.source_addr()),
        destination: IpAddr::V6(header.destination_addr()),
        ttl: header.hop_limit(),
        protocol: next.0,
        identification: None,
        fragment: None,
        checksum_ok: true,
    });
    if !decoded.push(Layer::Ipv6(header), piece) {
        return;
    }
    let rest = piece.after(header_len);
    if is_extension(next) {
        ipv6_extensions(decoded, rest, next);
    } else {
        ip_payload(decoded, rest, next.0);
    }
}

const fn is_extension(number: IpNumber) -> bool {
    matches!(
        number,
        ip_number::IPV6_HOP_BY_HOP
            | ip_number::IPV6_ROUTE
            | ip_number::IPV6_FRAG
            | ip_number::IPV6_DEST_OPTIONS
            | ip_number::AUTH
    )
}

/// The chain of extension headers. It ends at the fragment header of a real fragment: what
/// follows there is a piece of something, not a header (RFC 8200 §4.5).
fn ipv6_extensions<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, first: IpNumber) {
    let mut rest = piece;
    let mut next = first;
    let mut identification = None;
    let mut fragment = None;
    let mut broken = None;
    while is_extension(next) && fragment.is_none() {
        let (header_len, follows) = match next {
            ip_number::IPV6_HOP_BY_HOP if rest.offset != piece.offset => {
                broken = Some(Broken::Malformed("hop-by-hop options behind another header"));
                break;
            }
            ip_number::IPV6_FRAG => match Ipv6FragmentHeaderSlice::from_slice(rest.bytes) {
                Ok(header) => {
                    identification = Some(header.identification());
                    if header.is_fragmenting_payload() {
                        fragment = Some(Fragment {
                            offset: u32::from(header.fragment_offset().value()) * 8,
                            more: header.more_fragments(),
                        });
                    }
                    (header.slice().len(), header.next_header())
                }
                Err(short) => {
                    broken = Some(Broken::Short(short.required_len));
                    break;
                }
            },
            ip_number::AUTH => match IpAuthHeaderSlice::from_slice(rest.bytes) {
                Ok(header) => (header.slice().len(), header.next_header()),
                Err(error) => {
                    broken = Some(Broken::auth(&error));
                    break;
                }
            },
            _ => match Ipv6RawExtHeaderSlice::from_slice(rest.bytes) {
                Ok(header) => (header.slice().len(), header.next_header()),
                Err(short) => {
                    broken = Some(Broken::Short(short.required_len));
                    break;
                }
            },
        };
        rest = rest.after(header_len);
        next = follows;
    }
    if let Some(network) = &mut decoded.network {
        network.protocol = next.0;
        network.identification = identification;
        network.fragment = fragment;
    }
    let read = rest.offset.saturating_sub(piece.offset);
    if read > 0 {
        // never beyond what was walked here: etherparse itself would read on behind a fragment
        // header, into the piece
        let walked = piece.bytes.get(..read).unwrap_or_default();
        let (extensions, ..) = Ipv6ExtensionsSlice::from_slice_lax(first, walked);
        if !decoded.push(Layer::Ipv6Extensions(extensions), piece) {
            return;
        }
    }
    match broken {
        Some(broken) => broken.stop(decoded, rest, extension_name(next)),
        None if fragment.is_some() => decoded.end_with(rest),
        None => ip_payload(decoded, rest, next.0),
    }
}

/// What `decoded.network` announces, once its fragments have been put together.
pub(in crate::packet) fn reassembled<'p>(
    decoded: &mut Decoded<'p>,
    piece: Piece<'p>,
    network: Network,
) {
    let next = IpNumber(network.protocol);
    if network.source.is_ipv6() && is_extension(next) {
        ipv6_extensions(decoded, piece, next);
    } else {
        ip_payload(decoded, piece, next.0);
    }
}

/// What the IP header announces: more IP, an authentication header, or a transport.
#[inline]
fn ip_payload<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>, protocol: u8) {
    match IpNumber(protocol) {
        ip_number::IPV4 => ipv4(decoded, piece),
        ip_number::IPV6 => ipv6(decoded, piece),
        ip_number::AUTH => auth(decoded, piece),
        _ => transport(decoded, piece, protocol),
    }
}

/// An authentication header behind IPv4 (RFC 4302).
fn auth<'p>(decoded: &mut Decoded<'p>, piece: Piece<'p>) {
    let header = match IpAuthHeaderSlice::from_slice(piece.bytes) {
        Ok(header) => header,
        Err(error) => return Broken::auth(&error).stop(decoded, piece, "ah"),
    };
    let (header_len, next) = (header.slice().len(), header.next_header().0);
    if let Some(network) = &mut decoded.network {
        network.protocol = next;
    }
    if decoded.push(Layer::Auth(header), piece) {
        ip_payload(decoded, piece.after(header_len), next);
    }
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

/// Why an extension header could not be read.
enum Broken {
    Short(usize),
    Malformed(&'static str),
}

impl Broken {
    fn auth(error: &etherparse::err::ip_auth::HeaderSliceError) -> Self {
        match error {
            etherparse::err::ip_auth::HeaderSliceError::Len(short) => {
                Self::Short(short.required_len)
            }
            etherparse::err::ip_auth::HeaderSliceError::Content(_) => {
                Self::Malformed("a payload length of 0, below its fixed part")
            }
        }
    }

    fn stop<'p>(self, decoded: &mut Decoded<'p>, piece: Piece<'p>, layer: &'static str) {
        match self {
            Self::Short(needed) => decoded.stop_short(piece, layer, needed),
            Self::Malformed(why) => decoded.stop_at(piece, layer, StopKind::Malformed, why),
        }
    }
}

const fn extension_name(number: IpNumber) -> &'static str {
    match number {
        ip_number::IPV6_HOP_BY_HOP => "ipv6.hopopts",
        ip_number::IPV6_ROUTE => "ipv6.routing",
        ip_number::IPV6_FRAG => "ipv6.fraghdr",
        ip_number::IPV6_DEST_OPTIONS => "ipv6.dstopts",
        _ => "ah",
    }
}
