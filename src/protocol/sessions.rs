//! The sessions of all flows, by flow.
//!
//! Takes what flows say, in order; gives the events of all protocols, each with its place in the
//! order of all.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;

use crate::flow::event::{
    Closed, Direction, FlowBody, FlowEvent, FlowId, Opened, StreamEvent, Transport,
};
use crate::limits::Limits;
use crate::protocol::analyzer::{Context, FlowInfo, Protocol, StreamKey};
use crate::protocol::budget::Budgets;
use crate::protocol::event::{ConnectionEvent, Event, EventBody, Order, Phase};
use crate::protocol::repeated::Repeated;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::protocol::session::Session;
use crate::time::{FrameNo, Stamp};

/// The sessions of all flows of one shard.
///
/// Invariant: `index` counts the events of `turn`, so that no two events of a shard have the same
/// order, and those of one flow ascend.
pub struct Sessions {
    limits: Limits,
    protocols: &'static [&'static Protocol],
    secrets: Arc<Secrets>,
    budgets: Budgets,
    routes: Routes,
    flows: HashMap<FlowId, Box<Flow>>,
    /// Flows whose packets are those of another one.
    joined: HashMap<FlowId, FlowId>,
    /// What was said during one call; empty between calls.
    said: Vec<(Stamp, EventBody)>,
    repeated: Repeated,
    turn: (FrameNo, Phase),
    index: u32,
}

struct Flow {
    info: FlowInfo,
    session: Session,
    /// How many of those that joined it are not over.
    paths: usize,
    /// It is over, and they are not.
    closed: Option<Box<Closed>>,
}

impl Sessions {
    /// No sessions yet, with the protocols that they may have.
    pub fn new(limits: Limits, protocols: &'static [&'static Protocol]) -> Self {
        Self {
            budgets: Budgets::new(&limits),
            limits,
            protocols,
            secrets: Arc::default(),
            routes: Routes::default(),
            flows: HashMap::new(),
            joined: HashMap::new(),
            said: Vec::new(),
            repeated: Repeated::default(),
            turn: (FrameNo(0), Phase::Tick),
            index: 0,
        }
    }

    /// What a flow says, caused by a frame. Turns come in order: frames ascend, and in one frame
    /// the phases.
    pub fn push(&mut self, turn: (FrameNo, Phase), event: FlowEvent, out: &mut Vec<Event>) {
        self.turn(turn);
        let FlowEvent { flow: id, at, body } = event;
        match body {
            FlowBody::Stream { direction, event } => {
                match &event {
                    StreamEvent::Data { .. } => {}
                    StreamEvent::Gap { range, reason, .. } => self.say(
                        at,
                        ConnectionEvent::Gap { direction, range: range.clone(), reason: *reason },
                    ),
                    StreamEvent::End { reason, .. } => {
                        self.say(at, ConnectionEvent::Ended { direction, reason: *reason });
                    }
                }
                let from = StreamKey { id: 0, direction };
                self.with(id, at, |session, cx| session.stream(from, event, cx));
            }
            FlowBody::Datagram { direction, bytes, missing } => {
                if let Some(owner) = self.owner(id, at, &bytes) {
                    self.number(id, out);
                    self.on_path((id, owner), at, (direction, &bytes, missing));
                    return self.number(owner, out);
                }
                self.with(id, at, |session, cx| session.datagram(direction, &bytes, missing, cx));
            }
            FlowBody::Tcp(event) => self.say(at, ConnectionEvent::Tcp(event)),
            FlowBody::Stalled(stall) => self.say(at, ConnectionEvent::Stalled(stall)),
            FlowBody::RoundTrip(time) => self.say(at, ConnectionEvent::RoundTrip(time)),
            FlowBody::Anomaly(anomaly) => self.said.push((at, EventBody::Anomaly(anomaly))),
            FlowBody::Opened(opened) => {
                let (info, session) = (info(id, &opened), Session::new());
                let flow = Flow { info, session, paths: 0, closed: None };
                self.flows.insert(id, Box::new(flow));
                self.say(at, ConnectionEvent::Opened(opened));
            }
            FlowBody::Closed(closed) => {
                let owner = self.joined.remove(&id);
                self.close(id, owner.is_none(), at, closed);
                self.number(id, out);
                if let Some(owner) = owner {
                    self.path_is_over(owner, at);
                    self.number(owner, out);
                }
                return;
            }
        }
        self.number(id, out);
    }

    /// There are more secrets than before: all that was there, and new ones.
    pub fn secrets(
        &mut self,
        turn: (FrameNo, Phase),
        now: Stamp,
        secrets: Arc<Secrets>,
        out: &mut Vec<Event>,
    ) {
        self.turn(turn);
        self.secrets = secrets;
        // a capture may bring a block for each connection: not all flows are asked each time
        if self.budgets.locked.is_whole() {
            return;
        }
        let mut flows: Vec<FlowId> = self.flows.keys().copied().collect();
        flows.sort_unstable();
        for id in flows {
            self.with(id, now, Session::secrets);
            self.number(id, out);
        }
    }

    /// The flow that a datagram of another one belongs to.
    fn owner(&mut self, id: FlowId, at: Stamp, datagram: &[u8]) -> Option<FlowId> {
        let flow = self.flows.get_mut(&id)?;
        if !flow.session.is_undecided() {
            return self.joined.get(&id).copied();
        }
        let is_udp = flow.info.key.transport == Transport::Udp;
        let owner = self.routes.find(datagram).filter(|owner| is_udp && *owner != id)?;
        // one that is read no more does not say that it cannot be reached either
        let of_owner = self.flows.get_mut(&owner).filter(|owner| !owner.session.is_over())?;
        of_owner.paths += 1;
        self.flows.get_mut(&id)?.session = Session::nothing();
        self.joined.insert(id, owner);
        self.say(at, ConnectionEvent::Joined(owner));
        Some(owner)
    }

    /// A datagram of a connection came on another flow than its own.
    fn on_path(
        &mut self,
        (path, owner): (FlowId, FlowId),
        at: Stamp,
        (way, bytes, missing): (Direction, &Bytes, u32),
    ) {
        let Some(path) = self.flows.get(&path).map(|flow| flow.info.clone()) else { return };
        self.with(owner, at, |session, cx| {
            // who asks on the new way may be the one that was asked on the old one
            let way = if path.client.port == cx.flow.server.port { !way } else { way };
            let mut cx = Context { path: Some(&path), ..cx.same() };
            session.datagram(way, bytes, missing, &mut cx);
        });
    }

    /// A flow is over. Its session goes on as long as one that joined it.
    fn close(&mut self, id: FlowId, has_session: bool, at: Stamp, closed: Box<Closed>) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        if flow.paths > 0 {
            flow.closed = Some(closed);
            return;
        }
        if has_session {
            self.with(id, at, Session::close);
        }
        self.flows.remove(&id);
        self.say(at, ConnectionEvent::Closed(closed));
    }

    /// One of the flows that joined another is over.
    fn path_is_over(&mut self, owner: FlowId, at: Stamp) {
        let Some(flow) = self.flows.get_mut(&owner) else { return };
        flow.paths = flow.paths.saturating_sub(1);
        if flow.paths == 0
            && let Some(closed) = flow.closed.take()
        {
            self.close(owner, true, at, closed);
        }
    }

    fn turn(&mut self, turn: (FrameNo, Phase)) {
        if self.turn != turn {
            let (bytes, most) = (self.limits.unfolded_per_packet, self.limits.unfolded_at_once);
            self.budgets.unfolded.refill(bytes, most);
            self.repeated.clear();
            self.turn = turn;
            self.index = 0;
        }
    }

    /// Gives what a flow said its place in the order of all.
    fn number(&mut self, flow: FlowId, out: &mut Vec<Event>) {
        let (frame, phase) = self.turn;
        let most = self.limits.anomalies_of_a_packet;
        let mut index = self.index;
        let mut tell = |at, body| {
            out.push(Event { order: Order { frame, phase, flow, index }, at, body });
            index = index.saturating_add(1);
        };
        let mut latest = None;
        for (at, body) in self.said.drain(..) {
            if let EventBody::Anomaly(anomaly) = &body
                && !self.repeated.is_listed(flow, anomaly, most)
            {
                latest = Some(at);
            } else {
                tell(at, body);
            }
        }
        if let Some(at) = latest {
            for (id, count) in self.repeated.unlisted(most) {
                tell(at, EventBody::Unlisted { id, count });
            }
        }
        self.index = index;
    }

    fn say(&mut self, at: Stamp, event: ConnectionEvent) {
        self.said.push((at, EventBody::Connection(event)));
    }

    fn with(&mut self, id: FlowId, now: Stamp, then: impl FnOnce(&mut Session, &mut Context<'_>)) {
        if let Some(flow) = self.flows.get_mut(&id) {
            let mut cx = Context {
                now,
                flow: &flow.info,
                path: None,
                limits: &self.limits,
                protocols: self.protocols,
                secrets: &self.secrets,
                budgets: &self.budgets,
                routes: &self.routes,
                depth: 0,
                secure: false,
                events: &mut self.said,
            };
            then(&mut flow.session, &mut cx);
        }
    }
}

fn info(id: FlowId, opened: &Opened) -> FlowInfo {
    let &Opened { key, client, server, role, .. } = opened;
    FlowInfo { id, key, client, server, role }
}
