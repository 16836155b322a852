//! DATA frames: their bytes go to the message of their stream.

use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, Version};
use crate::protocol::http::multiplex::{Multiplex, Run};
use crate::protocol::http::stream::incoming::Part;
use crate::protocol::http::stream::messages::{Side, ready_at};
use crate::protocol::http2::connection::state::{Connection, Data, State};
use crate::protocol::http2::faults;
use crate::protocol::http2::frame::{self, HEAD, Head};
use crate::time::{Frames, Stamp};

impl Connection {
    pub(super) fn begin_data(
        &mut self,
        way: Direction,
        head: Head,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> State {
        let is_padded = head.has(frame::PADDED);
        if head.stream == 0 || (is_padded && head.length == 0) {
            cx.anomaly(faults::bad_frame(head.stream, "a DATA frame without a stream or padding"));
            buffer.skip(HEAD, &mut Frames::default());
            return State::Skip(head.length);
        }
        let at = ready_at(buffer).unwrap_or(cx.now);
        self.without_head(way, head.stream, buffer, cx);
        self.body(way, head.stream, Part::Framing, HEAD, buffer, cx);
        let is_last = head.has(frame::END_STREAM);
        let (stream, content) = (head.stream, head.length);
        State::Data(Data { stream, is_padded, length: content, content, padding: 0, is_last, at })
    }

    /// A message whose head nobody has seen: it was before the capture, or in a hole. What is in it
    /// is told, but not what it is.
    fn without_head(
        &mut self,
        way: Direction,
        stream: u32,
        buffer: &StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let is_begun = match self.streams.get(stream) {
            Some(open) => !matches!(open.side(way), Side::Waiting),
            None => self.streams.is_over(stream),
        };
        if is_begun {
            return;
        }
        if self.windows.of(way).is_known() {
            cx.anomaly(faults::bad_frame(stream, "a DATA frame before any headers"));
            return;
        }
        let Some((arrived, delivered)) = buffer.first_stamps() else { return };
        let span = Span { first: arrived, ready: delivered, last: arrived, done: delivered };
        let id = self.streams.exchange(stream);
        if self.side(way, stream, cx).is_none() {
            return;
        }
        let Some(open) = self.streams.get(stream) else { return };
        open.begin_unseen(way, id, (Version::Http2, GapReason::NotCaptured), span, cx);
    }

    /// Reads what has come of a DATA frame.
    pub(super) fn data(
        &mut self,
        way: Direction,
        mut data: Data,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        // what comes next belongs to this frame only where more of it is to come
        if data.content > 0 || data.padding > 0 {
            data.at = ready_at(buffer).unwrap_or(data.at);
        }
        if data.is_padded {
            let padding = u32::from(*buffer.front().first()?);
            self.body(way, data.stream, Part::Framing, 1, buffer, cx);
            let rest = data.content.saturating_sub(1);
            if padding > rest {
                cx.anomaly(faults::bad_frame(data.stream, "more padding than the frame has room"));
            }
            data.padding = padding.min(rest);
            data.content = rest.saturating_sub(padding);
            data.is_padded = false;
        }
        let ready = |left: u32, buffer: &StreamBuffer| buffer.len().min(left as usize);
        let content = ready(data.content, buffer);
        if way == Direction::ToClient && content > 0 {
            let before = self.runs.came(u64::from(data.stream), data.at);
            self.ran(before, cx);
        }
        self.body(way, data.stream, Part::Content, content, buffer, cx);
        data.content = data.content.saturating_sub(u32::try_from(content).unwrap_or(u32::MAX));
        if data.content == 0 {
            let padding = ready(data.padding, buffer);
            self.body(way, data.stream, Part::Framing, padding, buffer, cx);
            data.padding = data.padding.saturating_sub(u32::try_from(padding).unwrap_or(u32::MAX));
        }
        if data.content == 0 && data.padding == 0 {
            return Some(self.end_data(way, data, cx));
        }
        self.ways.of_mut(way).state = State::Data(data);
        None
    }

    /// Bytes are missing within a DATA frame: the place in the stream is known still, unless more
    /// is missing than was to come of the frame.
    pub(super) fn hole_in_data(
        &mut self,
        way: Direction,
        mut data: Data,
        missing: u64,
        reason: GapReason,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        if let Some(stream) = self.streams.get(data.stream) {
            stream.gap(way, missing.min(u64::from(data.content)), reason, cx);
        }
        let left = u64::from(data.content) + u64::from(data.padding);
        let left = u32::try_from(left.checked_sub(missing)?).ok()?;
        data.is_padded &= missing == 0;
        data.content = left.saturating_sub(data.padding);
        data.padding = data.padding.min(left);
        if left == 0 {
            return Some(self.end_data(way, data, cx));
        }
        Some(State::Data(data))
    }

    /// The message of a stream is over in one direction.
    pub(super) fn finish(
        &mut self,
        way: Direction,
        stream: u32,
        (how, at): (Ending, Stamp),
        cx: &mut Context<'_>,
    ) {
        if way == Direction::ToClient {
            self.ran_so_far(cx);
        }
        let id = self.streams.exchange(stream);
        if let Some(open) = self.streams.get(stream) {
            open.finish(way, id, how, cx);
        }
        self.windows.of_mut(way).ended(stream);
        self.streams.settle(stream, at);
    }

    /// Before anything is told of one stream: whose DATA came until then.
    pub(super) fn ran_so_far(&mut self, cx: &mut Context<'_>) {
        let run = self.runs.so_far();
        self.ran(run, cx);
    }

    /// Tells of a run that others may have waited for.
    fn ran(&mut self, run: Option<Run>, cx: &mut Context<'_>) {
        if let Some(run) = run.filter(|run| self.streams.has_other(run.stream)) {
            cx.emit(EventBody::Multiplex(Multiplex::Run(run).into()));
        }
    }

    fn end_data(&mut self, way: Direction, data: Data, cx: &mut Context<'_>) -> State {
        let is_open = self.streams.get(data.stream).is_some();
        self.windows.of_mut(way).sent(data.stream, data.length, data.at, is_open);
        if data.is_last {
            self.finish(way, data.stream, (Ending::Whole, data.at), cx);
        }
        State::Head
    }

    /// Bytes of a message; those of a stream that is over, or that nobody knows, are passed over.
    fn body(
        &mut self,
        way: Direction,
        stream: u32,
        part: Part,
        n: usize,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let id = self.streams.exchange(stream);
        match self.streams.get(stream) {
            Some(open) => open.body(way, id, (part, n), buffer, cx),
            None => {
                buffer.skip(n, &mut Frames::default());
            }
        }
    }
}
