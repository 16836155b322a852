//! Collects what QUIC says of a connection.

use crate::flow::event::Direction;
use crate::protocol::http::multiplex::Queued;
use crate::protocol::quic::event::{QuicEvent, Stall, StallCause};
use crate::protocol::quic::parameters::Parameters;
use crate::protocol::quic::seen::Packet;
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::connection::Connection;
use crate::trace::id::ConnectionId;
use crate::trace::model::{EntityId, Trace};
use crate::trace::quic::{KeyUpdate, Measured, Negotiation, Quic, Reset, Retry, Validation};

/// Takes one event of QUIC.
pub(super) fn event(
    trace: &mut Trace,
    bounds: &mut Bounds,
    connection: ConnectionId,
    place: Place<'_>,
    event: QuicEvent,
) {
    let id = connection;
    let Some(connection) = trace.connections.get_mut(id.0 as usize) else { return };
    let is_of_way = matches!(event, QuicEvent::Path(_) | QuicEvent::Validated { .. });
    let before = if is_of_way { unproved(connection) } else { None };
    let bound = add(connection, bounds, &place, event);
    if let Some(nth) = before.filter(|nth| unproved(connection) != Some(*nth)) {
        place.completed.push(EntityId::Path(id, nth));
    }
    if let Some(bound) = bound {
        bounds.reached(trace, place, bound);
    }
}

/// A connection is over: its last way will not be proved any more.
pub(super) fn over(trace: &Trace, id: ConnectionId, completed: &mut Vec<EntityId>) {
    let last = trace.connection(id).and_then(unproved);
    completed.extend(last.map(|nth| EntityId::Path(id, nth)));
}

/// The way that was taken last, as long as nothing proved it.
fn unproved(connection: &Connection) -> Option<u32> {
    let quic = connection.quic.as_deref()?;
    let last = quic.paths.len().checked_sub(1)?;
    if quic.validated(last).is_some() { None } else { u32::try_from(last).ok() }
}

/// Adds to what is known; the bound that leaves it out.
fn add(
    connection: &mut Connection,
    bounds: &mut Bounds,
    place: &Place<'_>,
    event: QuicEvent,
) -> Option<Bound> {
    let quic = connection.quic.get_or_insert_default();
    match event {
        QuicEvent::Version(version) => list(bounds, &mut quic.versions, version, 0),
        QuicEvent::Negotiation { at, versions } => {
            let size = size_of_val(versions.as_slice());
            list(bounds, &mut quic.negotiations, Negotiation { at, versions }, size)
        }
        QuicEvent::Retry { at, token, authentic } => {
            // a client takes no more than one (RFC 9000 §17.2.5.2)
            quic.retry.get_or_insert(Retry { at, token, authentic });
            None
        }
        QuicEvent::Issued(issued) => list(bounds, &mut quic.ids, issued, 0),
        QuicEvent::Parameters { by, parameters } => {
            if !bounds.keep(size_of::<Parameters>()) {
                return Some(Bound::Text);
            }
            quic.parameters.of_mut(by).get_or_insert(parameters);
            None
        }
        QuicEvent::Path(path) => list(bounds, &mut quic.paths, path, 0),
        QuicEvent::Validated { by, asked, answered } => {
            list(bounds, &mut quic.validations, Validation { by, asked, answered }, 0)
        }
        QuicEvent::KeyUpdate { by, at, nth } => {
            list(bounds, &mut quic.key_updates, KeyUpdate { by, at, nth }, 0)
        }
        QuicEvent::Answered { at } => {
            quic.answered.get_or_insert(at);
            None
        }
        QuicEvent::Confirmed { at } => {
            quic.confirmed.get_or_insert(at);
            None
        }
        QuicEvent::Early { accepted } => {
            quic.early = Some(accepted);
            None
        }
        QuicEvent::Close(close) => {
            let size = close.reason.len();
            connection.first_close.get_or_insert(close.by);
            list(bounds, &mut quic.closes, close, size)
        }
        QuicEvent::StatelessReset { by, at } => {
            connection.first_close.get_or_insert(by);
            quic.reset.get_or_insert(Reset { by, at });
            None
        }
        QuicEvent::RoundTrip { trip, ack_delay } => {
            // each is shorter than the one before: the first ones say it all
            list(bounds, &mut quic.round_trips, Measured { trip, ack_delay }, 0);
            None
        }
        QuicEvent::Spin(trip) => {
            list(bounds, &mut quic.spins, trip, 0);
            None
        }
        QuicEvent::Stalled(stall) => {
            if let Some(queued) = queued(quic, &stall) {
                list(bounds, &mut quic.queued, queued, 0);
            }
            list(bounds, &mut connection.stalls, (place.at, *stall).into(), 0)
        }
        QuicEvent::Packet(packet) => {
            // who says them keeps to their bound
            if !bounds.keep(size_of::<Packet>().saturating_add(packet.weight())) {
                return Some(Bound::Text);
            }
            quic.packets.push(*packet);
            None
        }
        QuicEvent::Measures(measures) => {
            quic.measures = Some(measures);
            None
        }
    }
}

/// A stream that its client could not begin until the server allowed more, with how many it allowed
/// at first: as many as may be open at once, for servers allow one more when one has ended.
fn queued(quic: &Quic, stall: &Stall) -> Option<(u64, Queued)> {
    let StallCause::StreamLimit { opened } = stall.cause else { return None };
    let allowed = quic.parameters.to_client.as_ref()?.initial_max_streams_bidi?;
    let limit = u32::try_from(allowed).unwrap_or(u32::MAX);
    let is_request = stall.direction == Direction::ToServer;
    let queued = Queued { since: stall.from, freed: opened?, limit };
    Some((stall.stream.filter(|_| is_request)?, queued))
}

/// Adds to a list that has room, with so many bytes besides the item's own; else the bound.
fn list<T>(bounds: &mut Bounds, list: &mut Vec<T>, item: T, more: usize) -> Option<Bound> {
    if list.len() >= bounds.limits.listed {
        return Some(Bound::Listed);
    }
    if !bounds.keep(size_of::<T>().saturating_add(more)) {
        return Some(Bound::Text);
    }
    list.push(item);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Endpoint;
    use crate::flow::event::RoundTrip;
    use crate::limits::Limits;
    use crate::protocol::quic::event::{Close, CloseError, Path};
    use crate::protocol::quic::parameters::Parameters;
    use crate::protocol::quic::version::Version;
    use crate::report::fixture::{at, over_quic};
    use crate::time::TimeDelta;
    use crate::trace::stall::{Cause, Repair};

    use Direction::{ToClient, ToServer};

    /// What is known of a connection after these events, and how often a bound was reached.
    fn after(limits: &Limits, events: Vec<QuicEvent>) -> (Connection, usize) {
        let mut connection = over_quic().connections[0].clone();
        (connection.quic, connection.first_close) = (None, None);
        connection.stalls.clear();
        let (mut bounds, mut completed) = (Bounds::new(limits), Vec::new());
        let flow = connection.flow;
        let place = Place { at: at(50, 5), flow, completed: &mut completed };
        let reached =
            events.into_iter().filter_map(|event| add(&mut connection, &mut bounds, &place, event));
        let reached = reached.count();
        (connection, reached)
    }

    #[test]
    fn what_is_said_once_is_kept_as_it_was_said_first() {
        let retry = |token| QuicEvent::Retry { at: at(1, 2), token, authentic: None };
        let close = |by, code| {
            let (at, error) = (at(9, 9), CloseError::Application(code));
            QuicEvent::Close(Close { by, at, error, reason: "".into() })
        };
        let events = vec![
            QuicEvent::Version(Version::V1),
            retry(16),
            retry(99),
            QuicEvent::Answered { at: at(3, 3) },
            QuicEvent::Answered { at: at(4, 4) },
            QuicEvent::Version(Version::V2),
            close(ToClient, 0x100),
            close(ToServer, 0x101),
            QuicEvent::StatelessReset { by: ToServer, at: at(10, 10) },
        ];
        let (connection, reached) = after(&Limits::default(), events);
        let quic = connection.quic.unwrap();
        assert_eq!(reached, 0);
        assert_eq!(quic.retry.map(|retry| retry.token), Some(16));
        assert_eq!(quic.answered, Some(at(3, 3)));
        assert_eq!((quic.versions.len(), quic.version()), (2, Some(Version::V2)));
        assert_eq!(quic.given_up(), Some((at(9, 9), ToClient)));
        assert_eq!(quic.last_close(), Some(at(10, 10)));
        assert_eq!(connection.first_close, Some(ToClient));
    }

    #[test]
    fn lists_end_where_the_bounds_do() {
        let trip = RoundTrip { direction: ToServer, sent: at(1, 1), acked: at(2, 2) };
        let path = QuicEvent::Validated { by: ToServer, asked: at(1, 1), answered: at(2, 2) };
        let round_trip = QuicEvent::RoundTrip { trip, ack_delay: TimeDelta::ZERO };
        let events = || vec![path.clone(), path.clone(), round_trip.clone(), round_trip.clone()];
        let (connection, reached) = after(&Limits { listed: 1, ..Limits::default() }, events());
        let quic = connection.quic.unwrap();
        assert_eq!((quic.validations.len(), quic.round_trips.len()), (1, 1));
        assert_eq!(reached, 1, "that there were shorter round trips need not be said");
        let (connection, reached) = after(&Limits { model_text: 0, ..Limits::default() }, events());
        assert_eq!((connection.quic.unwrap().validations.len(), reached), (0, 2));
    }

    #[test]
    fn a_way_is_complete_when_it_is_proved_left_or_over() {
        let mut trace = over_quic();
        let flow = trace.connections[0].flow;
        trace.connections[0].quic = None;
        let mut completed = Vec::new();
        let (mut bounds, id) = (Bounds::new(&Limits::default()), ConnectionId(0));
        let mut say = |trace: &mut Trace, event| {
            let place = Place { at: at(50, 5), flow, completed: &mut completed };
            super::event(trace, &mut bounds, id, place, event);
            std::mem::take(&mut completed)
        };
        let end = |port| Endpoint::new([192, 0, 2, 1].into(), port);
        let path = |millis, frame| {
            let (at, client, server) = (at(millis, frame), end(1), end(443));
            QuicEvent::Path(Path { at, client, server, has_new_id: true })
        };
        let proof = |asked, answered| {
            let (asked, answered) = (at(asked, 50), at(answered, 51));
            QuicEvent::Validated { by: ToServer, asked, answered }
        };
        assert_eq!(say(&mut trace, path(10_000, 10)), []);
        assert_eq!(say(&mut trace, proof(11_000, 12_000)), [EntityId::Path(id, 0)]);
        assert_eq!(say(&mut trace, proof(13_000, 14_000)), [], "it was proved before");
        assert_eq!(say(&mut trace, path(20_000, 20)), []);
        assert_eq!(say(&mut trace, path(30_000, 30)), [EntityId::Path(id, 1)], "it was left");
        let mut completed = Vec::new();
        over(&trace, id, &mut completed);
        assert_eq!(completed, [EntityId::Path(id, 2)]);
    }

    #[test]
    fn stalls_are_told_in_the_words_of_all_transports() {
        let stall = |stream, cause| {
            let (direction, from, to) = (ToClient, at(10, 1), at(20, 8));
            let stall = Stall { direction, stream, from, to, cause };
            let event = QuicEvent::Stalled(Box::new(stall));
            let (connection, _) = after(&Limits::default(), vec![event]);
            let stall = connection.stalls.into_iter().next().unwrap();
            let frames: Vec<u64> = stall.frames.iter().map(|frame| frame.0).collect();
            (stall.stream, stall.cause, stall.is_hole, frames)
        };
        let missing = StallCause::Missing { by_ack: Some(true) };
        let lost = Cause::Loss(Repair::Fast);
        assert_eq!(stall(Some(4), missing), (Some(4), lost, true, vec![1, 8]));
        let again = StallCause::SentAgain { by_ack: Some(false), newest: at(12, 3) };
        let lost = Cause::Loss(Repair::Timeout);
        assert_eq!(stall(None, again), (None, lost, false, vec![1, 8]));
        let full = StallCause::FlowControl { opened: Some(at(19, 7)) };
        assert_eq!(stall(Some(0), full), (Some(0), Cause::StreamWindow, false, vec![1, 7, 8]));
        let limit = StallCause::StreamLimit { opened: None };
        assert_eq!(stall(None, limit), (None, Cause::StreamLimit, false, vec![1, 8]));
        let late = stall(Some(8), StallCause::Reordered);
        assert_eq!(late, (Some(8), Cause::Reordering, true, vec![1, 8]));
    }

    #[test]
    fn a_request_whose_stream_had_to_wait_is_queued() {
        let said = Parameters { initial_max_streams_bidi: Some(2), ..Parameters::default() };
        let (stream, direction, from, to) = (Some(8), ToServer, at(10, 1), at(20, 8));
        let cause = StallCause::StreamLimit { opened: Some(at(19, 7)) };
        let stall = Stall { direction, stream, from, to, cause };
        let parameters = QuicEvent::Parameters { by: ToClient, parameters: Box::new(said) };
        let events = vec![parameters, QuicEvent::Stalled(Box::new(stall))];
        let quic = after(&Limits::default(), events.clone()).0.quic.unwrap();
        let queued = Queued { since: at(10, 1), freed: at(19, 7), limit: 2 };
        assert_eq!((quic.queued(8), quic.queued(4)), (Some(queued), None));
        let unknown = after(&Limits::default(), events[1..].to_vec()).0.quic.unwrap();
        assert_eq!(unknown.queued(8), None, "nobody knows how many it allows");
    }
}
