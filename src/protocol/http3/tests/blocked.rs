//! Sections that come before the entries that they refer to.

use crate::flow::event::{Direction, EndReason};
use crate::protocol::analyzer::Analyzer as _;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http3::frame::Kind;
use crate::protocol::http3::qpack::tests::{capacity, insert, references};
use crate::protocol::http3::tests::script::{
    CONTROL, DECODER, ENCODER, SERVER_CONTROL, SERVER_DECODER, SERVER_ENCODER, Script, data, frame,
    get, headers, ok, settings,
};

fn refers(required: u64, places: &[u64]) -> Vec<u8> {
    frame(Kind::HEADERS, &references(required, places))
}

#[test]
fn a_response_that_waits_is_told_with_the_packet_that_brought_its_entries() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.answer(0, &[refers(2, &[0, 1]), data(b"body")].concat());
    assert_eq!(script.brief(), ["0> GET /", "0>| none"], "it waits, and its body does");
    script.down(SERVER_ENCODER, &insert(":status", "200"));
    assert_eq!(script.brief().len(), 2);
    script.down(SERVER_ENCODER, &insert("x-in", "table"));
    assert_eq!(script.brief()[2..], ["0< 200", "0<| frames 6/4 6..6"]);
    let HttpEvent::Response { head, .. } = script.http(2) else { panic!("a response") };
    let span = head.span;
    let frames = [span.first, span.ready, span.last, span.done].map(|stamp| stamp.frame.0);
    assert_eq!(frames, [6, 8, 6, 8]);
    assert_eq!((head.fields.get("x-in"), head.unknown_fields), (Some("table"), 0));
    let HttpEvent::ResponseEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!((end.last.frame.0, end.done.frame.0), (6, 8));
    let body = end.body.span.unwrap();
    assert_eq!((body.first.frame.0, body.ready.frame.0), (6, 8));
}

#[test]
fn only_the_stream_that_needs_them_waits() {
    let mut script = Script::begun();
    script.ask(0, &refers(4, &[0, 1, 2, 3]));
    script.ask(4, &get("/other"));
    script.ask(8, &refers(2, &[0, 1]));
    let entries = [(":method", "GET"), (":path", "/b"), (":scheme", "https"), ("x", "y")];
    for (name, value) in entries {
        script.up(ENCODER, &insert(name, value));
    }
    let said = script.brief();
    let wanted = ["4> GET /other", "4>| none", "8> GET /b", "8>| none", "0> GET /b", "0>| none"];
    assert_eq!(said, wanted);
    assert!(script.connection.held() < 6000, "nothing waits any more");
}

#[test]
fn trailers_may_wait_too_and_what_is_behind_a_hole() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(0, &refers(1, &[0]));
    script.down(0, &data(&[1; 60])[..30]);
    script.gap(0, Direction::ToClient, 20);
    script.down(0, &[&[1; 12][..], &refers(2, &[1])].concat());
    script.end(0, Direction::ToClient, EndReason::Fin);
    script.down(SERVER_ENCODER, &insert(":status", "200"));
    assert_eq!(script.brief()[2..], ["0< 200"]);
    script.down(SERVER_ENCODER, &insert("t", "1"));
    assert_eq!(script.brief()[3..], ["0<| frames 47/40 7..9 Gap(NotCaptured) t: 1"]);
}

#[test]
fn what_waits_for_settings_goes_on_with_them() {
    let mut script = Script::new();
    script.ask(0, &refers(1, &[0]));
    script.ask(4, &refers(2, &[0, 1]));
    script.up(ENCODER, &[&[2][..], &capacity(4096), &insert(":method", "GET")].concat());
    assert_eq!(script.brief(), [""; 0]);
    script.down(SERVER_CONTROL, &[&[0][..], &settings(&[(1, 4096)])].concat());
    assert_eq!(script.brief(), ["0> GET ?", "0>| none"]);
    script.up(ENCODER, &insert(":path", "/b"));
    assert_eq!(script.brief()[2..], ["4> GET /b", "4>| none"]);
}

#[test]
fn where_the_settings_were_missed_entries_that_were_seen_are_known() {
    let mut script = Script::new();
    script.gap(SERVER_CONTROL, Direction::ToClient, 30);
    script.up(ENCODER, &[&[2][..], &capacity(4096), &insert(":method", "GET")].concat());
    script.ask(0, &refers(1, &[0]));
    script.ask(4, &refers(2, &[0, 1]));
    script.up(ENCODER, &insert(":path", "/b"));
    assert_eq!(script.brief(), ["0> GET ?", "0>| none", "4> GET /b", "4>| none"]);
    let HttpEvent::Request { head, .. } = script.http(2) else { panic!("a request") };
    assert_eq!(head.unknown_fields, 0);
}

#[test]
fn who_answers_has_read_the_question_so_that_its_entries_are_not_in_the_capture() {
    // the connection began before the capture: no encoder stream, no settings
    let mut script = Script::new();
    script.ask(400, &refers(2, &[0, 1]));
    assert_eq!(script.brief(), [""; 0]);
    script.answer(400, &ok());
    assert_eq!(script.brief(), ["400> ? ?", "400>| none", "400< 200", "400<| none"]);
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!(head.unknown_fields, 2);
    // from now on nothing is waited for
    script.ask(404, &refers(2, &[0, 1]));
    assert_eq!(script.brief()[4..], ["404> ? ?", "404>| none"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn who_acknowledges_a_section_has_read_it() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(SERVER_ENCODER, &insert(":status", "200"));
    script.answer(0, &[refers(1, &[0]), data(b"abc"), refers(2, &[1])].concat());
    script.up(DECODER, b"\x03\x80");
    assert_eq!(script.brief().len(), 3, "the head was acknowledged");
    script.up(DECODER, b"\x80");
    assert_eq!(script.brief()[3..], ["0<| frames 10/3 7..7"], "the trailers are unknown");
    let HttpEvent::ResponseEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!((end.trailers.len(), end.unknown_trailers), (0, 1));
}

#[test]
fn a_stream_that_is_given_up_or_cut_is_told_with_what_is_known() {
    let (up, down) = (Direction::ToServer, Direction::ToClient);
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(0, &[refers(1, &[0]), data(b"abc")].concat());
    script.reset(0, down, up, 0x10c);
    assert_eq!(script.brief()[2], "0< ?");
    script.ask(4, &get("/"));
    script.down(4, &refers(1, &[0]));
    script.end(4, down, EndReason::CaptureEnd);
    assert_eq!(script.brief()[6], "4< ?");
    script.ask(8, &refers(1, &[0]));
    script.close();
    assert_eq!(script.brief()[8..], ["8> ? ?", "8>| none"]);
}

#[test]
fn more_than_the_bound_does_not_wait() {
    let mut script = Script::begun();
    script.limits.http3_blocked = 2000;
    script.ask(0, &get("/"));
    script.down(0, &refers(1, &[0]));
    script.down(0, &data(&[0; 1000]));
    assert_eq!(script.brief().len(), 2);
    script.down(0, &data(&[0; 1000]));
    script.answer(0, &data(b""));
    assert_eq!(script.brief()[2..], ["0< ?", "0<| frames 2008/2000 7..9"]);
    assert_eq!(script.anomalies(), ["http3.blocked-full"]);
}

#[test]
fn the_table_of_the_other_direction_is_another() {
    let mut script = Script::begun();
    script.up(ENCODER, &insert(":method", "GET"));
    script.down(SERVER_ENCODER, &insert(":status", "404"));
    script.up(DECODER, b"\x03\x01");
    script.down(SERVER_DECODER, b"\x03\x01");
    script.ask(0, &refers(1, &[0]));
    script.answer(0, &refers(1, &[0]));
    assert_eq!(script.brief(), ["0> GET ?", "0>| none", "0< 404", "0<| none"]);
    // the size of a table is what its reader allows
    let mut script = Script::new();
    script.up(CONTROL, &[&[0][..], &settings(&[(1, 0)])].concat());
    script.down(SERVER_ENCODER, &[&[2][..], &capacity(100)].concat());
    assert_eq!(script.anomalies(), ["http3.qpack"]);
    script.ask(0, &get("/"));
    script.answer(0, &headers(&[(":status", "200")]));
    assert_eq!(script.brief()[2..], ["0< 200", "0<| none"]);
}

#[test]
fn an_acknowledgment_and_an_answer_are_of_one_section() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.answer(0, &[refers(1, &[0]), data(b"abc"), refers(2, &[1])].concat());
    script.up(DECODER, b"\x03\x80");
    assert_eq!(script.brief()[2..], ["0< ?"], "the trailers still wait");
    script.down(SERVER_ENCODER, &[insert(":status", "200"), insert("t", "1")].concat());
    assert_eq!(script.brief()[3..], ["0<| frames 10/3 6..6 t: 1"]);

    let mut script = Script::begun();
    script.ask(0, &[refers(1, &[0]), data(b"abc"), refers(2, &[1])].concat());
    script.down(0, &ok());
    assert_eq!(script.brief(), ["0> ? ?", "0 asked 5", "0< 200"], "the trailers still wait");
    script.up(ENCODER, &[insert(":method", "GET"), insert("t", "1")].concat());
    assert_eq!(script.brief()[3..], ["0>| frames 10/3 5..5 t: 1"]);
}

#[test]
fn sections_of_one_stream_wait_one_behind_the_other() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(SERVER_ENCODER, &insert(":status", "103"));
    script.piece = 7;
    let hints: Vec<u8> = (1..=300).flat_map(|required| refers(required, &[required - 1])).collect();
    script.answer(0, &[hints, ok(), data(b"body")].concat());
    let answered = script.frame;
    assert_eq!(script.brief().len(), 3, "the first entry is there");
    for told in 3..302 {
        assert_eq!(script.brief().len(), told);
        // the entry once more
        script.down(SERVER_ENCODER, b"\0");
    }
    let said = script.brief();
    assert!(said[2..302].iter().all(|said| said == "0< (103)"), "{said:?}");
    let body = format!("0<| frames 6/4 {}..{answered}", answered - 1);
    assert_eq!(said[302..], ["0< 200".to_owned(), body]);
    let HttpEvent::Informational { head, .. } = script.http(202) else { panic!("a hint") };
    let (came, read) = (head.span.first.frame.0, head.span.ready.frame.0);
    assert!(came < answered && read == answered + 200, "{came} {read}");
    assert_eq!(script.anomalies(), [""; 0]);
}
