//! How a client knew that a server speaks HTTP/3: what the capture shows of it.
//!
//! Takes a trace and a QUIC connection of it. An address alone does not tell: before a client sends
//! its first packet over UDP, a record in DNS (RFC 9460) or a response of the same origin
//! (RFC 7838) has to have said so, in this capture or before it.

use std::net::IpAddr;

use crate::protocol::dns::message::{RecordData, RecordType};
use crate::protocol::http::alternatives::{Alternative, alternatives};
use crate::protocol::http::url::Parts;
use crate::protocol::tls::event::Keys;
use crate::time::Stamp;
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::id::{ExchangeId, LookupId};
use crate::trace::lookup::{Lookup, Outcome};
use crate::trace::model::Trace;
use crate::trace::resolver::Resolver;

/// How a client knew that a server speaks HTTP/3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The server's HTTPS record offers it (RFC 9460 §7.1).
    Record {
        /// The question for it.
        lookup: LookupId,
        /// True where an address of the other version of IP asked: that both are of one client is
        /// concluded.
        is_inferred: bool,
    },
    /// A response of the origin offered it in `Alt-Svc` (RFC 7838 §3).
    AltSvc {
        /// The request that it answers.
        exchange: ExchangeId,
        /// As above.
        is_inferred: bool,
    },
    /// From before the capture, or by the client's settings: nothing that was read of it says so.
    Earlier,
}

/// Lookups, and exchanges, that are looked at: the latest before the connection.
const BACK: usize = 2048;

/// Likewise connections that stay closed.
const CLOSED_BACK: usize = 256;

impl Known {
    /// That of a connection; none where it is not QUIC with HTTP/3, its beginning was not captured,
    /// its server's name is not known, or what says so may be in what stays closed.
    pub fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        connection.quic.as_ref()?;
        connection.attempted()?;
        if !offers_http3(connection) {
            return None;
        }
        let host = name(trace, connection)?;
        let found = |is_client: fn(IpAddr, IpAddr) -> bool, is_inferred| {
            let is_client = |ip| is_client(ip, connection.client.ip);
            let record = record(trace, connection, host, is_client);
            record.map(|lookup| Self::Record { lookup, is_inferred }).or_else(|| {
                let exchange = alt_svc(trace, connection, host, is_client)?;
                Some(Self::AltSvc { exchange, is_inferred })
            })
        };
        let known = found(is_same, false).or_else(|| found(is_of_other_version, true));
        known.or_else(|| (!may_be_closed(trace, connection, host)).then_some(Self::Earlier))
    }
}

/// The name by which a client asks for a server: in TLS, or else the one that it looked up.
pub fn name<'t>(trace: &'t Trace, connection: &'t Connection) -> Option<&'t str> {
    let asked = connection.tls.as_ref().and_then(|tls| tls.server_name());
    let resolution = connection.resolution.and_then(|id| trace.resolution(id));
    asked.or_else(|| resolution.map(|resolution| &*resolution.name))
}

/// True for the address of a client, and for a program of its host that asks for it.
fn is_same(ip: IpAddr, client: IpAddr) -> bool {
    ip == client || ip.is_loopback()
}

/// A client has an address of each version of IP, and asks over one for what it uses over the other.
const fn is_of_other_version(ip: IpAddr, client: IpAddr) -> bool {
    ip.is_ipv4() != client.is_ipv4()
}

fn offers_http3(connection: &Connection) -> bool {
    let Some(tls) = connection.tls.as_deref() else { return false };
    let offers = tls.client_hello().map(|hello| hello.alpn.as_slice()).unwrap_or_default();
    tls.alpn().into_iter().chain(offers.iter().map(|offer| &**offer)).any(is_http3)
}

/// `h3`, or a draft of it.
fn is_http3(protocol: &str) -> bool {
    protocol.strip_prefix("h3").is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The latest answer on the name's HTTPS record that was there when the client began, where it
/// offers HTTP/3 at the port that the client took.
fn record(
    trace: &Trace,
    connection: &Connection,
    host: &str,
    is_client: impl Fn(IpAddr) -> bool,
) -> Option<LookupId> {
    let opened = connection.opened;
    let all = &trace.lookups;
    let before = all.partition_point(|lookup| lookup.started().is_none_or(|at| at <= opened));
    let mut recent = all.iter().take(before).rev().take(BACK);
    let latest = recent.find(|lookup| {
        lookup.rtype == RecordType::HTTPS
            && is_client(lookup.client)
            && lookup.finished().is_some_and(|answered| answered <= opened)
            && !matches!(lookup.outcome(), Outcome::Failed(_) | Outcome::Truncated)
            && port_of(&lookup.name, host).is_some()
    })?;
    let port = port_of(&latest.name, host)?;
    has_http3(latest, port, connection.server.port).then_some(latest.id)
}

/// The port of the origin that a name in DNS is asked for; none where it is another host's. One that
/// is not usual stands before the name (RFC 9460 §9.1).
fn port_of(asked: &str, host: &str) -> Option<u16> {
    let asked = asked.strip_suffix('.').unwrap_or(asked);
    let (port, name) = match asked.split_once("._https.") {
        Some((port, name)) => (port.strip_prefix('_')?.parse().ok()?, name),
        None => (USUAL, asked),
    };
    name.eq_ignore_ascii_case(host).then_some(port)
}

/// The port of `https`.
const USUAL: u16 = 443;

/// True where HTTP/3 is offered at this port, which is the origin's where the record names none
/// (RFC 9460 §7.2).
fn has_http3(lookup: &Lookup, of_origin: u16, port: u16) -> bool {
    let records = lookup.answer.iter().flat_map(|answer| &answer.records);
    records.into_iter().any(|record| match &record.data {
        RecordData::Svcb { priority: 1.., params, .. } => {
            let value = |key: &str| params.iter().find(|(k, _)| **k == *key).map(|(_, v)| &**v);
            let is_there = value("port").map_or(Some(of_origin), |port| port.parse().ok());
            let offered = value("alpn").unwrap_or_default();
            is_there == Some(port) && offered.split(',').any(is_http3)
        }
        _ => false,
    })
}

/// The latest response of the origin with a word on alternatives, where it offers the one that the
/// client took: each makes void what was said before (RFC 7838 §3).
fn alt_svc(
    trace: &Trace,
    connection: &Connection,
    host: &str,
    is_client: impl Fn(IpAddr) -> bool,
) -> Option<ExchangeId> {
    let opened = connection.opened;
    let port = connection.exchanges.first().and_then(|id| trace.exchange(*id));
    let port = port.and_then(|exchange| exchange.url.as_deref()).map(port_of_url);
    let all = &trace.exchanges;
    let before = all.partition_point(|exchange| exchange.started <= opened);
    let mut recent = all.iter().take(before).rev().take(BACK);
    let latest = recent.find(|exchange| {
        said(exchange).is_some_and(|said| said <= opened)
            && is_of(exchange, host, port)
            && trace
                .connection(exchange.connection)
                .is_some_and(|carrier| is_client(carrier.client.ip))
    })?;
    let age = opened.at.since(said(latest)?.at);
    let mut offered = offered(latest).filter(|offer| is_http3(offer.protocol));
    let is_it = |offer: Alternative<'_>| {
        offer.port == connection.server.port
            && age <= offer.max_age
            && offer.host.is_none_or(|at| leads_to(trace, connection, host, at))
    };
    offered.any(is_it).then_some(latest.id)
}

/// When a response was there that has a word on alternatives. None for one that came from the wrong
/// server, whose word does not count (RFC 7838 §6).
fn said(exchange: &Exchange) -> Option<Stamp> {
    let head = exchange.response.as_ref().filter(|head| head.status != Some(421))?;
    head.fields.get(ALT_SVC).map(|_| head.span.done)
}

fn offered(exchange: &Exchange) -> impl Iterator<Item = Alternative<'_>> {
    alternatives(exchange.response.iter().flat_map(|head| head.fields.all(ALT_SVC)))
}

const ALT_SVC: &str = "alt-svc";

/// True for a request to the origin of this host and, where that is known, port.
fn is_of(exchange: &Exchange, host: &str, port: Option<u16>) -> bool {
    let Some(text) = exchange.url.as_deref() else { return false };
    let url = Parts::of(text);
    url.scheme == "https"
        && url.host.eq_ignore_ascii_case(host)
        && port.is_none_or(|port| port == port_of_url(text))
}

fn port_of_url(url: &str) -> u16 {
    Parts::of(url).port.unwrap_or(USUAL)
}

/// True where the server of a connection may be the host that an alternative names.
fn leads_to(trace: &Trace, connection: &Connection, host: &str, alternative: &str) -> bool {
    let address = alternative.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if let Ok(address) = address {
        return address == connection.server.ip;
    }
    let resolution = connection.resolution.and_then(|id| trace.resolution(id));
    alternative.eq_ignore_ascii_case(host)
        || resolution.is_none_or(|found| found.name.eq_ignore_ascii_case(alternative))
}

/// True where what says so may have been said on a connection that stays closed: to the same host, or
/// to a resolver.
fn may_be_closed(trace: &Trace, connection: &Connection, host: &str) -> bool {
    let before = trace.connections.iter().take(connection.id.0 as usize).rev().take(CLOSED_BACK);
    let mut closed = before.filter(|other| {
        let Some(tls) = other.tls.as_deref() else { return false };
        let is_open = matches!(tls.keys, Some(Keys::Found | Keys::NotEncrypted));
        let has_said = tls.data.to_client.is_some_and(|at| at <= connection.opened);
        let (ip, client) = (other.client.ip, connection.client.ip);
        !is_open && has_said && (is_same(ip, client) || is_of_other_version(ip, client))
    });
    closed.any(|other| match name(trace, other) {
        Some(name) if name.eq_ignore_ascii_case(host) => true,
        None if other.server.ip == connection.server.ip => true,
        _ => Resolver::of(trace, other).is_some(),
    })
}

#[cfg(test)]
mod tests;
