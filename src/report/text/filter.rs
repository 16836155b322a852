//! `--host` and `--connection`: what of a trace is shown.

use std::net::IpAddr;

use crate::protocol::http::url::Parts;
use crate::report::format::Options;
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::neighbor::Neighbor;
use crate::trace::waterfall::{Row, Subject};
use crate::trace::{ConnectionId, Trace};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'o> {
    host: Option<&'o str>,
    address: Option<IpAddr>,
    connection: Option<ConnectionId>,
}

impl<'o> Filter<'o> {
    /// As the options say.
    pub fn of(options: &'o Options) -> Self {
        let host = options.host.as_deref().map(|host| host.trim_end_matches('.'));
        let address = host.and_then(|host| host.trim_matches(['[', ']']).parse().ok());
        Self { host, address, connection: options.connection }
    }

    /// True where all is asked for.
    pub const fn is_open(&self) -> bool {
        self.host.is_none() && self.connection.is_none()
    }

    fn is_of(&self, connection: ConnectionId) -> bool {
        self.connection.is_none_or(|only| only == connection)
    }

    /// True for the host itself and names below it.
    pub fn name(&self, name: &str) -> bool {
        let Some(host) = self.host else { return true };
        let name = name.trim_end_matches('.');
        let Some(at) = name.len().checked_sub(host.len()) else { return false };
        let Some((before, end)) = name.split_at_checked(at) else { return false };
        end.eq_ignore_ascii_case(host) && (before.is_empty() || before.ends_with('.'))
    }

    fn ip(&self, ip: IpAddr) -> bool {
        self.host.is_none() || self.address == Some(ip)
    }

    /// True for what concerns the host.
    pub fn exchange(&self, trace: &Trace, exchange: &Exchange) -> bool {
        let url = exchange.url.as_deref().unwrap_or("");
        let connection = trace.connection(exchange.connection);
        self.is_of(exchange.connection)
            && (self.name(Parts::of(url).host) || connection.is_some_and(|c| self.ends(c)))
    }

    /// True for what concerns the host: by address, name looked up, or a request for it.
    pub fn connection(&self, trace: &Trace, connection: &Connection) -> bool {
        let named = connection.resolution.and_then(|id| trace.resolution(id));
        let exchanges = connection.exchanges.iter().filter_map(|id| trace.exchange(*id));
        let asked = connection.tls.as_ref().and_then(|tls| tls.server_name());
        let mut urls = exchanges.filter_map(|exchange| exchange.url.as_deref());
        self.is_of(connection.id)
            && (self.ends(connection)
                || named.is_some_and(|resolution| self.name(&resolution.name))
                || asked.is_some_and(|name| self.name(name))
                || urls.any(|url| self.name(Parts::of(url).host)))
    }

    fn ends(&self, connection: &Connection) -> bool {
        self.ip(connection.server.ip) || self.ip(connection.client.ip)
    }

    /// True for what concerns the host: its name, or its address in an answer.
    pub fn resolution(&self, trace: &Trace, resolution: &Resolution) -> bool {
        let lookups = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
        let of_connection = self.connection.is_none_or(|id| {
            let exchanges = trace.connection(id).into_iter().flat_map(|c| &c.exchanges);
            let mut waiting = exchanges.filter_map(|id| trace.exchange(*id)?.resolution);
            trace.connection(id).is_some_and(|c| c.resolution == Some(resolution.id))
                || waiting.any(|id| id == resolution.id)
        });
        of_connection
            && (self.name(&resolution.name)
                || self.ip(resolution.client)
                || lookups.flat_map(Lookup::addresses).any(|ip| self.ip(ip)))
    }

    /// True for what concerns the host; for a connection: who was found at the hardware address
    /// that its packets go to.
    fn neighbor(&self, trace: &Trace, neighbor: &Neighbor) -> bool {
        let of_connection = self.connection.is_none_or(|id| {
            let found = neighbor.reply.map(|(_, mac)| mac);
            trace.connection(id).is_some_and(|c| found.is_some() && c.server_mac == found)
        });
        of_connection
            && (self.ip(neighbor.target) || neighbor.asker.is_some_and(|(ip, _)| self.ip(ip)))
    }

    /// True for rows that concern the host.
    pub fn row(&self, trace: &Trace, row: &Row) -> bool {
        if self.is_open() {
            return true;
        }
        match row.subject {
            Subject::Neighbor(id) => trace.neighbor(id).is_some_and(|n| self.neighbor(trace, n)),
            Subject::Lookup(id) => trace.resolution(id).is_some_and(|r| self.resolution(trace, r)),
            Subject::Connect(id)
            | Subject::Tls(id)
            | Subject::Flow(id)
            | Subject::Estimate(id, _)
            | Subject::Path(id, _)
            | Subject::Close(id) => trace.connection(id).is_some_and(|c| self.connection(trace, c)),
            Subject::Exchange(id) => trace.exchange(id).is_some_and(|e| self.exchange(trace, e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_itself_and_what_is_below() {
        let options = Options { host: Some("shop.test".into()), ..Options::default() };
        let filter = Filter::of(&options);
        assert!(filter.name("shop.test") && filter.name("WWW.Shop.Test."));
        assert!(!filter.name("myshop.test") && !filter.name("test") && !filter.name(""));
        assert!(!filter.ip([10, 0, 0, 1].into()));
        let options = Options { host: Some("[fd00::1]".into()), ..Options::default() };
        assert!(Filter::of(&options).ip("fd00::1".parse().unwrap()));
        assert!(Filter::of(&Options::default()).name("any"));
    }
}
