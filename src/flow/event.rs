//! What flows say: who talks to whom, in which order the bytes are, and what happened to them.

use std::fmt;
use std::ops::{Not, Range};

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::Anomaly;
use crate::packet::{Macs, Vlan};
use crate::time::{FrameNo, Frames, Stamp, TimeDelta};

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
    /// The VLAN it was seen in.
    pub vlan: Vlan,
    /// The lower end.
    pub lo: Endpoint,
    /// The higher end.
    pub hi: Endpoint,
}

/// A flow's name: the frame that opened it. Unique, since one packet opens at most one flow; a
/// reused port is another flow; no counter is shared between threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub FrameNo);

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Which way something travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From client to server.
    ToServer,
    /// From server to client.
    ToClient,
}

impl Not for Direction {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// One value for each direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerDirection<T> {
    /// Client to server.
    pub to_server: T,
    /// Server to client.
    pub to_client: T,
}

impl<T> PerDirection<T> {
    /// The value of one direction.
    pub const fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    /// The value of one direction, to change.
    pub const fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
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

/// What happens in the life of a TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TcpEvent {
    /// A SYN; the second and later ones of a connection are repeats.
    Syn {
        /// 1 for the first.
        attempt: u32,
        /// Its sequence number n.
        seq: u32,
        /// Its options.
        options: TcpOptions,
        /// Receive window offered, in bytes (a SYN's window is never scaled, RFC 7323 §2.2).
        window: u16,
    },
    /// The SYN-ACK.
    SynAck {
        /// 1 for the first.
        attempt: u32,
        /// Its sequence number m.
        seq: u32,
        /// Its acknowledgment number, n+1.
        ack: u32,
        /// Its options.
        options: TcpOptions,
        /// Receive window offered, in bytes.
        window: u16,
    },
    /// The third part of the handshake: the connection is open on both sides.
    Established(Box<Handshake>),
    /// A segment that is more than the next bytes in order.
    Segment {
        /// Which way it went.
        direction: Direction,
        /// What it was.
        kind: SegmentKind,
        /// Its place in the stream, where it has one.
        range: Range<u64>,
    },
    /// A FIN.
    Fin {
        /// Who closes.
        direction: Direction,
        /// The state its sender is in now.
        sender: TcpState,
        /// The state its receiver is in now.
        receiver: TcpState,
    },
    /// The acknowledgment of a FIN.
    FinAcked {
        /// The direction that is closed by it (of the FIN, not of the ACK).
        direction: Direction,
        /// The state of the FIN's sender now.
        sender: TcpState,
        /// The state of the FIN's receiver now.
        receiver: TcpState,
    },
    /// A RST.
    Rst {
        /// Who resets.
        direction: Direction,
        /// True where it answers a SYN: connection refused.
        refused: bool,
    },
}

/// The three-way handshake, with what can be measured from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The first SYN.
    pub syn: Stamp,
    /// Its sequence number n.
    pub syn_seq: u32,
    /// SYNs sent, 1 where none was repeated.
    pub syn_attempts: u32,
    /// The (last) SYN that the SYN-ACK answers.
    pub syn_answered: Stamp,
    /// The first SYN-ACK.
    pub syn_ack: Stamp,
    /// Its sequence number m.
    pub syn_ack_seq: u32,
    /// Its acknowledgment number: n+1, and more where the SYN carried data (RFC 7413).
    pub syn_ack_ack: u32,
    /// SYN-ACKs sent.
    pub syn_ack_attempts: u32,
    /// The client's ACK.
    pub ack: Stamp,
    /// Its sequence number.
    pub ack_seq: u32,
    /// Its acknowledgment number: m+1, and more where the SYN-ACK carried data.
    pub ack_ack: u32,
    /// The client's options.
    pub client_options: TcpOptions,
    /// The server's options.
    pub server_options: TcpOptions,
}

impl Handshake {
    /// From the answered SYN to the SYN-ACK: the half of the round trip on the server's side of
    /// the capture.
    pub const fn server_half(&self) -> TimeDelta {
        self.syn_ack.at.since(self.syn_answered.at).at_least_zero()
    }

    /// From the SYN-ACK to the ACK: the half on the client's side of the capture.
    pub const fn client_half(&self) -> TimeDelta {
        self.ack.at.since(self.syn_ack.at).at_least_zero()
    }
}

/// Options of a SYN or SYN-ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// Maximum segment size (RFC 9293 §3.7.1).
    pub mss: Option<u16>,
    /// Window scale as a shift (RFC 7323 §2).
    pub window_scale: Option<u8>,
    /// Selective acknowledgment permitted (RFC 2018 §2).
    pub sack_permitted: bool,
    /// Timestamps (RFC 7323 §3).
    pub timestamps: bool,
}

/// A segment that is worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// Bytes that were seen before.
    Retransmission,
    /// Bytes that the receiver had already acknowledged.
    SpuriousRetransmission,
    /// Bytes before others that overtook them, too soon after those to be a retransmission.
    OutOfOrder,
    /// The n-th repeat of an acknowledgment.
    DuplicateAck(u32),
    /// The receiver's window is closed.
    ZeroWindow,
    /// A byte sent into a closed window.
    ZeroWindowProbe,
    /// A keep-alive probe (RFC 9293 §3.8.4).
    KeepAlive,
    /// Its answer.
    KeepAliveAck,
    /// Bytes are acknowledged that the capture does not have.
    AckedUnseen,
}

/// States of one end (RFC 9293 §3.3.2), as far as the packets tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TcpState {
    /// SYN sent.
    SynSent,
    /// SYN received, SYN-ACK sent.
    SynReceived,
    /// Open.
    Established,
    /// It closed first; its FIN is not acknowledged.
    FinWait1,
    /// It closed first; its FIN is acknowledged, the other end has not closed.
    FinWait2,
    /// The other end closed; it has not.
    CloseWait,
    /// It closed second; its FIN is not acknowledged.
    LastAck,
    /// Both closed at the same time.
    Closing,
    /// It closed first, all is done; the port waits for stray segments.
    TimeWait,
    /// Gone.
    Closed,
}

impl TcpState {
    /// The name that RFC 9293 gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::LastAck => "LAST-ACK",
            Self::Closing => "CLOSING",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }
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
    /// When its last packet was seen (the event's own stamp may be a later deadline).
    pub last: Stamp,
    /// Counters of each direction.
    pub counters: PerDirection<Counters>,
    /// All its frames, up to the limit.
    pub frames: Frames,
}

/// What was counted in one direction.
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
    /// Segments whose bytes were sent before.
    pub retransmissions: u64,
    /// Segments overtaken by later ones.
    pub out_of_order: u64,
    /// Repeats of an acknowledgment.
    pub duplicate_acks: u64,
    /// Holes given up.
    pub gaps: u64,
    /// Bytes in those holes.
    pub gap_bytes: u64,
    /// Times that the window closed.
    pub zero_windows: u64,
    /// Keep-alive probes.
    pub keep_alives: u64,
    /// Packets captured twice (on `any`, on both sides of a bridge); they are among `packets`
    /// and `bytes`, and nowhere else.
    pub capture_duplicates: u64,
    /// Segments whose sequence number is too far from all others to be of this connection.
    pub out_of_window: u64,
    /// Packets with a wrong transport checksum (normal for packets captured where they were
    /// sent, before the device fills it in).
    pub bad_checksums: u64,
}
