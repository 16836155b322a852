//! `-v`: everything there is to know about a row, with the frames that prove it.

mod conversation;
mod estimate;
mod http;
mod line;
mod lookup;
mod measures;
mod multiplex;
mod neighbor;
mod quic;
mod stall;
mod tcp;
mod tls;

use crate::report::text::ink::Tone;
use crate::trace::Trace;
use crate::trace::connection::Connection;
use crate::trace::waterfall::{Row, Subject, row_of};

use line::Line;

/// The lines below a row.
pub(super) fn of(trace: &Trace, row: &Row) -> Vec<Line> {
    let lines = match row.subject {
        Subject::Neighbor(id) => trace.neighbor(id).map(neighbor::lines),
        Subject::Lookup(id) => trace.resolution(id).map(|r| lookup::lines(trace, r)),
        Subject::Connect(id) => trace.connection(id).map(|c| {
            let is_last = (c.tls.is_none() || c.quic.is_some()) && !has_close(trace, c);
            let lines = match &c.quic {
                Some(quic) => {
                    // how it was given up, where it never was open
                    let close = quic::closing(c, quic).into_iter().filter(|_| !has_close(trace, c));
                    quic::opening(trace, c, quic).into_iter().chain(close).collect()
                }
                None => tcp::opening(trace, c),
            };
            lines.into_iter().chain(said(c).filter(|_| is_last)).collect()
        }),
        Subject::Tls(id) => trace.connection(id).map(|c| {
            let is_last = c.closing.is_empty();
            tls::lines(c).into_iter().chain(said(c).filter(|_| is_last)).collect()
        }),
        Subject::Estimate(id, nth) => trace.connection(id).map(|c| estimate::lines(c, nth)),
        Subject::Flow(id) => trace.connection(id).map(|c| {
            let lines = match &c.quic {
                Some(quic) => quic::totals(trace, c, quic),
                None => tcp::totals(trace, c),
            };
            lines.into_iter().chain(said(c)).collect()
        }),
        Subject::Exchange(id) => trace.exchange(id).map(|e| http::lines(trace, e)),
        Subject::Path(id, nth) => {
            let quic = trace.connection(id).and_then(|c| c.quic.as_deref());
            quic.map(|quic| quic::path(quic, nth))
        }
        Subject::Close(id) => trace.connection(id).map(|c| {
            let lines = match &c.quic {
                Some(quic) => quic::closing(c, quic),
                None => tcp::closing(c),
            };
            said(c).chain(lines).collect()
        }),
    };
    let mut lines = lines.unwrap_or_default();
    for line in &mut lines {
        if line.tone == Tone::Plain {
            line.tone = Tone::Dim;
        }
    }
    lines
}

/// True where a row of its own tells how it was closed.
fn has_close(trace: &Trace, connection: &Connection) -> bool {
    row_of(trace, Subject::Close(connection.id)).is_some()
}

/// What was said of a connection of many streams: below the row of its close, or, as long as it is
/// open, below the last one of its opening.
fn said(connection: &Connection) -> impl Iterator<Item = Line> {
    connection.multiplex.iter().flat_map(|known| multiplex::lines(known))
}
