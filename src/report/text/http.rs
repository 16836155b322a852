//! What the heads of messages say, in plain words.

use std::borrow::Cow;

use crate::protocol::http::message::{RequestHead, ResponseHead, Version};
use crate::protocol::http::multiplex::Reset;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::words;
use crate::trace::exchange::State;

/// The method, escaped.
pub fn method(request: &RequestHead) -> Cow<'_, str> {
    request.method.as_deref().map_or(Cow::Borrowed("?"), escape)
}

/// The request target, escaped.
pub fn target(request: &RequestHead) -> Cow<'_, str> {
    request.target.as_deref().map_or(Cow::Borrowed("(unknown target)"), escape)
}

/// `200 OK`.
pub fn status_line(response: &ResponseHead) -> String {
    match (response.status, escape(&response.reason)) {
        (None, _) => format!("{} ({})", status_code(response), response.version),
        (Some(code), reason) if reason.is_empty() => code.to_string(),
        (Some(code), reason) => format!("{code} {reason}"),
    }
}

/// `200`.
pub fn status_code(response: &ResponseHead) -> String {
    match response.status {
        Some(code) => code.to_string(),
        None if response.version == Version::Http09 => "no status".to_owned(),
        None => "unknown status".to_owned(),
    }
}

/// The colour of a status code.
pub fn status_tone(response: &ResponseHead) -> Tone {
    let Some(code) = response.status else { return Tone::Note };
    match code {
        200..=299 => Tone::Good,
        100..=199 | 300..=399 => Tone::Note,
        400..=499 => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// What is wrong with an exchange that is not whole.
pub fn exchange_state(state: State) -> Option<String> {
    match state {
        State::Whole => None,
        State::Gap(reason) => Some(format!("bytes missing: {}", words::gap(reason))),
        State::Cut(reason) => Some(format!("cut short: {}", words::ended(reason))),
        State::Malformed => Some("breaks the rules of HTTP".to_owned()),
        State::Reset(reset) => Some(given_up(reset)),
        State::NoResponse => Some("no response".to_owned()),
        State::NoRequest => Some("request not captured".to_owned()),
        State::Open => Some("not finished when the capture ended".to_owned()),
    }
}

/// The same in two words.
pub const fn exchange_state_word(state: State) -> Option<&'static str> {
    Some(match state {
        State::Whole => return None,
        State::Gap(_) => "bytes missing",
        State::Cut(_) => "cut short",
        State::Malformed => "malformed",
        State::Reset(_) => "reset",
        State::NoResponse => "no response",
        State::NoRequest => "no request",
        State::Open => "not finished",
    })
}

/// Who gave up a stream, and why.
pub fn given_up(reset: Reset) -> String {
    let (sender, code) = (words::sender(reset.by), reset.code);
    if reset.unprocessed {
        return format!("not worked on: GOAWAY of the {sender}, {code}");
    }
    format!("reset by {sender}, {code}")
}
