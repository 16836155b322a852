//! The packet that an ICMP error quotes: which flow it is about.

use std::net::IpAddr;

use crate::address::Endpoint;
use crate::capture::source::LinkType;
use crate::cursor::Cursor;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::link;
use crate::packet::piece::Piece;

/// Who sent the quoted packet to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Its sender: whom the error is told. The port is 0 where none is quoted.
    pub source: Endpoint,
    /// Where it did not arrive.
    pub destination: Endpoint,
    /// An IANA protocol number.
    pub protocol: u8,
    /// True where the ports are quoted.
    pub has_ports: bool,
}

/// Reads the payload of an ICMP or ICMPv6 error: an IP header and at least 8 bytes behind it
/// (RFC 792, RFC 4443 §2.4). None where that is no IP packet.
pub fn quoted(payload: &[u8]) -> Option<Quoted> {
    let mut decoded = Decoded::default();
    // the outermost packet is the one that was refused, whatever it carries
    let _ = link::link(&mut decoded, LinkType::RAW, Piece::whole(payload, payload.len()));
    let network = decoded.network?;
    let ports = |bytes| {
        let mut cursor = Cursor::new(bytes);
        Some((cursor.u16().ok()?, cursor.u16().ok()?))
    };
    let is_first = network.fragment.is_none_or(|fragment| fragment.offset == 0);
    let quoted = match decoded.layers.last() {
        Some(Layer::Tcp(tcp)) => Some((tcp.source_port(), tcp.destination_port())),
        Some(Layer::Udp(udp)) => Some((udp.source_port(), udp.destination_port())),
        // eight bytes of what IP carries are enough: no whole TCP header
        _ if matches!(network.protocol, 6 | 17) && is_first => ports(decoded.payload),
        _ => None,
    };
    let (source, destination) = quoted.unwrap_or_default();
    let end = |ip: IpAddr, port| Endpoint::new(ip, port);
    Some(Quoted {
        source: end(network.source, source),
        destination: end(network.destination, destination),
        protocol: network.protocol,
        has_ports: quoted.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::build::Capture;

    #[test]
    fn tcp_by_its_first_eight_bytes() {
        let mut capture = Capture::new();
        capture.tcp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 80)).syn();
        let packet = &capture.packets()[0].data;
        let quote = quoted(&packet[14..14 + 28]).unwrap();
        assert_eq!(quote.source.to_string(), "10.0.0.2:5000");
        assert_eq!(quote.destination.to_string(), "10.0.0.1:80");
        assert_eq!(quote.protocol, 6);
        assert_eq!(quoted(&packet[14..14 + 20]).unwrap().source.port, 0);
        assert_eq!(quoted(&packet[14..14 + 19]), None);
        assert_eq!(quoted(&[]), None);
    }
}
