//! Which part of a trace is written: all of it, one visit, what concerns one host.

use hashbrown::HashSet;

use crate::flow::event::FlowId;
use crate::report::format::Options;
use crate::report::text::filter::Filter;
use crate::trace::{
    ConnectionId, EntityId, ExchangeId, LookupId, ResolutionId, Trace, Visit, VisitId,
};

/// What of a trace is to be written. Ids are those of the whole trace: a part keeps its numbers.
#[derive(Debug, Default)]
pub struct Selection {
    part: Option<Part>,
}

/// Which entities are in; each list is as long as its arena.
#[derive(Debug)]
struct Part {
    lookups: Vec<bool>,
    resolutions: Vec<bool>,
    connections: Vec<bool>,
    exchanges: Vec<bool>,
    visits: Vec<bool>,
    /// The flows of connections that are not in.
    left_out: HashSet<FlowId>,
}

impl Selection {
    /// What the options ask for.
    pub fn of(trace: &Trace, options: &Options) -> Self {
        if !options.selects() {
            return Self::default();
        }
        Self { part: Some(Part::of(trace, options.visit, Filter::of(options))) }
    }

    /// True where everything is in.
    pub const fn is_all(&self) -> bool {
        self.part.is_none()
    }

    /// Whether a lookup is in.
    pub fn lookup(&self, id: LookupId) -> bool {
        self.has(|part| &part.lookups, id.0)
    }

    /// Whether a resolution is in.
    pub fn resolution(&self, id: ResolutionId) -> bool {
        self.has(|part| &part.resolutions, id.0)
    }

    /// Whether a connection is in.
    pub fn connection(&self, id: ConnectionId) -> bool {
        self.has(|part| &part.connections, id.0)
    }

    /// Whether an exchange is in.
    pub fn exchange(&self, id: ExchangeId) -> bool {
        self.has(|part| &part.exchanges, id.0)
    }

    /// Whether a visit is in.
    pub fn visit(&self, id: VisitId) -> bool {
        self.has(|part| &part.visits, id.0)
    }

    /// Whether something that was said on a flow is in: on a connection that is in, or on no
    /// connection at all.
    pub fn flow(&self, flow: FlowId) -> bool {
        self.part.as_ref().is_none_or(|part| !part.left_out.contains(&flow))
    }

    fn has(&self, list: impl Fn(&Part) -> &Vec<bool>, index: u32) -> bool {
        self.part.as_ref().is_none_or(|part| list(part).get(index as usize) == Some(&true))
    }
}

impl Part {
    fn of(trace: &Trace, visit: Option<VisitId>, host: Filter<'_>) -> Self {
        let exchanges: Vec<bool> = trace
            .exchanges
            .iter()
            .map(|exchange| {
                visit.is_none_or(|visit| exchange.visit == Some(visit))
                    && host.exchange(trace, exchange)
            })
            .collect();
        let has = |id: &ExchangeId| exchanges.get(id.0 as usize) == Some(&true);
        let connections: Vec<bool> = trace
            .connections
            .iter()
            .map(|connection| {
                connection.exchanges.iter().any(has)
                    || (visit.is_none() && host.connection(trace, connection))
            })
            .collect();
        let resolutions = resolutions(trace, visit, host, &exchanges, &connections);
        let lookups = trace
            .lookups
            .iter()
            .map(|lookup| resolutions.get(lookup.resolution.0 as usize) == Some(&true))
            .collect();
        let visits = trace
            .visits
            .iter()
            .map(|page: &Visit| {
                visit.is_none_or(|visit| page.id == visit)
                    && (host.is_open() || page.exchanges.iter().any(has))
            })
            .collect();
        let left_out = trace.connections.iter().zip(&connections).filter(|(_, kept)| !**kept);
        let left_out = left_out.map(|(connection, _)| connection.flow).collect();
        Self { lookups, resolutions, connections, exchanges, visits, left_out }
    }
}

/// The resolutions that what is in waited for, and those of the host itself.
fn resolutions(
    trace: &Trace,
    visit: Option<VisitId>,
    host: Filter<'_>,
    exchanges: &[bool],
    connections: &[bool],
) -> Vec<bool> {
    let mut resolutions: Vec<bool> = trace
        .resolutions
        .iter()
        .map(|resolution| visit.is_none() && host.resolution(trace, resolution))
        .collect();
    let by_exchange = trace.exchanges.iter().zip(exchanges).map(|(e, kept)| (e.resolution, kept));
    let by_connection =
        trace.connections.iter().zip(connections).map(|(c, kept)| (c.resolution, kept));
    for (resolution, kept) in by_exchange.chain(by_connection) {
        let place = resolution.and_then(|id| resolutions.get_mut(id.0 as usize));
        if let Some(place) = place {
            *place |= *kept;
        }
    }
    // what a resolver passed on goes with what it was asked, which began before it
    for passed_on in &trace.resolutions {
        let asked_for = passed_on.asked_for.and_then(|id| resolutions.get(id.0 as usize));
        let kept = asked_for == Some(&true);
        if let Some(place) = resolutions.get_mut(passed_on.id.0 as usize) {
            *place |= kept;
        }
    }
    resolutions
}

/// Whether an entity that was completed just now concerns the host that is asked for; every
/// entity does where none is. Who is to write at once cannot wait for what refers to it later.
pub fn concerns(trace: &Trace, entity: EntityId, options: &Options) -> bool {
    let host = Filter::of(options);
    if host.is_open() {
        return true;
    }
    let of_flow = |flow| trace.connections.iter().rev().find(|c| c.flow == flow);
    match entity {
        EntityId::Neighbor(_) => true,
        EntityId::Lookup(id) => trace
            .lookup(id)
            .and_then(|lookup| trace.resolution(lookup.resolution))
            .is_some_and(|resolution| host.resolution(trace, resolution)),
        EntityId::Resolution(id) => {
            trace.resolution(id).is_some_and(|resolution| host.resolution(trace, resolution))
        }
        EntityId::Handshake(id)
        | EntityId::Secured(id)
        | EntityId::Path(id, _)
        | EntityId::Connection(id) => {
            trace.connection(id).is_some_and(|connection| host.connection(trace, connection))
        }
        EntityId::Exchange(id) => {
            trace.exchange(id).is_some_and(|exchange| host.exchange(trace, exchange))
        }
        EntityId::Anomaly(nth) => trace
            .anomalies
            .get(nth as usize)
            .and_then(|said| of_flow(said.flow))
            .is_none_or(|connection| host.connection(trace, connection)),
    }
}
