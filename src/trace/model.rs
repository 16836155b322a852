//! The model: one value that holds the whole story.
//!
//! [`Trace`] is a pure function of the event sequence: arenas with typed ids, no reference graph.

use crate::anomaly::Anomaly;
use crate::capture::source::CaptureSummary;
use crate::flow::event::FlowId;
use crate::protocol::secrets::Counted;
use crate::time::{FrameNo, Stamp, Timestamp};
use crate::trace::configuration::Configured;
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::id::{ConnectionId, ExchangeId, LookupId, NeighborId, ResolutionId, VisitId};
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::neighbor::Neighbor;
use crate::trace::visit::Visit;

/// The story of a capture.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What was captured.
    pub capture: CaptureFacts,
    /// Packets and bytes of each protocol, in the order of its layers, then by name.
    pub protocols: Vec<ProtocolCount>,
    /// Who was asked for which hardware address.
    pub neighbors: Vec<Neighbor>,
    /// What hosts were told of their network, in order.
    pub configurations: Vec<Configured>,
    /// Every DNS question.
    pub lookups: Vec<Lookup>,
    /// Questions that were asked together for one name.
    pub resolutions: Vec<Resolution>,
    /// Every TCP connection, and every UDP flow that is not of lookups.
    pub connections: Vec<Connection>,
    /// Every request with its response.
    pub exchanges: Vec<Exchange>,
    /// Every page.
    pub visits: Vec<Visit>,
    /// What was not as it should be, in order.
    pub anomalies: Vec<Noted<Anomaly>>,
    /// What protocols without words of their own said, in order.
    pub notes: Vec<Noted<(&'static str, String)>>,
    /// In how many places of messages [`BLANK`](crate::protocol::http::passwords::BLANK) stands
    /// for a credential; none where credentials were kept.
    pub blanked: Option<u64>,
}

/// Something said at a moment on a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted<T> {
    /// When, and in which frame.
    pub at: Stamp,
    /// On which flow.
    pub flow: FlowId,
    /// What.
    pub what: T,
}

/// What was captured, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureFacts {
    /// The files or the device, their interfaces, drops and damage.
    pub source: CaptureSummary,
    /// Packets read.
    pub packets: u64,
    /// Bytes of them on the wire.
    pub bytes: u64,
    /// Bytes of them that were captured.
    pub captured_bytes: u64,
    /// The earliest packet time.
    pub first: Option<Timestamp>,
    /// The latest packet time.
    pub last: Option<Timestamp>,
    /// Packets whose time is before that of the packet before them.
    pub backward: u64,
    /// Packets cut off by the snapshot length.
    pub snapped: u64,
    /// IPv4 headers with a wrong checksum.
    pub bad_ip_checksums: u64,
    /// TCP, UDP and ICMP packets with a wrong checksum.
    pub bad_transport_checksums: u64,
    /// Packets that could not be decoded to their end, by layer and reason, most first.
    pub undecoded: Vec<(String, u64, FrameNo)>,
    /// What was read from key logs, in numbers: no secret is in a trace.
    pub keys: Counted,
    /// Anomalies that are not in [`Trace::anomalies`] because enough of their kind are: the kind,
    /// and how many more there were. Of bounds of the model: what was left out.
    pub unlisted: Vec<(&'static str, u64)>,
}

/// How often a protocol was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolCount {
    /// Its name, as Wireshark has it in `frame.protocols` (eth, ip, tcp, http, dns, ...).
    pub name: &'static str,
    /// Packets that hold it; above the transport: packets with payload of flows that carry it.
    pub packets: u64,
    /// Bytes of those packets on the wire; above the transport: of their payload.
    pub bytes: u64,
}

/// Names an entity of the trace; what live output and NDJSON are told when one is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityId {
    /// A neighbour was found, or announced itself.
    Neighbor(NeighborId),
    /// A lookup was answered, or given up.
    Lookup(LookupId),
    /// All parallel questions for a name were answered.
    Resolution(ResolutionId),
    /// A connection is open (or could not be opened): its handshake is complete.
    Handshake(ConnectionId),
    /// The TLS handshake of a connection is over, or never will be.
    Secured(ConnectionId),
    /// The n-th way of a connection of QUIC is proved, or never will be.
    Path(ConnectionId, u32),
    /// A connection is over.
    Connection(ConnectionId),
    /// An exchange is whole, or will never be.
    Exchange(ExchangeId),
    /// The n-th anomaly.
    Anomaly(u32),
}

impl Trace {
    /// A neighbour.
    pub fn neighbor(&self, id: NeighborId) -> Option<&Neighbor> {
        self.neighbors.get(id.0 as usize)
    }

    /// A lookup.
    pub fn lookup(&self, id: LookupId) -> Option<&Lookup> {
        self.lookups.get(id.0 as usize)
    }

    /// A resolution.
    pub fn resolution(&self, id: ResolutionId) -> Option<&Resolution> {
        self.resolutions.get(id.0 as usize)
    }

    /// A connection.
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id.0 as usize)
    }

    /// An exchange.
    pub fn exchange(&self, id: ExchangeId) -> Option<&Exchange> {
        self.exchanges.get(id.0 as usize)
    }

    /// A visit.
    pub fn visit(&self, id: VisitId) -> Option<&Visit> {
        self.visits.get(id.0 as usize)
    }

    /// The exchanges of a visit, in order of their start.
    pub fn exchanges_of(&self, visit: &Visit) -> impl Iterator<Item = &Exchange> {
        visit.exchanges.iter().filter_map(|id| self.exchange(*id))
    }

    /// When the capture began: what relative times count from.
    pub fn origin(&self) -> Timestamp {
        self.capture.first.unwrap_or_default()
    }
}
