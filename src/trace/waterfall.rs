//! The rows of the timeline and their bars, in nanoseconds: geometry, no drawing and no words.
//!
//! Takes a [`Trace`], gives a [`Row`] for every question for a hardware address, lookup, opening,
//! exchange and close: those of each visit, and those outside any. Each is in exactly one place.

use smallvec::SmallVec;

use crate::flow::event::{Role, Transport};
use crate::time::{Frames, Stamp, TimeDelta, Timestamp};
use crate::trace::connection::Connection;
use crate::trace::exchange::{Exchange, State};
use crate::trace::id::{ConnectionId, ExchangeId, NeighborId, ResolutionId, VisitId};
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::model::Trace;
use crate::trace::neighbor::Neighbor;
use crate::trace::placing::Placing;
use crate::trace::securing::Outcome;
use crate::trace::visit::Visit;

/// What a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A question for a hardware address, or an announcement.
    Neighbor(NeighborId),
    /// The questions for one name.
    Lookup(ResolutionId),
    /// How a connection was opened, or was not.
    Connect(ConnectionId),
    /// How a connection was secured by TLS, or was not.
    Tls(ConnectionId),
    /// A flow without a beginning that could be told: older than the capture, or not TCP.
    Flow(ConnectionId),
    /// A request and its response.
    Exchange(ExchangeId),
    /// Requests of a connection that stay closed, and what came for them: the n-th estimate.
    Estimate(ConnectionId, u32),
    /// How a connection was closed.
    Close(ConnectionId),
}

/// Where time goes: DevTools' words, and three for what DevTools does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Asking for a hardware address.
    Neighbor,
    /// Open and ready, but not yet asked.
    Blocked,
    /// Looking up a name.
    Dns,
    /// Opening a connection.
    Connect,
    /// TLS.
    Ssl,
    /// Sending the request.
    Send,
    /// Waiting for the first byte of the response.
    Wait,
    /// Receiving the response.
    Receive,
    /// Open without a request.
    Idle,
    /// Closing a connection.
    Close,
}

/// One phase of a row. Never negative: `from <= to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the time was spent on.
    pub phase: Phase,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// One row of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it tells of.
    pub subject: Subject,
    /// When it began.
    pub start: Stamp,
    /// When it was done; none where it never was.
    pub end: Option<Stamp>,
    /// Its bar, in order of time.
    pub pieces: SmallVec<[Piece; 4]>,
    /// The frames that prove it.
    pub frames: Frames,
}

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

fn row(subject: Subject, start: Stamp, end: Option<Stamp>, frames: Frames) -> Row {
    Row { subject, start, end, pieces: SmallVec::new(), frames }
}

impl Row {
    /// From its start to its end.
    pub fn took(&self) -> Option<TimeDelta> {
        self.end.map(|end| end.at.since(self.start.at).at_least_zero())
    }

    fn then(mut self, phase: Phase, from: Timestamp, to: Timestamp) -> Self {
        self.pieces.push(Piece { phase, from, to: to.max(from) });
        self
    }
}

fn neighbor_row(neighbor: &Neighbor) -> Option<Row> {
    let start = neighbor.started()?;
    let end = neighbor.reply.map(|(at, _)| at);
    let to = end.or_else(|| neighbor.requests.last().copied()).unwrap_or(start);
    let row = row(Subject::Neighbor(neighbor.id), start, end, neighbor.frames.clone());
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
    let row = row(Subject::Lookup(resolution.id), resolution.started, end, frames);
    row.then(Phase::Dns, resolution.started.at, end.unwrap_or(last).at)
}

/// The row of an opening. None where another row tells it all: a datagram flow of DNS, or a
/// connection with exchanges that is older than the capture.
fn open_row(connection: &Connection) -> Option<Row> {
    if let Some((syn, ack)) = connection.connect() {
        let handshake = connection.handshake.as_deref()?;
        let proof = [handshake.syn_answered, handshake.syn_ack, ack];
        let frames = connection.syns.iter().copied().chain([syn]).chain(proof);
        let frames = frames.map(|stamp| stamp.frame).collect();
        let row = row(Subject::Connect(connection.id), syn, Some(ack), frames);
        let row = row.then(Phase::Connect, syn.at, ack.at);
        // with TLS its row shows what came of it
        let idle = is_unused(connection) && connection.tls.is_none();
        return Some(if idle { row.then(Phase::Idle, ack.at, closing(connection)) } else { row });
    }
    if let Some(syn) = connection.syns.first().copied() {
        let end = connection.refused;
        let last = connection.syns.last().copied().unwrap_or(syn);
        let to = end.unwrap_or_else(|| connection.last.max(last));
        let stamps = connection.syns.iter().copied().chain(end);
        let frames = stamps.map(|stamp| stamp.frame).collect();
        let row = row(Subject::Connect(connection.id), syn, end, frames);
        return Some(row.then(Phase::Connect, syn.at, to.at));
    }
    let told = !connection.exchanges.is_empty()
        || connection.transport == Transport::Udp && connection.carries_lookups()
        || connection.role == Role::Syn && connection.transport == Transport::Tcp;
    if told {
        return None;
    }
    let (opened, last) = (connection.opened, connection.last);
    let frames = connection.frames.clone();
    let row = row(Subject::Flow(connection.id), opened, Some(last), frames);
    Some(row.then(Phase::Idle, opened.at, last.at))
}

/// No request was seen on it.
fn is_unused(connection: &Connection) -> bool {
    connection.exchanges.is_empty() && !connection.carries_lookups() && !has_estimates(connection)
}

/// What it carried stays closed, and looks like requests.
fn has_estimates(connection: &Connection) -> bool {
    connection.tls.as_ref().is_some_and(|tls| !tls.estimates.is_empty())
}

/// When it began to close, or its last packet.
fn closing(connection: &Connection) -> Timestamp {
    connection.closing.first().map_or(connection.last, |step| step.at).at
}

/// The row of a TLS handshake: from the ClientHello, or the first message that there is, to the end.
/// None where the connection is older than the capture and no handshake came.
fn tls_row(connection: &Connection) -> Option<Row> {
    let tls = connection.tls.as_deref()?;
    let first = tls.messages.iter().map(|message| message.span.first).min();
    let start = tls.started().or(first)?;
    let outcome = Outcome::of(connection, tls);
    let end = match outcome {
        Outcome::Open(done) => Some(done),
        Outcome::Failed(alert) => Some(alert.at),
        Outcome::Reset(_, at) | Outcome::Closed(_, at) => Some(at),
        Outcome::Unanswered | Outcome::Unknown => None,
    };
    let shaking = tls.messages.iter().filter(|m| end.is_none_or(|end| m.span.first <= end));
    let mut frames = Frames::default();
    frames
        .insert_all(shaking.flat_map(|message| message.frames.iter()).chain(end.map(|e| e.frame)));
    let to = end.map_or(connection.last.at, |end| end.at);
    let row = row(Subject::Tls(connection.id), start, end, frames).then(Phase::Ssl, start.at, to);
    let is_idle = matches!(outcome, Outcome::Open(_)) && is_unused(connection);
    Some(if is_idle { row.then(Phase::Idle, to, closing(connection)) } else { row })
}

/// The row of an estimate: from the first record up to the last one down.
fn estimate_row(connection: &Connection, nth: u32) -> Option<Row> {
    let estimate = connection.tls.as_deref()?.estimates.get(nth as usize)?;
    let (sent, received) = (&estimate.sent, estimate.received.as_ref());
    let mut frames = sent.frames.clone();
    frames.insert_all(received.into_iter().flat_map(|received| received.frames.iter()));
    let start = sent.span.first;
    let end = received.map(|received| received.span.done);
    let row = row(Subject::Estimate(connection.id, nth), start, end, frames);
    let Some(received) = received else {
        return Some(row.then(Phase::Send, start.at, sent.span.last.at));
    };
    let first = received.span.ready.at;
    let asked = sent.span.last.at.min(first);
    let row = row.then(Phase::Send, start.at, asked).then(Phase::Wait, asked, first);
    Some(row.then(Phase::Receive, first, received.span.done.at))
}

fn close_row(connection: &Connection) -> Option<Row> {
    // A RST that answers the SYN is told by the row of the opening.
    if connection.refused.is_some() {
        return None;
    }
    let (first, last) = (connection.closing.first()?.at, connection.closing.last()?.at);
    let frames = connection.closing.iter().map(|step| step.at.frame).collect();
    let row = row(Subject::Close(connection.id), first, Some(last), frames);
    Some(row.then(Phase::Close, first.at, last.at))
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
        return row(subject, start, Some(end), frames).then(Phase::Receive, start.at, end.at);
    };
    let start = request.span.first;
    let sent = exchange.sent().unwrap_or(start);
    let over = !matches!(exchange.state(), State::Open | State::NoResponse);
    let mut row = row(subject, start, response_end.filter(|_| over), frames);
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
