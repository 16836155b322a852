//! A WebSocket on a stream (RFC 8441, RFC 9220): CONNECT asks for it, a 2xx agrees, and the DATA of the stream
//! is its frames.

use bytes::Bytes;

use crate::flow::event::{Direction, EndReason, GapReason, PerDirection};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Ending, MessageId, RequestHead};
use crate::protocol::websocket::{Agreed, Conversation, Offer};
use crate::time::Stamp;

/// What a CONNECT asks for.
pub struct Asked {
    /// The protocol, or `tunnel`.
    pub to: Box<str>,
    offer: Offer,
}

/// The messages of one stream.
pub struct WebSocket {
    conversation: Conversation,
    /// Bytes that are not read yet: the beginning of a frame.
    buffers: PerDirection<StreamBuffer>,
}

impl Asked {
    /// What a request asks for; none where it is no CONNECT.
    pub fn of(head: &RequestHead) -> Option<Self> {
        let to = || head.protocol.clone().unwrap_or_else(|| "tunnel".into());
        head.is("CONNECT").then(|| Self { to: to(), offer: Offer::of(&head.fields) })
    }

    /// The WebSocket that a response agrees to; none where something else was asked for.
    pub fn agreed(
        &self,
        id: MessageId,
        response: &Fields,
        cx: &mut Context<'_>,
    ) -> Option<WebSocket> {
        let is_it = self.to.eq_ignore_ascii_case("websocket");
        is_it.then(|| {
            let agreed = Agreed::on(Some(&self.offer), response, |anomaly| cx.anomaly(anomaly));
            let conversation = Conversation::new(id, &agreed, &cx.budgets.windows);
            WebSocket { conversation, buffers: PerDirection::default() }
        })
    }
}

impl WebSocket {
    /// Bytes of it came.
    pub fn push(&mut self, way: Direction, bytes: Bytes, (arrived, delivered): (Stamp, Stamp)) {
        self.buffers.of_mut(way).push(bytes, arrived, delivered);
    }

    /// Reads what has come.
    pub fn read(&mut self, way: Direction, cx: &mut Context<'_>) {
        self.conversation.data(way, self.buffers.of_mut(way), cx);
    }

    /// So many bytes of it are missing.
    pub fn gap(&mut self, way: Direction, missing: u64, reason: GapReason, cx: &mut Context<'_>) {
        self.conversation.gap(way, missing, reason, self.buffers.of_mut(way), cx);
        self.buffers.of_mut(way).clear();
    }

    /// Bytes of it may be missing: how many, and where in its frames it goes on, nobody knows.
    pub fn lose(&mut self, way: Direction, reason: GapReason, cx: &mut Context<'_>) {
        self.conversation.lose(way, reason, self.buffers.of_mut(way), cx);
    }

    /// The stream is over in one direction.
    pub fn end(&mut self, way: Direction, how: Ending, cx: &mut Context<'_>) {
        let reason = match how {
            Ending::Cut(reason) => reason,
            Ending::Reset(_) => EndReason::Rst,
            Ending::Whole | Ending::Gap(_) | Ending::Malformed => EndReason::Fin,
        };
        self.conversation.end(way, reason, self.buffers.of_mut(way), cx);
    }
}
