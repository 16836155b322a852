mod copies;
mod fragments;
mod limits;

use proptest::prelude::*;

use super::*;
use crate::flow::event::{Closed, FlowBody, StreamEvent};
use crate::flow::story::{Feed, events, line, tell, tell_but};
use crate::packet::build::Capture;
use crate::packet::decode;
use crate::time::{FrameNo, TimeDelta};

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const OTHER: ([u8; 4], u16) = ([10, 0, 0, 3], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);
const RESOLVER: ([u8; 4], u16) = ([10, 0, 0, 1], 53);

fn closed(events: &[FlowEvent]) -> Vec<&Closed> {
    let closed = events.iter().filter_map(|event| match &event.body {
        FlowBody::Closed(closed) => Some(&**closed),
        _ => None,
    });
    closed.collect()
}

/// The events of a capture, with a tick every `step`.
fn tick(capture: &Capture, limits: &Limits, step: TimeDelta, until: TimeDelta) -> Vec<String> {
    let mut feed = Feed::new(limits);
    let mut out = Vec::new();
    let packets = capture.packets();
    let mut clock = packets[0].at;
    let mut frame = FrameNo(0);
    for packet in &packets {
        while clock + step <= packet.at {
            clock = clock + step;
            feed.advance(Stamp::new(clock, packet.frame), &mut out);
        }
        feed.push(packet, &mut out);
        frame = packet.frame;
    }
    let end = clock + until;
    while clock < end {
        clock = clock + step;
        feed.advance(Stamp::new(clock, frame), &mut out);
    }
    out.iter()
        .map(|event| {
            format!("{} {}", event.at.at.since(packets[0].at).as_millis_f64(), line(event))
        })
        .collect()
}

#[test]
fn a_question_and_its_answer_are_one_flow() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"who").udp(RESOLVER, CLIENT, b"me!!").udp(OTHER, RESOLVER, b"");
    assert_eq!(
        tell(&capture),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:53 FirstSender",
            "> @1 datagram 3",
            "< @2 datagram 4",
            "open @3 10.0.0.3:50000 10.0.0.1:53 FirstSender",
            "> @3 datagram 0",
            "closed @3 CaptureEnd frames [1, 2]",
            "closed @3 CaptureEnd frames [3]",
        ]
    );
}

#[test]
fn an_answer_without_its_question() {
    let mut capture = Capture::new();
    capture.udp(RESOLVER, CLIENT, b"me");
    assert_eq!(tell(&capture)[..2], ["open @1 10.0.0.2:50000 10.0.0.1:53 Port", "< @1 datagram 2"]);
}

#[test]
fn datagrams_are_slices_of_the_packet() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"payload").snaplen(14 + 20 + 8 + 3);
    let packets = capture.packets();
    let mut table = FlowTable::new(&Limits::default());
    let mut out = Vec::new();
    table.push(&packets[0], &decode(&packets[0]), &mut out);
    let FlowBody::Datagram { bytes, missing, .. } = &out[1].body else { panic!("{out:?}") };
    assert_eq!((&bytes[..], *missing), (&b"pay"[..], 4));
    assert_eq!(bytes.as_ptr(), packets[0].data[42..].as_ptr());
}

#[test]
fn one_datagram_captured_twice_is_given_once() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"who").wait(4000).udp(CLIENT, RESOLVER, b"who");
    capture.duplicate(1).edit(2, |bytes| bytes[14 + 8] -= 1);
    assert_eq!(
        tell(&capture)[1..],
        ["> @1 datagram 3", "> @3 datagram 3", "closed @3 CaptureEnd frames [1, 2, 3]"]
    );
}

#[test]
fn arp_question_and_answer() {
    let mut capture = Capture::new();
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 1]).arp_reply([10, 0, 0, 1], [10, 0, 0, 2]);
    capture.arp_request([10, 0, 0, 2], [10, 0, 0, 2]);
    assert_eq!(
        tell(&capture)[..5],
        [
            "open @1 10.0.0.2:0 10.0.0.1:0 FirstSender",
            "> @1 datagram 28",
            "< @2 datagram 28",
            "open @3 10.0.0.2:0 10.0.0.2:0 FirstSender",
            "> @3 datagram 28",
        ]
    );
}

#[test]
fn neighbor_solicitation_and_advertisement_are_one_flow() {
    let (asker, target) = (0xfe80_u16, 0x2001_u16);
    let ip = |head: u16| std::net::Ipv6Addr::new(head, 0xdb8, 0, 0, 0, 0, 0, 7);
    let mut capture = Capture::new();
    capture.neighbor_solicitation(ip(asker), ip(target));
    capture.neighbor_advertisement(ip(target), ip(asker));
    assert_eq!(
        tell(&capture)[..3],
        [
            "open @1 [fe80:db8::7]:0 [2001:db8::7]:0 FirstSender",
            "> @1 datagram 32",
            "< @2 datagram 32"
        ]
    );
    assert_eq!(
        closed(&events(&capture, &Limits::default()))[0].counters.to_server.bad_checksums,
        0
    );
}

#[test]
fn icmp_is_given_from_its_type_byte_on() {
    let mut capture = Capture::new();
    capture.icmp([10, 0, 0, 2], [10, 0, 0, 1], 8, 0, [0, 1, 0, 1], b"ping");
    capture.udp(CLIENT, SERVER, b"x").unreachable([10, 0, 0, 1], 2, 3);
    let events = events(&capture, &Limits::default());
    let icmp: Vec<u8> = events
        .iter()
        .filter_map(|event| match &event.body {
            FlowBody::Datagram { bytes, .. } => bytes.first().copied(),
            _ => None,
        })
        .collect();
    assert_eq!(icmp, [8, b'x', 3]);
}

#[test]
fn the_same_addresses_in_another_vlan_are_another_flow() {
    let mut capture = Capture::new();
    capture.vlan(&[7]).udp(CLIENT, RESOLVER, b"a").vlan(&[8, 7]).udp(CLIENT, RESOLVER, b"b");
    capture.vlan(&[8]).udp(CLIENT, RESOLVER, b"c").vlan(&[7]).udp(RESOLVER, CLIENT, b"d");
    let lines = tell(&capture);
    assert_eq!(lines.iter().filter(|line| line.starts_with("open")).count(), 3);
    assert!(lines.contains(&"< @4 datagram 1".to_owned()));
}

#[test]
fn the_same_addresses_in_another_tunnel_are_another_flow() {
    let mut capture = Capture::new();
    capture.vxlan(Some(7)).udp(CLIENT, RESOLVER, b"a").vxlan(Some(8)).udp(CLIENT, RESOLVER, b"b");
    capture.vxlan(None).udp(CLIENT, RESOLVER, b"c").vxlan(Some(7)).udp(RESOLVER, CLIENT, b"d");
    let lines = tell(&capture);
    assert_eq!(lines.iter().filter(|line| line.starts_with("open")).count(), 3);
    assert!(lines.contains(&"< @4 datagram 1".to_owned()));
}

#[test]
fn wrong_checksums_are_counted_and_hide_nothing() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(b"GET");
    capture.udp(CLIENT, RESOLVER, b"who").udp(CLIENT, RESOLVER, b"who?");
    capture.edit(4, |bytes| bytes[14 + 20 + 16] ^= 1);
    capture.edit(5, |bytes| bytes[14 + 20 + 6] ^= 1);
    // no checksum at all
    capture.edit(6, |bytes| bytes[14 + 20 + 6..][..2].fill(0));
    let lines = tell(&capture);
    assert!(
        lines.contains(&"> 0..3 @4 @4".to_owned()) && lines.contains(&"> @5 datagram 3".to_owned())
    );
    let counted = |events: &[FlowEvent]| {
        let bad = |closed: &&Closed| closed.counters.to_server.bad_checksums;
        closed(events).iter().map(bad).collect::<Vec<_>>()
    };
    assert_eq!(counted(&events(&capture, &Limits::default())), [1, 1]);
    let mut table = FlowTable::new(&Limits::default()).verify_checksums(false);
    let mut out = Vec::new();
    for packet in capture.packets() {
        table.push(&packet, &decode(&packet), &mut out);
    }
    table.finish(FlowId::LAST, &mut out);
    assert_eq!(counted(&out), [0, 0]);
}

#[test]
fn addresses_and_ports_used_again_without_fin() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(b"GET");
    capture.tcp(CLIENT, SERVER).isn(77, 99).wait(20_000).handshake().client(b"AGAIN").close();
    assert_eq!(
        tell_but(&capture, &["syn", "est", "> fin", "< fin"]),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 Syn",
            "> 0..3 @4 @4",
            "> end Reused @5",
            "< end Reused @5",
            "closed @5 Reused frames [1, 2, 3, 4]",
            "open @5 10.0.0.2:50000 10.0.0.1:80 Syn",
            "> 0..5 @8 @8",
            "> end Fin @9",
            "< end Fin @11",
            "closed @12 Fin frames [5, 6, 7, 8, 9, 10, 11, 12]",
        ]
    );
}

#[test]
fn addresses_and_ports_used_again_after_a_close() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().close().wait(5000).handshake();
    let reused = tell_but(&capture, &["syn", "est", "> fin", "< fin"]);
    assert_eq!(reused[3], "closed @8 Fin frames [1, 2, 3, 4, 5, 6, 7]", "it had closed before");
    assert_eq!(reused[4], "open @8 10.0.0.2:50000 10.0.0.1:80 Syn");
    // the SYN of the second was not captured
    capture.lose(8);
    assert_eq!(
        tell_but(&capture, &["syn", "est", "> fin", "< fin"])[4],
        "open @8 10.0.0.2:50000 10.0.0.1:80 SynAck"
    );
}

#[test]
fn a_refused_attempt_and_the_next() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).syn().rst_server();
    capture.tcp(CLIENT, SERVER).isn(1, 2).syn().rst_server();
    let lines = tell_but(&capture, &["syn", "> end", "< end"]);
    assert_eq!(
        lines,
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 Syn",
            "< rst @2 refused",
            "closed @3 Rst frames [1, 2]",
            "open @3 10.0.0.2:50000 10.0.0.1:80 Syn",
            "< rst @4 refused",
            "closed @4 Rst frames [3, 4]",
        ]
    );
}

#[test]
fn time_that_steps_back_does_no_harm() {
    let mut capture = Capture::new();
    capture.at(TimeDelta::from_secs(1000)).tcp(CLIENT, SERVER).syn().syn_ack();
    capture.at(TimeDelta::from_secs(1)).tcp(CLIENT, SERVER).ack_client().client(b"GET");
    assert_eq!(
        tell_but(&capture, &["syn", "est", "> end", "< end"])[1..],
        ["> 0..3 @4 @4", "closed @4 CaptureEnd frames [1, 2, 3, 4]"]
    );
}

/// What a direction gave, and whether each flow kept the rules of its events.
fn stream(events: &[FlowEvent], direction: Direction) -> Result<Vec<u8>, TestCaseError> {
    let (mut next, mut bytes, mut ended) = (0, Vec::new(), false);
    for event in events {
        let FlowBody::Stream { direction: way, event } = &event.body else { continue };
        if *way != direction {
            continue;
        }
        prop_assert!(!ended, "{event:?} after the end");
        match event {
            StreamEvent::Data { offset, bytes: data, arrived, delivered } => {
                prop_assert_eq!(*offset, next);
                prop_assert!(arrived.frame <= delivered.frame);
                bytes.extend_from_slice(data);
                next += data.len() as u64;
            }
            StreamEvent::Gap { range, .. } => {
                prop_assert_eq!(range.start, next);
                prop_assert!(range.end > range.start);
                next = range.end;
            }
            StreamEvent::End { .. } => ended = true,
        }
    }
    prop_assert!(ended);
    Ok(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However a stream is cut into segments, reordered and repeated: it comes out as it was.
    #[test]
    fn any_cut_order_and_duplication_of_a_stream(
        bytes in prop::collection::vec(any::<u8>(), 1..600),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1..90usize), 0..20),
        isn in prop_oneof![any::<u32>(), (u32::MAX - 700)..=u32::MAX],
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        is_closed in any::<bool>(),
    ) {
        let mut capture = Capture::new();
        let mut tcp = capture.tcp(CLIENT, SERVER);
        tcp.isn(1, isn).handshake();
        let mut pieces: Vec<(usize, usize)> =
            cuts.iter().map(|(at, len)| (at.index(bytes.len()), *len)).collect();
        pieces.extend((0..bytes.len()).step_by(50).map(|at| (at, 50)));
        for (turn, other) in order.iter().enumerate() {
            let turn = turn % pieces.len();
            let other = other.index(pieces.len());
            pieces.swap(turn, other);
        }
        for (at, len) in pieces {
            let end = (at + len).min(bytes.len());
            tcp.server_at(u32::try_from(at).unwrap(), &bytes[at..end]);
        }
        if is_closed {
            let length = u32::try_from(bytes.len()).unwrap();
            tcp.isn(1, isn.wrapping_add(length)).fin_server();
        }
        let events = events(&capture, &Limits::default());
        prop_assert_eq!(stream(&events, Direction::ToClient)?, bytes);
        prop_assert_eq!(closed(&events)[0].counters.to_client.gaps, 0);
    }

    /// Whatever comes, each flow is opened first, closed last, and its streams tile.
    #[test]
    fn any_segments_keep_the_rules(
        segments in prop::collection::vec(
            (any::<bool>(), 0..40u32, 0..40u32, 0..32u8, 0..12usize, 0..3u16, 0..6i64),
            1..60,
        ),
        isn in prop_oneof![Just(0u32), Just(u32::MAX - 20), Just(0x8000_0000)],
        held_per_stream in prop_oneof![Just(1usize << 20), 0..400usize],
    ) {
        let mut capture = Capture::new();
        for (to_server, seq, ack, flags, length, window, wait) in segments {
            let (from, to) = if to_server { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
            let frame = capture.len() + 1;
            let payload = &[flags; 12][..length];
            let seq = isn.wrapping_add(seq);
            capture.tcp(from, to).isn(seq.wrapping_sub(1), isn.wrapping_add(ack)).wait(wait);
            capture.tcp(from, to).client_at(0, payload);
            capture.edit(frame, |bytes| {
                bytes[34 + 13] = flags;
                bytes[34 + 14..34 + 16].copy_from_slice(&window.to_be_bytes());
            });
        }
        let limits = Limits { held_per_stream, ..Limits::default() };
        let events = events(&capture, &limits);
        let mut flows: Vec<FlowId> = events.iter().map(|event| event.flow).collect();
        flows.sort_unstable();
        flows.dedup();
        for flow in flows {
            let own: Vec<FlowEvent> =
                events.iter().filter(|event| event.flow == flow).cloned().collect();
            let is_opened = |event: &FlowEvent| matches!(event.body, FlowBody::Opened(_));
            let is_closed = |event: &FlowEvent| matches!(event.body, FlowBody::Closed(_));
            prop_assert!(is_opened(&own[0]) && is_closed(&own[own.len() - 1]));
            prop_assert_eq!(own.iter().filter(|event| is_opened(event) || is_closed(event)).count(), 2);
            stream(&own, Direction::ToServer)?;
            stream(&own, Direction::ToClient)?;
            prop_assert!(own.windows(2).all(|pair| pair[0].at.frame <= pair[1].at.frame));
        }
        let all = closed(&events);
        let packets = |closed: &&Closed| closed.counters.to_server.packets + closed.counters.to_client.packets;
        prop_assert_eq!(all.iter().map(packets).sum::<u64>(), capture.len() as u64);
    }
}
