//! How a client knew that a server speaks HTTP/3: what the capture shows of it.
//!
//! Takes a trace and a QUIC connection of it. An address alone does not tell: before a client sends
//! its first packet over UDP, a record in DNS (RFC 9460) or a response of the same origin
//! (RFC 7838) has to have said so, in this capture or before it.

use crate::protocol::dns::message::{RecordData, RecordType};
use crate::protocol::http::url::Parts;
use crate::trace::connection::Connection;
use crate::trace::exchange::Exchange;
use crate::trace::id::{ExchangeId, LookupId};
use crate::trace::lookup::Lookup;
use crate::trace::model::Trace;

/// How a client knew that a server speaks HTTP/3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The server's HTTPS record offers it (RFC 9460 §7.1).
    Record(LookupId),
    /// A response of the origin offered it in `Alt-Svc` (RFC 7838 §3).
    AltSvc(ExchangeId),
    /// From before the capture, or by the client's settings: nothing in it says so.
    Earlier,
}

/// Lookups, and exchanges, that are looked at: the latest before the connection.
const BACK: usize = 2048;

impl Known {
    /// That of a connection; none where it is not QUIC with HTTP/3, its beginning was not captured,
    /// or its server's name is not known.
    pub fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        connection.quic.as_ref()?;
        connection.attempted()?;
        if !offers_http3(connection) {
            return None;
        }
        let host = name(trace, connection)?;
        let record = record(trace, connection, host).map(Self::Record);
        let known = record.or_else(|| alt_svc(trace, connection, host).map(Self::AltSvc));
        Some(known.unwrap_or(Self::Earlier))
    }
}

/// The name by which a client asks for a server: in TLS, or else the one that it looked up.
pub fn name<'t>(trace: &'t Trace, connection: &'t Connection) -> Option<&'t str> {
    let asked = connection.tls.as_ref().and_then(|tls| tls.server_name());
    let resolution = connection.resolution.and_then(|id| trace.resolution(id));
    asked.or_else(|| resolution.map(|resolution| &*resolution.name))
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

/// The latest HTTPS record for the name with HTTP/3 in it, that was there when the client began.
fn record(trace: &Trace, connection: &Connection, host: &str) -> Option<LookupId> {
    let opened = connection.opened;
    let all = &trace.lookups;
    let before = all.partition_point(|lookup| lookup.started().is_none_or(|at| at <= opened));
    let mut recent = all.iter().take(before).rev().take(BACK);
    let found = recent.find(|lookup| {
        let client = lookup.client;
        lookup.rtype == RecordType::HTTPS
            && (client == connection.client.ip || client.is_loopback())
            && is_for(&lookup.name, host)
            && lookup.finished().is_some_and(|answered| answered <= opened)
            && has_http3(lookup)
    });
    found.map(|lookup| lookup.id)
}

/// True for the name itself, and with a port that is not usual before it (RFC 9460 §9.1).
fn is_for(asked: &str, host: &str) -> bool {
    let asked = asked.strip_suffix('.').unwrap_or(asked);
    let rest = asked.rsplit_once("._https.").map_or(asked, |(_, rest)| rest);
    rest.eq_ignore_ascii_case(host)
}

fn has_http3(lookup: &Lookup) -> bool {
    let records = lookup.answer.iter().flat_map(|answer| &answer.records);
    records.into_iter().any(|record| match &record.data {
        RecordData::Svcb { priority: 1.., params, .. } => {
            let offered = params.iter().filter(|(key, _)| &**key == "alpn");
            offered.flat_map(|(_, value)| value.split(',')).any(is_http3)
        }
        _ => false,
    })
}

/// The latest response of the origin that offered HTTP/3 at the port that the client took.
fn alt_svc(trace: &Trace, connection: &Connection, host: &str) -> Option<ExchangeId> {
    let opened = connection.opened;
    let all = &trace.exchanges;
    let before = all.partition_point(|exchange| exchange.started <= opened);
    let mut recent = all.iter().take(before).rev().take(BACK);
    let found = recent.find(|exchange| {
        let told = exchange.response.as_ref().is_some_and(|head| head.span.done <= opened);
        told && is_of_host(exchange, host)
            && trace
                .connection(exchange.connection)
                .is_some_and(|carrier| carrier.client.ip == connection.client.ip)
            && offered_ports(exchange).any(|port| port == connection.server.port)
    });
    found.map(|exchange| exchange.id)
}

fn is_of_host(exchange: &Exchange, host: &str) -> bool {
    let url = exchange.url.as_deref().map(Parts::of);
    url.is_some_and(|url| url.scheme == "https" && url.host.eq_ignore_ascii_case(host))
}

/// The ports at which a response offers HTTP/3: `h3=":443"; ma=86400`.
fn offered_ports(exchange: &Exchange) -> impl Iterator<Item = u16> {
    let fields = exchange.response.iter().flat_map(|head| head.fields.all("alt-svc"));
    fields.flat_map(|field| field.split(',')).filter_map(|offer| {
        let (protocol, rest) = offer.trim().split_once('=')?;
        let authority = rest.split(';').next()?.trim().trim_matches('"');
        let (_, port) = authority.rsplit_once(':')?;
        port.parse().ok().filter(|_| is_http3(protocol))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    #[test]
    fn names_and_protocols_are_compared_as_they_are_meant() {
        assert!(is_http3("h3") && is_http3("h3-29"));
        assert!(!is_http3("h2") && !is_http3("h30") && !is_http3("h"));
        assert!(is_for("www.Shop.test", "www.shop.test"));
        assert!(is_for("_8443._https.www.shop.test.", "www.shop.test"));
        assert!(!is_for("shop.test", "www.shop.test"));
    }

    #[test]
    fn the_record_comes_first_then_the_field_then_what_is_older() {
        let trace = over_quic();
        let known = |trace: &Trace, nth: usize| Known::of(trace, &trace.connections[nth]);
        assert_eq!(known(&trace, 0), Some(Known::Record(LookupId(1))));
        assert_eq!(known(&trace, 1), None, "it is TCP");
        assert_eq!(known(&trace, 2), Some(Known::Earlier), "the field came later");
        assert_eq!(known(&trace, 6), Some(Known::AltSvc(ExchangeId(2))));
        let mut later = trace.clone();
        let answer = later.lookups[1].answer.as_mut().unwrap();
        answer.at = later.connections[0].ready().unwrap();
        assert_eq!(known(&later, 0), Some(Known::Earlier));
        let mut other = trace;
        other.connections[6].server.port = 8443;
        assert_eq!(known(&other, 6), Some(Known::Earlier), "it was offered at another port");
    }
}
