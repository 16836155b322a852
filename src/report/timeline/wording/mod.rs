//! What a row says: its kind, what happened and what came of it, at several lengths.

mod connection;
mod estimate;
mod exchange;
mod forms;
mod names;
mod quic;
mod tls;

use crate::trace::Trace;
use crate::trace::waterfall::{Row, Subject};

pub(super) use forms::Wording;

/// What a row says. URLs on `page` are written without their host.
pub(super) fn of(trace: &Trace, row: &Row, page: Option<&str>) -> Wording {
    let wording = match row.subject {
        Subject::Neighbor(id) => trace.neighbor(id).map(names::neighbor),
        Subject::Lookup(id) => trace.resolution(id).map(|r| names::lookup(trace, r)),
        Subject::Connect(id) => trace.connection(id).map(|c| match &c.quic {
            Some(quic) => quic::handshake(trace, c, quic),
            None => connection::connect(trace, c),
        }),
        Subject::Tls(id) => trace.connection(id).and_then(|one| tls::handshake(trace, one)),
        Subject::Estimate(id, nth) => trace.connection(id).and_then(|c| estimate::burst(c, nth)),
        Subject::Flow(id) => trace.connection(id).map(|c| connection::flow(trace, c)),
        Subject::Exchange(id) => trace.exchange(id).map(|e| exchange::exchange(trace, e, page)),
        Subject::Path(id, nth) => trace.connection(id).and_then(|c| quic::path(c, nth)),
        Subject::Close(id) => trace.connection(id).map(|c| match &c.quic {
            Some(quic) => quic::close(c, quic),
            None => connection::close(c),
        }),
    };
    wording.unwrap_or_default()
}
