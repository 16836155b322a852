//! What the heads of messages say, in plain words.

use std::borrow::Cow;

use crate::protocol::http::message::{RequestHead, ResponseHead, Version};
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;

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
