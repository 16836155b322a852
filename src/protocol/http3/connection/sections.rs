//! Field sections become heads, trailers and promises.

use crate::cursor::Cursor;
use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{HttpEvent, MessageId, Version};
use crate::protocol::http::multiplex::Priority;
use crate::protocol::http::stream::head::{self, Collected, Flaws};
use crate::protocol::http::stream::messages::{self, Side};
use crate::protocol::http3::connection::messages::message;
use crate::protocol::http3::connection::state::{Connection, Push};
use crate::protocol::http3::faults;
use crate::protocol::http3::frame::{Head, Kind};
use crate::protocol::http3::qpack::{Decoder, Need};
use crate::protocol::http3::streams::{Exchange, State};
use crate::time::Frames;

/// A section that is read: of which it is, and when it came.
struct Block {
    collected: Collected,
    /// Its end is missing.
    cut: Option<GapReason>,
    span: Span,
    frames: Frames,
    /// Bytes on the wire, with the head of its frame.
    size: u32,
}

impl Connection {
    /// HEADERS or PUSH_PROMISE, of which the section may have to wait.
    pub(super) fn section(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        head: Head,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let whole = head.whole(usize::MAX)?;
        if buffer.len() < whole {
            return None;
        }
        let way = exchange.ways.of_mut(from.direction);
        if !std::mem::take(&mut way.is_forced) {
            let begin = buffer.peek(whole.min(head.size + PREFIX));
            let section = begin.get(head.size..).and_then(|payload| parts(head.kind, payload));
            let need = section.map_or(Need::Nothing, |(_, section)| self.need(from, section));
            drop(begin);
            if need != Need::Nothing {
                self.block(exchange, from, need, buffer);
                return None;
            }
        }
        let mut frames = Frames::default();
        let (bytes, span) = buffer.take(whole, &mut frames)?;
        let payload = bytes.get(head.size..).unwrap_or_default();
        self.read_section(exchange, from, (head, payload), (None, span, frames), cx);
        Some(State::Head)
    }

    /// A section whose end is missing: what came of it counts.
    pub(super) fn cut_section(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        head: Head,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        cx.anomaly(faults::lost_section(from.id));
        let mut frames = Frames::default();
        let Some((bytes, span)) = buffer.take(buffer.len(), &mut frames) else { return };
        let payload = bytes.get(head.size..).unwrap_or_default();
        self.read_section(exchange, from, (head, payload), (Some(reason), span, frames), cx);
    }

    /// What a section waits for, as long as it may come.
    fn need(&self, from: StreamKey, section: &[u8]) -> Need {
        let end = self.ends.of(from.direction);
        match end.qpack.need(section) {
            Need::Inserts(_) if end.has_missed_encoder => Need::Nothing,
            need => need,
        }
    }

    fn read_section(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        (head, payload): (Head, &[u8]),
        (cut, span, frames): (Option<GapReason>, Span, Frames),
        cx: &mut Context<'_>,
    ) {
        let Some((push, section)) = parts(head.kind, payload) else {
            if cut.is_none() {
                cx.anomaly(faults::bad_frame(from.id, "a promise that is too short"));
            }
            return;
        };
        let mut collected = Collected::new();
        let (limits, most) = (cx.limits, head::room(section.len(), cx));
        let qpack = &mut self.ends.of_mut(from.direction).qpack;
        let read = qpack.decode(section, |name, value| collected.field(name, value, most, limits));
        collected.settle(section.len(), most, cx);
        let way = exchange.ways.of_mut(from.direction);
        way.dynamic = way.dynamic.saturating_add(u32::from(Decoder::is_dynamic(section)));
        match read {
            _ if cut.is_some() => collected.cut(),
            Ok(()) => {}
            Err(fault) => {
                collected.cut();
                cx.anomaly(faults::bad_section(from.id, fault));
            }
        }
        let size = u32::try_from(head.size.saturating_add(payload.len())).unwrap_or(u32::MAX);
        let block = Block { collected, cut, span, frames, size };
        match (push, from.direction) {
            (Some(push), _) => self.promise(from, push, block, cx),
            (None, Direction::ToServer) => self.request(exchange, from, block, cx),
            (None, Direction::ToClient) => self.response(exchange, from, block, cx),
        }
    }

    fn request(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        block: Block,
        cx: &mut Context<'_>,
    ) {
        let id = message(from);
        match exchange.stream.request {
            Side::Waiting => {
                let Block { collected, cut, span, frames, size } = block;
                let (head, flaws) = collected.request(Version::Http3, span, size);
                say(from.id, flaws, cx);
                let field = head.fields.get("priority").map(Priority::of_field);
                exchange.stream.begin_request(id, head, (frames, cut), cx);
                let early = self.early.iter().position(|(stream, _)| *stream == from.id);
                let early = early.and_then(|place| self.early.remove(place));
                let early = early.map(|(_, priority)| priority);
                for priority in [field, early].into_iter().flatten() {
                    cx.emit(EventBody::Http(HttpEvent::Prioritized { id, priority }));
                }
                self.refuse_late(exchange, from, cx);
            }
            Side::Open(_) => trailers(exchange, from, block, cx),
            Side::Over => {}
        }
    }

    fn response(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        block: Block,
        cx: &mut Context<'_>,
    ) {
        self.ran_so_far(cx);
        if !exchange.stream.is_head_next(&block.collected) {
            return trailers(exchange, from, block, cx);
        }
        let id = message(from);
        let Block { collected, cut, span, frames, size } = block;
        let is_interim = collected.is_interim();
        let (head, flaws) = collected.response(Version::Http3, span, size);
        say(from.id, flaws, cx);
        if is_interim {
            cx.emit(EventBody::Http(HttpEvent::Informational { id, head: head.into() }));
        } else {
            exchange.stream.begin_response(id, head, (frames, cut), cx);
        }
    }

    /// PUSH_PROMISE: the server tells the request that it answers unasked (RFC 9114 §4.6).
    fn promise(&mut self, from: StreamKey, push: u64, block: Block, cx: &mut Context<'_>) {
        let (mut head, flaws) = block.collected.request(Version::Http3, block.span, block.size);
        say(from.id, flaws, cx);
        head.promised_on = Some(from.id);
        let Some(known) = self.push(push, cx) else { return };
        if known.promise.is_none() {
            known.promise = Some((head, block.frames));
        }
        self.pair(push, cx);
    }

    /// The stream of a push has come.
    pub(super) fn pushed(&mut self, push: u64, stream: u64, cx: &mut Context<'_>) {
        let Some(known) = self.push(push, cx) else { return };
        known.stream = Some(stream);
        self.pair(push, cx);
    }

    /// Where both the promise and the stream of a push are there, it has a number to be told by.
    fn pair(&mut self, push: u64, cx: &mut Context<'_>) {
        let Some(known) = self.pushes.get_mut(&push) else { return };
        let Some(stream) = known.stream else { return };
        let Some((head, frames)) = known.promise.take() else { return };
        self.pushes.remove(&push);
        if self.pushed.len() >= PUSHES {
            self.pushed.pop_front();
        }
        self.pushed.push_back(push);
        if let Some(mut exchange) = self.exchanges.take_open(stream) {
            exchange.stream.is_head = head.is("HEAD");
            self.exchanges.put(stream, exchange);
        }
        messages::promise(MessageId { stream, nth: 0 }, head, frames, cx);
    }

    /// A push of which half is known, at most: several requests may be told of the same
    /// (RFC 9114 §4.6). At the bound none is followed that is new.
    fn push(&mut self, number: u64, cx: &mut Context<'_>) -> Option<&mut Push> {
        if self.pushed.contains(&number) {
            return None;
        }
        if self.pushes.len() >= PUSHES && !self.pushes.contains_key(&number) {
            if !std::mem::replace(&mut self.told.pushes, true) {
                cx.anomaly(faults::many_pushes(PUSHES));
            }
            return None;
        }
        Some(self.pushes.entry(number).or_default())
    }
}

/// The section of HEADERS, or that of PUSH_PROMISE and the push that it promises.
fn parts(kind: Kind, payload: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let mut cursor = Cursor::new(payload);
    let push = if kind == Kind::PUSH_PROMISE { Some(cursor.varint().ok()?) } else { None };
    Some((push, cursor.rest()))
}

/// The fields behind a body.
fn trailers(exchange: &mut Exchange, from: StreamKey, block: Block, cx: &mut Context<'_>) {
    let is_sure = from.direction == Direction::ToServer || !exchange.stream.is_unsure;
    let Some(incoming) = exchange.stream.side(from.direction).open() else { return };
    exchange.ways.of_mut(from.direction).has_trailers = is_sure;
    let Block { collected, cut, span, frames, size } = block;
    let (fields, flaws) = collected.trailers();
    say(from.id, flaws, cx);
    incoming.trailers(fields, span, &frames, size);
    if let Some(reason) = cut {
        incoming.gap(reason);
    }
}

fn say(stream: u64, flaws: Flaws, cx: &mut Context<'_>) {
    if let Some(how) = flaws.broken {
        cx.anomaly(faults::bad_head(stream, how));
    }
    if let Some(anomaly) = flaws.too_large(cx.limits) {
        cx.anomaly(anomaly);
    }
}

/// Bytes at the front of a payload that tell what its section waits for: the number of a push, and
/// that of entries.
const PREFIX: usize = 16;

/// Pushes of which half is known, and those that became known last: browsers allow none, others some
/// tens.
const PUSHES: usize = 64;
