//! The one fold: events in order become the trace.
//!
//! Each sibling keeps the indices that its entity is linked by; this file only hands events on.
//! Nothing here looks at a clock or at the order of a hash map.

mod bounds;
mod configurations;
mod connections;
mod exchanges;
mod lookups;
mod multiplex;
mod nameless;
mod neighbors;
mod pages;
mod phases;
mod quic;
mod stalls;
mod tally;
mod tls;
mod ways;

use std::borrow::Cow;

use crate::limits::Limits;
use crate::protocol::dns::message::Carrier;
use crate::protocol::event::{ConnectionEvent, Event, EventBody};
use crate::protocol::http::credentials::{self, Credentials};
use crate::protocol::refusal;
use crate::trace::builder::bounds::{Bound, Bounds, Place, unlisted};
use crate::trace::builder::configurations::Configurations;
use crate::trace::builder::connections::Connections;
use crate::trace::builder::exchanges::Exchanges;
use crate::trace::builder::lookups::Lookups;
use crate::trace::builder::neighbors::Neighbors;
use crate::trace::builder::pages::Pages;
use crate::trace::builder::tally::Tally;
use crate::trace::model::{CaptureFacts, EntityId, Noted, ProtocolCount, Trace};
use crate::trace::refusal::Refusal;

/// Folds events into a [`Trace`].
#[derive(Debug)]
pub struct TraceBuilder {
    trace: Trace,
    neighbors: Neighbors,
    configurations: Configurations,
    lookups: Lookups,
    connections: Connections,
    exchanges: Exchanges,
    pages: Pages,
    tally: Tally,
    bounds: Bounds,
}

impl TraceBuilder {
    /// An empty trace, which holds the credentials of messages or does not. What it does not hold
    /// no output can show: this is the one place where that is decided.
    pub fn new(limits: &Limits, credentials: Credentials) -> Self {
        let blanked = (credentials == Credentials::Blanked).then_some(0);
        Self {
            trace: Trace { blanked, ..Trace::default() },
            neighbors: Neighbors::default(),
            configurations: Configurations::default(),
            lookups: Lookups::default(),
            connections: Connections::default(),
            exchanges: Exchanges::default(),
            pages: Pages::default(),
            tally: Tally::default(),
            bounds: Bounds::new(limits),
        }
    }

    /// Takes one event; the next one in [`Order`](crate::protocol::event::Order). Entities that
    /// it completed are added to `completed`.
    pub fn apply(&mut self, event: Event, completed: &mut Vec<EntityId>) {
        let (at, flow) = (event.at, event.order.flow);
        match event.body {
            EventBody::Neighbor(message) => {
                let place = Place { at, flow, completed };
                self.neighbors.message(&mut self.trace, &mut self.bounds, place, message);
            }
            EventBody::Lookup(message) => {
                let place = Place { at, flow, completed };
                let carried_by = match message.over {
                    Carrier::Https(id) => self
                        .connections
                        .of(flow)
                        .and_then(|connection| self.exchanges.find(&self.trace, connection, id)),
                    _ => None,
                };
                let (trace, bounds) = (&mut self.trace, &mut self.bounds);
                self.lookups.message(trace, bounds, place, *message, carried_by);
            }
            EventBody::Connection(what) => {
                self.tally.event(flow, &what);
                if let ConnectionEvent::Opened(opened) = &what {
                    self.neighbors.seen(&mut self.trace, opened);
                    self.lookups.addresses.seen(opened);
                }
                let over = matches!(what, ConnectionEvent::Closed(_));
                let id = self.connections.event(
                    &mut self.trace,
                    &mut self.bounds,
                    (&self.lookups, &self.configurations),
                    Place { at, flow, completed },
                    what,
                );
                if let (true, Some(id)) = (over, id) {
                    self.exchanges.connection_over(&mut self.trace, id, completed);
                    tls::over(&self.trace, id, completed);
                    quic::over(&self.trace, id, completed);
                    completed.push(EntityId::Connection(id));
                }
            }
            EventBody::Http(mut what) => {
                let Some(connection) = self.connections.of(flow) else { return };
                if let Some(blanked) = &mut self.trace.blanked {
                    *blanked += credentials::blank(&mut what);
                }
                let touched = self.exchanges.event(
                    &mut self.trace,
                    &mut self.bounds,
                    &self.lookups,
                    connection,
                    Place { at, flow, completed },
                    what,
                );
                if let Some((id, moment)) = touched {
                    self.pages.exchange(&mut self.trace, id, moment);
                }
            }
            EventBody::Multiplex(what) => {
                let Some(connection) = self.connections.of(flow) else { return };
                let place = Place { at, flow, completed };
                multiplex::event(&mut self.trace, &mut self.bounds, connection, place, *what);
            }
            EventBody::Tls(what) => {
                let Some(connection) = self.connections.of(flow) else { return };
                let place = Place { at, flow, completed };
                tls::event(&mut self.trace, &mut self.bounds, connection, place, *what);
            }
            EventBody::Quic(what) => {
                let Some(connection) = self.connections.of(flow) else { return };
                let place = Place { at, flow, completed };
                quic::event(&mut self.trace, &mut self.bounds, connection, place, *what);
            }
            EventBody::Configuration(what) => {
                let place = Place { at, flow, completed };
                self.configurations.told(&mut self.trace, &mut self.bounds, place, *what);
            }
            EventBody::Refusal(said) => {
                let mut place = Place { at, flow, completed };
                let (protocol, text) = (said.protocol, said.text());
                self.refusal(place.here(), *said);
                self.note(place, protocol, text);
            }
            EventBody::Note { protocol, text } => {
                self.note(Place { at, flow, completed }, protocol, text);
            }
            EventBody::Anomaly(mut anomaly) => {
                if let (Some(blanked), Cow::Owned(text)) = (&mut self.trace.blanked, &anomaly.text)
                    && let Cow::Owned(safe) = credentials::of_words(text)
                {
                    anomaly.text = safe.into();
                    *blanked += 1;
                }
                let place = Place { at, flow, completed };
                self.bounds.anomaly(&mut self.trace, place, anomaly);
            }
            EventBody::Unlisted { id, count } => unlisted(&mut self.trace, id, count.into()),
        }
    }

    fn refusal(&mut self, place: Place<'_>, said: refusal::Refusal) {
        let (from, reason, mtu) = (said.from, said.reason.into_owned(), said.mtu);
        let refusal = Refusal { at: place.at, from, reason, mtu };
        let Some(about) = said.about.filter(|about| about.has_ports) else { return };
        let (trace, bounds) = (&mut self.trace, &mut self.bounds);
        if !self.connections.refused(trace, bounds, place, &about, &refusal) {
            lookups::refused(trace, &about, &refusal);
        }
    }

    fn note(&mut self, place: Place<'_>, protocol: &'static str, text: String) {
        if self.trace.notes.len() < self.bounds.limits.notes && self.bounds.keep(text.len()) {
            let (at, flow) = (place.at, place.flow);
            self.trace.notes.push(Noted { at, flow, what: (protocol, text) });
        } else {
            self.bounds.reached(&mut self.trace, place, Bound::Notes);
        }
    }

    /// The trace so far.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The capture is over: what was counted besides the events is added, and what is still
    /// waiting for an answer is told in `completed`, so that everything is told once.
    pub fn finish(
        mut self,
        facts: CaptureFacts,
        mut protocols: Vec<ProtocolCount>,
        completed: &mut Vec<EntityId>,
    ) -> Trace {
        let unlisted = std::mem::take(&mut self.trace.capture.unlisted);
        self.trace.capture = CaptureFacts { unlisted, ..facts };
        self.trace.capture.bad_transport_checksums = self.tally.bad_checksums();
        protocols.extend(self.tally.protocols());
        protocols.sort_by(|a, b| b.packets.cmp(&a.packets).then_with(|| a.name.cmp(b.name)));
        self.trace.protocols = protocols;
        neighbors::unanswered(&self.trace, completed);
        self.lookups.unanswered(&self.trace, completed);
        for exchange in &self.trace.exchanges {
            if !exchange.over {
                completed.push(EntityId::Exchange(exchange.id));
            }
        }
        self.trace
    }
}
