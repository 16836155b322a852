//! What the ends say of the connection and its streams.

use crate::flow::event::{Direction, EndReason};
use crate::protocol::http::message::{Ending, HttpEvent, Version};
use crate::protocol::http::multiplex::{ErrorCode, GoAway, Multiplex, Reset};
use crate::protocol::http3::frame::Kind;
use crate::protocol::http3::tests::script::{
    CONTROL, SERVER_CONTROL, Script, data, frame, get, headers, ok, settings, varint,
};

#[test]
fn settings_are_told_with_their_width() {
    let mut script = Script::new();
    let values = [(1, 65_536), (6, 1 << 40), (7, 100), (0x33, 1), (0x1f * 7 + 0x21, 5)];
    script.up(CONTROL, &[&[0][..], &settings(&values)].concat());
    let [Multiplex::Settings { by, version, settings: said }] = script.multiplex()[..] else {
        panic!("settings")
    };
    assert_eq!((*by, *version), (Direction::ToServer, Version::Http3));
    assert_eq!(said[..], values);
    assert_eq!(script.anomalies(), [""; 0]);
    script.down(SERVER_CONTROL, &[&[0][..], &settings(&[(7, 1), (1, 0), (7, 1)])].concat());
    assert_eq!(script.anomalies(), ["http3.frame"], "one is there twice");
}

#[test]
fn what_belongs_elsewhere_is_told_and_passed_over() {
    let mut script = Script::new();
    let begin = |kind: u8, rest: Vec<u8>| [vec![kind], rest].concat();
    script.up(CONTROL, &begin(0, frame(Kind::GOAWAY, &[0])));
    assert_eq!(script.anomalies(), ["http3.frame"], "no SETTINGS");
    script.up(14, &begin(0, settings(&[])));
    script.up(18, &begin(1, vec![0]));
    assert_eq!(script.anomalies()[1..], ["http3.stream"; 2], "a second one, and a client's push");
    script.down(SERVER_CONTROL, &begin(0, settings(&[(4, 1)])));
    script.down(SERVER_CONTROL, &settings(&[]));
    script.down(SERVER_CONTROL, &[data(b"x"), frame(Kind(0x6), b"12345678")].concat());
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[]));
    assert_eq!(script.anomalies()[3..], ["http3.frame"; 5]);
    script.end(SERVER_CONTROL, Direction::ToClient, EndReason::Fin);
    assert_eq!(script.anomalies()[8..], ["http3.stream"], "it must stay");
    // unknown and reserved streams and frames are nobody's fault
    script.up(22, &[&varint(0x1f * 9 + 0x21)[..], b"anything"].concat());
    script.up(26, &[&varint(0x77)[..], b"anything"].concat());
    script.up(0, &[frame(Kind(0x21), b"g"), get("/"), frame(Kind(0x1f * 3 + 0x21), b"")].concat());
    assert_eq!(script.anomalies().len(), 9);
    script.up(0, &[frame(Kind(0x8), b"1234"), frame(Kind::SETTINGS, b"")].concat());
    script.up(4, &[data(b"early"), get("/late"), data(b"body")].concat());
    script.up(8, &frame(Kind::PUSH_PROMISE, &[0, 0, 0]));
    assert_eq!(script.anomalies()[9..], ["http3.frame"; 4]);
    assert_eq!(script.brief(), ["0> GET /", "4> GET /late"]);
}

#[test]
fn heads_that_break_the_rules_are_told() {
    for fields in [
        &[(":status", "200"), ("Upper", "x")][..],
        &[(":status", "200"), ("connection", "close")],
        &[("x", "y"), (":status", "200")],
        &[(":status", "200"), ("x", "a\r\nb: c")],
        &[("x", "y")],
        &[(":status", "200"), (":authority", "h.test")],
    ] {
        let mut script = Script::begun();
        script.ask(0, &get("/"));
        script.answer(0, &headers(fields));
        assert_eq!(script.anomalies(), ["http3.head-syntax"], "{fields:?}");
    }
    let mut script = Script::begun();
    script.ask(0, &[get("/"), data(b"x"), headers(&[(":scheme", "https")])].concat());
    assert_eq!(script.anomalies(), ["http3.head-syntax"], "it is among the trailers");
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script
        .answer(0, &[headers(&[(":status", "200"), ("content-length", "5")]), data(b"1")].concat());
    assert_eq!(script.anomalies(), ["http.content-length"]);
}

#[test]
fn a_goaway_of_the_server_gives_up_what_it_does_not_work_on() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    script.ask(4, &get("/b"));
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[4]));
    script.ask(8, &get("/c"));
    script.answer(0, &ok());
    let reset = Reset { by: Direction::ToClient, code: ErrorCode(0x10b), unprocessed: true };
    let ends: Vec<_> = [5, 7].into_iter().map(|nth| script.http(nth)).collect();
    assert_eq!(script.brief()[4].get(..8), Some("4<| none"), "{:?}", script.brief());
    for end in ends.into_iter().chain([script.http(4)]) {
        if let HttpEvent::ResponseEnd { end, .. } = end {
            assert_eq!(end.how, Ending::Reset(reset));
        }
    }
    let said: Vec<_> = script.multiplex();
    let Multiplex::GoAway(GoAway { last_stream, code, .. }) = said[0] else { panic!("a GOAWAY") };
    assert_eq!((*last_stream, *code), (Some(0), None));
    assert_eq!(script.brief().last().unwrap(), "0<| none");
    let mut script = Script::begun();
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[0]));
    let Multiplex::GoAway(said) = script.multiplex()[0] else { panic!("a GOAWAY") };
    assert_eq!(said.last_stream, None);
}

#[test]
fn priorities_are_told_before_and_after_their_request() {
    let mut script = Script::begun();
    script.up(CONTROL, &frame(Kind::PRIORITY_UPDATE, b"\x04u=1"));
    script.up(CONTROL, &frame(Kind::PRIORITY_UPDATE, b"\x04u=0, i"));
    let asks = [(":method", "GET"), (":scheme", "https"), (":path", "/"), ("priority", "u=5")];
    script.ask(4, &headers(&asks));
    script.up(CONTROL, &frame(Kind::PRIORITY_UPDATE, b"\x04u=7"));
    script.up(CONTROL, &frame(Kind::PRIORITY_UPDATE_PUSH, b"\x00u=7"));
    assert_eq!(
        script.brief(),
        ["4> GET /", "4: urgency 5", "4: urgency 0, incremental", "4>| none", "4: urgency 7"]
    );
}

#[test]
fn whose_data_the_connection_brings_is_told() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    script.ask(4, &get("/b"));
    script.down(0, &[ok(), data(b"1")].concat());
    script.down(0, &data(b"2"));
    script.down(4, &[ok(), data(b"3")].concat());
    script.answer(4, &data(b"4"));
    let runs = script.multiplex().into_iter().filter_map(|said| match said {
        Multiplex::Run(run) => Some((run.stream, run.from.frame.0, run.to.frame.0)),
        _ => None,
    });
    assert_eq!(runs.collect::<Vec<_>>(), [(0, 7, 8), (4, 8, 10)]);
}

#[test]
fn what_changes_nothing_is_told_in_words() {
    let mut script = Script::begun();
    script.down(SERVER_CONTROL, &frame(Kind::ORIGIN, b"\0\x0ehttps://b.test"));
    script.up(CONTROL, &[frame(Kind::MAX_PUSH_ID, &[9]), frame(Kind::CANCEL_PUSH, &[3])].concat());
    assert_eq!(script.notes(), ["speaks for https://b.test", "cancels push 3"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_goaway_takes_nothing_back() {
    let mut script = Script::begun();
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[4]));
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[40]));
    assert_eq!(script.anomalies(), ["http3.frame"], "it gives up less than before");
    script.ask(8, &get("/"));
    assert_eq!(script.brief().len(), 3, "{:?}", script.brief());
    script.down(SERVER_CONTROL, &frame(Kind::GOAWAY, &[3]));
    assert_eq!(script.anomalies(), ["http3.frame"; 2], "it is of no request");
    assert_eq!(script.multiplex().len(), 3, "all are told");
}

#[test]
fn what_only_the_other_end_may_say_is_told_and_passed_over() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.up(CONTROL, &frame(Kind::ORIGIN, b"\0\x0ehttps://b.test"));
    script.down(SERVER_CONTROL, &frame(Kind::PRIORITY_UPDATE, b"\0u=1"));
    script.down(SERVER_CONTROL, &frame(Kind::MAX_PUSH_ID, &[9]));
    assert_eq!(script.anomalies(), ["http3.frame"; 3]);
    assert_eq!((script.brief().len(), script.notes()), (2, vec![]));
}

#[test]
fn nothing_of_a_message_follows_its_trailers() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    let whole = [ok(), data(b"abc"), headers(&[("t", "1")])].concat();
    script.answer(0, &[whole, data(b"more"), headers(&[("u", "2")])].concat());
    assert_eq!(script.brief()[2..], ["0< 200", "0<| frames 13/3 6..6 t: 1"]);
    assert_eq!(script.anomalies(), ["http3.frame"; 2]);
}

#[test]
fn a_stream_that_ends_without_a_message_is_told() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.answer(0, b"");
    assert_eq!(script.anomalies(), ["http3.frame"]);
    script.ask(4, &frame(Kind(0x21), b"g"));
    assert_eq!(script.anomalies(), ["http3.frame"; 2]);
    // it was given up: that is told already
    script.ask(8, &get("/"));
    script.reset(8, Direction::ToClient, Direction::ToClient, 0x10b);
    assert_eq!(script.anomalies().len(), 2);
}
