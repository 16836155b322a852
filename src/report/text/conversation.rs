//! What was said within an exchange, in a few words.

use crate::flow::event::Direction;
use crate::protocol::http::message::StreamMessage;
use crate::protocol::websocket::close_words;
use crate::report::text::escape::escape;
use crate::report::text::units;
use crate::report::text::words;
use crate::trace::Exchange;
use crate::trace::messages::{Close, MessageCounts, Messages};

/// How many messages there were, and how it ended, in parts that can be left out from the end.
pub fn parts(exchange: &Exchange) -> Vec<String> {
    let Some(messages) = exchange.messages.as_deref() else { return Vec::new() };
    let counts = &messages.counts;
    let Some(switched) = &exchange.switched else {
        return vec![units::count(counts.to_client.data, "event", "events")];
    };
    let (sent, received) = (counts.to_server.data, counts.to_client.data);
    if !exchange.is_websocket() {
        let sent = units::count(sent, "datagram", "datagrams");
        return vec![format!("{}: {sent} sent, {received} received", escape(switched))];
    }
    let mut parts = vec![format!(
        "WebSocket: {} sent, {received} received",
        units::count(sent, "message", "messages")
    )];
    parts.extend(ending(exchange, messages));
    parts
}

/// How a WebSocket ended, and after what time.
fn ending(exchange: &Exchange, messages: &Messages) -> Option<String> {
    let after = exchange.conversation().map(units::span)?;
    Some(match first_close(messages) {
        Some((way, close)) => {
            format!("closed by {} after {after} ({})", words::sender(way), why(close))
        }
        None => format!("ended after {after} without a close"),
    })
}

/// Who said first that it is over.
pub fn first_close(messages: &Messages) -> Option<(Direction, &Close)> {
    let ways = [Direction::ToServer, Direction::ToClient].into_iter();
    let closes = ways.filter_map(|way| Some((way, messages.closes.of(way).as_ref()?)));
    closes.min_by_key(|(_, close)| close.at)
}

/// Why it is over: the code, what it means, and the sender's own words.
pub fn why(close: &Close) -> String {
    let reason = escape(&close.reason);
    let quoted =
        if reason.is_empty() { String::new() } else { format!(": \u{201c}{reason}\u{201d}") };
    match close.code {
        Some(code) => format!("{code} {}{quoted}", close_words(code)),
        None => "no code".to_owned(),
    }
}

/// The bytes of one direction: `12 messages, 3 control, 4,120 bytes, 9,000 decompressed`.
pub fn counted(counts: &MessageCounts, of_events: bool) -> String {
    let (one, many) = if of_events { ("event", "events") } else { ("message", "messages") };
    let mut said = vec![units::count(counts.data, one, many)];
    if counts.control > 0 && of_events {
        said.push(units::count(counts.control, "comment or setting", "comments and settings"));
    } else if counts.control > 0 {
        said.push(units::count(counts.control, "control frame", "control frames"));
    }
    said.push(format!("{} as sent", units::count(counts.wire, "byte", "bytes")));
    if counts.decoded != counts.size && counts.undecoded == 0 {
        said.push(format!(
            "payload {}, {} decompressed",
            units::grouped(counts.size),
            units::grouped(counts.decoded)
        ));
    } else {
        said.push(format!("payload {}", units::grouped(counts.size)));
    }
    said.join(", ")
}

/// The size of one message: `561 bytes`, `561 bytes, 1,204 decompressed`.
pub fn size(message: &StreamMessage) -> String {
    let size = units::count(message.size, "byte", "bytes");
    match message.decoded {
        Some(decoded) if decoded == message.size => size,
        Some(decoded) => format!("{size}, {} decompressed", units::grouped(decoded)),
        None => format!("{size}, not decompressed or not whole"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shop;

    #[test]
    fn what_is_no_websocket_is_not_called_one() {
        let mut exchange = shop().exchanges[0].clone();
        exchange.messages = Some(Box::default());
        let mut of = |switched: Option<&str>| {
            exchange.switched = switched.map(Into::into);
            parts(&exchange).remove(0)
        };
        assert_eq!(of(Some("WebSocket")), "WebSocket: 0 messages sent, 0 received");
        assert_eq!(of(Some("webtransport")), "webtransport: 0 datagrams sent, 0 received");
        assert_eq!(of(None), "0 events");
    }
}
