//! Frames that are read as a whole: all but DATA.

use bytes::Bytes;

use crate::cursor::Cursor;
use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::http::multiplex::Priority;
use crate::protocol::http2::connection::said::weight;
use crate::protocol::http2::connection::state::{Block, Connection, Frame, State, What};
use crate::protocol::http2::faults;
use crate::protocol::http2::frame::{self, HEAD, Head, Kind};
use crate::time::Frames;

impl Connection {
    /// The payload of a frame is on its way.
    pub(super) fn payload(
        &mut self,
        way: Direction,
        head: Head,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let mut frames = Frames::default();
        let (bytes, span): (Bytes, Span) = buffer.take(HEAD + head.length as usize, &mut frames)?;
        let payload = bytes.get(HEAD..).unwrap_or_default();
        self.frame(way, Frame { head, payload, span, frames }, cx);
        Some(State::Head)
    }

    /// Bytes are missing in a frame: of a header block, what came before them counts. What else
    /// changes a window is not known.
    pub(super) fn hole_in_payload(
        &mut self,
        way: Direction,
        mut head: Head,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let mut frames = Frames::default();
        let Some((bytes, span)) = buffer.take(buffer.len(), &mut frames) else { return };
        let payload = bytes.get(HEAD..).unwrap_or_default();
        if matches!(head.kind, Kind::HEADERS | Kind::PUSH_PROMISE | Kind::CONTINUATION) {
            head.flags &= !frame::END_HEADERS;
            self.frame(way, Frame { head, payload, span, frames }, cx);
            self.lose_block(way, reason, cx);
        } else if matches!(head.kind, Kind::SETTINGS | Kind::WINDOW_UPDATE) {
            self.windows.to_server.forget();
            self.windows.to_client.forget();
        }
    }

    fn frame(&mut self, way: Direction, frame: Frame<'_>, cx: &mut Context<'_>) {
        match frame.head.kind {
            Kind::HEADERS | Kind::PUSH_PROMISE => self.begin_block(way, frame, cx),
            Kind::CONTINUATION => self.continue_block(way, frame, cx),
            _ => self.control(way, &frame, cx),
        }
    }

    /// HEADERS or PUSH_PROMISE (RFC 9113 §6.2, §6.6).
    fn begin_block(&mut self, way: Direction, frame: Frame<'_>, cx: &mut Context<'_>) {
        let Frame { head, payload, span, frames } = frame;
        let Some((fragment, what, priority)) = fragment(head, payload) else {
            cx.anomaly(faults::bad_frame(head.stream, "a frame of headers that is too short"));
            self.ways.of_mut(way).hpack.forget();
            return;
        };
        let size = head.size();
        let (stream, bytes) = (head.stream, fragment.to_vec());
        let block = Block { stream, what, bytes, span, frames, priority, size };
        self.block(way, block, head, cx);
    }

    fn continue_block(&mut self, way: Direction, frame: Frame<'_>, cx: &mut Context<'_>) {
        let Frame { head, payload, span, frames } = frame;
        let begun = self.ways.of_mut(way).block.take();
        let Some(mut block) = begun.filter(|block| block.stream == head.stream) else {
            // Its beginning is missing: what it put into the table is unknown.
            self.ways.of_mut(way).hpack.forget();
            return;
        };
        block.bytes.extend_from_slice(payload);
        block.span = block.span.to(span);
        block.frames.insert_all(frames.iter());
        block.size = block.size.saturating_add(head.size());
        self.block(way, *block, head, cx);
    }

    /// A header block is whole, or waits for more.
    fn block(&mut self, way: Direction, block: Block, last: Head, cx: &mut Context<'_>) {
        if last.has(frame::END_HEADERS) {
            self.head_of(way, block, None, cx);
        } else if block.bytes.len() > cx.limits.http_head {
            cx.anomaly(faults::large_frame(block.stream, block.size));
            self.head_of(way, block, Some(GapReason::OverBudget), cx);
        } else {
            self.ways.of_mut(way).block = Some(block.into());
        }
    }
}

/// The header block fragment of HEADERS or PUSH_PROMISE, and what it is of. Of a frame that was
/// cut, the padding behind it is missing, too.
fn fragment(head: Head, payload: &[u8]) -> Option<(&[u8], What, Option<Priority>)> {
    let mut cursor = Cursor::new(payload);
    let padding = if head.has(frame::PADDED) { usize::from(cursor.u8().ok()?) } else { 0 };
    let mut priority = None;
    let what = if head.kind == Kind::PUSH_PROMISE {
        What::Promise(cursor.u32().ok()? & frame::STREAM)
    } else {
        if head.has(frame::PRIORITY) {
            priority = Some(weight(&mut cursor)?);
        }
        What::Message { is_last: head.has(frame::END_STREAM) }
    };
    let rest = cursor.rest();
    let is_whole = payload.len() == head.length as usize;
    let length = if is_whole { rest.len().checked_sub(padding)? } else { rest.len() };
    Some((rest.get(..length)?, what, priority))
}
