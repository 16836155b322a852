//! Whole conversations: frames in, events out.

mod blocked;
mod bounds;
mod control;
mod holes;
mod script;

use crate::flow::event::{Direction, EndReason};
use crate::protocol::http::message::{Ending, HttpEvent, Version};
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http3::frame::Kind;
use script::{Script, data, frame, get, headers, ok, promise};

#[test]
fn a_request_and_its_response_are_told_with_their_stream() {
    let mut script = Script::begun();
    script.ask(4, &get("/a?b"));
    script.down(4, &headers(&[(":status", "200"), ("content-type", "text/html")]));
    script.down(4, &data(b"hello"));
    script.answer(4, &data(b", you"));
    assert_eq!(
        script.brief(),
        ["4> GET /a?b", "4>| none", "4< 200", "4<| frames 14/10 7..8"],
        "{:#?}",
        script.events
    );
    let HttpEvent::Request { head, .. } = script.http(0) else { panic!("a request") };
    assert_eq!(head.scheme.as_deref(), Some("https"));
    assert_eq!(head.authority.as_deref(), Some("h.test"));
    assert_eq!((head.version, head.unknown_fields), (Version::Http3, 0));
    assert_eq!(head.size as usize, get("/a?b").len());
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn interim_responses_trailers_and_bodiless_responses_have_their_place() {
    let mut script = Script::begun();
    script.ask(0, &get("/a"));
    script.ask(4, &headers(&[(":method", "HEAD"), (":scheme", "https"), (":path", "/b")]));
    script.ask(8, &get("/c"));
    script.down(0, &headers(&[(":status", "103"), ("link", "</x>")]));
    script.down(0, &[ok(), data(b"abc")].concat());
    script.answer(0, &headers(&[("grpc-status", "0")]));
    script.answer(4, &headers(&[(":status", "200"), ("content-length", "100")]));
    script.answer(8, &headers(&[(":status", "304"), ("content-length", "100")]));
    let said = script.brief();
    assert_eq!(said[6..9], ["0< (103)", "0< 200", "0<| frames 21/3 9..9 grpc-status: 0"]);
    assert_eq!(said[9..], ["4< 200", "4<| none", "8< 304", "8<| none"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

/// What was said, without the packets that it came in.
fn without_frames(script: &Script) -> Vec<String> {
    let said = script.brief().into_iter();
    said.map(|said| {
        said.split(' ').filter(|word| !word.contains("..")).collect::<Vec<_>>().join(" ")
    })
    .collect()
}

#[test]
fn it_does_not_matter_where_the_bytes_are_cut() {
    use crate::protocol::http3::qpack::tests::{capacity, insert, references};
    let conversation = |piece| {
        let mut script = Script::new();
        script.piece = piece;
        script.begin();
        // sections come before the entries they need, in both directions
        let entries = [(":method", "POST"), (":path", "/up"), (":status", "201")];
        let stream: Vec<u8> = entries.iter().flat_map(|(n, v)| insert(n, v)).collect();
        let asks = frame(Kind::HEADERS, &references(2, &[0, 1]));
        let grease = frame(Kind(0x21), b"nothing");
        script.ask(4, &[&asks[..], &grease, &data(b"a body"), &data(b"")].concat());
        script.ask(0, &get("/first"));
        script.up(script::ENCODER, &stream);
        let answers = frame(Kind::HEADERS, &references(3, &[2]));
        script.answer(4, &[&answers[..], &data(&[7; 300])].concat());
        script.down(script::SERVER_ENCODER, &[capacity(1000), stream].concat());
        script.answer(0, &[promise(1, "/pushed"), ok(), headers(&[("t", "1")])].concat());
        script.answer(15, &[&[1, 1][..], &ok(), &data(b"push")].concat());
        assert_eq!(script.anomalies(), [""; 0]);
        without_frames(&script)
    };
    let whole = conversation(usize::MAX);
    assert_eq!(
        whole,
        [
            "0> GET /first",
            "0>| none",
            "4> POST /up",
            "4>| frames 10/6",
            "4< 201",
            "4<| frames 303/300",
            "0< 200",
            "0<| none t: 1",
            "15> GET /pushed",
            "15>| none",
            "15< 200",
            "15<| frames 6/4",
        ]
    );
    for piece in 1..40 {
        assert_eq!(conversation(piece), whole, "{piece}");
    }
}

#[test]
fn a_response_may_begin_before_its_request_has_ended() {
    let mut script = Script::begun();
    let post = headers(&[(":method", "POST"), (":scheme", "https"), (":path", "/a")]);
    script.up(0, &[post, data(b"a question")].concat());
    script.down(0, &ok());
    script.ask(0, &data(b"and another"));
    assert_eq!(script.brief(), ["0> POST /a", "0 asked 5", "0< 200", "0>| frames 25/21 5..7"]);
}

#[test]
fn a_push_is_told_by_its_stream_whichever_of_it_comes_first() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(0, &promise(0, "/style.css"));
    script.answer(15, &[&[1, 0][..], &ok(), &data(b"css")].concat());
    script.answer(19, &[&[1, 1][..], &ok()].concat());
    script.down(0, &promise(1, "/script.js"));
    script.down(0, &promise(2, "/never.png"));
    script.answer(0, &ok());
    script.close();
    assert_eq!(
        script.brief()[2..],
        [
            "15> GET /style.css",
            "15>| none",
            "15< 200",
            "15<| frames 5/3 7..7",
            "19< 200",
            "19<| none",
            "19> GET /script.js",
            "19>| none",
            "0< 200",
            "0<| none",
        ]
    );
    let HttpEvent::Request { head, .. } = script.http(2) else { panic!("a promise") };
    assert_eq!(head.promised_on, Some(0));
    assert_eq!(script.notes(), ["promises push 2, GET /never.png, and does not push it"]);
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_push_that_came_may_be_promised_again() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.ask(4, &get("/b"));
    script.down(0, &promise(0, "/style.css"));
    script.answer(15, &[&[1, 0][..], &ok()].concat());
    script.down(4, &promise(0, "/style.css"));
    script.close();
    assert_eq!(script.brief()[4..], ["15> GET /style.css", "15>| none", "15< 200", "15<| none"]);
    assert_eq!(script.notes(), [""; 0]);
}

#[test]
fn what_is_given_up_is_told_for_each_direction() {
    let mut script = Script::begun();
    let (up, down) = (Direction::ToServer, Direction::ToClient);
    // the client does not want the rest
    script.ask(0, &get("/a"));
    script.down(0, &[ok(), data(&[0; 10])].concat());
    script.reset(0, down, up, 0x10c);
    // the server does not work on it
    script.up(4, &[get("/b"), data(b"some")].concat());
    script.reset(4, down, down, 0x10b);
    script.reset(4, up, down, 0x10b);
    // nobody wants it any more once it is there
    script.ask(8, &get("/c"));
    script.answer(8, &ok());
    script.reset(8, down, up, 0x10c);
    let said = script.brief();
    let how = |by: &str, code: u64| {
        format!("Reset(Reset {{ by: {by}, code: ErrorCode({code}), unprocessed: false }})")
    };
    assert_eq!(
        said,
        [
            "0> GET /a".to_owned(),
            "0>| none".to_owned(),
            "0< 200".to_owned(),
            format!("0<| frames 12/10 6..6 {}", how("ToServer", 0x10c)),
            "4> GET /b".to_owned(),
            format!("4<| none {}", how("ToClient", 0x10b)),
            format!("4>| frames 6/4 8..8 {}", how("ToClient", 0x10b)),
            "8> GET /c".to_owned(),
            "8>| none".to_owned(),
            "8< 200".to_owned(),
            "8<| none".to_owned(),
        ]
    );
}

#[test]
fn what_the_connection_ends_is_cut() {
    let mut script = Script::begun();
    script.ask(0, &get("/"));
    script.down(0, &[ok(), frame(Kind::DATA, b"abcd")[..4].to_vec()].concat());
    script.end(0, Direction::ToClient, EndReason::Idle);
    let HttpEvent::ResponseEnd { end, .. } = script.http(3) else { panic!("an end") };
    assert_eq!((end.how, end.body.encoded), (Ending::Cut(EndReason::Idle), 2));
    script.ask(4, &get("/")[..9]);
    assert_eq!(script.anomalies(), ["http3.frame"], "it ends within a frame");
}

#[test]
fn events_of_a_stream_are_told_as_they_come() {
    let mut script = Script::begun();
    script.ask(0, &get("/events"));
    script.down(0, &headers(&[(":status", "200"), ("content-type", "text/event-stream")]));
    script.down(0, &data(b"data: one\n"));
    script.down(0, &data(b"\ndata: tw"));
    script.answer(0, &data(b"o\n\n"));
    let said = script.brief();
    assert_eq!(said[2..5], ["0< 200", "0<> message", "0<> message"], "{said:?}");
}

#[test]
fn a_websocket_and_what_else_is_asked_for_is_named() {
    let mut script = Script::begun();
    let connect = |protocol| {
        headers(&[
            (":method", "CONNECT"),
            (":protocol", protocol),
            (":scheme", "https"),
            (":authority", "h.test"),
            (":path", "/chat"),
        ])
    };
    script.up(0, &connect("websocket"));
    script.down(0, &ok());
    script.down(0, &data(b"\x81\x05Hel"));
    script.down(0, &data(b"lo\x88\x00"));
    script.up(4, &connect("webtransport"));
    script.down(4, &ok());
    script.up(8, &connect("connect-udp"));
    script.down(8, &ok());
    script.datagram(Direction::ToServer, b"\x02\x00hello");
    script.datagram(Direction::ToClient, b"\x40\x63unknown");
    // a stream of a session of WebTransport, in both directions and in one
    script.up(12, b"\x40\x41\x04some bytes");
    script.answer(12, b"what comes back");
    script.down(15, b"\x40\x54\x04some bytes");
    let said = script.brief();
    assert_eq!(
        said,
        [
            "0> CONNECT /chat",
            "0 asked 5",
            "0< 200",
            "0<> websocket",
            "0<> message",
            "0<> message",
            "4> CONNECT /chat",
            "4 asked 9",
            "4< 200",
            "4<> webtransport",
            "8> CONNECT /chat",
            "8 asked 11",
            "8< 200",
            "8<> connect-udp",
            "8<> message",
        ]
    );
    let HttpEvent::Message { message, .. } = script.http(14) else { panic!("a datagram") };
    assert_eq!((message.wire, message.size, message.kind.name()), (7, 6, "datagram"));
    let notes = ["sends datagrams of streams that are not open", "opens streams of WebTransport"];
    assert_eq!(script.notes(), notes);
    assert_eq!(script.anomalies(), [""; 0]);
    script.datagram(Direction::ToServer, b"\x40");
    assert_eq!(script.anomalies(), ["http3.datagram"], "it does not say of which request");
}

#[test]
fn who_begins_a_stream_of_webtransport_is_told() {
    let mut script = Script::begun();
    // an answer cannot begin one
    script.ask(0, &get("/"));
    script.answer(0, &[&b"\x40\x41\x04some"[..], &ok()].concat());
    assert_eq!((script.brief()[2].as_str(), script.notes()), ("0< 200", vec![]));
    // what the client says on the server's is an answer
    script.up(1, b"some bytes");
    let [Multiplex::Note { by, .. }] = script.multiplex()[..] else { panic!("a note") };
    assert_eq!(*by, Direction::ToClient);
}
