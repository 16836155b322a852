//! One WebSocket: both directions, which ping the other, and how it ends.

use std::collections::VecDeque;

use crate::flow::event::{Direction, EndReason, GapReason, PerDirection};
use crate::protocol::analyzer::Context;
use crate::protocol::budget::Budget;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, HttpEvent, MessageId, MessageKind, StreamMessage};
use crate::protocol::websocket::faults;
use crate::protocol::websocket::handshake::Agreed;
use crate::protocol::websocket::open::Small;
use crate::protocol::websocket::reader::{Heard, Reader};
use crate::time::{Stamp, TimeDelta};

/// Reads what follows the opening handshake of one exchange. The bytes are those of a TCP
/// connection over HTTP/1.1, and the DATA of a stream over HTTP/2.
pub struct Conversation {
    id: MessageId,
    readers: PerDirection<Reader>,
    /// Pings of each direction that nothing has answered yet.
    pings: PerDirection<VecDeque<(Small, Stamp)>>,
    has_ended: bool,
}

impl Conversation {
    /// The WebSocket that an exchange opened; what it decompresses takes its windows from these.
    pub fn new(id: MessageId, agreed: &Agreed, windows: &Budget) -> Self {
        Self {
            id,
            readers: PerDirection {
                to_server: Reader::new(Direction::ToServer, agreed, windows),
                to_client: Reader::new(Direction::ToClient, agreed, windows),
            },
            pings: PerDirection::default(),
            has_ended: false,
        }
    }

    /// Bytes of one direction were added to its buffer.
    pub fn data(&mut self, way: Direction, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        self.hear(way, buffer, cx, |_, _, _| {});
    }

    /// So many bytes are missing behind those in the buffer.
    pub fn gap(
        &mut self,
        way: Direction,
        length: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let limits = cx.limits;
        self.hear(way, buffer, cx, |reader, buffer, heard| {
            reader.gap(length, reason, buffer, limits, heard);
        });
    }

    /// An unknown number of bytes is missing behind those in the buffer.
    pub fn lose(
        &mut self,
        way: Direction,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let limits = cx.limits;
        self.hear(way, buffer, cx, |reader, _, heard| reader.lose(None, reason, limits, heard));
        buffer.clear();
    }

    /// One direction is over.
    pub fn end(
        &mut self,
        way: Direction,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let limits = cx.limits;
        self.hear(way, buffer, cx, |reader, _, heard| reader.end(reason, limits, heard));
        buffer.clear();
        let was_over = std::mem::replace(&mut self.has_ended, true);
        let by_an_end = matches!(reason, EndReason::Fin | EndReason::Rst);
        let closed = self.readers.to_server.has_closed() || self.readers.to_client.has_closed();
        if by_an_end && !was_over && !closed {
            cx.anomaly(faults::no_close());
        }
    }

    /// Reads what has come of a direction, then what else happened to it; tells both.
    fn hear(
        &mut self,
        way: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
        then: impl FnOnce(&mut Reader, &mut StreamBuffer, &mut Vec<Heard>),
    ) {
        let mut heard = Vec::new();
        let reader = self.readers.of_mut(way);
        reader.advance(buffer, cx.limits, &mut heard);
        then(reader, buffer, &mut heard);
        self.tell(way, heard, cx);
    }

    fn tell(&mut self, way: Direction, heard: Vec<Heard>, cx: &mut Context<'_>) {
        for one in heard {
            match one {
                Heard::Anomaly(anomaly) => cx.anomaly(anomaly),
                Heard::Message(mut message, payload) => {
                    self.round_trip(way, &mut message, payload);
                    let id = self.id;
                    cx.emit(EventBody::Http(HttpEvent::Message { id, message }));
                }
            }
        }
    }

    /// A pong answers the last ping that had its payload, and all before that (RFC 6455 §5.5.3).
    fn round_trip(&mut self, way: Direction, message: &mut StreamMessage, payload: Small) {
        let sent = message.span.last;
        match &mut message.kind {
            MessageKind::Ping if message.how == Ending::Whole => {
                let pings = self.pings.of_mut(way);
                if pings.len() >= PINGS {
                    pings.pop_front();
                }
                pings.push_back((payload, sent));
            }
            MessageKind::Pong { round_trip } if message.how == Ending::Whole => {
                let pings = self.pings.of_mut(!way);
                if let Some(at) = pings.iter().rposition(|(asked, _)| *asked == payload) {
                    let asked = pings.drain(..=at).next_back().map(|(_, asked)| asked);
                    let time = asked.map(|asked| message.span.first.at.since(asked.at));
                    *round_trip = time.map(TimeDelta::at_least_zero);
                }
            }
            _ => {}
        }
    }
}

/// Pings that wait for their pongs: one at a time is usual.
const PINGS: usize = 16;
