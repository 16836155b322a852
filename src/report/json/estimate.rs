//! Exchanges that stay closed, as the document has them: what their records look like.

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::tls::event as model;
use crate::report::json::value::{FrameList, Millis, Moment};

/// Records of a connection without keys that look like one or more requests and what came for
/// them. Nothing of it was read; it is none of `exchanges`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EstimatedExchange<'a> {
    /// Always true.
    pub estimated: bool,
    /// How many requests that looks like.
    pub requests: u32,
    /// It looks like HTTP/2, or is QUIC: what the server sent may be for earlier requests, too.
    pub multiplexed: bool,
    /// What the client sent.
    pub sent: Burst<'a>,
    /// What came after it until the client sent again; null where nothing did.
    pub received: Option<Burst<'a>>,
    /// From the last byte sent to the first one received.
    pub wait_ms: Option<Millis>,
}

/// Records, or packets of QUIC, of one direction.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Burst<'a> {
    /// How many.
    pub records: u32,
    /// Bytes in them, about: without what their protection adds.
    pub bytes: u64,
    /// Their first byte.
    pub first: Moment,
    /// Their last byte.
    pub last: Moment,
    /// When their last byte could be read.
    pub done: Moment,
    /// The frames that carried them.
    pub frames: FrameList<'a>,
}

impl<'a> From<&'a model::Estimate> for EstimatedExchange<'a> {
    fn from(estimate: &'a model::Estimate) -> Self {
        let sent = estimate.sent.span.last.at;
        let received = estimate.received.as_ref();
        Self {
            estimated: true,
            requests: estimate.requests,
            multiplexed: estimate.multiplexed,
            sent: (&estimate.sent).into(),
            received: received.map(Burst::from),
            wait_ms: received.map(|burst| Millis(burst.span.ready.at.since(sent).at_least_zero())),
        }
    }
}

impl<'a> From<&'a model::Burst> for Burst<'a> {
    fn from(burst: &'a model::Burst) -> Self {
        Self {
            records: burst.records,
            bytes: burst.bytes,
            first: burst.span.first.into(),
            last: burst.span.last.into(),
            done: burst.span.done.into(),
            frames: FrameList::from(&burst.frames),
        }
    }
}
