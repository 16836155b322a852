//! One request and its answer (HAR: entry; Zeek, Suricata: transaction).

use crate::flow::event::{EndReason, GapReason};
use crate::protocol::http::message::{Ending, MessageEnd, MessageId, RequestHead, ResponseHead};
use crate::protocol::http::multiplex::{Priority, Queued, Reset};
use crate::time::{Frames, Stamp, TimeDelta};
use crate::trace::id::{ConnectionId, ExchangeId, ResolutionId, VisitId};
use crate::trace::messages::Messages;
use crate::trace::timing::Timings;
use crate::trace::visit::Link;

/// One request and its answer, either of which may not have been captured.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its place in the arena.
    pub id: ExchangeId,
    /// The connection that carried it.
    pub connection: ConnectionId,
    /// Its place on the connection.
    pub message: MessageId,
    /// The URL, rebuilt; none where the request was not captured.
    pub url: Option<Box<str>>,
    /// The request.
    pub request: Option<Box<RequestHead>>,
    /// How the request ended.
    pub request_end: Option<Box<MessageEnd>>,
    /// The last byte of the request before its response began, where it went on behind that.
    pub asked: Option<Stamp>,
    /// Interim responses.
    pub informational: Vec<ResponseHead>,
    /// The final response.
    pub response: Option<Box<ResponseHead>>,
    /// How the response ended.
    pub response_end: Option<Box<MessageEnd>>,
    /// What the connection speaks from here on.
    pub switched: Option<Box<str>>,
    /// What was said in it since: by a WebSocket, or as an event stream.
    pub messages: Option<Box<Messages>>,
    /// How much the client wants it, as it said last.
    pub priority: Option<Priority>,
    /// What it waited for before it could be sent, where other streams were in its way.
    pub queued: Option<Queued>,
    /// Where the time went.
    pub timings: Timings,
    /// When it began: its first phase.
    pub started: Stamp,
    /// True where it is the first exchange of its connection; others reuse it.
    pub opens_connection: bool,
    /// The lookup that it waited for.
    pub resolution: Option<ResolutionId>,
    /// The page it belongs to; none for background traffic.
    pub visit: Option<VisitId>,
    /// Why it belongs there.
    pub link: Link,
    /// True once nothing more can come: it is whole, or its connection is over.
    pub over: bool,
    /// The exchange whose redirect it follows.
    pub redirected_from: Option<ExchangeId>,
}

/// How far an exchange came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Request and response were seen whole.
    Whole,
    /// A piece of it is missing.
    Gap(GapReason),
    /// It ended early.
    Cut(EndReason),
    /// It breaks the rules of HTTP.
    Malformed,
    /// Its stream was given up.
    Reset(Reset),
    /// The request has no response.
    NoResponse,
    /// The response has no request in this capture.
    NoRequest,
    /// It is not over yet.
    Open,
}

impl Exchange {
    /// How far it came.
    pub fn state(&self) -> State {
        if self.request.is_none() {
            return State::NoRequest;
        }
        let how = self.response_end.as_ref().map(|end| end.how);
        if let Some(Ending::Reset(reset)) = how {
            return State::Reset(reset);
        }
        if self.response.is_none() {
            return if self.over { State::NoResponse } else { State::Open };
        }
        match how {
            Some(Ending::Whole) => State::Whole,
            Some(Ending::Gap(reason)) => State::Gap(reason),
            Some(Ending::Cut(reason)) => State::Cut(reason),
            Some(Ending::Malformed) => State::Malformed,
            Some(Ending::Reset(reset)) => State::Reset(reset),
            None => State::Open,
        }
    }

    /// The last byte of the request that its response can have waited for; none where the request was
    /// not captured. What a stream says once it is answered, a WebSocket's and that of a call in
    /// both directions, is none of it.
    pub fn sent(&self) -> Option<Stamp> {
        let request = self.request.as_ref()?;
        let end = self.asked.or_else(|| Some(self.request_end.as_ref()?.last));
        Some(end.unwrap_or(request.span.last))
    }

    /// From the head of its response until no more could be said in it, where it went on as a
    /// conversation that is over.
    pub fn conversation(&self) -> Option<TimeDelta> {
        let ended = self.messages.as_ref()?.ended?;
        let began = self.response.as_ref()?.span.done;
        Some(ended.at.since(began.at).at_least_zero())
    }

    /// True where it went on as a WebSocket.
    pub fn is_websocket(&self) -> bool {
        self.switched.as_ref().is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
    }

    /// The status code, where there was a final response that has one.
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().and_then(|response| response.status)
    }

    /// The frames of request and response.
    pub fn frames(&self) -> Frames {
        let ends = [&self.request_end, &self.response_end];
        let heads = self.request.iter().map(|head| head.span);
        let heads = heads.chain(self.informational.iter().map(|head| head.span));
        let heads = heads.chain(self.response.iter().map(|head| head.span));
        let of_heads = heads.flat_map(|span| [span.first.frame, span.last.frame]);
        let ends = ends.into_iter().flatten();
        let count = ends.clone().map(|end| usize::try_from(end.frames.len()).unwrap_or(0));
        let mut all = Vec::with_capacity(count.sum::<usize>() + 2 * (2 + self.informational.len()));
        all.extend(ends.flat_map(|end| end.frames.iter()).chain(of_heads));
        all.into_iter().collect()
    }

    /// Its last byte so far.
    pub fn ended(&self) -> Stamp {
        let request = self.request_end.as_ref().map(|end| end.last);
        let response = self.response_end.as_ref().map(|end| end.done);
        let head = self.response.as_ref().map(|head| head.span.done);
        let all = [Some(self.started), request, head, response];
        all.into_iter().flatten().max().unwrap_or(self.started)
    }
}
