//! Where the fuzzer begins: conversations, packets and files that are as they should be.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::capture::source::Packet;
use crate::capture::write::Writer;
use crate::packet::build::Capture;

/// Capture files of each format, compressed and not.
pub(super) fn captures() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for capture in [visit(), trouble(), neighbors()] {
        let packets = capture.packets();
        let (pcap, pcapng) = (pcap(&packets), pcapng(&packets));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let compressed = gzip.write_all(&pcapng).and_then(|()| gzip.finish());
        files.extend(compressed.ok());
        files.extend(zstd::bulk::compress(&pcap, 1).ok());
        files.extend([pcap, pcapng]);
    }
    files
}

/// Packets behind a link type and a length.
pub(super) fn packets() -> Vec<Vec<u8>> {
    let captures = [visit(), trouble(), neighbors()];
    let packets = captures.iter().flat_map(Capture::packets);
    packets.map(|packet| [&[0, 0], &*packet.data].concat()).collect()
}

/// Operations: all values, in a few orders.
pub(super) fn operations() -> Vec<Vec<u8>> {
    let steps = [1_u8, 7, 31, 93, 201];
    let run = |step: u8| (0..=255_u8).map(move |nth| nth.wrapping_mul(step)).collect();
    steps.into_iter().map(run).collect()
}

/// Questions and answers, over UDP and TCP.
pub(super) fn dns() -> Vec<Vec<u8>> {
    let (query, answer) = (query(7, "www.example.com"), answer(7, "www.example.com"));
    let prefixed = |message: &[u8]| {
        let length = u16::try_from(message.len()).unwrap_or(0);
        [&length.to_be_bytes(), message].concat()
    };
    vec![
        [&[0], &*escaped(&query), b"\xff\x01", &escaped(&answer)].concat(),
        [&[1], &*escaped(&prefixed(&query)), b"\xff\x01", &escaped(&prefixed(&answer))].concat(),
    ]
}

/// Requests and responses.
pub(super) fn http1() -> Vec<Vec<u8>> {
    let simple =
        b"GET /a HTTP/1.1\r\nHost: a.test\r\nReferer: http://a.test/\r\nCookie: a=b\r\n\r\n\
        \xff\x01HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: c=d\r\n\r\nhello";
    let chunked = b"POST /b HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n\
        Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n\xff\x01\
        HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /c\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\nmoved\r\n0\r\n\r\n\xff\x01GET /c HTTP/1.1\r\n\
        Host: a.test\r\n\r\n\xff\x01HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: upgrade\r\n\r\n\x81\x02hi\xff\x03";
    let close = b"HEAD / HTTP/1.0\r\n\r\n\xff\x03\xff\x01HTTP/1.0 200 OK\r\n\
        Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n";
    let mut hole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\xff\x01HTTP/1.1 200 OK\r\n\
        Content-Length: 300\r\nContent-Encoding: br\r\n\r\nabc\xff\x02\x08def"
        .to_vec();
    hole.extend([b'x'; 170]);
    vec![simple.to_vec(), chunked.to_vec(), close.to_vec(), hole]
}

/// What goes on behind a head: frames of both directions, compressed ones, events.
pub(super) fn messages() -> Vec<Vec<u8>> {
    let frames = b"\x00\xff\x00\x81\x05Hello\x01\x03Hel\x89\x01?\x80\x02lo\xff\x01\
        \x8a\x81\x37\xfa\x21\x3d\x08\x82\xfe\x00\x80\x01\x02\x03\x04";
    let mut frames = frames.to_vec();
    frames.extend([7; 128]);
    frames.extend(b"\x88\x82\0\0\0\0\x03\xe8\xff\x01\x88\x02\x03\xe8\xff\x03");
    let deflated = b"\x01\xff\x00\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00\
        \x41\x03\xf2\x48\xcd\xff\x02\x01\x80\x04\xc9\xc9\x07\x00\xff\x04";
    let events = b"\x02: hi\n\nevent: add\r\ndata: 7\xff\x003\r\nid: 1\r\n\r\nretry: 9\rdata\r\r";
    vec![frames, deflated.to_vec(), events.to_vec()]
}

/// Header blocks behind what happens: of a table that is seen from the start, and of one that is
/// not.
pub(super) fn hpack() -> Vec<Vec<u8>> {
    let plain = b"\x82\x86\x84\x41\x0fwww.example.com\xff\x00\x82\x86\x84\xbe\x58\x08no-cache\
        \xff\x00\x82\x87\x85\xbf\x40\x0acustom-key\x0ccustom-value";
    let huffman =
        b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff\xff\xff\x00\
        \x20\x3f\xe1\x01\x48\x82\x64\x02\xff\x00\xbe\x7e\x01x\x1f\x2a\x01y";
    let midway =
        b"\xff\x01\xbe\xc5\x7f\x00\x03abc\x10\x01a\x01b\xff\x00\xbe\xbf\xff\x02\x40\x3f\x7f\xbe";
    vec![plain.to_vec(), huffman.to_vec(), midway.to_vec()]
}

/// Conversations of HTTP/2: requests at once, padding, trailers, a promise, a reset, a hole.
pub(super) fn http2() -> Vec<Vec<u8>> {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap_or(0);
        escaped(&[&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat())
    };
    let get = |stream, path: &str| {
        let length = u8::try_from(path.len()).unwrap_or(0);
        let block = [b"\x82\x87\x41\x01a\x04", &[length][..], path.as_bytes()].concat();
        frame(1, 5, stream, &block)
    };
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let settings = frame(4, 0, 0, b"\0\x03\0\0\0\x64\0\x04\0\0\0\x08");
    let turn = b"\xff\x01".to_vec();
    let both = [
        preface.clone(),
        settings.clone(),
        get(1, "/a"),
        get(3, "/b"),
        turn.clone(),
        settings.clone(),
        frame(1, 4, 3, b"\x88\x5f\x09text/html"),
        frame(0, 8, 3, b"\x02body\0\0"),
        frame(1, 4, 1, b"\x88"),
        frame(0, 0, 1, b"12345678"),
        frame(1, 5, 3, b"\x40\x0bgrpc-status\x010"),
        turn.clone(),
        frame(8, 0, 1, b"\0\0\0\x10"),
        frame(3, 0, 1, b"\0\0\0\x08"),
        frame(6, 0, 0, b"12345678"),
        turn.clone(),
        frame(6, 1, 0, b"12345678"),
        frame(7, 0, 0, b"\0\0\0\x03\0\0\0\0bye"),
    ];
    let pushed = [
        preface.clone(),
        get(1, "/"),
        frame(0x10, 0, 0, b"\0\0\0\x05u=1, i"),
        turn.clone(),
        frame(5, 4, 1, b"\0\0\0\x02\x82\x87\x84\x41\x01a"),
        frame(1, 0, 2, b"\x88"),
        frame(9, 4, 2, b"\x5c\x011"),
        frame(0, 1, 2, b"x"),
        frame(0xc, 0, 0, b"\0\x0ehttps://b.test"),
    ];
    let holed = [
        preface,
        get(1, "/a"),
        turn,
        frame(1, 4, 1, b"\x88"),
        b"\0\0\x64\0\x01\0\0\0\x01some of it\xff\x02\x09".to_vec(),
        frame(1, 5, 3, b"\xbe\x88"),
    ];
    vec![both.concat(), pushed.concat(), holed.concat()]
}

/// Conversations behind a transport and a port.
pub(super) fn any() -> Vec<Vec<u8>> {
    let [udp, tcp] = [[1, 0, 53], [0, 0, 80]];
    let dns = dns().into_iter().map(|seed| [&udp, seed.get(1..).unwrap_or_default()].concat());
    let http = http1().into_iter().map(|seed| [&tcp, &*seed].concat());
    let others = neighbors().packets().into_iter().flat_map(|packet| {
        let message = escaped(packet.data.get(14..).unwrap_or_default());
        [2, 3, 4].map(|transport| [&[transport, 0, 0], &*message].concat())
    });
    dns.chain(http).chain(others).collect()
}

/// A lookup, a handshake, a request and a close.
fn visit() -> Capture {
    let (client, server) = ([192, 0, 2, 2], [198, 51, 100, 80]);
    let mut capture = Capture::new();
    capture.arp_request(client, [192, 0, 2, 1]).arp_reply([192, 0, 2, 1], client);
    capture.udp((client, 40_000), ([192, 0, 2, 53], 53), &query(7, "www.example.com"));
    capture.udp(([192, 0, 2, 53], 53), (client, 40_000), &answer(7, "www.example.com"));
    let mut tcp = capture.tcp((client, 50_000), (server, 80));
    tcp.handshake().client(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n").ack();
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").ack().close();
    capture
}

/// Fragments, losses, duplicates, VLANs, a refused connection and an ICMP error.
fn trouble() -> Capture {
    let (client, server) = ([192, 0, 2, 2], [198, 51, 100, 80]);
    let mut capture = Capture::new();
    capture.udp((client, 40_000), (server, 9999), &[b'x'; 600]).fragment(1, 256);
    capture.udp((client, 40_001), (server, 9998), b"nobody").unreachable(server, 4, 3);
    capture.tcp((client, 50_001), (server, 81)).syn().rst_server();
    capture.vlan(&[7, 8]);
    let mut tcp = capture.tcp((client, 50_000), (server, 80));
    tcp.handshake().client(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").server_at(43, b"world");
    tcp.server_at(38, b"hello").ack().rst_client();
    capture.duplicate(6).swap(9, 10).snaplen(90);
    capture
}

/// ARP and NDP, UDP over IPv6.
fn neighbors() -> Capture {
    let [a, b] = [1_u16, 2].map(|last| [0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
    let mut capture = Capture::new();
    capture.arp_request([192, 0, 2, 2], [192, 0, 2, 2]).arp_reply([192, 0, 2, 9], [192, 0, 2, 2]);
    capture.neighbor_solicitation(a, b).neighbor_advertisement(b, a);
    capture.udp((a, 5353), (b, 5353), &query(0, "host.local")).fragment(5, 16);
    capture
}

/// A classic pcap file: nanoseconds, Ethernet.
fn pcap(packets: &[Packet]) -> Vec<u8> {
    let words = [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1];
    let mut file: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    for packet in packets {
        let (seconds, nanos) =
            (packet.at.as_nanos() / 1_000_000_000, packet.at.as_nanos() % 1_000_000_000);
        let kept = i64::try_from(packet.data.len()).unwrap_or(0);
        for word in [seconds, nanos, kept, i64::from(packet.orig_len)] {
            file.extend(u32::try_from(word).unwrap_or(0).to_le_bytes());
        }
        file.extend(&packet.data);
    }
    file
}

fn pcapng(packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    let Ok(mut writer) = Writer::new(&mut file, "memory") else { return Vec::new() };
    for packet in packets {
        let comment = packet.frame.0.is_multiple_of(4).then_some("a comment");
        let written = writer.packet(packet, comment);
        assert!(written.is_ok(), "memory takes all");
    }
    let finished = writer.flush();
    assert!(finished.is_ok(), "memory takes all");
    drop(writer);
    file
}

/// With `FF` written twice, so that it stands for itself.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let twice = |byte: &u8| vec![*byte; if *byte == 0xff { 2 } else { 1 }];
    bytes.iter().flat_map(twice).collect()
}

/// A query for the IPv4 addresses of a name, with EDNS.
fn query(id: u16, name: &str) -> Vec<u8> {
    let mut message = message(id, 0x0100, [1, 0, 0, 1], name);
    // OPT: 1232 bytes, a cookie and padding
    message.extend(b"\0\0\x29\x04\xd0\0\0\0\0\0\x12\0\x0a\0\x08cookie12\0\x0c\0\x02\0\0");
    message
}

/// An alias, an address and a service binding.
fn answer(id: u16, name: &str) -> Vec<u8> {
    let mut message = message(id, 0x8180, [1, 3, 0, 0], name);
    message.extend(b"\xc0\x0c\0\x05\0\x01\0\0\x01\x2c\0\x04\x01b\xc0\x10");
    message.extend(b"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc6\x33\x64\x50");
    message.extend(b"\xc0\x0c\0\x41\0\x01\0\0\x01\x2c\0\x0d\0\x01\0\0\x01\0\x06\x02h2\x02h3");
    message
}

fn message(id: u16, flags: u16, counts: [u16; 4], name: &str) -> Vec<u8> {
    let words = [id, flags].into_iter().chain(counts);
    let mut bytes: Vec<u8> = words.flat_map(u16::to_be_bytes).collect();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap_or(0));
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}
