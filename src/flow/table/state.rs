//! What a table holds, and what it is given.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytes::Bytes;

use crate::flow::event::{Direction, FlowId};
use crate::flow::holders::Holders;
use crate::flow::piece::Place;
use crate::flow::slots::Slots;
use crate::flow::table::due::Due;
use crate::limits::Limits;
use crate::packet::Macs;
use crate::time::{Frames, Stamp};

/// The flows of one shard.
///
/// Invariants:
/// - each flow has an entry in `deadlines` that is not later than its deadline.
/// - `holders` knows of each flow what its `held` says.
#[derive(Debug)]
pub struct FlowTable {
    pub(super) limits: Limits,
    pub(super) verify_checksums: bool,
    pub(super) slots: Slots,
    pub(super) deadlines: BinaryHeap<Reverse<Due>>,
    pub(super) holders: Holders,
    pub(super) now: Stamp,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its flow.
    pub flow: FlowId,
    /// Which way it goes.
    pub direction: Direction,
    /// It was captured before, elsewhere or on its way through this machine: see
    /// [`Counters::capture_duplicates`](crate::flow::event::Counters::capture_duplicates).
    pub is_copy: bool,
}

/// What surrounds the payload of a packet on its way to a flow.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) stamp: Stamp,
    /// The memory that the payload lies in.
    pub(super) block: &'a Bytes,
    pub(super) place: Place,
    pub(super) interface: u32,
    pub(super) macs: Option<Macs>,
    /// Frames of its fragments.
    pub(super) frames: Option<&'a Frames>,
}
