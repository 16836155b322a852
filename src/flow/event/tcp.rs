//! The life of a TCP connection, as events: its handshake, its segments worth a word, its close.

use std::ops::Range;

use crate::flow::event::direction::{Direction, PerDirection};
use crate::time::{Stamp, TimeDelta};

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
        /// Its acknowledgment number: n+1, and more where the SYN carried data (RFC 7413).
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
    /// SYN-ACKs sent before the ACK, 1 where none was repeated.
    pub syn_ack_attempts: u32,
    /// The (last) SYN-ACK that the ACK answers.
    pub syn_ack_answered: Stamp,
    /// The segment that completes it: the client's ACK, or in a simultaneous open (RFC 9293 §3.5)
    /// the server's SYN-ACK.
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

    /// What both ends agreed on about congestion marks, if anything.
    pub fn ecn(&self) -> Option<Ecn> {
        match (self.client_options.ecn?, self.server_options.ecn?) {
            (Ecn::Accurate, Ecn::Accurate) => Some(Ecn::Accurate),
            _ => Some(Ecn::Classic),
        }
    }

    /// True where both ends agreed on Multipath TCP.
    pub const fn is_multipath(&self) -> bool {
        self.client_options.multipath.is_some() && self.server_options.multipath.is_some()
    }

    /// Bytes that came with the SYN and that the server took (RFC 7413).
    pub const fn early_data(&self) -> u32 {
        let taken = self.syn_ack_ack.wrapping_sub(self.syn_seq).wrapping_sub(1);
        // an acknowledgment of something else is none of this: more fits into no packet
        if taken > 0xffff { 0 } else { taken }
    }

    /// From the answered SYN-ACK to the ACK: the half on the client's side of the capture.
    pub const fn client_half(&self) -> TimeDelta {
        self.ack.at.since(self.syn_ack_answered.at).at_least_zero()
    }
}

/// What is known of a TCP connection when it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpMeasures {
    /// Round trips from the capture to the receiver of each direction and back: to the server,
    /// and to the client.
    pub round_trips: PerDirection<Option<RoundTrips>>,
}

/// Round trips from a segment to its acknowledgment, and that of the handshake.
///
/// What was sent again is left out (Karn's rule, RFC 6298 §3) unless timestamps tell which copy
/// was answered (RFC 7323 §4.1). What a receiver waits before it acknowledges is within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many were measured.
    pub count: u64,
    /// The least.
    pub min: TimeDelta,
    /// Half of them are not above it.
    pub median: TimeDelta,
    /// 95 of 100 are not above it.
    pub p95: TimeDelta,
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
    /// TCP Fast Open (RFC 7413).
    pub fast_open: Option<FastOpen>,
    /// Multipath TCP (RFC 8684 §3).
    pub multipath: Option<Multipath>,
    /// Explicit congestion notification, by the flags beside the SYN.
    pub ecn: Option<Ecn>,
    /// The snapshot length cut some of them off: what is not here may have been there.
    pub is_cut: bool,
}

/// What a SYN says of TCP Fast Open (RFC 7413 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FastOpen {
    /// The client asks for a cookie.
    Asked,
    /// A cookie: the server's for the next time, or the client's from the last.
    Cookie,
}

/// What a SYN says of Multipath TCP (RFC 8684 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Multipath {
    /// A new connection that may use several paths.
    Capable,
    /// A further path of another connection.
    Join,
}

/// How an end would tell of congestion that routers mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecn {
    /// Once in a round trip (RFC 3168 §6.1).
    Classic,
    /// Each mark (RFC 9768).
    Accurate,
}

impl TcpOptions {
    /// The shift of the windows of the end that offered these, where the other end offered
    /// `other`: scaling is used where both offer it, with 14 at most (RFC 7323 §2). None where
    /// that was not captured.
    pub fn shift_towards(self, other: Self) -> Option<u8> {
        match (self.window_scale, other.window_scale) {
            (Some(shift), Some(_)) => Some(shift.min(14)),
            (None, _) if !self.is_cut => Some(0),
            (_, None) if !other.is_cut => Some(0),
            _ => None,
        }
    }
}

/// A segment that is worth a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// Bytes that were seen before, or that come too late to have been overtaken; nothing tells
    /// why they were sent again.
    Retransmission,
    /// Bytes sent again because the receiver told of the hole: three duplicate acknowledgments
    /// (RFC 5681 §3.2) or bytes acknowledged beyond it (RFC 6675, RFC 8985); and all that is
    /// repaired in the same go.
    FastRetransmission,
    /// Bytes sent again because the sender's timer ran out (RFC 6298 §5.4), and those that
    /// follow until all that was in flight then is acknowledged.
    TimeoutRetransmission,
    /// The last bytes in flight sent again before the timer ran out, to learn whether they were
    /// lost (RFC 8985 §7).
    TailLossProbe,
    /// Bytes that the receiver had already acknowledged.
    SpuriousRetransmission,
    /// Bytes before others that overtook them, too soon after those to be a retransmission.
    OutOfOrder,
    /// The n-th repeat of an acknowledgment.
    DuplicateAck(u32),
    /// The receiver reports bytes that it had twice (DSACK, RFC 2883): a retransmission was
    /// needless, or the network made a copy. The range is of the other direction.
    DuplicateSack,
    /// An acknowledgment echoes a clock from before the bytes were sent again: the original had
    /// arrived, and the retransmission was needless (Eifel, RFC 3522). The range is of the other
    /// direction.
    OriginalAcked,
    /// The receiver's window is closed.
    ZeroWindow,
    /// A byte sent into a closed window.
    ZeroWindowProbe,
    /// Its answer: the window is still closed.
    ZeroWindowProbeAck,
    /// Bytes up to the very end of the receiver's window: the sender has to wait for it. Told only
    /// where the window's scale is known.
    WindowFull,
    /// A keep-alive probe (RFC 9293 §3.8.4).
    KeepAlive,
    /// Its answer.
    KeepAliveAck,
    /// Bytes are acknowledged that the capture does not have.
    AckedUnseen,
}

impl SegmentKind {
    /// True for bytes that were sent again, for whatever reason.
    pub const fn is_retransmission(self) -> bool {
        matches!(
            self,
            Self::Retransmission
                | Self::FastRetransmission
                | Self::TimeoutRetransmission
                | Self::TailLossProbe
                | Self::SpuriousRetransmission
        )
    }
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
