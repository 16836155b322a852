//! HAR 1.2, as browsers and their tools read it.
//!
//! Takes a trace, gives one document (<http://www.softwareishard.com/blog/har-12-spec/>). Entries
//! are in the order of their start. An exchange on no page is background traffic: its entry has
//! no `pageref`. Bodies are never in it: the trace does not keep them. What HAR has no word for
//! has a name with `_` before it, as HAR asks.
//!
//! An entry needs a URL, so a response whose request was not captured has none; `log` says how
//! many there are.

mod asked;
mod cookie;
mod date;
mod entry;
mod estimate;
mod lanes;
mod message;
mod milliseconds;
mod page;
mod security;
mod websocket;

use std::io::{self, Write};

use serde::Serialize;

use crate::report::format::{Options, Reporter};
use crate::report::har::asked::Asked;
use crate::report::har::date::Digits;
use crate::report::har::entry::Entry;
use crate::report::har::page::Page;
use crate::report::json::printable;
use crate::report::selection::Selection;
use crate::report::text::words;
use crate::trace::Trace;

/// Writes the document.
#[derive(Clone, Copy, Debug)]
pub struct Har;

/// All of `log` but its entries.
#[derive(Serialize)]
struct Log<'a> {
    version: &'static str,
    creator: Creator,
    pages: Vec<Page<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// Responses without a request, for which HAR has no place.
    #[serde(rename = "_responsesWithoutRequest", skip_serializing_if = "Option::is_none")]
    without_request: Option<usize>,
    /// Requests that stay closed, by what they look like; no entries are made of them.
    #[serde(rename = "_estimated", skip_serializing_if = "Vec::is_empty")]
    estimated: Vec<estimate::Estimated<'a>>,
    /// In how many places of the capture's messages `***` stands for a credential.
    #[serde(rename = "_blanked", skip_serializing_if = "Option::is_none")]
    blanked: Option<u64>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

/// The exchanges that become entries, in order of their start.
struct Entries<'a> {
    sorted: Vec<Asked<'a>>,
    without_request: usize,
    digits: Digits,
}

impl Reporter for Har {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let selection = Selection::of(trace, options);
        let entries = Entries::of(trace, &selection);
        let mut log = printable::to_vec(&Log::of(trace, &selection, &entries))?;
        // The entries are its last member: it stays open for them.
        log.pop();
        out.write_all(b"{\"log\":")?;
        out.write_all(&log)?;
        out.write_all(b",\"entries\":[")?;
        let text = |asked: &Asked<'_>, text: &mut Vec<u8>| {
            printable::to_writer(text, &Entry::of(trace, asked, entries.digits))
        };
        lanes::write(&entries.sorted, text, out)?;
        out.write_all(b"]}}\n")?;
        out.flush()
    }
}

impl<'a> Entries<'a> {
    fn of(trace: &'a Trace, selection: &Selection) -> Self {
        let exchanges = trace.exchanges.iter().filter(|exchange| selection.exchange(exchange.id));
        let (mut sorted, mut without_request) = (Vec::new(), 0);
        for exchange in exchanges {
            match Asked::of(exchange) {
                Some(asked) => sorted.push(asked),
                None => without_request += 1,
            }
        }
        sorted.sort_unstable_by_key(|asked| (asked.start, asked.exchange.id));
        let starts = sorted.iter().map(|asked| asked.start);
        let visits = trace.visits.iter().map(|visit| visit.started.at);
        let digits = Digits::enough_for(starts.chain(visits));
        Self { sorted, without_request, digits }
    }
}

impl<'a> Log<'a> {
    fn of(trace: &'a Trace, selection: &Selection, entries: &Entries<'_>) -> Self {
        let visits = trace.visits.iter().filter(|visit| selection.visit(visit.id));
        let left_out = Some(entries.without_request).filter(|count| *count > 0);
        let alone = left_out
            .map(|count| format!("responses whose request was not captured, left out: {count}"));
        let comments: Vec<String> = alone.into_iter().chain(words::blanked(trace)).collect();
        Self {
            version: "1.2",
            creator: Creator { name: "urltrace", version: env!("CARGO_PKG_VERSION") },
            pages: visits.map(|visit| Page::of(trace, visit, entries.digits)).collect(),
            comment: (!comments.is_empty()).then(|| comments.join("; ")),
            without_request: left_out,
            estimated: estimate::all(trace, selection),
            blanked: trace.blanked.filter(|count| *count > 0),
        }
    }
}
