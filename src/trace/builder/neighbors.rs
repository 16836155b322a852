//! Pairs requests and replies of ARP and NDP, and finds the gateway.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use crate::address::MacAddr;
use crate::flow::event::{Opened, Transport};
use crate::protocol::neighbor::{Binding, Method, NeighborMessage};
use crate::time::{FrameNo, Frames, Stamp};
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
    /// Which addresses a hardware address answers for, and the entities that say so.
    owned: HashMap<MacAddr, (HashSet<IpAddr>, Vec<NeighborId>)>,
    /// Hardware addresses known to carry the traffic of others.
    gateways: HashSet<MacAddr>,
}

impl Neighbors {
    /// Takes one message.
    pub(super) fn message(
        &mut self,
        trace: &mut Trace,
        at: Stamp,
        message: NeighborMessage,
        completed: &mut Vec<EntityId>,
    ) {
        let id = NeighborId(next_index(trace.neighbors.len()));
        match message {
            NeighborMessage::Request { method, asker_ip, asker_mac, target, .. } => {
                let waiting = self.asked.get(&(asker_ip, target));
                let waiting = waiting.and_then(|id| trace.neighbors.get_mut(id.0 as usize));
                if let Some(waiting) = waiting.filter(|waiting| waiting.reply.is_none()) {
                    waiting.requests.push(at);
                    waiting.frames.push(at.frame);
                    return;
                }
                self.asked.insert((asker_ip, target), id);
                let mut entity = entity(id, NeighborKind::Resolution, method, target, at.frame);
                entity.asker = Some((asker_ip, asker_mac));
                entity.requests.push(at);
                trace.neighbors.push(entity);
            }
            NeighborMessage::Reply { method, owner, told, solicited, router } => {
                let waiting = told.and_then(|told| self.asked.get(&(told, owner.ip)).copied());
                let waiting = waiting.and_then(|id| trace.neighbors.get_mut(id.0 as usize));
                let id = if let Some(waiting) = waiting {
                    waiting.frames.push(at.frame);
                    waiting.router = router.or(waiting.router);
                    if waiting.reply.is_some() {
                        waiting.more_replies.push((at, owner.mac));
                    } else {
                        waiting.reply = Some((at, owner.mac));
                        completed.push(EntityId::Neighbor(waiting.id));
                    }
                    waiting.id
                } else {
                    let kind = if solicited {
                        NeighborKind::UnaskedReply
                    } else {
                        NeighborKind::Announcement
                    };
                    let mut entity = entity(id, kind, method, owner.ip, at.frame);
                    entity.asker = told.map(|told| (told, None));
                    entity.reply = Some((at, owner.mac));
                    entity.router = router;
                    trace.neighbors.push(entity);
                    completed.push(EntityId::Neighbor(id));
                    id
                };
                self.owns(trace, owner, id);
            }
            NeighborMessage::Announcement { method, owner } => {
                let mut entity = entity(id, NeighborKind::Announcement, method, owner.ip, at.frame);
                entity.reply = Some((at, owner.mac));
                trace.neighbors.push(entity);
                completed.push(EntityId::Neighbor(id));
                self.owns(trace, owner, id);
            }
            NeighborMessage::Probe { method, asker_mac, target } => {
                let mut entity = entity(id, NeighborKind::Probe, method, target, at.frame);
                entity.asker = Some((target, asker_mac));
                entity.requests.push(at);
                trace.neighbors.push(entity);
            }
            NeighborMessage::Router { ip, mac, prefixes, lifetime } => {
                let mut entity = entity(id, NeighborKind::Router, Method::Ndp, ip, at.frame);
                entity.reply = mac.map(|mac| (at, mac));
                entity.router = Some(lifetime > 0);
                entity.prefixes = prefixes;
                if mac.is_none() {
                    entity.requests.push(at);
                }
                trace.neighbors.push(entity);
                completed.push(EntityId::Neighbor(id));
                if let Some(mac) = mac {
                    self.owns(trace, Binding { ip, mac }, id);
                }
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
        let Some((ips, entities)) = self.owned.get(&mac) else { return };
        // An IPv6 host has several addresses on one device; only where one of the same scope is
        // known and another is used does it say something.
        let comparable = ips.iter().any(|known| same_scope(*known, ip));
        if ips.contains(&ip) || !comparable {
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
        let (ips, entities) = self.owned.entry(owner.mac).or_default();
        ips.insert(owner.ip);
        entities.push(id);
        if self.gateways.contains(&owner.mac)
            && let Some(entity) = trace.neighbors.get_mut(id.0 as usize)
        {
            entity.gateway = true;
        }
    }
}

/// Tells what was never answered.
pub(super) fn unanswered(trace: &Trace, completed: &mut Vec<EntityId>) {
    let open = trace.neighbors.iter().filter(|neighbor| neighbor.reply.is_none());
    let open = open.filter(|neighbor| neighbor.kind != NeighborKind::Router);
    completed.extend(open.map(|neighbor| EntityId::Neighbor(neighbor.id)));
}

/// Both IPv4, or both IPv6 and both or neither link-local.
fn same_scope(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(_), IpAddr::V4(_)) => true,
        (IpAddr::V6(a), IpAddr::V6(b)) => a.is_unicast_link_local() == b.is_unicast_link_local(),
        _ => false,
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
