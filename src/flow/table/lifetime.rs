//! Flows are found, opened and closed.

use std::cmp::Reverse;

use crate::flow::duplicate::Print;
use crate::flow::emit::Emit;
use crate::flow::event::{
    Direction, EndReason, FlowBody, FlowEvent, FlowId, Opened, PerDirection, Role,
};
use crate::flow::key::{Ends, Key};
use crate::flow::piece::Segment;
use crate::flow::record::{Body, Flow};
use crate::flow::table::due::{Due, What};
use crate::flow::table::state::{FlowTable, Frame};
use crate::time::{Frames, Stamp};

impl FlowTable {
    /// The slot of a flow. One that should have been over before `stamp` is.
    #[inline]
    pub(super) fn find(
        &mut self,
        key: &Key,
        stamp: Stamp,
        out: &mut Vec<FlowEvent>,
    ) -> Option<usize> {
        let slot = self.slots.find(key)?;
        let deadline = self.slots.flow(slot)?.deadline();
        if deadline <= stamp.at {
            self.close(slot, EndReason::Idle, Stamp::new(deadline, stamp.frame), out);
            return None;
        }
        Some(slot)
    }

    /// The slot of a flow between the same ends in another VLAN or tunnel, of which this packet is
    /// a copy: a router passes it on from one VLAN to the next, a host captures it before and
    /// after it enters a tunnel. From now on the flow is found under this key, too.
    #[cold]
    pub(super) fn find_elsewhere(
        &mut self,
        (key, is_lo): (&Key, bool),
        print: &Print,
    ) -> Option<usize> {
        self.join((key, is_lo), |flow, direction| flow.has_seen(direction, print))
    }

    /// The same of a TCP segment, which may also be the answer to what was sent in another VLAN:
    /// where the two directions of a link have tags of their own.
    #[cold]
    pub(super) fn find_segment_elsewhere(
        &mut self,
        (key, is_lo): (&Key, bool),
        segment: &Segment<'_>,
    ) -> Option<usize> {
        let print = Print::of_segment(segment);
        self.join((key, is_lo), |flow, direction| match &flow.body {
            Body::Tcp(tcp) => {
                tcp.has_seen(direction, &print) || tcp.is_answered_by(direction, segment)
            }
            _ => false,
        })
    }

    fn join(
        &mut self,
        (key, is_lo): (&Key, bool),
        belongs: impl FnOnce(&Flow, Direction) -> bool,
    ) -> Option<usize> {
        let slot = self.slots.find_elsewhere(key)?;
        let flow = self.slots.flow(slot)?;
        let belongs = belongs(flow, flow.direction(is_lo));
        (belongs && self.slots.alias(*key, slot)).then_some(slot)
    }

    /// Makes room for a flow and opens it.
    #[cold]
    #[expect(clippy::too_many_arguments, reason = "all that a flow begins with, in one place")]
    pub(super) fn open(
        &mut self,
        ends: &Ends,
        frame: &Frame<'_>,
        ttl: u8,
        is_client: bool,
        role: Role,
        body: Body,
        out: &mut Vec<FlowEvent>,
    ) -> usize {
        while self.slots.len() >= self.limits.flows_per_shard.max(1) {
            let Some(oldest) = self.slots.longest_idle() else { break };
            self.close(oldest, EndReason::Evicted, frame.stamp, out);
        }
        let (key, is_lo) = ends.key();
        let id = FlowId(frame.stamp.frame);
        let flow = Flow {
            id,
            key,
            aliases: Vec::new(),
            client_is_lo: is_lo == is_client,
            last: frame.stamp,
            idle: match body {
                Body::Tcp(_) => self.limits.tcp_idle,
                _ => self.limits.udp_idle,
            },
            frames: Frames::default(),
            counters: PerDirection::default(),
            held: 0,
            body,
        };
        let at = flow.deadline();
        let slot = self.slots.insert(flow);
        // entries of flows that are over go out when their time comes, or when they are the most
        if self.deadlines.len() / 2 > self.slots.len().saturating_add(32) {
            let slots = &self.slots;
            self.deadlines.retain(|Reverse(due)| {
                slots.flow(due.slot).is_some_and(|flow| flow.id == due.flow)
            });
        }
        self.deadlines.push(Reverse(Due { at, flow: id, what: What::Expire, slot }));
        let (client, server) = if is_client {
            (ends.source, ends.destination)
        } else {
            (ends.destination, ends.source)
        };
        Emit { flow: id, at: frame.stamp, out }.body(FlowBody::Opened(Box::new(Opened {
            key: ends.flow_key(),
            client,
            server,
            role,
            macs: frame.macs,
            first_to_server: is_client,
            ttl,
        })));
        slot
    }

    #[cold]
    pub(super) fn close(
        &mut self,
        slot: usize,
        reason: EndReason,
        at: Stamp,
        out: &mut Vec<FlowEvent>,
    ) {
        let Some(flow) = self.slots.remove(slot) else { return };
        self.holders.change(flow.id, slot, flow.held, 0);
        let mut emit = Emit { flow: flow.id, at, out };
        flow.close(reason, &mut emit);
    }
}
