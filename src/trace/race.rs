//! QUIC and TCP beside each other: a client that tries both at once, and one that has to go back to
//! TCP because QUIC does not come through.
//!
//! A pure function of the trace. Two connections are rivals where one client opens them to the same
//! server, one over UDP and one over TCP, and the second begins before the first has come to its
//! end.

use crate::flow::event::Transport;
use crate::time::{Stamp, TimeDelta};
use crate::trace::connection::Connection;
use crate::trace::id::ConnectionId;
use crate::trace::model::Trace;
use crate::trace::upgrade;

/// How a connection did beside its rival. All are inferred where the request that decides is an
/// estimate, for what was sent stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Race {
    /// The first request went over this one.
    Won {
        /// The other one.
        rival: ConnectionId,
        /// As above.
        is_inferred: bool,
    },
    /// The first request went over the other one.
    Lost {
        /// The other one.
        rival: ConnectionId,
        /// From its first packet until it was open, or given up.
        spent: TimeDelta,
        /// Bytes of payload in both directions; none where it was used later.
        bytes: Option<u64>,
        /// As above.
        is_inferred: bool,
    },
    /// QUIC was never open, and TCP was used in its place.
    FellBack {
        /// The connection over TCP.
        to: ConnectionId,
        /// From the first packet of QUIC to the first request over TCP.
        after: TimeDelta,
        /// Bytes of payload that were spent on QUIC.
        bytes: u64,
        /// As above.
        is_inferred: bool,
    },
    /// The same, told of the connection over TCP.
    StoodIn {
        /// The connection over QUIC.
        of: ConnectionId,
        /// As above.
        after: TimeDelta,
        /// As above.
        is_inferred: bool,
    },
}

/// Connections that are looked at on either side of one: those that began just before and after.
const NEAR: usize = 64;

/// Failures beside one connection that it may have stood in for.
const FAILURES: usize = 4;

/// A client that gives QUIC up opens a connection over TCP this soon, if it has none.
const SOON: TimeDelta = TimeDelta::from_secs(5);

/// A client that has no TCP beside it waits for QUIC no longer than that: Chromium's handshake.
const PATIENCE: TimeDelta = TimeDelta::from_secs(10);

/// Connections that a client opens at once begin within this time.
const TOGETHER: TimeDelta = TimeDelta::from_millis(40);

impl Race {
    /// That of a connection; none where it has no rival, or neither was used.
    pub fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        if has_failed(connection) {
            let Fallback { to, after, is_inferred } = fallback(trace, connection)?;
            return Some(Self::FellBack { to, after, bytes: bytes(connection), is_inferred });
        }
        let failed = rivals(trace, connection).filter(|rival| has_failed(rival)).take(FAILURES);
        let mut stood_in = failed.filter_map(|quic| {
            let Fallback { to, after, is_inferred } = fallback(trace, quic)?;
            (to == connection.id).then_some(Self::StoodIn { of: quic.id, after, is_inferred })
        });
        stood_in.next().or_else(|| {
            let others = rivals(trace, connection).filter(|rival| !has_failed(rival));
            let beside = others.filter(|rival| overlap(connection, rival));
            let away =
                |rival: &&Connection| rival.opened.frame.0.abs_diff(connection.opened.frame.0);
            between(trace, connection, beside.min_by_key(away)?)
        })
    }

    /// True where it follows from what looks like requests.
    pub const fn is_inferred(self) -> bool {
        match self {
            Self::Won { is_inferred, .. }
            | Self::Lost { is_inferred, .. }
            | Self::FellBack { is_inferred, .. }
            | Self::StoodIn { is_inferred, .. } => is_inferred,
        }
    }

    /// The other connection.
    pub const fn rival(self) -> ConnectionId {
        match self {
            Self::Won { rival, .. } | Self::Lost { rival, .. } => rival,
            Self::FellBack { to, .. } => to,
            Self::StoodIn { of, .. } => of,
        }
    }
}

/// The connections of the same client to the same server over the other transport.
fn rivals<'t>(
    trace: &'t Trace,
    connection: &'t Connection,
) -> impl Iterator<Item = &'t Connection> {
    let (id, quic) = (connection.id.0 as usize, connection.quic.is_some());
    let near = trace.connections.iter().skip(id.saturating_sub(NEAR)).take(2 * NEAR);
    let name = upgrade::name(trace, connection);
    let is_web = quic || connection.transport == Transport::Tcp;
    near.filter(move |rival| {
        let is_other = match (quic, rival.quic.is_some()) {
            (true, false) => rival.transport == Transport::Tcp,
            (false, true) => true,
            _ => false,
        };
        // one address has many names: those that are known decide
        let is_same = || match (name, upgrade::name(trace, rival)) {
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            _ => rival.server.ip == connection.server.ip,
        };
        is_web
            && is_other
            && rival.client.ip == connection.client.ip
            && rival.server.port == connection.server.port
            && is_same()
    })
}

/// The first packet over QUIC to the same server that a client had sent before it began a connection
/// over TCP, where that had not come through: it wanted the other one first. None for the connections
/// over TCP that come after the one with which the client turned to it.
pub fn tried_before(trace: &Trace, tcp: &Connection) -> Option<Stamp> {
    let begun = tcp.attempted()?;
    let tries = rivals(trace, tcp).filter(|quic| {
        quic.quic.is_some()
            && quic.opened <= begun
            && begun.at.since(quic.opened.at) <= PATIENCE
            && quic.connect().is_none_or(|(_, opened)| opened > begun)
    });
    let quic = tries.min_by_key(|quic| quic.opened)?;
    let mut others = rivals(trace, quic).filter_map(Connection::attempted);
    let has_turned =
        others.any(|other| other >= quic.opened && begun.at.since(other.at) > TOGETHER);
    quic.attempted().filter(|_| !has_turned)
}

/// True for QUIC that its client began and never got open. A client that sent data had it open, though
/// the end of the handshake is not in the capture.
fn has_failed(connection: &Connection) -> bool {
    let Some(quic) = connection.quic.as_deref() else { return false };
    let is_over = connection.end.is_some() || quic.given_up().is_some();
    let is_used = connection.tls.as_ref().is_some_and(|tls| tls.data.to_server.is_some());
    let is_open = is_used || connection.connect().is_some();
    is_over && connection.attempted().is_some() && !is_open
}

/// The connection over TCP that was used instead of one over QUIC that failed.
struct Fallback {
    to: ConnectionId,
    /// How long after the first packet of the other one.
    after: TimeDelta,
    is_inferred: bool,
}

fn fallback(trace: &Trace, quic: &Connection) -> Option<Fallback> {
    let used = rivals(trace, quic).filter_map(|tcp| Some((instead(trace, quic, tcp)?, tcp.id)));
    let (first, to) = used.min()?;
    let after = first.at.at.since(quic.opened.at).at_least_zero();
    Some(Fallback { to, after, is_inferred: first.is_estimate })
}

/// The first request over TCP after a client had begun with QUIC.
fn instead(trace: &Trace, quic: &Connection, tcp: &Connection) -> Option<Use> {
    if tcp.opened.at.since(quic.last.at) > SOON {
        return None;
    }
    uses(trace, tcp).find(|used| used.at >= quic.opened)
}

/// Who won, where two were opened at once.
fn between(trace: &Trace, connection: &Connection, rival: &Connection) -> Option<Race> {
    let (own, other) = (uses(trace, connection).next(), uses(trace, rival).next());
    let is_first = match (own, other) {
        (None, None) => return None,
        (Some(own), Some(other)) => own < other,
        (own, None) => own.is_some(),
        (None, Some(_)) => false,
    };
    let is_inferred = [own, other].into_iter().flatten().any(|used| used.is_estimate);
    let rival = rival.id;
    if is_first {
        return Some(Race::Won { rival, is_inferred });
    }
    let (from, to) = attempt(connection)?;
    let bytes = own.is_none().then(|| bytes(connection));
    let spent = to.at.since(from.at).at_least_zero();
    Some(Race::Lost { rival, spent, bytes, is_inferred })
}

/// A request on a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    at: Stamp,
    is_estimate: bool,
}

/// When requests went over a connection: those that were read, or else those that are estimated.
fn uses<'t>(trace: &'t Trace, connection: &'t Connection) -> impl Iterator<Item = Use> + 't {
    let requests = connection.exchanges.iter().filter_map(|id| {
        let request = trace.exchange(*id)?.request.as_ref()?;
        Some(Use { at: request.span.first, is_estimate: false })
    });
    let estimates = connection.tls.iter().flat_map(|tls| &tls.estimates);
    let estimates =
        estimates.map(|estimate| Use { at: estimate.sent.span.first, is_estimate: true });
    requests.chain(estimates)
}

/// From the first packet of an attempt until the connection was ready for a request, or given up.
fn attempt(connection: &Connection) -> Option<(Stamp, Stamp)> {
    let from = connection.attempted()?;
    let to = connection.ready().or(connection.refused).unwrap_or(connection.last);
    Some((from, to))
}

fn overlap(one: &Connection, other: &Connection) -> bool {
    let (Some(one), Some(other)) = (attempt(one), attempt(other)) else { return false };
    one.0 <= other.1 && other.0 <= one.1
}

fn bytes(connection: &Connection) -> u64 {
    let counters = &connection.counters;
    counters.to_server.bytes.saturating_add(counters.to_client.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::buffer::Span;
    use crate::protocol::tls::event::{Burst, Estimate};
    use crate::report::fixture::{at, over_quic};
    use crate::trace::tls::Tls;

    #[test]
    fn the_one_that_is_asked_first_wins_and_the_other_has_its_cost() {
        let trace = over_quic();
        let of = |nth: usize| Race::of(&trace, &trace.connections[nth]);
        assert_eq!(of(0), Some(Race::Won { rival: ConnectionId(1), is_inferred: false }));
        let spent = TimeDelta::from_nanos(20_100_000);
        let is_inferred = false;
        let lost = Race::Lost { rival: ConnectionId(0), spent, bytes: Some(3_100), is_inferred };
        assert_eq!(of(1), Some(lost));
    }

    #[test]
    fn where_quic_never_opens_tcp_stands_in() {
        let trace = over_quic();
        let of = |nth: usize| Race::of(&trace, &trace.connections[nth]);
        let after = TimeDelta::from_millis(321);
        let is_inferred = false;
        let back = Race::FellBack { to: ConnectionId(3), after, bytes: 3_600, is_inferred };
        assert_eq!(of(2), Some(back));
        assert_eq!(of(3), Some(Race::StoodIn { of: ConnectionId(2), after, is_inferred }));
        assert_eq!((of(4), of(5)), (None, None), "nothing was used instead");
        let mut trace = trace;
        let tls =
            Tls { messages: trace.connections[0].tls.clone().unwrap().messages, ..Tls::default() };
        trace.connections[3].tls = Some(Box::new(tls));
        let other = Race::of(&trace, &trace.connections[2]);
        assert_eq!(other, None, "one address has many names, and this is another one");
    }

    #[test]
    fn what_is_decided_by_an_estimate_is_inferred() {
        let mut trace = over_quic();
        for (nth, at) in [(0, at(64_200, 10)), (3, at(1_321_000, 216))] {
            let connection = &mut trace.connections[nth];
            connection.exchanges.clear();
            let sent = Burst { span: Span::at(at), ..Burst::default() };
            let estimates = vec![Estimate { sent, ..Estimate::default() }];
            connection.tls.get_or_insert_default().estimates = estimates;
        }
        let of = |nth: usize| Race::of(&trace, &trace.connections[nth]).map(Race::is_inferred);
        assert_eq!([0, 1, 2, 3].map(of), [Some(true); 4]);
    }

    #[test]
    fn a_client_that_sends_data_had_it_open() {
        let mut trace = over_quic();
        let later = trace.connections[3].opened;
        trace.connections[2].tls.as_mut().unwrap().data.to_server = Some(later);
        let of = |nth: usize| Race::of(&trace, &trace.connections[nth]);
        assert!(!matches!(of(2), Some(Race::FellBack { .. })), "the capture lost its Finished");
        assert!(!matches!(of(3), Some(Race::StoodIn { .. })));
    }

    #[test]
    fn one_that_begins_when_the_other_is_open_is_no_rival() {
        let mut trace = over_quic();
        let (quic, tcp) = (trace.connections[0].ready().unwrap(), &mut trace.connections[1]);
        tcp.opened = quic;
        tcp.syns = vec![Stamp::new(quic.at + TimeDelta::from_millis(1), quic.frame)];
        assert_eq!(Race::of(&trace, &trace.connections[0]), None);
        trace.connections[1].client.ip = [192, 0, 2, 9].into();
        assert_eq!(Race::of(&trace, &trace.connections[1]), None, "nor another client's");
    }
}
