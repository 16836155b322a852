//! What the time of an exchange went to, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::json::value::Millis;
use crate::time::Timestamp;
use crate::trace::{Attribution, Exchange, Trace, stall};

/// The phases `wait` and `receive` in parts, in order of time: the sum of the parts of a phase is
/// that phase. A phase that took no time has none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stalls {
    /// The parts of `wait`.
    pub wait: Vec<Part>,
    /// The parts of `receive`.
    pub receive: Vec<Part>,
}

/// A part of a phase.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Part {
    /// What the time was spent on.
    pub cause: Cause,
    /// For `loss_recovery`: how the lost bytes came to be sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// When it began, from the beginning of the phase on.
    pub start: Millis,
    /// How long it took.
    pub ms: Millis,
    /// True where the cause is concluded from times and sizes; false where frames show it.
    pub inferred: bool,
    /// The frames that prove it, in order; none for `data`.
    pub frames: Vec<u64>,
}

/// What a time was spent on.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The way to the server and back, as long as the shortest round trip of the connection so
    /// far.
    NetworkRoundTrip,
    /// The request was with the server, and nothing came back.
    ServerThinking,
    /// The connection was taken by the response before this one.
    Queued,
    /// The connection brought bodies of other streams (HTTP/2, HTTP/3): in `receive` that is seen, in
    /// `wait` it is concluded that the response waited behind them.
    OtherStreams,
    /// Bytes were lost: from where that shows until they were there again.
    LossRecovery,
    /// A packet was overtaken by others, and they had to wait for it.
    Reordering,
    /// The receiver's window was closed, or filled.
    ReceiveWindow,
    /// The receiver allowed no more DATA of the stream, or of all streams of the connection
    /// (HTTP/2, QUIC).
    StreamWindow,
    /// The receiver allowed no more streams (QUIC).
    StreamLimit,
    /// The sender waited for an acknowledgment, as a congestion window makes it do.
    CongestionWindow,
    /// The sender had nothing to send.
    SenderIdle,
    /// Bytes came.
    Data,
    /// Nothing on the wire tells.
    Unknown,
}

/// How lost bytes came to be sent again.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// The receiver told of the hole.
    FastRetransmit,
    /// The sender's timer ran out.
    Timeout,
    /// A probe for a lost tail.
    TailLossProbe,
    /// It does not show.
    Unknown,
}

impl Stalls {
    /// What the time of an exchange went to.
    pub fn of(trace: &Trace, exchange: &Exchange) -> Self {
        let Attribution { wait, receive } = Attribution::of(trace, exchange);
        Self { wait: parts(&wait), receive: parts(&receive) }
    }
}

fn parts(parts: &[stall::Part]) -> Vec<Part> {
    let begin = parts.first().map_or(Timestamp::MIN, |part| part.from);
    let part = |part: &stall::Part| Part {
        cause: part.cause.into(),
        repair: match part.cause {
            stall::Cause::Loss(repair) => Some(repair.into()),
            _ => None,
        },
        start: Millis(part.from.since(begin)),
        ms: Millis(part.to.since(part.from)),
        inferred: part.is_inferred,
        frames: part.frames.iter().map(|frame| frame.0).collect(),
    };
    parts.iter().map(part).collect()
}

impl From<stall::Cause> for Cause {
    fn from(cause: stall::Cause) -> Self {
        match cause {
            stall::Cause::Network => Self::NetworkRoundTrip,
            stall::Cause::Server => Self::ServerThinking,
            stall::Cause::Queued => Self::Queued,
            stall::Cause::Streams => Self::OtherStreams,
            stall::Cause::Loss(_) => Self::LossRecovery,
            stall::Cause::Reordering => Self::Reordering,
            stall::Cause::ReceiveWindow => Self::ReceiveWindow,
            stall::Cause::StreamWindow => Self::StreamWindow,
            stall::Cause::StreamLimit => Self::StreamLimit,
            stall::Cause::CongestionWindow => Self::CongestionWindow,
            stall::Cause::Idle => Self::SenderIdle,
            stall::Cause::Data => Self::Data,
            stall::Cause::Unknown => Self::Unknown,
        }
    }
}

impl From<stall::Repair> for Repair {
    fn from(repair: stall::Repair) -> Self {
        match repair {
            stall::Repair::Fast => Self::FastRetransmit,
            stall::Repair::Timeout => Self::Timeout,
            stall::Repair::Probe => Self::TailLossProbe,
            stall::Repair::Unnamed => Self::Unknown,
        }
    }
}
