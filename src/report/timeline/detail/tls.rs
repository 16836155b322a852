//! A TLS handshake step by step, what was offered, who the server is.

use std::sync::Arc;

use crate::flow::event::Direction;
use crate::protocol::tls::certificate::Certificate;
use crate::protocol::tls::message::{Body, Kind, Message};
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::numbers;
use crate::report::text::tls as words;
use crate::report::text::units;
use crate::report::text::words::sender;
use crate::report::timeline::detail::line::Line;
use crate::time::Stamp;
use crate::trace::certificates;
use crate::trace::connection::Connection;
use crate::trace::securing::Split;
use crate::trace::tls::Tls;

/// The lines below the row of a handshake.
pub(super) fn lines(connection: &Connection) -> Vec<Line> {
    let Some(tls) = connection.tls.as_deref() else { return Vec::new() };
    let mut lines = Vec::new();
    let first = tls.messages.first().map(|message| message.span.first);
    let start = tls.started().or(first).unwrap_or(connection.opened);
    for message in &tls.messages {
        step(message, connection, tls, start, &mut lines);
    }
    for way in [Direction::ToClient, Direction::ToServer] {
        let inferred = tls.finished.of(way).filter(|finished| finished.inferred);
        if let Some(finished) = inferred {
            lines.push(Line::new(format!(
                "{} Finished, inferred: in the first encrypted packet after the other side's \
                 messages, frame {}{}",
                sender(way),
                finished.span.last.frame,
                after(finished.span.last, start)
            )));
        }
    }
    for alert in &tls.alerts {
        let meaning = words::meaning(alert).map_or_else(String::new, |m| format!(": {m}"));
        let text = format!(
            "{}{meaning}, frame {}{}",
            words::alert(alert),
            alert.at.frame,
            after(alert.at, start)
        );
        let closes = alert.said.is_none_or(|(_, what)| what.is_closure());
        lines.push(Line::new(text).in_tone(if closes { Tone::Plain } else { Tone::Bad }));
    }
    if let Some(split) = Split::of(connection, tls) {
        let lost = if split.has_repairs { ", some of which were lost" } else { "" };
        lines.push(Line::new(format!(
            "time: {} on the way, {} in the server, {} in the client, {} for the bytes{lost}",
            units::span(split.network),
            units::span(split.server),
            units::span(split.client),
            units::span(split.transfer)
        )));
    }
    lines.extend(words::ech(tls).map(Line::new));
    if let Some(hello) = tls.client_hello().filter(|hello| !hello.ja4.is_empty()) {
        lines.push(Line::new(format!("client: JA4 {}, JA3 {}", hello.ja4, hello.ja3)));
    }
    lines.extend(tls.keys.map(|keys| Line::new(format!("keys: {}", words::keys(keys)))));
    lines
}

fn after(at: Stamp, start: Stamp) -> String {
    if at == start {
        String::new()
    } else {
        format!(" after {}", units::span(at.at.since(start.at)))
    }
}

fn step(
    message: &Message,
    connection: &Connection,
    tls: &Tls,
    start: Stamp,
    lines: &mut Vec<Line>,
) {
    let who = sender(message.direction);
    let size = units::count(message.size.into(), "byte", "bytes");
    let said = said(&message.body, connection.quic.is_some())
        .map_or_else(String::new, |said| format!(": {said}"));
    let frames = if message.frames.len() > 1 { "frames" } else { "frame" };
    let sealed = match (message.encrypted, message.kind) {
        (true, Kind::Handshake(_) | Kind::ChangeCipherSpec) => ", encrypted",
        _ => "",
    };
    lines.push(Line::new(format!(
        "{who} {}, {frames} {}{}, {size}{sealed}{said}",
        words::step(message, tls),
        numbers::short(&message.frames),
        after(message.span.last, start),
    )));
    match &message.body {
        Body::ClientHello(hello) => {
            lines.push(Line::below(format!("offers {}", words::offers(hello))));
        }
        Body::Certificate(chain) => {
            let name =
                (message.direction == Direction::ToClient).then(|| tls.server_name()).flatten();
            chain_lines(chain, name, message, lines);
        }
        _ => {}
    }
}

/// What a message says, in some words.
fn said(body: &Body, is_quic: bool) -> Option<String> {
    match body {
        Body::ClientHello(hello) => Some(hello.server_name.as_deref().map_or_else(
            || "no server name".to_owned(),
            |name| format!("server name {}", escape(name)),
        )),
        Body::ServerHello(hello) => Some(words::chose(hello)),
        Body::EncryptedExtensions(said) => {
            let alpn = said.alpn.as_ref().map(|alpn| format!("protocol {}", escape(alpn)));
            let early = said.early_data.then(|| "early data accepted".to_owned());
            let parts: Vec<String> = alpn.into_iter().chain(early).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        Body::Certificate(chain) => {
            Some(units::count(chain.len() as u64, "certificate", "certificates"))
        }
        Body::CompressedCertificate { algorithm, unfolded } => {
            Some(format!("packed by algorithm {algorithm}, {unfolded} bytes unpacked"))
        }
        Body::ServerKeyExchange { group } => group.map(|group| format!("group {group}")),
        Body::Ticket(ticket) => {
            let early = ticket.early_data.map(|most| early(most, is_quic));
            let lifetime = units::ttl(ticket.lifetime);
            Some(format!("good for {lifetime}{}", early.unwrap_or_default()))
        }
        Body::KeyUpdate { requested: true } => Some("the other side shall change too".to_owned()),
        Body::KeyUpdate { .. } | Body::CertificateRequest | Body::Other => None,
    }
}

/// What a ticket says of early data. Over QUIC the number limits nothing: the largest one stands for
/// that it is allowed, and flow control says how much (RFC 9001 §4.6.1).
fn early(most: u32, is_quic: bool) -> String {
    match (is_quic, most) {
        (true, u32::MAX) => ", early data allowed".to_owned(),
        (true, _) => format!(", early data of {most} bytes, which QUIC does not have"),
        (false, _) => format!(", {most} bytes of early data"),
    }
}

/// Whose certificates they are.
fn chain_lines(
    chain: &[Arc<Certificate>],
    name: Option<&str>,
    message: &Message,
    lines: &mut Vec<Line>,
) {
    let doubts = certificates::doubts(chain, name, message.span.last.at);
    for (place, certificate) in chain.iter().enumerate() {
        lines.push(Line::below(words::certificate(certificate)));
        for (_, doubt) in doubts.iter().filter(|(of, _)| *of == place) {
            let tone =
                if words::is_grave(message.direction, *doubt) { Tone::Bad } else { Tone::Warn };
            lines.push(Line::below(words::doubt(*doubt)).in_tone(tone));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_quic_a_ticket_says_only_that_early_data_is_allowed() {
        assert_eq!(early(16_384, false), ", 16384 bytes of early data");
        assert_eq!(early(u32::MAX, false), ", 4294967295 bytes of early data");
        assert_eq!(early(u32::MAX, true), ", early data allowed");
        assert!(early(16_384, true).ends_with("which QUIC does not have"));
    }
}
