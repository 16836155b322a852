//! Streams: each waits for its own bytes only.

use super::play::Play;
use super::wire::{ALL, DOWN, UP, Wire, ack, data, frames, last, log};
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;

fn begun() -> (Wire, Play, usize) {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    play.up(&wire.one(UP, &[last(0, 0, "a"), last(4, 0, "b")].concat()));
    let before = play.story().len();
    (wire, play, before)
}

#[test]
fn a_lost_packet_holds_up_its_own_stream() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &[data(0, 0, "A1"), data(4, 0, "B1")].concat()));
    let _lost = wire.one(DOWN, &data(0, 2, "A2"));
    play.down(&wire.one(DOWN, &[data(0, 4, "A3"), data(4, 2, "B2")].concat()));
    play.down(&wire.one(DOWN, &last(4, 4, "B3")));
    play.up(&wire.one(UP, &frames(|out| testing::ack(3, 0, 1, &[(0, 0)], None, out))));
    play.down(&wire.one(DOWN, &last(0, 6, "A4")));
    play.down(&wire.one(DOWN, &data(0, 2, "A2")));
    assert_eq!(
        play.story()[before..],
        [
            "<data",
            "<0 A1 5/5",
            "<4 B1 5/5",
            "<4 B2 6/6",
            "<4 B3 7/7",
            "<4 end Fin",
            "<0 stalled 6-10 Missing",
            "<0 A2 10/10",
            "<0 A3 6/10",
            "<0 A4 9/10",
            "<0 end Fin"
        ]
    );
}

/// The other end has it: it passed, and was not captured.
#[test]
fn what_was_not_captured_is_a_gap_once_it_is_acknowledged() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    let _not_captured = wire.one(DOWN, &data(0, 2, "A2"));
    play.down(&wire.one(DOWN, &last(0, 4, "A3")));
    play.up(&wire.one(UP, &ack(1, 0)));
    play.up(&wire.one(UP, &ack(2, 0)));
    assert_eq!(
        play.story()[before..],
        ["<data", "<0 A1 5/5", "<0 gap 2..4 NotCaptured", "<0 A3 6/7", "<0 end Fin"]
    );
}

/// It was acknowledged before what is behind it came: nothing waits.
#[test]
fn what_is_known_to_be_missing_is_a_gap_at_once() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    let _not_captured = wire.one(DOWN, &data(0, 2, "A2"));
    play.up(&wire.one(UP, &ack(1, 0)));
    play.down(&wire.one(DOWN, &last(0, 4, "A3")));
    assert_eq!(
        play.story()[before..],
        ["<data", "<0 A1 5/5", "<0 gap 2..4 NotCaptured", "<0 A3 7/7", "<0 end Fin"]
    );
}

#[test]
fn what_was_lost_is_waited_for() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    let _lost = wire.one(DOWN, &data(0, 2, "A2"));
    play.down(&wire.one(DOWN, &last(0, 4, "A3")));
    for _ in 0..5 {
        play.up(&wire.one(UP, &frames(|out| testing::ack(2, 0, 0, &[(0, 0)], None, out))));
        play.down(&wire.one(DOWN, &[1]));
    }
    play.close();
    assert_eq!(
        play.story()[before..],
        ["<data", "<0 A1 5/5", "<0 gap 2..4 NeverSent", "<0 A3 6/17", "<0 end Fin", "closed 8 8"]
    );
}

#[test]
fn streams_that_are_given_up_are_said_once() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    play.down(&wire.one(DOWN, &frames(|out| testing::plain(0x04, &[0, 7, 2], out))));
    play.down(&wire.one(DOWN, &data(0, 2, "A2")));
    play.up(&wire.one(UP, &frames(|out| testing::plain(0x05, &[4, 8], out))));
    play.down(&wire.one(DOWN, &frames(|out| testing::plain(0x04, &[4, 9, 0], out))));
    assert_eq!(
        play.story()[before..],
        ["<data", "<0 A1 5/5", "<0 reset 7 by <", "<4 reset 8 by >"]
    );
}

#[test]
fn an_end_may_come_alone_and_datagrams_too() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    play.down(&wire.one(DOWN, &last(0, 2, "")));
    play.down(&wire.one(DOWN, &last(0, 2, "")));
    play.down(&wire.one(DOWN, &frames(|out| testing::datagram(b"one", out))));
    let mut both = data(4, 0, "B1");
    testing::last_stream(4, 2, true, b"B2", &mut both);
    play.down(&wire.one(DOWN, &both));
    play.down(&wire.one(DOWN, &frames(|out| testing::last_datagram(b"two", out))));
    assert_eq!(
        play.story()[before..],
        [
            "<data",
            "<0 A1 5/5",
            "<0 end Fin",
            "<datagram one",
            "<4 B1 9/9",
            "<4 B2 9/9",
            "<4 end Fin",
            "<datagram two"
        ]
    );
}

#[test]
fn bytes_behind_the_end_are_not_read() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    let _lost = wire.one(DOWN, &data(0, 2, "A2"));
    play.down(&wire.one(DOWN, &last(0, 4, "A3")));
    play.down(&wire.one(DOWN, &data(0, 6, "A4")));
    play.down(&wire.one(DOWN, &last(0, 0, "A1")));
    play.down(&wire.one(DOWN, &data(0, 2, "A2")));
    assert_eq!(
        play.story()[before..],
        [
            "<data",
            "<0 A1 5/5",
            "quic.stream-conflict",
            "quic.stream-conflict",
            "<0 stalled 6-9 Missing",
            "<0 A2 9/9",
            "<0 A3 6/9",
            "<0 end Fin"
        ]
    );
}

#[test]
fn bytes_that_were_sent_again_are_read_once() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    play.down(&wire.one(DOWN, &last(0, 0, "A1A2")));
    play.down(&wire.one(DOWN, &data(0, 2, "A2")));
    play.close();
    assert_eq!(
        play.story()[before..],
        ["<data", "<0 A1 5/5", "<0 stalled 5-6 SentAgain", "<0 A2 7/7", "<0 end Fin", "closed 3 5"]
    );
    let way = play.measures().ways.to_client;
    assert_eq!((way.stream_bytes, way.resent_bytes), (4, 6));
}

/// One hole is known not to be filled; what fills the next one may still come.
#[test]
fn each_hole_waits_for_its_own_packet() {
    let (mut wire, mut play, before) = begun();
    play.down(&wire.one(DOWN, &data(0, 0, "A1")));
    let _not_captured = wire.one(DOWN, &data(0, 2, "A2"));
    play.down(&wire.one(DOWN, &data(0, 4, "A3")));
    let late = wire.one(DOWN, &data(0, 6, "A4"));
    play.down(&wire.one(DOWN, &data(0, 8, "A5")));
    play.up(&wire.one(UP, &ack(2, 0)));
    play.up(&wire.one(UP, &ack(2, 0)));
    play.down(&late);
    assert_eq!(
        play.story()[before..],
        [
            "<data",
            "<0 A1 5/5",
            "<0 gap 2..4 NotCaptured",
            "<0 A3 6/8",
            "<0 stalled 8-10 Reordered",
            "<0 A4 10/10",
            "<0 A5 7/10"
        ]
    );
}
