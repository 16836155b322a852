//! Requests and responses of HTTP/2 against tshark's table of header blocks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use urltrace::address::Endpoint;
use urltrace::flow::event::Transport;
use urltrace::protocol::http::message::Version;
use urltrace::trace::Trace;
use urltrace::trace::exchange::Exchange;

use crate::corpus::agreement::Sight;
use crate::corpus::compare::Found;
use crate::support::facts::{Conversation, Facts, conversation, printable};

type Said = BTreeMap<Conversation, Vec<String>>;

/// Compares streams, methods, authorities, paths and statuses, conversation by conversation.
pub(super) fn compare(found: &mut Found, facts: &Facts, trace: &Trace) {
    let Some(theirs) = facts.http2(their_words) else { return };
    let ours = ours(trace);
    let (mut open, mut hidden) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    let all = ours.keys().chain(theirs.default.keys()).chain(theirs.ordered.keys());
    for ends in all.collect::<BTreeSet<_>>() {
        let lists = if theirs.encrypted.contains(ends) { &mut hidden } else { &mut open };
        let said = |by: &Said| {
            let lines = by.get(ends).into_iter().flatten().filter(|line| !line.is_empty());
            lines.map(|line| format!("{} {} {line}", ends.0, ends.1)).collect::<Vec<_>>()
        };
        let (ours, default, ordered) = (said(&ours), said(&theirs.default), said(&theirs.ordered));
        // Of tshark's answers, the one that is nearer to ours by its length.
        let near = |theirs: &Vec<String>| theirs.len().abs_diff(ours.len());
        let theirs = if near(&ordered) < near(&default) { ordered } else { default };
        lists.0.extend(ours);
        lists.1.extend(theirs);
    }
    found.seen("http2-heads", Sight::Open, &open.0, &open.1);
    found.seen("http2-heads", Sight::Encrypted, &hidden.0, &hidden.1);
}

fn ours(trace: &Trace) -> Said {
    let mut said = Said::new();
    for connection in trace.connections.iter().filter(|connection| connection.quic.is_none()) {
        let end = |end: Endpoint| format!("{} {}", end.ip, end.port);
        let ends = conversation(end(connection.client), end(connection.server));
        let exchanges = connection.exchanges.iter().filter_map(|id| trace.exchange(*id));
        let is_tcp = connection.transport == Transport::Tcp;
        let exchanges = exchanges.filter(|_| is_tcp);
        let lines: Vec<String> = exchanges.flat_map(our_words).collect();
        if !lines.is_empty() {
            said.entry(ends).or_default().extend(lines);
        }
    }
    said
}

/// The heads of an exchange that went in HTTP/2. After an upgrade, the request that led to it has
/// its response on stream 1.
fn our_words(exchange: &Exchange) -> Vec<String> {
    let is_http2 = exchange.message.stream > 0;
    let stream = exchange.message.stream.max(1);
    let request = exchange.request.as_ref().filter(|_| is_http2).map(|head| {
        let parts = [&head.method, &head.authority, &head.target];
        let parts = parts.map(|part| part.as_deref().unwrap_or("?"));
        printable(&format!("{stream} {}", parts.join(" ")))
    });
    let heads = exchange.informational.iter().chain(exchange.response.as_deref());
    let heads = heads.filter(|head| head.version == Version::Http2);
    let statuses = heads.map(|head| {
        let status = head.status.map_or_else(|| "?".to_owned(), |status| status.to_string());
        format!("{stream} {status}")
    });
    request.into_iter().chain(statuses).collect()
}

/// A header block: a request, a response, or trailers, of which nothing is compared.
fn their_words(row: &BTreeMap<&str, &Value>) -> String {
    let text = |column: &str| row[column].as_str();
    let stream = &row["h2_stream"];
    match (text("method"), row["status"].as_u64()) {
        (Some(method), _) => {
            let parts = [Some(method), text("authority"), text("path")];
            let parts = parts.map(|part| part.unwrap_or("?"));
            printable(&format!("{stream} {}", parts.join(" ")))
        }
        (None, Some(status)) => format!("{stream} {status}"),
        (None, None) => String::new(),
    }
}
