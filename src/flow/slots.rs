//! Where the flows of a table stand, found by key, by slot or by how long they were idle.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use crate::flow::event::FlowId;
use crate::flow::key::Key;
use crate::flow::record::Flow;
use crate::time::FrameNo;

/// Flows in slots.
///
/// Invariants:
/// - `rows` has one flow for each entry of `places`, at the slot it names; the others are in
///   `free`. All rows but the last are full of slots.
/// - each flow has an entry in `oldest` that is not later than its last frame, and at most three
///   of four entries name flows that are over.
#[derive(Debug, Default)]
pub(super) struct Slots {
    places: HashMap<Key, usize>,
    /// Slots in rows that are never moved: many flows would take long to copy.
    rows: Vec<Vec<Option<Flow>>>,
    free: Vec<usize>,
    oldest: BinaryHeap<Reverse<(FrameNo, FlowId, usize)>>,
}

impl Slots {
    /// Puts a flow into a free slot.
    pub(super) fn insert(&mut self, flow: Flow) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| new_slot(&mut self.rows));
        self.places.insert(flow.key, slot);
        let entry = Reverse((flow.last.frame, flow.id, slot));
        if let Some(place) = self.place_mut(slot) {
            *place = Some(flow);
        }
        self.oldest.push(entry);
        if self.oldest.len() / 4 > self.places.len().saturating_add(32) {
            let mut oldest = std::mem::take(&mut self.oldest);
            oldest.retain(|Reverse((_, id, slot))| {
                self.flow(*slot).is_some_and(|flow| flow.id == *id)
            });
            self.oldest = oldest;
        }
        slot
    }

    /// Takes a flow out of its slot.
    pub(super) fn remove(&mut self, slot: usize) -> Option<Flow> {
        let flow = self.place_mut(slot)?.take()?;
        self.places.remove(&flow.key);
        self.free.push(slot);
        Some(flow)
    }

    /// The flow in a slot.
    #[inline]
    pub(super) fn flow_mut(&mut self, slot: usize) -> Option<&mut Flow> {
        self.place_mut(slot)?.as_mut()
    }

    /// The slot of the flow whose last packet is the oldest.
    pub(super) fn longest_idle(&mut self) -> Option<usize> {
        while let Some(Reverse((frame, id, slot))) = self.oldest.pop() {
            let Some(flow) = self.flow(slot).filter(|flow| flow.id == id) else { continue };
            let last = flow.last.frame;
            // still there until it is removed
            self.oldest.push(Reverse((last, id, slot)));
            if last <= frame {
                return Some(slot);
            }
        }
        None
    }

    /// The slot of a flow.
    #[inline]
    pub(super) fn find(&self, key: &Key) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// The flow in a slot.
    #[inline]
    pub(super) fn flow(&self, slot: usize) -> Option<&Flow> {
        self.rows.get(slot / ROW)?.get(slot % ROW)?.as_ref()
    }

    /// All flows in the order in which they began, with their slots.
    pub(super) fn in_order(&self) -> Vec<(FlowId, usize)> {
        let flows = (0..).zip(self.rows.iter().flatten());
        let mut open: Vec<(FlowId, usize)> =
            flows.filter_map(|(slot, flow)| Some((flow.as_ref()?.id, slot))).collect();
        open.sort_unstable();
        open
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    #[inline]
    fn place_mut(&mut self, slot: usize) -> Option<&mut Option<Flow>> {
        self.rows.get_mut(slot / ROW)?.get_mut(slot % ROW)
    }
}

/// Adds an empty slot.
fn new_slot(rows: &mut Vec<Vec<Option<Flow>>>) -> usize {
    if rows.last().is_none_or(|row| row.len() == ROW) {
        rows.push(Vec::with_capacity(ROW));
    }
    let before = rows.len().saturating_sub(1) * ROW;
    let Some(row) = rows.last_mut() else { return before };
    row.push(None);
    before + row.len().saturating_sub(1)
}

/// Slots of one row.
const ROW: usize = 64;
