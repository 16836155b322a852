//! From a head that is read to the end of its message: what is told of it, and what follows.

use data_encoding::BASE64URL_NOPAD;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::dns::https;
use crate::protocol::event::{ConnectionEvent, EventBody};
use crate::protocol::http::body::Counter;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{
    Ending, Framing, HttpEvent, MessageId, RequestHead, ResponseHead, Version,
};
use crate::protocol::http1::connection::child::Child;
use crate::protocol::http1::connection::state::{Connection, Cut, State};
use crate::protocol::http1::faults;
use crate::protocol::http1::framing::{self, Length};
use crate::protocol::http1::head::{Flaws, Parsed, Search};
use crate::protocol::http1::incoming::Incoming;
use crate::protocol::http1::pairing::Pending;
use crate::protocol::http2;
use crate::protocol::nested::Nested;
use crate::protocol::websocket::{Agreed, Conversation, Offer};
use crate::time::Frames;

impl Connection {
    /// A request's head is whole, or as much of it as there will be.
    pub(super) fn request(
        &mut self,
        parsed: Parsed<RequestHead>,
        size: usize,
        cut: Cut,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> State {
        let Parsed { mut head, flaws } = parsed;
        let (span, frames) = take_head(flaws, size, cut, buffer, cx);
        head.span = span;
        head.scheme = cx.secure.then(|| "https".into());
        let Span { first, last, .. } = span;
        let (id, waits) = self.pairing.number_request(first);
        let is_bare = head.version == Version::Http09 && head.is("GET");
        let pending = Pending {
            id,
            method: head.method.clone().unwrap_or_default(),
            upgrade: head.fields.get("upgrade").map(Into::into),
            settings: http2_settings(&head.fields),
            offer: is_websocket(&head.fields).then(|| Offer::of(&head.fields).into()),
            is_bare,
            first,
            last,
        };
        if waits && let Some(anomaly) = self.pairing.push(pending, cx.limits) {
            cx.anomaly(anomaly);
        }
        let length = framing::of_request(&head);
        let counter =
            https::keeping(Counter::new(&head.fields, false, cx.limits, cx.budgets), &head.fields);
        let question = https::question(&head);
        cx.emit(EventBody::Http(HttpEvent::Request { id, head: head.into() }));
        if let Some(question) = question {
            https::say(&question, Direction::ToServer, id, span, cx);
        }
        let message = Message { id, counter, span, frames };
        let state = self.begin(Direction::ToServer, message, length, cut, cx);
        if is_bare { State::Over } else { state }
    }

    /// A response's head is whole, or as much of it as there will be.
    pub(super) fn response(
        &mut self,
        parsed: Parsed<ResponseHead>,
        size: usize,
        cut: Cut,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> State {
        let Parsed { mut head, flaws } = parsed;
        let (span, frames) = take_head(flaws, size, cut, buffer, cx);
        head.span = span;
        let first = span.first;
        let status = head.status.unwrap_or_default();
        if matches!(status, 100 | 102..=199) {
            let id = self.pairing.interim(first, |anomaly| cx.anomaly(anomaly));
            cx.emit(EventBody::Http(HttpEvent::Informational { id, head: head.into() }));
            return match cut {
                Cut::No => State::Head(Search::head()),
                Cut::Gap(_) => State::Lost(None),
                Cut::End(_) => State::Over,
            };
        }
        let (id, request) = self.pairing.take(first, |anomaly| cx.anomaly(anomaly));
        let is_whole = matches!(cut, Cut::No);
        if let Some(request) = request.as_ref().filter(|_| status == 101 && is_whole)
            && let Some(settings) = &request.settings
            && head.fields.lists("upgrade", "h2c")
        {
            let is_head = request.method.eq_ignore_ascii_case("HEAD");
            return self.go_on_in_http2(id, head, is_head, settings, cx);
        }
        let offer = request.as_ref().and_then(|request| request.offer.as_deref());
        let agreed = (status == 101 && is_whole && is_websocket(&head.fields))
            .then(|| Agreed::on(offer, &head.fields, |anomaly| cx.anomaly(anomaly)));
        let method = request.as_ref().map(|request| &*request.method);
        let length = framing::of_response(&head, method);
        let counter = Counter::new(&head.fields, status == 206, cx.limits, cx.budgets);
        let counter = https::keeping(counter.reading_events(&head.fields), &head.fields);
        let to = match (status, method) {
            (101, _) => {
                let upgrade = head.fields.get("upgrade").map(Into::into);
                upgrade.or_else(|| request?.upgrade).or_else(|| Some("unknown".into()))
            }
            (200..=299, Some("CONNECT")) => Some("tunnel".into()),
            _ => None,
        };
        cx.emit(EventBody::Http(HttpEvent::Response { id, head: head.into() }));
        if let Some(to) = to {
            cx.emit(EventBody::Http(HttpEvent::Switched { id, to }));
            self.switch(match agreed {
                _ if !is_whole => Child::Nobody,
                Some(agreed) => {
                    Child::WebSocket(Conversation::new(id, &agreed, &cx.budgets.windows).into())
                }
                None => Child::Found(Nested::new(&mut cx.within()).into()),
            });
        }
        let message = Message { id, counter, span, frames };
        let state = self.begin(Direction::ToClient, message, length, cut, cx);
        if self.child.is_some() { State::Over } else { state }
    }

    /// The connection goes on in HTTP/2: the 101 is interim, the response comes on its first stream
    /// (RFC 7540 §3.2).
    fn go_on_in_http2(
        &mut self,
        id: MessageId,
        head: ResponseHead,
        is_head: bool,
        settings: &[u8],
        cx: &mut Context<'_>,
    ) -> State {
        cx.emit(EventBody::Http(HttpEvent::Informational { id, head: head.into() }));
        cx.emit(EventBody::Http(HttpEvent::Switched { id, to: "h2c".into() }));
        cx.emit(EventBody::Connection(ConnectionEvent::Protocol(http2::PROTOCOL.name)));
        let connection = http2::Connection::upgraded(id, is_head, settings, cx);
        self.switch(Child::Http2(connection.into()));
        State::Over
    }

    /// HTTP/0.9: the response is its body.
    pub(super) fn bare_response(&mut self, buffer: &StreamBuffer, cx: &mut Context<'_>) -> State {
        let (first, ready) = buffer.first_stamps().unwrap_or((cx.now, cx.now));
        let (id, _) = self.pairing.take(first, |anomaly| cx.anomaly(anomaly));
        let span = Span { first, ready, last: first, done: ready };
        let head = ResponseHead {
            status: None,
            reason: "".into(),
            version: Version::Http09,
            fields: Fields::default(),
            unknown_fields: 0,
            span,
            size: 0,
        };
        cx.emit(EventBody::Http(HttpEvent::Response { id, head: head.into() }));
        let counter = Counter::new(&Fields::default(), false, cx.limits, cx.budgets);
        let frames = Frames::default();
        State::Body(Incoming::new(id, Framing::UntilClose, counter, span, frames).into())
    }

    /// A head is read: its body begins, or the message is over.
    fn begin(
        &mut self,
        way: Direction,
        message: Message,
        length: Length,
        cut: Cut,
        cx: &mut Context<'_>,
    ) -> State {
        let (framing, is_known) = match length {
            Length::Known(framing) => (framing, true),
            Length::Doubtful(framing, anomaly) => {
                cx.anomaly(anomaly);
                (framing, true)
            }
            Length::Unknown(anomaly) => {
                cx.anomaly(anomaly);
                (Framing::None, false)
            }
        };
        let Message { id, counter, span, frames } = message;
        let mut incoming = Incoming::new(id, framing, counter, span, frames);
        match cut {
            Cut::End(reason) => {
                self.finish(way, incoming, Ending::Cut(reason), cx);
                State::Over
            }
            Cut::Gap(reason) => {
                incoming.headless(reason);
                if way == Direction::ToServer || incoming.is_whole() {
                    self.finish(way, incoming, Ending::Gap(reason), cx);
                    return State::Lost(None);
                }
                State::Lost(Some(incoming.into()))
            }
            Cut::No if !is_known => {
                self.finish(way, incoming, Ending::Malformed, cx);
                State::Lost(None)
            }
            Cut::No if incoming.is_whole() => {
                self.finish(way, incoming, Ending::Whole, cx);
                self.next_head()
            }
            Cut::No => State::Body(incoming.into()),
        }
    }

    /// The rest of the connection is another protocol, but for a request that is not whole yet.
    fn switch(&mut self, child: Child) {
        self.child = Some(child);
        let requests = self.states.of_mut(Direction::ToServer);
        if !matches!(requests, State::Body(_)) {
            *requests = State::Over;
        }
    }

    pub(super) fn finish(
        &mut self,
        way: Direction,
        mut incoming: Incoming,
        how: Ending,
        cx: &mut Context<'_>,
    ) {
        let id = incoming.id;
        if let Some((lookup, span)) = incoming.take_lookup() {
            https::say(&lookup, way, id, span, cx);
        }
        let how = match (how, incoming.gap_reason()) {
            (Ending::Whole, Some(reason)) => Ending::Gap(reason),
            _ => how,
        };
        if way == Direction::ToClient {
            self.pairing.answered(incoming.last());
        }
        let (end, anomaly) = incoming.finish(how);
        let end = end.into();
        cx.emit(EventBody::Http(match way {
            Direction::ToServer => HttpEvent::RequestEnd { id, end },
            Direction::ToClient => HttpEvent::ResponseEnd { id, end },
        }));
        if let Some(anomaly) = anomaly {
            cx.anomaly(anomaly);
        }
    }
}

/// The settings of a client that asks for HTTP/2 (RFC 7540 §3.2.1).
fn http2_settings(fields: &Fields) -> Option<Box<[u8]>> {
    let value = fields.get("http2-settings").filter(|_| fields.lists("upgrade", "h2c"))?;
    let value = value.trim().trim_end_matches('=');
    BASE64URL_NOPAD.decode(value.as_bytes()).ok().map(Into::into)
}

/// Takes the bytes of a head, and says what is wrong with it.
fn take_head(
    flaws: Flaws,
    size: usize,
    cut: Cut,
    buffer: &mut StreamBuffer,
    cx: &mut Context<'_>,
) -> (Span, Frames) {
    let mut frames = Frames::default();
    let span = buffer.skip(size, &mut frames).unwrap_or_default();
    let is_whole = matches!(cut, Cut::No);
    faults::of_head(flaws, is_whole, cx.limits).for_each(|anomaly| cx.anomaly(anomaly));
    (span, frames)
}

/// True where a head asks for a WebSocket, or agrees to one (RFC 6455 §4.1).
fn is_websocket(fields: &Fields) -> bool {
    fields.lists("upgrade", "websocket")
}

/// A message whose head is read.
struct Message {
    id: MessageId,
    counter: Counter,
    span: Span,
    frames: Frames,
}
