//! `--view requests`: one row for each HTTP request and its response.

use std::borrow::Cow;
use std::io::{self, Write};
use std::iter;

use crate::protocol::http::passwords::BLANK;
use crate::report::format::{Options, Reporter};
use crate::report::text::conversation;
use crate::report::text::escape::escape;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Cell, Column, Grid};
use crate::report::text::http;
use crate::report::text::ink::Tone;
use crate::report::text::{numbers, table, units, words};
use crate::time::TimeDelta;
use crate::trace::Trace;
use crate::trace::exchange::{Exchange, State};

/// Writes the requests.
pub struct Requests;

impl Reporter for Requests {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let filter = Filter::of(options);
        let mut grid = Grid::new(&COLUMNS);
        for exchange in &trace.exchanges {
            let wanted = options.visit.is_none_or(|id| exchange.visit == Some(id));
            if wanted && filter.exchange(trace, exchange) {
                grid.push(cells(exchange, options.width.is_none()));
            }
        }
        let mut note = NOTE.to_owned();
        let urls = trace.exchanges.iter().filter_map(|exchange| exchange.url.as_deref());
        let blanked = words::blanked(trace).filter(|_| urls.clone().any(|u| u.contains(BLANK)));
        note.extend(blanked.into_iter().flat_map(|told| ["; ".to_owned(), told]));
        table::write(&grid, &note, "No HTTP requests in this capture.", options, out)
    }
}

const NOTE: &str = "phases in ms: blocked between the others, dns lookup, connect handshake, send the \
request, wait for the response's first byte, receive it; empty: did not happen; wire and decoded are \
bytes of the body; no visit: background traffic; conn is the connection";

const COLUMNS: [Column; 16] = [
    table::number("#", 0),
    table::number("visit", 10),
    table::word("", 0),
    table::path("url", 24),
    table::words("status", 14, 0),
    table::words("type", 10, 7),
    table::number("wire", 3),
    table::number("decoded", 11),
    table::number("blocked", 9),
    table::number("dns", 5),
    table::number("connect", 4),
    table::number("send", 12),
    table::number("wait", 1),
    table::number("receive", 2),
    table::number("conn", 6),
    table::word("frames", 8),
];

fn cells(exchange: &Exchange, whole: bool) -> Vec<Cell> {
    let method = exchange.request.as_ref().map_or(Cow::Borrowed("?"), |head| http::method(head));
    let missing = if exchange.request.is_some() { "(unknown)" } else { "(not captured)" };
    let url = exchange.url.as_deref().map_or(Cow::Borrowed(missing), escape);
    // Where room is short, what goes without saying goes.
    let url = if whole { &url } else { url.strip_prefix("http://").unwrap_or(&url) };
    let response = exchange.response.as_deref();
    let kind = response.and_then(|response| response.fields.get("content-type"));
    let kind = kind.map(|kind| escape(kind.split(';').next().unwrap_or(kind).trim()));
    let body = exchange.response_end.as_ref().map(|end| &end.body);
    let size = |bytes: Option<u64>| Cell::new(bytes.map_or(String::new(), units::grouped));
    let time = |time: Option<TimeDelta>| Cell::new(time.map_or(String::new(), units::millis));
    let timings = &exchange.timings;
    vec![
        Cell::new(words::exchange_number(exchange.id)),
        Cell::new(
            exchange.visit.map_or_else(String::new, |id| words::visit_number(id).to_string()),
        ),
        Cell::new(method),
        Cell::new(url),
        status(exchange),
        Cell::new(kind.unwrap_or_default()),
        size(body.map(|body| body.wire)),
        size(body.and_then(|body| body.decoded)),
        time(timings.blocked),
        time(timings.dns),
        time(timings.connect),
        time(timings.send),
        time(timings.wait),
        time(timings.receive),
        Cell::new(words::connection_number(exchange.connection)),
        Cell::new(numbers::short(&exchange.frames())).in_tone(Tone::Dim),
    ]
}

fn status(exchange: &Exchange) -> Cell {
    let state = http::exchange_state(exchange.state());
    let Some(response) = &exchange.response else {
        let long = state.unwrap_or_else(|| "no response".to_owned());
        return Cell { forms: vec![long, "none".to_owned()], tone: Tone::Bad };
    };
    let (plain, code) = (http::status_line(response), http::status_code(response));
    let tone = match exchange.state() {
        State::Whole => http::status_tone(response),
        _ => Tone::Bad,
    };
    let word = http::exchange_state_word(exchange.state());
    let forms = if let (Some(state), Some(word)) = (state, word) {
        vec![format!("{plain}, {state}"), format!("{plain}, {word}"), format!("{code}, {word}")]
    } else {
        let said = conversation::parts(exchange);
        let with = |count: usize| {
            let shown = said.iter().take(count).map(String::as_str);
            iter::once(&*plain).chain(shown).collect::<Vec<_>>().join(", ")
        };
        let mut forms: Vec<String> = (0..=said.len()).rev().map(with).collect();
        forms.push(code);
        forms
    };
    Cell { forms, tone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{drawn, keeps_to_every_width};

    #[test]
    fn shop_to_a_pipe() {
        insta::assert_snapshot!(drawn(&Requests, &Options::default()));
    }

    #[test]
    fn shop_at_every_width() {
        keeps_to_every_width(&Requests);
        let options = Options { width: Some(110), ..Options::default() };
        insta::assert_snapshot!(drawn(&Requests, &options));
    }

    #[test]
    fn only_one_host() {
        let options = Options { host: Some("third.test".into()), ..Options::default() };
        let text = drawn(&Requests, &options);
        assert!(text.contains("third.test") && !text.contains("shop.test"), "{text}");
    }
}
