//! Floods of HTTP: streams, header blocks and messages that never end, and those that unfold.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::floods::wire::From::{Client, Server};
use crate::support::floods::wire::{CLIENT, PSH_ACK, SERVER, SYN, SYN_ACK, Script, ip, tcp};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET http /`, by the static table.
const GET: &[u8] = b"\x82\x86\x84";

/// Both tables of header fields filled to 64 KiB, by 4 KB each.
pub(super) fn tables(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        // the table is made larger, then `age:` is put into it again and again
        let fill = [b"\x3f\xe1\xff\x03".to_vec(), b"\x55\0".repeat(1900)].concat();
        let up = [PREFACE, &settings(), &head(1, &[&fill, GET])].concat();
        let down = [settings(), head(1, &[&fill, b"\x88"])].concat();
        Script::new(80, vec![(Client, up), (Server, down)])
    });
    SCRIPT.packet(nth)
}

/// Header blocks of 240 KiB each way whose end never comes.
pub(super) fn blocks(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut block = frame(HEADERS, 0, 1, &[0x82; 16_384]);
        for _ in 0..14 {
            block.extend(frame(CONTINUATION, 0, 1, &[0x82; 16_384]));
        }
        let up = [PREFACE, &settings(), &block].concat();
        Script::new(80, vec![(Client, up), (Server, [settings(), block].concat())])
    });
    SCRIPT.packet(nth)
}

/// Requests that never end, 4,000 on each connection.
pub(super) fn streams(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut up = [PREFACE, &settings()].concat();
        up.extend((0..4_000).flat_map(|nth| head(2 * nth + 1, &[GET])));
        Script::new(80, vec![(Client, up)])
    });
    SCRIPT.packet(nth)
}

/// Requests of one connection that are given up at once (CVE-2023-44487).
pub(super) fn resets(nth: u32) -> Vec<u8> {
    endless(nth, 2_000, |stream, out| {
        out.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, GET));
        out.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
    })
}

/// What one end says of the connection.
pub(super) fn control(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut up = [PREFACE, &settings()].concat();
        for _ in 0..500 {
            up.extend(settings());
            up.extend(frame(PING, 0, 0, &[7; 8]));
            up.extend(frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]));
            up.extend(frame(GOAWAY, 0, 0, &[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        }
        let down = [settings(), frame(PING, 1, 0, &[7; 8]).repeat(500)].concat();
        Script::new(80, vec![(Client, up), (Server, down)])
    });
    SCRIPT.packet(nth)
}

/// Empty DATA of streams that nobody began, on one connection.
pub(super) fn unbegun(nth: u32) -> Vec<u8> {
    endless(nth, 6_000, |stream, out| out.extend(frame(DATA, 0, stream, b"")))
}

/// One large field, and streams that each refer to it a hundred times (RFC 7541 §7.3).
pub(super) fn references(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let large = [&b"\x40\x01x\x7f\xa1\x1e"[..], &[b'x'; 4_000]].concat();
        let again = [0xbe; 100];
        let mut up = [PREFACE, &settings(), &head(1, &[GET, &large])].concat();
        up.extend((1..450).flat_map(|nth| head(2 * nth + 1, &[GET, &again])));
        Script::new(80, vec![(Client, up)])
    });
    SCRIPT.packet(nth)
}

/// The beginning of a compressed message each way, on each of 200 streams (RFC 8441).
pub(super) fn websocket_streams(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut ask = Vec::new();
        let connect = [(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/")];
        for (name, value) in connect.into_iter().chain([EXTENSION]) {
            field(&mut ask, name, value);
        }
        let mut agree = vec![0x88];
        field(&mut agree, EXTENSION.0, EXTENSION.1);
        let message = [MESSAGE, &DEFLATED[..]].concat();
        let each = |block: &[u8]| {
            let one = |nth: u32| {
                let stream = 2 * nth + 1;
                [head(stream, &[block]), frame(DATA, 0, stream, &message)].concat()
            };
            (0..200).flat_map(one).collect::<Vec<u8>>()
        };
        let up = [PREFACE, &settings(), &each(&ask)].concat();
        Script::new(80, vec![(Client, up), (Server, [settings(), each(&agree)].concat())])
    });
    SCRIPT.packet(nth)
}

/// Likewise, on a connection.
pub(super) fn websockets(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let agree = "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
                     Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let message = [MESSAGE, &DEFLATED[..]].concat();
        let said = vec![
            (Client, ask.into()),
            (Server, [agree.as_bytes(), &message].concat()),
            (Client, message),
        ];
        Script::new(80, said)
    });
    SCRIPT.packet(nth)
}

/// Bodies that need a window of 8 MiB, and never end.
pub(super) fn windows(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut text = vec![0; 8 << 20];
        let mut noise = 1u64;
        text.extend((0..1 << 18).map(|_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            noise.to_be_bytes()[0]
        }));
        let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
        zstd.window_log(23).unwrap();
        zstd.write_all(&text).unwrap();
        let packed = zstd.finish().unwrap();
        body("zstd", "text/html", &packed[..150_000])
    });
    SCRIPT.packet(nth)
}

/// Bodies that wait to be decoded, and never end.
pub(super) fn unfinished(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        body("gzip", "text/html", &[b"\x1f\x8b\x08"[..].to_vec(), vec![0; 117_000]].concat())
    });
    SCRIPT.packet(nth)
}

/// Ten million events of six bytes each in a packet.
pub(super) fn events(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&b"data\n\n".repeat(10_000_000)).unwrap();
        body("gzip", "text/event-stream", &gzip.finish().unwrap())
    });
    SCRIPT.packet(nth)
}

/// A response whose body has begun.
fn body(coding: &str, kind: &str, bytes: &[u8]) -> Script {
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: {coding}\r\n\
         Content-Length: 900000000\r\n\r\n"
    );
    Script::new(80, vec![(Client, get), (Server, [head.as_bytes(), bytes].concat())])
}

const EXTENSION: (&str, &str) = ("sec-websocket-extensions", "permessage-deflate");

/// Text, compressed, of which more follows: seven bytes of it now.
const MESSAGE: &[u8] = b"\x41\x07";

/// `Hello` (RFC 7692 §7.2.3.1).
const DEFLATED: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// One connection that goes on and on, with so many streams in each packet.
fn endless(nth: u32, streams: u32, one: fn(u32, &mut Vec<u8>)) -> Vec<u8> {
    let ports = (40_000, 80);
    let begun = [PREFACE, &settings()].concat();
    let first = 2 + u32::try_from(begun.len()).unwrap();
    match nth {
        0 => ip(6, CLIENT, SERVER, &tcp(ports, 1, 0, SYN, b"")),
        1 => ip(6, SERVER, CLIENT, &tcp((80, 40_000), 1, 2, SYN_ACK, b"")),
        2 => ip(6, CLIENT, SERVER, &tcp(ports, 2, 2, PSH_ACK, &begun)),
        _ => {
            let mut bytes = Vec::new();
            let before = (nth - 3) * streams;
            (before..before + streams).for_each(|nth| one((2 * nth + 1) & 0x7fff_ffff, &mut bytes));
            let seq =
                first.wrapping_add((nth - 3).wrapping_mul(u32::try_from(bytes.len()).unwrap()));
            ip(6, CLIENT, SERVER, &tcp(ports, seq, 2, PSH_ACK, &bytes))
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![a, b, c, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn head(stream: u32, block: &[&[u8]]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &block.concat())
}

/// A field that is not put into the table; of fewer than 127 bytes.
fn field(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
}

/// A table of 64 KiB, streams without number.
fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[0, 1, 0, 1, 0, 0, 0, 3, 0x7f, 0xff, 0xff, 0xff])
}
