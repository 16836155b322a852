//! The other ways of a connection: flows that joined the one with which it began, for its client or
//! its server has moved.

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::flow::event::{Closed, FlowId, PerDirection, Transport};
use crate::time::FrameNo;
use crate::trace::connection::Connection;

/// The transport and the two ends of a flow, the lower one first.
pub(super) type Ends = (Transport, Endpoint, Endpoint);

/// Which flows joined others.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// What joined a flow.
    joined: HashMap<FlowId, Joined>,
    /// Of which flow open flows are another way, and whether its ends are told the other way round
    /// there.
    owners: HashMap<FlowId, (FlowId, bool)>,
}

/// What joined a flow.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The ends of each.
    pub(super) ends: Vec<Ends>,
    /// The frames of those that are over.
    pub(super) frames: Vec<FrameNo>,
}

impl Ways {
    /// A flow joins another one; false where the ends of no more are listed.
    pub(super) fn join(
        &mut self,
        flow: FlowId,
        (owner, is_turned): (FlowId, bool),
        ends: Ends,
        most: usize,
    ) -> bool {
        self.owners.insert(flow, (owner, is_turned));
        let listed = &mut self.joined.entry(owner).or_default().ends;
        let has_room = listed.len() < most;
        if has_room {
            listed.push(ends);
        }
        has_room
    }

    /// The flow that an open one joined.
    pub(super) fn owner(&self, flow: FlowId) -> Option<FlowId> {
        self.owners.get(&flow).map(|(owner, _)| *owner)
    }

    /// A flow that joined another is over: what came on it is its connection's. Its frames wait until
    /// that is over, too, and no more than `most` of them.
    pub(super) fn over(
        &mut self,
        flow: FlowId,
        connection: Option<&mut Connection>,
        closed: &Closed,
        most: u64,
    ) {
        let Some((owner, is_turned)) = self.owners.remove(&flow) else { return };
        let Some(connection) = connection else { return };
        let PerDirection { to_server, to_client } = &closed.counters;
        let (up, down) = if is_turned { (to_client, to_server) } else { (to_server, to_client) };
        connection.counters.to_server.add(up);
        connection.counters.to_client.add(down);
        connection.last = connection.last.max(closed.last);
        let frames = &mut self.joined.entry(owner).or_default().frames;
        let room = most.saturating_sub(frames.len() as u64);
        frames.extend(closed.frames.iter().take(usize::try_from(room).unwrap_or(usize::MAX)));
    }

    /// A flow is over: what joined it.
    pub(super) fn joined(&mut self, owner: FlowId) -> Joined {
        self.joined.remove(&owner).unwrap_or_default()
    }
}
