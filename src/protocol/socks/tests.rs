use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;

use super::*;
use crate::address::Endpoint;
use crate::flow::event::{FlowId, FlowKey, Role, StreamEvent};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::FlowInfo;
use crate::protocol::budget::Budgets;
use crate::protocol::event::ConnectionEvent;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http1;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::protocol::session::Session;
use crate::time::{FrameNo, Stamp, Timestamp};

static TABLE: &[&Protocol] = &[&http1::PROTOCOL, &PROTOCOL];

/// A connection to a proxy.
pub(super) fn flow() -> FlowInfo {
    let end = |last, port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), port);
    let (client, server) = (end(2, 40_000), end(1, 1080));
    let (transport, encapsulation) = (Transport::Tcp, Encapsulation::default());
    let key = FlowKey { transport, encapsulation, lo: server, hi: client };
    FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role: Role::Syn }
}

/// One thing that happens on a wire.
#[derive(Clone)]
enum Act<'a> {
    Up(&'a [u8]),
    Down(&'a [u8]),
    /// So many bytes of the proxy's side are missing.
    Hole(u64),
    Over,
}
use Act::{Down, Hole, Over, Up};

/// What is said, each thing in a frame of its own.
fn play(steps: &[Act<'_>]) -> Vec<String> {
    let (flow, limits, mut events) = (flow(), Limits::default(), Vec::new());
    let mut session = Session::new();
    let mut offsets = PerDirection::<u64>::default();
    for (nth, step) in (1_u32..).zip(steps) {
        let now = Stamp::new(Timestamp::from_nanos(i64::from(nth)), FrameNo(nth.into()));
        let flow = &flow;
        let mut cx = Context {
            now,
            flow,
            limits: &limits,
            protocols: TABLE,
            secrets: &Secrets::default(),
            budgets: &Budgets::new(&Limits::default()),
            routes: &Routes::default(),
            path: None,
            depth: 0,
            secure: false,
            events: &mut events,
        };
        let (direction, length) = match step {
            Up(bytes) => (Direction::ToServer, bytes.len() as u64),
            Down(bytes) => (Direction::ToClient, bytes.len() as u64),
            Hole(length) => (Direction::ToClient, *length),
            Over => (Direction::ToServer, 0),
        };
        let offset = *offsets.of(direction);
        *offsets.of_mut(direction) += length;
        let from = StreamKey { id: 0, direction };
        let event = match step {
            Up(bytes) | Down(bytes) => {
                let bytes = Bytes::copy_from_slice(bytes);
                StreamEvent::Data { offset, bytes, arrived: now, delivered: now }
            }
            Hole(length) => StreamEvent::Gap {
                range: offset..offset + length,
                reason: GapReason::NotCaptured,
                delivered: now,
            },
            Over => StreamEvent::End { reason: EndReason::Fin, at: now },
        };
        session.stream(from, event, &mut cx);
        if matches!(step, Over) {
            session.close(&mut cx);
        }
    }
    events.into_iter().filter_map(|(at, body)| words(at, body)).collect()
}

fn words(at: Stamp, body: EventBody) -> Option<String> {
    let text = match body {
        EventBody::Connection(ConnectionEvent::Protocol(name)) => format!("is {name}"),
        EventBody::Note { protocol, text } => format!("{protocol}: {text}"),
        EventBody::Anomaly(anomaly) => anomaly.id.to_owned(),
        EventBody::Http(HttpEvent::Request { head, .. }) => {
            let (method, target) = (head.method.unwrap(), head.target.unwrap());
            format!("{method} {target} of {}", head.span.first.frame)
        }
        EventBody::Http(HttpEvent::Response { head, .. }) => {
            format!("{} of {}", head.status.unwrap(), head.span.first.frame)
        }
        _ => return None,
    };
    Some(format!("{text} @{}", at.frame))
}

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
/// A request of SOCKS 5 for h.example:80, and its answer.
const ASK: &[u8] = b"\x05\x01\0\x03\x09h.example\0\x50";
const YES: &[u8] = b"\x05\0\0\x01\x0a\0\0\x02\0\x50";

#[test]
fn http_behind_version_5() {
    let said = play(&[Up(&[5, 1, 0]), Down(&[5, 0]), Up(ASK), Down(YES), Up(GET), Down(OK), Over]);
    assert_eq!(
        said,
        [
            "is socks @1",
            "socks: connected to h.example:80 @4",
            "is http @5",
            "GET /a of 5 @5",
            "200 of 6 @6"
        ]
    );
}

#[test]
fn a_password_is_stepped_over() {
    let said = play(&[
        Up(&[5, 2, 0, 2]),
        Down(&[5, 2]),
        Up(b"\x01\x02me\x06secret"),
        Down(&[1, 0]),
        Up(ASK),
        Down(YES),
        Up(GET),
    ]);
    assert_eq!(said.last().unwrap(), "GET /a of 7 @7");
    assert!(said.iter().all(|line| !line.contains("secret")));
    let wrong =
        play(&[Up(&[5, 1, 2]), Down(&[5, 2]), Up(b"\x01\x02me\x01x"), Down(&[1, 1]), Up(GET)]);
    assert_eq!(wrong, ["is socks @1", "socks: refused (the password is wrong) @4"]);
}

#[test]
fn http_behind_version_4_and_4a() {
    let yes = [0, 90, 0, 0, 0, 0, 0, 0];
    let four = b"\x04\x01\0\x50\xc0\0\x02\x07me\0";
    let said = play(&[Up(four), Down(&yes), Up(GET), Down(OK)]);
    assert_eq!(said[1..3], ["socks: connected to 192.0.2.7:80 @2", "is http @3"]);
    let named = b"\x04\x01\0\x50\0\0\0\x01\0h.example\0";
    let said = play(&[Up(named), Down(&yes), Up(GET), Down(OK)]);
    assert_eq!(said[1], "socks: connected to h.example:80 @2");
    assert_eq!(said.last().unwrap(), "200 of 4 @4");
}

#[test]
fn any_cut_says_the_same() {
    let up = [&[5, 1, 0], ASK, GET].concat();
    for cut in 4..up.len() {
        let said = play(&[
            Up(&up[..3]),
            Down(&[5]),
            Down(&[0, 5, 0]),
            Up(&up[3..cut]),
            Down(&YES[2..]),
            Up(&up[cut..]),
        ]);
        assert!(said.iter().any(|line| line.starts_with("socks: connected")), "{cut}: {said:?}");
        assert!(said.last().unwrap().starts_with("GET /a of"), "{cut}: {said:?}");
    }
}

#[test]
fn what_is_refused_or_goes_wrong_ends_it() {
    let greeting = [5, 1, 0];
    let cases: [(&[Act<'_>], &str); 6] = [
        (&[Down(&[5, 0xff])], "socks: refused (no method of authentication is acceptable) @2"),
        (
            &[Down(&[5, 0]), Up(ASK), Down(b"\x05\x05\0\x01\0\0\0\0\0\0")],
            "socks: refused (connection refused) to h.example:80 @4",
        ),
        (&[Up(b"\x05\x03\0\x01\0\0\0\0\0\0")], "socks: asks for datagrams @2"),
        (&[Down(&[7])], "socks.malformed @2"),
        (&[Up(b"\x05\x01\0\x09")], "socks.malformed @2"),
        (&[Hole(2), Down(YES)], "is socks @1"),
    ];
    for (steps, last) in cases {
        let steps = [&[Up(&greeting)], steps, &[Up(GET)]].concat();
        assert_eq!(play(&steps).last().unwrap(), last);
    }
}

#[test]
fn it_nests_as_deep_as_protocols_do() {
    let level = [Up(&[5, 1, 0]), Down(&[5, 0]), Up(ASK), Down(YES)];
    let said = play(&vec![level; 20].concat());
    let levels = said.iter().filter(|line| line.starts_with("is socks")).count();
    assert_eq!(levels, usize::from(Limits::NESTING) + 1);
    assert!(said.last().unwrap().starts_with("stream.nesting"), "{said:?}");
}
