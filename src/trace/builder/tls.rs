//! Collects what TLS says of a connection.

use crate::protocol::tls::event::{Alert, Estimate, TlsEvent};
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::id::ConnectionId;
use crate::trace::model::{EntityId, Trace};
use crate::trace::tls::{Finished, Tls};

/// Takes one event of TLS.
pub(super) fn event(
    trace: &mut Trace,
    bounds: &mut Bounds,
    connection: ConnectionId,
    place: Place<'_>,
    event: TlsEvent,
) {
    let id = connection;
    let Some(connection) = trace.connections.get_mut(id.0 as usize) else { return };
    let tls = connection.tls.get_or_insert_default();
    let is_step = matches!(event, TlsEvent::Finished { .. } | TlsEvent::Data { .. });
    let may_end = is_step && tls.done().is_none();
    let bound = add(tls, bounds, event);
    if may_end && tls.done().is_some() {
        place.completed.push(EntityId::Secured(id));
    }
    if let Some(bound) = bound {
        bounds.reached(trace, place, bound);
    }
}

/// A connection is over: so is its handshake, if it was not.
pub(super) fn over(trace: &Trace, connection: ConnectionId, completed: &mut Vec<EntityId>) {
    let tls = trace.connection(connection).and_then(|connection| connection.tls.as_ref());
    if tls.is_some_and(|tls| tls.done().is_none()) {
        completed.push(EntityId::Secured(connection));
    }
}

/// Adds to what is known; the bound that leaves it out.
fn add(tls: &mut Tls, bounds: &mut Bounds, event: TlsEvent) -> Option<Bound> {
    match event {
        TlsEvent::Message(message) => {
            if tls.messages.len() >= bounds.limits.listed {
                return Some(Bound::Listed);
            }
            if !bounds.keep(message.weight()) {
                return Some(Bound::Text);
            }
            if tls.messages.is_empty() {
                // of many connections there is no more than a hello
                tls.messages.reserve_exact(1);
            }
            tls.messages.push(*message);
        }
        TlsEvent::Finished { direction, span, inferred } => {
            // another handshake on the same connection does not change when it was first open
            tls.finished.of_mut(direction).get_or_insert(Finished { span, inferred });
        }
        TlsEvent::Data { at, early: true, .. } => {
            tls.early.get_or_insert(at);
        }
        TlsEvent::Data { direction, at, early: false } => {
            tls.data.of_mut(direction).get_or_insert(at);
        }
        TlsEvent::Alert(alert) => {
            if tls.alerts.len() >= bounds.limits.listed {
                return Some(Bound::Listed);
            }
            if !bounds.keep(size_of::<Alert>()) {
                return Some(Bound::Text);
            }
            tls.alerts.push(alert);
        }
        TlsEvent::Keys(keys) => tls.keys = Some(keys),
        TlsEvent::Estimate(estimate) => {
            if tls.estimates.len() >= bounds.limits.listed {
                return Some(Bound::Listed);
            }
            if !bounds.keep(size_of::<Estimate>()) {
                return Some(Bound::Text);
            }
            tls.estimates.push(*estimate);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::event::{Direction, FlowId};
    use crate::limits::Limits;
    use crate::protocol::buffer::Span;
    use crate::protocol::tls::message::{Body, ClientHello, Kind, Message};
    use crate::protocol::tls::names::HandshakeType;
    use crate::report::fixture::secured;
    use crate::time::{FrameNo, Frames, Stamp, Timestamp};

    fn hello(frame: u64) -> TlsEvent {
        let at = Stamp::new(Timestamp::from_nanos(10), FrameNo(frame));
        let hello = ClientHello { server_name: Some("a.example".into()), ..Default::default() };
        TlsEvent::Message(Box::new(Message {
            direction: Direction::ToServer,
            kind: Kind::Handshake(HandshakeType::CLIENT_HELLO),
            span: Span::at(at),
            frames: Frames::default(),
            size: 100,
            encrypted: false,
            body: Body::ClientHello(Box::new(hello)),
        }))
    }

    #[test]
    fn messages_are_kept_in_order_and_no_more_than_the_bounds_allow() {
        let mut bounds = Bounds::new(&Limits { listed: 1, ..Limits::default() });
        let mut tls = Tls::default();
        assert!(add(&mut tls, &mut bounds, hello(4)).is_none());
        assert!(matches!(add(&mut tls, &mut bounds, hello(9)), Some(Bound::Listed)));
        assert_eq!(tls.server_name(), Some("a.example"));
        assert_eq!(tls.started().map(|at| at.frame), Some(FrameNo(4)));
        let mut bounds = Bounds::new(&Limits { model_text: 1800, ..Limits::default() });
        let mut tls = Tls::default();
        assert!(add(&mut tls, &mut bounds, hello(4)).is_none());
        assert!(matches!(add(&mut tls, &mut bounds, hello(9)), Some(Bound::Text)));
    }

    #[test]
    fn a_handshake_is_told_once_it_is_over_or_with_its_connection() {
        let mut trace = secured();
        let told = |trace: &Trace, id| {
            let mut completed = Vec::new();
            over(trace, ConnectionId(id), &mut completed);
            completed
        };
        assert_eq!(told(&trace, 0), []);
        assert_eq!(told(&trace, 1), [EntityId::Secured(ConnectionId(1))]);
        let (direction, span) = (Direction::ToServer, trace.connections[4].opened);
        let done = TlsEvent::Finished { direction, span: Span::at(span), inferred: true };
        trace.connections[4].tls.as_mut().unwrap().finished.to_server = None;
        let mut bounds = Bounds::new(&Limits::default());
        let mut completed = Vec::new();
        for _ in 0..2 {
            let place = Place { at: span, flow: FlowId(span.frame), completed: &mut completed };
            event(&mut trace, &mut bounds, ConnectionId(4), place, done.clone());
        }
        assert_eq!(completed, [EntityId::Secured(ConnectionId(4))]);
    }

    #[test]
    fn the_first_finished_is_when_it_was_open() {
        let mut bounds = Bounds::new(&Limits::default());
        let mut tls = Tls::default();
        for frame in [5, 50] {
            let at = Stamp::new(Timestamp::from_nanos(10), FrameNo(frame));
            let (direction, span) = (Direction::ToServer, Span::at(at));
            let event = TlsEvent::Finished { direction, span, inferred: true };
            assert!(add(&mut tls, &mut bounds, event).is_none());
        }
        assert_eq!(tls.finished.to_server.map(|done| done.span.last.frame), Some(FrameNo(5)));
        assert_eq!(tls.finished.to_client, None);
    }
}
