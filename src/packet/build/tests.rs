//! The frames are what was asked for, and tell the same to the decoder.

use std::net::Ipv6Addr;

use super::*;
use crate::capture::source::Packet;
use crate::packet::{decode, transport_checksum_ok};
use crate::time::{TimeDelta, Timestamp};

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

/// `[flags] sequence acknowledgment payload`, relative to both initial numbers.
fn line(packet: &Packet, isns: (u32, u32)) -> String {
    let decoded = decode(packet);
    assert_eq!(decoded.stop, None);
    assert_eq!(transport_checksum_ok(&decoded), Some(true));
    assert!(decoded.network.unwrap().checksum_ok);
    let tcp = decoded.tcp().unwrap();
    let from_client = tcp.destination_port() == 80;
    let (own, peer) = if from_client { isns } else { (isns.1, isns.0) };
    let flags = [(tcp.syn(), 'S'), (tcp.fin(), 'F'), (tcp.rst(), 'R'), (tcp.psh(), 'P')];
    let flags: String = flags.iter().filter(|f| f.0).map(|f| f.1).collect();
    let ack = if tcp.ack() {
        tcp.acknowledgment_number().wrapping_sub(peer).to_string()
    } else {
        "-".to_owned()
    };
    let side = if from_client { '>' } else { '<' };
    format!(
        "{side}{flags} {} {ack} {}",
        tcp.sequence_number().wrapping_sub(own),
        decoded.payload.len()
    )
}

#[test]
fn a_whole_connection() {
    let mut capture = Capture::new();
    capture
        .tcp(CLIENT, SERVER)
        .isn(u32::MAX - 1, 77)
        .mss(4)
        .handshake()
        .client(b"GET / ")
        .ack()
        .server(b"200")
        .close_server();
    let lines: Vec<String> =
        capture.packets().iter().map(|p| line(p, (u32::MAX - 1, 77))).collect();
    assert_eq!(
        lines,
        [
            ">S 0 - 0", "<S 0 1 0", "> 1 1 0", "> 1 1 4", ">P 5 1 2", "< 1 7 0", "<P 1 7 3",
            "<F 4 7 0", "> 7 5 0", ">F 7 5 0", "< 5 8 0",
        ]
    );
}

#[test]
fn a_closed_connection_begins_anew() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().close();
    capture.tcp(CLIENT, SERVER).syn();
    let packets = capture.packets();
    let seq = |n: usize| decode(&packets[n]).tcp().unwrap().sequence_number();
    assert_ne!(seq(0), seq(7));
    assert!(decode(&packets[7]).tcp().unwrap().syn());
}

#[test]
fn a_refused_connection() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).isn(5, 6).syn().rst_server();
    let packets = capture.packets();
    let decoded = decode(&packets[1]);
    let tcp = decoded.tcp().unwrap();
    assert!(tcp.rst() && tcp.ack());
    assert_eq!((tcp.sequence_number(), tcp.acknowledgment_number()), (0, 6));
}

#[test]
fn frames_and_times() {
    let mut capture = Capture::new();
    for byte in 1..=4 {
        capture.udp(CLIENT, SERVER, &[byte]);
    }
    capture.wait(10).udp(CLIENT, SERVER, &[5]);
    capture.lose(2).swap(1, 2).duplicate(3).swap(9, 1).lose(0).lose(9);
    let packets = capture.packets();
    let said: Vec<u8> = packets.iter().map(|p| decode(p).payload[0]).collect();
    assert_eq!(said, [3, 1, 4, 4, 5]);
    let frames: Vec<u64> = packets.iter().map(|p| p.frame.0).collect();
    assert_eq!(frames, [1, 2, 3, 4, 5]);
    let start = Timestamp::from_parts(1_000_000_000, 0);
    let micros: Vec<i64> = packets.iter().map(|p| p.at.since(start).as_nanos() / 1000).collect();
    assert_eq!(micros, [0, 2000, 3000, 3001, 14_000]);
    capture.at(TimeDelta::from_secs(2)).udp(CLIENT, SERVER, &[6]);
    assert_eq!(capture.packets()[5].at, start + TimeDelta::from_secs(2));
}

#[test]
fn fragments_hold_the_whole_payload() {
    let payload: Vec<u8> = (0..100).collect();
    for v6 in [false, true] {
        let mut capture = Capture::new();
        if v6 {
            let ip = Ipv6Addr::LOCALHOST;
            capture.udp((ip, 1), (ip, 2), &payload);
        } else {
            capture.vlan(&[7]).udp(CLIENT, SERVER, &payload);
        }
        capture.fragment(1, 50);
        let packets = capture.packets();
        let decoded: Vec<_> = packets.iter().map(decode).collect();
        let pieces: Vec<(u32, bool, usize)> = decoded
            .iter()
            .map(|d| (d.network.unwrap().fragment.unwrap(), d.payload.len()))
            .map(|(f, len)| (f.offset, f.more, len))
            .collect();
        assert_eq!(pieces, [(0, true, 48), (48, true, 48), (96, false, 12)]);
        let whole: Vec<u8> = decoded.iter().flat_map(|d| d.payload).copied().collect();
        assert_eq!(whole[8..], payload);
        let whole = crate::packet::decode_reassembled(
            decoded[0].network.unwrap(),
            &whole,
            crate::packet::Encapsulation::default(),
            None,
        );
        assert_eq!(whole.payload, payload);
        assert_eq!(transport_checksum_ok(&whole), Some(true));
    }
}

#[test]
fn an_error_quotes_the_packet() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, b"is anybody there?").unreachable([10, 0, 0, 9], 1, 3);
    let packets = capture.packets();
    let decoded = decode(&packets[1]);
    let icmp = decoded.icmpv4().unwrap();
    assert_eq!((icmp.type_u8(), icmp.code_u8()), (3, 3));
    assert_eq!(decoded.payload, &packets[0].data[14..14 + 28]);
    assert_eq!(transport_checksum_ok(&decoded), Some(true));
}

#[test]
fn neighbours_are_asked_for() {
    let mut capture = Capture::new();
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).arp_reply([10, 0, 0, 1], [10, 0, 0, 2]);
    let a = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    let b: Ipv6Addr = "fe80::12:3456".parse().unwrap();
    capture.neighbor_solicitation(a, b).neighbor_advertisement(b, a);
    let packets = capture.packets();
    let arp = decode(&packets[1]);
    assert_eq!(arp.arp().unwrap().sender_hw_addr(), [2, 0, 10, 0, 0, 1]);
    let asked = decode(&packets[2]);
    assert_eq!(asked.network.unwrap().destination.to_string(), "ff02::1:ff12:3456");
    assert_eq!(asked.network.unwrap().ttl, 255);
    assert_eq!(asked.macs.unwrap().destination.unwrap().to_string(), "33:33:ff:12:34:56");
    assert_eq!(transport_checksum_ok(&asked), Some(true));
    assert_eq!(decode(&packets[3]).icmpv6().unwrap().type_u8(), 136);
}
