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
/// - each entry of `places` names the slot of a flow in `rows`: its own key or one of its
///   `aliases`; slots without a flow are in `free`. All rows but the last are full of slots.
/// - each flow has an entry in `oldest` that is not later than its last frame, and at most half of
///   them name flows that are over.
#[derive(Debug, Default)]
pub(super) struct Slots {
    places: HashMap<Key, usize>,
    /// The latest flow of each pair of ends in whatever VLAN or tunnel; none before the first
    /// flow in one, for then `places` says the same.
    bare: Option<HashMap<Key, usize>>,
    /// Slots in rows that are never moved: many flows would take long to copy.
    rows: Vec<Vec<Option<Flow>>>,
    free: Vec<usize>,
    oldest: BinaryHeap<Reverse<(FrameNo, FlowId, usize)>>,
}

impl Slots {
    /// Puts a flow into a free slot.
    pub(super) fn insert(&mut self, flow: Flow) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| new_slot(&mut self.rows));
        if self.bare.is_none() && !flow.key.is_bare() {
            self.bare = Some(self.places.clone());
        }
        if let Some(bare) = &mut self.bare {
            bare.insert(flow.key.bare(), slot);
        }
        self.places.insert(flow.key, slot);
        let entry = Reverse((flow.last.frame, flow.id, slot));
        if let Some(place) = self.place_mut(slot) {
            *place = Some(flow);
        }
        self.oldest.push(entry);
        if self.oldest.len() / 2 > self.places.len().saturating_add(32) {
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
        for key in &flow.aliases {
            self.places.remove(key);
        }
        if let Some(bare) = &mut self.bare
            && bare.get(&flow.key.bare()) == Some(&slot)
        {
            bare.remove(&flow.key.bare());
        }
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

    /// The slot of the latest flow between the same ends in another VLAN or tunnel.
    pub(super) fn find_elsewhere(&self, key: &Key) -> Option<usize> {
        let places = match &self.bare {
            Some(bare) => bare,
            None if key.is_bare() => return None,
            None => &self.places,
        };
        places.get(&key.bare()).copied()
    }

    /// From now on packets with this key belong to the flow in this slot, too. False where it has
    /// too many keys already.
    pub(super) fn alias(&mut self, key: Key, slot: usize) -> bool {
        let flow = self.flow_mut(slot).filter(|flow| flow.aliases.len() < ALIASES);
        let Some(flow) = flow else { return false };
        flow.aliases.push(key);
        self.places.insert(key, slot);
        true
    }

    /// The flow in a slot.
    #[inline]
    pub(super) fn flow(&self, slot: usize) -> Option<&Flow> {
        self.rows.get(slot / ROW)?.get(slot % ROW)?.as_ref()
    }

    /// All flows up to the `latest` in the order in which they began, with their slots.
    pub(super) fn in_order(&self, latest: FlowId) -> Vec<(FlowId, usize)> {
        let flows = (0..).zip(self.rows.iter().flatten());
        let open = flows.filter_map(|(slot, flow)| Some((flow.as_ref()?.id, slot)));
        let mut open: Vec<(FlowId, usize)> = open.filter(|(id, _)| *id <= latest).collect();
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

/// Most VLANs and tunnels that one packet is followed through.
const ALIASES: usize = 16;
/// Slots of one row.
const ROW: usize = 64;
