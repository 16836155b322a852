//! Stamps to HAR's phases: what an exchange waited for, and where its own time went.

use std::net::IpAddr;

use crate::time::{Stamp, TimeDelta};
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::model::Trace;
use crate::trace::race;

/// What an exchange waited for before its request could be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// When the first of it began; none where it waited for nothing.
    pub started: Option<Stamp>,
    /// The time between the phases.
    pub blocked: Option<TimeDelta>,
    /// The lookup.
    pub dns: Option<TimeDelta>,
    /// The handshakes: that of TCP, and that of TLS; or that of QUIC, which is both at once.
    pub connect: Option<TimeDelta>,
    /// The part of `connect` that is TLS: all of it with QUIC, as browsers have it.
    pub ssl: Option<TimeDelta>,
}

/// A connection whose first request follows the handshake later than this was opened ahead of
/// need (preconnect, a spare socket): its handshake is not part of any exchange. A browser that
/// was waiting sends within a millisecond or two of the SYN-ACK.
const WAITED: TimeDelta = TimeDelta::from_millis(40);

/// Neighbours that are looked at for what a connection waited for: those asked last.
const NEIGHBORS_BACK: usize = 64;

/// Likewise between the lookup's answer and the SYN.
const LOOKED_UP: TimeDelta = TimeDelta::from_millis(45);

/// What the first exchange of a connection waited for: the handshake, if the request followed at
/// once, and the lookup, if the SYN followed its answer at once.
pub(super) fn before_request(
    trace: &Trace,
    connection: &Connection,
    resolution: Option<&Resolution>,
    request: Stamp,
) -> Before {
    let Some((syn, ready)) = opened(connection, request) else { return Before::default() };
    // Fast open carries the request in the SYN, early data (RFC 8446 §2.3) and False Start
    // (RFC 7918) send it before the server has finished: the phases overlap, and connect ends with
    // it.
    let connected = ready.at.min(request.at);
    let idle = request.at.since(connected);
    if idle > WAITED {
        return Before::default();
    }
    let connect = connected.since(syn.at).at_least_zero();
    let ssl = if connection.quic.is_some() {
        Some(connect)
    } else {
        let hello = connection.tls.as_ref().filter(|tls| tls.done().is_some());
        let hello = hello.and_then(|tls| tls.started());
        hello.map(|hello| connected.since(hello.at).at_least_zero())
    };
    let lookup = resolution.and_then(|resolution| answered_before(trace, resolution, syn));
    let client = connection.client.ip;
    let lookup = lookup.filter(|(_, answer)| {
        let idle = syn.at.since(answer.at) - asking_neighbors(trace, client, *answer, syn);
        // a client that turns from QUIC to TCP had waited for the answer with its first packet
        let tried = || race::tried_before(trace, connection).filter(|tried| tried.at >= answer.at);
        idle <= LOOKED_UP || tried().is_some_and(|tried| tried.at.since(answer.at) <= LOOKED_UP)
    });
    let Some((asked, answer)) = lookup else {
        return Before {
            started: Some(syn),
            blocked: some_time(idle),
            dns: None,
            connect: Some(connect),
            ssl,
        };
    };
    Before {
        started: Some(asked),
        blocked: some_time(idle + syn.at.since(answer.at)),
        dns: Some(answer.at.since(asked.at).at_least_zero()),
        connect: Some(connect),
        ssl,
    }
}

/// The first packet of a connection, and when it was ready for a request. Early data on QUIC comes
/// before it is known when that is: it waited for nothing.
fn opened(connection: &Connection, request: Stamp) -> Option<(Stamp, Stamp)> {
    if let (Some((first, _)), Some(ready)) = (connection.connect(), connection.ready()) {
        return Some((first, ready));
    }
    let is_early = connection.tls.as_ref().is_some_and(|tls| tls.early.is_some());
    let is_early = is_early && connection.quic.is_some();
    Some((connection.attempted().filter(|_| is_early)?, request))
}

/// The first question of a resolution, and the last of its answers before `syn`.
fn answered_before(trace: &Trace, resolution: &Resolution, syn: Stamp) -> Option<(Stamp, Stamp)> {
    let lookups = || resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
    let asked = lookups().filter_map(Lookup::started).min()?;
    let answers = lookups().filter_map(Lookup::finished).filter(|answer| answer.at <= syn.at);
    Some((asked, answers.max()?))
}

/// How long the client waited for a hardware address between two moments: its kernel holds the
/// SYN back until the next hop is known.
fn asking_neighbors(trace: &Trace, client: IpAddr, from: Stamp, to: Stamp) -> TimeDelta {
    let recent = trace.neighbors.iter().rev().take(NEIGHBORS_BACK);
    let asked = recent.filter(|n| n.asker.is_some_and(|(asker, _)| asker == client));
    let waits = asked.filter_map(|neighbor| {
        let (asked, (answered, _)) = (neighbor.requests.first()?, neighbor.reply.as_ref()?);
        let within = asked.at >= from.at && answered.at <= to.at;
        within.then(|| answered.at.since(asked.at).at_least_zero())
    });
    waits.max().unwrap_or(TimeDelta::ZERO)
}

/// Brings the phases from the request on up to date with what is known.
pub(super) fn measure(exchange: &mut Exchange) {
    let (Some(head), Some(sent)) = (&exchange.request, exchange.sent()) else {
        let response = exchange.response.as_ref();
        exchange.timings.receive = response.map(|response| {
            let done = exchange.response_end.as_ref().map_or(response.span.done, |end| end.done);
            done.at.since(response.span.ready.at).at_least_zero()
        });
        return;
    };
    exchange.timings.send = Some(sent.at.since(head.span.first.at).at_least_zero());
    let Some(response) = &exchange.response else { return };
    let first = response.span.ready.at;
    // A response may begin before the request has ended; then nothing was waited for, and what
    // was sent afterwards is part of receive.
    if first < sent.at {
        exchange.timings.send = Some(first.since(head.span.first.at).at_least_zero());
    }
    exchange.timings.wait = Some(first.since(sent.at).at_least_zero());
    let done = exchange.response_end.as_ref().map_or(response.span.done, |end| end.done);
    exchange.timings.receive = Some(done.at.since(first).at_least_zero());
}

/// A time that happened: none where it is zero.
fn some_time(time: TimeDelta) -> Option<TimeDelta> {
    (time > TimeDelta::ZERO).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{at, over_quic};
    use crate::trace::quic::Retry;

    #[test]
    fn with_quic_connect_is_from_the_first_packet_to_the_finished_and_all_of_it_is_ssl() {
        let trace = over_quic();
        let connection = &trace.connections[0];
        let resolution = connection.resolution.and_then(|id| trace.resolution(id));
        let before = before_request(&trace, connection, resolution, at(64_200, 10));
        let micros = |micros: i64| Some(TimeDelta::from_nanos(micros * 1000));
        assert_eq!(before.started, Some(at(0, 1)));
        assert_eq!(before.dns, micros(20_100));
        assert_eq!((before.connect, before.ssl), (micros(41_900), micros(41_900)));
        // between answer and first packet, and between Finished and request
        assert_eq!(before.blocked, micros(1_900 + 300));
    }

    #[test]
    fn who_turns_from_quic_to_tcp_had_waited_for_the_lookup_with_the_first_packet() {
        let mut trace = over_quic();
        let resolution = trace.connections[0].resolution.unwrap();
        let quic = &mut trace.connections[2];
        (quic.opened, quic.tls) = (at(25_000, 5), None);
        quic.quic.as_mut().unwrap().retry =
            Some(Retry { at: at(45_000, 6), token: 1, authentic: None });
        let dns = |trace: &Trace| {
            let resolution = trace.resolution(resolution);
            before_request(trace, &trace.connections[3], resolution, at(1_321_000, 216)).dns
        };
        assert_eq!(dns(&trace), Some(TimeDelta::from_nanos(20_100_000)));
        // others that turn to TCP later had not waited for it
        let mut other = trace.connections[3].clone();
        other.syns = vec![at(1_290_000, 207)];
        trace.connections[4] = other;
        assert_eq!(dns(&trace), Some(TimeDelta::from_nanos(20_100_000)), "they began together");
        trace.connections[4].syns = vec![at(700_000, 204)];
        assert_eq!(dns(&trace), None, "it had turned to TCP before");
        trace.connections[4].syns.clear();
        trace.connections[3].syns = vec![at(10_026_000, 300)];
        assert_eq!(dns(&trace), None, "nobody waits for so long");
        trace.connections[3].syns = vec![at(1_300_500, 212)];
        trace.connections[2].opened = at(900_000, 205);
        assert_eq!(dns(&trace), None, "that was long after the answer");
        trace.connections[2].quic = None;
        assert_eq!(dns(&trace), None, "it is something else over UDP");
    }

    #[test]
    fn early_data_on_quic_ends_connect_before_the_handshake_is_over() {
        let mut trace = over_quic();
        let request = at(4_000_100, 240);
        let of = |connection: &Connection| {
            let before = before_request(&trace, connection, None, request);
            (before.connect, before.ssl, before.blocked)
        };
        let early = Some(TimeDelta::from_nanos(100_000));
        assert_eq!(of(&trace.connections[6]), (early, early, None));
        // as it is when the request is read: nobody knows yet when the handshake will be over
        let mut connection = trace.connections.swap_remove(6);
        let tls = connection.tls.as_mut().unwrap();
        (tls.finished.to_server, tls.finished.to_client) = (None, None);
        let before = before_request(&trace, &connection, None, request);
        assert_eq!((before.connect, before.ssl), (early, early));
        connection.tls.as_mut().unwrap().early = None;
        assert_eq!(before_request(&trace, &connection, None, request), Before::default());
    }
}
