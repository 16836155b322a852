//! The sessions of all flows, by flow.
//!
//! Takes what flows say, in order; gives the events of all protocols, each with its place in the
//! order of all.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::flow::event::{FlowBody, FlowEvent, FlowId, Opened, StreamEvent};
use crate::limits::Limits;
use crate::protocol::analyzer::{Context, FlowInfo, Protocol, StreamKey};
use crate::protocol::budget::Budgets;
use crate::protocol::event::{ConnectionEvent, Event, EventBody, Order, Phase};
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
    flows: HashMap<FlowId, Box<Flow>>,
    /// What was said during one call; empty between calls.
    said: Vec<(Stamp, EventBody)>,
    turn: (FrameNo, Phase),
    index: u32,
}

struct Flow {
    info: FlowInfo,
    session: Session,
}

impl Sessions {
    /// No sessions yet, with the protocols that they may have.
    pub fn new(limits: Limits, protocols: &'static [&'static Protocol]) -> Self {
        Self {
            budgets: Budgets::new(&limits),
            limits,
            protocols,
            secrets: Arc::default(),
            flows: HashMap::new(),
            said: Vec::new(),
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
                self.with(id, at, |session, cx| session.datagram(direction, &bytes, missing, cx));
            }
            FlowBody::Tcp(event) => self.say(at, ConnectionEvent::Tcp(event)),
            FlowBody::Stalled(stall) => self.say(at, ConnectionEvent::Stalled(stall)),
            FlowBody::RoundTrip(time) => self.say(at, ConnectionEvent::RoundTrip(time)),
            FlowBody::Anomaly(anomaly) => self.said.push((at, EventBody::Anomaly(anomaly))),
            FlowBody::Opened(opened) => {
                let flow = Flow { info: info(id, &opened), session: Session::new() };
                self.flows.insert(id, Box::new(flow));
                self.say(at, ConnectionEvent::Opened(opened));
            }
            FlowBody::Closed(closed) => {
                self.with(id, at, Session::close);
                self.flows.remove(&id);
                self.say(at, ConnectionEvent::Closed(closed));
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

    fn turn(&mut self, turn: (FrameNo, Phase)) {
        if self.turn != turn {
            let (bytes, most) = (self.limits.unfolded_per_packet, self.limits.unfolded_at_once);
            self.budgets.unfolded.refill(bytes, most);
            self.turn = turn;
            self.index = 0;
        }
    }

    /// Gives what a flow said its place in the order of all.
    fn number(&mut self, flow: FlowId, out: &mut Vec<Event>) {
        let (frame, phase) = self.turn;
        for (at, body) in self.said.drain(..) {
            let order = Order { frame, phase, flow, index: self.index };
            self.index = self.index.saturating_add(1);
            out.push(Event { order, at, body });
        }
    }

    fn say(&mut self, at: Stamp, event: ConnectionEvent) {
        self.said.push((at, EventBody::Connection(event)));
    }

    fn with(&mut self, id: FlowId, now: Stamp, then: impl FnOnce(&mut Session, &mut Context<'_>)) {
        if let Some(flow) = self.flows.get_mut(&id) {
            let mut cx = Context {
                now,
                flow: &flow.info,
                limits: &self.limits,
                protocols: self.protocols,
                secrets: &self.secrets,
                budgets: &self.budgets,
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
