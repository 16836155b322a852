//! CONNECT, for a WebSocket (RFC 8441) and for a tunnel.

use crate::flow::event::{Direction, Role};
use crate::protocol::event::EventBody;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http::stream::script::brief;
use crate::protocol::http2::frame::{self, Kind};
use crate::protocol::http2::tests::script::{Script, frame, headers, preface};

const END_STREAM: u8 = frame::END_STREAM;

/// A client that asks for a WebSocket, and a server that agrees.
fn opened() -> Script {
    let mut script = Script::new(Role::Syn);
    let request = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/chat"),
        (":authority", "h.test"),
        ("sec-websocket-version", "13"),
    ];
    script.up(&[preface(), headers(1, 0, &request)].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script
}

/// Direction, size and how each message of a WebSocket ended.
fn messages(script: &Script) -> Vec<String> {
    let messages = script.events.iter().filter_map(|(_, body)| match body {
        EventBody::Http(HttpEvent::Message { id, message }) => Some(format!(
            "{} {:?} {} {:?}",
            id.stream,
            message.direction,
            message.kind.name(),
            message.how
        )),
        _ => None,
    });
    messages.collect()
}

#[test]
fn the_data_of_a_connect_may_be_a_websocket() {
    let mut script = opened();
    assert_eq!(brief(&script.events), ["1> CONNECT /chat", "1 asked 1", "1< 200", "1<> websocket"]);
    // a masked "Hello", cut by the end of a frame of HTTP/2
    let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    script.up(&frame(Kind::DATA, 0, 1, &hello[..4]));
    script.up(&frame(Kind::DATA, 0, 1, &hello[4..]));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"\x81\x02hi\x88\x02\x03\xe8"));
    script.up(&frame(Kind::DATA, END_STREAM, 1, b"\x88\x82\0\0\0\0\x03\xe8"));
    assert_eq!(
        messages(&script),
        [
            "1 ToServer text Whole",
            "1 ToClient text Whole",
            "1 ToClient close Whole",
            "1 ToServer close Whole"
        ]
    );
    let HttpEvent::ResponseEnd { end, .. } = script
        .events
        .iter()
        .rev()
        .find_map(|(_, body)| match body {
            EventBody::Http(event @ HttpEvent::ResponseEnd { .. }) => Some(event),
            _ => None,
        })
        .unwrap()
    else {
        panic!("an end")
    };
    assert_eq!((end.body.encoded, end.body.wire), (8, 17));
    assert_eq!(script.anomalies(), [""; 0]);
}

#[test]
fn a_hole_in_a_websocket_is_told_by_it() {
    let mut script = opened();
    let data = frame(Kind::DATA, 0, 1, &[&b"\x82\x40"[..], &[7; 64], b"\x81\x02hi"].concat());
    script.down(&data[..30]);
    script.gap(Direction::ToClient, 10);
    script.down(&data[40..]);
    assert_eq!(messages(&script), ["1 ToClient binary Gap(NotCaptured)", "1 ToClient text Whole"]);
}

#[test]
fn a_hole_between_frames_ends_one_direction_of_a_websocket_and_not_the_other() {
    let mut script = opened();
    script.down(&frame(Kind::DATA, 0, 1, b"\x81\x40 the beginning of a text"));
    script.gap(Direction::ToClient, 100);
    script.down(&frame(Kind::DATA, 0, 1, b"\x81\x02hi"));
    script.up(&frame(Kind::DATA, 0, 1, b"\x82\x80\0\0\0\0"));
    let said = messages(&script);
    assert_eq!(said, ["1 ToClient text Gap(NotCaptured)", "1 ToServer binary Whole"]);
    assert_eq!(script.anomalies(), ["websocket.lost"]);
}

#[test]
fn a_connect_without_a_protocol_is_a_tunnel() {
    let mut script = Script::new(Role::Syn);
    let request = [(":method", "CONNECT"), (":authority", "h.test:443")];
    script.up(&[preface(), headers(1, 0, &request)].concat());
    script.down(&headers(1, 0, &[(":status", "200")]));
    script.down(&frame(Kind::DATA, END_STREAM, 1, b"\x16\x03\x01"));
    assert_eq!(
        brief(&script.events),
        ["1> CONNECT h.test:443", "1 asked 1", "1< 200", "1<> tunnel", "1<| frames 12/3 3..3"]
    );
    assert_eq!(script.anomalies(), [""; 0]);
}
