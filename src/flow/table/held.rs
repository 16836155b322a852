//! What flows hold behind holes, and what they give up when that is too much.

use crate::flow::emit::Emit;
use crate::flow::event::FlowEvent;
use crate::flow::record::Body;
use crate::flow::table::state::FlowTable;

impl FlowTable {
    /// Notes what a flow holds. Where all flows together hold too much, the one that holds most
    /// (of equals, the oldest) gives up its first hole.
    #[cold]
    pub(super) fn weigh(&mut self, slot: usize, out: &mut Vec<FlowEvent>) {
        let now = self.now;
        self.note_held(slot);
        while self.holders.held() > self.limits.held_per_shard {
            let Some(slot) = self.holders.greatest() else { return };
            let Some(flow) = self.slots.flow_mut(slot) else { return };
            let Body::Tcp(tcp) = &mut flow.body else { return };
            let mut emit = Emit { flow: flow.id, at: now, out };
            tcp.give_up_first(now, &mut flow.counters, &mut emit);
            self.note_held(slot);
        }
    }

    pub(super) fn note_held(&mut self, slot: usize) {
        let Some(flow) = self.slots.flow_mut(slot) else { return };
        let Body::Tcp(tcp) = &flow.body else { return };
        let before = std::mem::replace(&mut flow.held, tcp.held_cost());
        self.holders.change(flow.id, slot, before, flow.held);
    }
}
