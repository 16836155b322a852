//! Which packets are in a part of a trace.
//!
//! A packet of TCP or UDP is in where its flow is: where it has the flow's key, and comes while
//! the flow lives (no two flows of one key live at the same time). Fragments have no ports: the
//! frames that are listed tell. What ICMP says about a flow that is in is in, too.

use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};

use crate::address::Endpoint;
use crate::capture::source::Packet;
use crate::flow::event::{FlowId, FlowKey, Transport};
use crate::flow::key;
use crate::packet::quote::{self, Quoted};
use crate::packet::{Decoded, Encapsulation, Layer};
use crate::report::format::Options;
use crate::report::selection::Selection;
use crate::report::text::filter::Filter;
use crate::time::{FrameNo, Frames};
use crate::trace::lookup::Attempt;
use crate::trace::waterfall::{Row, Subject, Waterfall};
use crate::trace::{Connection, ConnectionId, LookupId, NeighborId, Trace};

/// What is in.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// None where all is in.
    part: Option<Part>,
}

#[derive(Debug, Default)]
struct Part {
    neighbors: HashSet<NeighborId>,
    lookups: HashSet<LookupId>,
    connections: HashSet<ConnectionId>,
    /// The flows of those connections.
    flows: HashSet<FlowId>,
    /// When each flow lives, by its key; in order once all are in.
    lives: HashMap<FlowKey, Vec<RangeInclusive<FrameNo>>>,
    /// All frames that are listed.
    frames: FrameSet,
}

/// Frames of one capture, a bit for each.
#[derive(Debug, Default)]
struct FrameSet {
    bits: Vec<u64>,
}

impl Members {
    /// What the options ask for: what the timeline shows for them, and the whole connections of
    /// it.
    pub(super) fn of(trace: &Trace, options: &Options) -> Self {
        if !options.selects() {
            return Self::default();
        }
        let (mut part, flows) = (Part::default(), flows(trace));
        let selection = Selection::of(trace, options);
        for connection in trace.connections.iter().filter(|c| selection.connection(c.id)) {
            part.connection(Some(connection));
        }
        for lookup in trace.lookups.iter().filter(|lookup| selection.lookup(lookup.id)) {
            part.lookup(trace, lookup.id, &flows);
        }
        let (filter, waterfall) = (Filter::of(options), Waterfall::of(trace));
        let rows: Box<dyn Iterator<Item = &Row>> = match options.visit {
            Some(id) => Box::new(waterfall.of_visit(id).iter()),
            None => Box::new(waterfall.visits.iter().flatten().chain(&waterfall.outside)),
        };
        for row in rows.filter(|row| filter.row(trace, row)) {
            part.row(trace, row, &flows);
        }
        for lives in part.lives.values_mut() {
            lives.sort_unstable_by_key(|life| *life.start());
        }
        Self { part: Some(part) }
    }

    /// Whether a question for a hardware address is in.
    pub(super) fn neighbor(&self, id: NeighborId) -> bool {
        self.part.as_ref().is_none_or(|part| part.neighbors.contains(&id))
    }

    /// Whether a lookup is in.
    pub(super) fn lookup(&self, id: LookupId) -> bool {
        self.part.as_ref().is_none_or(|part| part.lookups.contains(&id))
    }

    /// Whether a connection is in.
    pub(super) fn connection(&self, id: ConnectionId) -> bool {
        self.part.as_ref().is_none_or(|part| part.connections.contains(&id))
    }

    /// Whether the flow of a connection is in.
    pub(super) fn flow(&self, id: FlowId) -> bool {
        self.part.as_ref().is_none_or(|part| part.flows.contains(&id))
    }

    /// Whether a packet is in.
    pub(super) fn has(&self, packet: &Packet, decoded: &Decoded<'_>) -> bool {
        self.part.as_ref().is_none_or(|part| part.has(packet.frame, decoded))
    }
}

impl Part {
    fn row(&mut self, trace: &Trace, row: &Row, flows: &Flows<'_>) {
        match row.subject {
            Subject::Neighbor(id) => {
                self.neighbors.insert(id);
                self.frames.add(row.frames.iter());
            }
            Subject::Lookup(id) => {
                let lookups = trace.resolution(id).into_iter().flat_map(|it| &it.lookups);
                for id in lookups {
                    self.lookup(trace, *id, flows);
                }
            }
            Subject::Connect(id)
            | Subject::Tls(id)
            | Subject::Flow(id)
            | Subject::Estimate(id, _)
            | Subject::Path(id, _)
            | Subject::Close(id) => {
                self.connection(trace.connection(id));
            }
            Subject::Exchange(id) => {
                let connection = trace.exchange(id).and_then(|it| trace.connection(it.connection));
                self.connection(connection);
            }
        }
    }

    fn connection(&mut self, connection: Option<&Connection>) {
        let Some(connection) = connection else { return };
        if self.connections.insert(connection.id) {
            self.flows.insert(connection.flow);
            self.frames.add(connection.frames.iter());
            self.lives.entry(key_of(connection)).or_default().push(life_of(connection));
            for path in connection.quic.iter().flat_map(|quic| &quic.paths) {
                let Connection { transport, encapsulation, .. } = *connection;
                let key = FlowKey::between(transport, encapsulation, path.client, path.server);
                self.lives.entry(key).or_default().push(path.at.frame..=connection.last.frame);
            }
        }
    }

    fn lookup(&mut self, trace: &Trace, id: LookupId, flows: &Flows<'_>) {
        let Some(lookup) = trace.lookup(id).filter(|_| self.lookups.insert(id)) else { return };
        self.frames.add(lookup.frames.iter());
        for attempt in &lookup.attempts {
            let ends = [attempt.query, attempt.response].into_iter().flatten();
            let frames: Frames = ends.map(|stamp| stamp.frame).collect();
            let Some((first, last)) = frames.bounds() else { continue };
            let carrier = carrier_of(flows, attempt, first);
            if attempt.over.is_stream() {
                self.connection(carrier);
            } else {
                // The fragments of an answer.
                let frames = carrier.into_iter().flat_map(|it| it.frames.iter());
                self.frames.add(frames.filter(|frame| (first..=last).contains(frame)));
            }
        }
    }

    fn has(&self, frame: FrameNo, decoded: &Decoded<'_>) -> bool {
        let key = key::of_packet(decoded);
        self.frames.has(frame)
            || key.is_some_and(|key| self.lives_at(&key, frame))
            || self.is_about(frame, decoded)
    }

    /// Flows of one key live one after the other.
    fn lives_at(&self, key: &FlowKey, frame: FrameNo) -> bool {
        let lives = self.lives.get(key).map_or(&[] as &[_], Vec::as_slice);
        let begun = lives.partition_point(|life| *life.start() <= frame);
        let last = begun.checked_sub(1).and_then(|last| lives.get(last));
        last.is_some_and(|life| life.contains(&frame))
    }

    /// True for an ICMP error about a flow that is in.
    fn is_about(&self, frame: FrameNo, decoded: &Decoded<'_>) -> bool {
        let message = match decoded.layers.last() {
            Some(Layer::Icmpv4(icmp)) => icmp.slice(),
            Some(Layer::Icmpv6(icmp)) => icmp.slice(),
            _ => return false,
        };
        let quoted = message.get(ICMP_HEADER..).and_then(quote::quoted);
        let key = quoted.and_then(|quoted| key_of_quote(&quoted, decoded.encapsulation));
        let lives = key.and_then(|key| self.lives.get(&key));
        lives.and_then(|lives| lives.first()).is_some_and(|life| *life.start() <= frame)
    }
}

impl FrameSet {
    fn add(&mut self, frames: impl Iterator<Item = FrameNo>) {
        for frame in frames {
            let (word, bit) = place(frame);
            if self.bits.len() <= word {
                self.bits.resize(word + 1, 0);
            }
            if let Some(word) = self.bits.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn has(&self, frame: FrameNo) -> bool {
        let (word, bit) = place(frame);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(frame: FrameNo) -> (usize, u64) {
    (usize::try_from(frame.0 / 64).unwrap_or(usize::MAX), 1 << (frame.0 % 64))
}

/// The key of a connection's flow.
pub(super) fn key_of(connection: &Connection) -> FlowKey {
    let Connection { transport, encapsulation, client, server, .. } = *connection;
    FlowKey::between(transport, encapsulation, client, server)
}

/// From its first frame, which may be a fragment and then comes before the one that opened it, to
/// its last, which may not be listed any more.
fn life_of(connection: &Connection) -> RangeInclusive<FrameNo> {
    let (opened, last) = (connection.flow.0, connection.last.frame);
    let (first, listed) = connection.frames.bounds().unwrap_or((opened, last));
    first.min(opened)..=listed.max(last)
}

/// The flows between a client and a server.
type Flows<'t> = HashMap<(Transport, Endpoint, Endpoint), Vec<&'t Connection>>;

fn flows(trace: &Trace) -> Flows<'_> {
    let mut flows = Flows::default();
    for connection in &trace.connections {
        let ends = (connection.transport, connection.client, connection.server);
        flows.entry(ends).or_default().push(connection);
    }
    flows
}

/// The flow that carried an attempt.
fn carrier_of<'t>(flows: &Flows<'t>, attempt: &Attempt, at: FrameNo) -> Option<&'t Connection> {
    // what has streams is TCP, or QUIC
    let transports = [Transport::Tcp, Transport::Udp];
    let transports = transports.iter().skip(usize::from(!attempt.over.is_stream()));
    transports.into_iter().find_map(|transport| {
        let of_ends = flows.get(&(*transport, attempt.client, attempt.resolver))?;
        of_ends.iter().copied().find(|connection| life_of(connection).contains(&at))
    })
}

fn key_of_quote(quoted: &Quoted, encapsulation: Encapsulation) -> Option<FlowKey> {
    let transport = match quoted.protocol {
        6 => Transport::Tcp,
        17 => Transport::Udp,
        _ => return None,
    };
    Some(FlowKey::between(transport, encapsulation, quoted.source, quoted.destination))
}

/// Type, code, checksum, and four bytes that errors use each in their own way.
const ICMP_HEADER: usize = 8;
