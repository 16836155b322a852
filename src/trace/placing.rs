//! Which visit each thing on the wire is told with, so that every one is told exactly once.
//!
//! Exchanges know their visit. A connection opens in the visit of its first exchange and closes in
//! that of its last; a lookup belongs to the first visit that used its answer; what failed or was
//! never used goes to the visit that its client was in. The rest is outside any visit.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::flow::event::Transport;
use crate::protocol::dns::message::Flavor;
use crate::protocol::http::url::site;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::connection::Connection;
use crate::trace::id::{ConnectionId, NeighborId, ResolutionId, VisitId};
use crate::trace::lookup::{Outcome, Resolution};
use crate::trace::model::Trace;
use crate::trace::neighbor::{Neighbor, NeighborKind};
use crate::trace::visit::Visit;

/// The visit of everything but exchanges, which have their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placing {
    neighbors: Vec<Option<VisitId>>,
    resolutions: Vec<Option<VisitId>>,
    opens: Vec<Option<VisitId>>,
    closes: Vec<Option<VisitId>>,
}

impl Placing {
    /// Finds the visit of each.
    pub fn of(trace: &Trace) -> Self {
        let mut placing = Self {
            neighbors: vec![None; trace.neighbors.len()],
            resolutions: vec![None; trace.resolutions.len()],
            opens: vec![None; trace.connections.len()],
            closes: vec![None; trace.connections.len()],
        };
        let clients = Clients::of(trace);
        placing.place_used_connections(trace);
        placing.place_used_resolutions(trace);
        let hosts = Hosts::of(trace);
        placing.place_other_connections(trace, &clients, &hosts);
        placing.place_other_resolutions(trace, &clients, &hosts);
        placing.place_records_of_ports(trace);
        placing.place_passed_on_resolutions(trace);
        placing.place_dns_connections(trace);
        placing.place_neighbors(trace, &clients);
        placing
    }

    /// The visit that a question for a hardware address is told with.
    pub fn neighbor(&self, id: NeighborId) -> Option<VisitId> {
        self.neighbors.get(id.0 as usize).copied().flatten()
    }

    /// The visit that a lookup is told with.
    pub fn resolution(&self, id: ResolutionId) -> Option<VisitId> {
        self.resolutions.get(id.0 as usize).copied().flatten()
    }

    /// The visit that a connection's opening is told with.
    pub fn open(&self, id: ConnectionId) -> Option<VisitId> {
        self.opens.get(id.0 as usize).copied().flatten()
    }

    /// The visit that a connection's close is told with.
    pub fn close(&self, id: ConnectionId) -> Option<VisitId> {
        self.closes.get(id.0 as usize).copied().flatten()
    }

    fn place_used_connections(&mut self, trace: &Trace) {
        for connection in &trace.connections {
            let visit_of = |id| trace.exchange(id).and_then(|exchange| exchange.visit);
            let first = connection.exchanges.first().and_then(|id| visit_of(*id));
            let last = connection.exchanges.last().and_then(|id| visit_of(*id));
            set(&mut self.opens, connection.id.0, first);
            set(&mut self.closes, connection.id.0, last);
        }
    }

    fn place_used_resolutions(&mut self, trace: &Trace) {
        for visit in &trace.visits {
            for exchange in trace.exchanges_of(visit) {
                let connection = trace.connection(exchange.connection);
                let behind = connection.and_then(|connection| connection.resolution);
                for id in [exchange.resolution, behind].into_iter().flatten() {
                    let Some(resolution) = trace.resolution(id) else { continue };
                    let lead = visit.started.at.since(resolution.started.at);
                    if lead <= LOOKUP_LEAD && self.resolution(id).is_none() {
                        set(&mut self.resolutions, id.0, Some(visit.id));
                    }
                }
            }
        }
    }

    /// Connections without an exchange: spare sockets to a host of the visit, by address or by the
    /// name that TLS asks for, and failures.
    fn place_other_connections(&mut self, trace: &Trace, clients: &Clients<'_>, hosts: &Hosts<'_>) {
        let idle = |connection: &&Connection| {
            let is_web = connection.transport == Transport::Tcp || connection.quic.is_some();
            connection.exchanges.is_empty() && is_web
        };
        for connection in trace.connections.iter().filter(idle) {
            if connection.protocol == Some("dns") {
                continue;
            }
            let (client, at) = (connection.client.ip, connection.opened.at);
            let name = connection.tls.as_ref().and_then(|tls| tls.server_name());
            let of_host = clients.near(client, at).find(|visit| {
                hosts.has(*visit, connection.server.ip)
                    || name.is_some_and(|name| hosts.has_site(*visit, name))
            });
            let failed = connection.refused.is_some() || connection.unanswered();
            let visit = of_host.or_else(|| {
                let web = matches!(connection.server.port, 80 | 443 | 8000..=8999);
                clients.during(client, at).next().filter(|_| failed && web)
            });
            set(&mut self.opens, connection.id.0, visit);
            set(&mut self.closes, connection.id.0, visit);
            let unplaced = connection.resolution.filter(|id| self.resolution(*id).is_none());
            if let (Some(id), Some(visit)) = (unplaced, visit) {
                set(&mut self.resolutions, id.0, Some(visit));
            }
        }
    }

    /// Lookups that led to no connection: failures, and repeated questions for a host of the visit.
    fn place_other_resolutions(&mut self, trace: &Trace, clients: &Clients<'_>, hosts: &Hosts<'_>) {
        for resolution in &trace.resolutions {
            if self.resolution(resolution.id).is_some() || !is_dns(trace, resolution) {
                continue;
            }
            let (client, at) = (resolution.client, resolution.started.at);
            let mut near = clients.near(client, at);
            let visit = if failed(trace, resolution) {
                let of_site = near.find(|visit| hosts.has_site(*visit, &resolution.name));
                of_site.or_else(|| clients.during(client, at).next())
            } else {
                near.find(|visit| hosts.has_name(*visit, &resolution.name))
            };
            set(&mut self.resolutions, resolution.id.0, visit);
        }
    }

    /// The record of a host at a port that is not usual has a name of its own (RFC 9460 §9.1): it is
    /// told with the lookup of the host that was made beside it.
    fn place_records_of_ports(&mut self, trace: &Trace) {
        let all = &trace.resolutions;
        for (at, record) in all.iter().enumerate() {
            let Some((_, host)) = record.name.split_once("._https.") else { continue };
            let away = |other: &&Resolution| {
                let (one, other) = (record.started.at, other.started.at);
                one.max(other).since(one.min(other))
            };
            let near = all.iter().skip(at.saturating_sub(BESIDE)).take(2 * BESIDE);
            let of_host = near.filter(|other| {
                other.client == record.client && other.name.eq_ignore_ascii_case(host)
            });
            let beside = of_host.filter(|other| away(other) <= AFTERMATH).min_by_key(away);
            if let Some(visit) = beside.and_then(|beside| self.resolution(beside.id)) {
                set(&mut self.resolutions, record.id.0, Some(visit));
            }
        }
    }

    /// What a resolver on the client's host passed on is told with what it was asked.
    fn place_passed_on_resolutions(&mut self, trace: &Trace) {
        for resolution in &trace.resolutions {
            let Some(asked_for) = resolution.asked_for else { continue };
            let visit = self.resolution(asked_for).or_else(|| self.resolution(resolution.id));
            for id in [asked_for, resolution.id] {
                set(&mut self.resolutions, id.0, visit);
            }
        }
    }

    /// A connection that carried a lookup is told with it.
    fn place_dns_connections(&mut self, trace: &Trace) {
        let mut carried: HashMap<(Endpoint, Endpoint), VisitId> = HashMap::new();
        for lookup in &trace.lookups {
            let Some(visit) = self.resolution(lookup.resolution) else { continue };
            let over_tcp = lookup.attempts.iter().filter(|attempt| attempt.over.is_stream());
            carried.extend(over_tcp.map(|attempt| ((attempt.client, attempt.resolver), visit)));
        }
        let dns = trace.connections.iter().filter(|connection| connection.protocol == Some("dns"));
        for connection in dns.filter(|connection| connection.transport == Transport::Tcp) {
            let visit = carried.get(&(connection.client, connection.server)).copied();
            set(&mut self.opens, connection.id.0, visit);
            set(&mut self.closes, connection.id.0, visit);
        }
    }

    /// Questions of or about the client while the visit lasts, and the one before it that found
    /// the way out: without it the visit's story would lack its first step.
    fn place_neighbors(&mut self, trace: &Trace, clients: &Clients<'_>) {
        for neighbor in &trace.neighbors {
            let Some(started) = neighbor.started() else { continue };
            let visit = match neighbor.kind {
                NeighborKind::Resolution => {
                    let ends = [neighbor.asker.map(|(ip, _)| ip), Some(neighbor.target)];
                    ends.into_iter().flatten().find_map(|ip| {
                        clients.during(ip, started.at).next().or_else(|| {
                            let next = clients.next(ip, started.at)?;
                            let soon = next.started.at.since(started.at) <= NEIGHBOR_LEAD;
                            (soon && leads_out(trace, neighbor, next)).then_some(next.id)
                        })
                    })
                }
                NeighborKind::UnaskedReply
                | NeighborKind::Announcement
                | NeighborKind::Probe
                | NeighborKind::Router => None,
            };
            set(&mut self.neighbors, neighbor.id.0, visit);
        }
    }
}

/// How long before a visit a lookup may have been made and still be told with it.
const LOOKUP_LEAD: TimeDelta = TimeDelta::from_secs(10);

/// Likewise for the question that found the gateway's hardware address: caches keep it for about
/// half a minute (RFC 4861 §6.3.2, Linux `base_reachable_time`), a story not so long.
const NEIGHBOR_LEAD: TimeDelta = TimeDelta::from_secs(5);

/// What its hosts are asked this soon after a visit's last byte still belongs to it: scripts run
/// then.
const AFTERMATH: TimeDelta = TimeDelta::from_secs(1);

/// Visits looked at before giving up, where many overlap in time.
const OVERLAPPING: usize = 16;

/// Lookups on either side that are looked at for one that was made beside another.
const BESIDE: usize = 16;

fn set(places: &mut [Option<VisitId>], index: u32, visit: Option<VisitId>) {
    if let Some(place) = places.get_mut(index as usize) {
        *place = visit;
    }
}

fn is_dns(trace: &Trace, resolution: &Resolution) -> bool {
    let lookups = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
    lookups.into_iter().all(|lookup| lookup.flavor == Flavor::Dns)
}

fn failed(trace: &Trace, resolution: &Resolution) -> bool {
    let lookups = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
    lookups.into_iter().all(|lookup| lookup.outcome() != Outcome::Answered)
}

/// True where the visit's document went by the hardware address that this answer gave.
fn leads_out(trace: &Trace, neighbor: &Neighbor, visit: &Visit) -> bool {
    let document = trace.exchange(visit.root);
    let connection = document.and_then(|exchange| trace.connection(exchange.connection));
    let Some(connection) = connection else { return false };
    let by_it = |(_, mac)| Some(mac) == connection.server_mac || Some(mac) == connection.client_mac;
    neighbor.reply.is_some_and(by_it)
}

/// The visits of each client, in order of their start.
struct Clients<'t> {
    visits: HashMap<IpAddr, Vec<&'t Visit>>,
}

impl<'t> Clients<'t> {
    fn of(trace: &'t Trace) -> Self {
        let mut visits: HashMap<IpAddr, Vec<&Visit>> = HashMap::new();
        for visit in &trace.visits {
            visits.entry(visit.client).or_default().push(visit);
        }
        for of_client in visits.values_mut() {
            of_client.sort_by_key(|visit| (visit.started, visit.id));
        }
        Self { visits }
    }

    /// The visits that a client was in, the one begun last first.
    fn during(&self, client: IpAddr, at: Timestamp) -> impl Iterator<Item = VisitId> {
        self.within(client, at, TimeDelta::ZERO)
    }

    /// Likewise, or whose end is not long ago.
    fn near(&self, client: IpAddr, at: Timestamp) -> impl Iterator<Item = VisitId> {
        self.within(client, at, AFTERMATH)
    }

    fn within(
        &self,
        client: IpAddr,
        at: Timestamp,
        after: TimeDelta,
    ) -> impl Iterator<Item = VisitId> {
        let (before, _) = self.split(client, at);
        let recent = before.iter().rev().take(OVERLAPPING);
        recent.filter(move |visit| at <= visit.ended.at + after).map(|visit| visit.id)
    }

    /// The visit that a client began next.
    fn next(&self, client: IpAddr, at: Timestamp) -> Option<&'t Visit> {
        self.split(client, at).1.first().copied()
    }

    fn split(&self, client: IpAddr, at: Timestamp) -> (&[&'t Visit], &[&'t Visit]) {
        let visits = self.visits.get(&client).map_or(&[][..], Vec::as_slice);
        let begun = visits.partition_point(|visit| visit.started.at <= at);
        visits.split_at_checked(begun).unwrap_or((visits, &[]))
    }
}

/// The servers of each visit: their addresses and the names they were looked up by.
struct Hosts<'t> {
    addresses: Vec<Vec<IpAddr>>,
    names: Vec<Vec<&'t str>>,
}

impl<'t> Hosts<'t> {
    fn of(trace: &'t Trace) -> Self {
        let mut hosts = Self {
            addresses: vec![Vec::new(); trace.visits.len()],
            names: vec![Vec::new(); trace.visits.len()],
        };
        let each = hosts.addresses.iter_mut().zip(&mut hosts.names);
        for (visit, (addresses, names)) in trace.visits.iter().zip(each) {
            for exchange in trace.exchanges_of(visit) {
                let Some(connection) = trace.connection(exchange.connection) else { continue };
                addresses.push(connection.server.ip);
                let behind = exchange.resolution.or(connection.resolution);
                names.extend(behind.and_then(|id| trace.resolution(id)).map(|r| &*r.name));
            }
            addresses.sort_unstable();
            addresses.dedup();
            names.sort_unstable();
            names.dedup();
        }
        hosts
    }

    fn has(&self, visit: VisitId, address: IpAddr) -> bool {
        let of_visit = self.addresses.get(visit.0 as usize);
        of_visit.is_some_and(|addresses| addresses.binary_search(&address).is_ok())
    }

    /// True for a name of the same site (registrable domain) as one of the hosts.
    fn has_site(&self, visit: VisitId, name: &str) -> bool {
        let Some(wanted) = site(name) else { return false };
        let of_visit = self.names.get(visit.0 as usize);
        of_visit.is_some_and(|names| names.iter().any(|name| site(name) == Some(wanted)))
    }

    fn has_name(&self, visit: VisitId, name: &str) -> bool {
        let of_visit = self.names.get(visit.0 as usize);
        of_visit.is_some_and(|names| names.binary_search(&name).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{at, over_quic};

    #[test]
    fn the_record_of_a_port_is_told_with_the_lookup_beside_it() {
        let mut trace = over_quic();
        let mut record = trace.resolutions[0].clone();
        record.id = ResolutionId(1);
        record.name = "_8443._https.WWW.shop.test".into();
        record.started = at(-30, 1);
        trace.resolutions.push(record);
        let of = |trace: &Trace| Placing::of(trace).resolution(ResolutionId(1));
        assert_eq!(of(&trace), Some(VisitId(0)));
        trace.resolutions[1].name = "_8443._https.shop.test".into();
        assert_eq!(of(&trace), None, "another host's");
        trace.resolutions[1].name = "_8443._https.www.shop.test".into();
        trace.resolutions[1].started = at(-2_000_000, 1);
        assert_eq!(of(&trace), None, "long before");
        trace.resolutions[1].started = at(-30, 1);
        trace.resolutions[1].client = [10, 10, 0, 9].into();
        assert_eq!(of(&trace), None, "another client's");
    }
}
