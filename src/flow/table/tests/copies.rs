//! Packets that are captured on more than one link.

use super::*;
use crate::address::MacAddr;
use crate::flow::event::Counters;

const ROUTER: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

/// Frame `n` is captured once more behind a router.
fn forward(capture: &mut Capture, n: usize) {
    capture.duplicate(n).edit(n + 1, |bytes| {
        bytes[6..12].copy_from_slice(&ROUTER.0);
        bytes[14 + 8] -= 1;
        // RFC 1624: one less in the upper half of a word is one more in its checksum
        let sum = u16::from_be_bytes([bytes[14 + 10], bytes[14 + 11]]);
        bytes[14 + 10..14 + 12].copy_from_slice(&sum.wrapping_add(0x100).to_be_bytes());
    });
}

/// Frame `n` gets a VLAN tag.
fn tag(capture: &mut Capture, n: usize, id: u8) {
    capture.edit(n, |bytes| {
        bytes.splice(12..12, [0x81, 0, 0, id]);
    });
}

fn visit() -> Capture {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(b"GET").ack().server(b"200").ack();
    capture
}

/// What was counted in the only flow.
fn only(capture: &Capture) -> [Counters; 2] {
    let events = events(capture, &Limits::default());
    let [closed] = closed(&events)[..] else { panic!("{} flows", closed(&events).len()) };
    [closed.counters.to_server.clone(), closed.counters.to_client.clone()]
}

fn frames(counters: &Counters) -> Vec<u64> {
    counters.sightings.iter().flat_map(|one| one.frames.iter()).map(|frame| frame.0).collect()
}

#[test]
fn behind_a_router_a_packet_is_the_same() {
    let mut capture = visit();
    for n in (1..=capture.len()).rev() {
        forward(&mut capture, n);
    }
    let [client, server] = only(&capture);
    assert_eq!((frames(&client), frames(&server)), (vec![2, 6, 8, 14], vec![4, 10, 12]));
    for counters in [&client, &server] {
        assert_eq!(counters.retransmissions + counters.duplicate_acks, 0);
        let [sighting] = &counters.sightings[..] else { panic!("one other place") };
        assert_eq!((counters.ttl, sighting.ttl), (Some(64), 63));
        assert_eq!(sighting.macs.unwrap().source, ROUTER);
    }
}

#[test]
fn a_checksum_that_the_device_fills_in_behind_the_first_tap() {
    let mut capture = visit();
    for n in (1..=capture.len()).rev() {
        forward(&mut capture, n);
        capture.edit(n, |bytes| bytes[14 + 20 + 16..14 + 20 + 18].copy_from_slice(&[0x14, 0xe9]));
    }
    let [client, server] = only(&capture);
    assert_eq!((client.packets, client.capture_duplicates), (8, 4));
    assert_eq!((server.packets, server.capture_duplicates), (6, 3));
    assert_eq!(client.retransmissions + server.retransmissions, 0);
}

#[test]
fn a_router_that_leads_from_one_vlan_to_another_makes_no_second_flow() {
    let mut capture = visit();
    for n in (1..=capture.len()).rev() {
        forward(&mut capture, n);
        tag(&mut capture, n, 10);
        tag(&mut capture, n + 1, 20);
    }
    let [client, server] = only(&capture);
    assert_eq!((client.packets, client.capture_duplicates), (8, 4));
    assert_eq!((server.packets, server.capture_duplicates), (6, 3));
    let tags: Vec<_> = client.sightings.iter().map(|one| one.encapsulation.vlan.outer).collect();
    assert_eq!(tags, [Some(20)]);
}

#[test]
fn a_packet_before_and_within_a_tunnel_is_one() {
    let plain = visit();
    let mut capture = Capture::new();
    capture.step(TimeDelta::from_nanos(50_000));
    for packet in plain.packets() {
        // the sender's host hands its packets to the tunnel, and the answers come out of it
        let to_server = packet.data[26..30] == [10, 0, 0, 2];
        for inside in [!to_server, to_server] {
            capture.vxlan(inside.then_some(7)).raw(&packet.data);
        }
    }
    let [client, server] = only(&capture);
    assert_eq!((client.packets, client.capture_duplicates), (8, 4));
    assert_eq!((server.packets, server.capture_duplicates), (6, 3));
    assert_eq!((client.retransmissions, server.retransmissions), (0, 0));
}

#[test]
fn datagrams_are_followed_too() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"question").udp(RESOLVER, CLIENT, b"answer");
    for n in [2, 1] {
        capture.duplicate(n);
        tag(&mut capture, n, 10);
    }
    let lines = tell_but(&capture, &["open", "closed"]);
    assert_eq!(lines, ["> @1 datagram 8", "< @3 datagram 6"]);
}

#[test]
fn the_two_directions_may_have_tags_of_their_own() {
    let mut capture = visit();
    for n in 1..=capture.len() {
        let to_server = capture.packets()[n - 1].data[26..30] == [10, 0, 0, 2];
        tag(&mut capture, n, if to_server { 10 } else { 20 });
    }
    let [client, server] = only(&capture);
    assert_eq!((client.packets, server.packets), (4, 3));
    assert_eq!(client.capture_duplicates + server.capture_duplicates, 0);
}

#[test]
fn other_packets_between_the_same_ends_are_another_flow() {
    let mut capture = visit();
    capture.vlan(&[10]).tcp(CLIENT, SERVER).isn(9, 10).handshake().client(b"GET");
    let opened = tell(&capture).iter().filter(|line| line.starts_with("open")).count();
    assert_eq!(opened, 2);
}

#[test]
fn a_flow_that_is_over_is_found_under_none_of_its_keys() {
    let mut capture = visit();
    capture.duplicate(1);
    tag(&mut capture, 2, 10);
    let limits = Limits { flows_per_shard: 1, ..Limits::default() };
    capture.udp(OTHER, RESOLVER, b"evicts it");
    capture.vlan(&[10]).udp(OTHER, SERVER, b"and this").tcp(CLIENT, SERVER).client(b"more");
    let lines: Vec<String> = events(&capture, &limits).iter().map(line).collect();
    let opened = lines.iter().filter(|line| line.starts_with("open")).count();
    assert_eq!(opened, 4, "{lines:?}");
}

#[test]
fn each_packet_is_told_its_flow_its_way_and_that_it_is_a_copy() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).syn().syn_ack();
    capture.udp(RESOLVER, OTHER, b"answer").duplicate(3).raw(&[0; 60]);
    forward(&mut capture, 2);
    capture.edit(5, |bytes| bytes[6] ^= 1);
    let mut table = FlowTable::new(&Limits::default());
    let mut out = Vec::new();
    let packets = capture.packets();
    let taken = packets.iter().map(|packet| table.push(packet, &decode(packet), &mut out));
    let told: Vec<_> =
        taken.map(|it| it.map(|it| (it.flow.0.0, it.direction, it.is_copy))).collect();
    let (to_server, to_client) = (Direction::ToServer, Direction::ToClient);
    let expected = [
        Some((1, to_server, false)),
        Some((1, to_client, false)),
        Some((1, to_client, true)),
        Some((4, to_client, false)),
        Some((4, to_client, true)),
        None,
    ];
    assert_eq!(told, expected);
}
