//! What happened to the segments of a connection, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event;
use crate::report::json::value::{ByteRange, End, Nanos};
use crate::trace::connection as model;

/// What was counted in one direction.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Transport payload bytes on the wire, retransmissions included.
    pub bytes: u64,
    /// Segments with payload.
    pub segments: u64,
    /// The largest payload of one packet, in bytes.
    pub largest_segment: u32,
    /// SYNs without an ACK.
    pub syns: u64,
    /// SYNs with an ACK.
    pub syn_acks: u64,
    /// FINs.
    pub fins: u64,
    /// RSTs, those that are ignored included.
    pub rsts: u64,
    /// Segments whose bytes were sent before.
    pub retransmissions: u64,
    /// Of those: the receiver had told of the hole (RFC 5681 §3.2, RFC 6675, RFC 8985).
    pub fast_retransmissions: u64,
    /// Of those: the sender's timer ran out (RFC 6298).
    pub timeout_retransmissions: u64,
    /// Of those: probes for a lost tail (RFC 8985 §7).
    pub tail_loss_probes: u64,
    /// Of those: needless, for the receiver had the bytes (it had acknowledged them, reported
    /// them twice, RFC 2883, or answered the original, RFC 3522).
    pub spurious_retransmissions: u64,
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
    /// Packets that a router marked for congestion (CE, RFC 3168 §5).
    pub congestion_marks: u64,
    /// Packets captured twice (on `any`, on both sides of a bridge); they are among `packets` and
    /// `bytes`, and nowhere else.
    pub capture_duplicates: u64,
    /// Packets that came twice though sent once, by the receiver's word (DSACK, RFC 2883): the
    /// network copied them, not the capture.
    pub network_duplicates: u64,
    /// Segments whose sequence number is too far from all others to be of this connection.
    pub out_of_window: u64,
    /// Packets with a wrong transport checksum: normal for packets captured where they were sent.
    pub bad_checksums: u64,
}

/// A segment worth a word.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Segment {
    /// When.
    pub time: Nanos,
    /// In which frame.
    pub frame: u64,
    /// Who sent it.
    pub from: End,
    /// What it was.
    pub kind: SegmentKind,
    /// For a duplicate acknowledgment: the how-manieth repeat.
    pub repeat: Option<u32>,
    /// Its place in the sender's stream.
    pub range: ByteRange,
}

/// What a segment was.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Bytes that were sent before; nothing tells why they were sent again.
    Retransmission,
    /// Bytes sent again because the receiver told of the hole (RFC 5681 §3.2, RFC 6675,
    /// RFC 8985).
    FastRetransmission,
    /// Bytes sent again because the sender's timer ran out (RFC 6298).
    TimeoutRetransmission,
    /// The last bytes in flight, sent again to learn whether they were lost (RFC 8985 §7).
    TailLossProbe,
    /// Bytes that the receiver had already acknowledged.
    SpuriousRetransmission,
    /// Bytes before others that overtook them.
    OutOfOrder,
    /// A repeated acknowledgment.
    DuplicateAck,
    /// The receiver reports bytes that it had twice (DSACK, RFC 2883); the range is of the other
    /// direction.
    DuplicateSack,
    /// An acknowledgment answers the original of bytes that were sent again needlessly (RFC 3522);
    /// the range is of the other direction.
    OriginalAcked,
    /// The receiver's window is closed.
    ZeroWindow,
    /// A byte sent into a closed window.
    ZeroWindowProbe,
    /// Its answer: the window is still closed.
    ZeroWindowProbeAck,
    /// Bytes up to the very end of the receiver's window.
    WindowFull,
    /// A keep-alive probe (RFC 9293 §3.8.4).
    KeepAlive,
    /// Its answer.
    KeepAliveAck,
    /// Bytes are acknowledged that the capture does not have.
    AckedUnseen,
}

/// Bytes that are missing.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Gap {
    /// When they were given up.
    pub time: Nanos,
    /// The frame that told.
    pub frame: u64,
    /// Who sent them.
    pub from: End,
    /// Their place in the sender's stream.
    pub range: ByteRange,
    /// Why they are missing.
    pub reason: GapReason,
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

impl From<&event::Counters> for Counters {
    fn from(counters: &event::Counters) -> Self {
        Self {
            packets: counters.packets,
            bytes: counters.bytes,
            segments: counters.segments,
            largest_segment: counters.largest,
            syns: counters.syns.into(),
            syn_acks: counters.syn_acks.into(),
            fins: counters.fins.into(),
            rsts: counters.rsts.into(),
            retransmissions: counters.retransmissions.into(),
            fast_retransmissions: counters.fast_retransmissions.into(),
            timeout_retransmissions: counters.timeout_retransmissions.into(),
            tail_loss_probes: counters.tail_loss_probes.into(),
            spurious_retransmissions: counters.spurious_retransmissions.into(),
            out_of_order: counters.out_of_order.into(),
            duplicate_acks: counters.duplicate_acks.into(),
            gaps: counters.gaps.into(),
            gap_bytes: counters.gap_bytes,
            zero_windows: counters.zero_windows.into(),
            keep_alives: counters.keep_alives.into(),
            congestion_marks: counters.congestion_marks.into(),
            capture_duplicates: counters.capture_duplicates.into(),
            network_duplicates: counters.network_duplicates.into(),
            out_of_window: counters.out_of_window.into(),
            bad_checksums: counters.bad_checksums.into(),
        }
    }
}

impl From<&model::SegmentNote> for Segment {
    fn from(note: &model::SegmentNote) -> Self {
        let (kind, repeat) = match note.kind {
            event::SegmentKind::Retransmission => (SegmentKind::Retransmission, None),
            event::SegmentKind::FastRetransmission => (SegmentKind::FastRetransmission, None),
            event::SegmentKind::TimeoutRetransmission => (SegmentKind::TimeoutRetransmission, None),
            event::SegmentKind::TailLossProbe => (SegmentKind::TailLossProbe, None),
            event::SegmentKind::SpuriousRetransmission => {
                (SegmentKind::SpuriousRetransmission, None)
            }
            event::SegmentKind::OutOfOrder => (SegmentKind::OutOfOrder, None),
            event::SegmentKind::DuplicateAck(nth) => (SegmentKind::DuplicateAck, Some(nth)),
            event::SegmentKind::ZeroWindow => (SegmentKind::ZeroWindow, None),
            event::SegmentKind::ZeroWindowProbe => (SegmentKind::ZeroWindowProbe, None),
            event::SegmentKind::ZeroWindowProbeAck => (SegmentKind::ZeroWindowProbeAck, None),
            event::SegmentKind::WindowFull => (SegmentKind::WindowFull, None),
            event::SegmentKind::DuplicateSack => (SegmentKind::DuplicateSack, None),
            event::SegmentKind::OriginalAcked => (SegmentKind::OriginalAcked, None),
            event::SegmentKind::KeepAlive => (SegmentKind::KeepAlive, None),
            event::SegmentKind::KeepAliveAck => (SegmentKind::KeepAliveAck, None),
            event::SegmentKind::AckedUnseen => (SegmentKind::AckedUnseen, None),
        };
        Self {
            time: Nanos(note.at.at),
            frame: note.at.frame.0,
            from: End::sending(note.direction),
            kind,
            repeat,
            range: (&note.range).into(),
        }
    }
}

impl From<&model::GapNote> for Gap {
    fn from(gap: &model::GapNote) -> Self {
        Self {
            time: Nanos(gap.at.at),
            frame: gap.at.frame.0,
            from: End::sending(gap.direction),
            range: (&gap.range).into(),
            reason: gap.reason.into(),
        }
    }
}

impl From<event::GapReason> for GapReason {
    fn from(reason: event::GapReason) -> Self {
        match reason {
            event::GapReason::NotCaptured => Self::NotCaptured,
            event::GapReason::Truncated => Self::Truncated,
            event::GapReason::OverBudget => Self::OverBudget,
            event::GapReason::NeverSent => Self::NeverSent,
        }
    }
}
