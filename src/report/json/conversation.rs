//! What was said within an exchange, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::Direction;
use crate::protocol::http::message::{Ending, MessageKind, StreamMessage};
use crate::protocol::websocket::close_words;
use crate::report::json::value::{End, FrameList, Millis, Moment};
use crate::trace::exchange as model;
use crate::trace::messages::{Close, MessageCounts};

/// The messages of a WebSocket, or the events of an event stream. What they say is not kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Messages<'a> {
    /// Which of both.
    pub kind: ConversationKind,
    /// Those of the client, counted.
    pub sent: Counts,
    /// Those of the server, counted.
    pub received: Counts,
    /// Why each end closed a WebSocket, in the order of their close frames.
    pub closes: Vec<Closed<'a>>,
    /// When no more could come; null while it is not over.
    pub ended: Option<Moment>,
    /// From the response's head until then.
    pub duration_ms: Option<Millis>,
    /// The messages in the order in which they became known. Very long lists are cut; `sent` and
    /// `received` count all.
    pub list: Vec<Message<'a>>,
}

/// What an exchange went on as.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// A WebSocket (RFC 6455).
    Websocket,
    /// Server-sent events.
    EventStream,
    /// The datagrams of another session that CONNECT opened (WebTransport, CONNECT-UDP).
    Datagrams,
}

/// Messages of one end, counted.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counts {
    /// Text, binary, events.
    pub messages: u64,
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

/// A close frame.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Closed<'a> {
    /// Who sent it.
    pub by: End,
    /// When.
    pub at: Moment,
    /// Its code; null where it had none.
    pub code: Option<u16>,
    /// The code in words.
    pub meaning: Option<&'static str>,
    /// The reason in the sender's words, often empty.
    pub reason: &'a str,
}

/// One message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Message<'a> {
    /// Who sent it.
    pub by: End,
    /// What it is.
    pub kind: Kind,
    /// The opcode of a WebSocket's message; null for an event.
    pub opcode: Option<u8>,
    /// The type of an event, where the stream names one.
    pub event: Option<&'a str>,
    /// Its bytes as sent: of a WebSocket with the heads of frames, of an event all of its lines.
    pub wire: u64,
    /// True where an event says how the stream can be taken up behind it.
    pub has_id: bool,
    /// True where it says how long to wait before that.
    pub has_retry: bool,
    /// Bytes of its payload as sent; of an event its data.
    pub size: u64,
    /// Bytes of its payload once compression is undone; null where it could not be undone.
    pub decoded: Option<u64>,
    /// The frames of a WebSocket that it came in; 1 for an event.
    pub fragments: u32,
    /// True where all of it was seen.
    pub whole: bool,
    /// From the ping that a pong answers; null for all else.
    pub round_trip_ms: Option<Millis>,
    /// When its first byte passed.
    pub first: Moment,
    /// When its last byte passed.
    pub last: Moment,
    /// When its last byte could be read.
    pub done: Moment,
    /// The frames of the capture that carried it.
    pub frames: FrameList<'a>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// Are you there?
    Ping,
    /// An answer to that, asked for or not.
    Pong,
    /// No more will be said.
    Close,
    /// An event of an event stream.
    Event,
    /// A block of an event stream without data: only an id, or how long to wait before a retry.
    Settings,
    /// A comment of an event stream, which keeps the connection open.
    Comment,
    /// A datagram that belongs to the exchange.
    Datagram,
    /// A frame with an opcode that is reserved.
    Unknown,
}

impl<'a> Messages<'a> {
    /// What was said within an exchange; none where it was a single answer.
    pub fn of(exchange: &'a model::Exchange) -> Option<Self> {
        let messages = exchange.messages.as_deref()?;
        let closes = [Direction::ToServer, Direction::ToClient].into_iter();
        let mut closes: Vec<Closed<'a>> = closes
            .filter_map(|way| Some(Closed::of(way, messages.closes.of(way).as_ref()?)))
            .collect();
        closes.sort_by_key(|close| (close.at.time.0, close.at.frame));
        Some(Self {
            kind: match &exchange.switched {
                None => ConversationKind::EventStream,
                Some(_) if exchange.is_websocket() => ConversationKind::Websocket,
                Some(_) => ConversationKind::Datagrams,
            },
            sent: messages.counts.to_server.into(),
            received: messages.counts.to_client.into(),
            closes,
            ended: messages.ended.map(Moment::from),
            duration_ms: exchange.conversation().map(Millis),
            list: messages.listed.iter().map(Message::from).collect(),
        })
    }
}

impl<'a> Closed<'a> {
    fn of(way: Direction, close: &'a Close) -> Self {
        Self {
            by: End::sending(way),
            at: close.at.into(),
            code: close.code,
            meaning: close.code.map(close_words),
            reason: &close.reason,
        }
    }
}

impl From<MessageCounts> for Counts {
    fn from(counts: MessageCounts) -> Self {
        let MessageCounts { data, control, wire, size, decoded, undecoded } = counts;
        Self { messages: data, control, wire, size, decoded, undecoded }
    }
}

impl<'a> From<&'a StreamMessage> for Message<'a> {
    fn from(message: &'a StreamMessage) -> Self {
        let (kind, event, round_trip) = match &message.kind {
            MessageKind::Text => (Kind::Text, None, None),
            MessageKind::Binary => (Kind::Binary, None, None),
            MessageKind::Ping => (Kind::Ping, None, None),
            MessageKind::Pong { round_trip } => (Kind::Pong, None, *round_trip),
            MessageKind::Close { .. } => (Kind::Close, None, None),
            MessageKind::Settings { .. } => (Kind::Settings, None, None),
            MessageKind::Comment => (Kind::Comment, None, None),
            MessageKind::Datagram => (Kind::Datagram, None, None),
            MessageKind::Event { name, .. } => (Kind::Event, name.as_deref(), None),
            MessageKind::Unknown(_) => (Kind::Unknown, None, None),
        };
        Self {
            by: End::sending(message.direction),
            kind,
            opcode: message.kind.opcode(),
            event,
            has_id: has_id(&message.kind),
            has_retry: has_retry(&message.kind),
            wire: message.wire,
            size: message.size,
            decoded: message.decoded,
            fragments: message.fragments,
            whole: message.how == Ending::Whole,
            round_trip_ms: round_trip.map(Millis),
            first: message.span.first.into(),
            last: message.span.last.into(),
            done: message.span.done.into(),
            frames: FrameList::from(&message.frames),
        }
    }
}

const fn has_id(kind: &MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Event { has_id: true, .. } | MessageKind::Settings { has_id: true, .. }
    )
}

const fn has_retry(kind: &MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Event { has_retry: true, .. } | MessageKind::Settings { has_retry: true, .. }
    )
}
