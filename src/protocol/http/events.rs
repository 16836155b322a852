//! Server-sent events (WHATWG HTML §9.2.6), counted as they arrive.
//!
//! Takes the decoded bytes of a body piece by piece with their stamps, gives a [`StreamMessage`]
//! for each event, comment and block without data. Keeps nothing of what they say but the names
//! of events.

use arrayvec::ArrayVec;
use memchr::memchr2;

use crate::flow::event::{Direction, GapReason};
use crate::protocol::buffer::Span;
use crate::protocol::http::message::{Ending, MessageKind, StreamMessage};
use crate::time::{Frames, Stamp};

/// One event stream.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Line,
    block: Block,
    /// The last byte was a CR: a LF belongs to it.
    after_return: bool,
    /// Bytes of the whole stream so far that may be a byte order mark.
    begun: usize,
}

/// What came of a line.
#[derive(Debug, Default)]
struct Line {
    /// Bytes before the first colon; of longer names only so many.
    field: ArrayVec<u8, 6>,
    has_colon: bool,
    /// Bytes behind the colon, but for one space.
    value: u64,
    /// The beginning of the value, where it names an event.
    name: ArrayVec<u8, NAME>,
    /// Bytes of it at all.
    bytes: u64,
    /// The value begins with this byte.
    is_first: bool,
}

/// What came of a block of lines, which an empty line ends.
#[derive(Debug, Default)]
struct Block {
    wire: u64,
    /// Bytes that ended lines, which count with the next line.
    ends: u64,
    data: Option<u64>,
    name: Option<Box<str>>,
    has_id: bool,
    has_retry: bool,
    gap: Option<GapReason>,
    span: Option<Span>,
    frames: Frames,
}

impl Events {
    /// More of the body, all of it from one packet: when that came and when it could be read.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        (arrived, delivered): (Stamp, Stamp),
        out: &mut Vec<StreamMessage>,
    ) {
        let span = Span { first: arrived, ready: delivered, last: arrived, done: delivered };
        while self.begun < MARK.len()
            && let Some((first, rest)) = bytes.split_first()
        {
            if MARK.get(self.begun) != Some(first) {
                self.begun = MARK.len();
                break;
            }
            self.begun += 1;
            bytes = rest;
        }
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return)
                && let Some(rest) = bytes.strip_prefix(b"\n")
            {
                self.block.ends += u64::from(self.block.span.is_some());
                bytes = rest;
                continue;
            }
            let end = memchr2(b'\r', b'\n', bytes);
            let (line, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.block.touch(line.len() as u64, span);
            self.line.push(line);
            let Some((last, rest)) = rest.split_first().filter(|_| end.is_some()) else { return };
            self.after_return = *last == b'\r';
            self.block.ends += 1;
            bytes = rest;
            let line = std::mem::take(&mut self.line);
            out.extend(self.block.line(&line));
        }
    }

    /// Bytes are missing here.
    pub(super) fn gap(&mut self, reason: GapReason) {
        self.block.gap.get_or_insert(reason);
    }
}

impl Line {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        for byte in bytes {
            if !self.has_colon {
                if *byte == b':' {
                    self.has_colon = true;
                    self.is_first = true;
                } else {
                    let _ = self.field.try_push(*byte);
                }
                continue;
            }
            if std::mem::take(&mut self.is_first) && *byte == b' ' {
                continue;
            }
            self.value = self.value.saturating_add(1);
            let _ = self.name.try_push(*byte);
        }
    }
}

impl Block {
    /// More bytes belong to it.
    fn touch(&mut self, bytes: u64, span: Span) {
        let ends = if bytes > 0 { std::mem::take(&mut self.ends) } else { 0 };
        self.wire = self.wire.saturating_add(bytes).saturating_add(ends);
        self.span = Some(self.span.map_or(span, |before| before.to(span)));
        self.frames.push(span.last.frame);
    }

    /// A line is over; the message that it completes.
    fn line(&mut self, line: &Line) -> Option<StreamMessage> {
        let is_fresh = self.data.is_none()
            && self.name.is_none()
            && !self.has_id
            && !self.has_retry
            && self.gap.is_none();
        if line.bytes == 0 {
            let block = std::mem::take(self);
            return (!is_fresh).then(|| block.finish());
        }
        match line.field.as_slice() {
            b"" if line.has_colon => {
                return is_fresh
                    .then(|| std::mem::take(self).into_message(MessageKind::Comment, line.value));
            }
            b"data" => self.data = Some(self.data.map_or(0, |data| data + 1) + line.value),
            b"event" => {
                let name = String::from_utf8_lossy(&line.name).into_owned();
                self.name = (!name.is_empty()).then(|| name.into());
            }
            b"id" => self.has_id = true,
            b"retry" => self.has_retry = true,
            _ => {}
        }
        None
    }

    /// An empty line ended it: without data it is no event.
    fn finish(mut self) -> StreamMessage {
        let (name, has_id, has_retry) = (self.name.take(), self.has_id, self.has_retry);
        match self.data {
            Some(size) => self.into_message(MessageKind::Event { name, has_id, has_retry }, size),
            None => self.into_message(MessageKind::Settings { has_id, has_retry }, 0),
        }
    }

    fn into_message(self, kind: MessageKind, size: u64) -> StreamMessage {
        StreamMessage {
            direction: Direction::ToClient,
            kind,
            wire: self.wire,
            size,
            decoded: Some(size).filter(|_| self.gap.is_none()),
            fragments: 1,
            how: self.gap.map_or(Ending::Whole, Ending::Gap),
            span: self.span.unwrap_or_default(),
            frames: self.frames,
        }
    }
}

/// Bytes kept of an event's name.
const NAME: usize = 64;

/// The byte order mark that a stream may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn stamp(n: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(n.cast_signed()), FrameNo(n))
    }

    /// What is found in a stream that comes in pieces, each in a frame of its own.
    fn events(stream: &str, piece: usize) -> Vec<StreamMessage> {
        let (mut events, mut out) = (Events::default(), Vec::new());
        for (nth, part) in (1..).zip(stream.as_bytes().chunks(piece)) {
            events.push(part, (stamp(nth), stamp(nth)), &mut out);
        }
        out
    }

    fn brief(message: &StreamMessage) -> String {
        match &message.kind {
            MessageKind::Event { name, has_id, has_retry } => {
                let id = if *has_id { " id" } else { "" };
                let retry = if *has_retry { " retry" } else { "" };
                format!("{} {}{id}{retry}", name.as_deref().unwrap_or("message"), message.size)
            }
            kind => format!("{} {}", kind.name(), message.size),
        }
    }

    fn check(stream: &str, wanted: &[&str]) {
        for (from, to) in [("\n", "\n"), ("\n", "\r\n"), ("\n", "\r")] {
            let stream = stream.replace(from, to);
            for piece in [1, 2, 3, 7, stream.len().max(1)] {
                let found = events(&stream, piece);
                let brief: Vec<String> = found.iter().map(brief).collect();
                assert_eq!(brief, wanted, "{to:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn the_examples_of_the_specification() {
        check("data: YHOO\ndata: +2\ndata: 10\n\n", &["message 10"]);
        check(
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &["comment 11", "message 11 id", "message 12 id", "message 12"],
        );
        check("data\n\ndata\ndata\n\ndata:", &["message 0", "message 1"]);
        check("data:test\n\ndata: test\n\n", &["message 4", "message 4"]);
    }

    #[test]
    fn names_settings_and_what_is_not_whole() {
        check(
            "\u{feff}retry: 3000\n\nevent: add\ndata: 73857293\n: in between\n\nevent: x\n\nnews: 1\n\ndata: cut\n",
            &["settings 0", "add 8", "settings 0"],
        );
        check("event:\ndata:\nretry: 1\n\n", &["message 0 retry"]);
        let long = format!("event: {}\ndata\n\n", "n".repeat(100));
        assert!(brief(&events(&long, 9)[0]).starts_with(&"n".repeat(NAME)));
    }

    #[test]
    fn an_event_is_timed_from_its_first_line_and_comments_are_not_part_of_it() {
        let found = events(": keep\ndata: a\ndata: b\n\n", 7);
        let wire: Vec<u64> = found.iter().map(|message| message.wire).collect();
        assert_eq!(wire, [6, 15]);
        let frames = |message: &StreamMessage| {
            (message.span.first.frame.0, message.span.done.frame.0, message.frames.len())
        };
        assert_eq!(frames(&found[0]), (1, 1, 1));
        assert_eq!(frames(&found[1]), (2, 4, 3));
    }

    #[test]
    fn bytes_are_missing() {
        let (mut events, mut out) = (Events::default(), Vec::new());
        events.push(b"data: ab", (stamp(1), stamp(1)), &mut out);
        events.gap(GapReason::NotCaptured);
        events.push(b"ef\n\ndata: g\n\n", (stamp(2), stamp(2)), &mut out);
        let how: Vec<Ending> = out.iter().map(|message| message.how).collect();
        assert_eq!(how, [Ending::Gap(GapReason::NotCaptured), Ending::Whole]);
    }
}
