//! The hellos of TLS over TCP: what both sides read in them, and their fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use urltrace::address::Endpoint;
use urltrace::flow::event::Transport;
use urltrace::protocol::tls::message::{Body, ClientHello, ServerHello};
use urltrace::trace::Trace;

use crate::corpus::compare::{Found, Said, said};
use crate::corpus::rules;
use crate::support::facts::{Facts, conversation, printable};

pub(super) fn compare(found: &mut Found, facts: &Facts, trace: &Trace) {
    let (mut clients, mut servers) = (Said::new(), Said::new());
    let mut others = BTreeSet::new();
    for connection in &trace.connections {
        let end = |end: Endpoint| format!("{} {}", end.ip, end.port);
        let ends = conversation(end(connection.client), end(connection.server));
        if connection.transport == Transport::Tcp && connection.tls.is_none() {
            others.insert(ends.clone());
        }
        // those within QUIC are compared apart
        let tls = connection.tls.iter().filter(|_| connection.transport == Transport::Tcp);
        let messages = tls.flat_map(|tls| &tls.messages);
        for message in messages {
            match &message.body {
                // tshark's facts have no rows for those of SSL 2.0's form
                Body::ClientHello(hello) if !hello.ssl2 => {
                    clients.entry(ends.clone()).or_default().push(client(hello));
                }
                Body::ServerHello(hello) => {
                    servers.entry(ends.clone()).or_default().push(server(hello));
                }
                _ => {}
            }
        }
    }
    for (class, ours, theirs) in [
        ("tls-client-hellos", clients, facts.tls("tls_client_hellos", their_client)),
        ("tls-server-hellos", servers, facts.tls("tls_server_hellos", their_server)),
    ] {
        let Some(mut theirs) = theirs else { continue };
        for ends in others.iter().filter(|ends| !ours.contains_key(ends)) {
            let left_out = theirs.default.remove(ends).max(theirs.ordered.remove(ends));
            let values = left_out.map_or(0, |hellos| hellos.len() as u64);
            found.left_out(&rules::BEHIND_ANOTHER, values);
        }
        said(found, class, &ours, Some(theirs));
    }
}

pub(super) fn client(hello: &ClientHello) -> String {
    let alpn: Vec<&str> = hello.alpn.iter().map(|name| &**name).collect();
    let versions: Vec<String> =
        hello.versions.iter().map(|version| format!("0x{:04x}", version.0)).collect();
    let random: Vec<String> =
        hello.random.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    printable(&format!(
        "{} [{}] 0x{:04x} [{}] {} suites {} {}",
        hello.server_name.as_deref().unwrap_or_default(),
        alpn.join(","),
        hello.legacy_version.0,
        versions.join(","),
        hello.cipher_suites.len(),
        random.concat(),
        hello.ja3
    ))
}

pub(super) fn their_client(row: &BTreeMap<&str, &Value>) -> String {
    let list = |name: &str| {
        let items = row[name].as_array().into_iter().flatten();
        items.map(|item| item.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    printable(&format!(
        "{} [{}] {} [{}] {} suites {} {}",
        list("sni").first().map_or("", String::as_str),
        list("alpn").join(","),
        text("legacy_version"),
        list("supported_versions").join(","),
        row["n_ciphers"],
        text("random8"),
        text("ja3")
    ))
}

pub(super) fn server(hello: &ServerHello) -> String {
    let retry = u8::from(hello.is_retry);
    printable(&format!(
        "0x{:04x} 0x{:04x} {} {retry} {}",
        hello.version.0,
        hello.cipher_suite.0,
        hello.alpn.as_deref().unwrap_or_default(),
        hello.ja3s
    ))
}

pub(super) fn their_server(row: &BTreeMap<&str, &Value>) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let parts = [text("version"), text("cipher"), text("alpn")];
    printable(&format!("{} {} {}", parts.join(" "), row["hrr"], text("ja3s")))
}
