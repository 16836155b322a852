//! Captures that begin in the middle, and holes.

use crate::flow::event::{Direction, GapReason, Role};
use crate::protocol::http::message::{Ending, HttpEvent};
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http::stream::script::brief;
use crate::protocol::http2::frame::{self, Kind};
use crate::protocol::http2::hpack::tests::{indexed, literal};
use crate::protocol::http2::tests::script::{Script, frame, get, headers, preface, settings};

const END_STREAM: u8 = frame::END_STREAM;
const END_HEADERS: u8 = frame::END_HEADERS;

#[test]
fn what_stands_in_entries_from_before_the_capture_is_unknown() {
    let mut script = Script::new(Role::Port);
    // GET, https, an authority and a path that were indexed before
    let block = [indexed(2), indexed(7), indexed(62), indexed(63)].concat();
    script.up(&frame(Kind::HEADERS, END_STREAM | END_HEADERS, 9, &block));
    script.down(&frame(Kind::HEADERS, END_STREAM | END_HEADERS, 9, &indexed(65)));
    // a path that is literal is known, and so is what was seen to be indexed
    let block = [indexed(2), literal(":path", "/known"), indexed(64)].concat();
    script.up(&frame(Kind::HEADERS, END_STREAM | END_HEADERS, 11, &block));
    script.up(&frame(
        Kind::HEADERS,
        END_STREAM | END_HEADERS,
        13,
        &[indexed(2), indexed(62)].concat(),
    ));
    assert_eq!(
        brief(&script.events),
        [
            "9> GET ?",
            "9>| none",
            "9< ?",
            "9<| none",
            "11> GET /known",
            "11>| none",
            "13> GET /known",
            "13>| none",
        ]
    );
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!((head.unknown_fields, head.authority.as_deref()), (2, None));
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_hole_within_data_stays_in_step() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&headers(1, 0, &[(":status", "200"), ("x-in", "table")]));
    let data = frame(Kind::DATA, END_STREAM, 1, &[7; 100]);
    script.down(&data[..50]);
    script.gap(Direction::ToClient, 40);
    script.down(&data[90..]);
    script.down(&frame(Kind::HEADERS, END_STREAM | END_HEADERS, 3, &indexed(63)));
    let said = brief(&script.events);
    assert_eq!(said[5..], ["1<| frames 69/60 3..5 Gap(NotCaptured)", "3< 200", "3<| none"]);
}

#[test]
fn a_hole_that_ends_with_data_ends_the_message() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    let data = frame(Kind::DATA, END_STREAM, 1, &[7; 100]);
    script.down(&data[..50]);
    script.gap(Direction::ToClient, 59);
    script.down(&headers(3, END_STREAM, &[(":status", "204")]));
    let said = brief(&script.events);
    assert_eq!(said[5..], ["1<| frames 50/41 3..3 Gap(NotCaptured)", "3< 204", "3<| none"]);
}

#[test]
fn after_any_other_hole_the_next_frame_is_looked_for() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&headers(1, 0, &[(":status", "200"), ("x-in", "table")]));
    script.gap(Direction::ToClient, 1000);
    // the end of a frame whose beginning is missing, then two whole ones
    let rest = [vec![0; 30], b"\x00\x01tail of a body".to_vec()].concat();
    let data = frame(Kind::DATA, END_STREAM, 1, b"end");
    let block = [indexed(8), indexed(62), literal("x-new", "entry")].concat();
    let answer = frame(Kind::HEADERS, END_STREAM | END_HEADERS, 3, &block);
    script.down(&[rest, data, answer].concat());
    let said = brief(&script.events);
    assert_eq!(
        said[4..],
        ["1< 200", "1<| frames 12/3 4..4 Gap(NotCaptured)", "3< 200", "3<| none"]
    );
    let HttpEvent::Response { head, .. } = script.http(6) else { panic!("a response") };
    assert_eq!((head.unknown_fields, head.fields.get("x-new")), (1, Some("entry")));
}

#[test]
fn a_body_whose_head_was_before_the_capture_is_told_with_an_unknown_head() {
    let mut script = Script::new(Role::Port);
    script.down(&frame(Kind::DATA, 0, 5, b"the middle"));
    script.up(&frame(Kind::DATA, END_STREAM, 7, b"an upload"));
    script.down(&frame(Kind::DATA, END_STREAM, 5, b" and the end"));
    assert_eq!(
        brief(&script.events),
        [
            "5< ?",
            "7> ? ?",
            "7>| frames 18/9 2..2 Gap(NotCaptured)",
            "5<| frames 40/22 1..3 Gap(NotCaptured)",
        ]
    );
    let HttpEvent::ResponseEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!(end.body.decoded, None, "its coding is not known");
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_body_whose_head_was_in_a_hole_is_told_and_one_without_any_is_wrong() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&frame(Kind::DATA, 0, 3, b"early"));
    assert_eq!(script.anomalies(), ["http2.frame"], "all was seen: there is none");
    script.gap(Direction::ToClient, 200);
    script.down(&[settings(&[]), frame(Kind::DATA, END_STREAM, 3, b"late")].concat());
    let said = brief(&script.events);
    assert_eq!(said[4..], ["3< ?", "3<| frames 13/4 4..4 Gap(NotCaptured)"]);
    script.down(&frame(Kind::DATA, 0, 3, b"after the end"));
    assert_eq!(brief(&script.events).len(), 6, "a stream that is over");
}

#[test]
fn a_block_that_was_cut_tells_what_came_of_it() {
    let mut script = Script::new(Role::Syn);
    script.up(&preface());
    let block =
        [literal(":method", "PUT"), literal(":path", "/kept"), literal("x", "lost")].concat();
    let request = frame(Kind::HEADERS, END_HEADERS, 1, &block);
    script.up(&request[..request.len() - 4]);
    script.gap(Direction::ToServer, 4);
    script.up(&frame(
        Kind::HEADERS,
        END_STREAM | END_HEADERS,
        3,
        &[indexed(2), indexed(62)].concat(),
    ));
    assert_eq!(brief(&script.events), ["1> PUT /kept", "3> GET ?", "3>| none"]);
    assert_eq!(script.anomalies(), ["http2.head-cut"]);
    script.up(&frame(Kind::DATA, END_STREAM, 1, b"body"));
    let HttpEvent::RequestEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!(end.how, Ending::Gap(GapReason::NotCaptured));
}

#[test]
fn bytes_that_are_no_frames_are_passed_over_in_bounds() {
    let mut script = Script::new(Role::Port);
    script.piece = 1000;
    script.up(&vec![0x55; 100_000]);
    script.up(&vec![0; 100_000]);
    script.up(&[settings(&[]), get(5, "/found")].concat());
    assert_eq!(brief(&script.events), ["5> GET /found", "5>| none"]);
}

#[test]
fn a_response_is_told_whose_request_was_in_a_hole() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a")].concat());
    script.down(&headers(1, END_STREAM, &[(":status", "204")]));
    let lost = get(3, "/lost");
    script.gap(Direction::ToServer, lost.len() as u64);
    script.up(&[get(5, "/b"), get(7, "/c")].concat());
    script.down(&headers(3, END_STREAM, &[(":status", "404")]));
    script.down(&headers(5, END_STREAM, &[(":status", "200")]));
    let said = brief(&script.events);
    assert!(said.contains(&"3< 404".to_owned()), "{said:?}");
}

#[test]
fn a_capture_may_begin_within_a_frame_of_either_side() {
    let mut script = Script::new(Role::Port);
    script.up(&get(9, "/a"));
    let data = frame(Kind::DATA, END_STREAM, 7, &[0x77; 3000]);
    script.down(&data[1000..]);
    script.down(&headers(9, END_STREAM, &[(":status", "200")]));
    assert_eq!(brief(&script.events), ["9> GET /a", "9>| none", "9< 200", "9<| none"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn behind_a_hole_nobody_knows_how_many_streams_are_open() {
    let mut script = Script::new(Role::Syn);
    script.up(&preface());
    script.down(&settings(&[(3, 1)]));
    script.up(&get(1, "/a"));
    script.gap(Direction::ToClient, 100);
    script.down(&headers(1, END_STREAM, &[(":status", "200")]));
    script.up(&get(3, "/b"));
    let said = brief(&script.events);
    assert!(!said.iter().any(|said| said.contains("queued")), "{said:?}");
}

#[test]
fn a_window_is_not_known_behind_an_update_that_was_cut() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), settings(&[(4, 5)]), get(1, "/a")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    let update = frame(Kind::WINDOW_UPDATE, 0, 1, &10u32.to_be_bytes());
    script.up(&update[..11]);
    script.gap(Direction::ToServer, 2);
    script.down(&frame(Kind::DATA, 0, 1, b"12345"));
    script.up(&update);
    let blocked = |said: &&Multiplex| matches!(said, Multiplex::Blocked(_));
    assert_eq!(script.multiplex().into_iter().find(blocked), None);
}

#[test]
fn a_head_whose_status_is_unknown_was_an_interim_one_where_another_follows() {
    let mut script = Script::new(Role::Port);
    script.up(&get(9, "/a"));
    script.down(&frame(Kind::HEADERS, END_HEADERS, 9, &indexed(65)));
    script.down(&headers(9, 0, &[(":status", "200"), ("x", "y")]));
    script.down(&frame(Kind::DATA, 0, 9, b"body"));
    script.down(&headers(9, END_STREAM, &[("t", "1")]));
    assert_eq!(
        brief(&script.events)[2..],
        ["9< ?", "9< 200", "9<| frames 27/4 4..4 t: 1"],
        "{:?}",
        script.anomalies()
    );
    assert_eq!(script.anomalies(), [""; 0]);
}
