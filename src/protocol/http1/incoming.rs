//! A message whose head is read and whose body is on its way.
//!
//! Takes the bytes of the body from a [`StreamBuffer`], without copying them, gives a
//! [`MessageEnd`].

use std::borrow::Cow;

use crate::anomaly::Anomaly;
use crate::flow::event::GapReason;
use crate::limits::Limits;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::http::body::Counter;
use crate::protocol::http::chunks::Chunks;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Body, Ending, Framing, MessageEnd, MessageId, StreamMessage};
use crate::protocol::http1::chunked::{Chunked, Piece};
use crate::protocol::http1::head;
use crate::time::{Frames, Stamp};

/// A message on its way.
pub(super) struct Incoming {
    /// Which exchange.
    pub(super) id: MessageId,
    framing: Framing,
    left: Left,
    counter: Counter,
    wire: u64,
    span: Option<Span>,
    chunks: Chunks,
    head: Span,
    trailers: Fields,
    frames: Frames,
    gap: Option<GapReason>,
}

/// What is still to come.
enum Left {
    Bytes(u64),
    Chunks(Chunked),
    /// All until the connection closes.
    Rest,
}

/// How far a message is.
pub(super) enum Step {
    /// More is to come.
    More,
    /// That was all.
    Whole,
    /// It breaks the rules: in words.
    Broken(Cow<'static, str>),
}

/// What a hole did to the position in a message.
pub(super) enum AfterGap {
    /// It is known still.
    InStep,
    /// The hole ends the message.
    Whole,
    /// The hole reaches this far beyond the message's end.
    Beyond(u64),
    /// Nobody knows where the message ends.
    Lost,
}

impl Incoming {
    pub(super) fn new(
        id: MessageId,
        framing: Framing,
        counter: Counter,
        head: Span,
        frames: Frames,
    ) -> Self {
        let left = match framing {
            Framing::None => Left::Bytes(0),
            Framing::Length(n) => Left::Bytes(n),
            Framing::Chunked => Left::Chunks(Chunked::Size),
            Framing::UntilClose | Framing::Frames => Left::Rest,
        };
        let (trailers, chunks, gap) = (Fields::default(), Chunks::default(), None);
        let (wire, span) = (0, None);
        Self { id, framing, left, counter, wire, span, chunks, head, trailers, frames, gap }
    }

    /// True where nothing will follow the head.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.left, Left::Bytes(0))
    }

    /// True where the end of the connection is the end of the message.
    pub(super) const fn ends_with_connection(&self) -> bool {
        matches!(self.left, Left::Rest)
    }

    /// The last byte that was seen.
    pub(super) fn last(&self) -> Stamp {
        self.span.unwrap_or(self.head).last
    }

    /// Reads what has come.
    pub(super) fn advance(&mut self, buffer: &mut StreamBuffer, limits: &Limits) -> Step {
        loop {
            match &mut self.left {
                Left::Bytes(left) => {
                    let ready = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                    *left -= ready as u64;
                    let whole = *left == 0;
                    self.content(ready, buffer, limits);
                    return if whole { Step::Whole } else { Step::More };
                }
                Left::Rest => {
                    self.content(buffer.len(), buffer, limits);
                    return Step::More;
                }
                Left::Chunks(chunked) => match chunked.next(buffer, limits) {
                    Piece::Data(n) => self.content(n, buffer, limits),
                    Piece::Framing(n) => self.pass(n, buffer, limits),
                    Piece::Trailers(n) => {
                        self.trailers = head::fields(&buffer.peek(n), limits);
                        self.pass(n, buffer, limits);
                        return Step::Whole;
                    }
                    Piece::Short => return Step::More,
                    Piece::Broken(why) => return Step::Broken(why),
                },
            }
        }
    }

    /// `len` bytes are missing after those in `buffer`.
    pub(super) fn gap(
        &mut self,
        len: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        limits: &Limits,
    ) -> AfterGap {
        self.gap.get_or_insert(reason);
        self.counter.gap(reason);
        let left = match &mut self.left {
            Left::Rest => return AfterGap::InStep,
            Left::Bytes(left) | Left::Chunks(Chunked::Data(left)) => left,
            Left::Chunks(_) => {
                self.pass(buffer.len(), buffer, limits);
                return AfterGap::Lost;
            }
        };
        let beyond = len.saturating_sub(*left);
        *left = left.saturating_sub(len);
        let over = *left == 0;
        match &mut self.left {
            Left::Bytes(_) if beyond > 0 => AfterGap::Beyond(beyond),
            Left::Bytes(_) if over => AfterGap::Whole,
            Left::Chunks(_) if beyond > 0 => AfterGap::Lost,
            Left::Chunks(chunked) if over => {
                *chunked = Chunked::DataEnd;
                AfterGap::InStep
            }
            _ => AfterGap::InStep,
        }
    }

    /// The gap in it, if there was one.
    pub(super) const fn gap_reason(&self) -> Option<GapReason> {
        self.gap
    }

    /// The head itself was cut: its body cannot be told from it.
    pub(super) fn headless(&mut self, reason: GapReason) {
        self.gap = Some(reason);
        self.counter.gap(reason);
    }

    /// It is over: with its sizes, and with what went wrong in decoding it.
    pub(super) fn finish(mut self, how: Ending) -> (MessageEnd, Option<Anomaly>) {
        let (decoded, anomaly) = self.counter.finish(how == Ending::Whole);
        self.chunks.shrink();
        let body = Body {
            framing: self.framing,
            wire: self.wire,
            encoded: self.counter.encoded(),
            decoded,
            span: self.span,
            chunks: self.chunks,
        };
        let Span { last, done, .. } = self.span.unwrap_or(self.head);
        let Self { trailers, frames, .. } = self;
        (MessageEnd { how, body, trailers, last, done, frames, unknown_trailers: 0 }, anomaly)
    }

    /// Reads past bytes of framing, or bytes of which nobody knows what they are.
    pub(super) fn pass(&mut self, n: usize, buffer: &mut StreamBuffer, limits: &Limits) {
        let mut unlisted = Frames::default();
        let listed = self.frames.len() < limits.frames_listed;
        let frames = if listed { &mut self.frames } else { &mut unlisted };
        let span = buffer.skip(n, frames);
        self.came(n, span);
    }

    /// The message of DNS that is the body, where it is one, and when it came.
    pub(super) fn take_lookup(&mut self) -> Option<(Vec<u8>, Span)> {
        Some((self.counter.take_kept()?, self.span?))
    }

    /// The events that were found in the body since this was asked last.
    pub(super) fn events(&mut self) -> Vec<StreamMessage> {
        self.counter.take_events()
    }

    fn content(&mut self, n: usize, buffer: &mut StreamBuffer, limits: &Limits) {
        if self.counter.wants_stamps() {
            return self.packets(n, buffer, limits);
        }
        let mut unlisted = Frames::default();
        let listed = self.frames.len() < limits.frames_listed;
        let frames = if listed { &mut self.frames } else { &mut unlisted };
        let span = if self.counter.wants_bytes() {
            self.counter.reserve(n);
            buffer.read(n, frames, |part| self.counter.push(part))
        } else {
            self.counter.count(n as u64);
            buffer.skip(n, frames)
        };
        if let Some(span) = span {
            self.chunks.push(span.done.at, n as u64);
        }
        self.came(n, span);
    }

    /// Content whose bytes count with the packets that brought them.
    fn packets(&mut self, mut n: usize, buffer: &mut StreamBuffer, limits: &Limits) {
        while let Some(stamps) = buffer.first_stamps().filter(|_| n > 0) {
            let part = buffer.front().len().min(n);
            let mut unlisted = Frames::default();
            let listed = self.frames.len() < limits.frames_listed;
            let frames = if listed { &mut self.frames } else { &mut unlisted };
            let span = buffer.read(part, frames, |bytes| self.counter.push_at(bytes, stamps));
            if let Some(span) = span {
                self.chunks.push(span.done.at, part as u64);
            }
            self.came(part, span);
            n -= part;
        }
    }

    fn came(&mut self, n: usize, span: Option<Span>) {
        if let Some(here) = span {
            self.wire = self.wire.saturating_add(n as u64);
            self.span = Some(self.span.map_or(here, |span| span.to(here)));
        }
    }
}
