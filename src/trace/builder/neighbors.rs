//! Pairs requests and replies of ARP and NDP, and finds the gateway.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use crate::address::MacAddr;
use crate::flow::event::{Opened, Transport};
use crate::limits::Limits;
use crate::protocol::neighbor::{Binding, Method, NeighborMessage};
use crate::time::{FrameNo, Frames, Stamp};
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::id::NeighborId;
use crate::trace::id::next_index;
use crate::trace::model::{EntityId, Trace};
use crate::trace::neighbor::Neighbor;
use crate::trace::neighbor::NeighborKind;

/// What pairs the messages of neighbours.
#[derive(Debug, Default)]
pub(super) struct Neighbors {
    /// The latest request of an asker for a target.
    asked: HashMap<(IpAddr, IpAddr), NeighborId>,
    owned: HashMap<MacAddr, Owned>,
    /// Hardware addresses known to carry the traffic of others.
    gateways: HashSet<MacAddr>,
}

/// What a hardware address answers for.
#[derive(Debug, Default)]
struct Owned {
    ips: HashSet<IpAddr>,
    /// The scopes of these addresses, as bits.
    scopes: u8,
    /// The entities that say so.
    entities: Vec<NeighborId>,
}

impl Neighbors {
    /// Takes one message.
    pub(super) fn message(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        mut place: Place<'_>,
        message: NeighborMessage,
    ) {
        let at = place.at;
        if let Some(id) = self.waiting_for(&message)
            && let Some(waiting) = trace.neighbors.get_mut(id.0 as usize)
            && (waiting.reply.is_none() || matches!(message, NeighborMessage::Reply { .. }))
        {
            if !again(waiting, &bounds.limits, at, &message, place.completed) {
                bounds.reached(trace, place.here(), Bound::Listed);
            }
            if let NeighborMessage::Reply { owner, .. } = message {
                self.owns(trace, owner, id);
            }
            return;
        }
        if trace.neighbors.len() >= bounds.limits.neighbors {
            bounds.reached(trace, place, Bound::Neighbors);
            return;
        }
        let id = NeighborId(next_index(trace.neighbors.len()));
        let (entity, owner) = self.entity(id, at, message);
        if entity.reply.is_some() || entity.kind == NeighborKind::Router {
            place.completed.push(EntityId::Neighbor(id));
        }
        trace.neighbors.push(entity);
        if let Some(owner) = owner {
            self.owns(trace, owner, id);
        }
    }

    /// The entity that a message belongs to, if that was there before.
    fn waiting_for(&self, message: &NeighborMessage) -> Option<NeighborId> {
        let key = match message {
            NeighborMessage::Request { asker_ip, target, .. } => (*asker_ip, *target),
            NeighborMessage::Reply { told, owner, .. } => ((*told)?, owner.ip),
            _ => return None,
        };
        self.asked.get(&key).copied()
    }

    /// A new entity, and who is found by it.
    fn entity(
        &mut self,
        id: NeighborId,
        at: Stamp,
        message: NeighborMessage,
    ) -> (Neighbor, Option<Binding>) {
        match message {
            NeighborMessage::Request { method, asker_ip, asker_mac, target, .. } => {
                self.asked.insert((asker_ip, target), id);
                let mut entity = entity(id, NeighborKind::Resolution, method, target, at.frame);
                entity.asker = Some((asker_ip, asker_mac));
                entity.requests.push(at);
                (entity, None)
            }
            NeighborMessage::Reply { method, owner, told, solicited, router } => {
                let kind =
                    if solicited { NeighborKind::UnaskedReply } else { NeighborKind::Announcement };
                let mut entity = entity(id, kind, method, owner.ip, at.frame);
                entity.asker = told.map(|told| (told, None));
                entity.reply = Some((at, owner.mac));
                entity.router = router;
                (entity, Some(owner))
            }
            NeighborMessage::Announcement { method, owner } => {
                let mut entity = entity(id, NeighborKind::Announcement, method, owner.ip, at.frame);
                entity.reply = Some((at, owner.mac));
                (entity, Some(owner))
            }
            NeighborMessage::Probe { method, asker_mac, target } => {
                let mut entity = entity(id, NeighborKind::Probe, method, target, at.frame);
                entity.asker = Some((target, asker_mac));
                entity.requests.push(at);
                (entity, None)
            }
            NeighborMessage::Router { ip, mac, prefixes, lifetime, .. } => {
                let mut entity = entity(id, NeighborKind::Router, Method::Ndp, ip, at.frame);
                entity.reply = mac.map(|mac| (at, mac));
                entity.router = Some(lifetime > 0);
                entity.prefixes = prefixes;
                if mac.is_none() {
                    entity.requests.push(at);
                }
                (entity, mac.map(|mac| Binding { ip, mac }))
            }
        }
    }

    /// A flow shows which hardware address its packets go through: one that answers for another
    /// address than the flow's end, and never for that end, is a gateway.
    pub(super) fn seen(&mut self, trace: &mut Trace, opened: &Opened) {
        if !matches!(opened.key.transport, Transport::Tcp | Transport::Udp) {
            return;
        }
        let Some(macs) = opened.macs else { return };
        let (source, destination) = if opened.first_to_server {
            (opened.client.ip, opened.server.ip)
        } else {
            (opened.server.ip, opened.client.ip)
        };
        self.carries(trace, macs.source, source);
        if let Some(mac) = macs.destination.filter(|mac| !mac.is_group()) {
            self.carries(trace, mac, destination);
        }
    }

    fn carries(&mut self, trace: &mut Trace, mac: MacAddr, ip: IpAddr) {
        if self.gateways.contains(&mac) {
            return;
        }
        let Some(Owned { ips, scopes, entities }) = self.owned.get(&mac) else { return };
        // An IPv6 host has several addresses on one device; only where one of the same scope is
        // known and another is used does it say something.
        if ips.contains(&ip) || scopes & scope(ip) == 0 {
            return;
        }
        self.gateways.insert(mac);
        for id in entities {
            if let Some(entity) = trace.neighbors.get_mut(id.0 as usize) {
                entity.gateway = true;
            }
        }
    }

    fn owns(&mut self, trace: &mut Trace, owner: Binding, id: NeighborId) {
        let Owned { ips, scopes, entities } = self.owned.entry(owner.mac).or_default();
        ips.insert(owner.ip);
        *scopes |= scope(owner.ip);
        if entities.last() != Some(&id) {
            entities.push(id);
        }
        if self.gateways.contains(&owner.mac)
            && let Some(entity) = trace.neighbors.get_mut(id.0 as usize)
        {
            entity.gateway = true;
        }
    }
}

/// A request or a reply more of what was asked before; false where no more are listed.
fn again(
    waiting: &mut Neighbor,
    limits: &Limits,
    at: Stamp,
    message: &NeighborMessage,
    completed: &mut Vec<EntityId>,
) -> bool {
    if waiting.frames.len() < limits.frames_listed {
        waiting.frames.push(at.frame);
    }
    let NeighborMessage::Reply { owner, router, .. } = message else {
        let has_room = waiting.requests.len() < limits.listed;
        if has_room {
            waiting.requests.push(at);
        }
        return has_room;
    };
    waiting.router = router.or(waiting.router);
    if waiting.reply.is_none() {
        waiting.reply = Some((at, owner.mac));
        completed.push(EntityId::Neighbor(waiting.id));
        return true;
    }
    let has_room = waiting.more_replies.len() < limits.listed;
    if has_room {
        waiting.more_replies.push((at, owner.mac));
    }
    has_room
}

/// Tells what was never answered.
pub(super) fn unanswered(trace: &Trace, completed: &mut Vec<EntityId>) {
    let open = trace.neighbors.iter().filter(|neighbor| neighbor.reply.is_none());
    let open = open.filter(|neighbor| neighbor.kind != NeighborKind::Router);
    completed.extend(open.map(|neighbor| EntityId::Neighbor(neighbor.id)));
}

/// A bit for IPv4, for link-local IPv6 and for all other IPv6.
const fn scope(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 1,
        IpAddr::V6(ip) if ip.is_unicast_link_local() => 2,
        IpAddr::V6(_) => 4,
    }
}

fn entity(
    id: NeighborId,
    kind: NeighborKind,
    method: Method,
    target: IpAddr,
    frame: FrameNo,
) -> Neighbor {
    let mut frames = Frames::default();
    frames.push(frame);
    Neighbor {
        id,
        method,
        kind,
        asker: None,
        target,
        requests: Vec::new(),
        reply: None,
        more_replies: Vec::new(),
        router: None,
        gateway: false,
        prefixes: Vec::new(),
        frames,
    }
}
