//! The rows of the timeline and their bars, in nanoseconds: geometry, no drawing and no words.
//!
//! Takes a [`Trace`], gives a [`Row`] for every question for a hardware address, lookup, opening,
//! exchange and close: those of each visit, and those outside any. Each is in exactly one place.

mod connections;

use crate::time::{Frames, Stamp, TimeDelta, Timestamp};
use crate::trace::connection::Connection;
use crate::trace::exchange::{Exchange, State};
use crate::trace::id::VisitId;
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::model::Trace;
use crate::trace::neighbor::Neighbor;
use crate::trace::placing::Placing;
use crate::trace::visit::Visit;

use connections::{close_row, estimate_row, open_row, path_row, tls_row};

pub use crate::trace::row::{Phase, Piece, Row, Subject};

/// All rows of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// The rows of each visit, by [`VisitId`], in order of time.
    pub visits: Vec<Vec<Row>>,
    /// The rows outside any visit, in order of time.
    pub outside: Vec<Row>,
}

impl Waterfall {
    /// The rows of a trace.
    pub fn of(trace: &Trace) -> Self {
        let placing = Placing::of(trace);
        let mut all = Self { visits: vec![Vec::new(); trace.visits.len()], outside: Vec::new() };
        for neighbor in &trace.neighbors {
            all.add(placing.neighbor(neighbor.id), neighbor_row(neighbor));
        }
        for resolution in &trace.resolutions {
            all.add(placing.resolution(resolution.id), Some(lookup_row(trace, resolution)));
        }
        for connection in &trace.connections {
            all.add(placing.open(connection.id), open_row(connection));
            all.add(placing.open(connection.id), tls_row(connection));
            let count = connection.tls.as_ref().map_or(0, |tls| tls.estimates.len());
            for nth in 0..u32::try_from(count).unwrap_or(u32::MAX) {
                all.add(placing.open(connection.id), estimate_row(connection, nth));
            }
            let count = connection.quic.as_ref().map_or(0, |quic| quic.paths.len());
            for nth in 0..u32::try_from(count).unwrap_or(u32::MAX) {
                let row = path_row(connection, nth);
                let visit = row.as_ref().and_then(|row| visit_at(trace, connection, row.start));
                all.add(visit.or_else(|| placing.open(connection.id)), row);
            }
            all.add(placing.close(connection.id), close_row(connection));
        }
        for exchange in &trace.exchanges {
            all.add(exchange.visit, Some(exchange_row(trace, exchange)));
        }
        for rows in all.visits.iter_mut().chain([&mut all.outside]) {
            // In one packet a FIN may follow the last byte, so that the subject decides the rest.
            rows.sort_by_key(|row| (row.start.at, row.start.frame, row.subject));
        }
        all
    }

    /// The rows of one visit.
    pub fn of_visit(&self, id: VisitId) -> &[Row] {
        self.visits.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, visit: Option<VisitId>, row: Option<Row>) {
        let of_visit = visit.and_then(|id| self.visits.get_mut(id.0 as usize));
        of_visit.unwrap_or(&mut self.outside).extend(row);
    }
}

/// The row of one thing, wherever it belongs; none where it has nothing to show.
pub fn row_of(trace: &Trace, subject: Subject) -> Option<Row> {
    match subject {
        Subject::Neighbor(id) => neighbor_row(trace.neighbor(id)?),
        Subject::Lookup(id) => Some(lookup_row(trace, trace.resolution(id)?)),
        Subject::Connect(id) | Subject::Flow(id) => open_row(trace.connection(id)?),
        Subject::Tls(id) => tls_row(trace.connection(id)?),
        Subject::Estimate(id, nth) => estimate_row(trace.connection(id)?, nth),
        Subject::Exchange(id) => Some(exchange_row(trace, trace.exchange(id)?)),
        Subject::Path(id, nth) => path_row(trace.connection(id)?, nth),
        Subject::Close(id) => close_row(trace.connection(id)?),
    }
}

/// The moments that a visit is measured by, counted from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    /// The name of the first host was found.
    pub looked_up: Option<TimeDelta>,
    /// The connection for the first request was open.
    pub connected: Option<TimeDelta>,
    /// The first byte of the document's response.
    pub first_byte: Option<TimeDelta>,
    /// The last byte of the document's response.
    pub document: Option<TimeDelta>,
    /// The last byte of all.
    pub last_byte: Option<TimeDelta>,
}

impl Milestones {
    /// Those of one visit.
    pub fn of(trace: &Trace, visit: &Visit) -> Self {
        let since = |at: Timestamp| at.since(visit.started.at).at_least_zero();
        let root = trace.exchange(visit.root);
        let waited_for = |exchange: &&Exchange| exchange.timings.connect.is_some();
        let connection = root.filter(waited_for).and_then(|root| trace.connection(root.connection));
        let lookup = root.filter(|root| root.timings.dns.is_some());
        let lookup = lookup.and_then(|root| root.resolution).and_then(|id| trace.resolution(id));
        let document = visit.document.and_then(|id| trace.exchange(id));
        let response = document.and_then(|document| document.response.as_ref());
        let end = document.and_then(|document| document.response_end.as_ref());
        Self {
            looked_up: lookup
                .and_then(|resolution| last_answer(trace, resolution, connection))
                .map(|stamp| since(stamp.at)),
            connected: connection.and_then(Connection::ready).map(|ready| since(ready.at)),
            first_byte: response.map(|response| since(response.span.ready.at)),
            document: end.map(|end| since(end.done.at)),
            last_byte: response.map(|_| since(visit.ended.at)),
        }
    }
}

/// The last answer that the connection could wait for.
fn last_answer(
    trace: &Trace,
    resolution: &Resolution,
    connection: Option<&Connection>,
) -> Option<Stamp> {
    let before = |stamp: &Stamp| connection.is_none_or(|to| stamp.at <= to.opened.at);
    let lookups = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
    lookups.filter_map(Lookup::finished).filter(before).max()
}

fn neighbor_row(neighbor: &Neighbor) -> Option<Row> {
    let start = neighbor.started()?;
    let end = neighbor.reply.map(|(at, _)| at);
    let to = end.or_else(|| neighbor.requests.last().copied()).unwrap_or(start);
    let row = Row::new(Subject::Neighbor(neighbor.id), start, end, neighbor.frames.clone());
    Some(row.then(Phase::Neighbor, start.at, to.at))
}

fn lookup_row(trace: &Trace, resolution: &Resolution) -> Row {
    let mut frames = Frames::default();
    let mut last = resolution.started;
    for lookup in resolution.lookups.iter().filter_map(|id| trace.lookup(*id)) {
        frames.insert_all(lookup.frames.iter());
        let seen = lookup.attempts.iter().flat_map(|attempt| [attempt.query, attempt.response]);
        last = seen.flatten().fold(last, Stamp::max);
    }
    let end = resolution.finished;
    let row = Row::new(Subject::Lookup(resolution.id), resolution.started, end, frames);
    row.then(Phase::Dns, resolution.started.at, end.unwrap_or(last).at)
}

/// The visit that a connection was used for last at a moment.
fn visit_at(trace: &Trace, connection: &Connection, at: Stamp) -> Option<VisitId> {
    let exchanges = connection.exchanges.iter().rev().filter_map(|id| trace.exchange(*id));
    exchanges.skip_while(|exchange| exchange.started > at).find_map(|exchange| exchange.visit)
}

fn exchange_row(trace: &Trace, exchange: &Exchange) -> Row {
    let connection = trace.connection(exchange.connection);
    let response = exchange.response.as_ref();
    let response_end = exchange.response_end.as_ref().map(|end| end.done);
    let response_end = response_end.or_else(|| response.map(|response| response.span.done));
    let frames = exchange.frames();
    let subject = Subject::Exchange(exchange.id);
    let Some(request) = &exchange.request else {
        let start = response.map_or(exchange.started, |response| response.span.first);
        let end = response_end.unwrap_or(start);
        return Row::new(subject, start, Some(end), frames).then(Phase::Receive, start.at, end.at);
    };
    let start = request.span.first;
    let sent = exchange.sent().unwrap_or(start);
    let over = !matches!(exchange.state(), State::Open | State::NoResponse);
    let mut row = Row::new(subject, start, response_end.filter(|_| over), frames);
    let ready = connection.and_then(Connection::ready).map(|ready| ready.at);
    if let (Some(ready), Some(_), true) =
        (ready, exchange.timings.connect, exchange.opens_connection)
        && ready < start.at
    {
        row = row.then(Phase::Blocked, ready, start.at);
    }
    let Some(response) = response else {
        let last = connection.map_or(sent, |connection| connection.last.max(sent));
        let last = response_end.unwrap_or(last);
        return row.then(Phase::Send, start.at, sent.at).then(Phase::Wait, sent.at, last.at);
    };
    // A response may begin before the request has ended.
    let first = response.span.ready.at;
    let asked = sent.at.min(first);
    row = row.then(Phase::Send, start.at, asked).then(Phase::Wait, asked, first);
    row.then(Phase::Receive, first, response_end.map_or(first, |end| end.at))
}
