//! Wait and receive of an exchange, split into what the wire shows.
//!
//! Takes a trace and an exchange of it, gives parts that tile each phase: they follow each other
//! without a gap, and their sum is the phase to the nanosecond. Where causes overlap, the first
//! of these counts:
//! 1. a hole in the response: nothing behind it can be read;
//! 2. a hole in the request, or a part of it that had to be sent again;
//! 3. in `receive`, a flow-control window of HTTP/2 or QUIC that was used up;
//! 4. what held up the response's bytes: their repair, a full receive window, then (in `receive`)
//!    the congestion window, or nothing to send;
//! 5. the response before this one, on a connection that answers in order (RFC 9112 §9.3.2); on
//!    one that does not, the DATA of other streams: in `receive` wherever it came, in `wait` only
//!    where it came up to the response without a pause, for else the connection was free;
//! 6. in `wait`, the shortest round trip known once the request is on its way, then the server;
//!    in `receive`, data.
//!
//! On QUIC a hole holds up its own stream only, and is told of no other.
//!
//! What is known when the phase ends is all that counts: an exchange that is told at once is told
//! in the same words later.

use smallvec::smallvec;

use crate::flow::event::{Direction, Transport};
use crate::limits::Limits;
use crate::protocol::http::multiplex::Run;
use crate::time::{Stamp, Timestamp};
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::model::Trace;
use crate::trace::stall::{Cause, Part, Stall};

/// Where the time of an exchange went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The parts of [`Timings::wait`](crate::trace::Timings::wait), in order of time; none where
    /// it is zero, or did not happen.
    pub wait: Vec<Part>,
    /// Likewise of [`Timings::receive`](crate::trace::Timings::receive).
    pub receive: Vec<Part>,
}

/// A phase, between two packets.
#[derive(Clone, Copy)]
struct Span {
    from: Stamp,
    to: Stamp,
}

impl Attribution {
    /// Splits the phases of an exchange.
    pub fn of(trace: &Trace, exchange: &Exchange) -> Self {
        let Some(response) = &exchange.response else { return Self::default() };
        let connection = trace.connection(exchange.connection);
        let first = response.span.ready;
        let done = exchange.response_end.as_ref().map_or(response.span.done, |end| end.done);
        let receive = Span { from: first, to: done };
        let wait = exchange.sent().map(|sent| Span { from: sent, to: first });
        let wait = wait.filter(Span::lasts).map(|span| match connection {
            Some(connection) => wait_of(trace, connection, exchange, span),
            None => vec![span.part(Cause::Unknown)],
        });
        let receive = receive.lasts().then(|| match connection {
            Some(connection) => receive_of(connection, exchange, receive),
            None => vec![receive.part(Cause::Unknown)],
        });
        Self { wait: wait.unwrap_or_default(), receive: receive.unwrap_or_default() }
    }
}

fn wait_of(trace: &Trace, connection: &Connection, exchange: &Exchange, wait: Span) -> Vec<Part> {
    let stalls = || stalls_in(connection, exchange, wait);
    let of_request = |stall: &&Stall| {
        let is_loss = matches!(stall.cause, Cause::Loss(_) | Cause::Reordering | Cause::Unknown);
        let ours = stall.direction == Direction::ToServer && stall.newest <= wait.from.frame;
        ours && is_loss
    };
    let of_response = |stall: &&Stall| stall.direction == Direction::ToClient;
    let request_lost: Vec<Part> = stalls().filter(of_request).map(part_of).collect();
    let left = request_lost.iter().map(|part| part.to.min(wait.to.at));
    let left = left.fold(wait.from.at, Timestamp::max);
    let no_room = |stall: &&Stall| stall.cause == Cause::ReceiveWindow;
    let no_room = stalls().filter(of_response).filter(no_room).map(part_of).collect();
    let holes = stalls().filter(of_response).filter(|stall| stall.is_hole).map(part_of).collect();
    // a packet of the server that never came may have been the answer
    let is_vanished = |stall: &Stall| matches!(stall.cause, Cause::Loss(_)) && stall.is_inferred;
    let is_server = !stalls().filter(of_response).any(is_vanished);
    let rest = if is_server { Cause::Server } else { Cause::Unknown };
    let base = answer(connection, exchange, wait, (left, rest));
    let mut parts = behind_others(connection, exchange, wait, base);
    parts = lay(parts, queued(trace, connection, exchange));
    for over in [no_room, request_lost, holes, unlisted(connection)] {
        parts = lay(parts, over);
    }
    parts
}

fn receive_of(connection: &Connection, exchange: &Exchange, receive: Span) -> Vec<Part> {
    let of_response = || {
        let stalls = stalls_in(connection, exchange, receive);
        stalls.filter(|stall| stall.direction == Direction::ToClient)
    };
    let pauses = of_response().filter(|stall| !stall.is_hole).map(part_of).collect();
    let holes = of_response().filter(|stall| stall.is_hole).map(part_of).collect();
    let is_known = connection.transport == Transport::Tcp || connection.quic.is_some();
    let base = vec![receive.part(if is_known { Cause::Data } else { Cause::Unknown })];
    let others = runs(connection, exchange, receive);
    let others = others.map(|run| span_of(run).part(Cause::Streams)).collect();
    let blocked = blocked(connection, exchange, receive);
    lay(lay(lay(lay(lay(base, others), pauses), blocked), holes), unlisted(connection))
}

/// A wait whose end, behind the first round trip, may have been taken by other streams.
fn behind_others(
    connection: &Connection,
    exchange: &Exchange,
    wait: Span,
    base: Vec<Part>,
) -> Vec<Part> {
    let pauses = stalls_in(connection, exchange, wait)
        .filter(|stall| stall.direction == Direction::ToClient && is_pause(stall.cause));
    let free = pauses.map(|stall| stall.to.at).max().unwrap_or(Timestamp::MIN);
    let behind = base.iter().find(|part| part.cause == Cause::Server).map(|part| part.from);
    let Some(from) = behind.map(|from| from.max(free)) else { return base };
    let runs = runs(connection, exchange, wait).filter(|run| run.to.at > from);
    let others = runs.map(|run| {
        let run = Part { is_inferred: true, ..span_of(run).part(Cause::Streams) };
        run.between(run.from.max(from), run.to)
    });
    let others = others.collect();
    lay(base, others)
}

/// The runs of other streams that reach into a phase and were known when it ended.
fn runs<'c>(
    connection: &'c Connection,
    exchange: &Exchange,
    phase: Span,
) -> impl Iterator<Item = &'c Run> {
    let all = connection.multiplex.as_deref().map_or(&[][..], |known| &known.runs);
    let first = all.partition_point(|run| run.to.at <= phase.from.at);
    let own = exchange.message.stream;
    let known = all.iter().skip(first).take_while(move |run| run.to.frame <= phase.to.frame);
    known.filter(move |run| run.stream != own)
}

const fn span_of(run: &Run) -> Span {
    Span { from: run.from, to: run.to }
}

/// True where the sender had nothing to send, or may have had nothing.
const fn is_pause(cause: Cause) -> bool {
    matches!(cause, Cause::Idle | Cause::Unknown)
}

/// The times in a phase in which the server had no flow-control window for the response, as far as
/// that was known when the phase ended.
fn blocked(connection: &Connection, exchange: &Exchange, phase: Span) -> Vec<Part> {
    let all = connection.multiplex.iter().flat_map(|known| &known.blocked);
    let ours = all.filter(|blocked| {
        let is_ours = blocked.stream.is_none_or(|stream| stream == exchange.message.stream);
        is_ours && blocked.way == Direction::ToClient
    });
    let spans = ours.filter_map(|blocked| Some(Span { from: blocked.from, to: blocked.to? }));
    let known = spans.filter(|span| {
        span.to.frame <= phase.to.frame && span.to.at > phase.from.at && span.lasts()
    });
    known.map(|span| span.part(Cause::StreamWindow)).collect()
}

/// The stalls of a connection that were known when a phase of an exchange ended, and reach into it.
/// On QUIC those of other streams do not count: they held up nothing of this one.
fn stalls_in<'c>(
    connection: &'c Connection,
    exchange: &Exchange,
    phase: Span,
) -> impl Iterator<Item = &'c Stall> {
    let first = connection.stalls.partition_point(|stall| stall.told.frame <= phase.from.frame);
    let own = exchange.message.stream;
    let known = connection.stalls.iter().skip(first);
    let known = known.take_while(move |stall| stall.told.frame <= phase.to.frame);
    let ours = known.filter(move |stall| stall.stream.is_none_or(|stream| stream == own));
    ours.filter(move |stall| stall.to.at > phase.from.at && stall.from.at < phase.to.at)
}

/// A wait in which nothing went wrong once the request had left: the way there and back, and the
/// rest.
fn answer(
    connection: &Connection,
    exchange: &Exchange,
    wait: Span,
    (left, rest): (Timestamp, Cause),
) -> Vec<Part> {
    let Some((way, frames)) = connection.round_trip(wait.to.frame) else {
        return vec![wait.part(Cause::Unknown)];
    };
    let back = (left + way).min(wait.to.at);
    let first = exchange.response.as_ref().map_or(wait.to, |response| response.span.first);
    // what is before it left was lost, and is told so on top
    let before = Part { to: left, ..wait.part(Cause::Unknown) };
    let frames = frames.into_iter().collect();
    let network =
        Part { from: left, to: back, is_inferred: true, frames, ..wait.part(Cause::Network) };
    let frames = smallvec![wait.from.frame, first.frame];
    let is_inferred = rest == Cause::Server;
    let rest = Part { from: back, frames, is_inferred, ..wait.part(rest) };
    [before, network, rest].into_iter().filter(|part| part.from < part.to).collect()
}

/// The time until the response before this one was whole, where that is on the same stream.
fn queued(trace: &Trace, connection: &Connection, exchange: &Exchange) -> Vec<Part> {
    let place = connection.exchanges.binary_search(&exchange.id).ok();
    let before = place.and_then(|place| connection.exchanges.get(place.checked_sub(1)?));
    let before = before.and_then(|id| trace.exchange(*id));
    let before = before.filter(|before| before.message.stream == exchange.message.stream);
    let Some(end) = before.and_then(|before| before.response_end.as_ref()) else {
        return Vec::new();
    };
    vec![Part {
        cause: Cause::Queued,
        from: Timestamp::MIN,
        to: end.done.at,
        is_inferred: false,
        frames: smallvec![end.done.frame],
    }]
}

/// The time of which no stalls are listed any more.
fn unlisted(connection: &Connection) -> Vec<Part> {
    let last = connection.stalls.get(Limits::STALLS_LISTED - 1);
    let last = last.map(|last| Part {
        cause: Cause::Unknown,
        from: last.told.at,
        to: Timestamp::MAX,
        is_inferred: false,
        frames: smallvec![last.told.frame],
    });
    last.into_iter().collect()
}

fn part_of(stall: &Stall) -> Part {
    Part {
        cause: stall.cause,
        from: stall.from.at,
        to: stall.to.at,
        is_inferred: stall.is_inferred,
        frames: stall.frames.clone(),
    }
}

/// Lays parts over others: what is below shows where nothing is above it. The result tiles what
/// `below` tiles, whatever is laid over it. Of what is above, the one that began first counts.
fn lay(below: Vec<Part>, mut over: Vec<Part>) -> Vec<Part> {
    if over.is_empty() {
        return below;
    }
    over.sort_by_key(|part| part.from);
    let mut tiles: Vec<Part> = Vec::with_capacity(below.len() + over.len());
    let mut over = over.into_iter().peekable();
    for part in below {
        let mut at = part.from;
        while at < part.to {
            while over.peek().is_some_and(|top| top.to <= at) {
                over.next();
            }
            let (shown, end) = match over.peek() {
                Some(top) if top.from <= at => (top, top.to.min(part.to)),
                Some(top) => (&part, top.from.min(part.to)),
                None => (&part, part.to),
            };
            match tiles.last_mut().filter(|last| is_more(last, shown)) {
                Some(last) => last.go_on(shown, end),
                None => tiles.push(shown.between(at, end)),
            }
            at = end;
        }
    }
    tiles
}

/// True where one part goes on with another: as holes do behind a hole that was filled.
fn is_more(last: &Part, next: &Part) -> bool {
    last.cause == next.cause && last.is_inferred == next.is_inferred
}

impl Span {
    fn lasts(&self) -> bool {
        self.from.at < self.to.at
    }

    fn part(&self, cause: Cause) -> Part {
        let frames = if cause == Cause::Data {
            smallvec![]
        } else {
            smallvec![self.from.frame, self.to.frame]
        };
        Part { cause, from: self.from.at, to: self.to.at, is_inferred: false, frames }
    }
}

#[cfg(test)]
mod tests;
