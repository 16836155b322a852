//! Collects the life of each flow, and finds the lookup that led to it.

use hashbrown::HashMap;

use crate::flow::event::{
    Closed, Direction, FlowId, Opened, PerDirection, TcpEvent, TcpState, Transport,
};
use crate::packet::quote::Quoted;
use crate::protocol::dns::message::Flavor;
use crate::protocol::event::ConnectionEvent;
use crate::time::{FrameNo, Frames, Stamp};
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::builder::configurations::Configurations;
use crate::trace::builder::lookups::Lookups;
use crate::trace::builder::ways::{Ends, Joined, Ways};
use crate::trace::connection::{CloseKind, CloseStep, Connection, GapNote, SegmentNote};
use crate::trace::id::{ConnectionId, next_index};
use crate::trace::model::{EntityId, Trace};
use crate::trace::refusal::Refusal;

/// What was learnt before a connection: names and networks.
type Known<'a> = (&'a Lookups, &'a Configurations);

/// Which connection a flow is.
#[derive(Debug, Default)]
pub(super) struct Connections {
    by_flow: HashMap<FlowId, ConnectionId>,
    /// Flows that are no connections yet: of UDP until somebody says what they carry, of TCP, once
    /// there are many connections, until both ends have spoken.
    waiting: HashMap<FlowId, Waiting>,
    /// The flows that are not over by their ends, the latest where there are several: in
    /// different VLANs, say.
    by_ends: HashMap<Ends, FlowId>,
    /// Flows that are another way of a connection.
    ways: Ways,
}

#[derive(Debug)]
struct Waiting {
    at: Stamp,
    opened: Box<Opened>,
    syns: Vec<Stamp>,
    refusals: Vec<Refusal>,
}

impl Connections {
    /// The connection of a flow that is not over.
    pub(super) fn of(&self, flow: FlowId) -> Option<ConnectionId> {
        self.by_flow.get(&flow).copied()
    }

    /// Takes one event of a flow; gives the connection that it is about.
    pub(super) fn event(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        known: Known<'_>,
        mut place: Place<'_>,
        event: ConnectionEvent,
    ) -> Option<ConnectionId> {
        let (at, flow) = (place.at, place.flow);
        let is_full = trace.connections.len() >= bounds.limits.silent_connections;
        if let ConnectionEvent::Opened(opened) = event {
            let key = opened.key;
            if matches!(key.transport, Transport::Tcp | Transport::Udp) {
                self.by_ends.insert((key.transport, key.lo, key.hi), flow);
            }
            let opened = Waiting { at, opened, syns: Vec::new(), refusals: Vec::new() };
            return match key.transport {
                Transport::Tcp if !is_full => self.opened(trace, bounds, known, place, opened),
                Transport::Tcp | Transport::Udp => {
                    self.waiting.insert(flow, opened);
                    None
                }
                Transport::Arp | Transport::Icmpv4 | Transport::Icmpv6 => None,
            };
        }
        if let ConnectionEvent::Joined(to) = event {
            self.joined(trace, bounds, flow, to);
            return None;
        }
        if let Some(waiting) = self.waiting.get_mut(&flow) {
            let verdict = verdict(&event, &waiting.opened, is_full);
            if let (Verdict::Wait, ConnectionEvent::Tcp(TcpEvent::Syn { .. })) = (verdict, &event) {
                push(&mut waiting.syns, at, bounds.limits.listed);
            }
            if verdict == Verdict::Wait {
                return None;
            }
            let waiting = self.waiting.remove(&flow)?;
            if verdict != Verdict::List {
                let key = &waiting.opened.key;
                self.forget(flow, (key.transport, key.lo, key.hi));
            }
            match verdict {
                Verdict::List => {
                    self.opened(trace, bounds, known, place.here(), waiting);
                }
                Verdict::Count => {
                    bounds.reached(trace, place, Bound::Silent);
                    return None;
                }
                Verdict::Forget | Verdict::Wait => return None,
            }
        }
        if let ConnectionEvent::Closed(closed) = &event
            && let Some(owner) = self.ways.owner(flow)
        {
            let id = self.of(owner);
            let connection = id.and_then(|id| trace.connections.get_mut(id.0 as usize));
            self.ways.over(flow, connection, closed, bounds.limits.frames_listed);
            return None;
        }
        let id = self.of(flow)?;
        let connection = trace.connections.get_mut(id.0 as usize)?;
        match event {
            ConnectionEvent::Tcp(event) => {
                connection.last = at;
                let most = bounds.limits.listed;
                if !tcp(connection, most, at, event, place.completed) {
                    bounds.reached(trace, place, Bound::Listed);
                }
            }
            ConnectionEvent::Stalled(stall) => {
                if !push(&mut connection.stalls, (at, *stall).into(), bounds.limits.listed) {
                    bounds.reached(trace, place, Bound::Listed);
                }
            }
            ConnectionEvent::RoundTrip(time) => {
                // each is shorter than the one before: the first ones say it all
                push(&mut connection.round_trips, time, bounds.limits.listed);
            }
            ConnectionEvent::Protocol(name) => connection.protocol = Some(name),
            ConnectionEvent::Gap { direction, range, reason } => {
                let gap = GapNote { at, direction, range, reason };
                if !push(&mut connection.gaps, gap, bounds.limits.listed) {
                    bounds.reached(trace, place, Bound::Listed);
                }
            }
            ConnectionEvent::Closed(closed) => {
                let (a, b) = (connection.client, connection.server);
                let ends = (connection.transport, a.min(b), a.max(b));
                let Joined { ends: others, frames } = self.ways.joined(flow);
                over(connection, *closed, frames);
                self.by_flow.remove(&flow);
                for ends in others.into_iter().chain([ends]) {
                    self.forget(flow, ends);
                }
            }
            ConnectionEvent::Ended { .. }
            | ConnectionEvent::Opened(_)
            | ConnectionEvent::Joined(_) => {}
        }
        Some(id)
    }

    /// The network did not deliver `about`, a packet of the flow between these ends. False where
    /// there is no such flow that is, or may become, a connection.
    pub(super) fn refused(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        place: Place<'_>,
        about: &Quoted,
        refusal: &Refusal,
    ) -> bool {
        let transport = match about.protocol {
            6 => Transport::Tcp,
            17 => Transport::Udp,
            _ => return false,
        };
        let (lo, hi) = (about.source.min(about.destination), about.source.max(about.destination));
        let Some(flow) = self.by_ends.get(&(transport, lo, hi)) else { return false };
        let id = self.by_flow.get(flow);
        let refusals = match id.and_then(|id| trace.connections.get_mut(id.0 as usize)) {
            Some(connection) => Some(&mut connection.refusals),
            None => self.waiting.get_mut(flow).map(|waiting| &mut waiting.refusals),
        };
        let Some(refusals) = refusals else { return false };
        if !push(refusals, refusal.clone(), bounds.limits.listed) {
            bounds.reached(trace, place, Bound::Listed);
        }
        true
    }

    /// A flow is no connection of its own: its packets are those of another one, whose client has
    /// moved. What the network said of them is said of that one.
    fn joined(&mut self, trace: &mut Trace, bounds: &Bounds, flow: FlowId, to: FlowId) {
        let Some(waiting) = self.waiting.remove(&flow) else { return };
        let key = &waiting.opened.key;
        let ends = (key.transport, key.lo, key.hi);
        self.forget(flow, ends);
        let connection = self.of(to).and_then(|id| trace.connections.get_mut(id.0 as usize));
        let Some(connection) = connection else { return };
        // who sent first on the new way may be the one that was asked on the old one
        let is_turned = waiting.opened.client.port == connection.server.port;
        if self.ways.join(flow, (to, is_turned), ends, bounds.limits.listed) {
            self.by_ends.insert(ends, to);
        }
        for refusal in waiting.refusals {
            push(&mut connection.refusals, refusal, bounds.limits.listed);
        }
    }

    /// A flow is over, or is no connection.
    fn forget(&mut self, flow: FlowId, ends: Ends) {
        if self.by_ends.get(&ends) == Some(&flow) {
            self.by_ends.remove(&ends);
        }
    }

    fn opened(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        known: Known<'_>,
        place: Place<'_>,
        waiting: Waiting,
    ) -> Option<ConnectionId> {
        let Waiting { at, opened, syns, refusals } = waiting;
        let flow = place.flow;
        if trace.connections.len() >= bounds.limits.connections {
            bounds.reached(trace, place, Bound::Connections);
            return None;
        }
        let id = ConnectionId(next_index(trace.connections.len()));
        let (mut client_mac, mut server_mac) =
            (opened.macs.map(|m| m.source), opened.macs.and_then(|m| m.destination));
        if !opened.first_to_server {
            (client_mac, server_mac) = (server_mac, client_mac);
        }
        let (client, server) = (opened.client.ip, opened.server.ip);
        let (lookups, configurations) = known;
        let resolution = lookups.of_address(trace, client, server, None, at);
        let reach = configurations.reach(trace, client, server);
        trace.connections.push(Connection {
            id,
            flow,
            transport: opened.key.transport,
            encapsulation: opened.key.encapsulation,
            client: opened.client,
            server: opened.server,
            role: opened.role,
            protocol: None,
            client_mac,
            server_mac,
            opened: at,
            syns,
            handshake: None,
            refused: None,
            segments: Vec::new(),
            stalls: Vec::new(),
            round_trips: Vec::new(),
            gaps: Vec::new(),
            refusals,
            closing: Vec::new(),
            end: None,
            first_close: None,
            states: None,
            measures: None,
            last: at,
            counters: PerDirection::default(),
            frames: Frames::default(),
            tls: None,
            quic: None,
            multiplex: None,
            exchanges: Vec::new(),
            reach,
            resolution,
        });
        self.by_flow.insert(flow, id);
        Some(id)
    }
}

/// A connection is over; what came on its other ways is known before.
fn over(connection: &mut Connection, closed: Closed, frames: Vec<FrameNo>) {
    connection.end = Some(closed.reason);
    connection.first_close = connection.first_close.or(closed.first_close);
    connection.states = closed.states;
    connection.measures = closed.measures;
    connection.last = closed.last.max(connection.last);
    let ways = std::mem::replace(&mut connection.counters, closed.counters);
    connection.counters.to_server.add(&ways.to_server);
    connection.counters.to_client.add(&ways.to_client);
    connection.frames = closed.frames;
    connection.frames.insert_all(frames);
    connection.exchanges.shrink_to_fit();
}

/// What becomes of a flow that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Wait,
    /// It becomes a connection.
    List,
    /// It is told by others.
    Forget,
    /// It is over, and was a number only.
    Count,
}

fn verdict(event: &ConnectionEvent, opened: &Opened, is_full: bool) -> Verdict {
    let is_udp = opened.key.transport == Transport::Udp;
    match event {
        // questions and answers are told whole by their lookups
        ConnectionEvent::Protocol(name) if is_udp && Flavor::of_name(name).is_some() => {
            Verdict::Forget
        }
        ConnectionEvent::Joined(_) => Verdict::Forget,
        ConnectionEvent::Protocol(_) => Verdict::List,
        ConnectionEvent::Closed(closed) => {
            let counters = &closed.counters;
            let both = counters.to_server.packets > 0 && counters.to_client.packets > 0;
            if is_udp && (both || !is_full) { Verdict::List } else { Verdict::Count }
        }
        ConnectionEvent::Tcp(TcpEvent::Established(_) | TcpEvent::Segment { .. })
        | ConnectionEvent::Gap { .. }
            if !is_udp =>
        {
            Verdict::List
        }
        _ => Verdict::Wait,
    }
}

/// Adds to a list that has room; false where it has none.
fn push<T>(list: &mut Vec<T>, item: T, most: usize) -> bool {
    let has_room = list.len() < most;
    if has_room {
        list.push(item);
    }
    has_room
}

/// False where a list is full.
fn tcp(
    connection: &mut Connection,
    most: usize,
    at: Stamp,
    event: TcpEvent,
    completed: &mut Vec<EntityId>,
) -> bool {
    let mut step = |kind, direction, sender, receiver| {
        push(&mut connection.closing, CloseStep { at, kind, direction, sender, receiver }, most)
    };
    match event {
        TcpEvent::Syn { .. } => push(&mut connection.syns, at, most),
        TcpEvent::SynAck { .. } => true,
        TcpEvent::Established(handshake) => {
            connection.handshake = Some(handshake);
            completed.push(EntityId::Handshake(connection.id));
            true
        }
        TcpEvent::Segment { direction, kind, range } => {
            push(&mut connection.segments, SegmentNote { at, direction, kind, range }, most)
        }
        TcpEvent::Fin { direction, sender, receiver } => {
            step(CloseKind::Fin, direction, sender, receiver)
        }
        TcpEvent::FinAcked { direction, sender, receiver } => {
            step(CloseKind::FinAck, direction, sender, receiver)
        }
        TcpEvent::Rst { direction, refused } => {
            let listed = step(CloseKind::Rst, direction, TcpState::Closed, TcpState::Closed);
            if refused && direction == Direction::ToClient {
                connection.refused = Some(at);
                completed.push(EntityId::Handshake(connection.id));
            }
            listed
        }
    }
}

#[cfg(test)]
mod tests;
