//! The two messages of a stream: how they begin, go on and end.

use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::dns::https;
use crate::protocol::event::EventBody;
use crate::protocol::http::body::Counter;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{
    Ending, HttpEvent, MessageEnd, MessageId, RequestHead, ResponseHead, Version,
};
use crate::protocol::http::multiplex::Reset;
use crate::protocol::http::stream::head::Collected;
use crate::protocol::http::stream::incoming::{Incoming, Part};
use crate::protocol::http::stream::websocket::{Asked, WebSocket};
use crate::time::{Frames, Stamp};

/// One stream.
#[derive(Default)]
pub struct Stream {
    /// The client's message, or that of a promise.
    pub request: Side,
    /// The server's.
    pub response: Side,
    /// It is the answer to a HEAD request: it has no body, whatever its length.
    pub is_head: bool,
    /// The head of its response does not say, as far as is known, whether it is the final one.
    pub is_unsure: bool,
    /// It is a CONNECT, and asks for this.
    pub asked: Option<Asked>,
    /// Its DATA is a WebSocket's.
    pub websocket: Option<Box<WebSocket>>,
}

/// How far a message is.
#[derive(Default)]
pub enum Side {
    /// Its head has not come.
    #[default]
    Waiting,
    /// Its body may come.
    Open(Box<Incoming>),
    /// Nothing more comes.
    Over,
}

impl Stream {
    /// The request's head came; with a reason, where its end is missing.
    pub fn begin_request(
        &mut self,
        id: MessageId,
        head: RequestHead,
        (frames, cut): (Frames, Option<GapReason>),
        cx: &mut Context<'_>,
    ) {
        let counter = Counter::new(&head.fields, false, cx.limits, cx.budgets);
        let counter = https::keeping(counter, &head.fields);
        let question = https::question(&head);
        let span = head.span;
        let mut incoming = Incoming::new(counter, span, frames, content_length(&head.fields));
        if let Some(reason) = cut {
            incoming.gap(reason);
        }
        self.is_head = head.is("HEAD");
        self.asked = Asked::of(&head);
        self.request = Side::Open(incoming.into());
        cx.emit(EventBody::Http(HttpEvent::Request { id, head: head.into() }));
        if let Some(question) = question {
            https::say(&question, Direction::ToServer, id, span, cx);
        }
    }

    /// True where fields of the server are the head of a response, and not trailers: the first that
    /// come, and those that have a status behind a head of which nobody knows it, which was an interim
    /// one then.
    pub const fn is_head_next(&self, fields: &Collected) -> bool {
        match self.response {
            Side::Waiting => true,
            Side::Open(_) => self.is_unsure && fields.has_status(),
            Side::Over => false,
        }
    }

    /// The head of the final response came; with a reason, where its end is missing.
    pub fn begin_response(
        &mut self,
        id: MessageId,
        head: ResponseHead,
        (frames, cut): (Frames, Option<GapReason>),
        cx: &mut Context<'_>,
    ) {
        let counter = Counter::new(&head.fields, head.status == Some(206), cx.limits, cx.budgets);
        let counter = counter.reading_events(&head.fields);
        let counter = https::keeping(counter, &head.fields);
        let asked_at = self.request.open().map(|request| request.last());
        let bodiless = self.is_head || matches!(head.status, Some(204 | 304));
        let announced = content_length(&head.fields).filter(|_| !bodiless);
        let mut incoming = Incoming::new(counter, head.span, frames, announced);
        if let Some(reason) = cut {
            incoming.gap(reason);
        }
        self.response = Side::Open(incoming.into());
        self.is_unsure = head.status.is_none() && head.unknown_fields > 0;
        let agreed = matches!(head.status, Some(200..=299));
        let asked = self.asked.take().filter(|_| agreed);
        let websocket = asked.as_ref().and_then(|a| a.agreed(id, &head.fields, cx));
        self.websocket = websocket.map(Box::new);
        if let Some(asked) = asked_at {
            cx.emit(EventBody::Http(HttpEvent::Early { id, asked }));
        }
        cx.emit(EventBody::Http(HttpEvent::Response { id, head: head.into() }));
        if let Some(Asked { to, .. }) = asked {
            cx.emit(EventBody::Http(HttpEvent::Switched { id, to }));
        }
    }

    /// A message whose head nobody has seen: what is in it is told, but not what it is.
    pub fn begin_unseen(
        &mut self,
        way: Direction,
        id: MessageId,
        (version, reason): (Version, GapReason),
        span: Span,
        cx: &mut Context<'_>,
    ) {
        let counter = Counter::unknown(cx.budgets);
        let mut incoming = Incoming::new(counter, span, Frames::default(), None);
        incoming.gap(reason);
        *self.side(way) = Side::Open(incoming.into());
        let mut head = Collected::default();
        head.cut();
        cx.emit(EventBody::Http(match way {
            Direction::ToServer => {
                HttpEvent::Request { id, head: head.request(version, span, 0).0.into() }
            }
            Direction::ToClient => {
                HttpEvent::Response { id, head: head.response(version, span, 0).0.into() }
            }
        }));
    }

    /// Bytes of a message came; those of one that has not begun, or is over, are passed over.
    pub fn body(
        &mut self,
        way: Direction,
        id: MessageId,
        (part, n): (Part, usize),
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let Self { request, response, websocket, is_unsure, .. } = self;
        let side = match way {
            Direction::ToServer => request,
            Direction::ToClient => {
                // no interim response has a body
                *is_unsure = false;
                response
            }
        };
        match side.open() {
            Some(incoming) if part == Part::Content && websocket.is_some() => {
                let Some(websocket) = websocket else { return };
                incoming.take(n, buffer, cx.limits, |bytes, stamps| {
                    websocket.push(way, bytes, stamps);
                });
                websocket.read(way, cx);
            }
            Some(incoming) => {
                incoming.read(part, n, buffer, cx.limits);
                for message in incoming.events() {
                    let message = message.into();
                    cx.emit(EventBody::Http(HttpEvent::Message { id, message }));
                }
            }
            None => {
                buffer.skip(n, &mut Frames::default());
            }
        }
    }

    /// So many bytes of a message's body are missing.
    pub fn gap(&mut self, way: Direction, missing: u64, reason: GapReason, cx: &mut Context<'_>) {
        if let Some(incoming) = self.side(way).open() {
            incoming.gap(reason);
        }
        if let Some(websocket) = &mut self.websocket {
            websocket.gap(way, missing, reason, cx);
        }
    }

    /// Bytes of a message may be missing: how many, nobody knows.
    pub fn lose(&mut self, way: Direction, reason: GapReason, cx: &mut Context<'_>) {
        if let Some(websocket) = &mut self.websocket {
            websocket.lose(way, reason, cx);
        }
        if let Some(incoming) = self.side(way).open() {
            incoming.gap(reason);
        }
    }

    /// A message is over.
    pub fn finish(&mut self, way: Direction, id: MessageId, how: Ending, cx: &mut Context<'_>) {
        let Some(mut incoming) = self.side(way).take() else { return };
        if let Some(websocket) = &mut self.websocket {
            websocket.end(way, how, cx);
        }
        if let Some((lookup, span)) = incoming.take_lookup() {
            https::say(&lookup, way, id, span, cx);
        }
        let (end, anomaly) = incoming.finish(how);
        let end = Box::new(end);
        cx.emit(EventBody::Http(match way {
            Direction::ToServer => HttpEvent::RequestEnd { id, end },
            Direction::ToClient => HttpEvent::ResponseEnd { id, end },
        }));
        if let Some(anomaly) = anomaly {
            cx.anomaly(anomaly);
        }
    }

    /// The stream was given up before its response began.
    pub fn finish_unbegun(
        &mut self,
        id: MessageId,
        (reset, span, frames): (Reset, Span, &Frames),
        cx: &mut Context<'_>,
    ) {
        if !matches!(self.response, Side::Waiting) {
            return;
        }
        let (last, done, frames) = (span.last, span.done, frames.clone());
        let how = Ending::Reset(reset);
        let end = MessageEnd { how, last, done, frames, ..MessageEnd::default() };
        cx.emit(EventBody::Http(HttpEvent::ResponseEnd { id, end: end.into() }));
    }

    /// The message that goes this way.
    pub const fn side(&mut self, way: Direction) -> &mut Side {
        match way {
            Direction::ToServer => &mut self.request,
            Direction::ToClient => &mut self.response,
        }
    }

    /// True where both messages are over.
    pub const fn is_over(&self) -> bool {
        matches!((&self.request, &self.response), (Side::Over, Side::Over))
    }
}

impl Side {
    /// The message on its way.
    pub fn open(&mut self) -> Option<&mut Incoming> {
        match self {
            Self::Open(incoming) => Some(incoming),
            Self::Waiting | Self::Over => None,
        }
    }

    /// The message on its way, taken out: nothing more comes of it.
    fn take(&mut self) -> Option<Box<Incoming>> {
        match std::mem::replace(self, Self::Over) {
            Self::Open(incoming) => Some(incoming),
            Self::Waiting | Self::Over => None,
        }
    }
}

/// The promise of a response (RFC 9113 §8.4, RFC 9114 §4.6): a request that the client has not
/// sent, and that is whole.
pub fn promise(id: MessageId, head: RequestHead, frames: Frames, cx: &mut Context<'_>) {
    let (last, done) = (head.span.last, head.span.done);
    let end = MessageEnd { last, done, frames, ..MessageEnd::default() };
    cx.emit(EventBody::Http(HttpEvent::Request { id, head: head.into() }));
    cx.emit(EventBody::Http(HttpEvent::RequestEnd { id, end: end.into() }));
}

/// When the next bytes could be read: where keys came late, that was before now.
pub fn ready_at(buffer: &StreamBuffer) -> Option<Stamp> {
    buffer.first_stamps().map(|(_, delivered)| delivered)
}

fn content_length(fields: &Fields) -> Option<u64> {
    fields.get("content-length")?.trim().parse().ok()
}

/// What a stream takes with a message that is on its way: some nine hundred bytes.
pub const HELD: usize = 1024;
