//! Packet numbers, loss, and what is said of it.

use super::play::Play;
use super::wire::{
    AES_128, ALL, DOWN, RESET, UP, Wire, ack, client_hello, crypto, data, frames, last, log,
    server_hello,
};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::sealer::Number;
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;

fn begun() -> (Wire, Play) {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    (wire, play)
}

#[test]
fn packets_that_come_twice_or_late_are_counted_and_read_once() {
    let (mut wire, mut play) = begun();
    let packets: Vec<Vec<u8>> = ["a", "b", "c", "d"]
        .iter()
        .zip(0..)
        .map(|(text, at)| wire.one(UP, &data(0, at, text)))
        .collect();
    for place in [0, 0, 2, 1, 2, 3, 1] {
        play.up(&packets[place]);
    }
    play.close();
    let measures = play.measures().ways.to_server;
    assert_eq!((measures.duplicates, measures.reordered, measures.missed), (3, 1, 0));
    assert_eq!((measures.stream_bytes, measures.resent_bytes), (4, 0));
    assert_eq!(play.given(), [">0 a", ">0 b", ">0 c", ">0 d", ">0 end CaptureEnd"]);
}

#[test]
fn numbers_go_on_where_fewer_bytes_of_them_are_written() {
    for (first, length) in [(0, 1), (65_400, 2), ((1 << 24) - 100, 3), ((1 << 32) - 100, 4)] {
        let (wire, mut play) = begun();
        let at = |whole, length| Number { whole, length };
        // from a number that is written whole on
        let start = wire.numbered(UP, Kind::OneRtt, at(first, 4), &data(0, 0, "x"));
        if first < 1 << 31 {
            play.up(&start);
        } else {
            let half = at(1 << 31, 4);
            play.up(&wire.numbered(UP, Kind::OneRtt, half, &data(4, 0, "x")));
            play.up(&start);
        }
        for nth in 1..600 {
            let number = at(first + nth, length);
            play.up(&wire.numbered(UP, Kind::OneRtt, number, &data(0, nth, "x")));
        }
        play.close();
        assert_eq!(play.anomalies(), [""; 0], "{first} in {length} bytes");
        let given = play.given().iter().filter(|text| *text == ">0 x").count();
        assert_eq!(given, 600, "{first} in {length} bytes");
    }
}

/// The capture lost more packets than the bytes of a number can tell.
#[test]
fn a_hole_of_many_packets_is_crossed() {
    for (hole, length) in [(200, 1), (1000, 1), (40_000, 2), (300_000, 2)] {
        let (wire, mut play) = begun();
        let at = |whole| Number { whole, length };
        play.down(&wire.numbered(DOWN, Kind::OneRtt, at(0), &last(3, 0, "before")));
        play.down(&wire.numbered(DOWN, Kind::OneRtt, at(hole), &last(7, 0, "after")));
        play.down(&wire.numbered(DOWN, Kind::OneRtt, at(hole + 1), &last(11, 0, "more")));
        play.close();
        assert!(play.given().contains(&"<7 after".to_owned()), "{hole}: {:?}", play.story());
        assert!(play.given().contains(&"<11 more".to_owned()), "{hole}");
        assert_eq!(play.measures().ways.to_client.missed, hole - 1);
    }
}

#[test]
fn acknowledgments_measure_the_way() {
    let (mut wire, mut play) = begun();
    play.up(&wire.one(UP, &data(0, 0, "a")));
    play.up(&wire.one(UP, &data(0, 1, "b")));
    // 1 ms, as the exponent of 3 has it
    let mut delayed = frames(|out| testing::ack(1, 125, 1, &[], None, out));
    delayed.extend(data(0, 0, "A"));
    play.down(&wire.one(DOWN, &delayed));
    play.down(&wire.one(DOWN, &ack(1, 0)));
    play.close();
    let trips = play.quic(|event| match event {
        QuicEvent::RoundTrip { trip, ack_delay } => Some((
            trip.direction == DOWN,
            trip.sent.frame.0,
            trip.acked.frame.0,
            ack_delay.as_nanos(),
        )),
        _ => None,
    });
    // the Initial of the client, the answer of the server
    assert_eq!(trips, [(false, 1, 2, 0), (true, 2, 3, 0)]);
    let way = play.measures().ways.to_server;
    // 1 ms from frame 5 to 6, all of it held back
    let trip = way.round_trip.map(|(least, last)| (least.as_nanos(), last.as_nanos()));
    assert_eq!(trip, Some((0, 875_000)));
    assert_eq!(way.lost, 0);
}

#[test]
fn packets_behind_those_acknowledged_are_lost_until_they_are_acknowledged() {
    let (mut wire, mut play) = begun();
    for at in 0..6 {
        play.up(&wire.one(UP, &data(0, at, "x")));
    }
    // 0, 1 and 2 are three and more before 5; then 2 is there all the same
    play.down(&wire.one(DOWN, &ack(5, 4)));
    play.down(&wire.one(DOWN, &frames(|out| testing::ack(5, 0, 1, &[(0, 0)], None, out))));
    play.close();
    assert_eq!(play.measures().ways.to_server.lost, 2);
}

/// Bytes that may be sent on all streams, and on stream 0.
fn allowed(all: u64, of_stream: u64) -> Vec<u8> {
    frames(|out| {
        testing::plain(0x10, &[all], out);
        testing::plain(0x11, &[0, of_stream], out);
    })
}

#[test]
fn what_a_sender_waited_for_is_told_when_it_goes_on() {
    let (mut wire, mut play) = begun();
    play.up(&wire.one(UP, &allowed(100, 6)));
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    play.up(&wire.one(UP, &ack(0, 0)));
    play.wait(100);
    // it had room, and nothing to send
    play.down(&wire.one(DOWN, &data(0, 2, "A2")));
    play.wait(10);
    // nothing tells what it waited for
    play.down(&wire.one(DOWN, &data(0, 4, "A3")));
    let before = play.story().len();
    play.wait(50);
    play.up(&wire.one(UP, &allowed(100, 8)));
    play.wait(1);
    // it waited for room
    play.down(&wire.one(DOWN, &data(0, 6, "A4")));
    play.wait(50);
    play.up(&wire.one(UP, &allowed(100, 20)));
    play.wait(50);
    // likewise, and did not go on at once
    play.down(&wire.one(DOWN, &data(0, 8, "A5")));
    let stalls = |story: &[String]| -> Vec<String> {
        story.iter().filter(|text| text.contains("stalled")).cloned().collect()
    };
    let story = play.story();
    assert_eq!(stalls(&story[..before]), ["<-1 stalled 5-107 Idle", "<-1 stalled 107-118 Unknown"]);
    assert_eq!(
        stalls(&story[before..]),
        [
            "<0 stalled 118-171 FlowControl",
            "<0 stalled 171-222 FlowControl",
            "<0 stalled 222-273 Idle"
        ]
    );
}

#[test]
fn a_stream_that_begins_long_after_it_may_did_not_wait() {
    for (pause, expected) in [(1, vec![">4 stalled 5-59 StreamLimit"]), (50, vec![])] {
        let (mut wire, mut play) = begun();
        play.down(&wire.one(DOWN, &frames(|out| testing::plain(0x12, &[1], out))));
        play.up(&wire.one(UP, &last(0, 0, "a")));
        play.down(&wire.one(DOWN, &ack(0, 0)));
        play.wait(50);
        play.down(&wire.one(DOWN, &frames(|out| testing::plain(0x12, &[2], out))));
        play.wait(pause);
        play.up(&wire.one(UP, &last(4, 0, "b")));
        let is_limit = |text: &&String| text.contains("StreamLimit");
        let told: Vec<String> = play.story().iter().filter(is_limit).cloned().collect();
        assert_eq!(told, expected, "{pause} ms");
    }
}

/// The client's hello in two packets, of which the second is sent again.
#[test]
fn a_part_of_the_handshake_that_was_lost_held_up_the_rest() {
    let acks = |ranges: &[(u64, u64)]| frames(|out| testing::ack(2, 0, 0, ranges, None, out));
    // the server has the first packet; later the third one, or all of them
    let cases = [(acks(&[(0, 0)]), vec![">-1 stalled 2-54 SentAgain"]), (ack(2, 0), vec![])];
    for (answer, expected) in cases {
        let mut wire = Wire::new(Version::V1);
        let mut play = Play::new(log(&ALL));
        let hello = client_hello(0, false);
        let (first, second) = hello.split_at(200);
        play.up(&wire.packet(UP, Kind::Initial, &crypto(0, first)));
        play.up(&wire.packet(UP, Kind::Initial, &crypto(200, second)));
        play.down(&wire.packet(DOWN, Kind::Initial, &ack(0, 0)));
        play.wait(50);
        play.up(&wire.packet(UP, Kind::Initial, &crypto(200, second)));
        let answer = [answer, crypto(0, &server_hello(AES_128, false))].concat();
        play.down(&wire.packet(DOWN, Kind::Initial, &answer));
        let is_stall = |text: &&String| text.contains("stalled");
        let told: Vec<String> = play.story().iter().filter(is_stall).cloned().collect();
        assert_eq!(told, expected);
    }
}

/// The server lost what it knew of the connection.
#[test]
fn a_stateless_reset_is_known_by_its_token() {
    let (mut wire, mut play) = begun();
    play.up(&wire.one(UP, &data(0, 0, "a")));
    let before = play.story().len();
    play.down(&[&[0x40][..], &[9; 30], &RESET].concat());
    play.down(&[&[0x40][..], &[9; 30], &[8; 16]].concat());
    assert_eq!(play.story()[before..], ["<unknown 5", "quic.bad-packet"]);
}
