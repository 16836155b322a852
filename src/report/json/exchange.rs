//! A request and its answer, as the document has them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::http::message::MessageEnd;
use crate::protocol::http::multiplex::Priority;
use crate::report::json::conversation::Messages;
use crate::report::json::message::{Informational, MessageSizes, Request, Response, UrlParts};
use crate::report::json::multiplex::{Chunk, Queued, Reset};
use crate::report::json::stall::Stalls;
use crate::report::json::value::{FrameList, Millis, Moment, Text};
use crate::report::outcome;
use crate::trace::exchange as model;
use crate::trace::visit::Link;
use crate::trace::{Timings, Trace};

/// One request and its answer, either of which may not have been captured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Exchange<'a> {
    /// Its place in `exchanges`, from 0.
    pub id: u32,
    /// The entry of `connections` that carried it.
    pub connection: u32,
    /// The stream on that connection; 0 in HTTP/1.
    pub stream: u64,
    /// The how-manieth request on that stream, from 0.
    pub nth: u32,
    /// The method; null where the request was not captured, or the method is unknown.
    pub method: Option<&'a str>,
    /// The URL, rebuilt; null where the request was not captured, or a part of the URL is unknown.
    pub url: Option<&'a str>,
    /// The URL taken apart.
    pub url_parts: Option<UrlParts<'a>>,
    /// The status code of the final response; null without one.
    pub status: Option<u16>,
    /// How far it came.
    pub state: ExchangeState,
    /// What is wrong, in words; null where it was seen whole.
    pub trouble: Option<&'static str>,
    /// The request; null where it was not captured.
    pub request: Option<Request<'a>>,
    /// Interim responses (1xx).
    pub informational: Vec<Informational<'a>>,
    /// The final response; null without one.
    pub response: Option<Response<'a>>,
    /// When the response's body came, piece by piece; of very long ones, two and two are one.
    pub chunks: Vec<Chunk>,
    /// Sizes in bytes.
    pub sizes: Sizes,
    /// How much the client wants it, as it said last, in words: `urgency 1, incremental`.
    pub priority: Option<Text<Priority>>,
    /// What it waited for before it could be sent, where other streams were in its way.
    pub queued: Option<Queued>,
    /// Who gave up its stream, and why.
    pub reset: Option<Reset>,
    /// The moments that the timings come from.
    pub stamps: Stamps,
    /// Where the time went, in the phases of HAR 1.2; a phase that did not happen is null.
    pub timings: Phases,
    /// What `wait` and `receive` were spent on.
    pub stalls: Stalls,
    /// True where an earlier exchange used the same connection.
    pub reused_connection: bool,
    /// The entry of `resolutions` that it waited for.
    pub resolution: Option<u32>,
    /// What the connection speaks from here on: the `Upgrade` field, or `tunnel`.
    pub switched: Option<&'a str>,
    /// What was said within it since, by a WebSocket or as an event stream; null for others.
    pub messages: Option<Messages<'a>>,
    /// The entry of `exchanges` whose redirect it follows.
    pub redirected_from: Option<u32>,
    /// The entry of `visits` that it belongs to; null for background traffic.
    pub visit: Option<u32>,
    /// Why it belongs there.
    pub link: VisitLink,
    /// The same in words.
    pub link_reason: &'static str,
    /// The frames that it was seen in.
    pub frames: FrameList<'static>,
}

/// How far an exchange came.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeState {
    /// Request and response were seen whole.
    Whole,
    /// A piece of it is missing.
    Gap,
    /// It ended early.
    Cut,
    /// It breaks the rules of HTTP.
    Malformed,
    /// Its stream was given up.
    Reset,
    /// The request has no response.
    NoResponse,
    /// The response has no request in this capture.
    NoRequest,
    /// It is not over yet.
    Open,
}

/// Sizes of both messages.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Sizes {
    /// Of the request; null where it was not captured.
    pub request: Option<MessageSizes>,
    /// Of the final response; null without one.
    pub response: Option<MessageSizes>,
}

/// The moments that count. `first` and `last` are when the packet with the byte passed; `ready`
/// and `done` are when that byte could be read, later where a lost packet held it up.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Stamps {
    /// When it began: its first phase.
    pub started: Moment,
    /// The request's first byte.
    pub request_first: Option<Moment>,
    /// The request's last byte.
    pub request_last: Option<Moment>,
    /// When the request's last byte could be read.
    pub request_done: Option<Moment>,
    /// The final response's first byte.
    pub response_first: Option<Moment>,
    /// When the final response's first byte could be read.
    pub response_ready: Option<Moment>,
    /// The final response's last byte.
    pub response_last: Option<Moment>,
    /// When the final response's last byte could be read.
    pub response_done: Option<Moment>,
}

/// The phases of HAR 1.2, in milliseconds; null is a phase that did not happen.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Phases {
    /// Between the other phases before the request could be sent.
    pub blocked: Option<Millis>,
    /// From the first question for the host to the last answer that the connect waited for.
    pub dns: Option<Millis>,
    /// From the first SYN to the client's ACK, and TLS where there is any.
    pub connect: Option<Millis>,
    /// The part of `connect` that is TLS.
    pub ssl: Option<Millis>,
    /// From the first to the last byte of the request.
    pub send: Option<Millis>,
    /// From the request's last byte to the final response's first.
    pub wait: Option<Millis>,
    /// From the response's first byte to its last.
    pub receive: Option<Millis>,
    /// The sum, without `ssl`, which lies inside `connect`.
    pub total: Millis,
}

/// Why an exchange belongs to its visit.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitLink {
    /// It is the document.
    Document,
    /// It follows a redirect of an exchange of the visit.
    Redirect,
    /// Its `Referer` is the URL of an exchange of the visit.
    Referer,
    /// Its `Referer` or `Origin` is the origin of a document of the visit.
    Origin,
    /// Its Fetch Metadata fields say that a page asked for it.
    FetchMetadata,
    /// Same client and user agent, while the page was loading.
    Time,
    /// It belongs to no visit.
    None,
}

impl<'a> Exchange<'a> {
    /// An exchange as the document has it.
    pub fn of(trace: &'a Trace, exchange: &'a model::Exchange) -> Self {
        let (request, response) = (exchange.request.as_deref(), exchange.response.as_deref());
        let (asked, answered) = (exchange.request_end.as_deref(), exchange.response_end.as_deref());
        Self {
            id: exchange.id.0,
            connection: exchange.connection.0,
            stream: exchange.message.stream,
            nth: exchange.message.nth,
            method: request.and_then(|head| head.method.as_deref()),
            url: exchange.url.as_deref(),
            url_parts: exchange.url.as_deref().map(UrlParts::of),
            status: exchange.status(),
            state: exchange.state().into(),
            trouble: outcome::trouble(trace, exchange),
            request: request.map(|head| Request::of(head, asked)),
            informational: exchange.informational.iter().map(Informational::from).collect(),
            response: response.map(|head| Response::of(head, answered)),
            chunks: chunks(answered),
            priority: exchange.priority.map(Text),
            queued: exchange.queued.map(Queued::from),
            reset: match exchange.state() {
                model::State::Reset(reset) => Some(reset.into()),
                _ => None,
            },
            sizes: Sizes {
                request: request.map(|head| MessageSizes::of(head.size, asked)),
                response: response.map(|head| MessageSizes::of(head.size, answered)),
            },
            stamps: Stamps {
                started: exchange.started.into(),
                request_first: request.map(|head| head.span.first.into()),
                request_last: asked.map(|end| end.last.into()),
                request_done: asked.map(|end| end.done.into()),
                response_first: response.map(|head| head.span.first.into()),
                response_ready: response.map(|head| head.span.ready.into()),
                response_last: answered.map(|end| end.last.into()),
                response_done: answered.map(|end| end.done.into()),
            },
            timings: exchange.timings.into(),
            stalls: Stalls::of(trace, exchange),
            reused_connection: !exchange.opens_connection,
            resolution: exchange.resolution.map(|id| id.0),
            switched: exchange.switched.as_deref(),
            messages: Messages::of(exchange),
            redirected_from: exchange.redirected_from.map(|id| id.0),
            visit: exchange.visit.map(|id| id.0),
            link: exchange.link.into(),
            link_reason: exchange.link.why(),
            frames: FrameList::from(exchange.frames()),
        }
    }
}

/// When the body of a message came.
fn chunks(end: Option<&MessageEnd>) -> Vec<Chunk> {
    end.into_iter().flat_map(|end| end.body.chunks.iter()).map(Chunk::from).collect()
}

impl From<model::State> for ExchangeState {
    fn from(state: model::State) -> Self {
        match state {
            model::State::Whole => Self::Whole,
            model::State::Gap(_) => Self::Gap,
            model::State::Cut(_) => Self::Cut,
            model::State::Malformed => Self::Malformed,
            model::State::Reset(_) => Self::Reset,
            model::State::NoResponse => Self::NoResponse,
            model::State::NoRequest => Self::NoRequest,
            model::State::Open => Self::Open,
        }
    }
}

impl From<Timings> for Phases {
    fn from(timings: Timings) -> Self {
        Self {
            blocked: timings.blocked.map(Millis),
            dns: timings.dns.map(Millis),
            connect: timings.connect.map(Millis),
            ssl: timings.ssl.map(Millis),
            send: timings.send.map(Millis),
            wait: timings.wait.map(Millis),
            receive: timings.receive.map(Millis),
            total: Millis(timings.total()),
        }
    }
}

impl From<Link> for VisitLink {
    fn from(link: Link) -> Self {
        match link {
            Link::Document => Self::Document,
            Link::Redirect => Self::Redirect,
            Link::Referer => Self::Referer,
            Link::Origin => Self::Origin,
            Link::FetchMetadata => Self::FetchMetadata,
            Link::Time => Self::Time,
            Link::None => Self::None,
        }
    }
}
