//! Packets as they are shown, one by one and by what came before.

use super::*;
use crate::packet::build::Capture;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

fn written(mut view: PacketsView, capture: &Capture) -> String {
    let mut out = Vec::new();
    for packet in capture.packets() {
        view.packet(&packet, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn one_line_a_packet() {
    let mut capture = Capture::new();
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).wait(121);
    capture.tcp(CLIENT, SERVER).isn(1, 2).client(b"x");
    capture.raw(&[1, 2, 3]).at(TimeDelta::from_nanos(-5_000_001_234)).raw(&[0; 60]);
    let expected = "    1    0.000000  02:00:0a:00:00:02 → ff:ff:ff:ff:ff:ff  ARP  who has 10.0.0.1? tell 10.0.0.2
    2    0.122000  10.0.0.2:50000 → 10.0.0.1:80  TCP  [PSH, ACK] seq=2 ack=3 win=64240 len=1
    3    0.123000  ETH  14 bytes needed, the packet has 3
    4   -5.000001  00:00:00:00:00:00 → 00:00:00:00:00:00  LLC  3 bytes needed, the packet has 0
";
    assert_eq!(written(PacketsView::new(Detail::Line, false, TimeZone::UTC), &capture), expected);
}

#[test]
fn the_tree_and_the_bytes() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, b"ping\x1b[2J");
    let expected = "    1    0.000000  10.0.0.2:50000 -> 10.0.0.1:80  UDP  len=8
  frame of 50 bytes, 2001-09-09 01:46:40.000000000 +00:00
  + Ethernet II: header 14, 36 left; 02:00:0a:00:00:02 -> 02:00:0a:00:00:01, IPv4
    | destination  02:00:0a:00:00:01 (locally administered)
    | source       02:00:0a:00:00:02 (locally administered)
    | type         0x0800 IPv4
    + IPv4: header 20, 16 left; 10.0.0.2 -> 10.0.0.1, UDP, TTL 64
      | version          4
      | header length    20 bytes
      | service          DSCP 0 (default), ECN 0 (not ECN-capable)
      | total length     36 bytes
      | identification   0x0001 (1)
      | flags            don't fragment
      | fragment offset  0 bytes
      | time to live     64
      | protocol         17 UDP
      | header checksum  0x26c6 (ok)
      | source           10.0.0.2
      | destination      10.0.0.1
      + UDP: header 8, 8 left; len=8
        | source port       50000
        | destination port  80
        | connection        begins here, from the client
        | length            16 bytes
        | checksum          0xfbb4 (ok)
        + payload: 8 bytes

0000  02 00 0a 00 00 01 02 00  0a 00 00 02 08 00 45 00  ..............E.
0010  00 24 00 01 40 00 40 11  26 c6 0a 00 00 02 0a 00  .$..@.@.&.......
0020  00 01 c3 50 00 50 00 10  fb b4 70 69 6e 67 1b 5b  ...P.P....ping.[
0030  32 4a                                             2J

";
    let view = PacketsView::new(Detail::Bytes, true, TimeZone::UTC);
    assert_eq!(written(view, &capture), expected);
}

#[test]
fn what_the_capture_says_is_told_and_escaped() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, b"...").udp(CLIENT, SERVER, b"...");
    let zone = TimeZone::fixed(jiff::tz::offset(9));
    let mut view = PacketsView::new(Detail::Layers, false, zone);
    let about = About { interface: Some("eth\u{202e}0"), comments: vec!["one\x07", "two"] };
    let mut out = Vec::new();
    for packet in capture.packets() {
        view.packet_telling(&packet, &about, &mut out).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    let first = "frame of 45 bytes on eth\\u{202e}0, 2001-09-09 10:46:40.000000000 +09:00\n  \
                 │ comment  one\\x07\n  │ comment  two\n";
    assert!(text.contains(first), "{text}");
    assert!(text.contains("40.001000000 +09:00, 1.0 ms after the last\n"), "{text}");
}

#[test]
fn ascii_is_all_ascii() {
    let mut capture = Capture::new();
    let request = "GET /ä HTTP/1.1\r\nHost: é.test\r\n\r\n";
    capture.tcp(CLIENT, SERVER).client(request.as_bytes());
    let text = written(PacketsView::new(Detail::Layers, true, TimeZone::UTC), &capture);
    assert!(text.is_ascii() && text.contains("\\xe9.test"), "{text}");
}

/// Each field of a packet, `layer name: value`, and its line.
fn opened(capture: &Capture, frame: usize) -> Vec<String> {
    let mut view = PacketsView::new(Detail::Layers, true, TimeZone::UTC);
    let mut found = Vec::new();
    for packet in capture.packets() {
        let mut out = Vec::new();
        view.packet(&packet, &mut out).unwrap();
        if packet.frame.0 == frame as u64 {
            let text = String::from_utf8(out).unwrap();
            let mut layer = String::from("frame");
            for line in text.lines().map(str::trim_start) {
                if let Some((name, _)) = line.strip_prefix("+ ").and_then(|it| it.split_once(':')) {
                    layer = name.to_owned();
                } else if let Some(field) = line.strip_prefix("| ") {
                    let (name, value) = field.split_once("  ").unwrap_or((field, ""));
                    found.push(format!("{layer} {name}: {}", value.trim_start()));
                } else {
                    found.push(line.to_owned());
                }
            }
        }
    }
    found
}

#[track_caller]
fn assert_tells(capture: &Capture, frame: usize, expected: &[&str]) {
    let fields = opened(capture, frame);
    for text in expected {
        assert!(fields.iter().any(|field| field == text), "{text} in {fields:#?}");
    }
}

#[test]
fn a_segment_has_its_place_in_the_connection() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.isn(100, 200).handshake().client(b"hello").client(b"again").ack_server();
    assert_tells(&capture, 1, &["TCP connection: begins here, from the client"]);
    assert_tells(&capture, 1, &["TCP sequence number: 100 (relative 0)"]);
    assert_tells(
        &capture,
        3,
        &[
            "TCP acknowledges: frame 2, 1.0 ms before",
            "TCP note: completes the handshake of frames 1 and 2: round trip 2.0 ms, of it 1.0 ms to the server",
        ],
    );
    assert_tells(
        &capture,
        5,
        &[
            "TCP connection: since frame 1, 4.0 ms before; from the client",
            "TCP sequence number: 106 (relative 6)",
            "TCP acknowledgment number: 201 (relative 1)",
            "TCP window: 64240 (8222720 bytes, by the window scale 7 of frame 1)",
            "TCP in flight: 10 bytes not acknowledged yet",
        ],
    );
    assert_tells(&capture, 6, &["TCP acknowledges: frame 5, 1.0 ms before"]);
}

#[test]
fn what_began_before_the_capture_is_counted_from_its_first_byte() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).isn(100, 200).client(b"hello");
    assert_tells(
        &capture,
        1,
        &["TCP sequence number: 101 (relative 1)", "TCP window: 64240 (before scaling)"],
    );
}

#[test]
fn bytes_that_are_sent_again_name_the_frame_that_had_them() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(b"hello").wait(300).client_at(0, b"hello").ack_server();
    let line = opened(&capture, 5).remove(0);
    assert!(line.ends_with("len=5  (retransmission after a timeout, of frame 4)"), "{line}");
    assert_tells(&capture, 5, &["TCP note: retransmission after a timeout, of frame 4"]);
    let ack = "TCP acknowledges: frame 5, 1.0 ms before (sent more than once: which is not known)";
    assert_tells(&capture, 6, &[ack]);
}

#[test]
fn received_blocks_are_counted_from_the_beginning_too() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.isn(100, 200).handshake().server(b"one").server_at(6, b"two");
    tcp.server_at(12, b"six").client_sacks(3, &[6..9, 12..15]);
    let received =
        "TCP option: selective acknowledgment of 207-210, 213-216 (relative 7-10, 13-16)";
    assert_tells(&capture, 7, &[received]);
}

#[test]
fn a_copy_names_the_frame_that_it_is_a_copy_of() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(b"hello");
    capture.udp(CLIENT, SERVER, b"question").duplicate(5).duplicate(4);
    for n in [5, 7] {
        // behind a router
        capture.edit(n, |bytes| bytes[22] -= 1);
    }
    let line = opened(&capture, 5).remove(0);
    assert!(line.ends_with("len=5  (copy of frame 4)"), "{line}");
    assert_tells(&capture, 5, &["frame copy of frame 4, captured 1 us before: "]);
    let fields = opened(&capture, 5);
    assert!(fields.iter().all(|it| !it.contains("in flight") && !it.contains("note")));
    let line = opened(&capture, 7).remove(0);
    assert!(line.ends_with("UDP  len=8  (copy of frame 6)"), "{line}");
    let mut short = PacketsView::new(Detail::Line, false, TimeZone::UTC);
    let mut out = Vec::new();
    capture.packets().iter().for_each(|packet| short.packet(packet, &mut out).unwrap());
    assert_eq!(String::from_utf8(out).unwrap().matches("(copy of frame ").count(), 2);
}

#[test]
fn answers_name_their_questions() {
    let mut capture = Capture::new();
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).arp_reply([10, 0, 0, 1], [10, 0, 0, 2]);
    capture.icmp([10, 0, 0, 2], [10, 0, 0, 1], 8, 0, [0, 7, 0, 1], b"ping");
    capture.icmp([10, 0, 0, 1], [10, 0, 0, 2], 0, 0, [0, 7, 0, 1], b"ping");
    capture.icmp([10, 0, 0, 1], [10, 0, 0, 2], 0, 0, [0, 7, 0, 2], b"ping");
    let query = *b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01";
    let mut answer = query;
    answer[2] = 0x81;
    let resolver = ([10, 0, 0, 1], 53);
    capture.udp(CLIENT, resolver, &query).udp(CLIENT, resolver, &query);
    capture.udp(resolver, CLIENT, &answer);
    capture.udp(CLIENT, ([10, 0, 0, 1], 9), b"?").unreachable([10, 0, 0, 1], 9, 3);
    assert_tells(&capture, 10, &["ICMP its connection: since frame 9, 1.0 ms before"]);
    assert_tells(&capture, 2, &["ARP asked in: frame 1, 1.0 ms before"]);
    assert_tells(&capture, 4, &["ICMP asked in: frame 3, 1.0 ms before"]);
    assert!(opened(&capture, 5).iter().all(|field| !field.contains("asked in")));
    assert_tells(&capture, 8, &["DNS asked in: frame 6, 2.0 ms before"]);
}

#[test]
fn lookups_over_tcp_and_addresses_are_answered_too() {
    let query = *b"\0\x18\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01";
    let mut answer = query;
    answer[4] = 0x81;
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, ([10, 0, 0, 1], 53));
    tcp.handshake().client(&query).server(&answer[..9]).server(&answer[9..]);
    assert_tells(&capture, 4, &["DNS question: a.test IN A"]);
    assert_tells(&capture, 6, &["DNS asked in: frame 4, 1.0 ms before"]);
    let mut discover = vec![1, 1, 6, 0, 1, 2, 3, 4];
    discover.resize(236, 0);
    discover.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]);
    let mut offer = discover.clone();
    (offer[0], offer[242]) = (2, 2);
    let (client, server) = (([0, 0, 0, 0], 68), ([255, 255, 255, 255], 67));
    capture.udp(client, server, &discover).udp(([10, 0, 0, 1], 67), ([10, 0, 0, 9], 68), &offer);
    assert_tells(&capture, 8, &["DHCP asked in: frame 7, 1.0 ms before"]);
    let (here, there) = (([0u16; 8], 546), ([0xff02, 0, 0, 0, 0, 0, 1, 2], 547));
    capture.udp(here, there, &[1, 1, 2, 3, 0, 14, 0, 0]);
    capture.udp(there, here, &[7, 1, 2, 3, 0, 14, 0, 0]);
    let rapid = "DHCPv6 rapid commit: yes: two messages instead of four";
    assert_tells(&capture, 10, &[rapid, "DHCPv6 asked in: frame 9, 1.0 ms before"]);
}

#[test]
fn a_response_names_its_request_and_its_content_the_response() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(b"GET /a HTTP/1.1\r\nHo").client(b"st: h\r\n\r\n").ack_server();
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").server(b"def").server(b"ghi");
    assert_tells(&capture, 5, &["payload end: of the head that frame 4 began"]);
    assert_tells(&capture, 7, &["HTTP asked in: frame 4, 3.0 ms before"]);
    assert_tells(&capture, 8, &["payload content of: the response that frame 7 began"]);
    let end = "payload end: of the response that frame 7 began, 2.0 ms before: body of 9 bytes, 3 frames in all";
    assert_tells(&capture, 9, &[end]);
}

#[test]
fn fragments_are_put_together_where_the_last_one_comes() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &[b'x'; 60]).fragment(1, 24);
    let piece = "piece of a fragmented packet";
    assert_tells(&capture, 2, &[&format!("{piece} begun in: frame 1, 1 us before")]);
    let whole = format!("{piece} completes: the packet of frames 1-3: 68 bytes, opened below");
    assert_tells(&capture, 3, &[&whole, "UDP source port: 50000", "UDP checksum: 0x09a5 (ok)"]);
}

#[test]
fn records_of_tls_are_told_where_they_begin_and_end() {
    let data = |length: u16| [&[23, 3, 3][..], &length.to_be_bytes()].concat();
    let mut capture = Capture::new();
    let mut web = capture.tcp(([10, 0, 0, 2], 50_000), ([10, 0, 0, 1], 443));
    web.handshake();
    web.server(&[&data(10)[..], &[0; 10], &data(20), &[1; 15]].concat());
    web.server(&[&[1; 5][..], &data(3), &[2; 3]].concat());
    let mut view = PacketsView::new(Detail::Line, true, TimeZone::UTC);
    let mut out = Vec::new();
    let packets = capture.packets();
    for packet in packets.iter().chain(packets.get(4)) {
        view.packet(packet, &mut out).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    let tls: Vec<&str> =
        text.lines().filter_map(|line| Some(line.split_once("TLS  ")?.1)).collect();
    let first = "Application Data, Application Data (goes on in the next segment)";
    assert_eq!(tls[..2], [first, "Application Data (ends), Application Data"], "{text}");
}

#[test]
fn packets_of_quic_are_told_once_a_long_header_was_seen() {
    let (client, server) = (([10, 0, 0, 2], 50_000), ([10, 0, 0, 1], 443));
    let long = |first, ids: &[u8], rest: &[u8]| [&[first, 0, 0, 0, 1][..], ids, rest].concat();
    let short = [&[0x41, 0xbb, 0xbc][..], &[7; 30]].concat();
    let mut capture = Capture::new();
    capture.udp(server, client, &short);
    capture.udp(client, server, &long(0xc0, &[2, 0xaa, 0xab, 0], &[0, 3, 1, 2, 3]));
    let initial = long(0xc0, &[0, 2, 0xbb, 0xbc], &[0, 3, 1, 2, 3]);
    let handshake = long(0xe0, &[0, 2, 0xbb, 0xbc], &[3, 1, 2, 3]);
    capture.udp(server, client, &[initial, handshake].concat());
    capture.udp(client, server, &short);
    capture.udp(server, client, &short);
    capture.udp(server, client, &[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
    let view = PacketsView::new(Detail::Line, true, TimeZone::UTC);
    let text = written(view, &capture);
    let expected = [
        "UDP  len=33",
        "QUIC  Initial, DCID=aaab",
        "QUIC  Initial, SCID=bbbc; Handshake",
        "QUIC  1-RTT, Protected Payload, DCID=bbbc",
        "QUIC  1-RTT, Protected Payload",
        "UDP  len=8",
    ];
    assert_eq!(text.lines().count(), expected.len(), "{text}");
    for (line, expected) in text.lines().zip(expected) {
        assert!(line.ends_with(expected), "{line}: {expected}");
    }
}
