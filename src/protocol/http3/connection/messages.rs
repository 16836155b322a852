//! The frames of a request or a response (RFC 9114 §4.1).

use crate::flow::event::{Direction, EndReason, GapReason};
use crate::protocol::analyzer::{Context, StreamKey, StreamReset};
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, MessageId, Version};
use crate::protocol::http::multiplex::{ErrorCode, Multiplex, Reset, Run};
use crate::protocol::http::stream::incoming::Part;
use crate::protocol::http::stream::messages::{Side, ready_at};
use crate::protocol::http3::connection::state::Connection;
use crate::protocol::http3::faults;
use crate::protocol::http3::frame::{HEAD, Head, Kind};
use crate::protocol::http3::streams::{Exchange, State, Way};
use crate::time::Frames;

impl Connection {
    /// Reads what has come of one direction.
    pub(super) fn read(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        loop {
            let next = match exchange.ways.of(from.direction).state {
                State::Head => self.head(exchange, from, buffer, cx),
                State::Section(head) => self.section(exchange, from, head, buffer, cx),
                State::Data(left) => self.content(exchange, from, left, buffer, cx),
                State::Skip(left) => skip(left, buffer),
                State::Lost(reason) => {
                    self.rest(exchange, from, reason, buffer, cx);
                    None
                }
                State::Foreign => {
                    buffer.clear();
                    None
                }
            };
            let Some(next) = next else { return };
            exchange.ways.of_mut(from.direction).state = next;
        }
    }

    fn head(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let head = Head::of(&buffer.peek(HEAD))?;
        let way = from.direction;
        let is_first = matches!(exchange.stream.side(way), Side::Waiting);
        let has_trailers = exchange.ways.of(way).has_trailers;
        let unexpected = match head.kind {
            Kind::WEBTRANSPORT
                if way == Direction::ToServer && is_first && !exchange.ways.of(way).has_skipped =>
            {
                self.webtransport(way, cx);
                buffer.clear();
                // what comes back has no head at all
                exchange.ways.of_mut(Direction::ToClient).state = State::Foreign;
                return Some(State::Foreign);
            }
            Kind::DATA | Kind::HEADERS if has_trailers => {
                Some("a frame of a message behind its trailers")
            }
            Kind::DATA => return Some(self.begin_data(exchange, from, head, buffer, cx)),
            Kind::PUSH_PROMISE if way == Direction::ToServer => {
                Some("a promise of the client, which has nothing to push")
            }
            Kind::HEADERS | Kind::PUSH_PROMISE => {
                if head.whole(cx.limits.http_head).is_some() {
                    return Some(State::Section(head));
                }
                cx.anomaly(faults::large_frame(from.id, head.length));
                exchange.ways.of_mut(way).has_skipped |= head.kind == Kind::HEADERS;
                None
            }
            kind if kind.is_of_http2() => Some("a kind of frame that HTTP/2 alone has"),
            kind if kind.is_of_control() => Some("a frame that belongs on the control stream"),
            _ => None,
        };
        if let Some(how) = unexpected {
            cx.anomaly(faults::bad_frame(from.id, how));
        }
        buffer.skip(head.size, &mut Frames::default());
        Some(State::Skip(head.length))
    }

    fn begin_data(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        head: Head,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> State {
        let way = from.direction;
        if matches!(exchange.stream.side(way), Side::Waiting) {
            if exchange.ways.of(way).has_skipped {
                self.begin_unseen(exchange, from, GapReason::OverBudget, next(buffer, cx), cx);
            } else {
                cx.anomaly(faults::bad_frame(from.id, "a DATA frame before any headers"));
            }
        }
        exchange.stream.body(way, message(from), (Part::Framing, head.size), buffer, cx);
        if head.length == 0 { State::Head } else { State::Data(head.length) }
    }

    /// A message whose head nobody can read.
    fn begin_unseen(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        reason: GapReason,
        span: Span,
        cx: &mut Context<'_>,
    ) {
        if from.direction == Direction::ToClient {
            self.ran_so_far(cx);
        }
        let what = (Version::Http3, reason);
        exchange.stream.begin_unseen(from.direction, message(from), what, span, cx);
    }

    /// The payload of a DATA frame.
    fn content(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        left: u64,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let ready = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if ready == 0 {
            return None;
        }
        if from.direction == Direction::ToClient {
            let at = ready_at(buffer).unwrap_or(cx.now);
            let before = self.runs.came(from.id, at);
            self.ran(before, cx);
        }
        let content = (Part::Content, ready);
        exchange.stream.body(from.direction, message(from), content, buffer, cx);
        let left = left.saturating_sub(ready as u64);
        Some(if left == 0 { State::Head } else { State::Data(left) })
    }

    /// What follows a hole behind which no frame can be found: bytes of a message, but whether of
    /// its body or of frames, nobody knows.
    fn rest(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        if matches!(exchange.stream.side(from.direction), Side::Waiting) {
            if buffer.is_empty() {
                return;
            }
            self.begin_unseen(exchange, from, reason, next(buffer, cx), cx);
        }
        let all = (Part::Framing, buffer.len());
        exchange.stream.body(from.direction, message(from), all, buffer, cx);
    }

    /// Bytes are missing behind those in the buffer.
    pub(super) fn hole(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        (missing, reason): (u64, GapReason),
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let way = from.direction;
        let state = exchange.ways.of(way).state;
        let next = match state {
            State::Data(left) => {
                exchange.stream.gap(way, missing.min(left), reason, cx);
                left.checked_sub(missing).map(State::Data)
            }
            State::Skip(left) => left.checked_sub(missing).map(State::Skip),
            State::Section(head) => {
                let there = buffer.len().saturating_sub(head.size) as u64;
                self.cut_section(exchange, from, head, reason, buffer, cx);
                head.length.checked_sub(there.saturating_add(missing)).map(State::Skip)
            }
            State::Foreign => Some(State::Foreign),
            State::Head | State::Lost(_) => None,
        };
        buffer.clear();
        let next = match next {
            Some(State::Data(0) | State::Skip(0)) => State::Head,
            Some(next) => next,
            None => {
                exchange.stream.lose(way, reason, cx);
                State::Lost(reason)
            }
        };
        exchange.ways.of_mut(way).state = next;
    }

    /// One direction is over.
    pub(super) fn over(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let Way { state, has_skipped, .. } = *exchange.ways.of(from.direction);
        let is_between = match state {
            State::Head => buffer.is_empty(),
            State::Lost(_) | State::Foreign => true,
            State::Section(_) | State::Data(_) | State::Skip(_) => false,
        };
        buffer.clear();
        if matches!(exchange.stream.side(from.direction), Side::Waiting) {
            if has_skipped {
                let span = Span::at(cx.now);
                self.begin_unseen(exchange, from, GapReason::OverBudget, span, cx);
            } else if reason == EndReason::Fin && is_between && matches!(state, State::Head) {
                let how = match from.direction {
                    Direction::ToServer => "the stream ends without a request",
                    Direction::ToClient => "the stream ends without a response",
                };
                cx.anomaly(faults::bad_frame(from.id, how));
            }
        }
        let how = if reason == EndReason::Fin && is_between {
            Ending::Whole
        } else {
            if reason == EndReason::Fin {
                cx.anomaly(faults::bad_frame(from.id, "the stream ends within a frame"));
            }
            Ending::Cut(reason)
        };
        self.finish(exchange, from, how, cx);
    }

    /// One direction was given up.
    pub(super) fn given_up(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        reset: StreamReset,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        buffer.clear();
        let reset = Reset { by: reset.by, code: ErrorCode(reset.code), unprocessed: false };
        self.refuse(exchange, from, reset, cx);
    }

    /// One direction was given up, by a reset of its own or with others.
    pub(super) fn refuse(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        reset: Reset,
        cx: &mut Context<'_>,
    ) {
        let has_begun = !matches!(exchange.stream.request, Side::Waiting);
        if from.direction == Direction::ToClient && has_begun {
            let frames = [cx.now.frame].into_iter().collect();
            let given_up = (reset, Span::at(cx.now), &frames);
            exchange.stream.finish_unbegun(message(from), given_up, cx);
        }
        self.finish(exchange, from, Ending::Reset(reset), cx);
    }

    /// A message is over.
    pub(super) fn finish(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        how: Ending,
        cx: &mut Context<'_>,
    ) {
        if from.direction == Direction::ToClient {
            self.ran_so_far(cx);
        }
        exchange.stream.finish(from.direction, message(from), how, cx);
    }

    /// Before anything is told of one stream: whose DATA came until then.
    pub(super) fn ran_so_far(&mut self, cx: &mut Context<'_>) {
        let run = self.runs.so_far();
        self.ran(run, cx);
    }

    /// Tells of a run while which others were open.
    fn ran(&mut self, run: Option<Run>, cx: &mut Context<'_>) {
        if let Some(run) = run.filter(|_| self.exchanges.has_other()) {
            cx.emit(EventBody::Multiplex(Multiplex::Run(run).into()));
        }
    }
}

/// The exchange of a stream.
pub(super) const fn message(of: StreamKey) -> MessageId {
    MessageId { stream: of.id, nth: 0 }
}

/// When the next bytes came.
fn next(buffer: &StreamBuffer, cx: &Context<'_>) -> Span {
    let (arrived, delivered) = buffer.first_stamps().unwrap_or((cx.now, cx.now));
    Span { first: arrived, ready: delivered, last: arrived, done: delivered }
}

fn skip(left: u64, buffer: &mut StreamBuffer) -> Option<State> {
    if left == 0 {
        return Some(State::Head);
    }
    let ready = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
    buffer.skip(ready, &mut Frames::default());
    (ready > 0).then(|| State::Skip(left.saturating_sub(ready as u64)))
}
