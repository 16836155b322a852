//! One visit as a page.

use serde::{Serialize, Serializer};

use crate::report::har::asked::Asked;
use crate::report::har::date::{Digits, Iso};
use crate::report::har::milliseconds::Ms;
use crate::time::Timestamp;
use crate::trace::{Trace, Visit, VisitId};

/// A page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    started_date_time: Iso,
    id: PageId,
    title: &'a str,
    #[serde(rename = "pageTimings")]
    timings: PageTimings,
    #[serde(rename = "_visit")]
    visit: u32,
    /// From the page's start to the first byte of its document.
    #[serde(rename = "_firstByte", skip_serializing_if = "Option::is_none")]
    first_byte: Option<Ms>,
    /// From the page's start to its last byte.
    #[serde(rename = "_lastByte")]
    last_byte: Ms,
}

/// A page's name: `page_1` for the first visit.
#[derive(Clone, Copy)]
pub(super) struct PageId(pub(super) VisitId);

/// The browser's own events: the wire does not show them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageTimings {
    on_content_load: i32,
    on_load: i32,
}

impl<'a> Page<'a> {
    /// The page of a visit.
    pub(super) fn of(trace: &'a Trace, visit: &'a Visit, digits: Digits) -> Self {
        let started = started(trace, visit);
        let document = visit.document.and_then(|id| trace.exchange(id));
        let response = document.and_then(|document| document.response.as_ref());
        let after = |at: Timestamp| Ms(at.since(started).at_least_zero());
        Self {
            started_date_time: Iso { at: started, digits },
            id: PageId(visit.id),
            title: &visit.url,
            timings: PageTimings { on_content_load: -1, on_load: -1 },
            visit: visit.id.0,
            first_byte: response.map(|response| after(response.span.first.at)),
            last_byte: after(visit.ended.at),
        }
    }
}

/// When a page begins: no entry of it may be earlier.
fn started(trace: &Trace, visit: &Visit) -> Timestamp {
    let entries = trace.exchanges_of(visit).filter_map(Asked::of).map(|asked| asked.start);
    entries.fold(visit.started.at, Timestamp::min)
}

impl Serialize for PageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let VisitId(id) = self.0;
        serializer.collect_str(&format_args!("page_{}", u64::from(id) + 1))
    }
}
