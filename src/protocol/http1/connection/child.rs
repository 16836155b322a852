//! Who reads what follows, where a connection does not go on in HTTP.

use crate::flow::event::{Direction, EndReason, GapReason};
use crate::protocol::analyzer::{Analyzer, Context, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http2;
use crate::protocol::nested::Nested;
use crate::protocol::websocket::Conversation;

/// What stands in HTTP's place.
pub(super) enum Child {
    /// The messages of a WebSocket.
    WebSocket(Box<Conversation>),
    /// HTTP/2, which answers the request that led to it.
    Http2(Box<http2::Connection>),
    /// A protocol that is found out from its bytes.
    Found(Box<Nested>),
    /// Nobody: where it begins was not captured.
    Nobody,
}

impl Child {
    /// True where nothing is read any more.
    pub(super) const fn is_over(&self) -> bool {
        match self {
            Self::WebSocket(_) | Self::Http2(_) => false,
            Self::Found(nested) => nested.is_over(),
            Self::Nobody => true,
        }
    }

    /// Reads all that is in the buffer of a direction, but for the beginning of a frame.
    pub(super) fn data(&mut self, way: Direction, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        match self {
            Self::WebSocket(conversation) => conversation.data(way, buffer, cx),
            Self::Http2(connection) => {
                connection.data(only(way), buffer, cx);
            }
            Self::Found(nested) => {
                nested.take_all(way, buffer, &mut cx.within());
            }
            Self::Nobody => buffer.clear(),
        }
    }

    /// So many bytes are missing behind those in the buffer.
    pub(super) fn gap(
        &mut self,
        way: Direction,
        length: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        self.data(way, buffer, cx);
        match self {
            Self::WebSocket(conversation) => conversation.gap(way, length, reason, buffer, cx),
            Self::Http2(connection) => {
                connection.gap(only(way), 0..length, reason, buffer, cx);
            }
            Self::Found(nested) => {
                nested.gap(way, length, reason, &mut cx.within());
            }
            Self::Nobody => {}
        }
    }

    /// A direction is over.
    pub(super) fn end(
        &mut self,
        way: Direction,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        self.data(way, buffer, cx);
        match self {
            Self::WebSocket(conversation) => conversation.end(way, reason, buffer, cx),
            Self::Http2(connection) => connection.end(only(way), reason, buffer, cx),
            Self::Found(nested) => nested.end(way, reason, &mut cx.within()),
            Self::Nobody => {}
        }
    }

    /// Bytes that are kept to read what follows; a session accounts for itself.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Http2(connection) => connection.held(),
            Self::WebSocket(_) | Self::Found(_) | Self::Nobody => 0,
        }
    }

    /// New secrets have come.
    pub(super) fn secrets(&mut self, cx: &mut Context<'_>) {
        if let Self::Found(nested) = self {
            nested.secrets(&mut cx.within());
        }
    }

    /// The flow is over.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) {
        if let Self::Found(nested) = self {
            nested.close(&mut cx.within());
        }
    }
}

/// The one stream that a child has.
const fn only(direction: Direction) -> StreamKey {
    StreamKey { id: 0, direction }
}
