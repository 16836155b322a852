//! Several datagrams of one size, captured as one: GSO and GRO of Linux.

use super::play::Play;
use super::wire::{ALL, CLIENT, DOWN, UP, Wire, data, log, more};
use crate::flow::event::Direction;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::sealer::Number;
use crate::protocol::quic::version::Version;
use crate::protocol::secrets::Secrets;

/// A handshake between ends with such IDs.
fn begun(client: &[u8], secrets: Secrets) -> (Wire, Play) {
    let mut wire = Wire::new(Version::V1);
    wire.client = client.to_vec();
    let mut play = Play::new(secrets);
    play.all(&wire.handshake());
    (wire, play)
}

/// A letter of a stream in a datagram of so many bytes.
fn padded(wire: &mut Wire, way: Direction, nth: u64, size: usize) -> Vec<u8> {
    let id = if way == UP { wire.server.len() } else { wire.client.len() };
    let mut payload = vec![0; size - 1 - id - 2 - 16];
    let text = data(0, nth, "x");
    let at = payload.len() - text.len();
    payload[at..].copy_from_slice(&text);
    // a STREAM frame without length would end with the packet, this one has its length
    wire.one(way, &payload)
}

/// So many datagrams of a size, and a last one that is shorter.
fn batch(wire: &mut Wire, way: Direction, from: u64, count: u64, size: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for nth in from..from + count {
        all.extend(padded(wire, way, nth, size));
    }
    all.extend(padded(wire, way, from + count, 60));
    all
}

fn letters(play: &Play, way: char) -> usize {
    let from = format!("{way}0 ");
    let given = play.given();
    let of_stream = given.iter().filter_map(|text| text.strip_prefix(&from));
    of_stream.filter(|text| text.chars().all(|letter| letter == 'x')).map(str::len).sum()
}

#[test]
fn datagrams_that_were_captured_as_one_are_read_each() {
    for (client, way) in [(CLIENT, DOWN), (&[], DOWN), (&[0xc1; 3], DOWN), (CLIENT, UP)] {
        let (mut wire, mut play) = begun(client, log(&ALL));
        // the path's size grows on the way
        for (from, size) in [(0, 1200), (10, 1200), (20, 1452)] {
            let all = batch(&mut wire, way, from, 9, size);
            if way == UP { play.up(&all) } else { play.down(&all) }
        }
        play.close();
        let arrow = if way == UP { '>' } else { '<' };
        assert_eq!(letters(&play, arrow), 30, "{client:?} {:?}", play.story());
        assert_eq!(play.anomalies(), [""; 0]);
        let measures = play.measures();
        let side = measures.ways.of(way);
        assert_eq!((side.packets[3], side.sealed, side.duplicates), (30, 0, 0));
    }
}

#[test]
fn numbers_of_one_byte_tell_too() {
    let (mut wire, mut play) = begun(&[], log(&ALL));
    for round in 0..20_u64 {
        let mut all = Vec::new();
        for nth in 0..10 {
            let whole = 10 * round + nth;
            let mut payload = data(0, whole, "x");
            payload.resize(1200 - 1 - 1 - 16, 0);
            all.extend(wire.numbered(DOWN, Kind::OneRtt, Number { whole, length: 1 }, &payload));
        }
        play.down(&all);
    }
    wire.next.to_client[2] = 200;
    assert_eq!(letters(&play, '<'), 200, "{:?}", play.story());
    assert_eq!(play.anomalies(), [""; 0]);
}

#[test]
fn a_datagram_that_is_that_large_is_read_whole() {
    for client in [CLIENT, &[]] {
        let (mut wire, mut play) = begun(client, log(&ALL));
        for nth in 0..30 {
            let large = padded(&mut wire, DOWN, nth, 9000);
            play.down(&large);
        }
        assert_eq!(letters(&play, '<'), 30);
        assert_eq!(play.anomalies(), [""; 0]);
    }
}

#[test]
fn they_wait_for_their_keys_as_one_and_are_read_each() {
    for client in [CLIENT, &[]] {
        let (mut wire, mut play) = begun(client, more(&[]));
        let all = batch(&mut wire, DOWN, 0, 9, 1200);
        play.down(&all);
        assert_eq!(letters(&play, '<'), 0);
        play.log(log(&ALL));
        play.close();
        assert_eq!(letters(&play, '<'), 10, "{client:?} {:?}", play.story());
        assert_eq!(play.measures().ways.to_client.packets[3], 10);
        assert_eq!(play.anomalies(), [""; 0]);
    }
}

#[test]
fn without_keys_an_id_tells_how_many_they_are() {
    let (mut wire, mut play) = begun(CLIENT, Secrets::default());
    let all = batch(&mut wire, DOWN, 0, 9, 1200);
    play.down(&all);
    play.close();
    assert_eq!(play.measures().ways.to_client.packets[3], 10);
}

/// The end of a server's handshake, and what it says right behind it.
#[test]
fn the_first_of_them_may_begin_with_other_packets() {
    for client in [CLIENT, &[]] {
        let mut wire = Wire::new(Version::V1);
        wire.client = client.to_vec();
        let mut play = Play::new(log(&ALL));
        play.up(&wire.hello());
        let mut all = wire.answer();
        let left = 1200 - all.len();
        all.extend(padded(&mut wire, DOWN, 0, left));
        all.extend(batch(&mut wire, DOWN, 1, 5, 1200));
        play.down(&all);
        play.up(&wire.done());
        play.close();
        assert_eq!(letters(&play, '<'), 7, "{client:?} {:?}", play.story());
        assert_eq!(play.anomalies(), [""; 0]);
    }
}
