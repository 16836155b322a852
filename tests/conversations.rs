//! Conversations of clients that are no browsers, against what those say about themselves.

use std::collections::BTreeSet;
use std::net::IpAddr;

use urltrace::address::Endpoint;
use urltrace::flow::event::Direction;
use urltrace::protocol::quic::event::CloseError;
use urltrace::protocol::tls::event::Keys;
use urltrace::protocol::tls::suite::CipherSuite;
use urltrace::trace::exchange::State;
use urltrace::trace::quic::Quic;
use urltrace::trace::stall::Cause;
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
    each(|name, fact, _, connection| {
        let midway = name.starts_with("h2c-midway");
        let is_none = midway || fact.shakes_no_hands();
        assert_eq!(connection.connect().is_none(), is_none, "{name}");
        seen += 1;
    });
    assert!(seen > 100, "only {seen}");
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
        if fact.client.starts_with("openssl") || fact.quic_version.is_some() {
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
fn every_stream_is_as_its_client_says() {
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
            if let Some(size) = wanted.size {
                let body = exchange.response_end.as_ref().map_or(0, |end| end.body.encoded);
                assert_eq!(body, size, "{name}, stream {}", wanted.id);
            }
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
    assert!(seen >= 50, "only {seen}");
}

#[test]
fn names_asked_for_in_private_have_the_addresses_that_clients_got() {
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
    assert_eq!(seen, 8);
}

/// Every conversation over QUIC.
fn each_over_quic(mut see: impl FnMut(&str, &Fact, &Trace, &Connection, &Quic)) {
    let mut seen = 0;
    each(|name, fact, trace, connection| {
        if fact.original_dcid.is_some() {
            let quic = connection.quic.as_deref().unwrap_or_else(|| panic!("{name}: no QUIC"));
            see(name, fact, trace, connection, quic);
            seen += 1;
        }
    });
    assert!(seen >= 35, "only {seen}");
}

#[test]
fn versions_and_ids_of_quic_are_those_that_the_clients_say() {
    each_over_quic(|name, fact, _, _, quic| {
        let version = quic.version().map(|version| format!("{:#x}", version.0));
        if let Some(wanted) = &fact.quic_version {
            assert_eq!(version.as_ref(), Some(wanted), "{name}");
        }
        let original = quic.original().map(|id| id.to_string());
        assert_eq!(original, fact.original_dcid, "{name}");
        let ids: Vec<String> = quic.ids.iter().map(|issued| issued.id.to_string()).collect();
        if let Some(server) = &fact.server_cid {
            assert!(ids.contains(server), "{name}: {ids:?}");
        }
        let negotiations = usize::from(name.starts_with("quic-version-negotiation"));
        let changes = negotiations + usize::from(name.ends_with("from version 1 to 2"));
        assert_eq!(quic.versions.len(), 1 + changes, "{name}");
        assert_eq!(quic.negotiations.len(), negotiations, "{name}");
        let retry = quic.retry.and_then(|retry| retry.authentic);
        assert_eq!(retry, name.starts_with("quic-retry").then_some(true), "{name}");
    });
}

#[test]
fn all_packets_of_quic_are_opened() {
    each_over_quic(|name, fact, _, _, quic| {
        // such a client writes no key log of what it never used
        if fact.shakes_no_hands() {
            return;
        }
        let ways = quic.measures.as_ref().map(|measures| &measures.ways);
        let ways = ways.unwrap_or_else(|| panic!("{name}: nothing was counted"));
        for way in [&ways.to_server, &ways.to_client] {
            // aioquic's last Initial packet after a change of the version opens with no keys
            let is_odd = name.ends_with("from version 1 to 2") && way.packets[0] == 2;
            assert_eq!(way.sealed, u64::from(is_odd), "{name}: {:?}", way.packets);
        }
    });
}

#[test]
fn a_client_that_moves_has_one_connection() {
    let mut moved = 0;
    each_over_quic(|name, fact, trace, connection, quic| {
        let went: Vec<Endpoint> = quic.paths.iter().map(|path| path.client).collect();
        let wanted: Vec<Endpoint> = fact.moves.iter().copied().map(endpoint).collect();
        assert_eq!(went, wanted, "{name}");
        for (nth, path) in quic.paths.iter().enumerate() {
            let on_purpose = if nth == 0 { name.contains("migrated") } else { false };
            assert_eq!(path.has_new_id, on_purpose, "{name}");
            assert!(quic.validated(nth).is_some(), "{name}: way {nth} was not proved");
            let others = trace.connections.iter().filter(|other| other.id != connection.id);
            assert!(others.into_iter().all(|other| other.client != path.client), "{name}");
            moved += 1;
        }
    });
    assert_eq!(moved, 6);
}

#[test]
fn both_ends_follow_an_update_of_keys() {
    each_over_quic(|name, _, _, _, quic| {
        let wanted = match name {
            "quic-key-update, three updates" => 3,
            "quic-key-update, one update, by ngtcp2" => 1,
            _ => 0,
        };
        for way in [Direction::ToServer, Direction::ToClient] {
            let updates = quic.key_updates.iter().filter(|update| update.by == way);
            let numbers: Vec<u32> = updates.map(|update| update.nth).collect();
            assert_eq!(numbers, (1..=wanted).collect::<Vec<_>>(), "{name}");
        }
    });
}

#[test]
fn quic_is_given_up_in_the_words_that_the_clients_say() {
    let mut seen = 0;
    each_over_quic(|name, fact, _, _, quic| {
        assert_eq!(quic.reset.is_some(), fact.stateless_reset, "{name}");
        let Some(wanted) = &fact.close else { return };
        let close = quic.close().unwrap_or_else(|| panic!("{name}: no close"));
        let (code, application) = match close.error {
            CloseError::Transport { error, .. } => (error.0, false),
            CloseError::Application(code) => (code, true),
        };
        assert_eq!((code, application), (wanted.code, wanted.application), "{name}");
        assert_eq!(&*close.reason, wanted.reason, "{name}");
        seen += 1;
    });
    assert!(seen >= 20, "only {seen}");
}

#[test]
fn senders_that_their_limits_hold_up_are_seen() {
    let mut seen = 0;
    each_over_quic(|name, _, _, connection, _| {
        let of = |cause: Cause| {
            let stalls = connection.stalls.iter().filter(|stall| stall.cause == cause);
            stalls.map(|stall| (stall.direction, stall.stream)).collect::<Vec<_>>()
        };
        let (up, windows, streams) =
            (Direction::ToServer, of(Cause::StreamWindow), of(Cause::StreamLimit));
        match name {
            "quic-limits, a narrow stream" => assert_eq!(windows, [(up, Some(0)); 2], "{name}"),
            "quic-limits, two streams at a time" => {
                assert_eq!(streams, [(up, Some(8)), (up, Some(16))], "{name}");
            }
            _ => {
                assert!(windows.is_empty() && streams.is_empty(), "{name}");
                return;
            }
        }
        seen += 1;
    });
    assert_eq!(seen, 2);
}

#[test]
fn what_else_http3_says_is_what_the_clients_say() {
    let mut seen = 0;
    each_over_quic(|name, fact, trace, connection, _| {
        let ours = exchanges(trace, connection);
        let of = |id: u64| {
            let found = ours.iter().find(|exchange| exchange.message.stream == id);
            *found.unwrap_or_else(|| panic!("{name}: no stream {id}"))
        };
        for (stream, code) in &fact.resets {
            let State::Reset(reset) = of(*stream).state() else { panic!("{name}: no reset") };
            assert_eq!(reset.code.0, *code, "{name}");
            seen += 1;
        }
        for (stream, status) in &fact.informational {
            let told: Vec<_> = of(*stream).informational.iter().map(|head| head.status).collect();
            assert_eq!(told, [Some(*status)], "{name}");
            seen += 1;
        }
        for (stream, fields) in &fact.trailers {
            let trailers = &of(*stream).response_end.as_ref().unwrap().trailers;
            for (field, value) in fields {
                assert_eq!(trailers.get(field), Some(value.as_str()), "{name}");
                seen += 1;
            }
        }
        let pushed = ours.iter().filter_map(|exchange| exchange.request.as_ref());
        let pushed = pushed.filter(|head| head.promised_on.is_some());
        let pushed: Vec<&str> = pushed.filter_map(|head| head.target.as_deref()).collect();
        assert_eq!(pushed, fact.pushed, "{name}");
        seen += pushed.len();
        if fact.alpn.as_deref() == Some("h3") && fact.datagrams > 0 {
            let messages = of(0).messages.as_ref().unwrap();
            assert_eq!(messages.counts.to_client.data, fact.datagrams, "{name}");
            seen += 1;
        }
    });
    assert_eq!(seen, 7);
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
