//! The five exchanges of the visit.

use urltrace::protocol::buffer::Span;
use urltrace::protocol::http::chunks::Chunks;
use urltrace::protocol::http::message::{
    Body, Framing, MessageEnd, MessageId, RequestHead, ResponseHead, Version,
};
use urltrace::time::{Stamp, TimeDelta};
use urltrace::trace::visit::Link;
use urltrace::trace::{ConnectionId, Exchange, ExchangeId, ResolutionId, Timings, VisitId};

use crate::reports::sample::{at, frames};

/// Microseconds and frame.
type When = (i64, u64);

/// In the order of the arena, which is not that of their starts.
pub(super) fn all() -> Vec<Exchange> {
    vec![redirect(), document(), picture(), unanswered(), orphan()]
}

fn redirect() -> Exchange {
    let fields = [("Host", "www.shop.test"), ("Cookie", "id=7; theme=dark")];
    let mut exchange = exchange(0, 0, 0, at(1000, 3));
    asks(&mut exchange, "http://www.shop.test/?q=a%20b&q=&empty#top", &fields, (27_000, 10));
    answers(&mut exchange, 302, &[("Location", "/home")], (47_000, 11));
    ends(&mut exchange, Body::default(), (47_000, 11), 11..=11);
    Exchange {
        timings: Timings {
            blocked: Some(us(1650)),
            dns: Some(us(4250)),
            connect: Some(us(20_100)),
            ssl: None,
            send: Some(us(0)),
            wait: Some(us(20_000)),
            receive: Some(us(0)),
        },
        resolution: Some(ResolutionId(0)),
        visit: Some(VisitId(0)),
        link: Link::Redirect,
        ..exchange
    }
}

fn document() -> Exchange {
    let fields = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Encoding", "gzip"),
        ("Set-Cookie", "id=8; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
    ];
    let gzipped = Body {
        framing: Framing::Chunked,
        wire: 1045,
        encoded: 1000,
        decoded: Some(4000),
        span: Some(Span { first: at(60_000, 13), ..Span::at(at(80_000, 17)) }),
        chunks: Chunks::default(),
    };
    let mut exchange = exchange(1, 0, 1, at(48_000, 12));
    asks(&mut exchange, "http://www.shop.test/home", &[("Host", "www.shop.test")], (48_000, 12));
    exchange.informational.push(head(103, &[], (50_000, 13)));
    answers(&mut exchange, 200, &fields, (60_000, 14));
    ends(&mut exchange, gzipped, (80_000, 17), 14..=17);
    Exchange {
        timings: Timings {
            send: Some(us(0)),
            wait: Some(us(12_000)),
            receive: Some(us(20_000)),
            ..Timings::default()
        },
        visit: Some(VisitId(0)),
        link: Link::Document,
        redirected_from: Some(ExchangeId(0)),
        ..exchange
    }
}

fn picture() -> Exchange {
    let unreadable =
        Body { framing: Framing::Length(500), wire: 500, encoded: 500, ..Body::default() };
    let fields = [("Referer", "http://www.shop.test/home")];
    let mut exchange = exchange(2, 0, 2, at(80_999, 17));
    asks(&mut exchange, "http://www.shop.test/picture", &fields, (81_000, 18));
    answers(&mut exchange, 200, &[("Content-Encoding", "odd")], (85_000, 19));
    ends(&mut exchange, unreadable, (90_000, 22), 19..=22);
    Exchange {
        timings: Timings {
            blocked: Some(us(1)),
            send: Some(us(0)),
            wait: Some(us(4000)),
            receive: Some(us(5000)),
            ..Timings::default()
        },
        visit: Some(VisitId(0)),
        link: Link::Referer,
        ..exchange
    }
}

/// A request with a body, in two segments; the capture ends before any answer.
fn unanswered() -> Exchange {
    let mut exchange = exchange(3, 1, 0, at(40_000, 27));
    asks(&mut exchange, "http://192.0.2.9:8080/telemetry", &[], (41_100, 30));
    if let Some(end) = &mut exchange.request_end {
        end.body = Body {
            framing: Framing::Length(77),
            wire: 77,
            encoded: 77,
            decoded: Some(77),
            span: None,
            chunks: Chunks::default(),
        };
        (end.last, end.done, end.frames) = (at(41_200, 31), at(41_200, 31), frames([30, 31]));
    }
    Exchange {
        timings: Timings {
            blocked: Some(us(50)),
            connect: Some(us(1050)),
            send: Some(us(100)),
            ..Timings::default()
        },
        ..exchange
    }
}

fn orphan() -> Exchange {
    let mut exchange = exchange(4, 1, 1, at(70_000, 32));
    answers(&mut exchange, 200, &[], (70_000, 32));
    ends(&mut exchange, Body::default(), (70_000, 32), [32]);
    exchange
}

const fn us(micros: i64) -> TimeDelta {
    TimeDelta::from_nanos(micros * 1000)
}

fn exchange(id: u32, connection: u32, nth: u32, started: Stamp) -> Exchange {
    Exchange {
        id: ExchangeId(id),
        connection: ConnectionId(connection),
        message: MessageId { stream: 0, nth },
        url: None,
        request: None,
        request_end: None,
        informational: Vec::new(),
        response: None,
        response_end: None,
        switched: None,
        priority: None,
        queued: None,
        asked: None,
        messages: None,
        timings: Timings::default(),
        started,
        opens_connection: nth == 0,
        resolution: None,
        visit: None,
        link: Link::None,
        over: true,
        redirected_from: None,
    }
}

/// A GET in one packet.
fn asks(exchange: &mut Exchange, url: &str, fields: &[(&str, &str)], when: When) {
    let sent = at(when.0, when.1);
    exchange.url = Some(url.into());
    exchange.request = Some(Box::new(RequestHead {
        method: Some("GET".into()),
        target: Some(format!("/{}", url.splitn(4, '/').nth(3).unwrap_or_default()).into()),
        scheme: None,
        authority: None,
        protocol: None,
        promised_on: None,
        version: Version::Http11,
        fields: fields.iter().copied().collect(),
        unknown_fields: 0,
        span: Span::at(sent),
        size: 400,
    }));
    exchange.request_end = Some(Box::new(MessageEnd {
        last: sent,
        done: sent,
        frames: frames([sent.frame.0]),
        ..MessageEnd::default()
    }));
}

fn answers(exchange: &mut Exchange, status: u16, fields: &[(&str, &str)], when: When) {
    exchange.response = Some(Box::new(head(status, fields, when)));
}

fn head(status: u16, fields: &[(&str, &str)], when: When) -> ResponseHead {
    ResponseHead {
        status: Some(status),
        reason: "As It Is".into(),
        version: Version::Http11,
        fields: fields.iter().copied().collect(),
        unknown_fields: 0,
        span: Span::at(at(when.0, when.1)),
        size: 300,
    }
}

/// Ends the response.
fn ends(exchange: &mut Exchange, body: Body, when: When, all: impl IntoIterator<Item = u64>) {
    let last = at(when.0, when.1);
    let frames = frames(all);
    exchange.response_end =
        Some(Box::new(MessageEnd { body, last, done: last, frames, ..MessageEnd::default() }));
}
