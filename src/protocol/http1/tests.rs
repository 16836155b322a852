//! Whole conversations: bytes in, events out.

mod holes;
mod hostile;
mod odd;
mod upgrade;
mod websocket;

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::address::Endpoint;
use crate::flow::event::{Direction, EndReason, FlowId, FlowKey, GapReason, PerDirection, Role};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, Progress, StreamKey};
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Body, Ending, Framing, HttpEvent, MessageEnd};
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::{FrameNo, Stamp, Timestamp};
use Direction::{ToClient, ToServer};

pub(super) fn flow(role: Role) -> FlowInfo {
    let end = |n, port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)), port);
    let (client, server) = (end(1, 40000), end(2, 80));
    let key = FlowKey {
        transport: Transport::Tcp,
        encapsulation: Encapsulation::default(),
        lo: client,
        hi: server,
    };
    FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role }
}

#[derive(Debug)]
enum Step {
    Data(Direction, Vec<u8>),
    Gap(Direction, u64),
    End(Direction, EndReason),
}

fn up(bytes: impl AsRef<[u8]>) -> Step {
    Step::Data(ToServer, bytes.as_ref().to_vec())
}

fn down(bytes: impl AsRef<[u8]>) -> Step {
    Step::Data(ToClient, bytes.as_ref().to_vec())
}

fn fin(way: Direction) -> Step {
    Step::End(way, EndReason::Fin)
}

/// Plays steps, each packet with `piece` bytes at most, and frames numbered from 1.
fn play(role: Role, steps: &[Step], piece: usize) -> Vec<(Stamp, EventBody)> {
    play_within(role, steps, piece, &Limits::default())
}

fn play_within(
    role: Role,
    steps: &[Step],
    piece: usize,
    limits: &Limits,
) -> Vec<(Stamp, EventBody)> {
    let flow = flow(role);
    let mut connection = Connection::new(&flow);
    let mut buffers: PerDirection<StreamBuffer> = PerDirection::default();
    let mut offsets: PerDirection<u64> = PerDirection::default();
    let mut events = Vec::new();
    let (mut frame, mut over) = (0, false);
    for step in steps {
        let parts: Vec<&[u8]> = match step {
            Step::Data(_, bytes) => bytes.chunks(piece).collect(),
            _ => vec![&[]],
        };
        for part in parts {
            if over {
                break;
            }
            frame += 1;
            let now =
                Stamp::new(Timestamp::from_nanos(frame * 1000), FrameNo(frame.cast_unsigned()));
            let (protocols, events) = (&[][..], &mut events);
            let mut cx = Context {
                now,
                flow: &flow,
                limits,
                protocols,
                secrets: &Secrets::default(),
                budgets: &Budgets::new(&Limits::default()),
                routes: &Routes::default(),
                path: None,
                depth: 0,
                secure: false,
                events,
            };
            over = match *step {
                Step::Data(direction, _) => {
                    let buffer = buffers.of_mut(direction);
                    buffer.push(Bytes::copy_from_slice(part), now, now);
                    *offsets.of_mut(direction) += part.len() as u64;
                    connection.data(StreamKey { id: 0, direction }, buffer, &mut cx)
                }
                Step::Gap(direction, len) => {
                    let start = *offsets.of(direction);
                    *offsets.of_mut(direction) += len;
                    let (range, reason) = (start..start + len, GapReason::NotCaptured);
                    let buffer = buffers.of_mut(direction);
                    let from = StreamKey { id: 0, direction };
                    connection.gap(from, range, reason, buffer, &mut cx)
                }
                Step::End(direction, reason) => {
                    let buffer = buffers.of_mut(direction);
                    connection.end(StreamKey { id: 0, direction }, reason, buffer, &mut cx);
                    Progress::More
                }
            } == Progress::Done;
        }
    }
    events
}

/// The events in short, without their times.
fn brief(events: &[(Stamp, EventBody)]) -> Vec<String> {
    let end = |end: &MessageEnd| {
        let Body { framing, wire, encoded, decoded, .. } = end.body;
        let mut text = String::new();
        if end.how != Ending::Whole {
            write!(text, " {:?}", end.how).unwrap();
        }
        if framing != Framing::None {
            write!(text, " {framing:?}").unwrap();
        }
        let plain = framing == Framing::Length(wire) && encoded == wire && decoded == Some(wire);
        if !plain && framing != Framing::None {
            write!(text, " {wire} {encoded} {decoded:?}").unwrap();
        }
        end.trailers.iter().for_each(|(n, v)| write!(text, " {n}={v}").unwrap());
        text
    };
    let one = |body: &EventBody| match body {
        EventBody::Http(HttpEvent::Request { id, head }) => {
            format!(
                "{}> {} {}",
                id.nth,
                head.method.as_ref().unwrap(),
                head.target.as_ref().unwrap()
            )
        }
        EventBody::Http(HttpEvent::Response { id, head }) => {
            format!("{}< {}", id.nth, head.status.unwrap_or(0))
        }
        EventBody::Http(HttpEvent::Informational { id, head }) => {
            format!("{}< ({})", id.nth, head.status.unwrap())
        }
        EventBody::Http(HttpEvent::RequestEnd { id, end: e }) => format!("{}>|{}", id.nth, end(e)),
        EventBody::Http(HttpEvent::ResponseEnd { id, end: e }) => {
            format!("{}<|{}", id.nth, end(e))
        }
        EventBody::Http(HttpEvent::Switched { id, to }) => format!("{}! {to}", id.nth),
        EventBody::Http(HttpEvent::Message { id, message }) => {
            let way = if message.direction == ToServer { '>' } else { '<' };
            format!("{}{way} {} {}", id.nth, message.kind.name(), message.size)
        }
        EventBody::Anomaly(anomaly) => anomaly.id.to_string(),
        other => panic!("{other:?}"),
    };
    events.iter().map(|(_, body)| one(body)).collect()
}

/// Plays steps, whole and cut at every byte, and compares with what is wanted.
fn check(steps: &[Step], wanted: &str) {
    check_from(Role::Syn, steps, wanted);
}

fn check_from(role: Role, steps: &[Step], wanted: &str) {
    for piece in [usize::MAX, 1, 2, 3, 7, 50] {
        assert_eq!(brief(&play(role, steps, piece)).join(", "), wanted, "pieces of {piece}");
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn three_requests_on_one_connection() {
    let steps = [up(GET), down(ok("one")), up(GET), down(ok("")), up(GET), down(ok("three"))];
    check(
        &steps,
        "0> GET /, 0>|, 0< 200, 0<| Length(3), 1> GET /, 1>|, 1< 200, 1<| Length(0), \
             2> GET /, 2>|, 2< 200, 2<| Length(5)",
    );
}

#[test]
fn chunked_and_then_another() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nDigest: 1\r\nB: 2\r\n\r\n";
    check(
        &[up(GET), down(chunked), up(GET), down(ok("x"))],
        "0> GET /, 0>|, 0< 200, 0<| Chunked 47 11 Some(11) Digest=1 B=2, 1> GET /, 1>|, \
             1< 200, 1<| Length(1)",
    );
}

#[test]
fn interim_responses_and_those_without_body() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let head = "HEAD /h HTTP/1.1\r\n\r\n";
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n\r\n";
    let unchanged = "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n";
    check(
        &[
            up(GET),
            down(interim),
            down(ok("a")),
            up(head),
            down(length),
            up(GET),
            down(unchanged),
            up(GET),
            down("HTTP/1.1 204 No Content\r\n\r\n"),
        ],
        "0> GET /, 0>|, 0< (100), 0< (103), 0< 200, 0<| Length(1), 1> HEAD /h, 1>|, \
             1< 200, 1<|, 2> GET /, 2>|, 2< 304, 2<|, 3> GET /, 3>|, 3< 204, 3<|",
    );
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let post = "POST /p HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
    let answers = [&*ok("a"), "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", &ok("ccc")];
    check(
        &[up([GET, post, "QUERY /q HTTP/1.1\r\n\r\n"].concat()), down(answers.concat())],
        "0> GET /, 0>|, 1> POST /p, 1>| Length(2), 2> QUERY /q, 2>|, 0< 200, \
             0<| Length(1), 1< 404, 1<| Length(0), 2< 200, 2<| Length(3)",
    );
}

#[test]
fn a_response_may_come_before_the_request_is_whole() {
    let post = "POST /p HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc";
    let refused = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    check(
        &[up(post), down(refused), fin(ToClient), Step::End(ToServer, EndReason::Rst)],
        "0> POST /p, 0< 413, 0<| Length(0), 0>| Cut(Rst) Length(9) 3 3 Some(3)",
    );
}

#[test]
fn until_close_is_whole_with_a_fin_only() {
    let old = "HTTP/1.0 200 OK\r\n\r\nsome body";
    for (reason, how) in [
        (EndReason::Fin, ""),
        (EndReason::Rst, " Cut(Rst)"),
        (EndReason::Idle, " Cut(Idle)"),
        (EndReason::CaptureEnd, " Cut(CaptureEnd)"),
    ] {
        let end = format!("0<|{how} UntilClose 9 9 Some(9)");
        check(
            &[up(GET), down(old), Step::End(ToClient, reason)],
            &format!("0> GET /, 0>|, 0< 200, {end}"),
        );
    }
}

#[test]
fn a_request_without_a_response_has_none() {
    check(&[up(GET), fin(ToServer), fin(ToClient)], "0> GET /, 0>|");
    check(&[down(ok("x")), up(GET)], "0< 200, 0<| Length(1), 1> GET /, 1>|");
}

#[test]
fn a_body_cut_short_is_not_whole() {
    check(
        &[up(GET), down(&ok("0123456789")[..45]), fin(ToClient)],
        "0> GET /, 0>|, 0< 200, 0<| Cut(Fin) Length(10) 6 6 Some(6)",
    );
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel";
    check(
        &[up(GET), down(chunked), fin(ToClient)],
        "0> GET /, 0>|, 0< 200, 0<| Cut(Fin) Chunked 6 3 Some(3)",
    );
}

#[test]
fn upgrade_and_tunnel_end_http() {
    let upgrade = "GET /other HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";
    let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: Other\r\n\r\n";
    check(
        &[up(upgrade), down(switch), up("\x01\x02GET / HTTP/1.1\r\n\r\n"), down(ok("no"))],
        "0> GET /other, 0>|, 0< 101, 0! Other, 0<|",
    );
    let connect = "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n";
    let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno";
    check(
        &[
            up(connect),
            down(refused),
            up(connect),
            up("\x16\x03\x01"),
            down("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
            down("\x16\x03\x03"),
        ],
        "0> CONNECT h:443, 0>|, 0< 407, 0<| Length(2), 1> CONNECT h:443, 1>|, 1< 200, \
             1! tunnel, 1<|",
    );
}

#[test]
fn the_preface_of_http2_is_no_request() {
    let upgrade = "GET / HTTP/1.1\r\nHost: h\r\nX-Upgrade: h2c\r\n\r\n";
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let settings = "\0\0\0\x04\0\0\0\0\0";
    check(
        &[up(upgrade), up(preface), down(ok("a")), down(settings)],
        "0> GET /, 0>|, http.preface, 0< 200, 0<| Length(1)",
    );
    // Every response that is owed is read, and where none is, nothing is missed.
    check(
        &[up(GET), up(GET), up(preface), down(ok("a")), down(ok("b")), down(settings)],
        "0> GET /, 0>|, 1> GET /, 1>|, http.preface, 0< 200, 0<| Length(1), 1< 200, \
             1<| Length(1)",
    );
    check(
        &[up(GET), down(ok("a")), up(preface), down(settings)],
        "0> GET /, 0>|, 0< 200, 0<| Length(1), http.preface",
    );
}

#[test]
fn gzip_is_counted_twice() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&[b'a'; 5000]).unwrap();
    let gzip = encoder.finish().unwrap();
    let n = gzip.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {n}\r\n\r\n");
    let whole = format!("0<| Length({n}) {n} {n} Some(5000)");
    check(
        &[up(GET), down([head.as_bytes(), &gzip].concat())],
        &format!("0> GET /, 0>|, 0< 200, {whole}"),
    );
    let (first, last) = gzip.split_at(10);
    let hole = format!("0<| Gap(NotCaptured) Length({n}) {0} {0} None", n - 4);
    check(
        &[
            up(GET),
            down([head.as_bytes(), first].concat()),
            Step::Gap(ToClient, 4),
            down(&last[4..]),
        ],
        &format!("0> GET /, 0>|, 0< 200, {hole}"),
    );
}

#[test]
fn stamps_and_frames_tell_when() {
    let response = ok("0123456789");
    let events = play(Role::Syn, &[up(GET), down(&response)], 20);
    let frames = |frames: &crate::time::Frames| frames.iter().map(|f| f.0).collect::<Vec<_>>();
    for (at, body) in &events {
        match body {
            EventBody::Http(HttpEvent::Request { head, .. }) => {
                assert_eq!((head.span.first.frame.0, head.span.done.frame.0), (1, 2));
                assert_eq!((at.frame.0, head.size as usize), (2, GET.len()));
            }
            EventBody::Http(HttpEvent::RequestEnd { end, .. }) => {
                assert_eq!((frames(&end.frames), end.last.frame.0), (vec![1, 2], 2));
                assert_eq!(end.body.span, None);
            }
            EventBody::Http(HttpEvent::Response { head, .. }) => {
                assert_eq!((head.span.first.frame.0, head.span.last.frame.0), (3, 4));
            }
            EventBody::Http(HttpEvent::ResponseEnd { end, .. }) => {
                assert_eq!((frames(&end.frames), end.done.frame.0), (vec![3, 4, 5], 5));
                let span = end.body.span.unwrap();
                assert_eq!((span.first.frame.0, span.last.frame.0), (4, 5));
            }
            other => panic!("{other:?}"),
        }
    }
}
