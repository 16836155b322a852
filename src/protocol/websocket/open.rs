//! A message on its way: what came of it so far.

use arrayvec::ArrayVec;

use crate::anomaly::Anomaly;
use crate::cursor::Cursor;
use crate::flow::event::{Direction, GapReason};
use crate::limits::Limits;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::http::message::{Ending, MessageKind, StreamMessage};
use crate::protocol::websocket::close;
use crate::protocol::websocket::deflate::{Fault, Inflater};
use crate::protocol::websocket::faults;
use crate::protocol::websocket::frame::{Head, Opcode};
use crate::protocol::websocket::utf8::Utf8;
use crate::time::Frames;

/// The payload of a control frame (RFC 6455 §5.5).
pub(super) type Small = ArrayVec<u8, 125>;

/// A message on its way.
pub(super) struct Open {
    opcode: Opcode,
    is_compressed: bool,
    wire: u64,
    size: u64,
    fragments: u32,
    utf8: Option<Utf8>,
    /// The payload of a control frame.
    kept: Small,
    span: Option<Span>,
    frames: Frames,
    gap: Option<GapReason>,
}

impl Open {
    /// A message that begins with this frame.
    pub(super) fn new(head: &Head) -> Self {
        Self {
            opcode: head.opcode,
            is_compressed: head.is_compressed && !head.opcode.is_control(),
            wire: 0,
            size: 0,
            fragments: 0,
            utf8: (head.opcode == Opcode::TEXT).then(Utf8::default),
            kept: Small::new(),
            span: None,
            frames: Frames::default(),
            gap: None,
        }
    }

    /// A frame of it begins: its head is the next `size` bytes.
    pub(super) fn frame(
        &mut self,
        head: &Head,
        size: usize,
        buffer: &mut StreamBuffer,
        limits: &Limits,
    ) {
        self.fragments = self.fragments.saturating_add(1);
        self.wire = self.wire.saturating_add(size as u64).saturating_add(head.payload);
        self.size = self.size.saturating_add(head.payload);
        self.read(size, buffer, limits, |_| {});
    }

    /// The next `n` bytes are payload of a frame, of which `before` bytes have come already.
    pub(super) fn payload(
        &mut self,
        (head, before): (&Head, u64),
        n: usize,
        buffer: &mut StreamBuffer,
        inflater: Option<&mut Inflater>,
        limits: &Limits,
    ) {
        let inflater = inflater.filter(|_| self.is_compressed);
        if inflater.is_none() && self.utf8.is_none() && !self.opcode.is_control() {
            self.read(n, buffer, limits, |_| {});
            return;
        }
        let (mut utf8, mut kept) = (self.utf8.take(), std::mem::take(&mut self.kept));
        let (mut inflater, mut at) = (inflater, before);
        let is_plain = !self.is_compressed;
        self.read(n, buffer, limits, |part| {
            unmasked(head.mask, &mut at, part, |bytes| {
                match &mut inflater {
                    Some(inflater) => {
                        inflater.push(bytes, limits, |bytes| check(utf8.as_mut(), bytes));
                    }
                    None if is_plain => check(utf8.as_mut(), bytes),
                    None => {}
                }
                if head.opcode.is_control() {
                    let room = kept.remaining_capacity();
                    kept.extend(bytes.iter().copied().take(room));
                }
            });
        });
        (self.utf8, self.kept) = (utf8, kept);
    }

    /// Bytes of its payload are missing.
    pub(super) fn gap(&mut self, reason: GapReason, inflater: Option<&mut Inflater>) {
        self.gap.get_or_insert(reason);
        self.utf8 = None;
        if let Some(inflater) = inflater.filter(|_| self.is_compressed) {
            inflater.gap();
        }
    }

    /// It is over, or will never be: the message, and the payload of a control frame.
    pub(super) fn finish(
        mut self,
        way: Direction,
        how: Ending,
        inflater: Option<&mut Inflater>,
        limits: &Limits,
        mut say: impl FnMut(Anomaly),
    ) -> (StreamMessage, Small) {
        let how = match (how, self.gap) {
            (Ending::Whole, Some(reason)) => Ending::Gap(reason),
            _ => how,
        };
        let is_whole = how == Ending::Whole;
        let mut utf8 = self.utf8.take();
        let decoded = match inflater.filter(|_| self.is_compressed) {
            None => (!self.is_compressed && is_whole).then_some(self.size),
            Some(inflater) => {
                if !is_whole {
                    inflater.gap();
                }
                match inflater.finish(limits, |bytes| check(utf8.as_mut(), bytes)) {
                    Ok(made) => Some(made),
                    Err(fault) => {
                        utf8 = None;
                        match fault {
                            Fault::Broken => say(faults::not_deflate(self.size)),
                            Fault::TooLarge => say(faults::too_large()),
                            Fault::NoRoom => say(faults::no_room()),
                            Fault::Missing => {}
                        }
                        None
                    }
                }
            }
        };
        let can_tell = is_whole && (!self.is_compressed || decoded.is_some());
        if can_tell && utf8.is_some_and(|utf8| !utf8.is_whole()) {
            say(faults::not_utf8("a text message"));
        }
        let kind = self.kind(is_whole, say);
        let message = StreamMessage {
            direction: way,
            kind,
            wire: self.wire,
            size: self.size,
            decoded,
            fragments: self.fragments,
            how,
            span: self.span.unwrap_or_default(),
            frames: self.frames,
        };
        (message, self.kept)
    }

    fn kind(&self, is_whole: bool, mut say: impl FnMut(Anomaly)) -> MessageKind {
        match self.opcode {
            Opcode::TEXT => MessageKind::Text,
            Opcode::BINARY => MessageKind::Binary,
            Opcode::PING => MessageKind::Ping,
            Opcode::PONG => MessageKind::Pong { round_trip: None },
            Opcode::CLOSE => {
                let mut payload = Cursor::new(&self.kept);
                let code = payload.u16().ok().filter(|_| self.gap.is_none());
                let reason = String::from_utf8_lossy(payload.rest()).into_owned();
                if is_whole {
                    match code {
                        Some(known) if !close::may_be_sent(known) => say(faults::close_code(code)),
                        None if !self.kept.is_empty() => say(faults::close_code(None)),
                        _ => {}
                    }
                    if code.is_some() && std::str::from_utf8(payload.rest()).is_err() {
                        say(faults::not_utf8("the reason of a close frame"));
                    }
                }
                let reason = if code.is_some() { reason.into() } else { "".into() };
                MessageKind::Close { code, reason }
            }
            Opcode(other) => MessageKind::Unknown(other),
        }
    }

    fn read(
        &mut self,
        n: usize,
        buffer: &mut StreamBuffer,
        limits: &Limits,
        each: impl FnMut(&[u8]),
    ) {
        let mut unlisted = Frames::default();
        let listed = self.frames.len() < limits.frames_listed;
        let frames = if listed { &mut self.frames } else { &mut unlisted };
        if let Some(here) = buffer.read(n, frames, each) {
            self.span = Some(self.span.map_or(here, |span| span.to(here)));
        }
    }
}

/// Text goes on.
fn check(utf8: Option<&mut Utf8>, bytes: &[u8]) {
    if let Some(utf8) = utf8 {
        utf8.push(bytes);
    }
}

/// Takes the mask off bytes of which the first is the `at`-th of its frame (RFC 6455 §5.3).
fn unmasked(mask: Option<[u8; 4]>, at: &mut u64, bytes: &[u8], mut each: impl FnMut(&[u8])) {
    let Some(mask) = mask else { return each(bytes) };
    let mut clear = [0; PIECE];
    for part in bytes.chunks(PIECE) {
        let skip = usize::try_from(*at % 4).unwrap_or(0);
        let pairs = clear.iter_mut().zip(part).zip(mask.iter().cycle().skip(skip));
        pairs.for_each(|((to, from), mask)| *to = from ^ mask);
        each(clear.get(..part.len()).unwrap_or_default());
        *at = at.wrapping_add(part.len() as u64);
    }
}

/// Bytes that are unmasked at a time.
const PIECE: usize = 2048;
