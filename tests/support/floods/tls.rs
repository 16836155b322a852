//! Floods of TLS: handshakes, records and certificates that are there to be held.

use std::io::Write as _;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::support::floods::wire::From::{Client, Server};
use crate::support::floods::wire::Script;

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const DATA: u8 = 23;

/// A hello, and nothing more.
pub(super) fn half_open(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(443, vec![(Client, hello())]));
    SCRIPT.packet(nth)
}

/// A handshake message of 256 KiB each way, of which the last byte never comes.
pub(super) fn messages(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let unfinished = |kind| {
            let length = 255 << 10;
            let mut bytes = message(kind, &vec![0; length]);
            bytes.pop();
            bytes.chunks(1 << 14).flat_map(|piece| record(HANDSHAKE, piece)).collect::<Vec<u8>>()
        };
        let said = vec![(Client, hello()), (Client, unfinished(11)), (Server, unfinished(2))];
        Script::new(443, said)
    });
    SCRIPT.packet(nth)
}

/// A record each way, of which the last byte never comes.
pub(super) fn records(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let mut unfinished = record(HANDSHAKE, &message(2, &[0; 16_000]));
        unfinished.pop();
        let up = [hello(), unfinished.clone()].concat();
        Script::new(443, vec![(Client, up), (Server, unfinished)])
    });
    SCRIPT.packet(nth)
}

/// Warnings, 8,000 of them.
pub(super) fn alerts(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let warnings = record(ALERT, &[1, 90]).repeat(8_000);
        Script::new(443, vec![(Client, hello()), (Server, server_hello(false)), (Client, warnings)])
    });
    SCRIPT.packet(nth)
}

/// Records for whose keys it is worth waiting.
pub(super) fn closed(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let closed = record(DATA, &[0xaa; 16_000]).repeat(10);
        Script::new(443, vec![(Client, hello()), (Server, server_hello(true)), (Server, closed)])
    });
    SCRIPT.packet(nth)
}

/// A certificate for 256 names, again and again.
pub(super) fn chains(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let chain = message(11, &chain(100));
        let records = chain.chunks(1 << 14).flat_map(|piece| record(HANDSHAKE, piece));
        let records = records.collect();
        Script::new(443, vec![(Client, hello()), (Server, server_hello(false)), (Server, records)])
    });
    SCRIPT.packet(nth)
}

/// Likewise, packed: under a kilobyte on the wire.
pub(super) fn packed(nth: u32) -> Vec<u8> {
    static SCRIPT: LazyLock<Script> = LazyLock::new(|| {
        let chain = chain(200);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&chain).unwrap();
        let packed = zlib.finish().unwrap();
        let body = [&[0, 1][..], &u24(chain.len()), &u24(packed.len()), &packed].concat();
        let packed = record(HANDSHAKE, &message(25, &body));
        Script::new(443, vec![(Client, hello()), (Server, server_hello(false)), (Server, packed)])
    });
    SCRIPT.packet(nth)
}

fn record(content: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[content, 3, 3, high, low], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &u24(body.len()), body].concat()
}

fn u24(length: usize) -> [u8; 3] {
    let [_, a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
    [a, b, c]
}

/// With twenty cipher suites, the name of a server and HTTP.
fn hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 40]);
    body.extend((0..20).flat_map(|nth| [0xc0, nth]));
    body.extend([1, 0]);
    let mut extensions = b"\0\0\0\x12\0\x10\0\0\x0dwww.test.test".to_vec();
    extensions.extend(b"\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1");
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    record(HANDSHAKE, &message(1, &body))
}

/// Of TLS 1.3, or of 1.2.
fn server_hello(is_13: bool) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.push(0);
    if is_13 {
        body.extend(b"\x13\x01\0\0\x06\0\x2b\0\x02\x03\x04");
    } else {
        body.extend([0xc0, 0x2f, 0]);
    }
    record(HANDSHAKE, &message(2, &body))
}

/// The body of a Certificate message of TLS 1.2.
fn chain(count: usize) -> Vec<u8> {
    let one = certificate();
    let entry = [&u24(one.len())[..], &one].concat();
    let all = entry.repeat(count);
    [&u24(all.len())[..], &all].concat()
}

/// As short as it can be, for 256 names of a letter each.
fn certificate() -> Vec<u8> {
    let names = der(0x30, &[b"\x82\x01a".repeat(256)]);
    let san = der(0x30, &[b"\x06\x03\x55\x1d\x11".to_vec(), der(4, &[names])]);
    let algorithm = der(0x30, &[b"\x06\x03\x2b\x65\x70".to_vec()]);
    let times = der(0x30, &[b"\x17\x0d260101000000Z".repeat(2)]);
    let nobody = der(0x30, &[]);
    let key = der(0x30, &[algorithm.clone(), der(3, &[vec![0, 1]])]);
    let body = der(
        0x30,
        &[
            der(0xa0, &[vec![2, 1, 2]]),
            vec![2, 1, 1],
            algorithm.clone(),
            nobody.clone(),
            times,
            nobody,
            key,
            der(0xa3, &[der(0x30, &[san])]),
        ],
    );
    der(0x30, &[body, algorithm, der(3, &[vec![0, 1]])])
}

/// One value of DER, of some values.
fn der(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
    let length = if body.len() < 0x80 { vec![low] } else { vec![0x82, high, low] };
    [&[tag][..], &length, &body].concat()
}
