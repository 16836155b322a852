//! HTTP messages as values: what HTTP/1, 2 and 3 all say.

use crate::flow::event::{Direction, EndReason, GapReason};
use crate::protocol::buffer::Span;
use crate::protocol::http::chunks::Chunks;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::multiplex::{Priority, Queued, Reset};
use crate::time::{Frames, Stamp, TimeDelta};

pub use crate::protocol::http::version::Version;

/// Which exchange of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The stream; 0 in HTTP/1.
    pub stream: u64,
    /// The n-th request on it, from 0.
    pub nth: u32,
}

/// Something that became known about an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpEvent {
    /// A request's head is whole.
    Request {
        /// Which exchange.
        id: MessageId,
        /// The head.
        head: Box<RequestHead>,
    },
    /// A request is whole, or will never be.
    RequestEnd {
        /// Which exchange.
        id: MessageId,
        /// Its body and end.
        end: Box<MessageEnd>,
    },
    /// An interim response (1xx) before the final one.
    Informational {
        /// Which exchange.
        id: MessageId,
        /// The head.
        head: Box<ResponseHead>,
    },
    /// The final response begins while the request goes on: a stream in both directions, or a
    /// server that has read enough.
    Early {
        /// Which exchange.
        id: MessageId,
        /// The last byte of the request until then.
        asked: Stamp,
    },
    /// The final response's head is whole.
    ///
    /// Its request may be told after it (and after its end), where packets of the request could
    /// be read late only, or never, where they were not captured. It is told again where the status
    /// of the one before is unknown: that was an interim one.
    Response {
        /// Which exchange. Where its request has not come, the next number, as if it had.
        id: MessageId,
        /// The head.
        head: Box<ResponseHead>,
    },
    /// The response is whole, or will never be.
    ResponseEnd {
        /// Which exchange.
        id: MessageId,
        /// Its body and end.
        end: Box<MessageEnd>,
    },
    /// How much the client wants it, where that was said beside the head.
    Prioritized {
        /// Which exchange.
        id: MessageId,
        /// How much.
        priority: Priority,
    },
    /// The request had to wait for other streams to end.
    Queued {
        /// Which exchange.
        id: MessageId,
        /// For how long.
        queued: Queued,
    },
    /// The connection speaks something else from here on: 101, or CONNECT and 2xx.
    Switched {
        /// The exchange that did it.
        id: MessageId,
        /// To what: the `Upgrade` field, or `tunnel`.
        to: Box<str>,
    },
    /// A message within the exchange: of a WebSocket, whose handshake it was, or an event of an
    /// event stream, whose response it is.
    Message {
        /// Which exchange.
        id: MessageId,
        /// The message.
        message: Box<StreamMessage>,
    },
}

/// A request's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The method as sent; none where it is unknown: HTTP/2 and 3 may say it by an entry of a
    /// table that was made where the capture has nothing.
    pub method: Option<Box<str>>,
    /// The request target as sent (`/a?b`, `http://h/a`, `h:443`, `*`), or `:path`; none where it
    /// is unknown, likewise.
    pub target: Option<Box<str>>,
    /// The scheme, where the protocol says it (`:scheme`); for HTTP/1 `https` within TLS.
    pub scheme: Option<Box<str>>,
    /// The authority, where the protocol says it (`:authority`); for HTTP/1 see `Host`.
    pub authority: Option<Box<str>>,
    /// What a CONNECT asks for instead of a tunnel (`:protocol`, RFC 8441 §4).
    pub protocol: Option<Box<str>>,
    /// The stream on which the server promised to push the response (RFC 9113 §8.4): the client
    /// has not sent this request.
    pub promised_on: Option<u64>,
    /// The version.
    pub version: Version,
    /// The fields.
    pub fields: Fields,
    /// How many more fields there are whose name or value is unknown.
    pub unknown_fields: u32,
    /// When it came.
    pub span: Span,
    /// Its bytes on the wire, with start line and final empty line, or with the heads of its
    /// frames.
    pub size: u32,
}

/// A response's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code as sent, even where it has no three digits; none in HTTP/0.9, which has
    /// none, and where it is unknown.
    pub status: Option<u16>,
    /// The reason phrase, empty where there is none.
    pub reason: Box<str>,
    /// The version.
    pub version: Version,
    /// The fields.
    pub fields: Fields,
    /// How many more fields there are whose name or value is unknown.
    pub unknown_fields: u32,
    /// When it came.
    pub span: Span,
    /// Its bytes on the wire.
    pub size: u32,
}

impl RequestHead {
    /// True where the method is known to be this one, whatever its case.
    pub fn is(&self, method: &str) -> bool {
        self.method.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(method))
    }

    /// True where a tunnel is asked for: with `:protocol`, CONNECT asks for something else.
    pub fn asks_for_tunnel(&self) -> bool {
        self.is("CONNECT") && self.protocol.is_none()
    }
}

/// A message's body and how the message ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageEnd {
    /// How it ended.
    pub how: Ending,
    /// Its body.
    pub body: Body,
    /// Fields after a body.
    pub trailers: Fields,
    /// How many more of them there are whose name or value is unknown.
    pub unknown_trailers: u32,
    /// The last byte of the message: of the head, where there is no body.
    pub last: Stamp,
    /// When that byte could be read.
    pub done: Stamp,
    /// The frames that carried the message, head and body.
    pub frames: Frames,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// All of it was seen.
    #[default]
    Whole,
    /// A piece is missing within; its sizes count what was seen.
    Gap(GapReason),
    /// It stopped before its announced end.
    Cut(EndReason),
    /// It breaks the rules of HTTP; what follows is not read.
    Malformed,
    /// Its stream was given up.
    Reset(Reset),
}

/// How a body's length was told (RFC 9112 §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is none: no length in a request, HEAD, 1xx, 204, 304.
    #[default]
    None,
    /// Content-Length.
    Length(u64),
    /// Transfer-Encoding: chunked.
    Chunked,
    /// Until the connection closes.
    UntilClose,
    /// Frames of HTTP/2 or 3.
    Frames,
}

/// A body, counted three times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// How its length was told.
    pub framing: Framing,
    /// Bytes on the wire, with chunk sizes and trailers.
    pub wire: u64,
    /// Bytes of the (content-encoded) body itself.
    pub encoded: u64,
    /// Bytes after Content-Encoding is undone; equal to `encoded` where there is none; none
    /// where it could not be undone.
    pub decoded: Option<u64>,
    /// When its bytes came; none where it has none.
    pub span: Option<Span>,
    /// The same, piece by piece.
    pub chunks: Chunks,
}

/// One message within an exchange: of a WebSocket (RFC 6455), or an event of an event stream
/// (WHATWG HTML §9.2). What it says is not kept: only when it came, how much, and of which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamMessage {
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: MessageKind,
    /// Its bytes as sent: of a WebSocket with the heads of its frames, of an event all of its
    /// lines (before Content-Encoding), without the empty one that ends it.
    pub wire: u64,
    /// Bytes of its payload as sent, by what the heads of its frames say; of an event its data.
    pub size: u64,
    /// Bytes of its payload once compression is undone: `size` where there is none; none where it
    /// could not be undone.
    pub decoded: Option<u64>,
    /// The frames of a WebSocket that it came in; 1 for an event.
    pub fragments: u32,
    /// How it ended.
    pub how: Ending,
    /// When it came.
    pub span: Span,
    /// The frames of the capture that carried it.
    pub frames: Frames,
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// Are you there?
    Ping,
    /// An answer to that, asked for or not.
    Pong {
        /// Since the last byte of the ping that it answers, seen at the capture; none where no ping
        /// had this payload.
        round_trip: Option<TimeDelta>,
    },
    /// No more will be said.
    Close {
        /// Why, as a number; none where none was sent.
        code: Option<u16>,
        /// Why, in the sender's words; empty where it had none.
        reason: Box<str>,
    },
    /// An event of an event stream.
    Event {
        /// Its type, where the stream named one; else it is `message`.
        name: Option<Box<str>>,
        /// It says how the stream can be taken up behind it.
        has_id: bool,
        /// It says how long to wait before that.
        has_retry: bool,
    },
    /// A block of an event stream without data, which is no event.
    Settings {
        /// It says how the stream can be taken up behind it.
        has_id: bool,
        /// It says how long to wait before that.
        has_retry: bool,
    },
    /// A comment of an event stream, which keeps the connection open.
    Comment,
    /// A datagram that belongs to the exchange (RFC 9297).
    Datagram,
    /// A frame with an opcode that is reserved.
    Unknown(u8),
}

impl MessageKind {
    /// The word that reports print.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Ping => "ping",
            Self::Pong { .. } => "pong",
            Self::Close { .. } => "close",
            Self::Event { .. } => "event",
            Self::Settings { .. } => "settings",
            Self::Comment => "comment",
            Self::Datagram => "datagram",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The opcode of a WebSocket (RFC 6455 §5.2); an event has none.
    pub const fn opcode(&self) -> Option<u8> {
        match self {
            Self::Text => Some(1),
            Self::Binary => Some(2),
            Self::Close { .. } => Some(8),
            Self::Ping => Some(9),
            Self::Pong { .. } => Some(10),
            Self::Unknown(opcode) => Some(*opcode),
            Self::Event { .. } | Self::Settings { .. } | Self::Comment | Self::Datagram => None,
        }
    }

    /// True where it carries what the application says, not the upkeep of the connection.
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::Text | Self::Binary | Self::Event { .. } | Self::Datagram)
    }
}
