//! A message of a WebSocket, or an event of an event stream, in the packet that completes it.

use crate::packet::describe::LayerText;
use crate::protocol::http::message::{Ending, MessageKind, StreamMessage};
use crate::protocol::websocket::close_words;
use crate::report::text::conversation;
use crate::report::text::escape::escape;
use crate::report::text::{units, words};

/// What is said of a message, but for what it says itself.
pub fn message(message: &StreamMessage) -> LayerText {
    let who = words::sender(message.direction);
    let what = match &message.kind {
        MessageKind::Event { name: Some(name), .. } => format!("event {}", escape(name)),
        MessageKind::Close { code: Some(code), .. } => {
            format!("close, {code} {},", close_words(*code))
        }
        kind => kind.name().to_owned(),
    };
    let mut fields =
        vec![("size", format!("{} as sent", units::count(message.wire, "byte", "bytes")))];
    if message.fragments > 1 {
        fields.push(("fragments", message.fragments.to_string()));
    }
    if message.span.first.frame != message.span.last.frame {
        fields.push(("began", format!("in frame {}", message.span.first.frame)));
    }
    if let MessageKind::Pong { round_trip: Some(time) } = &message.kind {
        fields.push(("round trip", format!("{} after its ping", units::span(*time))));
    }
    if message.how != Ending::Whole {
        fields.push(("note", "not whole".to_owned()));
    }
    let name = if message.kind.opcode().is_some() { "WebSocket" } else { "events" };
    let summary = format!("{what} of {} from the {who}", conversation::size(message));
    LayerText { name, header_len: 0, summary, fields, left: 0 }
}
