//! Which part of a trace is written: all of it, one visit, what concerns one host.

use std::net::IpAddr;

use hashbrown::HashSet;
use url::Url;

use crate::flow::event::FlowId;
use crate::report::format::Options;
use crate::trace::{
    Connection, ConnectionId, Exchange, ExchangeId, LookupId, ResolutionId, Trace, Visit, VisitId,
};

/// What of a trace is to be written. Ids are those of the whole trace: a part keeps its numbers.
#[derive(Debug, Default)]
pub struct Selection {
    part: Option<Part>,
}

/// Which entities are in; each list is as long as its arena.
#[derive(Debug)]
struct Part {
    lookups: Vec<bool>,
    resolutions: Vec<bool>,
    connections: Vec<bool>,
    exchanges: Vec<bool>,
    visits: Vec<bool>,
    /// The flows of connections that are not in.
    left_out: HashSet<FlowId>,
}

impl Selection {
    /// What the options ask for.
    pub fn of(trace: &Trace, options: &Options) -> Self {
        if options.visit.is_none() && options.host.is_none() {
            return Self::default();
        }
        let host = options.host.as_deref().map(Host::new);
        Self { part: Some(Part::of(trace, options.visit, host.as_ref())) }
    }

    /// True where everything is in.
    pub const fn is_all(&self) -> bool {
        self.part.is_none()
    }

    /// Whether a lookup is in.
    pub fn lookup(&self, id: LookupId) -> bool {
        self.has(|part| &part.lookups, id.0)
    }

    /// Whether a resolution is in.
    pub fn resolution(&self, id: ResolutionId) -> bool {
        self.has(|part| &part.resolutions, id.0)
    }

    /// Whether a connection is in.
    pub fn connection(&self, id: ConnectionId) -> bool {
        self.has(|part| &part.connections, id.0)
    }

    /// Whether an exchange is in.
    pub fn exchange(&self, id: ExchangeId) -> bool {
        self.has(|part| &part.exchanges, id.0)
    }

    /// Whether a visit is in.
    pub fn visit(&self, id: VisitId) -> bool {
        self.has(|part| &part.visits, id.0)
    }

    /// Whether something that was said on a flow is in: on a connection that is in, or on no
    /// connection at all.
    pub fn flow(&self, flow: FlowId) -> bool {
        self.part.as_ref().is_none_or(|part| !part.left_out.contains(&flow))
    }

    fn has(&self, list: impl Fn(&Part) -> &Vec<bool>, index: u32) -> bool {
        self.part.as_ref().is_none_or(|part| list(part).get(index as usize) == Some(&true))
    }
}

impl Part {
    fn of(trace: &Trace, visit: Option<VisitId>, host: Option<&Host>) -> Self {
        let exchanges: Vec<bool> = trace
            .exchanges
            .iter()
            .map(|exchange| {
                visit.is_none_or(|visit| exchange.visit == Some(visit))
                    && host.is_none_or(|host| host.of_exchange(trace, exchange))
            })
            .collect();
        let has = |id: &ExchangeId| exchanges.get(id.0 as usize) == Some(&true);
        let connections: Vec<bool> = trace
            .connections
            .iter()
            .map(|connection| {
                connection.exchanges.iter().any(has)
                    || (visit.is_none()
                        && host.is_some_and(|host| host.of_connection(trace, connection)))
            })
            .collect();
        let resolutions = resolutions(trace, visit, host, &exchanges, &connections);
        let lookups = trace
            .lookups
            .iter()
            .map(|lookup| resolutions.get(lookup.resolution.0 as usize) == Some(&true))
            .collect();
        let visits = trace
            .visits
            .iter()
            .map(|page: &Visit| {
                visit.is_none_or(|visit| page.id == visit)
                    && (host.is_none() || page.exchanges.iter().any(has))
            })
            .collect();
        let left_out = trace.connections.iter().zip(&connections).filter(|(_, kept)| !**kept);
        let left_out = left_out.map(|(connection, _)| connection.flow).collect();
        Self { lookups, resolutions, connections, exchanges, visits, left_out }
    }
}

/// The resolutions that what is in waited for, and those of the host itself.
fn resolutions(
    trace: &Trace,
    visit: Option<VisitId>,
    host: Option<&Host>,
    exchanges: &[bool],
    connections: &[bool],
) -> Vec<bool> {
    let mut resolutions: Vec<bool> = trace
        .resolutions
        .iter()
        .map(|resolution| {
            let lookups = || resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
            visit.is_none()
                && host.is_some_and(|host| {
                    host.is_name(&resolution.name)
                        || lookups().any(|lookup| lookup.addresses().any(|ip| host.is_ip(ip)))
                })
        })
        .collect();
    let by_exchange = trace.exchanges.iter().zip(exchanges).map(|(e, kept)| (e.resolution, kept));
    let by_connection =
        trace.connections.iter().zip(connections).map(|(c, kept)| (c.resolution, kept));
    for (resolution, kept) in by_exchange.chain(by_connection) {
        let place = resolution.and_then(|id| resolutions.get_mut(id.0 as usize));
        if let Some(place) = place {
            *place |= *kept;
        }
    }
    resolutions
}

/// The host that is asked for: an address, or a name with all names below it.
#[derive(Debug)]
struct Host {
    name: String,
    ip: Option<IpAddr>,
}

impl Host {
    fn new(text: &str) -> Self {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        Self { name: text.trim_end_matches('.').to_ascii_lowercase(), ip: bare.parse().ok() }
    }

    fn is_ip(&self, ip: IpAddr) -> bool {
        self.ip == Some(ip)
    }

    /// True for the name itself and for one below it, whatever the case.
    fn is_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        let Some(above) = name.len().checked_sub(self.name.len()) else { return false };
        let tail = name.get(above..).is_some_and(|tail| tail.eq_ignore_ascii_case(&self.name));
        tail && !self.name.is_empty()
            && name.get(..above).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }

    fn of_exchange(&self, trace: &Trace, exchange: &Exchange) -> bool {
        let by_name = exchange.url.as_deref().is_some_and(|url| self.of_url(url));
        let connection = trace.connection(exchange.connection);
        by_name || connection.is_some_and(|connection| self.is_end(connection))
    }

    /// A URL's host; for CONNECT there is only `host:port`.
    fn of_url(&self, url: &str) -> bool {
        let parsed = Url::parse(url).ok();
        match parsed.as_ref().and_then(Url::host_str) {
            Some(host) => self.is_name(host),
            None => url.rsplit_once(':').is_some_and(|(host, _)| self.is_name(host)),
        }
    }

    fn of_connection(&self, trace: &Trace, connection: &Connection) -> bool {
        let resolution = connection.resolution.and_then(|id| trace.resolution(id));
        self.is_end(connection)
            || resolution.is_some_and(|resolution| self.is_name(&resolution.name))
    }

    fn is_end(&self, connection: &Connection) -> bool {
        self.is_ip(connection.server.ip) || self.is_ip(connection.client.ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_its_name_and_the_names_below_it() {
        let host = Host::new("Shop.Test.");
        assert!(host.is_name("shop.test") && host.is_name("WWW.SHOP.test."));
        assert!(!host.is_name("workshop.test") && !host.is_name("test") && !host.is_name(""));
        assert!(host.of_url("http://user@www.shop.test:8080/x?shop.example"));
        assert!(host.of_url("shop.test:443"));
        assert!(!host.of_url("http://example.com/shop.test"));
        assert!(!Host::new("").is_name("a"));
    }

    #[test]
    fn an_address_is_matched_as_an_address() {
        let host = Host::new("[fd00::1]");
        assert!(host.is_ip("fd00:0::1".parse().unwrap()));
        assert!(!host.is_ip("fd00::2".parse().unwrap()));
    }
}
