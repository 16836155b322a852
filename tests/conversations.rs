//! Conversations of clients that are no browsers, against what those say about themselves.

use std::collections::BTreeSet;
use std::net::IpAddr;

use urltrace::address::Endpoint;
use urltrace::flow::event::Direction;
use urltrace::protocol::tls::event::Keys;
use urltrace::protocol::tls::suite::CipherSuite;
use urltrace::trace::tls::Tls;
use urltrace::trace::{Connection, Exchange, Lookup, Trace};

use crate::support::conversation::{Fact, Facts};
use crate::support::{conversations, run_file};

/// Every conversation with its connection.
fn each(mut see: impl FnMut(&str, &Fact, &Trace, &Connection)) {
    for fixture in conversations() {
        let outcome = run_file(&fixture.capture, 2);
        assert!(outcome.error.is_none(), "{}: {:?}", fixture.name, outcome.error);
        for fact in Facts::read(&fixture.truth).conversations {
            let name = format!("{}, {}", fixture.name, fact.what);
            let (local, remote) = (endpoint(fact.local), endpoint(fact.remote));
            let connections = &outcome.trace.connections;
            // A client may have asked a resolver from the same port.
            let of_fact = |found: &&Connection| found.client == local && found.server == remote;
            let found: Vec<_> = connections.iter().filter(of_fact).collect();
            let [connection] = found[..] else { panic!("{name}: {} connections", found.len()) };
            see(&name, &fact, &outcome.trace, connection);
        }
    }
}

fn endpoint(address: std::net::SocketAddr) -> Endpoint {
    Endpoint::new(address.ip(), address.port())
}

fn exchanges<'t>(trace: &'t Trace, connection: &Connection) -> Vec<&'t Exchange> {
    connection.exchanges.iter().map(|id| trace.exchange(*id).unwrap()).collect()
}

#[test]
fn every_conversation_has_the_connection_that_its_client_names() {
    let mut seen = 0;
    each(|name, _, _, connection| {
        let midway = name.starts_with("h2c-midway");
        assert_eq!(connection.connect().is_none(), midway, "{name}");
        seen += 1;
    });
    assert!(seen > 60, "only {seen}");
}

#[test]
fn what_was_agreed_is_what_the_clients_say() {
    let mut seen = 0;
    each(|name, fact, _, connection| {
        let Some(version) = fact.version() else { return };
        if connection.server.port == 80 {
            return; // what curl says of TLS is of its resolver
        }
        let tls = tls(name, connection);
        assert_eq!(tls.version().map(|v| v.to_string()), Some(version), "{name}");
        if let Some(cipher) = &fact.cipher {
            assert_eq!(tls.cipher_suite().map(by_openssl).as_ref(), Some(cipher), "{name}");
        }
        if fact.client.starts_with("openssl") {
            assert_eq!(tls.alpn(), fact.alpn.as_deref(), "{name}");
        }
        if let Some(resumed) = fact.resumed {
            assert_eq!(tls.resumed().is_some(), resumed, "{name}");
        }
        if let Some(early) = &fact.early_data {
            let ours = tls
                .early_accepted()
                .map_or("not sent", |accepted| if accepted { "accepted" } else { "rejected" });
            assert_eq!(ours, early, "{name}");
        }
        assert_eq!(tls.keys, Some(Keys::Found), "{name}");
        seen += 1;
    });
    assert!(seen > 40, "only {seen}");
}

#[test]
fn handshakes_fail_for_the_reason_that_the_clients_say() {
    let mut seen = 0;
    each(|name, fact, trace, connection| {
        let wanted = fact.alert.as_ref().map(|alert| alert.parse::<u8>().unwrap());
        if wanted.is_none() && !fact.refused() {
            return;
        }
        let tls = tls(name, connection);
        let who = if wanted.is_some() { Direction::ToClient } else { Direction::ToServer };
        let alerts = tls.alerts.iter().filter(|alert| alert.direction == who);
        let fatal: Vec<_> = alerts.filter_map(|alert| Some(alert.said?.1.0)).collect();
        match wanted {
            Some(wanted) => assert_eq!(fatal, [wanted], "{name}"),
            // certificate_expired and unknown_ca (RFC 8446 §6.2)
            None => assert!(matches!(fatal[..], [45 | 48]), "{name}: {fatal:?}"),
        }
        assert!(tls.failure().is_some(), "{name}");
        assert!(exchanges(trace, connection).is_empty(), "{name}");
        seen += 1;
    });
    assert!(seen >= 6, "only {seen}");
}

#[test]
fn every_request_has_the_status_that_its_client_says() {
    let mut seen = 0;
    each(|name, fact, trace, connection| {
        let Some(statuses) = &fact.statuses else { return };
        let ours = exchanges(trace, connection).into_iter().filter_map(Exchange::status);
        // curl tells how a request was answered, not that the protocol was changed before
        let ours: Vec<u16> = ours.filter(|status| *status != 101).collect();
        let captured = if name.starts_with("h2c-midway") { &statuses[1..] } else { statuses };
        assert_eq!(ours, captured, "{name}");
        seen += ours.len();
    });
    assert!(seen > 45, "only {seen}");
}

#[test]
fn every_stream_is_as_nghttp_says() {
    let mut seen = 0;
    each(|name, fact, trace, connection| {
        for wanted in fact.streams.iter().flatten() {
            let ours = exchanges(trace, connection);
            let of_stream = ours.iter().find(|exchange| exchange.message.stream == wanted.id);
            // after an upgrade the request came over HTTP/1.1, and its answer on stream 1
            let upgraded = ours.first().filter(|_| wanted.id == 1);
            let exchange = of_stream.or(upgraded);
            let exchange = exchange.unwrap_or_else(|| panic!("{name}: no stream"));
            seen += 1;
            assert_eq!(exchange.status(), wanted.status, "{name}");
            let Some(head) = &exchange.request else {
                assert_eq!(wanted.id, 1, "{name}");
                continue;
            };
            assert_eq!(head.promised_on.is_some(), wanted.pushed, "{name}");
            if let Some(path) = &wanted.path {
                assert_eq!(head.target.as_deref(), Some(path.as_str()), "{name}");
            }
        }
    });
    assert!(seen >= 6, "only {seen}");
}

#[test]
fn names_asked_for_in_private_have_the_addresses_that_kdig_got() {
    let mut seen = 0;
    each(|name, fact, trace, connection| {
        let (Some(names), Some(addresses)) = (&fact.names, &fact.addresses) else { return };
        let asked: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let of_it = trace.lookups.iter().filter(|lookup| {
            let over = lookup.attempts.iter().any(|attempt| attempt.client == connection.client);
            over && asked.contains(&*lookup.name)
        });
        let got: BTreeSet<IpAddr> = of_it.flat_map(Lookup::addresses).collect();
        assert_eq!(got, addresses.iter().copied().collect(), "{name}");
        seen += names.len();
    });
    assert_eq!(seen, 5);
}

fn tls<'t>(name: &str, connection: &'t Connection) -> &'t Tls {
    connection.tls.as_ref().unwrap_or_else(|| panic!("{name}: no TLS"))
}

/// The name of a suite as OpenSSL writes it; those of TLS 1.3 are the same.
fn by_openssl(suite: CipherSuite) -> String {
    let name = suite.name().unwrap_or_default();
    let Some((exchange, protection)) = name.trim_start_matches("TLS_").split_once("_WITH_") else {
        return name.to_owned();
    };
    let protection = protection
        .replace("AES_", "AES")
        .replace("_CBC", "")
        .replace("CCM_8", "CCM8")
        .replace("POLY1305_SHA256", "POLY1305");
    let exchange = if exchange == "RSA" { String::new() } else { format!("{exchange}-") };
    format!("{exchange}{protection}").replace('_', "-")
}
