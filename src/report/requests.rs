//! `--view requests`: one row for each HTTP request and its response.

use std::io::{self, Write};

use crate::report::format::{Options, Reporter};
use crate::report::text::escape::escape;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Cell, Column, Grid};
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
                grid.push(cells(exchange));
            }
        }
        table::write(&grid, NOTE, "No HTTP requests in this capture.", options, out)
    }
}

const NOTE: &str = "phases in ms: blocked between the others, dns lookup, connect handshake, send the \
request, wait for the response's first byte, receive it; empty: did not happen; wire and decoded are \
bytes of the body; visit 0 is background traffic; conn is the connection";

const COLUMNS: [Column; 16] = [
    table::number("#", 0),
    table::number("visit", 9),
    table::word("", 0),
    table::path("url"),
    table::words("status"),
    table::words("type"),
    table::number("wire", 3),
    table::number("decoded", 10),
    table::number("blocked", 8),
    table::number("dns", 7),
    table::number("connect", 6),
    table::number("send", 11),
    table::number("wait", 1),
    table::number("receive", 2),
    table::number("conn", 5),
    table::word("frames", 4),
];

fn cells(exchange: &Exchange) -> Vec<Cell> {
    let method = exchange.request.as_ref().map_or("?".into(), |head| escape(&head.method));
    let url = exchange.url.as_deref().map_or("(not captured)".into(), escape);
    let response = exchange.response.as_deref();
    let kind = response.and_then(|response| response.fields.get("content-type"));
    let kind = kind.map(|kind| escape(kind.split(';').next().unwrap_or(kind).trim()));
    let body = exchange.response_end.as_ref().map(|end| &end.body);
    let size = |bytes: Option<u64>| Cell::new(bytes.map_or(String::new(), units::grouped));
    let time = |time: Option<TimeDelta>| Cell::new(time.map_or(String::new(), units::millis));
    let timings = &exchange.timings;
    vec![
        Cell::new(words::exchange_number(exchange.id)),
        Cell::new(exchange.visit.map_or(0, words::visit_number).to_string()),
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
    let state = words::exchange_state(exchange.state());
    let Some(response) = &exchange.response else {
        let long = state.unwrap_or_else(|| "no response".to_owned());
        return Cell { forms: vec![long, "none".to_owned()], tone: Tone::Bad };
    };
    let (code, reason) = (response.status, escape(&response.reason));
    let plain = if reason.is_empty() { code.to_string() } else { format!("{code} {reason}") };
    let tone = match exchange.state() {
        State::Whole => words::status_tone(code),
        _ => Tone::Bad,
    };
    let wrong = state.map(|state| format!("{plain}, {state}"));
    let short = if wrong.is_some() { format!("{code} !") } else { code.to_string() };
    Cell { forms: wrong.into_iter().chain([plain, short]).collect(), tone }
}
