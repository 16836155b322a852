mod early;
mod hostile;
mod late;
mod midway;
mod paths;
mod play;
mod recovery;
mod segments;
mod streams;
mod versions;
mod wire;

use play::{Play, with_handshake};
use wire::{
    AES_256, ALL, CHACHA, DOWN, UP, Wire, ack, client_hello, crypto, data, extensions, finished,
    frames, last, log, log_of, server_hello,
};

use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::Secrets;

/// A handshake, a request and its response.
fn visit(wire: &mut Wire) -> Vec<(crate::flow::event::Direction, Vec<u8>)> {
    let mut all = wire.handshake();
    all.push((UP, wire.one(UP, &last(0, 0, "ask"))));
    all.push((DOWN, wire.one(DOWN, &[ack(0, 0), last(0, 0, "answer")].concat())));
    all
}

#[test]
fn a_connection_with_keys_is_read() {
    let mut play = Play::new(log(&ALL));
    play.all(&visit(&mut Wire::new(Version::V1)));
    play.close();
    assert_eq!(
        play.story(),
        with_handshake(
            &["version 1", ">Client Hello 1/1", "answered 2"],
            (2, 3),
            &[
                ">data",
                ">0 ask 4/4",
                ">0 end Fin",
                "<data",
                "<0 answer 5/5",
                "<0 end Fin",
                "closed 3 2"
            ]
        )
    );
    let measures = play.measures();
    assert_eq!(measures.ways.to_server.packets, [1, 0, 1, 1]);
    assert_eq!(measures.ways.to_client.packets, [1, 0, 1, 1]);
    let sealed = measures.ways.to_server.sealed + measures.ways.to_client.sealed;
    assert_eq!((sealed, measures.ways.to_client.stream_bytes), (0, 6));
}

#[test]
fn without_keys_its_first_messages_are_read_and_the_rest_is_told_by_its_looks() {
    let mut play = Play::new(Secrets::default());
    play.all(&visit(&mut Wire::new(Version::V1)));
    play.close();
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "answered 2",
            "<Server Hello 2/2",
            "keys NoLog",
            "<Sealed 2/2",
            ">Sealed 3/3",
            ">finished inferred",
            ">data",
            "<data",
            "closed 3 2"
        ]
    );
    let measures = play.measures();
    assert_eq!((measures.ways.to_server.sealed, measures.ways.to_client.sealed), (2, 2));
}

#[test]
fn all_versions_and_cipher_suites_are_opened() {
    let mut stories = Vec::new();
    for version in [Version::V1, Version::V2, Version(0xff00_001d), Version(0xff00_0022)] {
        for suite in [wire::AES_128, AES_256, CHACHA] {
            let mut play = Play::new(log_of(&ALL, suite));
            play.all(&visit(&mut Wire::with(version, suite)));
            play.close();
            assert_eq!(play.story()[0], format!("version {version}"));
            stories.push(play.story()[1..].to_vec());
        }
    }
    stories.dedup();
    assert_eq!(stories.len(), 1, "{stories:#?}");
}

/// Browsers shuffle the pieces of their first message over several packets.
#[test]
fn pieces_of_the_handshake_come_in_any_order() {
    let hello = client_hello(0, false);
    let piece = |range: std::ops::Range<usize>| crypto(range.start as u64, &hello[range]);
    let rest = hello.len();
    let mut wire = Wire::new(Version::V1);
    let shuffled = [
        [piece(150..rest), vec![0; 7], piece(0..9)].concat(),
        [piece(100..150), wire::PING.to_vec(), vec![0; 30], piece(40..100)].concat(),
        [piece(3..50), vec![0; 300]].concat(),
    ];
    let packets = shuffled.map(|payload| wire.packet(UP, Kind::Initial, &payload));
    let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]];
    for order in orders {
        let mut play = Play::new(Secrets::default());
        for place in order {
            play.up(&packets[place]);
        }
        // the first of them has the first byte
        let first = order.iter().position(|place| *place == 0).unwrap() + 1;
        let hello = format!(">Client Hello {first}/3");
        assert_eq!(play.story(), ["version 1", &hello], "{order:?}");
    }
    // a datagram may have them all
    let mut play = Play::new(Secrets::default());
    play.up(&packets.concat());
    assert_eq!(play.story(), ["version 1", ">Client Hello 1/1"]);
}

#[test]
fn packets_of_all_kinds_share_a_datagram() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&[wire.hello(), vec![0; 40]].concat());
    let answer = [wire.answer(), wire.one(DOWN, &data(3, 0, "settings"))].concat();
    play.down(&answer);
    play.up(&[wire.done(), wire.one(UP, &last(0, 0, "ask"))].concat());
    assert_eq!(
        play.story(),
        [
            "version 1",
            ">Client Hello 1/1",
            "answered 2",
            "<Server Hello 2/2",
            "keys Found",
            "<Encrypted Extensions 2/2",
            "<Finished 2/2",
            "<finished",
            "<data",
            "<3 settings 2/2",
            ">Finished 3/3",
            ">finished",
            ">data",
            ">0 ask 3/3",
            ">0 end Fin"
        ]
    );
}

#[test]
fn what_ends_a_connection_is_said_once() {
    let words = |code, frame| frames(|out| testing::connection_close(code, frame, b"why", out));
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let refused = words(0x128, Some(6));
    play.down(&wire.packet(DOWN, Kind::Initial, &refused));
    play.down(&wire.packet(DOWN, Kind::Initial, &refused));
    assert_eq!(play.story()[3..], ["<close CRYPTO_ERROR (handshake_failure) 6 why"]);

    for (kind, payload, wanted) in [
        (Kind::Handshake, words(0x0a, Some(0)), ">close PROTOCOL_VIOLATION 0 why"),
        (Kind::OneRtt, words(0x102, None), ">close application 258 why"),
        (Kind::OneRtt, words(0, Some(0)), ">close NO_ERROR 0 why"),
    ] {
        let mut wire = Wire::new(Version::V1);
        let mut play = Play::new(log(&ALL));
        play.all(&wire.handshake());
        let before = play.story().len();
        play.up(&wire.packet(UP, kind, &payload));
        play.down(&wire.packet(DOWN, kind, &payload));
        let said = play.story()[before..].join(", ");
        assert_eq!(said, wanted);
    }
}

/// The ports are the same, nothing else is.
#[test]
fn a_second_connection_between_the_same_ports_is_another() {
    let mut play = Play::new(log(&ALL));
    let mut first = Wire::new(Version::V1);
    play.all(&visit(&mut first));
    play.up(&first.one(UP, &frames(|out| testing::connection_close(0x100, None, b"", out))));
    let before = play.story().len();
    let mut second = Wire::new(Version::V1);
    second.nth = 1;
    (second.original, second.client, second.server) = (vec![1; 8], vec![2; 8], vec![3; 8]);
    play.all(&visit(&mut second));
    play.close();
    assert_eq!(
        play.story()[before..],
        with_handshake(
            &["version 1", ">Client Hello 7/7"],
            (8, 9),
            &[
                ">data",
                ">0 ask 10/10",
                ">0 end Fin",
                "<data",
                "<0 answer 11/11",
                "<0 end Fin",
                "closed 7 4"
            ]
        )
    );
    assert_eq!(play.anomalies(), [""; 0]);
}

#[test]
fn a_packet_that_was_changed_is_told_and_not_read() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    let before = play.story().len();
    let mut packet = wire.one(UP, &last(0, 0, "ask"));
    *packet.last_mut().unwrap() ^= 1;
    play.up(&packet);
    assert_eq!(play.story()[before..], ["quic.bad-packet"]);
}

#[test]
fn the_wrong_keys_are_said() {
    let mut wire = Wire::new(Version::V1);
    // the suite that the ServerHello names is another
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    let hello = [ack(0, 0), crypto(0, &server_hello(CHACHA, false))].concat();
    let rest = [extensions(false), finished()].concat();
    let hello = wire.packet(DOWN, Kind::Initial, &hello);
    play.down(&[hello, wire.packet(DOWN, Kind::Handshake, &crypto(0, &rest))].concat());
    assert_eq!(
        play.story()[3..],
        ["<Server Hello 2/2", "keys Wrong", "quic.bad-packet", "<Sealed 2/2"]
    );
}
