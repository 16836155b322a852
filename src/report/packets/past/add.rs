//! What is added to the texts of layers.

use crate::flow::event::TcpEvent;
use crate::packet::describe::LayerText;
use crate::report::text::units;
use crate::report::text::words;
use crate::time::{FrameNo, Stamp};

/// A line at the end of the innermost layer.
pub(super) fn note(texts: &mut [LayerText], text: impl Into<String>) {
    field(texts, &[], "note", text.into());
}

/// A field of the innermost layer of one of these names, else of the innermost of all.
pub(super) fn field(texts: &mut [LayerText], layers: &[&str], name: &'static str, text: String) {
    let at = texts.iter().rposition(|layer| layers.contains(&layer.name));
    let at = at.or_else(|| texts.iter().rposition(|layer| layer.header_len > 0));
    if let Some(layer) = at.and_then(|at| texts.get_mut(at)) {
        layer.fields.push((name, text));
    }
}

/// More on a field that is there.
pub(super) fn more(layer: &mut LayerText, name: &str, text: &str) {
    if let Some((_, value)) = layer.fields.iter_mut().find(|field| field.0 == name) {
        value.push_str(text);
    }
}

/// `20.3 ms before`.
pub(super) fn since(first: Stamp, at: Stamp) -> String {
    let time = at.at.since(first.at);
    if time.as_nanos() < 0 {
        return format!("{} after by its clock", units::span(first.at.since(at.at)));
    }
    format!("{} before", units::span(time))
}

/// What a segment is, and whether its bytes were sent `before`.
pub(super) fn tcp_event(event: &TcpEvent, before: Option<Stamp>) -> Option<(String, bool)> {
    match event {
        TcpEvent::Segment { kind, .. } => {
            let is_again = kind.is_retransmission();
            let of = before.filter(|_| is_again).map(|first: Stamp| of_frame(first.frame));
            Some((format!("{}{}", words::segment(*kind), of.unwrap_or_default()), is_again))
        }
        TcpEvent::Syn { attempt, .. } | TcpEvent::SynAck { attempt, .. } if *attempt > 1 => {
            Some((format!("sent again, attempt {attempt}"), true))
        }
        TcpEvent::Established(handshake) => {
            let (server, client) = (handshake.server_half(), handshake.client_half());
            let text = format!(
                "completes the handshake of frames {} and {}: round trip {}, of it {} to the server",
                handshake.syn_answered.frame,
                handshake.syn_ack.frame,
                units::span(server + client),
                units::span(server)
            );
            Some((text, false))
        }
        TcpEvent::Rst { refused: true, .. } => Some(("refuses the connection".to_owned(), false)),
        _ => None,
    }
}

fn of_frame(frame: FrameNo) -> String {
    format!(", of frame {frame}")
}
