//! Header blocks become heads, trailers and promises.

use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, HttpEvent, Version};
use crate::protocol::http::multiplex::Priority;
use crate::protocol::http::stream::head::{self, Collected, Flaws};
use crate::protocol::http::stream::messages::{self, Side};
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
        let (limits, most) = (cx.limits, head::room(block.bytes.len(), cx));
        let said =
            hpack.decode(&block.bytes, |name, value| collected.field(name, value, most, limits));
        collected.settle(block.bytes.len(), most, cx);
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
                let field = head.fields.get("priority").map(Priority::of_field);
                let Some(stream) = self.streams.get(block.stream) else { return };
                stream.begin_request(id, head, (block.frames, cut), cx);
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
        if matches!(self.side(way, block.stream, cx), None | Some(Side::Over)) {
            return;
        }
        let Some(stream) = self.streams.get(block.stream) else { return };
        if stream.is_head_next(&collected) {
            let is_interim = collected.is_interim();
            let (head, flaws) = collected.response(Version::Http2, block.span, block.size);
            say(block.stream, flaws, cx);
            if is_interim {
                cx.emit(EventBody::Http(HttpEvent::Informational { id, head: head.into() }));
            } else {
                stream.begin_response(id, head, (block.frames, cut), cx);
            }
        } else {
            self.trailers(way, &block, collected, cut, cx);
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
        messages::promise(id, head, block.frames, cx);
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

fn say(stream: u32, flaws: Flaws, cx: &mut Context<'_>) {
    if let Some(how) = flaws.broken {
        cx.anomaly(faults::bad_head(stream, how));
    }
    if let Some(anomaly) = flaws.too_large(cx.limits) {
        cx.anomaly(anomaly);
    }
}
