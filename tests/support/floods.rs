//! Floods: captures that try to make us hold more than we should, made packet by packet.

mod http;
mod quic;
mod tls;
mod wire;

use std::io::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use urltrace::capture::memory::packets;
use urltrace::capture::source::{LinkType, PacketSource};
use urltrace::time::{TimeDelta, Timestamp};

use crate::support::floods::wire::{
    CLIENT, PSH_ACK, RST_ACK, SERVER, SYN, SYN_ACK, datagram, host, ip, tcp,
};

/// One kind of flood.
pub(crate) struct Flood {
    pub(crate) name: &'static str,
    /// How many packets a full one has.
    pub(crate) full: u32,
    /// The `nth` packet.
    packet: fn(u32) -> Vec<u8>,
    /// Bytes of the nth packet lie this many microseconds after those before.
    micros: i64,
    link: LinkType,
    /// Keys may come later.
    waits: bool,
    /// Megabytes that a small one may take: what a program of this size needs anyway, and more where
    /// few packets say so much that what is on its way between two threads counts.
    pub(crate) most: u64,
}

/// All floods.
pub(crate) const FLOODS: &[Flood] = &[
    flood("half-open connections", 2_000_000, half_open),
    flood("SYNs without an answer", 1_000_000, syn),
    flood("connections of a scan", 3_000_000, scan),
    flood("one-packet UDP flows", 1_000_000, udp),
    flood("DNS questions without answers", 1_000_000, question),
    flood("DNS answers nobody asked for", 1_000_000, answer),
    flood("one DNS question again and again", 1_000_000, repeated),
    flood("malformed DNS messages", 1_000_000, malformed),
    flood("first fragments", 1_000_000, fragment),
    flood("bytes behind a hole", 1_000_000, behind_a_hole),
    flood("requests without answers", 1_000_000, request),
    flood("interim responses", 1_000_000, interim),
    flood("huge heads", 100_000, huge_head),
    flood("resets of one connection", 1_000_000, reset),
    flood("zip bombs", 1000, bomb),
    flood("half-open TLS handshakes", 3_000_000, tls::half_open),
    flood("TLS messages without an end", 800_000, tls::messages),
    flood("TLS records without an end", 3_000_000, tls::records),
    Flood { most: 400, ..flood("TLS alerts", 800_000, tls::alerts) },
    Flood { waits: true, ..flood("TLS records without keys", 400_000, tls::closed) },
    flood("TLS certificates", 400_000, tls::chains),
    Flood { most: 200, ..flood("packed TLS certificates", 400_000, tls::packed) },
    flood("HTTP/2 header tables", 1_000_000, http::tables),
    flood("HTTP/2 header blocks without an end", 800_000, http::blocks),
    Flood { most: 300, ..flood("HTTP/2 streams without an end", 200_000, http::streams) },
    flood("HTTP/2 resets", 2_000, http::resets),
    flood("HTTP/2 control frames", 400_000, http::control),
    flood("HTTP/2 data without a head", 60_000, http::unbegun),
    flood("HTTP/2 references to one field", 12_000, http::references),
    flood("WebSocket messages without an end", 2_000_000, http::websockets),
    flood("WebSockets on HTTP/2 streams", 100_000, http::websocket_streams),
    flood("bodies with large windows", 10_000, http::windows),
    flood("bodies without an end", 800_000, http::unfinished),
    flood("packed events", 1_000, http::events),
    flood("first packets of QUIC", 1_000_000, quic::first),
    flood("first packets of QUIC to one server", 1_000_000, quic::clients),
    flood("forged packets of QUIC", 1_000_000, quic::forged),
    Flood { waits: true, ..flood("QUIC packets without keys", 1_000_000, quic::closed) },
    Flood { link: LinkType::ETHERNET, ..flood("ARP questions", 1_000_000, arp_request) },
    Flood { link: LinkType::ETHERNET, ..flood("ARP answers", 1_000_000, arp_reply) },
    Flood { link: LinkType::ETHERNET, ..flood("unknown SNAP protocols", 1_000_000, snap) },
];

const fn flood(name: &'static str, full: u32, packet: fn(u32) -> Vec<u8>) -> Flood {
    Flood { name, full, packet, micros: 10, link: LinkType::RAW, waits: false, most: 100 }
}

impl Flood {
    /// The first so many packets.
    pub(crate) fn source(&self, count: u32) -> Box<dyn PacketSource> {
        let (packet, micros) = (self.packet, self.micros);
        let start = Timestamp::from_parts(1_000_000_000, 0);
        let at = move |nth| start + TimeDelta::from_nanos(i64::from(nth) * micros * 1000);
        let each = (0..count).map(move |nth| (at(nth), Bytes::from(packet(nth))));
        let source = packets(self.link, each);
        if self.waits { Box::new(source.with_late_secrets()) } else { Box::new(source) }
    }
}

fn syn(nth: u32) -> Vec<u8> {
    ip(6, host(nth), SERVER, &tcp((40_000, 80), 1, 0, SYN, b""))
}

fn half_open(nth: u32) -> Vec<u8> {
    let client = host(nth / 2);
    match nth % 2 {
        0 => ip(6, client, SERVER, &tcp((40_000, 80), 1, 0, SYN, b"")),
        _ => ip(6, SERVER, client, &tcp((80, 40_000), 1, 2, SYN_ACK, b"")),
    }
}

/// Handshakes, and nothing after them.
fn scan(nth: u32) -> Vec<u8> {
    let client = host(nth / 3);
    match nth % 3 {
        0 => ip(6, client, SERVER, &tcp((40_000, 80), 1, 0, SYN, b"")),
        1 => ip(6, SERVER, client, &tcp((80, 40_000), 1, 2, SYN_ACK, b"")),
        _ => ip(6, client, SERVER, &tcp((40_000, 80), 2, 2, 0x10, b"")),
    }
}

fn udp(nth: u32) -> Vec<u8> {
    ip(17, host(nth), SERVER, &datagram((40_000, 9), b"of no interest"))
}

fn dns(id: u32, flags: u16, answers: u16, name: &str) -> Vec<u8> {
    let [_, _, high, low] = id.to_be_bytes();
    let mut message = vec![high, low];
    message.extend([flags, 1, answers, 0, 0].iter().flat_map(|word| word.to_be_bytes()));
    message.push(u8::try_from(name.len()).unwrap());
    message.extend(name.as_bytes());
    message.extend(b"\x07example\0\0\x01\0\x01");
    message
}

fn question(nth: u32) -> Vec<u8> {
    let port = u16::try_from(1024 + nth % 50_000).unwrap();
    let message = dns(nth, 0x0100, 0, &format!("name-{nth}"));
    ip(17, CLIENT, SERVER, &datagram((port, 53), &message))
}

/// With twenty addresses each.
fn answer(nth: u32) -> Vec<u8> {
    let port = u16::try_from(1024 + nth % 50_000).unwrap();
    let mut message = dns(nth, 0x8180, 20, &format!("name-{nth}"));
    for last in 0..20 {
        message.extend(b"\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04");
        let [_, a, b, _] = nth.to_be_bytes();
        message.extend([12, a, b, last]);
    }
    ip(17, SERVER, CLIENT, &datagram((53, port), &message))
}

fn repeated(nth: u32) -> Vec<u8> {
    let message = dns(nth, 0x0100, 0, "the-same");
    ip(17, CLIENT, SERVER, &datagram((4000, 53), &message))
}

fn malformed(nth: u32) -> Vec<u8> {
    let mut message = dns(nth, 0x8180, 1, "a");
    message.extend(b"\xc0\xff\0\x01\0\x01\0\0\0\0\0\x04\x01\x02\x03\x04");
    ip(17, SERVER, CLIENT, &datagram((53, 4000), &message))
}

fn fragment(nth: u32) -> Vec<u8> {
    let mut packet = ip(17, host(nth % 1000), SERVER, &[0; 1400]);
    packet[4..6].copy_from_slice(&nth.to_be_bytes()[2..]);
    packet[6..8].copy_from_slice(&[0x20, 0]);
    packet
}

/// A handshake, then a byte at every second place of the stream but the first.
fn behind_a_hole(nth: u32) -> Vec<u8> {
    match nth {
        0..=2 => handshake(nth),
        _ => ip(6, CLIENT, SERVER, &tcp((40_000, 80), nth * 2, 2, PSH_ACK, b"x")),
    }
}

fn handshake(nth: u32) -> Vec<u8> {
    match nth {
        0 => ip(6, CLIENT, SERVER, &tcp((40_000, 80), 1, 0, SYN, b"")),
        1 => ip(6, SERVER, CLIENT, &tcp((80, 40_000), 1, 2, SYN_ACK, b"")),
        _ => ip(6, CLIENT, SERVER, &tcp((40_000, 80), 2, 2, 0x10, b"")),
    }
}

fn request(nth: u32) -> Vec<u8> {
    let text = b"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";
    let seq = 2 + nth.saturating_sub(3) * u32::try_from(text.len()).unwrap();
    match nth {
        0..=2 => handshake(nth),
        _ => ip(6, CLIENT, SERVER, &tcp((40_000, 80), seq, 2, PSH_ACK, text)),
    }
}

fn interim(nth: u32) -> Vec<u8> {
    let text = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    let length = u32::try_from(text.len()).unwrap();
    if nth < 4 {
        return request(nth);
    }
    let seq = 2 + (nth - 4) * length;
    ip(6, SERVER, CLIENT, &tcp((80, 40_000), seq, 40, PSH_ACK, text))
}

/// Requests of 60 KB, each on a connection of its own.
fn huge_head(nth: u32) -> Vec<u8> {
    let mut text = b"GET / HTTP/1.1\r\nHost: example.com\r\nX: ".to_vec();
    text.extend(vec![b'x'; 60_000]);
    text.extend(b"\r\n\r\n");
    ip(6, host(nth), SERVER, &tcp((40_000, 80), 2, 2, PSH_ACK, &text))
}

fn reset(nth: u32) -> Vec<u8> {
    match nth {
        0..=2 => handshake(nth),
        _ => ip(6, SERVER, CLIENT, &tcp((80, 40_000), 2, 2, RST_ACK, b"")),
    }
}

/// 40 MiB of zeros, by the brotli command.
const BROTLI: [u8; 40] = [
    0xcf, 0xff, 0xff, 0x7f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x9f, 0xff, 0xff,
    0xff, 0xf0, 0x4f, 0x00, 0xc4, 0x61, 0x01, 0x80, 0xee, 0xfd, 0x7f, 0xfe, 0xff, 0xff, 0xe1, 0x9f,
    0x00, 0x88, 0xc3, 0x22, 0x00, 0xdd, 0xfb, 0x3f,
];

/// Bodies that unfold to a megabyte and more for each kilobyte.
fn bomb(nth: u32) -> Vec<u8> {
    static BODIES: LazyLock<[(&str, Vec<u8>); 3]> = LazyLock::new(|| {
        let zeros = vec![0; 40 << 20];
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&zeros).unwrap();
        let zstd = zstd::bulk::compress(&zeros, 1).unwrap();
        [("gzip", gzip.finish().unwrap()), ("zstd", zstd), ("br", BROTLI.to_vec())]
    });
    let (coding, body) = &BODIES[nth as usize / 4 % 3];
    let client = host(nth / 4);
    let get: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n";
    let ack = 2 + u32::try_from(get.len()).unwrap();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n"
    );
    match nth % 4 {
        0 => ip(6, client, SERVER, &tcp((40_000, 80), 1, 0, SYN, b"")),
        1 => ip(6, SERVER, client, &tcp((80, 40_000), 1, 2, SYN_ACK, b"")),
        2 => ip(6, client, SERVER, &tcp((40_000, 80), 2, 2, PSH_ACK, get)),
        _ => ip(
            6,
            SERVER,
            client,
            &tcp((80, 40_000), 2, ack, PSH_ACK, &[head.as_bytes(), body].concat()),
        ),
    }
}

fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend([2, 0, 0, 0, 0, 1]);
    frame.extend(kind.to_be_bytes());
    frame.extend(payload);
    frame
}

fn arp(operation: u8, sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 1];
    packet.extend(sender);
    packet.extend([0; 6]);
    packet.extend(target);
    ethernet(0x0806, &packet)
}

fn arp_request(nth: u32) -> Vec<u8> {
    arp(1, CLIENT, host(nth))
}

fn arp_reply(nth: u32) -> Vec<u8> {
    arp(2, host(nth), CLIENT)
}

fn snap(nth: u32) -> Vec<u8> {
    let [a, b, c, d] = nth.to_be_bytes();
    ethernet(8, &[0xaa, 0xaa, 3, a | 0x10, b, c, d, 1])
}
