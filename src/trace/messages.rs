//! The messages of one exchange: those of a WebSocket, or the events of an event stream.

use crate::flow::event::PerDirection;
use crate::protocol::http::message::{MessageKind, StreamMessage};
use crate::time::Stamp;

/// What was said within one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The messages in the order in which they became known, up to a bound.
    pub listed: Vec<StreamMessage>,
    /// All of them, counted.
    pub counts: PerDirection<MessageCounts>,
    /// The last word of each direction.
    pub closes: PerDirection<Option<Close>>,
    /// When no more could come: both ends had closed, or the connection was over.
    pub ended: Option<Stamp>,
}

/// Messages of one direction, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Text, binary, events.
    pub data: u64,
    /// Pings, pongs, closes, comments, settings, and what is unknown.
    pub control: u64,
    /// Bytes of all of them as sent, with the heads of frames.
    pub wire: u64,
    /// Bytes of payload as sent.
    pub size: u64,
    /// Bytes of payload once compression is undone; of those that could be.
    pub decoded: u64,
    /// How many could not.
    pub undecoded: u64,
}

/// Why a direction closed a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// When it was said.
    pub at: Stamp,
    /// As a number; none where none was sent.
    pub code: Option<u16>,
    /// In its own words; empty where it had none.
    pub reason: Box<str>,
}

impl Messages {
    /// Counts a message, and lists it where it `is_listed`.
    pub fn add(&mut self, message: StreamMessage, is_listed: bool) {
        let counts = self.counts.of_mut(message.direction);
        let of_kind = if message.kind.is_data() { &mut counts.data } else { &mut counts.control };
        *of_kind = of_kind.saturating_add(1);
        counts.wire = counts.wire.saturating_add(message.wire);
        counts.size = counts.size.saturating_add(message.size);
        match message.decoded {
            Some(decoded) => counts.decoded = counts.decoded.saturating_add(decoded),
            None => counts.undecoded = counts.undecoded.saturating_add(1),
        }
        if let MessageKind::Close { code, reason } = &message.kind {
            let at = message.span.done;
            let close = || Close { at, code: *code, reason: reason.clone() };
            self.closes.of_mut(message.direction).get_or_insert_with(close);
            if self.closes.to_server.is_some() && self.closes.to_client.is_some() {
                self.ended.get_or_insert(at);
            }
        }
        if is_listed {
            self.listed.push(message);
        }
    }

    /// How many there were in both directions.
    pub fn len(&self) -> u64 {
        let PerDirection { to_server, to_client } = &self.counts;
        let all = [to_server.data, to_server.control, to_client.data, to_client.control];
        all.into_iter().fold(0, u64::saturating_add)
    }

    /// True where there was none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
