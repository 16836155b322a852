//! One direction of a WebSocket: frames become messages.
//!
//! Takes bytes from a [`StreamBuffer`], gives messages and what is wrong with them. Control frames
//! may stand between the frames of a message (RFC 6455 §5.4). A hole within a payload, whose length
//! is known, leaves it in step; behind one in which a head was, it reads no more.

use arrayvec::ArrayVec;

use crate::anomaly::Anomaly;
use crate::flow::event::{Direction, EndReason, GapReason};
use crate::limits::Limits;
use crate::protocol::budget::Budget;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http::message::{Ending, StreamMessage};
use crate::protocol::websocket::deflate::Inflater;
use crate::protocol::websocket::faults;
use crate::protocol::websocket::frame::{Head, Opcode};
use crate::protocol::websocket::handshake::Agreed;
use crate::protocol::websocket::open::{Open, Small};

/// What was heard.
pub(super) enum Heard {
    /// A message, and the payload of a control frame.
    Message(Box<StreamMessage>, Small),
    /// Something is wrong.
    Anomaly(Anomaly),
}

/// Reads one direction.
pub(super) struct Reader {
    way: Direction,
    state: State,
    /// The message that frames go on with.
    message: Option<Box<Open>>,
    /// The control frame that is being read.
    control: Option<Box<Open>>,
    inflater: Option<Inflater>,
    has_unknown: bool,
    has_closed: bool,
    /// The kinds of anomalies that were told: each is, once.
    told: ArrayVec<&'static str, 16>,
}

enum State {
    Head,
    Payload { head: Head, left: u64 },
    Lost,
}

impl Reader {
    pub(super) fn new(way: Direction, agreed: &Agreed, windows: &Budget) -> Self {
        let deflate = agreed.deflate.as_ref();
        Self {
            way,
            state: State::Head,
            message: None,
            control: None,
            inflater: deflate.map(|keeps| Inflater::new(*keeps.of(way), windows.share())),
            has_unknown: agreed.has_unknown,
            has_closed: false,
            told: ArrayVec::new(),
        }
    }

    /// Reads what has come.
    pub(super) fn advance(
        &mut self,
        buffer: &mut StreamBuffer,
        limits: &Limits,
        out: &mut Vec<Heard>,
    ) {
        loop {
            match self.state {
                State::Head => {
                    let Some((head, size)) = Head::read(&buffer.peek(Head::LONGEST)) else {
                        return;
                    };
                    self.head(head, size, buffer, limits, out);
                }
                State::Payload { head, left } => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                    let before = head.payload - left;
                    if let Some(open) = open(&mut self.message, &mut self.control, head.opcode) {
                        open.payload((&head, before), n, buffer, self.inflater.as_mut(), limits);
                    }
                    let left = left - n as u64;
                    if left > 0 {
                        self.state = State::Payload { head, left };
                        return;
                    }
                    self.frame_over(head, limits, out);
                }
                State::Lost => {
                    buffer.clear();
                    return;
                }
            }
        }
    }

    /// So many bytes are missing behind those in `buffer`, which were read as far as they go.
    pub(super) fn gap(
        &mut self,
        length: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        limits: &Limits,
        out: &mut Vec<Heard>,
    ) {
        match self.state {
            State::Payload { head, left } => {
                if let Some(open) = open(&mut self.message, &mut self.control, head.opcode) {
                    open.gap(reason, self.inflater.as_mut());
                }
                let beyond = length.saturating_sub(left);
                self.state = State::Payload { head, left: left.saturating_sub(length) };
                if left <= length {
                    self.frame_over(head, limits, out);
                }
                if beyond > 0 {
                    self.lose(Some(length), reason, limits, out);
                }
            }
            State::Head | State::Lost => self.lose(Some(length), reason, limits, out),
        }
        buffer.clear();
    }

    /// Bytes are missing, and where the next frame begins among them; how many, where that is known.
    pub(super) fn lose(
        &mut self,
        length: Option<u64>,
        reason: GapReason,
        limits: &Limits,
        out: &mut Vec<Heard>,
    ) {
        if !matches!(self.state, State::Lost) {
            self.say(faults::lost(self.way, length), out);
            self.stop(Ending::Gap(reason), limits, out);
        }
    }

    /// Nothing follows.
    pub(super) fn end(&mut self, reason: EndReason, limits: &Limits, out: &mut Vec<Heard>) {
        self.stop(Ending::Cut(reason), limits, out);
    }

    /// True where this direction said its last word.
    pub(super) const fn has_closed(&self) -> bool {
        self.has_closed
    }

    fn head(
        &mut self,
        head: Head,
        size: usize,
        buffer: &mut StreamBuffer,
        limits: &Limits,
        out: &mut Vec<Heard>,
    ) {
        let may_compress =
            self.inflater.is_some() && matches!(head.opcode, Opcode::TEXT | Opcode::BINARY);
        for anomaly in faults::of_head(self.way, &head, may_compress, self.has_unknown) {
            self.say(anomaly, out);
        }
        if self.has_closed {
            self.say(faults::after_close(self.way, head.opcode), out);
        }
        if !head.has_length() {
            self.say(faults::too_long(self.way, &head), out);
            self.stop(Ending::Malformed, limits, out);
            return;
        }
        let goes_on = head.opcode == Opcode::CONTINUATION;
        if !head.opcode.is_control() && goes_on != self.message.is_some() {
            self.say(faults::fragments(self.way, head.opcode), out);
            if let Some(before) = self.message.take() {
                self.finish(before, Ending::Malformed, limits, out);
            }
        }
        let place = if head.opcode.is_control() { &mut self.control } else { &mut self.message };
        let open = place.get_or_insert_with(|| Open::new(&head).into());
        open.frame(&head, size, buffer, limits);
        self.state = State::Payload { head, left: head.payload };
    }

    fn frame_over(&mut self, head: Head, limits: &Limits, out: &mut Vec<Heard>) {
        self.state = State::Head;
        let done = if head.opcode.is_control() {
            self.control.take()
        } else if head.is_last {
            self.message.take()
        } else {
            None
        };
        if let Some(open) = done {
            self.finish(open, Ending::Whole, limits, out);
        }
        self.has_closed |= head.opcode == Opcode::CLOSE;
    }

    /// Nothing more is read; what is on its way ends so.
    fn stop(&mut self, how: Ending, limits: &Limits, out: &mut Vec<Heard>) {
        self.state = State::Lost;
        for open in [self.control.take(), self.message.take()].into_iter().flatten() {
            self.finish(open, how, limits, out);
        }
    }

    fn finish(&mut self, open: Box<Open>, how: Ending, limits: &Limits, out: &mut Vec<Heard>) {
        let mut said = Vec::new();
        let inflater = self.inflater.as_mut();
        let (message, payload) =
            open.finish(self.way, how, inflater, limits, |anomaly| said.push(anomaly));
        out.push(Heard::Message(message.into(), payload));
        for anomaly in said {
            self.say(anomaly, out);
        }
    }

    fn say(&mut self, anomaly: Anomaly, out: &mut Vec<Heard>) {
        if !self.told.contains(&anomaly.id) && self.told.try_push(anomaly.id).is_ok() {
            out.push(Heard::Anomaly(anomaly));
        }
    }
}

/// What a frame belongs to.
fn open<'a>(
    message: &'a mut Option<Box<Open>>,
    control: &'a mut Option<Box<Open>>,
    opcode: Opcode,
) -> Option<&'a mut Open> {
    if opcode.is_control() { control.as_deref_mut() } else { message.as_deref_mut() }
}
