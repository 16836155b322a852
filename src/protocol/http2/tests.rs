//! Whole conversations: frames in, events out.

mod bounds;
mod control;
mod holes;
mod script;
mod websocket;

use crate::flow::event::{Direction, EndReason, Role};
use crate::protocol::http::message::{Ending, HttpEvent, Version};
use crate::protocol::http::stream::script::brief;
use crate::protocol::http2::frame::{self, Kind};
use script::{Script, frame, get, headers, preface, settings};

const END_STREAM: u8 = frame::END_STREAM;
const PADDED: u8 = frame::PADDED;

#[test]
fn a_request_and_its_response_are_told_with_their_stream() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), settings(&[]), get(1, "/a?b")].concat());
    script.down(&settings(&[]));
    script.down(&headers(1, 0, &[(":status", "200"), ("content-type", "text/html")]));
    script.down(&frame(Kind::DATA, 0, 1, b"hello"));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b", you"));
    assert_eq!(
        brief(&script.events),
        ["1> GET /a?b", "1>| none", "1< 200", "1<| frames 28/10 4..5"],
        "{:#?}",
        script.events
    );
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!(head.scheme.as_deref(), Some("https"));
    assert_eq!(head.authority.as_deref(), Some("h.test"));
    assert_eq!((head.version, head.unknown_fields), (Version::Http2, 0));
}

#[test]
fn it_does_not_matter_where_the_bytes_are_cut() {
    let conversation = |piece| {
        let mut script = Script::new(Role::Syn);
        script.piece = piece;
        script.up(&[preface(), settings(&[]), get(1, "/a"), get(3, "/b")].concat());
        let body = frame(Kind::DATA, PADDED | END_STREAM, 3, b"\x03body\0\0\0");
        let answer = [settings(&[]), headers(3, 0, &[(":status", "200")]), body];
        script.down(&answer.concat());
        script.down(&headers(1, END_STREAM, &[(":status", "404")]));
        brief(&script.events)
            .into_iter()
            .map(|said| said.split(" 1").next().unwrap().to_owned())
            .map(|said| {
                said.split("..").next().unwrap().split(' ').take(3).collect::<Vec<_>>().join(" ")
            })
            .collect::<Vec<_>>()
    };
    let whole = conversation(usize::MAX);
    assert_eq!(whole.len(), 8);
    for piece in 1..20 {
        assert_eq!(conversation(piece), whole, "{piece}");
    }
}

#[test]
fn a_response_may_begin_before_its_request_has_ended() {
    let mut script = Script::new(Role::Syn);
    let post = headers(1, 0, &[(":method", "POST"), (":scheme", "https"), (":path", "/a")]);
    script.up(&[preface(), post].concat());
    script.up(&frame(Kind::DATA, 0, 1, b"a question"));
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.up(&frame(Kind::DATA, END_STREAM, 1, b"and another"));
    assert_eq!(
        brief(&script.events),
        ["1> POST /a", "1 asked 2", "1< 200", "1>| frames 39/21 2..4"]
    );
}

#[test]
fn padding_counts_for_the_wire_and_not_for_the_body() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, PADDED, 1, b"\x05hello\0\0\0\0\0"));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b""));
    assert_eq!(brief(&script.events)[3], "1<| frames 29/5 3..4");
}

#[test]
fn streams_are_told_apart_and_interim_responses_and_trailers_have_their_place() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&headers(3, 0, &[(":status", "103"), ("link", "</x>")]));
    script.down(&headers(1, 0, &[(":status", "200"), ("content-length", "4")]));
    script.down(&headers(3, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, 0, 1, b"ab"));
    script.down(&frame(Kind::DATA, 0, 3, b"xyz"));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"cd"));
    script.down(&headers(3, END_STREAM, &[("grpc-status", "0")]));
    assert_eq!(
        brief(&script.events),
        [
            "1> GET /a",
            "1>| none",
            "3> GET /b",
            "3>| none",
            "3< (103)",
            "1< 200",
            "3< 200",
            "1<| frames 22/4 5..7",
            "3<| frames 33/3 6..6 grpc-status: 0",
        ]
    );
}

#[test]
fn a_promise_is_a_request_that_the_client_did_not_send() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/")].concat());
    script.down(&script::promise(1, 2, "/style.css"));
    script.down(&headers(1, END_STREAM, &[(":status", "200")]));
    script.down(&headers(2, END_STREAM, &[(":status", "200"), ("x-of", "promise")]));
    let said = brief(&script.events);
    assert_eq!(
        said[2..],
        ["2> GET /style.css", "2>| none", "1< 200", "1<| none", "2< 200", "2<| none"]
    );
    let HttpEvent::Request { head, .. } = script.http(2) else { panic!("a promise") };
    assert_eq!(head.promised_on, Some(1));
}

#[test]
fn a_block_may_come_in_several_frames() {
    let mut script = Script::new(Role::Syn);
    let block = script::block(&[(":method", "GET"), (":path", "/long"), (":scheme", "https")]);
    let (first, rest) = block.split_at(4);
    let (second, third) = rest.split_at(3);
    script.up(&preface());
    script.up(&frame(Kind::HEADERS, END_STREAM, 1, first));
    script.up(&frame(Kind::CONTINUATION, 0, 1, second));
    script.up(&frame(Kind::CONTINUATION, frame::END_HEADERS, 1, third));
    assert_eq!(brief(&script.events), ["1> GET /long", "1>| none"]);
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!(head.size as usize, 27 + block.len());
    assert_eq!((head.span.first.frame.0, head.span.last.frame.0), (2, 4));
}

#[test]
fn what_the_connection_ends_is_cut() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, 0, 1, b"ab"));
    script.end(Direction::ToClient, EndReason::Rst);
    let HttpEvent::ResponseEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!((end.how, end.body.encoded), (Ending::Cut(EndReason::Rst), 2));
}

#[test]
fn broken_frames_are_told_and_what_follows_is_read() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/"), get(3, "/b")].concat());
    script.down(&frame(Kind::DATA, PADDED, 1, b""));
    script.down(&frame(Kind::HEADERS, frame::END_HEADERS | PADDED, 1, b"\x09ab"));
    script.down(&headers(0, 0, &[(":status", "200")]));
    script.down(&headers(3, END_STREAM, &[("Upper", "x"), (":status", "200"), ("upgrade", "x")]));
    let anomalies = script.anomalies();
    assert_eq!(anomalies, ["http2.frame", "http2.frame", "http2.frame", "http2.head-syntax"]);
    assert_eq!(brief(&script.events).last().unwrap(), "3<| none");
}

#[test]
fn a_value_with_a_line_break_is_told() {
    for value in ["a\r\nset-cookie: b=c", "a\n", "\0"] {
        let mut script = Script::new(Role::Syn);
        script.up(&[preface(), get(1, "/")].concat());
        script.down(&headers(1, END_STREAM, &[(":status", "200"), ("x", value)]));
        assert_eq!(script.anomalies(), ["http2.head-syntax"], "{value:?}");
    }
}

#[test]
fn events_of_a_stream_are_told_as_they_come_and_padding_is_none_of_them() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), settings(&[]), get(1, "/events")].concat());
    script.down(&settings(&[]));
    let head = [(":status", "200"), ("content-type", "text/event-stream")];
    script.down(&headers(1, 0, &head));
    script.down(&frame(Kind::DATA, PADDED, 1, b"\x03data: one\n\0\0\0"));
    script.down(&frame(Kind::DATA, 0, 1, b"\ndata: tw"));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"o\n\n"));
    let said = brief(&script.events);
    assert_eq!(said[2..5], ["1< 200", "1<> message", "1<> message"], "{said:?}");
    let HttpEvent::Message { message, .. } = script.http(4) else { panic!("an event") };
    assert_eq!((message.size, message.frames.len()), (3, 2));
}
