//! One exchange as an entry, with its phases.

use std::net::IpAddr;

use serde::Serialize;

use crate::protocol::http::multiplex::Priority;
use crate::report::har::asked::Asked;
use crate::report::har::date::{Digits, Iso};
use crate::report::har::message::{Request, Response};
use crate::report::har::milliseconds::{Ms, Phase};
use crate::report::har::page::PageId;
use crate::report::har::security::Security;
use crate::report::har::websocket;
use crate::report::json::exchange::ExchangeState;
use crate::report::json::multiplex::Reset;
use crate::report::json::stall::Stalls;
use crate::report::json::value::{FrameList, Text};
use crate::report::outcome;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::exchange::State;
use crate::trace::{Exchange, Timings, Trace};

/// An entry.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pageref: Option<PageId>,
    started_date_time: Iso,
    time: Ms,
    request: Request<'a>,
    response: Response<'a>,
    cache: Cache,
    timings: Phases,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    server_ip_address: Option<IpAddr>,
    connection: Text<u32>,
    #[serde(flatten)]
    security: Security<'a>,
    #[serde(rename = "_exchange")]
    exchange: u32,
    #[serde(rename = "_stream")]
    stream: u64,
    /// The pieces of the body as they came: waterfall-tools draws them.
    #[serde(rename = "_chunks", skip_serializing_if = "Vec::is_empty")]
    chunks: Vec<Chunk>,
    /// How much the client wants it, in words.
    #[serde(rename = "_priority", skip_serializing_if = "Option::is_none")]
    priority: Option<Text<Priority>>,
    #[serde(rename = "_reset", skip_serializing_if = "Option::is_none")]
    reset: Option<Reset>,
    #[serde(rename = "_pushed", skip_serializing_if = "std::ops::Not::not")]
    pushed: bool,
    #[serde(rename = "_reusedConnection")]
    reused_connection: bool,
    #[serde(rename = "_stalls")]
    stalls: Stalls,
    #[serde(rename = "_state")]
    state: ExchangeState,
    #[serde(rename = "_link")]
    link: &'static str,
    /// As browsers name it; only where their readers ask for it.
    #[serde(rename = "_resourceType", skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'static str>,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    web_socket_messages: Option<Vec<websocket::Message<'a>>>,
    #[serde(rename = "_frames")]
    frames: FrameList<'static>,
}

/// The browser's cache, which the wire does not show.
#[derive(Serialize)]
struct Cache {}

/// The phases: -1 is HAR's word for a phase that did not happen, where it allows that.
#[derive(Serialize)]
struct Phases {
    blocked: Phase,
    dns: Phase,
    connect: Phase,
    send: Ms,
    wait: Ms,
    receive: Ms,
    ssl: Phase,
}

/// A piece of the body: when it could be read, in milliseconds since 1970, and its bytes as encoded.
#[derive(Serialize)]
struct Chunk {
    ts: f64,
    bytes: u64,
}

fn chunks(exchange: &Exchange) -> Vec<Chunk> {
    let end = exchange.response_end.as_ref();
    let chunks = end.into_iter().flat_map(|end| end.body.chunks.iter());
    let since_epoch = |at: Timestamp| at.since(Timestamp::default()).as_millis_f64();
    chunks.map(|chunk| Chunk { ts: since_epoch(chunk.at), bytes: chunk.bytes }).collect()
}

impl<'a> Entry<'a> {
    /// The entry of an exchange.
    pub(super) fn of(trace: &'a Trace, asked: &Asked<'a>, digits: Digits) -> Self {
        let exchange = asked.exchange;
        let connection = trace.connection(exchange.connection);
        Self {
            pageref: exchange.visit.map(PageId),
            started_date_time: Iso { at: asked.start, digits },
            time: Ms(exchange.timings.total()),
            request: Request::of(asked),
            response: Response::of(exchange, outcome::trouble(trace, exchange)),
            cache: Cache {},
            timings: exchange.timings.into(),
            server_ip_address: connection.map(|connection| connection.server.ip),
            connection: Text(exchange.connection.0),
            security: Security::of(connection),
            exchange: exchange.id.0,
            stream: exchange.message.stream,
            chunks: chunks(exchange),
            priority: exchange.priority.map(Text),
            reset: match exchange.state() {
                State::Reset(reset) => Some(reset.into()),
                _ => None,
            },
            pushed: asked.request.promised_on.is_some(),
            reused_connection: !exchange.opens_connection,
            stalls: Stalls::of(trace, exchange),
            state: exchange.state().into(),
            link: exchange.link.why(),
            resource_type: resource_type(exchange),
            web_socket_messages: websocket::messages(exchange),
            frames: exchange.frames().into(),
        }
    }
}

/// What goes on after its answer; none for what HAR has no word for (WebTransport).
fn resource_type(exchange: &Exchange) -> Option<&'static str> {
    exchange.messages.as_ref()?;
    match &exchange.switched {
        None => Some("eventsource"),
        Some(_) => exchange.is_websocket().then_some("websocket"),
    }
}

impl From<Timings> for Phases {
    fn from(timings: Timings) -> Self {
        let must = |phase: Option<TimeDelta>| Ms(phase.unwrap_or_default());
        Self {
            blocked: Phase(timings.blocked),
            dns: Phase(timings.dns),
            connect: Phase(timings.connect),
            send: must(timings.send),
            wait: must(timings.wait),
            receive: must(timings.receive),
            ssl: Phase(timings.ssl),
        }
    }
}
