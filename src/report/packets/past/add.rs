//! What is added to the texts of layers.

use crate::flow::event::TcpEvent;
use crate::packet::describe::LayerText;
use crate::report::text::units;
use crate::report::text::words;
use crate::time::Stamp;

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

/// What a segment is, and the same for the line of its packet where its bytes were sent `before`.
pub(super) fn tcp_event(
    event: &TcpEvent,
    before: Option<Stamp>,
) -> Option<(String, Option<String>)> {
    match event {
        TcpEvent::Segment { kind, .. } => {
            let what = words::segment(*kind);
            if !kind.is_retransmission() {
                return Some((what, None));
            }
            let of = before.map(|first| format!(", of frame {}", first.frame)).unwrap_or_default();
            let (short, _) = what.split_once(" (").unwrap_or((&what, ""));
            Some((format!("{what}{of}"), Some(format!("{short}{of}"))))
        }
        TcpEvent::Syn { attempt, .. } | TcpEvent::SynAck { attempt, .. } if *attempt > 1 => {
            let text = format!("sent again, attempt {attempt}");
            Some((text.clone(), Some(text)))
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
            Some((text, None))
        }
        TcpEvent::Rst { refused: true, .. } => Some(("refuses the connection".to_owned(), None)),
        _ => None,
    }
}
