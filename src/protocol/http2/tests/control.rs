//! Frames that speak of streams and of the connection.

use crate::flow::event::{Direction, Role};
use crate::protocol::http::message::{Ending, HttpEvent};
use crate::protocol::http::multiplex::{Blocked, ErrorCode, Multiplex, Reset};
use crate::protocol::http::stream::script::brief;
use crate::protocol::http2::frame::{self, Kind};
use crate::protocol::http2::tests::script::{Script, frame, get, headers, preface, settings};

const END_STREAM: u8 = frame::END_STREAM;

#[test]
fn a_stream_that_is_reset_ends_in_both_directions() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, 0, 1, b"abc"));
    script.up(&frame(Kind::RST_STREAM, 0, 1, &8u32.to_be_bytes()));
    script.down(&frame(Kind::RST_STREAM, 0, 3, &7u32.to_be_bytes()));
    // what is on its way still belongs to nobody
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"late"));
    let reset = |by, code| Ending::Reset(Reset { by, code, unprocessed: false });
    let HttpEvent::ResponseEnd { end, .. } = script.http(5) else { panic!("an end") };
    assert_eq!(end.how, reset(Direction::ToServer, ErrorCode::CANCEL));
    assert_eq!(end.body.encoded, 3);
    let HttpEvent::ResponseEnd { id, end } = script.http(6) else { panic!("an end") };
    assert_eq!((id.stream, end.last.frame.0), (3, 5));
    assert_eq!(end.how, reset(Direction::ToClient, ErrorCode::REFUSED_STREAM));
    assert_eq!(brief(&script.events).len(), 7);
}

#[test]
fn streams_beyond_the_last_of_a_goaway_were_not_worked_on() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), get(1, "/a"), get(3, "/b")].concat());
    script.down(&frame(Kind::GOAWAY, 0, 0, b"\0\0\0\x01\0\0\0\x0bslow down"));
    let [Multiplex::GoAway(said)] = script.multiplex()[..] else { panic!("a GOAWAY") };
    assert_eq!((said.last_stream, said.code), (Some(1), Some(ErrorCode(11))));
    assert_eq!(&*said.text, "slow down");
    let HttpEvent::ResponseEnd { id, end } = script.http(4) else { panic!("an end") };
    assert!(matches!(end.how, Ending::Reset(Reset { unprocessed: true, .. })));
    assert_eq!(id.stream, 3);
    // one that was on its way
    script.up(&get(5, "/c"));
    let HttpEvent::ResponseEnd { id, end } = script.http(7) else { panic!("an end") };
    assert!(matches!(end.how, Ending::Reset(Reset { unprocessed: true, .. })));
    assert_eq!((id.stream, end.last.frame.0), (5, 3));
    script.down(&headers(1, END_STREAM, &[(":status", "200")]));
    assert_eq!(brief(&script.events)[8..], ["1< 200", "1<| none"]);
}

#[test]
fn pings_are_timed() {
    let mut script = Script::new(Role::Syn);
    script.up(&[preface(), frame(Kind::PING, 0, 0, b"12345678")].concat());
    script.down(&frame(Kind::PING, frame::ACK, 0, b"unasked!"));
    script.down(&frame(Kind::PING, frame::ACK, 0, b"12345678"));
    let [Multiplex::RoundTrip(known)] = script.multiplex()[..] else { panic!("a round trip") };
    assert_eq!((known.sent.frame.0, known.answered.frame.0), (1, 3));
    assert_eq!(known.by, Direction::ToServer);
}

#[test]
fn a_sender_without_window_is_blocked_until_it_has_some() {
    let mut script = Script::new(Role::Syn);
    let window = settings(&[(4, 5), (3, 100)]);
    script.up(&[preface(), window, get(1, "/a")].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, 0, 1, b"12345"));
    script.up(&frame(Kind::WINDOW_UPDATE, 0, 1, &10u32.to_be_bytes()));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"1234567890"));
    script.up(&frame(Kind::WINDOW_UPDATE, 0, 1, &10u32.to_be_bytes()));
    let said = script.multiplex();
    let [Multiplex::Settings { by, settings, .. }, Multiplex::Blocked(blocked)] = said[..] else {
        panic!("settings and a blocked stream: {said:?}")
    };
    assert_eq!((*by, &settings[..]), (Direction::ToServer, &[(4, 5), (3, 100)][..]));
    let Blocked { way, stream, from, to } = *blocked;
    assert_eq!((way, stream), (Direction::ToClient, Some(1)));
    assert_eq!((from.frame.0, to.map(|to| to.frame.0)), (3, Some(4)));
}

#[test]
fn a_request_beyond_the_allowed_streams_waits_for_one_to_end() {
    let mut script = Script::new(Role::Syn);
    script.up(&preface());
    script.down(&settings(&[(3, 1)]));
    script.up(&get(1, "/a"));
    script.down(&headers(1, END_STREAM, &[(":status", "200")]));
    script.up(&get(3, "/b"));
    assert_eq!(brief(&script.events)[4..], ["3> GET /b", "3 queued 3..4", "3>| none"]);
}

#[test]
fn priorities_are_told_in_all_their_forms() {
    let mut script = Script::new(Role::Syn);
    script.up(&preface());
    // for a stream that has not begun
    let update = frame(Kind::PRIORITY_UPDATE, 0, 0, b"\0\0\0\x03u=1, i");
    script.up(&[update, get(3, "/b")].concat());
    let block = crate::protocol::http2::tests::script::block(&[(":method", "GET"), (":path", "/")]);
    let flags = frame::PRIORITY | frame::END_HEADERS | END_STREAM;
    script.up(&frame(Kind::HEADERS, flags, 5, &[b"\x80\0\0\x03\xff", &block[..]].concat()));
    script.up(&frame(Kind::PRIORITY, 0, 3, b"\0\0\0\0\x0f"));
    // of what was said before it begins, the latest counts
    let earlier = frame(Kind::PRIORITY_UPDATE, 0, 0, b"\0\0\0\x07u=5");
    let later = frame(Kind::PRIORITY_UPDATE, 0, 0, b"\0\0\0\x07u=0");
    script.up(&[earlier, later, get(7, "/c")].concat());
    assert_eq!(
        brief(&script.events),
        [
            "3> GET /b",
            "3: urgency 1, incremental",
            "3>| none",
            "5> GET /",
            "5: weight 256, depends on stream 3, exclusive",
            "5>| none",
            "3: weight 16, depends on stream 0",
            "7> GET /c",
            "7: urgency 0",
            "7>| none",
        ]
    );
}

#[test]
fn origins_and_alternatives_are_noted_and_short_frames_are_told() {
    let mut script = Script::new(Role::Syn);
    script.down(&frame(Kind::ORIGIN, 0, 0, b"\0\x0ehttps://a.test\0\x0ehttps://b.test"));
    script.down(&frame(Kind::ALTSVC, 0, 1, b"\0\0h3=\":443\""));
    let said = script.multiplex();
    let texts: Vec<&str> = said
        .iter()
        .map(|said| match said {
            Multiplex::Note { text, .. } => &**text,
            _ => panic!("a note"),
        })
        .collect();
    assert_eq!(
        texts,
        ["speaks for https://a.test, https://b.test", "alternative services: h3=\":443\""]
    );
    for kind in [Kind::RST_STREAM, Kind::PING, Kind::GOAWAY, Kind::WINDOW_UPDATE, Kind::ORIGIN] {
        script.down(&frame(kind, 0, 1, b"\x01"));
    }
    assert_eq!(script.anomalies(), ["http2.frame"; 5]);
}

#[test]
fn at_the_bound_the_oldest_stream_is_given_up() {
    let mut script = Script::new(Role::Syn);
    script.limits.http_streams = 2;
    script.up(&[preface(), get(1, "/a"), get(3, "/b"), get(5, "/c"), get(7, "/d")].concat());
    for stream in [1, 5] {
        script.down(&headers(stream, END_STREAM, &[(":status", "200")]));
    }
    let said = brief(&script.events);
    assert_eq!(said[8..], ["5< 200", "5<| none"], "{said:?}");
    assert_eq!(script.anomalies(), ["http2.streams-full"]);
}

#[test]
fn what_waited_for_keys_is_told_with_the_times_of_its_packets() {
    let data = |stream, flags, length: usize| frame(Kind::DATA, flags, stream, &vec![b'x'; length]);
    let told = |late| {
        let mut script = Script::new(Role::Syn);
        (script.late, script.piece) = (late, 9000);
        script.up(&[preface(), settings(&[])].concat());
        script.down(&settings(&[(3, 2)]));
        script.up(&[get(1, "/"), get(3, "/long")].concat());
        let head = |stream| headers(stream, frame::END_HEADERS, &[(":status", "200")]);
        script.down(&[head(1), head(3), data(1, 0, 9), data(3, 0, 65_526)].concat());
        script.up(&frame(Kind::WINDOW_UPDATE, 0, 0, &70_000u32.to_be_bytes()));
        script.down(&data(1, 0, 9));
        // nothing of it comes with a packet of its own
        script.down(&data(1, frame::END_STREAM, 0));
        script.up(&get(5, "/waited"));
        let bodies = script.events.iter().map(|(_, body)| format!("{body:?}"));
        bodies.collect::<Vec<_>>()
    };
    let soon = told(0);
    for part in ["Queued", "Blocked", "Run("] {
        assert!(soon.iter().any(|body| body.contains(part)), "{part}: {soon:#?}");
    }
    assert_eq!(told(1000), soon);
}
