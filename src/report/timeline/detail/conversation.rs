//! What was said within an exchange, message by message.

use crate::protocol::http::message::{Ending, MessageKind, StreamMessage};
use crate::report::text::conversation;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::{numbers, units, words};
use crate::report::timeline::detail::line::Line;
use crate::time::Timestamp;
use crate::trace::exchange::Exchange;
use crate::trace::messages::Close;

/// The lines below an exchange that went on as a conversation.
pub(super) fn lines(exchange: &Exchange) -> Vec<Line> {
    let Some(messages) = exchange.messages.as_deref() else { return Vec::new() };
    let is_two_way = exchange.switched.is_some();
    let name = match &exchange.switched {
        None => "event stream".into(),
        Some(_) if exchange.is_websocket() => "WebSocket".into(),
        Some(other) => escape(other),
    };
    // of others the stream tells nothing
    let is_known = !is_two_way || exchange.is_websocket();
    let lasted = exchange.conversation().filter(|_| is_known).map(units::span);
    let lasted = lasted.map_or_else(String::new, |time| format!(", open for {time}"));
    let mut lines = vec![Line::new(format!("{name}{lasted}")).in_tone(Tone::Strong)];
    let counts = &messages.counts;
    if is_two_way {
        let sent = conversation::counted(&counts.to_server, false);
        lines.push(Line::below(format!("client sent {sent}")));
    }
    let received = conversation::counted(&counts.to_client, !is_two_way);
    lines.push(Line::below(format!("server sent {received}")));
    let from = exchange.response.as_ref().map(|response| response.span.done.at);
    for message in messages.listed.iter().take(SHOWN) {
        lines.push(Line::below(told(message, from)));
    }
    let more = messages.len().saturating_sub(messages.listed.len().min(SHOWN) as u64);
    if more > 0 {
        let more = units::count(more, "more message", "more messages");
        lines.push(Line::below(format!("and {more} (JSON lists them)")));
    }
    lines
}

/// One message: when, who, what, how large, in which frames.
fn told(message: &StreamMessage, from: Option<Timestamp>) -> String {
    let after = from.map_or_else(String::new, |from| {
        format!("{} after the response, ", units::span(message.span.done.at.since(from)))
    });
    let who = words::sender(message.direction);
    let what = match &message.kind {
        MessageKind::Event { name: Some(name), .. } => format!("event {}", escape(name)),
        MessageKind::Pong { round_trip: Some(time) } => {
            format!("pong {} after its ping", units::span(*time))
        }
        MessageKind::Close { code: Some(code), reason } => {
            let close = Close { at: message.span.done, code: Some(*code), reason: reason.clone() };
            format!("close {}", conversation::why(&close))
        }
        kind => kind.name().to_owned(),
    };
    let fragments = match message.fragments {
        1 => String::new(),
        n => format!(" in {n} fragments"),
    };
    let how = match message.how {
        Ending::Whole => "",
        Ending::Gap(_) => ", part of it missing",
        Ending::Cut(_) | Ending::Reset(_) => ", cut off",
        Ending::Malformed => ", never finished",
    };
    let size = conversation::size(message);
    let frames = numbers::short(&message.frames);
    let word = if message.frames.len() == 1 { "frame" } else { "frames" };
    format!("{after}{who}: {what}, {size}{fragments}{how}, {word} {frames}")
}

/// Messages that are shown one by one.
const SHOWN: usize = 50;
