//! Bytes in, layers out: each link type, each way to end early, any bytes at all.

mod network;
mod tunnels;

use std::net::Ipv6Addr;

use etherparse::TcpOptionElement;
use proptest::prelude::*;

use super::build::Capture;
use super::stop::{Stop, StopKind};
use super::*;
use crate::address::MacAddr;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

fn frame(build: impl FnOnce(&mut Capture)) -> Vec<u8> {
    let mut capture = Capture::new();
    build(&mut capture);
    capture.packets().last().unwrap().data.to_vec()
}

/// An IPv4 packet with TCP and `payload`, no link header.
fn ip_packet(payload: &[u8]) -> Vec<u8> {
    frame(|c| {
        c.tcp(CLIENT, SERVER).client(payload);
    })
    .split_off(14)
}

fn ethernet(kind: u16, rest: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], &kind.to_be_bytes()[..], rest].concat()
}

fn ipv6(next: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 64];
    packet.extend(Ipv6Addr::LOCALHOST.octets());
    packet.extend(Ipv6Addr::LOCALHOST.octets());
    packet.extend(rest);
    packet
}

fn whole(link: LinkType, bytes: &[u8]) -> Decoded<'_> {
    decode_bytes(link, bytes, u32::try_from(bytes.len()).unwrap())
}

fn names(decoded: &Decoded<'_>) -> String {
    protocols(decoded).collect::<Vec<_>>().join(":")
}

fn stop(decoded: &Decoded<'_>) -> (&'static str, usize, StopKind, String) {
    let Stop { layer, offset, why, kind } = decoded.stop.clone().unwrap();
    (layer, offset, kind, why.into_owned())
}

#[test]
fn every_link_type_leads_to_the_payload() {
    let ip = ip_packet(b"hello");
    let cooked = [0, 0, 3, 4, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0];
    let cooked2 = [8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0];
    let mac = |last| Some(MacAddr([2, 0, 0, 0, 0, last]));
    let cases: [(LinkType, Vec<u8>, &str, Option<MacAddr>); 11] = [
        (LinkType::ETHERNET, ethernet(0x800, &ip), "eth:ip:tcp", mac(2)),
        (LinkType::LINUX_SLL, [&cooked, &ip[..]].concat(), "sll:ip:tcp", mac(9)),
        (LinkType::LINUX_SLL2, [&cooked2, &ip[..]].concat(), "sll:ip:tcp", mac(9)),
        (LinkType::NULL, [&[2, 0, 0, 0], &ip[..]].concat(), "null:ip:tcp", None),
        (LinkType::NULL, [&[0, 0, 0, 2], &ip[..]].concat(), "null:ip:tcp", None),
        (LinkType::NULL, [&[0, 8, 0, 0], &ip[..]].concat(), "null:ip:tcp", None),
        (LinkType::LOOP, [&[0, 0, 0, 2], &ip[..]].concat(), "null:ip:tcp", None),
        (LinkType::RAW, ip.clone(), "ip:tcp", None),
        (LinkType(12), ip.clone(), "ip:tcp", None),
        (LinkType(14), ip.clone(), "ip:tcp", None),
        (LinkType::IPV4, ip.clone(), "ip:tcp", None),
    ];
    for (link, bytes, expected, source) in cases {
        let decoded = whole(link, &bytes);
        assert_eq!(names(&decoded), expected, "{link:?}");
        assert_eq!(decoded.transport_payload(), Some(&b"hello"[..]), "{link:?}");
        assert_eq!(decoded.payload_offset, bytes.len() - 5);
        assert_eq!(decoded.macs.map(|macs| macs.source), source, "{link:?}");
        assert_eq!((decoded.missing, decoded.stop.clone()), (0, None));
        assert_eq!(transport_checksum_ok(&decoded), Some(true));
    }
    let six = ipv6(17, &[0, 1, 0, 2, 0, 9, 0, 0, b'x']);
    for (link, bytes) in [
        (LinkType::IPV6, six.clone()),
        (LinkType::RAW, six.clone()),
        (LinkType::NULL, [&[30, 0, 0, 0], &six[..]].concat()),
    ] {
        assert_eq!(whole(link, &bytes).payload, b"x");
    }
}

#[test]
fn what_a_link_does_not_decode_is_named() {
    let decoded = whole(LinkType(227), &[1, 2, 3]);
    let why = "link type 227 (CAN) is not decoded".to_owned();
    assert_eq!(stop(&decoded), ("link", 0, StopKind::Unknown, why));
    let lldp = ethernet(0x88cc, &[2, 7]);
    let decoded = whole(LinkType::ETHERNET, &lldp);
    let why = "EtherType 0x88cc (LLDP) is not decoded".to_owned();
    assert_eq!(stop(&decoded), ("lldp", 14, StopKind::Unknown, why));
    assert_eq!(decoded.payload, [2, 7]);
    let unknown = ethernet(0x1234, &[]);
    assert_eq!(stop(&whole(LinkType::ETHERNET, &unknown)).3, "EtherType 0x1234 is not decoded");
    let decoded = whole(LinkType::LOOP, &[0, 0, 0, 7, 1]);
    assert_eq!(stop(&decoded).3, "address family 7 is not decoded");
    let mut netlink = [0; 17];
    netlink[2..4].copy_from_slice(&824u16.to_be_bytes());
    assert_eq!(stop(&whole(LinkType::LINUX_SLL, &netlink)).0, "data");
}

#[test]
fn ieee_802_3_frames() {
    let ip = ip_packet(b"hi");
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip[..]].concat();
    let length = u16::try_from(snap.len()).unwrap();
    let bytes = ethernet(length, &[&snap[..], b"padding"].concat());
    let decoded = whole(LinkType::ETHERNET, &bytes);
    assert_eq!((names(&decoded).as_str(), decoded.payload), ("eth:llc:ip:tcp", &b"hi"[..]));
    let spanning_tree = ethernet(3, &[0x42, 0x42, 3, 0, 0, 0]);
    let decoded = whole(LinkType::ETHERNET, &spanning_tree);
    assert_eq!((names(&decoded).as_str(), decoded.payload.len()), ("eth:stp", 3));
    let cisco = ethernet(8, &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0]);
    assert_eq!(names(&whole(LinkType::ETHERNET, &cisco)), "eth:llc:cdp");
    let cut = ethernet(8, &[0xaa, 0xaa, 3, 0]);
    assert_eq!(stop(&decode_bytes(LinkType::ETHERNET, &cut, 60)).2, StopKind::Truncated);
}

#[test]
fn vlan_tags() {
    let bytes = frame(|c| {
        c.vlan(&[100, 200]).udp(CLIENT, SERVER, b"tagged");
    });
    let decoded = whole(LinkType::ETHERNET, &bytes);
    assert_eq!(names(&decoded), "eth:ieee8021ad:vlan:ip:udp");
    assert_eq!(decoded.encapsulation.vlan, Vlan { outer: Some(100), inner: Some(200) });
    assert_eq!(decoded.payload, b"tagged");
    let one = frame(|c| {
        c.vlan(&[7]).arp_request([10, 0, 0, 1], [10, 0, 0, 2]);
    });
    let decoded = whole(LinkType::ETHERNET, &one);
    assert_eq!(
        (names(&decoded).as_str(), decoded.encapsulation.vlan.outer),
        ("eth:vlan:arp", Some(7))
    );
    assert_eq!(decoded.encapsulation.vlan.inner, None);
    // three tags of three kinds, then more than there is room for
    let mut rest = ip_packet(b"deep");
    for (id, kind) in [(3u8, 0x0800u16), (2, 0x9200), (1, 0x9100)] {
        rest = [&[0, id], &kind.to_be_bytes()[..], &rest].concat();
    }
    let bytes = ethernet(0x88a8, &rest);
    let decoded = whole(LinkType::ETHERNET, &bytes);
    assert_eq!(names(&decoded), "eth:ieee8021ad:vlan:vlan:ip:tcp");
    assert_eq!(decoded.encapsulation.vlan, Vlan { outer: Some(1), inner: Some(2) });
    assert_eq!(decoded.payload, b"deep");
    let bytes = ethernet(0x8100, &[0, 1, 0x81, 0].repeat(40));
    let decoded = whole(LinkType::ETHERNET, &bytes);
    assert_eq!(decoded.layers.len(), MAX_LAYERS);
    assert_eq!(stop(&decoded), ("nesting", 74, StopKind::Malformed, "more than 16 layers".into()));
}

#[test]
fn padding_is_no_payload() {
    let mut capture = Capture::new();
    capture.padded().tcp(CLIENT, SERVER).ack_client();
    capture.arp_request([10, 0, 0, 1], [10, 0, 0, 2]);
    for packet in capture.packets() {
        assert_eq!(packet.data.len(), 60);
        let decoded = decode(&packet);
        assert_eq!(decoded.payload, b"");
        assert_eq!((decoded.missing, decoded.stop), (0, None));
    }
}

#[test]
fn every_truncation_ends_in_a_stop_that_says_so() {
    let frames = [
        frame(|c| {
            c.tcp(CLIENT, SERVER).syn();
        }),
        frame(|c| {
            c.vlan(&[1, 2]).udp(CLIENT, SERVER, b"datagram");
        }),
        frame(|c| {
            c.arp_request([10, 0, 0, 1], [10, 0, 0, 2]);
        }),
        frame(|c| {
            c.neighbor_solicitation([0xfe80, 0, 0, 0, 0, 0, 0, 1], [0xfe80, 0, 0, 0, 0, 0, 0, 2]);
        }),
        frame(|c| {
            c.icmp([10, 0, 0, 1], [10, 0, 0, 2], 8, 0, [0, 1, 0, 1], b"ping");
        }),
    ];
    for bytes in &frames {
        let on_wire = u32::try_from(bytes.len()).unwrap();
        let complete = decode_bytes(LinkType::ETHERNET, bytes, on_wire);
        assert_eq!(complete.stop, None);
        let promised = complete.payload_offset + complete.payload.len();
        for length in 0..bytes.len() {
            let decoded = decode_bytes(LinkType::ETHERNET, &bytes[..length], on_wire);
            assert!(decoded.layers.len() <= complete.layers.len());
            let missing = usize::try_from(decoded.missing).unwrap();
            assert_eq!(decoded.payload_offset + decoded.payload.len() + missing, promised);
            match &decoded.stop {
                Some(stop) => {
                    assert_eq!(stop.kind, StopKind::Truncated, "{length}: {stop:?}");
                    assert!(stop.why.ends_with(" captured"), "{length}: {stop:?}");
                    assert_eq!(decoded.payload.len(), length - stop.offset);
                }
                None => assert_eq!(decoded.layers.len(), complete.layers.len()),
            }
            // a frame of this length on the wire breaks the rules instead
            let short = whole(LinkType::ETHERNET, &bytes[..length]);
            assert!(short.stop.is_none_or(|stop| stop.kind == StopKind::Malformed));
            assert_eq!(short.missing, 0);
        }
    }
}

#[test]
fn a_snapped_payload_is_missing() {
    let mut capture = Capture::new();
    capture.snaplen(60).tcp(CLIENT, SERVER).client(&[b'x'; 1000]);
    let packet = &capture.packets()[0];
    let decoded = decode(packet);
    assert_eq!((decoded.payload.len(), decoded.missing), (6, 994));
    assert_eq!(decoded.stop, None);
    assert_eq!(transport_checksum_ok(&decoded), None);
}

#[test]
fn a_snapped_header_of_tcp_is_read_without_its_options() {
    let mut capture = Capture::new();
    let options = [TcpOptionElement::Timestamp(1, 0)];
    capture.tcp(CLIENT, SERVER).syn_options(&options, &options).syn();
    let packet = &capture.snaplen(14 + 20 + 22).packets()[0];
    let syn = decode(packet);
    let tcp = syn.tcp().unwrap();
    assert!(tcp.syn() && tcp.is_cut());
    assert_eq!((syn.payload, syn.missing, &syn.stop), (&[][..], 0, &None));
    assert_eq!(transport_checksum_ok(&syn), None);
    // a packet that is no longer than this has a broken header
    let broken = whole(LinkType::ETHERNET, &packet.data);
    assert_eq!(broken.stop.map(|stop| stop.kind), Some(StopKind::Malformed));
}

#[test]
fn a_length_of_zero_takes_the_frame() {
    // TCP segmentation offload, and BIG TCP beyond 65,535 bytes (IPv6: jumbogram)
    let mut four = ip_packet(&[b'x'; 300]);
    four[2..4].fill(0);
    let decoded = decode_bytes(LinkType::RAW, &four, 100_000);
    assert_eq!(decoded.payload.len(), 300);
    assert_eq!(decoded.missing, 100_000 - 340);
    assert!(!decoded.network.unwrap().checksum_ok);
    assert_eq!(transport_checksum_ok(&whole(LinkType::RAW, &four)), None);
    let tcp = &ip_packet(b"jumbo")[20..];
    let jumbo = [&[6, 0, 0xc2, 4, 0, 1, 0, 0], tcp].concat();
    let mut six = ipv6(0, &jumbo);
    six[4..6].fill(0);
    let decoded = whole(LinkType::RAW, &six);
    assert_eq!(
        (names(&decoded).as_str(), decoded.payload),
        ("ipv6:ipv6.hopopts:tcp", &b"jumbo"[..])
    );
    // nothing follows: what stands there is padding
    let empty = [ipv6(59, &[]), vec![0; 6]].concat();
    let decoded = whole(LinkType::RAW, &empty);
    assert_eq!((decoded.payload, decoded.stop), (&[][..], None));
}

#[test]
fn an_ip_length_beyond_the_frame_is_not_missing() {
    let mut bytes = ip_packet(b"12345");
    bytes[2..4].copy_from_slice(&5000u16.to_be_bytes());
    let decoded = whole(LinkType::RAW, &bytes);
    assert_eq!((decoded.payload, decoded.missing), (&b"12345"[..], 0));
}

#[test]
fn broken_headers() {
    let broken = |change: fn(&mut Vec<u8>)| {
        let mut bytes = ip_packet(b"x");
        change(&mut bytes);
        let (layer, offset, kind, why) = stop(&whole(LinkType::IPV4, &bytes));
        assert_eq!(kind, StopKind::Malformed);
        format!("{layer} at {offset}: {why}")
    };
    assert_eq!(broken(|b| b[0] = 0x55), "ip at 0: IP version 5 where 4 was announced");
    assert_eq!(broken(|b| b[0] = 0x44), "ip at 0: a header length of 16 bytes, below 20");
    assert_eq!(broken(|b| b[0] = 0x4f), "ip at 0: 60 bytes needed, the packet has 41");
    let short = "ip at 0: a total length of 19 bytes, below its header's 20";
    assert_eq!(broken(|b| b[3] = 19), short);
    assert_eq!(broken(|b| b[32] = 0x40), "tcp at 20: a header length of 16 bytes, below 20");
    assert_eq!(broken(|b| b[32] = 0x60), "tcp at 20: 24 bytes needed, the packet has 21");
}

#[test]
fn packets_of_one_stack_have_the_same_protocols() {
    let mut capture = Capture::new();
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]);
    capture.tcp(([10, 0, 0, 2], 1), ([10, 0, 0, 1], 80)).handshake().client(b"GET");
    capture.udp(([10, 0, 0, 2], 1), ([10, 0, 0, 1], 53), b"?");
    capture.tcp((Ipv6Addr::LOCALHOST, 1), (Ipv6Addr::LOCALHOST, 2)).handshake();
    let mut known = std::collections::BTreeMap::new();
    for packet in capture.packets() {
        let decoded = decode(&packet);
        let names: Vec<&str> = protocols(&decoded).collect();
        let stack = stack(&decoded).unwrap();
        assert_eq!(*known.entry(stack).or_insert_with(|| names.clone()), names);
    }
    assert_eq!(known.len(), 4, "{known:?}");
    // a name that depends on more than the kind of its layer, and a layer that is cut
    capture.vlan(&[7]).udp(([10, 0, 0, 2], 1), ([10, 0, 0, 1], 53), b"?");
    let packet = capture.packets().pop().unwrap();
    assert_eq!(stack(&decode(&packet)), None);
    assert_eq!(stack(&decode_bytes(LinkType::ETHERNET, &packet.data[..20], 20)), None);
}
