//! The Internet checksum of transports (RFC 1071), fast enough to be verified on every packet.

use std::net::IpAddr;

/// True where `segment`, a whole TCP, UDP, ICMP or ICMPv6 message with its checksum field in
/// place, sums up with its pseudo header (none for ICMP over IPv4).
pub(super) fn is_right(source: IpAddr, destination: IpAddr, protocol: u8, segment: &[u8]) -> bool {
    let pseudo = match (source, destination) {
        (IpAddr::V4(_), IpAddr::V4(_)) if protocol == ICMP => 0,
        (IpAddr::V4(source), IpAddr::V4(destination)) => sum(&source.octets())
            .wrapping_add(sum(&destination.octets()))
            .wrapping_add(length_and_protocol(segment.len(), protocol)),
        (IpAddr::V6(source), IpAddr::V6(destination)) => sum(&source.octets())
            .wrapping_add(sum(&destination.octets()))
            .wrapping_add(length_and_protocol(segment.len(), protocol)),
        _ => return true,
    };
    fold(pseudo.wrapping_add(sum(segment))) == 0xffff
}

const ICMP: u8 = 1;

/// Both in the last words of the pseudo header, in the byte order that [`sum`] counts in.
fn length_and_protocol(length: usize, protocol: u8) -> u64 {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    sum(&length.to_be_bytes()).wrapping_add(sum(&[0, protocol]))
}

/// The sum of the 16-bit words in the machine's own byte order (RFC 1071 §2 B: it matters only
/// at the end, and not at all for a comparison with all ones).
///
/// Words are added four bytes at a time into 64 bits, in lanes that the compiler makes vectors
/// of: carries cannot be lost below 16 GiB.
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    let mut lanes = [0u64; LANES];
    let (blocks, rest) = bytes.as_chunks::<{ LANES * 4 }>();
    for block in blocks {
        let (words, _) = block.as_chunks::<4>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = lane.wrapping_add(u64::from(u32::from_ne_bytes(*word)));
        }
    }
    let mut total = lanes.iter().fold(0u64, |total, lane| total.wrapping_add(*lane));
    let (words, rest) = rest.as_chunks::<2>();
    for word in words {
        total = total.wrapping_add(u64::from(u16::from_ne_bytes(*word)));
    }
    if let [last] = rest {
        total = total.wrapping_add(u64::from(u16::from_ne_bytes([*last, 0])));
    }
    total
}

/// The ones' complement sum in 16 bits.
const fn fold(mut sum: u64) -> u64 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum
}

const LANES: usize = 8;

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use etherparse::{TcpHeader, UdpHeader, checksum};

    use super::*;

    #[test]
    fn agrees_with_etherparse_at_every_length() {
        let (a, b) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 255));
        let bytes: Vec<u8> = (0..=255u8).map(|n| n.wrapping_mul(89)).chain(0..44).collect();
        for length in 0..bytes.len() {
            let payload = &bytes[..length];
            let mut header = TcpHeader::new(443, 50_000, 0xffff_fff0, 1000);
            header.checksum =
                header.calc_checksum_ipv4_raw(a.octets(), b.octets(), payload).unwrap();
            let mut segment = header.to_bytes().to_vec();
            segment.extend_from_slice(payload);
            assert!(is_right(a.into(), b.into(), 6, &segment), "{length}");
            segment[4] ^= 0x10;
            assert!(!is_right(a.into(), b.into(), 6, &segment), "{length}");
        }
    }

    #[test]
    fn ipv6_and_all_ones() {
        let (a, b) = (Ipv6Addr::LOCALHOST, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        let mut header = UdpHeader { source_port: 1, destination_port: 2, length: 11, checksum: 0 };
        let payload = [0xff, 0xff, 0x80];
        header.checksum = header.calc_checksum_ipv6_raw(a.octets(), b.octets(), &payload).unwrap();
        let mut datagram = header.to_bytes().to_vec();
        datagram.extend_from_slice(&payload);
        assert!(is_right(a.into(), b.into(), 17, &datagram));
        assert!(!is_right(b.into(), a.into(), 17, &[datagram.as_slice(), &[0]].concat()));
    }

    #[test]
    fn icmp_has_no_pseudo_header() {
        let mut message = [8, 0, 0, 0, 0, 1, 0, 2, 0xab];
        let sum = checksum::Sum16BitWords::new().add_slice(&message).ones_complement();
        message[2..4].copy_from_slice(&sum.to_be().to_be_bytes());
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(is_right(ip, ip, 1, &message));
    }
}
