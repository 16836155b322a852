//! ARP (RFC 826): who has which IPv4 address on the link.
//!
//! Takes whole ARP packets, gives what each says about neighbours. Pairs no requests with replies:
//! that is the trace's.

use std::net::Ipv4Addr;

use bytes::Bytes;
use etherparse::{ArpHardwareId, ArpOperation, ArpPacketSlice, EtherType};

use crate::address::MacAddr;
use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, Transport};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, Verdict};
use crate::protocol::event::EventBody;
use crate::protocol::neighbor::{Binding, Method, NeighborMessage};

/// ARP.
pub static ARP: Protocol = Protocol {
    name: "arp",
    transports: &[Transport::Arp],
    ports: &[],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |_| Box::new(Arp),
};

/// Each packet says all: nothing is kept.
struct Arp;

impl Analyzer for Arp {
    fn datagram(
        &mut self,
        _: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        match ArpPacketSlice::from_slice(bytes) {
            Ok(packet) => cx.emit(said(&packet)),
            Err(_) if missing > 0 => {}
            Err(error) => {
                let text = format!("an ARP packet of {} bytes: {error}", bytes.len());
                let anomaly = Anomaly::new("arp.malformed", Class::Malformed, text);
                cx.anomaly(anomaly.citing("RFC 826"));
            }
        }
        Progress::More
    }
}

fn said(packet: &ArpPacketSlice<'_>) -> EventBody {
    match message(packet) {
        Some(message) => EventBody::Neighbor(message),
        None => EventBody::Note { protocol: ARP.name, text: words(packet) },
    }
}

/// What a request or reply for IPv4 on Ethernet (or another link with such addresses) says.
fn message(packet: &ArpPacketSlice<'_>) -> Option<NeighborMessage> {
    let ether = packet.hw_addr_type() == ArpHardwareId::ETHERNET
        || packet.hw_addr_type() == ArpHardwareId::IEEE802;
    if !ether || packet.proto_addr_type() != EtherType::IPV4 {
        return None;
    }
    let sender_mac = MacAddr(packet.sender_hw_addr().try_into().ok()?);
    let target_mac = MacAddr(packet.target_hw_addr().try_into().ok()?);
    let sender = ipv4(packet.sender_protocol_addr())?;
    let target = ipv4(packet.target_protocol_addr())?;
    let (method, owner) = (Method::Arp, Binding { ip: sender.into(), mac: sender_mac });
    Some(match packet.operation() {
        ArpOperation::REQUEST if sender.is_unspecified() => {
            NeighborMessage::Probe { method, asker_mac: Some(sender_mac), target: target.into() }
        }
        ArpOperation::REQUEST | ArpOperation::REPLY if sender == target => {
            NeighborMessage::Announcement { method, owner }
        }
        ArpOperation::REQUEST => NeighborMessage::Request {
            method,
            asker_ip: sender.into(),
            asker_mac: Some(sender_mac),
            target: target.into(),
            // the asker names the machine only where it knows it already
            unicast: target_mac != NOBODY && !target_mac.is_group(),
        },
        ArpOperation::REPLY => NeighborMessage::Reply {
            method,
            owner,
            told: (!target_mac.is_group()).then_some(target.into()),
            solicited: true,
            router: None,
        },
        _ => return None,
    })
}

fn words(packet: &ArpPacketSlice<'_>) -> String {
    let ArpOperation(operation) = packet.operation();
    let name = match operation {
        1 => "request",
        2 => "reply",
        3 => "reverse request",
        4 => "reverse reply",
        8 => "inverse request",
        9 => "inverse reply",
        _ => "operation",
    };
    let ArpHardwareId(hardware) = packet.hw_addr_type();
    let EtherType(protocol) = packet.proto_addr_type();
    format!("{name} ({operation}), hardware type {hardware}, protocol 0x{protocol:04x}")
}

fn ipv4(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

/// What an asker writes where it does not know.
const NOBODY: MacAddr = MacAddr([0; 6]);

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const ASKER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const OWNER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
    const A: [u8; 4] = [10, 0, 0, 1];
    const B: [u8; 4] = [10, 0, 0, 2];

    fn packet(operation: u8, sender: (MacAddr, [u8; 4]), target: (MacAddr, [u8; 4])) -> EventBody {
        let mut bytes = vec![0, 1, 8, 0, 6, 4, 0, operation];
        for (mac, ip) in [sender, target] {
            bytes.extend(mac.0);
            bytes.extend(ip);
        }
        said(&ArpPacketSlice::from_slice(&bytes).unwrap())
    }

    fn ip(bytes: [u8; 4]) -> IpAddr {
        Ipv4Addr::from(bytes).into()
    }

    #[test]
    fn a_question_and_its_answer() {
        let request = |unicast| {
            EventBody::Neighbor(NeighborMessage::Request {
                method: Method::Arp,
                asker_ip: ip(A),
                asker_mac: Some(ASKER),
                target: ip(B),
                unicast,
            })
        };
        assert_eq!(packet(1, (ASKER, A), (NOBODY, B)), request(false));
        assert_eq!(packet(1, (ASKER, A), (MacAddr::BROADCAST, B)), request(false));
        assert_eq!(packet(1, (ASKER, A), (OWNER, B)), request(true));
        assert_eq!(
            packet(2, (OWNER, B), (ASKER, A)),
            EventBody::Neighbor(NeighborMessage::Reply {
                method: Method::Arp,
                owner: Binding { ip: ip(B), mac: OWNER },
                told: Some(ip(A)),
                solicited: true,
                router: None,
            })
        );
    }

    #[test]
    fn probes_and_announcements_ask_nobody() {
        assert_eq!(
            packet(1, (ASKER, [0; 4]), (NOBODY, A)),
            EventBody::Neighbor(NeighborMessage::Probe {
                method: Method::Arp,
                asker_mac: Some(ASKER),
                target: ip(A),
            })
        );
        for operation in [1, 2] {
            assert_eq!(
                packet(operation, (ASKER, A), (MacAddr::BROADCAST, A)),
                EventBody::Neighbor(NeighborMessage::Announcement {
                    method: Method::Arp,
                    owner: Binding { ip: ip(A), mac: ASKER },
                })
            );
        }
    }

    #[test]
    fn others_are_noted() {
        let note = |text: &str| EventBody::Note { protocol: "arp", text: text.to_owned() };
        assert_eq!(
            packet(3, (ASKER, A), (ASKER, A)),
            note("reverse request (3), hardware type 1, protocol 0x0800")
        );
        // one-byte addresses of ARCNET
        let bytes = [0, 7, 8, 0, 1, 4, 0, 1, 9, 10, 0, 0, 1, 0, 10, 0, 0, 2];
        assert_eq!(
            said(&ArpPacketSlice::from_slice(&bytes).unwrap()),
            note("request (1), hardware type 7, protocol 0x0800")
        );
    }
}
