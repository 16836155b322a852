//! Types and codes of ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443) in words.

use std::borrow::Cow;

use crate::cursor::Cursor;

/// What a message says.
pub(super) enum Words {
    /// Of a packet, which it quotes: it was not delivered; and how large it might have been.
    Error(Cow<'static, str>, Option<u32>),
    /// Something else.
    Other(String),
}

/// What an ICMP message for IPv4 says.
pub(super) fn icmpv4(kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> Words {
    let [_, _, high, low] = rest;
    let reason = match (kind, code) {
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => {
            let mtu = u16::from_be_bytes([high, low]);
            let reason = format!("fragmentation needed, next MTU {mtu}");
            return Words::Error(reason.into(), Some(u32::from(mtu)));
        }
        (3, 5) => "source route failed",
        (3, 6) => "destination network unknown",
        (3, 7) => "destination host unknown",
        (3, 8) => "source host isolated",
        (3, 9) => "network administratively prohibited",
        (3, 10) => "host administratively prohibited",
        (3, 11) => "network unreachable for this type of service",
        (3, 12) => "host unreachable for this type of service",
        (3, 13) => "communication administratively prohibited",
        (3, 14) => "host precedence violation",
        (3, 15) => "precedence cutoff in effect",
        (3, _) => "destination unreachable",
        (4, _) => "source quench",
        (5, _) => {
            let gateway = std::net::Ipv4Addr::from(rest);
            return Words::Error(format!("redirect: go through {gateway}").into(), None);
        }
        (11, 0) => "time to live exceeded",
        (11, 1) => "fragment reassembly time exceeded",
        (11, _) => "time exceeded",
        (12, _) => "parameter problem",
        (0, _) => return echo("reply", rest, payload),
        (8, _) => return echo("request", rest, payload),
        (9, _) => return other("router advertisement"),
        (10, _) => return other("router solicitation"),
        (13, _) => return other("timestamp request"),
        (14, _) => return other("timestamp reply"),
        (17, _) => return other("address mask request"),
        (18, _) => return other("address mask reply"),
        _ => return Words::Other(format!("type {kind}, code {code}")),
    };
    Words::Error(Cow::Borrowed(reason), None)
}

/// What an ICMPv6 message says that is not Neighbor Discovery.
pub(super) fn icmpv6(kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> Words {
    let reason = match (kind, code) {
        (1, 0) => "no route to destination",
        (1, 1) => "communication administratively prohibited",
        (1, 2) => "beyond scope of source address",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, 5) => "source address failed policy",
        (1, 6) => "reject route to destination",
        (1, _) => "destination unreachable",
        (2, _) => {
            let mtu = u32::from_be_bytes(rest);
            return Words::Error(format!("packet too big, next MTU {mtu}").into(), Some(mtu));
        }
        (3, 0) => "hop limit exceeded",
        (3, 1) => "fragment reassembly time exceeded",
        (3, _) => "time exceeded",
        (4, 0) => "erroneous header field",
        (4, 1) => "unrecognized next header",
        (4, 2) => "unrecognized IPv6 option",
        (4, _) => "parameter problem",
        (128, _) => return echo("request", rest, payload),
        (129, _) => return echo("reply", rest, payload),
        (130, _) => return other("multicast listener query"),
        (131 | 143, _) => return other("multicast listener report"),
        (132, _) => return other("multicast listener done"),
        _ => return Words::Other(format!("type {kind}, code {code}")),
    };
    Words::Error(Cow::Borrowed(reason), None)
}

fn other(text: &str) -> Words {
    Words::Other(text.to_owned())
}

fn echo(what: &str, rest: [u8; 4], payload: &[u8]) -> Words {
    let mut cursor = Cursor::new(&rest);
    let (id, sequence) = (cursor.u16().unwrap_or(0), cursor.u16().unwrap_or(0));
    let length = payload.len();
    Words::Other(format!("echo {what}, id {id}, sequence {sequence}, {length} bytes"))
}
