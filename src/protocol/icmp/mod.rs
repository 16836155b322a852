//! ICMP (RFC 792) and ICMPv6 (RFC 4443): what the network says about packets, in words.
//!
//! Takes messages from their type byte on, gives a note for each; Neighbor Discovery, which
//! ICMPv6 carries, is given to its own room.

mod words;

use bytes::Bytes;
use etherparse::{Icmpv4Slice, Icmpv6Slice};

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, Transport};
use crate::packet::quote::quoted;
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, Verdict};
use crate::protocol::configuration::{Configuration, ConfiguredBy};
use crate::protocol::event::EventBody;
use crate::protocol::icmp::words::Words;
use crate::protocol::ndp::{self, Said};
use crate::protocol::neighbor::NeighborMessage;
use crate::protocol::refusal::Refusal;

/// ICMP for IPv4.
pub static ICMP: Protocol = Protocol {
    name: "icmp",
    transports: &[Transport::Icmpv4],
    ports: &[],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |_| Box::new(Icmp),
};

/// ICMPv6, with Neighbor Discovery.
pub static ICMPV6: Protocol = Protocol {
    name: "icmpv6",
    transports: &[Transport::Icmpv6],
    ports: &[],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |_| Box::new(Icmpv6),
};

/// Each message says all: nothing is kept.
struct Icmp;

impl Analyzer for Icmp {
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        match Icmpv4Slice::from_slice(bytes) {
            Ok(icmp) => {
                let (kind, code, rest) = (icmp.type_u8(), icmp.code_u8(), icmp.bytes5to8());
                let words = words::icmpv4(kind, code, rest, icmp.payload());
                say(ICMP.name, words, icmp.payload(), direction, cx);
            }
            Err(error) => cut(ICMP.name, bytes.len(), missing, &error.to_string(), cx),
        }
        Progress::More
    }
}

/// Each message says all: nothing is kept.
struct Icmpv6;

impl Analyzer for Icmpv6 {
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        let icmp = match Icmpv6Slice::from_slice(bytes) {
            Ok(icmp) => icmp,
            Err(error) => {
                cut(ICMPV6.name, bytes.len(), missing, &error.to_string(), cx);
                return Progress::More;
            }
        };
        let (sender, receiver) = match direction {
            Direction::ToServer => (cx.flow.client, cx.flow.server),
            Direction::ToClient => (cx.flow.server, cx.flow.client),
        };
        if let Some((said, fault)) = ndp::read(&icmp, sender, receiver) {
            if let Said::Neighbor(message) = &said
                && let Some(configuration) = advertised(message)
            {
                cx.emit(EventBody::Configuration(Box::new(configuration)));
            }
            cx.emit(match said {
                Said::Neighbor(message) => EventBody::Neighbor(message),
                Said::Words(text) => EventBody::Note { protocol: "ndp", text },
            });
            if let Some(fault) = fault.filter(|_| missing == 0) {
                let text =
                    format!("a Neighbor Discovery message of {} bytes: {fault}", bytes.len());
                let anomaly = Anomaly::new("ndp.malformed", Class::Malformed, text);
                cx.anomaly(anomaly.citing("RFC 4861 §4"));
            }
        } else {
            let (kind, code, rest) = (icmp.type_u8(), icmp.code_u8(), icmp.bytes5to8());
            let words = words::icmpv6(kind, code, rest, icmp.payload());
            say(ICMPV6.name, words, icmp.payload(), direction, cx);
        }
        Progress::More
    }
}

/// What hosts make of a router's advertisement: they give themselves addresses of its networks.
fn advertised(message: &NeighborMessage) -> Option<Configuration> {
    let NeighborMessage::Router { ip, prefixes, lifetime, dns, .. } = message else { return None };
    if prefixes.is_empty() && dns.is_empty() {
        return None;
    }
    Some(Configuration {
        networks: prefixes.clone(),
        routers: if *lifetime > 0 { vec![*ip] } else { Vec::new() },
        dns: dns.clone(),
        lifetime: Some(u32::from(*lifetime)),
        server: Some(*ip),
        ..Configuration::new(ConfiguredBy::Router)
    })
}

fn say(
    protocol: &'static str,
    words: Words,
    payload: &[u8],
    direction: Direction,
    cx: &mut Context<'_>,
) {
    let (reason, mtu) = match words {
        Words::Error(reason, mtu) => (reason, mtu),
        Words::Other(text) => return cx.emit(EventBody::Note { protocol, text }),
    };
    let from = match direction {
        Direction::ToServer => cx.flow.client.ip,
        Direction::ToClient => cx.flow.server.ip,
    };
    let about = quoted(payload);
    cx.emit(EventBody::Refusal(Box::new(Refusal { protocol, from, reason, mtu, about })));
}

fn cut(protocol: &'static str, len: usize, missing: u32, error: &str, cx: &mut Context<'_>) {
    if missing > 0 {
        let text = format!("cut off after {len} bytes");
        cx.emit(EventBody::Note { protocol, text });
    } else {
        let text = format!("an {protocol} message of {len} bytes: {error}");
        cx.anomaly(Anomaly::new("icmp.malformed", Class::Malformed, text).citing("RFC 792"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first 28 bytes of a UDP datagram from 10.0.0.1:40000 to 192.0.2.9:53.
    const UDP: [u8; 28] = [
        0x45, 0, 0, 60, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 9, 0x9c, 0x40, 0, 53, 0,
        40, 0, 0,
    ];

    /// A message in words.
    fn text(words: Words, payload: &[u8]) -> String {
        match words {
            Words::Error(reason, mtu) => {
                let from = [192, 0, 2, 1].into();
                let about = quoted(payload);
                Refusal { protocol: "icmp", from, reason, mtu, about }.text()
            }
            Words::Other(text) => text,
        }
    }

    fn v4(kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> String {
        text(words::icmpv4(kind, code, rest, payload), payload)
    }

    fn v6(kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> String {
        text(words::icmpv6(kind, code, rest, payload), payload)
    }

    #[test]
    fn an_error_tells_which_packet_it_is_about() {
        let quoted = ": UDP from 10.0.0.1:40000 to 192.0.2.9:53";
        assert_eq!(v4(3, 3, [0; 4], &UDP), format!("port unreachable{quoted}"));
        assert_eq!(
            v4(3, 4, [0, 0, 5, 0x78], &UDP),
            format!("fragmentation needed, next MTU 1400{quoted}")
        );
        // of a TCP segment, the ports are all that eight bytes tell
        let mut tcp = UDP;
        tcp[9] = 6;
        tcp[22..24].copy_from_slice(&443u16.to_be_bytes());
        assert_eq!(
            v4(11, 0, [0; 4], &tcp),
            "time to live exceeded: TCP from 10.0.0.1:40000 to 192.0.2.9:443"
        );
        // a later fragment has no ports
        tcp[7] = 9;
        assert_eq!(v4(3, 1, [0; 4], &tcp), "host unreachable: TCP from 10.0.0.1 to 192.0.2.9");
        assert_eq!(v4(3, 1, [0; 4], &[]), "host unreachable");
    }

    #[test]
    fn version_six_has_its_own_numbers() {
        let mut ipv6 = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
        ipv6.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        ipv6.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        ipv6.extend([0x9c, 0x40, 1, 0xbb]);
        assert_eq!(
            v6(2, 0, [0, 0, 5, 0], &ipv6),
            "packet too big, next MTU 1280: TCP from [2001:db8::1]:40000 to [2001:db8::2]:443"
        );
        assert_eq!(v6(129, 0, [0, 7, 0, 3], &[0; 56]), "echo reply, id 7, sequence 3, 56 bytes");
        assert_eq!(v6(200, 1, [0; 4], &[]), "type 200, code 1");
    }
}
