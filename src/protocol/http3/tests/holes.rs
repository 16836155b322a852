//! Captures that begin in the middle, and holes.

use crate::flow::event::{Direction, EndReason};
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http3::frame::Kind;
use crate::protocol::http3::qpack::tests::{insert, references, section};
use crate::protocol::http3::tests::script::{
    ENCODER, SERVER_ENCODER, Script, data, frame, get, headers, ok, settings,
};

const DOWN: Direction = Direction::ToClient;

#[test]
fn a_hole_within_data_stays_in_step() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    let answer = [ok(), data(&[7; 100]), headers(&[("t", "1")])].concat();
    let cut = ok().len() + 30;
    script.down(0, &answer[..cut]);
    script.gap(0, DOWN, 40);
    script.answer(0, &answer[cut + 40..]);
    assert_eq!(script.brief()[2..], ["0< 200", "0<| frames 71/60 6..8 Gap(NotCaptured) t: 1"]);
}

#[test]
fn a_hole_up_to_the_end_of_data_is_followed_by_a_frame() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    script.down(0, &[ok(), data(&[7; 50])[..20].to_vec()].concat());
    script.gap(0, DOWN, 32);
    script.answer(0, &data(b"more"));
    assert_eq!(script.brief()[2..], ["0< 200", "0<| frames 26/22 6..8 Gap(NotCaptured)"]);
}

#[test]
fn a_section_that_was_cut_tells_what_came_of_it_and_what_follows_is_read() {
    let mut script = Script::begun();
    let asks = headers(&[(":method", "PUT"), (":path", "/kept"), ("x", "a value that is lost")]);
    script.up(0, &asks[..asks.len() - 6]);
    script.gap(0, Direction::ToServer, 6);
    script.ask(0, &data(b"body"));
    assert_eq!(script.brief(), ["0> PUT /kept", "0>| frames 6/4 7..7 Gap(NotCaptured)"]);
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!(head.unknown_fields, 1);
    assert_eq!(script.anomalies(), ["http3.head-cut"]);
}

#[test]
fn behind_any_other_hole_the_rest_of_the_stream_is_counted_and_no_other_suffers() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    script.ask(4, &get("/b"));
    script.down(0, &[ok(), data(b"abc")].concat());
    script.gap(0, DOWN, 1000);
    script.answer(0, &[data(b"def"), headers(&[("t", "1")])].concat());
    script.answer(4, &ok());
    let said = script.brief();
    assert_eq!(
        said[4..],
        ["0< 200", "0<| frames 18/3 7..9 Gap(NotCaptured)", "4< 200", "4<| none"]
    );
}

#[test]
fn a_stream_that_began_before_the_capture_is_told_with_an_unknown_head() {
    let mut script = Script::new();
    script.gap(40, DOWN, 100_000);
    script.answer(40, &[7; 500]);
    script.gap(44, Direction::ToServer, 10);
    script.up(44, b"an upload");
    script.end(44, Direction::ToServer, EndReason::Fin);
    assert_eq!(
        script.brief(),
        [
            "40< ?",
            "40<| frames 500/0 2..2 Gap(NotCaptured)",
            "44> ? ?",
            "44>| frames 9/0 4..4 Gap(NotCaptured)",
        ]
    );
    let HttpEvent::ResponseEnd { end, .. } = script.http(1) else { panic!("an end") };
    assert_eq!(end.body.decoded, None);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn behind_a_hole_in_an_encoder_stream_entries_are_unknown_and_the_rest_is_not() {
    let mut script = Script::begun();
    script.down(SERVER_ENCODER, &insert(":status", "200"));
    script.ask(0, &get("/a"));
    script.ask(4, &get("/b"));
    // waits for the second entry, which will not come
    script.answer(0, &frame(Kind::HEADERS, &references(2, &[0, 1])));
    script.gap(SERVER_ENCODER, DOWN, 20);
    assert_eq!(script.brief()[4..], ["0< ?", "0<| none"]);
    script.down(SERVER_ENCODER, &insert("x", "y"));
    let mut known = references(3, &[0]);
    known.extend(&section(&[("server", "known")])[2..]);
    script.answer(4, &frame(Kind::HEADERS, &known));
    let HttpEvent::Response { head, .. } = script.http(6) else { panic!("a response") };
    assert_eq!((head.unknown_fields, head.fields.get("server")), (1, Some("known")));
    assert_eq!(script.anomalies(), ["http3.qpack-cut"]);
    // the client's table is another
    script.up(ENCODER, &insert(":method", "GET"));
    script.ask(8, &frame(Kind::HEADERS, &references(1, &[0])));
    assert_eq!(script.brief()[8..], ["8> GET ?", "8>| none"]);
}

#[test]
fn a_stream_whose_kind_was_not_seen_may_have_brought_entries_and_settings() {
    let mut script = Script::new();
    // waits for settings and entries
    script.ask(100, &frame(Kind::HEADERS, &references(2, &[0])));
    assert_eq!(script.brief(), [""; 0]);
    script.gap(6, Direction::ToServer, 100);
    script.up(6, b"\x80");
    script.gap(3, DOWN, 100);
    script.down(3, b"\x07\x01\x00");
    assert_eq!(script.brief(), ["100> ? ?", "100>| none"]);
    script.ask(104, &frame(Kind::HEADERS, &references(2, &[0])));
    assert_eq!(script.brief()[2..], ["104> ? ?", "104>| none"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_hole_in_a_control_stream_costs_its_frames() {
    let mut script = Script::new();
    script.down(3, &[&[0][..], &settings(&[(1, 4096)])[..3]].concat());
    script.gap(3, DOWN, 2);
    script.down(3, &frame(Kind::GOAWAY, &[8]));
    assert_eq!(script.multiplex().len(), 1, "the frame behind it is read");
    // how large the client's table may be is not known, and will not be
    script.ask(0, &frame(Kind::HEADERS, &references(1, &[0])));
    assert_eq!(script.brief()[..1], ["0> ? ?"]);
    script.gap(3, DOWN, 2);
    script.down(3, &frame(Kind::GOAWAY, &[4]));
    assert_eq!(script.multiplex().len(), 1);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_head_whose_status_is_unknown_was_an_interim_one_where_another_follows() {
    let mut script = Script::begun();
    script.gap(SERVER_ENCODER, DOWN, 20);
    script.ask(0, &get("/a"));
    script.down(0, &frame(Kind::HEADERS, &references(1, &[0])));
    script.answer(0, &[ok(), data(b"body"), headers(&[("t", "1")])].concat());
    assert_eq!(script.brief()[2..], ["0< ?", "0< 200", "0<| frames 14/4 8..8 t: 1"]);
    assert_eq!(script.anomalies(), ["http3.qpack-cut"]);
}
