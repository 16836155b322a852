//! What an estimate of closed requests is founded on.

use crate::protocol::tls::event::Burst;
use crate::report::text::{numbers, units};
use crate::report::timeline::detail::line::Line;
use crate::trace::connection::Connection;

/// The lines below its row.
pub(super) fn lines(connection: &Connection, nth: u32) -> Vec<Line> {
    let tls = connection.tls.as_deref();
    let Some(estimate) = tls.and_then(|tls| tls.estimates.get(nth as usize)) else {
        return Vec::new();
    };
    let mut lines = vec![Line::new(
        "estimated from the sizes, times and directions of encrypted records: nothing of it was read",
    )];
    lines.push(Line::below(records("client", &estimate.sent)));
    lines.extend(estimate.received.iter().map(|received| Line::below(records("server", received))));
    if estimate.multiplexed {
        lines.push(Line::below(
            "looks like HTTP/2: what the server sent may be for earlier requests, too",
        ));
    }
    lines
}

fn records(who: &str, burst: &Burst) -> String {
    format!(
        "{who} sent {}, about {} in them, within {}, frames {}",
        units::count(u64::from(burst.records), "record", "records"),
        units::count(burst.bytes, "byte", "bytes"),
        units::span(burst.span.done.at.since(burst.span.first.at)),
        numbers::short(&burst.frames)
    )
}
