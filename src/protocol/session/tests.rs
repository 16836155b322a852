mod toy;

use super::*;
use crate::flow::event::{FlowBody, Transport};
use crate::limits::Limits;
use crate::protocol::session::tests::toy::Wire;

#[test]
fn any_cut_of_the_stream_says_the_same() {
    let text = b"TOY one\ntwo\n\nthree";
    for cut in 0..=text.len() {
        let mut wire = Wire::tcp(99);
        let (head, tail) = text.split_at(cut);
        for (frame, part) in [(2, head), (3, tail)] {
            if !part.is_empty() {
                wire.send(frame, part);
            }
        }
        wire.end(4, Direction::ToServer);
        wire.close(5);
        let mut words = wire.words();
        for word in &mut words {
            // which frames carried a line depends on the cut
            word.truncate(word.rfind(" 2-").or_else(|| word.rfind(" 3-")).unwrap_or(word.len()));
        }
        assert_eq!(
            words,
            [
                "opened",
                "is toy",
                "TOY one",
                "two",
                "",
                "ended",
                "Fin with 5 left",
                "close",
                "closed"
            ],
            "cut at {cut}"
        );
    }
}

#[test]
fn order_is_unique_and_ascends() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\nx\ny\n");
    wire.send(3, b"z\n");
    let orders: Vec<_> = wire.out.iter().map(|event| event.order).collect();
    assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    assert_eq!(wire.out.last().unwrap().order.index, 0);
}

#[test]
fn what_one_packet_repeats_is_counted() {
    let limits = Limits { anomalies_of_a_packet: 2, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 99, limits);
    wire.send(2, &[&b"TOY\n"[..], &b"odd\n".repeat(5)].concat());
    wire.send(3, &b"odd\n".repeat(3));
    let words = wire.words();
    let odd: Vec<_> = words.iter().filter(|word| word.contains("toy.odd")).collect();
    let expected = ["toy.odd", "toy.odd", "3 more toy.odd", "toy.odd", "toy.odd", "1 more toy.odd"];
    assert_eq!(odd, expected, "each packet may say two");
    assert!(wire.out.is_sorted_by(|a, b| a.order < b.order), "each has its place");
}

#[test]
fn a_port_decides_where_bytes_never_will() {
    // "TO" could become TOY: at the end of the direction the port must do
    let mut wire = Wire::tcp(7);
    wire.send(2, b"TO");
    assert_eq!(wire.words(), ["opened"]);
    wire.end(3, Direction::ToServer);
    assert_eq!(wire.words(), ["opened", "ended", "is toy", "Fin with 2 left"]);
    // the same bytes on a port that says nothing are no protocol
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TO");
    wire.end(3, Direction::ToServer);
    assert_eq!(wire.words(), ["opened", "ended"]);
    // and bytes that refuse the port are not forced on it
    let mut wire = Wire::tcp(7);
    wire.send(2, b"GET\n");
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn waiting_ends_at_its_bound() {
    let limits = Limits { probe_bytes: 4, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 8, limits);
    for frame in 2..5 {
        wire.send(frame, b"\x00");
        assert_eq!(wire.words(), ["opened"]);
    }
    wire.send(5, b"\x00");
    assert_eq!(wire.words(), ["opened", "is veil"]);
}

#[test]
fn the_other_direction_may_tell_and_what_was_dropped_is_a_gap() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"rest of something\n");
    wire.data(Direction::ToClient, b"TOY\n", 3, 3);
    // the toy stops at gaps, so it is over before it reads the answer
    assert_eq!(wire.words(), ["opened", "is toy"]);
    let mut wire = Wire::tcp(99);
    wire.send(2, b"?");
    wire.data(Direction::ToClient, b"?", 3, 3);
    wire.data(Direction::ToClient, b"TOY\n", 4, 4);
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn a_gap_is_always_told_and_ends_reading_by_default() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\na");
    wire.gap(3, Direction::ToServer, 10);
    wire.send(4, b"b\n");
    wire.close(5);
    assert_eq!(wire.words(), ["opened", "is toy", "TOY 2-2", "gap 5..15", "closed"]);
}

#[test]
fn nothing_is_called_after_done() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\nSTOP\nmore\n");
    wire.send(3, b"still more\n");
    wire.close(4);
    assert_eq!(wire.words(), ["opened", "is toy", "TOY 2-2", "STOP 2-2", "closed"]);
}

#[test]
fn unread_bytes_have_a_bound() {
    let limits = Limits { buffer_per_stream: 8, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 99, limits);
    wire.send(2, b"TOY12345");
    assert_eq!(wire.words(), ["opened", "is toy"]);
    wire.send(3, b"6");
    wire.send(4, b"\n");
    assert_eq!(wire.words(), ["opened", "is toy", "stream.buffer-full"]);
}

#[test]
fn datagrams_are_judged_one_by_one_and_not_for_ever() {
    let mut wire = Wire::new(Transport::Udp, 99, Limits::default());
    let datagram = |bytes: &'static [u8]| FlowBody::Datagram {
        direction: Direction::ToServer,
        bytes: Bytes::from_static(bytes),
        missing: 3,
    };
    wire.push(2, datagram(b"?"));
    wire.push(3, datagram(b"TOY"));
    assert_eq!(wire.words(), ["opened", "is toy", "datagram 3+3"]);
    let mut wire = Wire::new(Transport::Udp, 99, Limits::default());
    for frame in 2..10 {
        wire.push(frame, datagram(b"?"));
    }
    wire.push(10, datagram(b"TOY"));
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn a_child_session_keeps_when_its_bytes_arrived() {
    let hide = |text: &[u8]| -> Vec<u8> {
        let len = u8::try_from(text.len()).unwrap();
        std::iter::once(len).chain(text.iter().map(|b| !b)).collect()
    };
    let mut wire = Wire::new(Transport::Tcp, 8, Limits { probe_bytes: 1, ..Limits::default() });
    // the line is cut over two records, and the second record over two segments, of which the
    // first was overtaken by the last: arrived 4, delivered 5
    let first = hide(b"TOY he");
    let second = hide(b"llo\n");
    let (start, rest) = second.split_at(2);
    wire.send(2, &first);
    wire.send(5, start);
    wire.data(Direction::ToServer, rest, 4, 5);
    assert_eq!(wire.words(), ["opened", "is veil", "is toy", "TOY hello 2-5"]);
    let mut wire = Wire::new(Transport::Tcp, 8, Limits { probe_bytes: 1, ..Limits::default() });
    wire.send(2, &hide(b"TOY\n"));
    wire.data(Direction::ToServer, &hide(b"late\n"), 4, 9);
    assert_eq!(wire.words().last().unwrap(), "late 4-9");
}

#[test]
fn where_all_connections_hold_too_much_reading_the_one_that_asks_for_more_stops() {
    let limits = Limits { analyzers_per_shard: 300, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 99, limits);
    wire.send(2, b"TOY ");
    wire.send(3, b"one");
    wire.send(4, b"\nTOY ");
    wire.send(5, &[b'x'; 300]);
    wire.send(6, b"\nTOY two\n");
    wire.close(7);
    let words = wire.words();
    assert_eq!(words, ["opened", "is toy", "TOY one 2-4", "stream.budget-full", "closed"]);
}
