//! What time does to flows.

use std::cmp::Reverse;

use crate::flow::emit::Emit;
use crate::flow::event::{EndReason, FlowEvent};
use crate::flow::record::Body;
use crate::flow::table::due::{Due, What};
use crate::flow::table::state::FlowTable;
use crate::time::{FrameNo, Stamp, Timestamp};

impl FlowTable {
    /// What was due happens, if it still is.
    pub(super) fn happen(&mut self, due: Due, frame: FrameNo, out: &mut Vec<FlowEvent>) {
        let Due { at, flow: id, what, slot } = due;
        let flow = self.slots.flow_mut(slot);
        let Some(flow) = flow.filter(|flow| flow.id == id) else { return };
        match what {
            What::Expire => {
                let deadline = flow.deadline();
                if deadline > at {
                    self.deadlines.push(Reverse(Due { at: deadline, ..due }));
                } else {
                    self.close(slot, EndReason::Idle, Stamp::new(at, frame), out);
                }
            }
            What::Settle => {
                let Body::Tcp(tcp) = &mut flow.body else { return };
                let now = Stamp::new(at, frame);
                let mut emit = Emit { flow: id, at: now, out };
                tcp.settle(now, &mut flow.counters, &mut emit);
                if let Some(at) = tcp.settles_at() {
                    self.deadlines.push(Reverse(Due { at, ..due }));
                }
                self.weigh(slot, out);
            }
        }
    }

    /// Notes what a segment changed about what is due.
    #[inline]
    pub(super) fn schedule(&mut self, slot: usize, was_over: bool, settled: Option<Timestamp>) {
        let Some(flow) = self.slots.flow_mut(slot) else { return };
        let Body::Tcp(tcp) = &flow.body else { return };
        if let Some(at) = tcp.settles_at()
            && settled.is_none()
        {
            self.deadlines.push(Reverse(Due { at, flow: flow.id, what: What::Settle, slot }));
        }
        if !was_over && tcp.is_over() {
            flow.idle = self.limits.tcp_closed;
            let at = flow.deadline();
            self.deadlines.push(Reverse(Due { at, flow: flow.id, what: What::Expire, slot }));
        }
    }
}
