//! What is said when a WebSocket is not as it should be.

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::websocket::frame::{Head, Opcode};

const fn sender(way: Direction) -> &'static str {
    match way {
        Direction::ToServer => "the client",
        Direction::ToClient => "the server",
    }
}

fn malformed(id: &'static str, text: String, reference: &'static str) -> Anomaly {
    Anomaly::new(id, Class::Malformed, text).citing(reference)
}

/// The server's proof that it has read the client's key.
pub(super) fn accept(is_given: bool) -> Anomaly {
    let text = if is_given {
        "Sec-WebSocket-Accept is not the answer to the client's key"
    } else {
        "the response has no Sec-WebSocket-Accept"
    };
    malformed("websocket.accept", text.to_owned(), "RFC 6455 §4.1")
}

/// An extension that the client did not ask for.
pub(super) fn not_offered(name: &str) -> Anomaly {
    let text = format!("the server agrees to an extension that was not offered: {}", brief(name));
    malformed("websocket.extension", text, "RFC 6455 §9.1")
}

/// A parameter that permessage-deflate does not have.
pub(super) fn parameter(parameter: &str) -> Anomaly {
    let text = format!("permessage-deflate with {}", brief(parameter));
    malformed("websocket.extension", text, "RFC 7692 §7.1")
}

/// What is wrong with a frame by its head alone.
pub(super) fn of_head(
    way: Direction,
    head: &Head,
    may_compress: bool,
    has_unknown: bool,
) -> impl Iterator<Item = Anomaly> {
    let Head { opcode, payload, .. } = *head;
    let from = sender(way);
    let bits = (head.reserved != 0 || (head.is_compressed && !may_compress)) && !has_unknown;
    let bits = bits.then(|| {
        let text = format!("a {opcode} frame has reserved bits set that nobody agreed on");
        malformed("websocket.reserved-bits", text, "RFC 6455 §5.2")
    });
    let unknown = (!opcode.is_known()).then(|| {
        malformed("websocket.opcode", format!("a frame has the reserved {opcode}"), "RFC 6455 §5.2")
    });
    let mask = (head.mask.is_some() != (way == Direction::ToServer)).then(|| {
        let text = if head.mask.is_some() {
            format!("{from} masks its frames, which only a client does")
        } else {
            format!("{from} does not mask its frames")
        };
        malformed("websocket.mask", text, "RFC 6455 §5.1")
    });
    let control = (opcode.is_control() && (!head.is_last || payload > 125)).then(|| {
        let text = if head.is_last {
            format!("a {opcode} frame has {payload} bytes: 125 is the most for a control frame")
        } else {
            format!("a {opcode} frame is a fragment, which a control frame cannot be")
        };
        malformed("websocket.control-frame", text, "RFC 6455 §5.5")
    });
    let length = (!head.is_minimal).then(|| {
        let text = format!("the length {payload} is written in more bytes than it needs");
        malformed("websocket.length", text, "RFC 6455 §5.2")
    });
    [bits, unknown, mask, control, length].into_iter().flatten()
}

/// A length that no frame has: nobody can know where the next one begins.
pub(super) fn too_long(way: Direction, head: &Head) -> Anomaly {
    let text = format!(
        "{} announces a frame of {} bytes: reading this direction stops",
        sender(way),
        head.payload
    );
    malformed("websocket.length", text, "RFC 6455 §5.2")
}

/// A message begins before the last one is whole, or goes on where none began.
pub(super) fn fragments(way: Direction, opcode: Opcode) -> Anomaly {
    let from = sender(way);
    let text = if opcode == Opcode::CONTINUATION {
        format!("{from} goes on with a message that never began")
    } else {
        format!("{from} begins a {opcode} message before the last one is whole")
    };
    malformed("websocket.fragments", text, "RFC 6455 §5.4")
}

/// A text that is none.
pub(super) fn not_utf8(what: &str) -> Anomaly {
    malformed("websocket.utf8", format!("{what} is not UTF-8"), "RFC 6455 §8.1")
}

/// Payload that does not decompress.
pub(super) fn not_deflate(size: u64) -> Anomaly {
    let text = format!("a message of {size} bytes does not decompress");
    malformed("websocket.deflate", text, "RFC 7692 §7.2.2")
}

/// Payload that decompresses to more than is counted.
pub(super) fn too_large() -> Anomaly {
    let text = "a message has more decompressed bytes than are counted";
    Anomaly::new("websocket.too-large", Class::Limit, text)
}

/// Payload that is not decompressed, since so much else is.
pub(super) fn no_room() -> Anomaly {
    let text = "more messages are decompressed at once than there is room for";
    Anomaly::new("websocket.no-room", Class::Limit, text)
}

/// A Close frame with a code that cannot be sent, or with half a code.
pub(super) fn close_code(code: Option<u16>) -> Anomaly {
    let text = match code {
        Some(code) => format!("a close frame has the code {code}, which is not for the wire"),
        None => "a close frame has one byte: a code has two".to_owned(),
    };
    malformed("websocket.close-code", text, "RFC 6455 §7.4")
}

/// Something follows the last frame.
pub(super) fn after_close(way: Direction, opcode: Opcode) -> Anomaly {
    let text = format!("{} sends a {opcode} frame after its close frame", sender(way));
    malformed("websocket.after-close", text, "RFC 6455 §5.5.1")
}

/// The connection is over, and nobody said so before.
pub(super) fn no_close() -> Anomaly {
    let text = "the connection ends without a close frame: code 1006 to both ends";
    Anomaly::new("websocket.no-close", Class::Suspicious, text).citing("RFC 6455 §7.1.5")
}

/// A hole in which a head was.
pub(super) fn lost(way: Direction, missing: Option<u64>) -> Anomaly {
    let bytes = missing.map_or_else(|| "bytes".to_owned(), |missing| format!("{missing} bytes"));
    let text = format!(
        "{bytes} of {} are missing, and where its next frame begins is among them: reading this \
         direction stops",
        sender(way)
    );
    Anomaly::new("websocket.lost", Class::Lost, text)
}

/// As much of a value as an anomaly shows, made printable.
fn brief(value: &str) -> String {
    value.chars().take(40).flat_map(char::escape_debug).collect()
}
