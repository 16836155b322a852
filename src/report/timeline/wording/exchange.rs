//! What is said of requests and their responses.

use std::borrow::Cow;

use crate::flow::event::EndReason;
use crate::protocol::http::message::{Ending, RequestHead};
use crate::protocol::http::url::Parts;
use crate::report::text::conversation;
use crate::report::text::escape::escape;
use crate::report::text::http;
use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::text::words;
use crate::report::timeline::wording::forms::{Wording, one, with_parts};
use crate::trace::exchange::{Exchange, State};
use crate::trace::model::Trace;
use crate::trace::waterfall::Phase;

pub(super) fn exchange(trace: &Trace, exchange: &Exchange, page: Option<&str>) -> Wording {
    let kind = exchange.request.as_ref().map_or(Cow::Borrowed("?"), |head| http::method(head));
    let what = match exchange.url.as_deref() {
        Some(url) => one(escape(&shown_url(url, page)).into_owned()),
        None => match exchange.request.as_deref() {
            Some(head) => one(known_of_url(head)),
            None => one("(request not captured)"),
        },
    };
    let (result, tone) = exchange_result(trace, exchange);
    let end = exchange.response_end.as_ref();
    Wording {
        kind: kind.into_owned(),
        phase: Some(Phase::Wait),
        what,
        result,
        tone,
        size: exchange.response.as_ref().map(|_| end.map_or(0, |end| end.body.encoded)),
        connection: Some(exchange.connection),
    }
}

/// What is known of a URL that is not known as a whole.
fn known_of_url(head: &RequestHead) -> String {
    let host = head.authority.as_deref().or_else(|| head.fields.get("host"));
    match (host, head.target.as_deref()) {
        (Some(host), None) => format!("{} (path unknown)", escape(host)),
        (None, Some(path)) => format!("(host unknown) {}", escape(path)),
        _ => "(URL unknown)".to_owned(),
    }
}

/// A URL without what the reader knows already: the host of the page, the scheme `http`.
fn shown_url(url: &str, page: Option<&str>) -> String {
    let same = |page: &str| {
        let (this, page) = (Parts::of(url), Parts::of(page));
        (this.scheme, this.host, this.port) == (page.scheme, page.host, page.port)
    };
    if page.is_some_and(same) {
        return after_host(url).to_owned();
    }
    url.strip_prefix("http://").unwrap_or(url).to_owned()
}

/// Path and query of a URL.
fn after_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(at..).unwrap_or("")
}

fn exchange_result(trace: &Trace, exchange: &Exchange) -> (Vec<String>, Tone) {
    let state = exchange.state();
    let wrong = http::exchange_state(state);
    let Some(response) = &exchange.response else {
        let (long, tone) = match state {
            State::Open => ("no response when the capture ended".to_owned(), Tone::Warn),
            _ => (no_response(exchange), Tone::Bad),
        };
        return (vec![long, "no response".to_owned()], tone);
    };
    let mut parts = vec![http::status_line(response)];
    let interim = exchange.informational.iter().map(http::status_code);
    parts.extend(wrong.clone());
    if let (Some(300..=399), Some(to)) = (response.status, response.fields.get("location")) {
        parts.push(format!("to {}", escape(to)));
    } else if response.status == Some(304) {
        parts.push("the copy in the cache is still good".to_owned());
    } else if let Some(kind) = response.fields.get("content-type") {
        parts.push(escape(kind.split(';').next().unwrap_or(kind).trim()).into_owned());
    }
    parts.extend(response.fields.get("content-encoding").map(|v| escape(v).into_owned()));
    let said = conversation::parts(exchange);
    let switched = exchange.switched.as_ref().filter(|_| said.is_empty());
    parts.extend(switched.map(|to| format!("now speaks {}", escape(to))));
    parts.extend(said);
    parts.extend(grpc(exchange));
    parts.extend(pushed(exchange));
    let again = sent_again(trace, exchange);
    if again > 0 {
        parts.insert(1, units::count(again, "segment resent", "segments resent"));
    }
    let interim: Vec<String> = interim.collect();
    if !interim.is_empty() {
        parts.push(format!("after {}", interim.join(", ")));
    }
    let tone = match state {
        State::Whole => http::status_tone(response),
        State::Open | State::NoRequest | State::Cut(EndReason::CaptureEnd) => Tone::Warn,
        _ => Tone::Bad,
    };
    let mut forms = with_parts(&parts);
    if let Some(word) = http::exchange_state_word(state) {
        // However short it must be, that something is wrong is said.
        forms.pop();
        forms.push(format!("{}, {word}", http::status_line(response)));
        forms.push(format!("{}, {word}", http::status_code(response)));
    } else {
        forms.push(http::status_code(response));
    }
    (forms, tone)
}

/// What gRPC says of the call: it is in the trailers, or in the head where nothing follows that.
fn grpc(exchange: &Exchange) -> Option<String> {
    let of_trailers = exchange.response_end.as_ref().and_then(|end| end.trailers.get(GRPC));
    let of_head = || exchange.response.as_ref().and_then(|head| head.fields.get(GRPC));
    let code = of_trailers.or_else(of_head)?;
    let name = code.trim().parse().ok().and_then(|code: usize| GRPC_CODES.get(code));
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    Some(format!("{GRPC} {}{name}", escape(code)))
}

fn pushed(exchange: &Exchange) -> Option<String> {
    let on = exchange.request.as_ref()?.promised_on?;
    Some(format!("pushed by the server, promised on stream {on}"))
}

/// Segments of the connection that were sent again while the exchange lasted.
fn sent_again(trace: &Trace, exchange: &Exchange) -> u64 {
    let Some(connection) = trace.connection(exchange.connection) else { return 0 };
    let Some(request) = &exchange.request else { return 0 };
    let (from, until) = (request.span.first, exchange.ended());
    let first = connection.segments.partition_point(|segment| segment.at < from);
    let during = connection.segments.iter().skip(first).take_while(|s| s.at <= until);
    during.filter(|segment| segment.kind.is_retransmission()).count() as u64
}

/// Why there is none, where it is known.
fn no_response(exchange: &Exchange) -> String {
    let end = exchange.response_end.as_ref().or(exchange.request_end.as_ref());
    match end.map(|end| end.how) {
        Some(Ending::Cut(reason)) => format!("no response: {}", words::ended(reason)),
        Some(Ending::Gap(reason)) => format!("no response: {}", words::gap(reason)),
        Some(Ending::Reset(reset)) => format!("no response: {}", http::given_up(reset)),
        _ => "no response".to_owned(),
    }
}

const GRPC: &str = "grpc-status";

/// The codes of gRPC, by number.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
