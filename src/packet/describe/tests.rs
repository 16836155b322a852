//! Whole packets in words.

use std::net::Ipv6Addr;

use etherparse::TcpOptionElement;

use super::*;
use crate::capture::source::{LinkType, Packet};
use crate::packet::build::Capture;
use crate::packet::{decode, decode_bytes};

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

fn texts(packet: &Packet) -> Vec<LayerText> {
    layers(&decode(packet), packet.orig_len, None)
}

/// `name header left`, one a layer.
fn capsule(packet: &Packet) -> Vec<String> {
    let texts = texts(packet);
    texts.iter().map(|t| format!("{} {} {}", t.name, t.header_len, t.left)).collect()
}

fn lines(build: impl FnOnce(&mut Capture)) -> Vec<String> {
    let mut capture = Capture::new();
    build(&mut capture);
    let packets = capture.packets();
    let line = |packet| {
        let decoded = decode(packet);
        let line = line(&decoded, &layers(&decoded, packet.orig_len, None));
        format!("{} → {} {} {}", line.source, line.destination, line.protocol, line.info)
    };
    packets.iter().map(line).collect()
}

fn field<'t>(texts: &'t [LayerText], layer: &str, name: &str) -> &'t str {
    let layer = texts.iter().find(|text| text.name == layer).unwrap();
    &layer.fields.iter().find(|field| field.0 == name).unwrap().1
}

#[test]
fn the_capsule_is_opened_step_by_step() {
    let mut capture = Capture::new();
    capture.padded().tcp(CLIENT, SERVER).syn().syn_ack().ack_client().client(b"GET / HTTP/1.1\r\n");
    let packets = capture.packets();
    assert_eq!(capsule(&packets[0]), ["Ethernet II 14 52", "IPv4 20 32", "TCP 32 0"]);
    assert_eq!(capsule(&packets[2]), ["Ethernet II 14 46", "IPv4 20 20", "TCP 20 0"]);
    assert_eq!(field(&texts(&packets[2]), "Ethernet II", "padding"), "6 bytes");
    let texts = texts(&packets[3]);
    assert_eq!(texts[3].name, "payload");
    assert_eq!(texts[3].summary, "16 bytes: GET / HTTP/1.1");
    assert!(texts[0].fields.iter().all(|field| field.0 != "padding"));
}

#[test]
fn extension_headers_are_layers_of_their_own() {
    let mut packet = vec![0x60, 0, 0, 0, 0, 33, 0, 1];
    packet.extend([0; 32]);
    packet.extend([60, 0, 5, 2, 0, 0, 1, 0]);
    packet.extend([44, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend([17, 0, 0, 1, 0, 0, 0, 5]);
    packet.extend([0; 9]);
    let decoded = decode_bytes(LinkType::RAW, &packet, 73);
    let texts = layers(&decoded, 73, None);
    let names: Vec<(&str, usize)> = texts.iter().map(|text| (text.name, text.left)).collect();
    let expected = [
        ("IPv6", 33),
        ("IPv6 hop-by-hop options", 25),
        ("IPv6 destination options", 17),
        ("IPv6 fragment header", 9),
        ("piece of a fragmented packet", 9),
    ];
    assert_eq!(names, expected);
    assert_eq!(
        field(&texts, "IPv6 hop-by-hop options", "option"),
        "5 router alert: multicast listeners"
    );
    assert_eq!(texts[3].summary, "from 0, more follow, of UDP");
}

#[test]
fn tcp_in_a_line() {
    let lines = lines(|c| {
        c.tcp(CLIENT, SERVER)
            .isn(100, 200)
            .handshake()
            .client(b"hello")
            .client_acks(0)
            .rst_server();
    });
    let expected = [
        "10.0.0.2:50000 → 10.0.0.1:80 TCP [SYN] seq=100 win=64240 len=0 mss=1460 sack-ok ws=7",
        "10.0.0.1:80 → 10.0.0.2:50000 TCP [SYN, ACK] seq=200 ack=101 win=64240 len=0 mss=1460 sack-ok ws=7",
        "10.0.0.2:50000 → 10.0.0.1:80 TCP [ACK] seq=101 ack=201 win=64240 len=0",
        "10.0.0.2:50000 → 10.0.0.1:80 TCP [PSH, ACK] seq=101 ack=201 win=64240 len=5",
        "10.0.0.2:50000 → 10.0.0.1:80 TCP [ACK] seq=106 ack=201 win=64240 len=0",
        "10.0.0.1:80 → 10.0.0.2:50000 TCP [RST, ACK] seq=201 ack=106 win=64240 len=0",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn tcp_options() {
    let mut capture = Capture::new();
    let options = [
        TcpOptionElement::SelectiveAcknowledgement((1, 2), [Some((3, 4)), None, None]),
        TcpOptionElement::Timestamp(7, 8),
    ];
    capture.tcp(CLIENT, SERVER).syn_options(&options, &[]).syn();
    let packet = &capture.packets()[0];
    let texts = texts(packet);
    let options: Vec<&str> =
        texts[2].fields.iter().filter(|f| f.0 == "option").map(|f| f.1.as_str()).collect();
    assert_eq!(options[..2], ["selective acknowledgment of 1-2, 3-4", "timestamp 7, echoes 8"]);
    assert!(texts[2].summary.ends_with("sack=1-2, 3-4"));
    assert_eq!(field(&texts, "TCP", "flags"), "SYN (asks for a connection)");
    assert!(field(&texts, "TCP", "checksum").ends_with("(ok)"));
    // an option of length 1, and one that is longer than the header
    capture.edit(1, |bytes| bytes[55] = 1).tcp(CLIENT, SERVER).syn();
    capture.edit(2, |bytes| bytes[55] = 99);
    for packet in capture.packets() {
        assert!(format!("{:?}", layers(&decode(&packet), 0, None)).contains("5 (broken)"));
    }
}

#[test]
fn tcp_options_that_are_rarer() {
    let cases: [(&[u8], &str); 11] = [
        (&[34, 2], "fast open, asks for a cookie"),
        (&[34, 6, 1, 2, 3, 4], "fast open cookie 01:02:03:04"),
        (&[254, 4, 0xf9, 0x89], "fast open, asks for a cookie"),
        (&[253, 5, 0, 1, 7], "experiment 0x0001 07"),
        (&[28, 4, 0x80, 2], "user timeout 2 min"),
        (&[29, 5, 1, 2, 9], "authentication by key 1, next 2, code 09"),
        (&[30, 4, 0x01, 0x81], "multipath TCP version 1, capable, with checksums"),
        (&[30, 4, 0x11, 3], "multipath TCP, joins as address 3, as a backup, "),
        (&[30, 8, 0x20, 1, 0, 0, 0, 7], "multipath TCP, data ack 7"),
        (&[30, 3, 0x40], "multipath TCP, removes address "),
        (&[99, 3, 7], "99 (unknown) 07"),
    ];
    for (bytes, words) in cases {
        let told = options::options(bytes);
        assert_eq!(told.first().map(|option| option.text.as_str()), Some(words));
    }
    let data = [30, 18, 0x20, 0x1d, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 10];
    let mut long = data.to_vec();
    long[1] = 22;
    let told = options::options(&long);
    assert_eq!(
        told[0].text,
        "multipath TCP, data ack 7 seq 8 for 10 bytes from 9 of this path, no more to come"
    );
    assert!(options::options(&[28, 3, 1])[0].text.ends_with("(broken)"));
}

#[test]
fn what_an_error_quotes_is_told() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).isn(7, 8).syn();
    capture.unreachable([10, 0, 0, 1], 1, 3);
    let texts = texts(&capture.packets()[1]);
    assert_eq!(field(&texts, "ICMP", "its identification"), "0x0001");
    assert_eq!(field(&texts, "ICMP", "its TTL"), "64");
    assert_eq!(field(&texts, "ICMP", "its sequence number"), "7");
    assert!(field(&texts, "ICMP", "its length").ends_with(" bytes"));
}

#[test]
fn options_and_routes_of_ip() {
    // record route with one address, and a router alert
    let mut packet = vec![0x48, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1];
    packet.extend([7, 7, 8, 10, 0, 0, 3, 148, 4, 0, 0, 0]);
    let decoded = decode_bytes(LinkType::RAW, &packet, 32);
    let texts = layers(&decoded, 32, None);
    let options: Vec<&str> =
        texts[0].fields.iter().filter(|f| f.0 == "option").map(|f| f.1.as_str()).collect();
    let alert = "148 router alert, each router looks at the packet";
    assert_eq!(options, ["7 record route, next at 8: 10.0.0.3", alert]);
    let via: Ipv6Addr = "2001:db8::7".parse().unwrap();
    let mut packet = vec![0x60, 0, 0, 0, 0, 24, 43, 1];
    packet.extend([0; 32]);
    packet.extend([59, 2, 4, 1, 0, 0, 0, 0]);
    packet.extend(via.octets());
    let decoded = decode_bytes(LinkType::RAW, &packet, 64);
    let texts = layers(&decoded, 64, None);
    assert_eq!(field(&texts, "IPv6 routing header", "by way of"), "2001:db8::7");
}

#[test]
fn neighbours_in_a_line() {
    let a: Ipv6Addr = "fe80::1".parse().unwrap();
    let b: Ipv6Addr = "fe80::2".parse().unwrap();
    let lines = lines(|c| {
        c.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).arp_reply([10, 0, 0, 1], [10, 0, 0, 2]);
        c.arp_request([10, 0, 0, 2], [10, 0, 0, 2]).arp_request([0, 0, 0, 0], [10, 0, 0, 3]);
        c.neighbor_solicitation(a, b).neighbor_advertisement(b, a);
    });
    let expected = [
        "02:00:0a:00:00:02 → ff:ff:ff:ff:ff:ff ARP who has 10.0.0.1? tell 10.0.0.2",
        "02:00:0a:00:00:01 → 02:00:0a:00:00:02 ARP 10.0.0.1 is at 02:00:0a:00:00:01",
        "02:00:0a:00:00:02 → ff:ff:ff:ff:ff:ff ARP 10.0.0.2 is at 02:00:0a:00:00:02 (announcement)",
        "02:00:00:00:00:00 → ff:ff:ff:ff:ff:ff ARP who has 10.0.0.3? (probe: is it free?)",
        "fe80::1 → ff02::1:ff00:2 ICMPv6 who has fe80::2? tell 02:06:00:00:00:01",
        "fe80::2 → fe80::1 ICMPv6 fe80::2 is here, at 02:06:00:00:00:02",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn messages_about_other_packets() {
    let lines = lines(|c| {
        c.udp(CLIENT, SERVER, b"?").unreachable([10, 0, 0, 1], 1, 3);
        c.icmp([10, 0, 0, 2], [10, 0, 0, 1], 8, 0, [0, 7, 0, 1], b"ping").fragment(1, 8).lose(1);
        c.raw(&[0; 14]).icmp([10, 0, 0, 2], [10, 0, 0, 1], 200, 1, [0; 4], &[]);
    });
    let expected = [
        "10.0.0.2 → 10.0.0.1 fragment bytes 8 to 9 of packet 0x0001, the last",
        "10.0.0.1 → 10.0.0.2 ICMP unreachable: port, about UDP 10.0.0.2:50000 → 10.0.0.1:80",
        "10.0.0.2 → 10.0.0.1 ICMP echo request id=7 seq=1",
        "00:00:00:00:00:00 → 00:00:00:00:00:00 LLC 3 bytes needed, the packet has 0",
        "10.0.0.2 → 10.0.0.1 ICMP type 200 code 1",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_router_says_what_it_offers() {
    let mut message = vec![0, 0, 0, 0, 0, 0, 0, 0];
    message.extend([1, 1, 2, 0, 0, 0, 0, 9, 5, 1, 0, 0, 0, 0, 5, 0xdc]);
    message.extend([3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 7, 8, 0, 0, 0, 0]);
    message.extend("2001:db8::".parse::<Ipv6Addr>().unwrap().octets());
    message.extend([25, 3, 0, 0, 0, 0, 0, 60]);
    message.extend("2001:db8::53".parse::<Ipv6Addr>().unwrap().octets());
    message.extend([24, 2, 48, 0x08, 0, 0, 0, 60, 0x20, 1, 0x0d, 0xb8, 0, 7, 0, 0]);
    message.extend([31, 2, 0, 0, 0, 0, 0, 60, 3, b'l', b'a', b'n', 0, 0, 0, 0]);
    message.extend([38, 2, 0, 0x78, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
    let router: Ipv6Addr = "fe80::1".parse().unwrap();
    let mut capture = Capture::new();
    capture.icmp(
        router,
        "ff02::1".parse::<Ipv6Addr>().unwrap(),
        134,
        0,
        [64, 0x80, 7, 8],
        &message,
    );
    let packet = &capture.packets()[0];
    let texts = texts(packet);
    let expected = "2001:db8::/64 (on this link, for addresses), valid 3600 s, preferred 1800 s";
    assert_eq!(field(&texts, "ICMPv6", "prefix"), expected);
    assert_eq!(field(&texts, "ICMPv6", "MTU"), "1500");
    assert_eq!(field(&texts, "ICMPv6", "DNS server"), "2001:db8::53");
    assert_eq!(field(&texts, "ICMPv6", "preference"), "medium");
    let route = "2001:db8:7::/48, preference high, for 60 s";
    assert_eq!(field(&texts, "ICMPv6", "route"), route);
    assert_eq!(field(&texts, "ICMPv6", "search domain"), "lan");
    assert_eq!(field(&texts, "ICMPv6", "prefix of NAT64"), "64:ff9b::/96, for 120 s");
    assert_eq!(field(&texts, "ICMPv6", "default router for"), "1800 s");
    assert_eq!(texts[2].summary, "router advertisement from 02:00:00:00:00:09");
}

#[test]
fn dscp_and_ecn() {
    let mut capture = Capture::new();
    let cases = [
        (0, "DSCP 0 (default), ECN 0 (not ECN-capable)"),
        (46 << 2 | 2, "DSCP 46 (EF), ECN 2 (ECT(0))"),
        (10 << 2 | 1, "DSCP 10 (AF11), ECN 1 (ECT(1))"),
        (38 << 2 | 3, "DSCP 38 (AF43), ECN 3 (congestion experienced)"),
        (48 << 2, "DSCP 48 (CS6), ECN 0 (not ECN-capable)"),
        (13 << 2, "DSCP 13 (unnamed), ECN 0 (not ECN-capable)"),
    ];
    for (n, (octet, _)) in cases.into_iter().enumerate() {
        capture.udp(CLIENT, SERVER, b"").edit(n + 1, |bytes| bytes[15] = octet);
    }
    for (packet, (octet, words)) in capture.packets().iter().zip(cases) {
        let texts = texts(packet);
        assert_eq!(field(&texts, "IPv4", "service"), words);
        let sum = field(&texts, "IPv4", "header checksum");
        assert!(sum.ends_with(if octet == 0 { "(ok)" } else { "(wrong)" }));
    }
}

#[test]
fn what_was_cut_off_is_said() {
    let mut capture = Capture::new();
    capture.snaplen(60).tcp(CLIENT, SERVER).client(&[0; 100]);
    let packet = &capture.packets()[0];
    let texts = texts(packet);
    assert_eq!(texts[3].summary, "100 bytes, 6 of them captured");
    assert!(texts[2].summary.ends_with("len=100"));
    let mut capture = Capture::new();
    capture.snaplen(14 + 20 + 25).tcp(CLIENT, SERVER).syn();
    let cut = self::texts(&capture.packets()[0]);
    let options: Vec<&str> = cut[2]
        .fields
        .iter()
        .filter(|(name, _)| *name == "option")
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(options, ["maximum segment size 1460", "cut off by the snapshot length"]);
    let decoded = decode_bytes(LinkType::ETHERNET, &packet.data[..40], 154);
    let texts = layers(&decoded, 154, None);
    assert_eq!(texts[2].name, "tcp");
    assert_eq!(texts[2].summary, "20 bytes needed, 6 captured (120 bytes, 6 of them captured)");
}

#[test]
fn any_bytes_have_words() {
    let mut capture = Capture::new();
    capture.vlan(&[5, 6]).tcp(CLIENT, SERVER).handshake().client(b"hello").close();
    capture.neighbor_solicitation([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 9]);
    capture.unreachable([9, 9, 9, 9], 1, 3);
    let links = [0, 1, 12, 113, 276].map(LinkType);
    for packet in capture.packets() {
        for at in 0..packet.data.len() {
            let mut bytes = packet.data.to_vec();
            bytes[at] = bytes[at].wrapping_mul(167).wrapping_add(13);
            for link in links {
                let decoded = decode_bytes(link, &bytes, packet.orig_len);
                let texts = layers(&decoded, packet.orig_len, None);
                assert!(!line(&decoded, &texts).protocol.is_empty());
            }
        }
    }
}
