//! Collects the life of each flow, and finds the lookup that led to it.

use hashbrown::HashMap;

use crate::flow::event::{Direction, FlowId, Opened, PerDirection, TcpEvent, TcpState, Transport};
use crate::protocol::event::ConnectionEvent;
use crate::time::{Frames, Stamp};
use crate::trace::builder::lookups::Lookups;
use crate::trace::connection::{CloseKind, CloseStep, Connection, GapNote, SegmentNote};
use crate::trace::id::{ConnectionId, next_index};
use crate::trace::model::{EntityId, Trace};

/// Segments worth a word that are listed of one connection; counters go on beyond it.
const SEGMENTS_LISTED: usize = 4096;

/// What questions and answers travel as: UDP flows of these are told whole by their lookups, and
/// are no connections.
const LOOKUPS: [&str; 3] = ["dns", "mdns", "llmnr"];

/// Which connection a flow is.
#[derive(Debug, Default)]
pub(super) struct Connections {
    by_flow: HashMap<FlowId, ConnectionId>,
    /// UDP flows of which nobody has said what they carry.
    unnamed: HashMap<FlowId, (Stamp, Box<Opened>)>,
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
        lookups: &Lookups,
        (at, flow): (Stamp, FlowId),
        event: ConnectionEvent,
        completed: &mut Vec<EntityId>,
    ) -> Option<ConnectionId> {
        if let ConnectionEvent::Opened(opened) = event {
            return match opened.key.transport {
                Transport::Tcp => Some(self.opened(trace, lookups, at, flow, &opened)),
                Transport::Udp => {
                    self.unnamed.insert(flow, (at, opened));
                    None
                }
                Transport::Arp | Transport::Icmpv4 | Transport::Icmpv6 => None,
            };
        }
        let named = matches!(event, ConnectionEvent::Protocol(_) | ConnectionEvent::Closed(_));
        if let Some((at, opened)) = named.then(|| self.unnamed.remove(&flow)).flatten() {
            if matches!(event, ConnectionEvent::Protocol(name) if LOOKUPS.contains(&name)) {
                return None;
            }
            self.opened(trace, lookups, at, flow, &opened);
        }
        let id = self.of(flow)?;
        let connection = trace.connections.get_mut(id.0 as usize)?;
        match event {
            ConnectionEvent::Tcp(event) => {
                connection.last = at;
                tcp(connection, at, event, completed);
            }
            ConnectionEvent::Protocol(name) => connection.protocol = Some(name),
            ConnectionEvent::Gap { direction, range, reason } => {
                connection.gaps.push(GapNote { at, direction, range, reason });
            }
            ConnectionEvent::Closed(closed) => {
                connection.end = Some(closed.reason);
                connection.first_close = closed.first_close;
                connection.states = closed.states;
                connection.last = closed.last;
                connection.counters = closed.counters;
                connection.frames = closed.frames;
                connection.exchanges.shrink_to_fit();
                self.by_flow.remove(&flow);
            }
            ConnectionEvent::Ended { .. } | ConnectionEvent::Opened(_) => {}
        }
        Some(id)
    }

    fn opened(
        &mut self,
        trace: &mut Trace,
        lookups: &Lookups,
        at: Stamp,
        flow: FlowId,
        opened: &Opened,
    ) -> ConnectionId {
        let id = ConnectionId(next_index(trace.connections.len()));
        let (mut client_mac, mut server_mac) =
            (opened.macs.map(|m| m.source), opened.macs.and_then(|m| m.destination));
        if !opened.first_to_server {
            (client_mac, server_mac) = (server_mac, client_mac);
        }
        let resolution = lookups.of_address(trace, opened.client.ip, opened.server.ip, None, at);
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
            syns: Vec::new(),
            handshake: None,
            refused: None,
            segments: Vec::new(),
            gaps: Vec::new(),
            closing: Vec::new(),
            end: None,
            first_close: None,
            states: None,
            last: at,
            counters: PerDirection::default(),
            frames: Frames::default(),
            exchanges: Vec::new(),
            resolution,
        });
        self.by_flow.insert(flow, id);
        id
    }
}

fn tcp(connection: &mut Connection, at: Stamp, event: TcpEvent, completed: &mut Vec<EntityId>) {
    let mut step = |kind, direction, sender, receiver| {
        connection.closing.push(CloseStep { at, kind, direction, sender, receiver });
    };
    match event {
        TcpEvent::Syn { .. } => connection.syns.push(at),
        TcpEvent::SynAck { .. } => {}
        TcpEvent::Established(handshake) => {
            connection.handshake = Some(handshake);
            completed.push(EntityId::Handshake(connection.id));
        }
        TcpEvent::Segment { direction, kind, range } => {
            if connection.segments.len() < SEGMENTS_LISTED {
                connection.segments.push(SegmentNote { at, direction, kind, range });
            }
        }
        TcpEvent::Fin { direction, sender, receiver } => {
            step(CloseKind::Fin, direction, sender, receiver);
        }
        TcpEvent::FinAcked { direction, sender, receiver } => {
            step(CloseKind::FinAck, direction, sender, receiver);
        }
        TcpEvent::Rst { direction, refused } => {
            step(CloseKind::Rst, direction, TcpState::Closed, TcpState::Closed);
            if refused && direction == Direction::ToClient {
                connection.refused = Some(at);
                completed.push(EntityId::Handshake(connection.id));
            }
        }
    }
}
