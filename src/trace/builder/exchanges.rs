//! Puts requests and responses together, and times them.

use hashbrown::HashMap;

use crate::protocol::http::chunks::{Chunk, Chunks};
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{HttpEvent, MessageId, RequestHead, StreamMessage};
use crate::protocol::http::url;
use crate::time::Stamp;
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::builder::lookups::Lookups;
use crate::trace::builder::phases::{self, Before};
use crate::trace::exchange::Exchange;
use crate::trace::id::{ConnectionId, ExchangeId, next_index};
use crate::trace::messages::Messages;
use crate::trace::model::{EntityId, Trace};
use crate::trace::timing::Timings;
use crate::trace::visit::Link;

/// What happened to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Its request's head is there.
    Requested,
    /// Its final response's head is there.
    Responded,
    /// Its response is whole, or will never be.
    Ended,
}

/// Which exchanges are not over.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    open: HashMap<(ConnectionId, MessageId), ExchangeId>,
}

impl Exchanges {
    /// Takes one HTTP event.
    pub(super) fn event(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        lookups: &Lookups,
        connection: ConnectionId,
        mut place: Place<'_>,
        event: HttpEvent,
    ) -> Option<(ExchangeId, Moment)> {
        if let HttpEvent::Request { id, head } = event {
            let id = (connection, id);
            let id = self.requested(trace, bounds, lookups, id, head, place)?;
            return Some((id, Moment::Requested));
        }
        let message = message_of(&event);
        let id = match self.open.get(&(connection, message)) {
            Some(id) => *id,
            None if matches!(
                event,
                HttpEvent::Response { .. } | HttpEvent::Informational { .. }
            ) =>
            {
                let (id, started) = ((connection, message), place.at);
                self.begin(trace, bounds, id, started, place.here())?
            }
            None => return None,
        };
        let mut full = None;
        let has_streams = has_streams(trace, connection, message);
        let exchange = trace.exchanges.get_mut(id.0 as usize)?;
        let moment = match event {
            HttpEvent::Request { .. } => None,
            HttpEvent::RequestEnd { mut end, .. } => {
                // nobody draws uploads piece by piece
                end.body.chunks = Chunks::default();
                full = leave_out(&mut end.trailers, 0, bounds);
                exchange.request_end = Some(end);
                None
            }
            HttpEvent::Informational { head, .. } => {
                if exchange.informational.len() >= bounds.limits.listed {
                    full = Some(Bound::Listed);
                } else if bounds.keep(weight(head.size, &head.fields)) {
                    exchange.informational.push(*head);
                } else {
                    full = Some(Bound::Text);
                }
                None
            }
            HttpEvent::Early { asked, .. } => {
                exchange.asked = Some(asked);
                None
            }
            HttpEvent::Response { mut head, .. } => {
                full = leave_out(&mut head.fields, head.size, bounds);
                if exchange.request.is_none() {
                    exchange.started = head.span.first;
                }
                exchange.response = Some(head);
                Some(Moment::Responded)
            }
            HttpEvent::ResponseEnd { mut end, .. } => {
                full = leave_out(&mut end.trailers, 0, bounds);
                if !bounds.keep(end.body.chunks.len().saturating_mul(size_of::<Chunk>())) {
                    end.body.chunks = Chunks::default();
                    full = Some(Bound::Text);
                }
                if let Some(messages) = &mut exchange.messages
                    && (exchange.switched.is_none() || has_streams)
                {
                    messages.ended.get_or_insert(end.done);
                }
                exchange.response_end = Some(end);
                Some(Moment::Ended)
            }
            HttpEvent::Prioritized { priority, .. } => {
                exchange.priority = Some(priority);
                None
            }
            HttpEvent::Queued { queued, .. } => {
                exchange.queued = Some(queued);
                None
            }
            HttpEvent::Switched { to, .. } => {
                if to.eq_ignore_ascii_case("websocket") {
                    exchange.messages.get_or_insert_default();
                }
                exchange.switched = Some(to);
                None
            }
            HttpEvent::Message { message, .. } => {
                full = said(exchange.messages.get_or_insert_default(), bounds, *message);
                None
            }
        };
        phases::measure(exchange);
        let has_ended = exchange.response_end.is_some();
        let is_whole = exchange.request_end.is_some() && has_ended && !goes_on(exchange);
        let is_alone = exchange.request.is_none() && has_ended;
        if let Some(bound) = full {
            bounds.reached(trace, place.here(), bound);
        }
        let completed = place.completed;
        if is_whole {
            self.complete(trace, id, completed);
        } else if is_alone {
            // It waits: its request may be captured after it.
            self.forsake(trace, connection, ORPHANS, completed);
        }
        moment.map(|moment| (id, moment))
    }

    /// The exchange of a connection with this place on it: one that is not over, or that was over
    /// a moment ago.
    pub(super) fn find(
        &self,
        trace: &Trace,
        connection: ConnectionId,
        message: MessageId,
    ) -> Option<ExchangeId> {
        self.open.get(&(connection, message)).copied().or_else(|| {
            let last = trace.connection(connection)?.exchanges.iter().rev().take(RECENT);
            last.copied().find(|id| trace.exchange(*id).is_some_and(|it| it.message == message))
        })
    }

    /// The connection is over: so is everything that was waiting on it.
    pub(super) fn connection_over(
        &mut self,
        trace: &mut Trace,
        connection: ConnectionId,
        completed: &mut Vec<EntityId>,
    ) {
        let Some(on_it) = trace.connection(connection).map(|c| c.exchanges.clone()) else { return };
        let last = trace.connection(connection).map(|connection| connection.last);
        for id in on_it {
            let exchange = trace.exchanges.get_mut(id.0 as usize);
            if let Some(messages) = exchange.and_then(|exchange| exchange.messages.as_mut()) {
                messages.ended = messages.ended.or(last);
            }
            self.complete(trace, id, completed);
        }
    }

    /// Nothing more can come of an exchange.
    fn complete(&mut self, trace: &mut Trace, id: ExchangeId, completed: &mut Vec<EntityId>) {
        let exchange = trace.exchanges.get_mut(id.0 as usize);
        let Some(exchange) = exchange.filter(|exchange| !exchange.over) else { return };
        exchange.over = true;
        self.open.remove(&(exchange.connection, exchange.message));
        completed.push(EntityId::Exchange(id));
    }

    /// Gives up the requests of responses that came alone, but for the last `kept` of them.
    fn forsake(
        &mut self,
        trace: &mut Trace,
        connection: ConnectionId,
        kept: usize,
        completed: &mut Vec<EntityId>,
    ) {
        let Some(flow) = trace.connection(connection) else { return };
        let is_alone = |exchange: &Exchange| {
            exchange.request.is_none() && exchange.response_end.is_some() && !exchange.over
        };
        // those before the first that is not alone have been given up already
        let alone = flow.exchanges.iter().rev().copied();
        let alone = alone.take_while(|id| trace.exchange(*id).is_some_and(is_alone));
        let forsaken: Vec<ExchangeId> = alone.skip(kept).collect();
        for id in forsaken.into_iter().rev() {
            self.complete(trace, id, completed);
        }
    }

    fn requested(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        lookups: &Lookups,
        (connection, message): (ConnectionId, MessageId),
        head: Box<RequestHead>,
        mut place: Place<'_>,
    ) -> Option<ExchangeId> {
        // its target stands in the URL and among those of its page once more
        let target = head.target.as_deref().map_or(0, str::len);
        if !bounds.keep(weight(head.size, &head.fields).saturating_add(2 * target)) {
            bounds.reached(trace, place, Bound::Text);
            return None;
        }
        let known = self.open.get(&(connection, message)).copied();
        let id = if let Some(id) = known {
            id
        } else {
            // A request of its own: those of the responses before it will not come any more. That
            // of another stream may.
            if !has_streams(trace, connection, message) {
                self.forsake(trace, connection, 0, place.completed);
            }
            let (id, started) = ((connection, message), head.span.first);
            self.begin(trace, bounds, id, started, place.here())?
        };
        let flow = trace.connection(connection)?;
        let url = url::Url::of_request(&head, "http", flow.server);
        let first = flow.exchanges.first() == Some(&id);
        let named = lookups.of_address(
            trace,
            flow.client.ip,
            flow.server.ip,
            url.as_ref().map(|url| url.parts().host),
            flow.opened,
        );
        let before = if first {
            let resolution = named.and_then(|id| trace.resolution(id));
            phases::before_request(trace, flow, resolution, head.span.first)
        } else {
            Before::default()
        };
        if first
            && named.is_some()
            && let Some(flow) = trace.connections.get_mut(connection.0 as usize)
        {
            flow.resolution = named;
        }
        let quic = trace.connection(connection).and_then(|flow| flow.quic.as_deref());
        let queued = quic.and_then(|quic| quic.queued(message.stream));
        let exchange = trace.exchanges.get_mut(id.0 as usize)?;
        exchange.queued = exchange.queued.or(queued);
        exchange.opens_connection = first;
        exchange.started = before.started.unwrap_or(head.span.first);
        exchange.timings.blocked = before.blocked;
        exchange.timings.dns = before.dns;
        exchange.timings.connect = before.connect;
        exchange.timings.ssl = before.ssl;
        exchange.resolution = before.dns.and(named);
        exchange.url = url.map(url::Url::into_text);
        exchange.request = Some(head);
        phases::measure(exchange);
        Some(id)
    }

    fn begin(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        (connection, message): (ConnectionId, MessageId),
        started: Stamp,
        place: Place<'_>,
    ) -> Option<ExchangeId> {
        if trace.exchanges.len() >= bounds.limits.exchanges {
            bounds.reached(trace, place, Bound::Exchanges);
            return None;
        }
        let id = ExchangeId(next_index(trace.exchanges.len()));
        trace.exchanges.push(Exchange {
            id,
            connection,
            message,
            url: None,
            request: None,
            request_end: None,
            informational: Vec::new(),
            response: None,
            response_end: None,
            switched: None,
            priority: None,
            queued: None,
            asked: None,
            messages: None,
            timings: Timings::default(),
            started,
            opens_connection: false,
            resolution: None,
            visit: None,
            link: Link::None,
            over: false,
            redirected_from: None,
        });
        if let Some(flow) = trace.connections.get_mut(connection.0 as usize) {
            flow.exchanges.push(id);
        }
        self.open.insert((connection, message), id);
        Some(id)
    }
}

/// True where a message has its stream to itself: HTTP/1 has none, and the first one of QUIC is 0.
fn has_streams(trace: &Trace, connection: ConnectionId, message: MessageId) -> bool {
    message.stream > 0 || trace.connection(connection).is_some_and(|it| it.quic.is_some())
}

/// Leaves fields, of so many bytes on the wire, out where there is no room for them; gives the bound.
fn leave_out(fields: &mut Fields, size: u32, bounds: &mut Bounds) -> Option<Bound> {
    if bounds.keep(weight(size, fields)) {
        return None;
    }
    *fields = Fields::default();
    Some(Bound::Text)
}

/// Bytes of a head: those on the wire, or those of its fields, which may be references.
fn weight(size: u32, fields: &Fields) -> usize {
    (size as usize).max(fields.weight())
}

/// True where an exchange opened a WebSocket that is not over.
fn goes_on(exchange: &Exchange) -> bool {
    let messages = exchange.messages.as_ref().filter(|_| exchange.is_websocket());
    messages.is_some_and(|messages| messages.ended.is_none())
}

/// Adds a message to those of its exchange; the bound that keeps it from being listed.
fn said(messages: &mut Messages, bounds: &mut Bounds, message: StreamMessage) -> Option<Bound> {
    let full = if messages.listed.len() >= bounds.limits.listed {
        Some(Bound::Listed)
    } else if bounds.keep(size_of::<StreamMessage>()) {
        None
    } else {
        Some(Bound::Text)
    };
    messages.add(message, full.is_none());
    full
}

/// Exchanges of a connection that are looked through for one that is over.
const RECENT: usize = 8;

/// Responses of a connection that wait for their requests: as many as HTTP/1 remembers.
const ORPHANS: usize = 16;

const fn message_of(event: &HttpEvent) -> MessageId {
    match event {
        HttpEvent::Request { id, .. }
        | HttpEvent::RequestEnd { id, .. }
        | HttpEvent::Informational { id, .. }
        | HttpEvent::Early { id, .. }
        | HttpEvent::Response { id, .. }
        | HttpEvent::ResponseEnd { id, .. }
        | HttpEvent::Prioritized { id, .. }
        | HttpEvent::Queued { id, .. }
        | HttpEvent::Switched { id, .. }
        | HttpEvent::Message { id, .. } => *id,
    }
}
