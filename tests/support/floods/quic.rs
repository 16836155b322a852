//! Floods of QUIC: connections that begin and go no further, and packets that wait for keys.

use std::sync::LazyLock;

use urltrace::capture;
use urltrace::packet::{self, Layer};

use crate::support::floods::wire::{SERVER, datagram, host, ip};
use crate::support::root;

/// The first datagram of a client, as a browser sends it, to a server of its own each time.
pub(super) fn first(nth: u32) -> Vec<u8> {
    ip(17, [10, 1, 1, 1], host(nth), &datagram((50_000, 443), &FIRST))
}

/// The same of many clients of one server.
pub(super) fn clients(nth: u32) -> Vec<u8> {
    ip(17, host(nth), SERVER, &datagram((50_000, 443), &FIRST))
}

/// First datagrams, and behind each packets of 1-RTT for whose keys it may be worth waiting.
pub(super) fn closed(nth: u32) -> Vec<u8> {
    const BEHIND: u32 = 20;
    let server = host(nth / BEHIND);
    if nth.is_multiple_of(BEHIND) {
        return ip(17, [10, 1, 1, 1], server, &datagram((50_000, 443), &FIRST));
    }
    ip(17, server, [10, 1, 1, 1], &datagram((443, 50_000), &[0x5a; 1200]))
}

/// Initial packets that nobody sealed, each with connection IDs of its own.
pub(super) fn forged(nth: u32) -> Vec<u8> {
    let mut packet = vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4];
    packet.extend(nth.to_be_bytes());
    packet.extend([8, 5, 6, 7, 8]);
    packet.extend(nth.to_be_bytes());
    packet.extend([0, 0x44, 0xb0]);
    packet.resize(1200 + 26, 0x77);
    ip(17, host(nth / 100), SERVER, &datagram((50_000, 443), &packet))
}

/// What the browser of a recorded visit sends first.
static FIRST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = root().join("testdata/visits/h3-forced/capture.pcap");
    let (packets, _) = capture::read_all(std::fs::read(path).unwrap().into()).unwrap();
    let of_client = packets.iter().find_map(|packet| {
        let decoded = packet::decode(packet);
        let Some(Layer::Udp(udp)) = decoded.layers.last() else { return None };
        (udp.destination_port() == 443).then(|| decoded.payload.to_vec())
    });
    of_client.unwrap()
});
