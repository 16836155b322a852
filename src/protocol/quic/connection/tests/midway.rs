//! Connections that began before the capture.

use super::play::Play;
use super::wire::{ALL, DOWN, UP, Wire, ack, client_hello, data, last, log};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::sealer::Number;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::{Label, Secret};

/// The rest of a connection, whose ends have IDs of so many bytes.
fn rest(client: usize, server: usize, first: u64, length: usize) -> Play {
    let mut wire = Wire::new(Version::V1);
    (wire.client, wire.server) = (vec![0xc1; client], vec![0x51; server]);
    let mut secrets = log(&ALL);
    // those of others are tried first
    for other in 0..20 {
        let mut random: [u8; 32] = client_hello(0, false)[6..38].try_into().unwrap();
        random[0] = other + 1;
        for label in ALL {
            secrets.add(random, label, Secret::new(&[other + 100; 32]).unwrap());
        }
    }
    let mut play = Play::new(secrets);
    let at = |whole| Number { whole, length };
    let texts: Vec<Vec<u8>> =
        vec![data(0, 900, "middle"), last(0, 906, "end"), last(4, 0, "whole")];
    for (whole, text) in (first..).zip(&texts) {
        play.down(&wire.numbered(DOWN, Kind::OneRtt, at(whole), text));
        play.up(&wire.numbered(UP, Kind::OneRtt, at(whole), &ack(whole, whole)));
    }
    wire.next.to_server[2] = 9;
    play.close();
    play
}

#[test]
fn secrets_are_searched_for_what_opens() {
    for (client, server) in [(8, 8), (0, 8), (8, 20), (0, 4), (20, 16)] {
        let play = rest(client, server, 3, 2);
        assert_eq!(
            play.story(),
            [
                "keys Found",
                "<data",
                "<0 gap 0..900 NotCaptured",
                "<0 middle 1/1",
                "<0 end 3/3",
                "<0 end Fin",
                "<4 whole 5/5",
                "<4 end Fin",
                "closed 3 3"
            ]
        );
    }
}

#[test]
fn numbers_are_found_where_they_are_written_short() {
    for (first, length) in [(300, 1), (5000, 1), (70_000, 2), (1 << 20, 3), (1 << 30, 4)] {
        let play = rest(8, 8, first, length);
        assert!(play.given().contains(&"<4 whole".to_owned()), "{first} in {length} bytes");
    }
}

#[test]
fn a_connection_of_which_one_direction_was_captured_is_read() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&[Label::ServerTraffic]));
    play.down(&wire.one(DOWN, &last(0, 0, "whole")));
    play.close();
    assert_eq!(play.given(), ["<0 whole", "<0 end Fin"]);
}

#[test]
fn keys_may_have_changed_before() {
    let mut wire = Wire::new(Version::V1);
    let mut play = Play::new(log(&ALL));
    wire.update(DOWN);
    play.down(&wire.one(DOWN, &last(0, 0, "whole")));
    play.close();
    assert_eq!(play.given(), ["<0 whole", "<0 end Fin"]);
}

/// No secret fits: said once, and each packet stays closed.
#[test]
fn where_no_secret_fits_nothing_is_read() {
    let mut wire = Wire::new(Version::V1);
    let mut secrets = log(&[]);
    secrets.add([1; 32], Label::ServerTraffic, Secret::new(&[77; 32]).unwrap());
    let mut play = Play::new(secrets);
    for nth in 0..20 {
        play.down(&wire.one(DOWN, &data(0, nth * 5, "whole")));
    }
    play.close();
    assert_eq!(play.given(), [""; 0]);
    assert_eq!(play.measures().ways.to_client.sealed, 20);
    assert_eq!(play.story(), ["keys NoHello", "closed 0 20"]);
}
