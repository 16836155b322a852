//! Header blocks become heads, trailers and promises.

use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::dns::https;
use crate::protocol::event::EventBody;
use crate::protocol::http::body::Counter;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Ending, HttpEvent, MessageEnd, Version};
use crate::protocol::http::multiplex::Priority;
use crate::protocol::http::stream::Side;
use crate::protocol::http::stream::head::{Collected, Flaws};
use crate::protocol::http::stream::incoming::Incoming;
use crate::protocol::http::stream::websocket::Asked;
use crate::protocol::http2::connection::state::{Block, Connection, What};
use crate::protocol::http2::faults;

impl Connection {
    /// A header block that is not whole will not become so. What it said so far counts; what it
    /// did to the table from there on is unknown.
    pub(super) fn lose_block(&mut self, way: Direction, reason: GapReason, cx: &mut Context<'_>) {
        if let Some(block) = self.ways.of_mut(way).block.take() {
            self.head_of(way, *block, Some(reason), cx);
        }
        self.ways.of_mut(way).hpack.forget();
    }

    /// Reads a header block; with a reason, where its end is missing.
    pub(super) fn head_of(
        &mut self,
        way: Direction,
        block: Block,
        cut: Option<GapReason>,
        cx: &mut Context<'_>,
    ) {
        let mut collected = Collected::new();
        let hpack = &mut self.ways.of_mut(way).hpack;
        let (limits, unfolded) = (cx.limits, &cx.budgets.unfolded);
        let written = block.bytes.len().saturating_mul(WRITTEN);
        let most = written.saturating_add(unfolded.left()).min(limits.http_head);
        let said =
            hpack.decode(&block.bytes, |name, value| collected.field(name, value, most, limits));
        unfolded.take(collected.text().min(most).saturating_sub(written));
        if cut.is_some() {
            hpack.forget();
            collected.cut();
            cx.anomaly(faults::lost_block(block.stream));
        } else {
            match said {
                Ok(said) => {
                    said.too_large
                        .into_iter()
                        .for_each(|size| cx.anomaly(faults::large_table(size)));
                }
                Err(fault) => {
                    collected.cut();
                    cx.anomaly(faults::bad_block(block.stream, fault));
                }
            }
        }
        match (block.what, way) {
            (What::Promise(promised), _) => self.promise(promised, block, collected, cx),
            (What::Message { is_last }, Direction::ToServer) => {
                self.request(block, collected, cut, is_last, cx);
            }
            (What::Message { is_last }, Direction::ToClient) => {
                self.response(block, collected, cut, is_last, cx);
            }
        }
    }

    fn request(
        &mut self,
        block: Block,
        collected: Collected,
        cut: Option<GapReason>,
        is_last: bool,
        cx: &mut Context<'_>,
    ) {
        let (way, id) = (Direction::ToServer, self.streams.exchange(block.stream));
        let Some(side) = self.side(way, block.stream, cx) else { return };
        match side {
            Side::Waiting => {
                let (head, flaws) = collected.request(Version::Http2, block.span, block.size);
                say(block.stream, flaws, cx);
                let counter = Counter::new(&head.fields, false, cx.limits, cx.budgets);
                let counter = https::keeping(counter, &head.fields);
                let question = https::question(&head);
                let span = head.span;
                let announced = content_length(&head.fields);
                let mut incoming = Incoming::new(counter, head.span, block.frames, announced);
                if let Some(reason) = cut {
                    incoming.gap(reason);
                }
                if let Some(stream) = self.streams.get(block.stream) {
                    stream.is_head = head.is("HEAD");
                    stream.asked = Asked::of(&head);
                    stream.request = Side::Open(incoming.into());
                }
                let field = head.fields.get("priority").map(Priority::of_field);
                cx.emit(EventBody::Http(HttpEvent::Request { id, head: head.into() }));
                if let Some(question) = question {
                    https::say(&question, way, id, span, cx);
                }
                let queued = self.streams.queue.begins(block.span.first);
                if let Some(queued) = queued {
                    cx.emit(EventBody::Http(HttpEvent::Queued { id, queued }));
                }
                let early = self.early.iter().position(|(stream, _)| *stream == block.stream);
                let early = early.and_then(|place| self.early.remove(place));
                let early = early.map(|(_, priority)| priority);
                for priority in [block.priority, field, early].into_iter().flatten() {
                    cx.emit(EventBody::Http(HttpEvent::Prioritized { id, priority }));
                }
            }
            Side::Open(_) => self.trailers(way, &block, collected, cut, cx),
            Side::Over => return,
        }
        if is_last {
            self.finish(way, block.stream, (Ending::Whole, block.span.done), cx);
        }
        self.refuse_late(block.stream, block.span, cx);
    }

    fn response(
        &mut self,
        block: Block,
        collected: Collected,
        cut: Option<GapReason>,
        is_last: bool,
        cx: &mut Context<'_>,
    ) {
        let (way, id) = (Direction::ToClient, self.streams.exchange(block.stream));
        self.ran_so_far(cx);
        let Some(side) = self.side(way, block.stream, cx) else { return };
        match side {
            Side::Waiting if collected.is_interim() => {
                let (head, flaws) = collected.response(Version::Http2, block.span, block.size);
                say(block.stream, flaws, cx);
                cx.emit(EventBody::Http(HttpEvent::Informational { id, head: head.into() }));
            }
            Side::Waiting => {
                let (head, flaws) = collected.response(Version::Http2, block.span, block.size);
                say(block.stream, flaws, cx);
                let counter =
                    Counter::new(&head.fields, head.status == Some(206), cx.limits, cx.budgets);
                let counter = counter.reading_events(&head.fields);
                let counter = https::keeping(counter, &head.fields);
                let Some(stream) = self.streams.get(block.stream) else { return };
                let asked_at = stream.request.open().map(|request| request.last());
                let bodiless = stream.is_head || matches!(head.status, Some(204 | 304));
                let announced = content_length(&head.fields).filter(|_| !bodiless);
                let mut incoming = Incoming::new(counter, head.span, block.frames, announced);
                if let Some(reason) = cut {
                    incoming.gap(reason);
                }
                stream.response = Side::Open(incoming.into());
                let agreed = matches!(head.status, Some(200..=299));
                let asked = stream.asked.take().filter(|_| agreed);
                let websocket = asked.as_ref().and_then(|a| a.agreed(id, &head.fields, cx));
                stream.websocket = websocket.map(Box::new);
                if let Some(asked) = asked_at {
                    cx.emit(EventBody::Http(HttpEvent::Early { id, asked }));
                }
                cx.emit(EventBody::Http(HttpEvent::Response { id, head: head.into() }));
                if let Some(Asked { to, .. }) = asked {
                    cx.emit(EventBody::Http(HttpEvent::Switched { id, to }));
                }
            }
            Side::Open(_) => self.trailers(way, &block, collected, cut, cx),
            Side::Over => return,
        }
        if is_last {
            self.finish(way, block.stream, (Ending::Whole, block.span.done), cx);
        }
    }

    /// PUSH_PROMISE: the server tells the request that it answers unasked (RFC 9113 §8.4).
    fn promise(&mut self, promised: u32, block: Block, collected: Collected, cx: &mut Context<'_>) {
        let id = self.streams.exchange(promised);
        let Some(Side::Waiting) = self.side(Direction::ToServer, promised, cx) else { return };
        let (mut head, flaws) = collected.request(Version::Http2, block.span, block.size);
        say(promised, flaws, cx);
        head.promised_on = Some(u64::from(block.stream));
        if let Some(stream) = self.streams.get(promised) {
            stream.is_head = head.is("HEAD");
            stream.request = Side::Over;
        }
        let (last, done) = (block.span.last, block.span.done);
        let end = MessageEnd { last, done, frames: block.frames, ..MessageEnd::default() };
        cx.emit(EventBody::Http(HttpEvent::Request { id, head: head.into() }));
        cx.emit(EventBody::Http(HttpEvent::RequestEnd { id, end: end.into() }));
    }

    fn trailers(
        &mut self,
        way: Direction,
        block: &Block,
        collected: Collected,
        cut: Option<GapReason>,
        cx: &mut Context<'_>,
    ) {
        let (fields, flaws) = collected.trailers();
        say(block.stream, flaws, cx);
        let open = self.streams.get(block.stream).and_then(|stream| stream.side(way).open());
        if let Some(incoming) = open {
            incoming.trailers(fields, block.span, &block.frames, block.size);
            if let Some(reason) = cut {
                incoming.gap(reason);
            }
        }
    }

    /// How far the message of a stream is; none where the stream is over.
    pub(super) fn side(
        &mut self,
        way: Direction,
        stream: u32,
        cx: &mut Context<'_>,
    ) -> Option<&mut Side> {
        if stream == 0 {
            cx.anomaly(faults::bad_frame(stream, "headers without a stream"));
            return None;
        }
        let limits = cx.limits;
        let oldest = self.streams.make_room(stream, limits, |anomaly| cx.anomaly(anomaly));
        if let Some(oldest) = oldest {
            self.windows.to_server.ended(oldest);
            self.windows.to_client.ended(oldest);
        }
        Some(self.streams.begin(stream, way)?.side(way))
    }
}

fn content_length(fields: &Fields) -> Option<u64> {
    fields.get("content-length")?.trim().parse().ok()
}

fn say(stream: u32, flaws: Flaws, cx: &mut Context<'_>) {
    if let Some(how) = flaws.broken {
        cx.anomaly(faults::bad_head(stream, how));
    }
    if let Some(anomaly) = flaws.too_large(cx.limits) {
        cx.anomaly(anomaly);
    }
}

/// Bytes that fields may have for each byte of their block without asking the budget of all: Huffman
/// code and the static table come to less.
const WRITTEN: usize = 16;
