//! Clients that move, and IDs of all lengths.

use super::play::Play;
use super::wire::{ALL, DOWN, UP, Wire, data, frames, last, log};
use crate::limits::Limits;
use crate::protocol::quic::testing;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::Secrets;

/// A router on the way gave the client another port.
#[test]
fn a_new_port_with_the_same_id_is_the_same_connection() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    play.up(&wire.one(UP, &data(0, 0, "before ")));
    let before = play.story().len();
    play.on(40_001, UP, &wire.one(UP, &last(0, 7, "after")));
    play.on(40_001, DOWN, &wire.one(DOWN, &last(0, 0, "answer")));
    play.close();
    assert_eq!(
        play.story()[before..],
        [
            "joined 1",
            "path 40001 same id 5",
            ">0 after 5/5",
            ">0 end Fin",
            "<data",
            "<0 answer 6/6",
            "<0 end Fin",
            "closed 1 1",
            "closed 3 1"
        ]
    );
}

#[test]
fn a_client_that_moves_takes_another_id_and_proves_its_way() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.all(&wire.handshake());
    let issue = |id: &[u8]| frames(|out| testing::new_connection_id(1, 0, id, [1; 16], out));
    play.down(&wire.one(DOWN, &issue(&[0x52; 8])));
    play.up(&wire.one(UP, &issue(&[0xc2; 8])));
    let before = play.story().len();
    (wire.client, wire.server) = (vec![0xc2; 8], vec![0x52; 8]);
    let asks = frames(|out| testing::path_challenge([7; 8], out));
    let answers = frames(|out| testing::path_response([7; 8], out));
    play.on(41_000, UP, &wire.one(UP, &asks));
    play.on(41_000, DOWN, &wire.one(DOWN, &answers));
    play.on(41_000, UP, &wire.one(UP, &last(0, 0, "ask")));
    play.on(41_000, DOWN, &wire.one(DOWN, &last(0, 0, "answer")));
    play.close();
    assert_eq!(
        play.story()[before..],
        [
            "joined 1",
            "path 41000 new id 6",
            "<validated 6-7",
            ">data",
            ">0 ask 8/8",
            ">0 end Fin",
            "<data",
            "<0 answer 9/9",
            "<0 end Fin",
            "closed 2 2",
            "closed 3 2"
        ]
    );
}

/// Without keys it is not known which IDs were given out later; those of the handshake are.
#[test]
fn a_new_port_is_followed_without_keys() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(Secrets::default());
    play.all(&wire.handshake());
    let before = play.story().len();
    play.on(40_001, UP, &wire.one(UP, &data(0, 0, "after")));
    play.close();
    assert_eq!(
        play.story()[before..],
        [
            "joined 1",
            "path 40001 same id 4",
            ">finished inferred",
            ">data",
            "closed 1 0",
            "closed 2 1"
        ]
    );
}

#[test]
fn ids_may_be_empty() {
    for (client, server) in [(0, 8), (8, 0), (0, 0), (20, 20), (1, 4)] {
        let mut wire = Wire::new(Version::V1);
        (wire.client, wire.server) = (vec![0xc1; client], vec![0x51; server]);
        let mut play = Play::new(log(&ALL));
        play.all(&super::visit(&mut wire));
        play.close();
        let given = [">0 ask", ">0 end Fin", "<0 answer", "<0 end Fin"];
        assert_eq!(play.given(), given, "{client} and {server} bytes");
        assert_eq!(play.anomalies(), [""; 0]);
    }
}

/// Two clients behind one address have IDs without bytes: each has its own connection.
#[test]
fn connections_with_empty_ids_are_apart() {
    let mut play = Play::new(log(&ALL));
    for (port, nth) in [(50_000, 1), (50_001, 2)] {
        let mut wire = Wire::new(Version::V1);
        (wire.original, wire.client, wire.server) = (vec![nth; 9], Vec::new(), vec![nth; 8]);
        for (way, datagram) in super::visit(&mut wire) {
            play.on(port, way, &datagram);
        }
    }
    play.close();
    let joined = play.story().iter().filter(|line| line.starts_with("joined")).count();
    assert_eq!((joined, play.given().len()), (0, 8));
}

/// Memory was short, and the connection was given up: what has its ID later is another one.
#[test]
fn a_connection_that_is_read_no_more_takes_no_datagrams() {
    let mut wire = Wire::new(Version::V1);
    let limits = Limits { analyzers_per_shard: 1, ..Limits::default() };
    let mut play = Play::within(limits, log(&ALL));
    play.up(&wire.hello());
    play.on(40_001, DOWN, &wire.answer());
    play.close();
    assert!(!play.story().contains(&"joined 1".to_owned()), "{:?}", play.story());
}

/// A server may ask to be reached elsewhere (RFC 9000 §9.6).
#[test]
fn the_id_of_a_preferred_address_is_followed() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    play.up(&wire.hello());
    wire.preferred = vec![0x5e; 8];
    play.down(&wire.answer());
    play.up(&wire.done());
    wire.server = wire.preferred.clone();
    play.on(41_000, UP, &wire.one(UP, &last(0, 0, "ask")));
    play.close();
    let story = play.story();
    assert!(story.contains(&"joined 1".to_owned()), "{story:?}");
    assert!(story.contains(&">0 ask 4/4".to_owned()), "{story:?}");
}
