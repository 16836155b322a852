//! What nobody who means well sends.

use bytes::Bytes;

use super::play::Play;
use super::wire::{ALL, CLIENT, DOWN, SERVER, UP, Wire, crypto, data, frames, last, log};
use crate::flow::event::GapReason;
use crate::limits::Limits;
use crate::protocol::event::{ConnectionEvent, Event, EventBody};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;

fn begun(limits: Limits) -> (Wire, Play, usize) {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::within(limits, log(&ALL));
    play.all(&wire.handshake());
    let before = play.story().len();
    (wire, play, before)
}

#[test]
fn a_datagram_of_nothing_but_small_packets_is_read() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let mut datagram = Vec::new();
    while datagram.len() < 65_000 {
        datagram.extend(wire.packet(DOWN, Kind::Handshake, &[1]));
    }
    play.down(&datagram);
    // with heads that say nothing behind them
    let empty = [&[0xe0, 0, 0, 0, 1, 8][..], CLIENT, &[8], SERVER, &[0]].concat();
    play.down(&empty.repeat(65_000 / empty.len()));
    play.down(&vec![0xff; 65_507]);
    play.down(&vec![0; 65_507]);
    play.close();
    assert_eq!(
        play.story(),
        ["version 1", ">Client Hello 1/1", "answered 2", "quic.packet", "closed 1 4"]
    );
}

#[test]
fn more_streams_than_are_followed_are_told() {
    let (mut wire, mut play, before) = begun(Limits { quic_streams: 3, ..Limits::default() });
    for id in 0..6 {
        play.up(&wire.one(UP, &data(4 * id, 0, "x")));
    }
    // one is over: there is room for another
    play.up(&wire.one(UP, &last(0, 1, "")));
    play.up(&wire.one(UP, &data(24, 0, "y")));
    assert_eq!(
        play.story()[before..],
        [
            ">data",
            ">0 x 4/4",
            ">4 x 5/5",
            ">8 x 6/6",
            "quic.streams (limit)",
            "quic.streams (limit)",
            "quic.streams (limit)",
            ">0 end Fin",
            ">24 y 11/11"
        ]
    );
}

#[test]
fn packets_are_told_whole_only_where_they_are_asked_for_and_no_more_of_them() {
    let packets = |most| {
        let (mut wire, mut play, _) = begun(Limits { quic_packets: most, ..Limits::default() });
        for id in 0..6 {
            play.up(&wire.one(UP, &data(4 * id, 0, "x")));
        }
        let story = play.story();
        let told = story.iter().filter(|said| said.contains("packet "));
        told.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(packets(0).is_empty());
    let (few, all) = (packets(3), packets(1_000));
    assert_eq!(few, all[..3]);
    assert_eq!(few[0], ">packet Initial 0 of 2 frames");
    let of_streams = all.iter().filter(|said| said.starts_with(">packet 1-RTT"));
    assert_eq!(of_streams.count(), 6);
}

#[test]
fn the_handshake_may_not_leave_holes_of_any_size() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    for nth in 0..500_u64 {
        let far = crypto(1 + nth * 1_000_000, &[1; 1000]);
        play.up(&wire.packet(UP, Kind::Initial, &far));
    }
    let last = crypto((1 << 62) - 1100, &[1; 1000]);
    play.up(&wire.packet(UP, Kind::Initial, &last));
    let told = play.anomalies();
    assert_eq!(told, ["quic.crypto-held"]);
}

#[test]
fn a_hole_that_is_given_up_for_want_of_room_is_no_stall() {
    let (mut wire, mut play, before) = begun(Limits { held_per_stream: 500, ..Limits::default() });
    wire.next.to_server[2] += 1;
    for nth in 1..4 {
        play.up(&wire.one(UP, &data(0, 1000 * nth, &"x".repeat(300))));
    }
    let story = &play.story()[before..];
    assert!(story.iter().any(|said| said.contains("gap 0..1000 OverBudget")), "{story:?}");
    assert!(!story.iter().any(|said| said.contains("stalled")), "{story:?}");
    let is_gap = |event: &&Event| {
        matches!(
            event.body,
            EventBody::Connection(ConnectionEvent::Gap { reason: GapReason::OverBudget, .. })
        )
    };
    assert!(play.events.iter().any(|event| is_gap(&event)), "the bound is seen");
}

#[test]
fn a_flood_of_packets_that_do_not_authenticate_is_told_once() {
    let (mut wire, mut play, _) = begun(Limits::default());
    for _ in 0..100 {
        let mut packet = wire.one(UP, &data(0, 0, "x"));
        *packet.last_mut().unwrap() ^= 1;
        play.up(&packet);
    }
    play.close();
    assert_eq!(play.anomalies(), ["quic.bad-packet"]);
    assert_eq!(play.measures().ways.to_server.sealed, 100);
}

#[test]
fn acknowledgments_of_what_was_never_sent_are_taken() {
    let (mut wire, mut play, before) = begun(Limits::default());
    let most = (1 << 62) - 1;
    play.up(&wire.one(UP, &data(0, 0, "x")));
    play.down(&wire.one(DOWN, &frames(|out| testing::ack(most, most, most, &[], None, out))));
    let ranges = vec![(0, 0); 600];
    play.down(&wire.one(DOWN, &frames(|out| testing::ack(most, 0, 0, &ranges, None, out))));
    play.up(&wire.one(UP, &data(0, 1, "y")));
    assert_eq!(play.story()[before..], [">data", ">0 x 4/4", ">0 y 7/7"]);
}

#[test]
fn offsets_at_the_end_of_what_can_be_written_are_taken() {
    let (mut wire, mut play, before) = begun(Limits::default());
    let most = (1 << 62) - 1;
    play.up(&wire.one(UP, &data(0, most, "x")));
    play.up(&wire.one(UP, &data(most, 0, "x")));
    play.up(&wire.one(UP, &last(most - 1, most, "")));
    play.up(&wire.one(UP, &frames(|out| testing::plain(0x04, &[most, most, most], out))));
    play.close();
    assert_eq!(
        play.story()[before..],
        [
            "quic.frame",
            ">data",
            ">4611686018427387903 x 5/5",
            ">4611686018427387903 reset 4611686018427387903 by >",
            ">4611686018427387902 end CaptureEnd",
            "closed 6 1"
        ]
    );
}

#[test]
fn ids_that_are_too_long_are_told_once() {
    let mut play = Play::new(log(&ALL));
    let mut wire = Wire::new(Version::V1);
    play.up(&wire.hello());
    let before = play.story().len();
    let long = [&[0xc0, 0, 0, 0, 1, 255][..], &[7; 255], &[255], &[7; 255]].concat();
    play.up(&long);
    play.up(&long);
    assert_eq!(play.story()[before..], ["quic.packet"]);
}

#[test]
fn ids_without_number_are_not_kept() {
    let (mut wire, mut play, before) = begun(Limits::default());
    for sequence in 1..2000_u64 {
        let id = sequence.to_be_bytes();
        let issue = frames(|out| testing::new_connection_id(sequence, 0, &id, [3; 16], out));
        play.down(&wire.one(DOWN, &issue));
    }
    assert_eq!(play.story().len(), before);
    // the last ones are followed
    for (port, sequence) in [(41_000, 1999_u64), (42_000, 1)] {
        wire.server = sequence.to_be_bytes().to_vec();
        play.on(port, UP, &wire.one(UP, super::wire::PING));
    }
    let joined = play.story().iter().filter(|line| line.starts_with("joined")).count();
    assert_eq!(joined, 1);
}

mod held {
    //! What one connection takes in memory.

    use super::*;
    use crate::address::Endpoint;
    use crate::flow::event::{Direction, FlowId, FlowKey, Role, Transport};
    use crate::packet::Encapsulation;
    use crate::protocol::analyzer::{Analyzer, Context, FlowInfo};
    use crate::protocol::budget::Budgets;
    use crate::protocol::quic::connection::state::Connection;
    use crate::protocol::routes::Routes;
    use crate::time::{FrameNo, Stamp, Timestamp};

    fn held(datagrams: impl Iterator<Item = (Direction, Vec<u8>)>) -> usize {
        let ends = |port| Endpoint::new([192, 0, 2, 1].into(), port);
        let (client, server) = (ends(40_000), ends(443));
        let key = FlowKey::between(Transport::Udp, Encapsulation::default(), client, server);
        let flow = FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role: Role::Port };
        let limits = Limits::default();
        let (budgets, routes, secrets) = (Budgets::new(&limits), Routes::default(), log(&ALL));
        let mut connection = Connection::default();
        let mut most = 0;
        for (frame, (way, datagram)) in (1..).zip(datagrams) {
            let mut events = Vec::new();
            let mut cx = Context {
                now: Stamp::new(Timestamp::from_nanos(frame), FrameNo(frame.cast_unsigned())),
                flow: &flow,
                limits: &limits,
                protocols: &[],
                secrets: &secrets,
                budgets: &budgets,
                routes: &routes,
                path: None,
                depth: 0,
                secure: false,
                events: &mut events,
            };
            let _ = connection.datagram(way, &Bytes::from(datagram), 0, &mut cx);
            most = most.max(connection.held());
        }
        most
    }

    #[test]
    fn holes_in_many_streams_are_bounded() {
        let mut wire = Wire::new(Version::V1);
        let mut all = wire.handshake();
        for id in 0..3000 {
            wire.next.to_server[2] += 1;
            all.push((UP, wire.one(UP, &data(4 * id, 1, &"x".repeat(1100)))));
        }
        let most = held(all.into_iter());
        assert!((3_000_000..8_000_000).contains(&most), "{most}");
    }

    #[test]
    fn numbers_with_holes_are_bounded() {
        let mut wire = Wire::new(Version::V1);
        let mut all = wire.handshake();
        for _ in 0..20_000 {
            wire.next.to_server[2] += 1;
            all.push((UP, wire.one(UP, super::super::wire::PING)));
        }
        let most = held(all.into_iter());
        assert!(most < 800_000, "{most}");
    }

    #[test]
    fn the_handshakes_bytes_are_bounded() {
        let mut wire = Wire::new(Version::V1);
        let packets = (0..2000_u64).map(|nth| {
            let piece = crypto(1 + nth * 2000, &[1; 1000]);
            (UP, wire.packet(UP, Kind::Initial, &piece))
        });
        let most = held(packets);
        assert!((200_000..600_000).contains(&most), "{most}");
    }
}
