//! The messages of a WebSocket as browsers write them.

use serde::Serialize;

use crate::flow::event::Direction;
use crate::protocol::http::message::{MessageKind, StreamMessage};
use crate::report::json::value::FrameList;
use crate::report::text::units;
use crate::time::Timestamp;
use crate::trace::Exchange;

/// One message, with the fields that Chrome's developer tools export. They leave out a message
/// without `data` when they read one, so its length stands there in words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message<'a> {
    #[serde(rename = "type")]
    way: &'static str,
    time: Seconds,
    opcode: u8,
    data: String,
    #[serde(rename = "_size")]
    size: u64,
    #[serde(rename = "_decodedSize", skip_serializing_if = "Option::is_none")]
    decoded: Option<u64>,
    #[serde(rename = "_transferSize")]
    wire: u64,
    #[serde(rename = "_frames")]
    frames: FrameList<'a>,
}

/// Seconds since 1970 with a fraction.
#[derive(Serialize)]
struct Seconds(f64);

impl From<Timestamp> for Seconds {
    fn from(at: Timestamp) -> Self {
        Self(at.as_nanos() as f64 / 1e9)
    }
}

/// The messages of an exchange; none where it is no WebSocket.
pub(super) fn messages(exchange: &Exchange) -> Option<Vec<Message<'_>>> {
    let messages = exchange.messages.as_deref().filter(|_| exchange.is_websocket())?;
    Some(messages.listed.iter().filter_map(Message::of).collect())
}

impl<'a> Message<'a> {
    fn of(message: &'a StreamMessage) -> Option<Self> {
        let size = message.decoded.unwrap_or(message.size);
        let length = units::count(size, "byte", "bytes");
        Some(Self {
            way: match message.direction {
                Direction::ToServer => "send",
                Direction::ToClient => "receive",
            },
            time: message.span.done.at.into(),
            opcode: message.kind.opcode()?,
            data: match &message.kind {
                MessageKind::Close { code: Some(code), reason } => format!("{code} {reason}"),
                kind => format!("({} of {length}, not kept)", kind.name()),
            },
            size: message.size,
            decoded: message.decoded,
            wire: message.wire,
            frames: FrameList::from(&message.frames),
        })
    }
}
