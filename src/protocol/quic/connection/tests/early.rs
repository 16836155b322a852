//! Early data, and keys that change.

use super::play::Play;
use super::wire::{
    AES_128, ALL, DOWN, UP, Wire, ack, client_hello, crypto, data, extensions, finished, last, log,
    server_hello,
};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::sealer::Number;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::Label;

/// A connection that begins with early data, which the server takes or refuses.
fn early(play: &mut Play, takes: bool) {
    let mut wire = Wire::new(Version::V1);
    let hello = wire.packet(UP, Kind::Initial, &crypto(0, &client_hello(0, true)));
    let asked = wire.packet(UP, Kind::ZeroRtt, &last(0, 0, "early"));
    play.up(&[hello, asked].concat());
    let hello = [ack(0, 0), crypto(0, &server_hello(AES_128, takes))].concat();
    let hello = wire.packet(DOWN, Kind::Initial, &hello);
    let rest = [extensions(takes), finished()].concat();
    play.down(&[hello, wire.packet(DOWN, Kind::Handshake, &crypto(0, &rest))].concat());
    play.up(&wire.done());
    let again = if takes { last(4, 0, "later") } else { last(0, 0, "early") };
    play.up(&wire.one(UP, &again));
    play.down(&wire.one(DOWN, &[ack(1, 0), last(0, 0, "answer")].concat()));
    play.close();
}

const FIVE: [Label; 5] = [
    Label::ClientEarly,
    Label::ClientHandshake,
    Label::ServerHandshake,
    Label::ClientTraffic,
    Label::ServerTraffic,
];

#[test]
fn early_data_that_the_server_takes_is_read() {
    let mut play = Play::new(log(&FIVE));
    early(&mut play, true);
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "keys Found",
            ">data early",
            ">0 early 1/1",
            ">0 end Fin",
            "answered 2",
            "<Server Hello 2/2",
            "early true",
            "<Encrypted Extensions 2/2",
            "<Finished 2/2",
            "<finished",
            ">Finished 3/3",
            ">finished",
            ">data",
            ">4 later 4/4",
            ">4 end Fin",
            "<data",
            "<0 answer 5/5",
            "<0 end Fin",
            "closed 3 2"
        ]
    );
}

#[test]
fn early_data_that_the_server_refuses_is_sent_again() {
    let mut play = Play::new(log(&FIVE));
    early(&mut play, false);
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "keys Found",
            ">data early",
            ">0 early 1/1",
            ">0 end Fin",
            "answered 2",
            "early false",
            "<Server Hello 2/2",
            "<Encrypted Extensions 2/2",
            "<Finished 2/2",
            "<finished",
            ">Finished 3/3",
            ">finished",
            ">data",
            "<data",
            "<0 answer 5/5",
            "<0 end Fin",
            "closed 3 2"
        ]
    );
}

#[test]
fn early_data_without_its_key_stays_closed() {
    let mut play = Play::new(log(&ALL));
    early(&mut play, true);
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "keys NotInLog",
            "answered 2",
            "<Server Hello 2/2",
            ">data early",
            "keys Found",
            "early true",
            "<Encrypted Extensions 2/2",
            "<Finished 2/2",
            "<finished",
            ">Finished 3/3",
            ">finished",
            ">data",
            ">4 later 4/4",
            ">4 end Fin",
            "<data",
            "<0 answer 5/5",
            "<0 end Fin",
            "closed 3 2"
        ]
    );
}

#[test]
fn both_ends_go_on_with_new_keys() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    play.up(&wire.one(UP, &data(0, 0, "a")));
    play.down(&wire.one(DOWN, &data(0, 0, "A")));
    let before = play.story().len();
    // two of the old phase come behind the first of the new one
    let late = [wire.one(UP, &data(0, 1, "b")), wire.one(UP, &data(0, 2, "c"))];
    wire.update(UP);
    play.up(&wire.one(UP, &data(0, 3, "d")));
    for packet in &late {
        play.up(packet);
    }
    wire.update(DOWN);
    play.down(&wire.one(DOWN, &data(0, 1, "B")));
    for text in ["C", "D", "E"] {
        wire.update(DOWN);
        wire.update(UP);
        play.down(&wire.one(DOWN, &last(3, 0, text)));
        play.up(&wire.one(UP, &last(2, 0, text)));
    }
    assert_eq!(
        play.story()[before..],
        [
            ">update 1 6",
            ">0 stalled 6-7 Reordered",
            ">0 b 7/7",
            ">0 stalled 7-8 Reordered",
            ">0 c 8/8",
            ">0 d 6/8",
            "<update 1 9",
            "<0 B 9/9",
            "<update 2 10",
            "<3 C 10/10",
            "<3 end Fin",
            ">update 2 11",
            ">2 C 11/11",
            ">2 end Fin",
            "<update 3 12",
            ">update 3 13",
            "<update 4 14",
            ">update 4 15"
        ]
    );
    assert_eq!(play.anomalies(), [""; 0]);
}

/// The capture lost the packets in which keys changed, once or twice.
#[test]
fn new_keys_are_found_behind_a_hole() {
    for (updates, hole) in [(1, 40), (1, 100_000), (2, 40), (2, 100_000)] {
        let mut wire = Wire::new(Version::V1);
        let mut play = Play::new(log(&ALL));
        play.all(&wire.handshake());
        play.down(&wire.one(DOWN, &last(3, 0, "before")));
        for _ in 0..updates {
            wire.update(DOWN);
        }
        wire.next.to_client[2] = hole;
        let before = play.story().len();
        play.down(&wire.one(DOWN, &last(7, 0, "after")));
        wire.update(DOWN);
        play.down(&wire.one(DOWN, &last(11, 0, "more")));
        let next = updates + 1;
        assert_eq!(
            play.story()[before..],
            [
                &format!("<update {updates} 5"),
                "<7 after 5/5",
                "<7 end Fin",
                &format!("<update {next} 6"),
                "<11 more 6/6",
                "<11 end Fin"
            ],
            "{updates} {hole}"
        );
    }
}

/// A packet of the next phase that nobody sent changes nothing.
#[test]
fn keys_are_not_changed_by_what_does_not_authenticate() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    let mut other = Wire::new(Version::V1);
    other.update(UP);
    let number = Number { whole: 0, length: 2 };
    let mut forged = other.numbered(UP, Kind::OneRtt, number, &data(0, 0, "x"));
    *forged.last_mut().unwrap() ^= 1;
    play.up(&forged);
    let before = play.story().len();
    play.up(&wire.one(UP, &data(0, 0, "a")));
    assert_eq!(play.story()[before..], [">data", ">0 a 5/5"]);
}
