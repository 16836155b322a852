//! How a connection was secured: how its TLS handshake ended, and where its time went.

use crate::flow::event::Direction;
use crate::protocol::buffer::Span;
use crate::protocol::quic::event::Close;
use crate::protocol::tls::event::Alert;
use crate::protocol::tls::message::{Kind, Message};
use crate::time::{Stamp, TimeDelta};
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::quic::Measured;
use crate::trace::stall::Cause;
use crate::trace::tls::Tls;

/// How a handshake ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'t> {
    /// It was over, and the client could send.
    Open(Stamp),
    /// One side said what was wrong.
    Failed(&'t Alert),
    /// Likewise on QUIC, whose alerts are errors of its own (RFC 9001 §4.8).
    GivenUp(&'t Close),
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
    pub fn of(connection: &'t Connection, tls: &'t Tls) -> Self {
        if let Some(done) = tls.done() {
            return Self::Open(done);
        }
        // its end, or all of it, is not in the capture: what closed the connection did not end it
        let is_older = match &connection.quic {
            Some(_) => connection.attempted().is_none(),
            None => tls.messages.is_empty(),
        };
        if is_older || tls.data.to_server.is_some() {
            return Self::Unknown;
        }
        if let Some(alert) = tls.failure() {
            return Self::Failed(alert);
        }
        if let Some(quic) = connection.quic.as_deref()
            && let Some((at, by)) = quic.given_up()
        {
            // a client that hears nothing gives it up at last
            if by == Direction::ToServer && quic.answered.is_none() {
                return Self::Unanswered;
            }
            let close = quic.close().filter(|close| close.at == at);
            return close.map_or(Self::Reset(by, at), Self::GivenUp);
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

impl Outcome<'_> {
    /// When it ended, where it did.
    pub const fn ended(&self) -> Option<Stamp> {
        match self {
            Self::Open(at) | Self::Reset(_, at) | Self::Closed(_, at) => Some(*at),
            Self::Failed(alert) => Some(alert.at),
            Self::GivenUp(close) => Some(close.at),
            Self::Unanswered | Self::Unknown => None,
        }
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
    /// Some of it was lost and sent again.
    pub has_repairs: bool,
}

impl Split {
    /// That of a connection; none where it is not known when the handshake was over, or how long a
    /// round trip takes, or where the server's messages end.
    pub fn of(connection: &Connection, tls: &Tls) -> Option<Self> {
        let (start, done) = (tls.started()?, tls.done()?);
        let is_end = |message: &Message| {
            message.direction == Direction::ToClient && message.kind == Kind::Sealed
        };
        if tls.finished.to_client.is_none() && !tls.messages.iter().any(is_end) {
            return None;
        }
        let (server, client) = halves(connection, done)?;
        let of_messages = tls.messages.iter().map(|message| (message.direction, message.span));
        let of_ends = [Direction::ToServer, Direction::ToClient]
            .into_iter()
            .filter_map(|way| tls.finished.of(way).map(|finished| (way, finished.span)));
        let mut steps: Vec<(Direction, Span)> = of_messages.chain(of_ends).collect();
        steps.extend(turned_back(connection, &steps, client));
        let is_within =
            |(_, span): &(Direction, Span)| start.at <= span.first.at && span.first.at <= done.at;
        steps.retain(is_within);
        let before = steps.len();
        steps.extend(repairs(connection).filter(is_within));
        let has_repairs = steps.len() > before;
        steps.sort_by_key(|(_, span)| span.first);
        let mut split = Self { has_repairs, ..Self::default() };
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

/// The turns that QUIC takes before TLS can: the server speaks another version, or wants a token back
/// (RFC 9000 §6, §8.1.2). Where the client begins anew with the hello that is listed already, it is
/// taken to do that at once, a round trip between the capture and the client later.
fn turned_back(
    connection: &Connection,
    steps: &[(Direction, Span)],
    client: TimeDelta,
) -> Vec<(Direction, Span)> {
    let quic = connection.quic.as_deref();
    let negotiated = quic.into_iter().flat_map(|quic| quic.negotiations.iter().map(|said| said.at));
    let retry = quic.and_then(|quic| quic.retry).map(|retry| retry.at);
    let mut turns = Vec::new();
    for at in negotiated.chain(retry) {
        turns.push((Direction::ToClient, Span::at(at)));
        let next =
            steps.iter().filter(|(_, span)| span.first > at).min_by_key(|(_, span)| span.first);
        let answer = next.filter(|(way, _)| *way == Direction::ToClient);
        turns.extend(answer.map(|(_, span)| {
            let again = Stamp::new((at.at + client).min(span.first.at), at.frame);
            (Direction::ToServer, Span::at(again))
        }));
    }
    turns
}

/// What had to be sent again: its receiver could not go on before.
fn repairs(connection: &Connection) -> impl Iterator<Item = (Direction, Span)> {
    let lost = connection.stalls.iter().filter(|stall| {
        matches!(stall.cause, Cause::Loss(_)) && !stall.is_hole && !stall.is_inferred
    });
    lost.map(|stall| (stall.direction, Span::at(stall.to)))
}

/// The shortest round trips that were known when the handshake was over: from the capture to the
/// server and back, and to the client and back. Where the client's is not known it is taken for
/// none: then what it took is the client's own.
fn halves(connection: &Connection, done: Stamp) -> Option<(TimeDelta, TimeDelta)> {
    let (server, _) = connection.round_trip(done.frame)?;
    if let Some(quic) = connection.quic.as_deref() {
        let of_client = quic.round_trips.iter().filter(|measured| {
            measured.trip.direction == Direction::ToClient && measured.trip.acked <= done
        });
        return Some((server, of_client.map(Measured::time).min().unwrap_or_default()));
    }
    let handshake = connection.handshake.as_deref()?;
    Some((server.min(handshake.server_half()), handshake.client_half()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{over_quic, secured};
    use crate::trace::Trace;
    use crate::trace::quic::{Negotiation, Retry};
    use crate::trace::stall::{Repair, Stall};
    use crate::trace::tls::Resumption;

    fn lost((from, to): (Stamp, Stamp)) -> Stall {
        Stall {
            told: to,
            direction: Direction::ToServer,
            stream: None,
            from,
            to,
            cause: Cause::Loss(Repair::Timeout),
            is_hole: false,
            newest: from.frame,
            is_inferred: false,
            frames: [from.frame, to.frame].into_iter().collect(),
        }
    }

    fn negotiated(retry: Retry) -> Negotiation {
        Negotiation { at: retry.at, versions: Vec::new() }
    }

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
                Outcome::GivenUp(close) => format!("given up at {}", close.at.frame),
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
        assert!(!split.has_repairs);
        // a part of the hello was sent again, 2 ms before the server began to answer
        let mut repaired = connection.clone();
        let answered = repaired.tls.as_ref().unwrap().messages.iter();
        let answered =
            answered.filter(|it| it.direction == Direction::ToClient).map(|it| it.span.first);
        let answered = answered.min().unwrap();
        let from = repaired.tls.as_ref().unwrap().started().unwrap();
        let again = Stamp::new(answered.at + TimeDelta::from_nanos(-2_000_000), answered.frame);
        repaired.stalls = vec![lost((from, again))];
        let split = Split::of(&repaired, repaired.tls.as_ref().unwrap()).unwrap();
        let parts = [split.network, split.server, split.client, split.transfer].map(micros);
        assert_eq!((parts, split.has_repairs), ([2_100, 0, 900, 21_100], true));
        // without the end of the server's messages its part is not known
        let without = &trace.connections[4];
        assert_eq!(Split::of(without, without.tls.as_ref().unwrap()), None);
    }

    #[test]
    fn what_is_older_than_the_capture_or_was_used_did_not_end_with_its_close() {
        let mut trace = over_quic();
        let outcome = |trace: &Trace, nth: usize| {
            let connection = &trace.connections[nth];
            matches!(Outcome::of(connection, connection.tls.as_deref().unwrap()), Outcome::Unknown)
        };
        assert!(!outcome(&trace, 5), "it was given up");
        let sent = trace.connections[5].opened;
        trace.connections[5].tls.as_mut().unwrap().data.to_server = Some(sent);
        assert!(outcome(&trace, 5), "the end of the handshake is not in the capture");
        let tls = trace.connections[5].tls.as_mut().unwrap();
        tls.data.to_server = None;
        tls.messages.clear();
        assert!(outcome(&trace, 5), "nothing of it is");
        let mut trace = secured();
        assert!(!outcome(&trace, 2), "it was reset");
        trace.connections[2].tls.as_mut().unwrap().messages.clear();
        assert!(outcome(&trace, 2));
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

    #[test]
    fn on_quic_a_handshake_begins_with_the_first_packet() {
        let trace = over_quic();
        let ends: Vec<String> = trace
            .connections
            .iter()
            .filter_map(|connection| Some((connection, connection.tls.as_deref()?)))
            .map(|(connection, tls)| match Outcome::of(connection, tls) {
                Outcome::Open(done) => format!("open at {}", done.frame),
                Outcome::GivenUp(close) => format!("given up at {}", close.at.frame),
                other => format!("{other:?}"),
            })
            .collect();
        let expected = ["open at 9", "Unanswered", "Unanswered", "given up at 231", "open at 242"];
        assert_eq!(ends, expected);
        let mut tried = trace.connections[2].clone();
        let close = trace.connections[0].quic.as_ref().unwrap().closes[0].clone();
        tried.quic.as_mut().unwrap().closes = vec![close];
        let outcome = Outcome::of(&tried, tried.tls.as_deref().unwrap());
        assert_eq!(outcome, Outcome::Unanswered, "the client gave it up, for nothing came");
        let mut used = trace.connections[0].clone();
        assert_eq!(used.connect().map(|(first, done)| (first.frame.0, done.frame.0)), Some((5, 9)));
        assert_eq!(used.ready(), used.connect().map(|(_, done)| done));
        let micros = |time: TimeDelta| time.as_nanos() / 1000;
        let split = |used: &Connection| {
            let split = Split::of(used, used.tls.as_deref().unwrap()).unwrap();
            (micros(split.network), micros(split.server), micros(split.client))
        };
        // there and back for the Retry, and again for the token: 22 to 42 ms, then 42 to 63
        assert_eq!(split(&used), (40_200, 900, 800));
        let quic = used.quic.as_mut().unwrap();
        quic.negotiations = quic.retry.take().map(negotiated).into_iter().collect();
        assert_eq!(split(&used), (40_200, 900, 800));
        used.quic.as_mut().unwrap().negotiations.clear();
        assert_eq!(split(&used), (20_100, 21_000, 800));
    }
}
