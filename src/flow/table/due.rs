//! What happens to a flow when its time comes.

use crate::flow::event::FlowId;
use crate::time::Timestamp;

/// Something that happens to a flow when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: Timestamp,
    pub(super) flow: FlowId,
    pub(super) what: What,
    pub(super) slot: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Acknowledged holes are given up.
    Settle,
    /// The flow is over.
    Expire,
}
