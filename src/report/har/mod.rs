//! HAR 1.2, as browsers and their tools read it.
//!
//! Takes a trace, gives one document (<http://www.softwareishard.com/blog/har-12-spec/>). Entries
//! are in the order of their start. An exchange on no page is background traffic: its entry has
//! no `pageref`. Bodies are never in it: the trace does not keep them. What HAR has no word for
//! has a name with `_` before it, as HAR asks.
//!
//! An entry needs a URL, so a response whose request was not captured has none; `log` says how
//! many there are.

mod cookie;
mod date;
mod entry;
mod message;
mod milliseconds;
mod page;

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::report::format::{Options, Reporter};
use crate::report::har::date::{Digits, Iso};
use crate::report::har::entry::Entry;
use crate::report::har::page::{Page, PageId};
use crate::report::selection::Selection;
use crate::time::Timestamp;
use crate::trace::{Exchange, Trace};

/// Writes the document.
#[derive(Clone, Copy, Debug)]
pub struct Har;

#[derive(Serialize)]
struct Document<'a> {
    log: Log<'a>,
}

#[derive(Serialize)]
struct Log<'a> {
    version: &'static str,
    creator: Creator,
    pages: Vec<Page<'a>>,
    entries: Entries<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// Responses without a request, for which HAR has no place.
    #[serde(rename = "_responsesWithoutRequest", skip_serializing_if = "Option::is_none")]
    without_request: Option<usize>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

/// The exchanges that become entries, in order of their start.
struct Entries<'a> {
    trace: &'a Trace,
    digits: Digits,
    sorted: Vec<(Timestamp, &'a Exchange)>,
}

impl Reporter for Har {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let selection = Selection::of(trace, options);
        let mut buffered = io::BufWriter::with_capacity(1 << 16, out);
        serde_json::to_writer(&mut buffered, &Document { log: Log::of(trace, &selection) })?;
        buffered.write_all(b"\n")?;
        buffered.flush()
    }
}

impl<'a> Log<'a> {
    fn of(trace: &'a Trace, selection: &Selection) -> Self {
        let mut sorted = Vec::new();
        let mut without_request = 0;
        for exchange in trace.exchanges.iter().filter(|exchange| selection.exchange(exchange.id)) {
            match milliseconds::start(exchange) {
                Some(start) => sorted.push((start, exchange)),
                None => without_request += 1,
            }
        }
        sorted.sort_unstable_by_key(|(start, exchange)| (*start, exchange.id));
        let visits = || trace.visits.iter().filter(|visit| selection.visit(visit.id));
        let starts = sorted.iter().map(|(start, _)| *start);
        let digits = Digits::enough_for(starts.chain(visits().map(|visit| visit.started.at)));
        let pages = visits().map(|visit| Page::of(trace, visit, digits));
        Self {
            version: "1.2",
            creator: Creator { name: "urltrace", version: env!("CARGO_PKG_VERSION") },
            pages: pages.collect(),
            comment: (without_request > 0).then(|| {
                format!("responses whose request was not captured, left out: {without_request}")
            }),
            without_request: (without_request > 0).then_some(without_request),
            entries: Entries { trace, digits, sorted },
        }
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.sorted.iter().filter_map(|(start, exchange)| {
            let start = Iso { at: *start, digits: self.digits };
            let page = exchange.visit.map(PageId);
            Entry::of(self.trace, exchange, start, page)
        }))
    }
}
