//! Where a flow puts what it has to say.

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{
    Direction, FlowBody, FlowEvent, FlowId, SegmentKind, StreamEvent, TcpEvent,
};
use crate::time::Stamp;

/// The events of one flow at one moment.
pub(super) struct Emit<'o> {
    /// Whose events.
    pub(super) flow: FlowId,
    /// The moment.
    pub(super) at: Stamp,
    /// All events of the shard.
    pub(super) out: &'o mut Vec<FlowEvent>,
}

impl Emit<'_> {
    #[inline]
    pub(super) fn body(&mut self, body: FlowBody) {
        self.out.push(FlowEvent { flow: self.flow, at: self.at, body });
    }

    #[inline]
    pub(super) fn stream(&mut self, direction: Direction, event: StreamEvent) {
        self.body(FlowBody::Stream { direction, event });
    }

    pub(super) fn tcp(&mut self, event: TcpEvent) {
        self.body(FlowBody::Tcp(event));
    }

    pub(super) fn segment(&mut self, direction: Direction, kind: SegmentKind, range: Range<u64>) {
        self.tcp(TcpEvent::Segment { direction, kind, range });
    }

    pub(super) fn anomaly(&mut self, anomaly: Anomaly) {
        self.body(FlowBody::Anomaly(anomaly));
    }

    /// One of our own bounds was reached.
    pub(super) fn limit(&mut self, id: &'static str, text: String) {
        self.anomaly(Anomaly::new(id, Class::Limit, text));
    }
}
