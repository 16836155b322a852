//! A message of one stream whose head is read.
//!
//! Takes the bytes of its DATA frames from a [`StreamBuffer`], without copying them, gives a
//! [`MessageEnd`].

use bytes::Bytes;

use crate::anomaly::Anomaly;
use crate::flow::event::GapReason;
use crate::limits::Limits;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::http::body::Counter;
use crate::protocol::http::chunks::Chunks;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Body, Ending, Framing, MessageEnd, StreamMessage};
use crate::protocol::http::stream::faults;
use crate::time::{Frames, Stamp};

/// A message on its way.
pub struct Incoming {
    counter: Counter,
    wire: u64,
    /// All of it so far.
    span: Span,
    body: Option<Span>,
    chunks: Chunks,
    trailers: Fields,
    unknown_trailers: u32,
    frames: Frames,
    gap: Option<GapReason>,
    /// What Content-Length announces, where that must be so.
    announced: Option<u64>,
}

/// What bytes of a DATA frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The frame's head, or its padding.
    Framing,
    /// The body's.
    Content,
    /// The body's, which were counted already.
    Counted,
}

impl Incoming {
    /// A message whose head came, and the length that this announces of its body.
    pub fn new(counter: Counter, head: Span, frames: Frames, announced: Option<u64>) -> Self {
        Self {
            counter,
            wire: 0,
            span: head,
            body: None,
            chunks: Chunks::default(),
            trailers: Fields::default(),
            unknown_trailers: 0,
            frames,
            gap: None,
            announced,
        }
    }

    /// The message of DNS that is the body, where it is one, and when it came.
    pub fn take_lookup(&mut self) -> Option<(Vec<u8>, Span)> {
        Some((self.counter.take_kept()?, self.body?))
    }

    /// The events that were found in the body since this was asked last.
    pub fn events(&mut self) -> Vec<StreamMessage> {
        self.counter.take_events()
    }

    /// Reads the next `n` bytes of a DATA frame.
    pub fn read(&mut self, part: Part, n: usize, buffer: &mut StreamBuffer, limits: &Limits) {
        if part == Part::Framing || !self.counter.wants_stamps() {
            return self.part(part, n, buffer, limits);
        }
        let mut left = n;
        while let Some(stamps) = buffer.first_stamps().filter(|_| left > 0) {
            let piece = buffer.front().len().min(left);
            self.counter.push_at(buffer.front().get(..piece).unwrap_or_default(), stamps);
            self.part(Part::Counted, piece, buffer, limits);
            left -= piece;
        }
    }

    /// Reads the next `n` bytes of the body for somebody who wants them, packet by packet.
    pub fn take(
        &mut self,
        n: usize,
        buffer: &mut StreamBuffer,
        limits: &Limits,
        mut each: impl FnMut(Bytes, (Stamp, Stamp)),
    ) {
        let mut left = n;
        while let Some(stamps) = buffer.first_stamps().filter(|_| left > 0) {
            let piece = buffer.front().len().min(left);
            let mut unlisted = Frames::default();
            let listed = self.frames.len() < limits.frames_listed;
            let frames = if listed { &mut self.frames } else { &mut unlisted };
            let Some((bytes, span)) = buffer.take(piece, frames) else { return };
            self.counter.count(piece as u64);
            self.came(Part::Content, piece, span);
            each(bytes, stamps);
            left -= piece;
        }
    }

    fn part(&mut self, part: Part, n: usize, buffer: &mut StreamBuffer, limits: &Limits) {
        let mut unlisted = Frames::default();
        let listed = self.frames.len() < limits.frames_listed;
        let frames = if listed { &mut self.frames } else { &mut unlisted };
        let span = if part == Part::Content && self.counter.wants_bytes() {
            self.counter.reserve(n);
            buffer.read(n, frames, |bytes| self.counter.push(bytes))
        } else {
            if part == Part::Content {
                self.counter.count(n as u64);
            }
            buffer.skip(n, frames)
        };
        if let Some(here) = span {
            self.came(part, n, here);
        }
    }

    fn came(&mut self, part: Part, n: usize, here: Span) {
        self.wire = self.wire.saturating_add(n as u64);
        self.span = self.span.to(here);
        if part != Part::Framing {
            self.chunks.push(here.done.at, n as u64);
        }
        self.body = Some(self.body.map_or(here, |body| body.to(here)));
    }

    /// Its last byte so far.
    pub const fn last(&self) -> Stamp {
        self.span.last
    }

    /// Bytes of it are missing, or may be.
    pub fn gap(&mut self, reason: GapReason) {
        self.gap.get_or_insert(reason);
        self.counter.gap(reason);
    }

    /// The fields behind its body, and how many more there are that are unknown.
    pub fn trailers(
        &mut self,
        (trailers, unknown): (Fields, u32),
        span: Span,
        frames: &Frames,
        size: u32,
    ) {
        self.trailers = trailers;
        self.unknown_trailers = unknown;
        self.span = self.span.to(span);
        self.frames.insert_all(frames.iter());
        self.wire = self.wire.saturating_add(u64::from(size));
    }

    /// It is over: with its sizes, and with what went wrong in decoding it.
    pub fn finish(mut self, how: Ending) -> (MessageEnd, Option<Anomaly>) {
        let how = match (how, self.gap) {
            (Ending::Whole, Some(reason)) => Ending::Gap(reason),
            _ => how,
        };
        let (decoded, mut anomaly) = self.counter.finish(how == Ending::Whole);
        let encoded = self.counter.encoded();
        // all of the body may have been in the hole
        let decoded = decoded.filter(|_| self.gap.is_none() || encoded > 0);
        if let Some(announced) = self.announced.filter(|announced| *announced != encoded)
            && how == Ending::Whole
        {
            anomaly.get_or_insert_with(|| faults::wrong_length(announced, encoded));
        }
        let framing = if self.body.is_some() { Framing::Frames } else { Framing::None };
        self.chunks.shrink();
        let (wire, span, chunks) = (self.wire, self.body, self.chunks);
        let body = Body { framing, wire, encoded, decoded, span, chunks };
        let Self { trailers, unknown_trailers, frames, span: Span { last, done, .. }, .. } = self;
        (MessageEnd { how, body, trailers, unknown_trailers, last, done, frames }, anomaly)
    }
}
