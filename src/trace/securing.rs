//! How a connection was secured: how its TLS handshake ended, and where its time went.

use crate::flow::event::{Direction, Handshake};
use crate::protocol::buffer::Span;
use crate::protocol::tls::event::Alert;
use crate::protocol::tls::message::{Kind, Message};
use crate::time::{Stamp, TimeDelta};
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::tls::Tls;

/// How a handshake ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'t> {
    /// It was over, and the client could send.
    Open(Stamp),
    /// One side said what was wrong.
    Failed(&'t Alert),
    /// The connection was reset, by the sender of what went this way.
    Reset(Direction, Stamp),
    /// It was closed, by the sender of what went this way.
    Closed(Direction, Stamp),
    /// The server never answered the ClientHello.
    Unanswered,
    /// Its end is not in the capture.
    Unknown,
}

impl<'t> Outcome<'t> {
    /// That of a connection.
    pub fn of(connection: &Connection, tls: &'t Tls) -> Self {
        if let Some(done) = tls.done() {
            return Self::Open(done);
        }
        if let Some(alert) = tls.failure() {
            return Self::Failed(alert);
        }
        let closing = connection.closing.iter().find(|step| step.kind != CloseKind::FinAck);
        if let Some(step) = closing {
            return match step.kind {
                CloseKind::Rst => Self::Reset(step.direction, step.at),
                CloseKind::Fin | CloseKind::FinAck => Self::Closed(step.direction, step.at),
            };
        }
        let asked = tls.started().is_some() && connection.gaps.is_empty();
        let silent = tls.messages.iter().all(|message| message.direction == Direction::ToServer);
        if asked && silent && connection.end.is_some() { Self::Unanswered } else { Self::Unknown }
    }
}

/// Where the time of a handshake went. The parts are its whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// On the way: a round trip of the connection for each time that the sides took turns.
    pub network: TimeDelta,
    /// The server, before it began to answer.
    pub server: TimeDelta,
    /// The client, before it went on.
    pub client: TimeDelta,
    /// From the first to the last byte of the messages of one turn, and of repairs.
    pub transfer: TimeDelta,
}

impl Split {
    /// That of a connection; none where it is not known when the handshake was over, or how long a
    /// round trip takes, or where the server's messages end.
    pub fn of(connection: &Connection, tls: &Tls) -> Option<Self> {
        let (start, done) = (tls.started()?, tls.done()?);
        let handshake = connection.handshake.as_deref()?;
        let is_end = |message: &Message| {
            message.direction == Direction::ToClient && message.kind == Kind::Sealed
        };
        if tls.finished.to_client.is_none() && !tls.messages.iter().any(is_end) {
            return None;
        }
        let (server, client) = halves(connection, handshake, done);
        let of_messages = tls.messages.iter().map(|message| (message.direction, message.span));
        let of_ends = [Direction::ToServer, Direction::ToClient]
            .into_iter()
            .filter_map(|way| tls.finished.of(way).map(|finished| (way, finished.span)));
        let mut steps: Vec<(Direction, Span)> = of_messages.chain(of_ends).collect();
        steps.retain(|(_, span)| span.first.at <= done.at);
        steps.sort_by_key(|(_, span)| span.first);
        let mut split = Self::default();
        let turns = steps.iter().zip(steps.iter().skip(1)).filter(|((a, _), (b, _))| a != b);
        for ((_, before), (way, after)) in turns {
            let gap = after.first.at.since(before.last.at).at_least_zero();
            let (trip, part) = match way {
                Direction::ToClient => (server, &mut split.server),
                Direction::ToServer => (client, &mut split.client),
            };
            let on_the_way = gap.min(trip);
            split.network = split.network + on_the_way;
            *part = *part + (gap - on_the_way);
        }
        let whole = done.at.since(start.at).at_least_zero();
        let known = split.network + split.server + split.client;
        split.transfer = (whole - known).at_least_zero();
        Some(split)
    }
}

/// The shortest round trips that were known when the handshake was over: from the capture to the
/// server and back, and to the client and back.
fn halves(connection: &Connection, handshake: &Handshake, done: Stamp) -> (TimeDelta, TimeDelta) {
    let known = connection.round_trips.iter().take_while(|known| known.acked.at <= done.at);
    let data = known.map(|known| known.acked.at.since(known.sent.at).at_least_zero()).min();
    let server = handshake.server_half();
    (data.map_or(server, |data| data.min(server)), handshake.client_half())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::secured;
    use crate::trace::tls::Resumption;

    #[test]
    fn a_handshake_ends_in_one_of_these_ways() {
        let trace = secured();
        let ends: Vec<String> = trace
            .connections
            .iter()
            .map(|connection| match Outcome::of(connection, connection.tls.as_ref().unwrap()) {
                Outcome::Open(done) => format!("open at {}", done.frame),
                Outcome::Failed(alert) => format!("failed at {}", alert.at.frame),
                Outcome::Reset(way, _) => format!("reset {way:?}"),
                Outcome::Closed(way, _) => format!("closed {way:?}"),
                Outcome::Unanswered => "unanswered".to_owned(),
                Outcome::Unknown => "unknown".to_owned(),
            })
            .collect();
        let expected = ["open at 8", "failed at 26", "reset ToClient", "unanswered", "open at 55"];
        assert_eq!(ends, expected);
    }

    #[test]
    fn the_parts_of_a_handshake_are_its_whole() {
        let trace = secured();
        let connection = &trace.connections[0];
        let split = Split::of(connection, connection.tls.as_ref().unwrap()).unwrap();
        let micros = |time: TimeDelta| time.as_nanos() / 1000;
        assert_eq!(micros(split.network), 20_100);
        assert_eq!(micros(split.server), 3_000);
        assert_eq!(micros(split.client), 900);
        assert_eq!(micros(split.transfer), 100);
        // without the end of the server's messages its part is not known
        let without = &trace.connections[4];
        assert_eq!(Split::of(without, without.tls.as_ref().unwrap()), None);
    }

    #[test]
    fn what_was_agreed_is_found_in_whichever_message_says_it() {
        let trace = secured();
        let tls = |n: usize| trace.connections[n].tls.as_ref().unwrap();
        assert_eq!(tls(0).alpn(), Some("h2"));
        assert_eq!((tls(0).resumed(), tls(0).round_trips()), (None, Some(1)));
        assert_eq!(tls(4).resumed(), Some(Resumption::PreSharedKey));
        assert_eq!((tls(1).done(), tls(1).round_trips()), (None, None));
        assert_eq!(tls(0).certificates(Direction::ToClient).map(<[_]>::len), Some(1));
        assert_eq!(tls(0).certificates(Direction::ToServer), None);
        assert!(tls(1).failure().is_some() && tls(0).failure().is_none());
    }
}
