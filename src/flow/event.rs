//! What flows say: who talks to whom, in which order the bytes are, and what happened to them.

mod direction;
mod sighting;
mod stall;
mod tcp;

pub use direction::{Direction, PerDirection};
pub use sighting::Sighting;
pub use stall::{RoundTrip, Stall, StallCause};
pub use tcp::{
    Ecn, FastOpen, Handshake, Multipath, RoundTrips, SegmentKind, TcpEvent, TcpMeasures,
    TcpOptions, TcpState,
};

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::Anomaly;
use crate::packet::{Encapsulation, Macs};
use crate::time::{FrameNo, Frames, Stamp};

/// What carries a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP: two byte streams.
    Tcp,
    /// UDP datagrams.
    Udp,
    /// ARP packets between a sender and a target protocol address (ports are 0).
    Arp,
    /// ICMP messages between two addresses.
    Icmpv4,
    /// ICMPv6 messages; for NDP the ends are the asker and the target.
    Icmpv6,
}

/// Who talks to whom. The same for both directions: `lo <= hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// What carries it.
    pub transport: Transport,
    /// The VLAN and the tunnel that it was seen in.
    pub encapsulation: Encapsulation,
    /// The lower end.
    pub lo: Endpoint,
    /// The higher end.
    pub hi: Endpoint,
}

impl FlowKey {
    /// The key of what two ends say to each other.
    pub fn between(
        transport: Transport,
        encapsulation: Encapsulation,
        one: Endpoint,
        other: Endpoint,
    ) -> Self {
        Self { transport, encapsulation, lo: one.min(other), hi: one.max(other) }
    }
}

/// A flow's name: the frame that opened it. Unique, since one packet opens at most one flow; a
/// reused port is another flow; no counter is shared between threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub FrameNo);

impl FlowId {
    /// Above all others.
    pub const LAST: Self = Self(FrameNo(u64::MAX));
}

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One thing that a flow says. Events of a flow come in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowEvent {
    /// Which flow.
    pub flow: FlowId,
    /// When it is known: the packet that told, or the deadline that passed.
    pub at: Stamp,
    /// What.
    pub body: FlowBody,
}

/// The kinds of things flows say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowBody {
    /// A new flow: always the first event of a flow.
    Opened(Box<Opened>),
    /// A datagram (UDP payload, ICMP message from its type byte on, whole ARP packet).
    Datagram {
        /// Which way.
        direction: Direction,
        /// Its payload.
        bytes: Bytes,
        /// Bytes the snapshot length cut off its end.
        missing: u32,
    },
    /// Bytes, holes and the end of one direction of a TCP connection.
    Stream {
        /// Which way.
        direction: Direction,
        /// What came.
        event: StreamEvent,
    },
    /// The life of a TCP connection.
    Tcp(TcpEvent),
    /// Bytes were held up. Told when that is over and certain.
    Stalled(Box<Stall>),
    /// A shorter round trip than the handshake's, and than those told before.
    RoundTrip(RoundTrip),
    /// Something was not as it should be. Of fragments that never became a packet this is told
    /// under the number of their first frame: the only event of a flow that is never opened.
    Anomaly(Anomaly),
    /// The flow is over, with all that was counted: always the last event of a flow.
    Closed(Box<Closed>),
}

/// How a flow began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its key.
    pub key: FlowKey,
    /// The client: sender of the SYN; else receiver of the SYN-ACK; else the end without the
    /// well-known port; else the first sender.
    pub client: Endpoint,
    /// The other end.
    pub server: Endpoint,
    /// How the client was found out.
    pub role: Role,
    /// Link addresses of its first packet; source and destination as that packet had them.
    pub macs: Option<Macs>,
    /// True where the first packet went from client to server.
    pub first_to_server: bool,
    /// TTL (hop limit) of the first packet.
    pub ttl: u8,
}

/// How it is known which end is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It sent the SYN.
    Syn,
    /// It received the SYN-ACK; the SYN was not captured.
    SynAck,
    /// The other end has the well-known port; the beginning was not captured.
    Port,
    /// It sent first, nothing else is known.
    FirstSender,
}

/// One direction's bytes in order. Each event starts where the last ended; nothing after `End`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Bytes of one packet.
    Data {
        /// Where they stand in the stream, from 0 for the first byte after the SYN.
        offset: u64,
        /// The bytes.
        bytes: Bytes,
        /// The packet that first carried them.
        arrived: Stamp,
        /// The packet that closed the hole before them; `arrived` where there was none.
        delivered: Stamp,
    },
    /// Bytes that never came to us.
    Gap {
        /// Which.
        range: Range<u64>,
        /// Why.
        reason: GapReason,
        /// When it was given up.
        delivered: Stamp,
    },
    /// No more bytes in this direction.
    End {
        /// Why.
        reason: EndReason,
        /// When.
        at: Stamp,
    },
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapReason {
    /// The receiver acknowledged them, so they passed, but not through this capture.
    NotCaptured,
    /// The snapshot length cut them off.
    Truncated,
    /// More was waiting behind the hole than may be held.
    OverBudget,
    /// The flow ended before they came.
    NeverSent,
}

/// Why a direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// A FIN: the sender had no more to say.
    Fin,
    /// A RST.
    Rst,
    /// Nothing came for as long as `limits.rs` says.
    Idle,
    /// The flow table was full and this flow the longest idle.
    Evicted,
    /// The capture ended first.
    CaptureEnd,
    /// The same 4-tuple began a new connection.
    Reused,
}

/// How a flow ended and what was counted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why it is over.
    pub reason: EndReason,
    /// The direction of the first FIN or of the RST: who closed first.
    pub first_close: Option<Direction>,
    /// The states that client and server are in, for TCP.
    pub states: Option<(TcpState, TcpState)>,
    /// What was measured, for TCP.
    pub measures: Option<Box<TcpMeasures>>,
    /// When its last packet was seen (the event's own stamp may be a later deadline).
    pub last: Stamp,
    /// Counters of each direction.
    pub counters: PerDirection<Counters>,
    /// All its frames, up to the limit.
    pub frames: Frames,
}

/// What was counted in one direction. Every flow has two of them: what is rare has 32 bits, and
/// stays at the most where that is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Transport payload bytes as captured on the wire, retransmissions included.
    pub bytes: u64,
    /// Segments with payload.
    pub segments: u64,
    /// The largest payload of one packet.
    pub largest: u32,
    /// SYNs without an ACK.
    pub syns: u32,
    /// SYNs with an ACK.
    pub syn_acks: u32,
    /// FINs.
    pub fins: u32,
    /// RSTs, those that are ignored included.
    pub rsts: u32,
    /// Segments whose bytes were sent before.
    pub retransmissions: u32,
    /// Of those: the receiver had told of the hole.
    pub fast_retransmissions: u32,
    /// Of those: the sender's timer ran out.
    pub timeout_retransmissions: u32,
    /// Of those: probes for a lost tail.
    pub tail_loss_probes: u32,
    /// Of those: needless, for the receiver had the bytes (it had acknowledged them, reported
    /// them twice, or answered the original).
    pub spurious_retransmissions: u32,
    /// Segments overtaken by later ones.
    pub out_of_order: u32,
    /// Repeats of an acknowledgment.
    pub duplicate_acks: u32,
    /// Holes given up.
    pub gaps: u32,
    /// Bytes in those holes.
    pub gap_bytes: u64,
    /// Times that the window closed.
    pub zero_windows: u32,
    /// Keep-alive probes.
    pub keep_alives: u32,
    /// Packets that a router marked for congestion (CE, RFC 3168 §5).
    pub congestion_marks: u32,
    /// Packets captured twice (on `any`, on both sides of a bridge); they are among `packets`
    /// and `bytes`, and nowhere else.
    pub capture_duplicates: u32,
    /// Where those were captured; the first few places.
    pub sightings: Vec<Sighting>,
    /// TTL (hop limit) of the first packet.
    pub ttl: Option<u8>,
    /// Packets that came twice though sent once, by the receiver's word (DSACK, RFC 2883): the
    /// network copied them, not the capture.
    pub network_duplicates: u32,
    /// Segments whose sequence number is too far from all others to be of this connection.
    pub out_of_window: u32,
    /// Packets with a wrong transport checksum (normal for packets captured where they were
    /// sent, before the device fills it in).
    pub bad_checksums: u32,
}

impl Counters {
    /// Adds what was counted of more packets of the same direction.
    pub fn add(&mut self, more: &Self) {
        let Self { packets, bytes, segments, largest, sightings, ttl, gap_bytes, .. } = more;
        self.packets = self.packets.saturating_add(*packets);
        self.bytes = self.bytes.saturating_add(*bytes);
        self.segments = self.segments.saturating_add(*segments);
        self.gap_bytes = self.gap_bytes.saturating_add(*gap_bytes);
        self.largest = self.largest.max(*largest);
        self.sightings.extend(sightings.iter().cloned());
        self.ttl = self.ttl.or(*ttl);
        for (count, more) in self.rare().into_iter().zip(more.clone().rare()) {
            *count = count.saturating_add(*more);
        }
    }

    /// Those that are counted in 32 bits.
    const fn rare(&mut self) -> [&mut u32; 19] {
        [
            &mut self.syns,
            &mut self.syn_acks,
            &mut self.fins,
            &mut self.rsts,
            &mut self.retransmissions,
            &mut self.fast_retransmissions,
            &mut self.timeout_retransmissions,
            &mut self.tail_loss_probes,
            &mut self.spurious_retransmissions,
            &mut self.out_of_order,
            &mut self.duplicate_acks,
            &mut self.gaps,
            &mut self.zero_windows,
            &mut self.keep_alives,
            &mut self.congestion_marks,
            &mut self.capture_duplicates,
            &mut self.network_duplicates,
            &mut self.out_of_window,
            &mut self.bad_checksums,
        ]
    }
}
