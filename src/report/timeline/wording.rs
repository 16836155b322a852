//! What a row says: its kind, what happened and what came of it, at several lengths.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::flow::event::{Direction, EndReason, SegmentKind, Transport};
use crate::protocol::http::message::{Ending, ResponseHead};
use crate::protocol::http::url::Parts;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::text::words;
use crate::trace::Trace;
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::exchange::{Exchange, State};
use crate::trace::id::ConnectionId;
use crate::trace::lookup::{Lookup, Outcome, Resolution};
use crate::trace::neighbor::{Neighbor, NeighborKind};
use crate::trace::waterfall::{Phase, Row, Subject};

/// What a row says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wording {
    /// Its kind: `ARP`, `DNS`, `TCP`, or the method of a request.
    pub(super) kind: String,
    /// The phase whose colour the kind has.
    pub(super) phase: Option<Phase>,
    /// What happened, the longest form first.
    pub(super) what: Vec<String>,
    /// What came of it, the longest form first.
    pub(super) result: Vec<String>,
    /// How it went.
    pub(super) tone: Tone,
    /// Bytes of the (encoded) body.
    pub(super) size: Option<u64>,
    /// The connection it is about.
    pub(super) connection: Option<ConnectionId>,
}

impl Wording {
    /// What a row says. URLs on `page` are written without their host.
    pub(super) fn of(trace: &Trace, row: &Row, page: Option<&str>) -> Self {
        let wording = match row.subject {
            Subject::Neighbor(id) => trace.neighbor(id).map(neighbor),
            Subject::Lookup(id) => trace.resolution(id).map(|r| lookup(trace, r)),
            Subject::Connect(id) => trace.connection(id).map(|c| connect(trace, c)),
            Subject::Flow(id) => trace.connection(id).map(|c| flow(trace, c)),
            Subject::Exchange(id) => trace.exchange(id).map(|e| exchange(trace, e, page)),
            Subject::Close(id) => trace.connection(id).map(close),
        };
        wording.unwrap_or_default()
    }
}

fn one(text: impl Into<String>) -> Vec<String> {
    vec![text.into()]
}

/// `first`, then `first (a)`, then `first (a, b)`: longest first.
fn with_asides(first: &str, asides: &[String]) -> Vec<String> {
    let with = |count: usize| {
        let shown: Vec<&str> = asides.iter().take(count).map(String::as_str).collect();
        if count == 0 { first.to_owned() } else { format!("{first} ({})", shown.join(", ")) }
    };
    (0..=asides.len()).rev().map(with).collect()
}

/// `a`, then `a, b`, then `a, b, c`: longest first.
fn with_parts(parts: &[String]) -> Vec<String> {
    let with = |count: usize| {
        let shown: Vec<&str> = parts.iter().take(count).map(String::as_str).collect();
        shown.join(", ")
    };
    (1..=parts.len()).rev().map(with).collect()
}

fn neighbor(neighbor: &Neighbor) -> Wording {
    let target = neighbor.target;
    let what = match neighbor.kind {
        NeighborKind::Resolution => format!("who has {target}?"),
        NeighborKind::UnaskedReply => format!("{target} answers, though nobody asked"),
        NeighborKind::Announcement => format!("{target} announces itself"),
        NeighborKind::Probe => format!("is {target} free?"),
        NeighborKind::Router => format!("{target} says that it is a router"),
    };
    let requests = neighbor.requests.len() as u64;
    let (result, tone) = match (neighbor.reply, neighbor.kind) {
        (None, NeighborKind::Probe) => (one("no reply: free"), Tone::Good),
        (None, _) => {
            let times = units::count(requests, "request", "requests");
            (vec![format!("no reply to {times}"), "no reply".to_owned()], Tone::Bad)
        }
        (Some((_, mac)), kind) => {
            let mut asides = Vec::new();
            if neighbor.gateway {
                asides.push("the gateway".to_owned());
            }
            if requests > 1 {
                asides.push(format!("after {requests} requests"));
            }
            let others = neighbor.more_replies.iter().filter(|(_, other)| *other != mac);
            let conflict = others.map(|(_, other)| format!("conflict: {other} too")).next();
            let taken = kind == NeighborKind::Probe;
            let tone = if conflict.is_some() || taken { Tone::Bad } else { Tone::Plain };
            asides.extend(conflict);
            for (prefix, length) in &neighbor.prefixes {
                asides.push(format!("prefix {prefix}/{length}"));
            }
            let first = if taken { format!("taken by {mac}") } else { mac.to_string() };
            (with_asides(&first, &asides), tone)
        }
    };
    Wording {
        kind: words::method(neighbor.method).to_owned(),
        phase: Some(Phase::Neighbor),
        what: vec![what, target.to_string()],
        result,
        tone,
        ..Wording::default()
    }
}

fn lookup(trace: &Trace, resolution: &Resolution) -> Wording {
    let lookups: Vec<&Lookup> =
        resolution.lookups.iter().filter_map(|id| trace.lookup(*id)).collect();
    let name = escape(&resolution.name);
    let flavor = lookups.first().map_or("DNS", |lookup| words::flavor(lookup.flavor));
    let (result, tone) = lookup_result(&lookups);
    Wording {
        kind: flavor.to_owned(),
        phase: Some(Phase::Dns),
        what: vec![format!("{name} {}", words::types(&lookups)), name.into_owned()],
        result,
        tone,
        ..Wording::default()
    }
}

fn lookup_result(lookups: &[&Lookup]) -> (Vec<String>, Tone) {
    let answered: Vec<&&Lookup> =
        lookups.iter().filter(|lookup| lookup.outcome() == Outcome::Answered).collect();
    let attempts = lookups.iter().map(|lookup| lookup.attempts.len()).max().unwrap_or(0);
    if answered.is_empty() {
        let Some((long, short)) = lookups.iter().find_map(|lookup| words::failure(lookup)) else {
            return (Vec::new(), Tone::Plain);
        };
        let no_data = lookups.iter().all(|lookup| lookup.outcome() == Outcome::NoData);
        let mut all: Vec<String> =
            lookups.iter().filter_map(|lookup| words::failure(lookup)).map(|(l, _)| l).collect();
        all.dedup();
        let mut forms = vec![all.join("; "), long, short];
        if no_data {
            let types = words::types(lookups).replace(' ', " or ");
            forms = vec![
                format!("no {types} record, though the name exists"),
                format!("no {types} record"),
                "no record".to_owned(),
            ];
        }
        forms.dedup();
        return (forms, if no_data { Tone::Warn } else { Tone::Bad });
    }
    let mut addresses: Vec<IpAddr> = answered.iter().flat_map(|l| l.addresses()).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    let mut heads: Vec<String> = Vec::new();
    if let Some(first) = addresses.first() {
        let all = addresses.iter().take(4).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = addresses.len() - 1;
        match more {
            0 => heads.push(first.to_string()),
            1..=3 => heads.extend([all, format!("{first} +{more}")]),
            _ => heads.extend([format!("{all} +{}", more - 3), format!("{first} +{more}")]),
        }
    } else {
        let records = answered.iter().filter_map(|lookup| {
            let answer = lookup.answer.as_ref()?;
            answer.records.iter().find(|record| record.rtype == lookup.rtype)
        });
        heads.extend(records.map(|record| words::record_data(&record.data)).take(1));
    }
    let mut asides = Vec::new();
    if attempts > 1 {
        asides.push(format!("{attempts} queries"));
    }
    let alias = answered.iter().find_map(|lookup| {
        let records = &lookup.answer.as_ref()?.records;
        let named = records.iter().find(|record| record.rtype == lookup.rtype)?;
        (!named.name.eq_ignore_ascii_case(&lookup.name)).then(|| escape(&named.name).into_owned())
    });
    asides.extend(
        answered
            .iter()
            .find_map(|lookup| lookup.ttl())
            .map(|ttl| format!("TTL {}", units::ttl(ttl))),
    );
    asides.extend(
        answered
            .iter()
            .find_map(|l| l.source())
            .map(|source| words::source_word(source).to_owned()),
    );
    asides.extend(alias.map(|alias| format!("as {alias}")));
    let unanswered =
        lookups.iter().filter(|lookup| lookup.outcome() == Outcome::Unanswered).map(|l| l.rtype);
    for rtype in unanswered {
        asides.insert(0, format!("{rtype}: no answer"));
    }
    let mut forms: Vec<String> = heads.first().map_or(Vec::new(), |h| with_asides(h, &asides));
    forms.extend(heads.into_iter().skip(1));
    (forms, Tone::Plain)
}

/// The name by which the client knows the server, where it looked it up.
fn server_name(trace: &Trace, connection: &Connection) -> Option<String> {
    let resolution = connection.resolution.and_then(|id| trace.resolution(id));
    resolution.map(|resolution| escape(&resolution.name).into_owned())
}

/// True where it is over and neither end ever said anything on it.
pub fn never_used(connection: &Connection) -> bool {
    let counters = &connection.counters;
    connection.exchanges.is_empty()
        && connection.end.is_some()
        && counters.to_server.bytes == 0
        && counters.to_client.bytes == 0
}

fn connect(trace: &Trace, connection: &Connection) -> Wording {
    let server = connection.server;
    let plain = format!("connect to {server}");
    let name = server_name(trace, connection);
    let named = name.as_ref().map(|name| format!("{plain} ({name})"));
    // Of an IPv6 address little would be left.
    let short = name.map(|name| format!("{name}:{}", server.port));
    let (result, tone) = connect_result(trace, connection);
    Wording {
        kind: words::transport(connection.transport).to_owned(),
        phase: Some(Phase::Connect),
        what: named.into_iter().chain([plain, server.to_string()]).chain(short).collect(),
        result,
        tone,
        connection: Some(connection.id),
        ..Wording::default()
    }
}

fn connect_result(trace: &Trace, connection: &Connection) -> (Vec<String>, Tone) {
    let syns = connection.syns.len() as u64;
    if let Some(handshake) = &connection.handshake {
        let (server, client) = (handshake.server_half(), handshake.client_half());
        let tries = handshake.syn_attempts;
        let open = if tries > 1 { format!("open after {tries} SYNs") } else { "open".to_owned() };
        let unused = never_used(connection);
        let open = if unused { format!("{open}, never used") } else { open };
        let rtt = format!("{open}, RTT {}", units::span(server + client));
        let (server, client) = (units::span(server), units::span(client));
        let mut forms = vec![format!("{rtt} (server side {server}, client side {client})")];
        if let (true, false, Some(protocol)) =
            (connection.exchanges.is_empty(), unused, connection.protocol)
        {
            forms.insert(0, format!("{rtt}, carries {protocol}"));
        }
        forms.extend([rtt, open]);
        if unused {
            forms.push("never used".to_owned());
        }
        return (forms, if unused || tries > 1 { Tone::Warn } else { Tone::Plain });
    }
    if connection.refused.is_some() {
        let after = if syns > 1 { format!(" after {syns} SYNs") } else { String::new() };
        return (vec![format!("refused{after} (RST)"), "refused".to_owned()], Tone::Bad);
    }
    if let Some((frame, said)) = words::network_said(trace, connection) {
        let (long, short) = (format!("{said} (ICMP, frame {frame})"), "unreachable".to_owned());
        return (vec![long, said, short], Tone::Bad);
    }
    if connection.unanswered() {
        let count = units::count(syns, "SYN", "SYNs");
        return (vec![format!("no answer to {count}"), "no answer".to_owned()], Tone::Bad);
    }
    (one("handshake not completed"), Tone::Bad)
}

fn flow(trace: &Trace, connection: &Connection) -> Wording {
    let (client, server) = (connection.client, connection.server);
    let name = server_name(trace, connection);
    let plain = format!("{client} → {server}");
    let named = name.as_ref().map(|name| format!("{plain} ({name})"));
    let short = name.map(|name| format!("to {name}:{}", server.port));
    let what = named.into_iter().chain([plain, format!("to {server}")]).chain(short).collect();
    let counters = &connection.counters;
    let packets = counters.to_server.packets + counters.to_client.packets;
    let bytes = counters.to_server.bytes + counters.to_client.bytes;
    let mut parts: Vec<String> = connection.protocol.map(str::to_owned).into_iter().collect();
    parts.extend([units::count(packets, "packet", "packets"), units::bytes(bytes)]);
    if connection.transport == Transport::Tcp {
        parts.push("beginning not captured".to_owned());
    }
    Wording {
        kind: words::transport(connection.transport).to_owned(),
        phase: Some(Phase::Idle),
        what,
        result: with_parts(&parts),
        connection: Some(connection.id),
        ..Wording::default()
    }
}

fn exchange(trace: &Trace, exchange: &Exchange, page: Option<&str>) -> Wording {
    let kind = exchange.request.as_ref().map_or(Cow::Borrowed("?"), |head| escape(&head.method));
    let what = match exchange.url.as_deref() {
        Some(url) => one(escape(&shown_url(url, page)).into_owned()),
        None => one("(request not captured)"),
    };
    let (result, tone) = exchange_result(trace, exchange);
    let end = exchange.response_end.as_ref();
    Wording {
        kind: kind.into_owned(),
        phase: Some(Phase::Wait),
        what,
        result,
        tone,
        size: exchange.response.as_ref().map(|_| end.map_or(0, |end| end.body.encoded)),
        connection: Some(exchange.connection),
    }
}

/// A URL without what the reader knows already: the host of the page, the scheme `http`.
fn shown_url(url: &str, page: Option<&str>) -> String {
    let same = |page: &str| {
        let (this, page) = (Parts::of(url), Parts::of(page));
        (this.scheme, this.host, this.port) == (page.scheme, page.host, page.port)
    };
    if page.is_some_and(same) {
        return after_host(url).to_owned();
    }
    url.strip_prefix("http://").unwrap_or(url).to_owned()
}

/// Path and query of a URL.
fn after_host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(at..).unwrap_or("")
}

fn exchange_result(trace: &Trace, exchange: &Exchange) -> (Vec<String>, Tone) {
    let state = exchange.state();
    let wrong = words::exchange_state(state);
    let Some(response) = &exchange.response else {
        let (long, tone) = match state {
            State::Open => ("no response when the capture ended".to_owned(), Tone::Warn),
            _ => (no_response(exchange), Tone::Bad),
        };
        return (vec![long, "no response".to_owned()], tone);
    };
    let mut parts = vec![status_line(response)];
    let interim = exchange.informational.iter().map(|head| head.status.to_string());
    parts.extend(wrong.clone());
    if let (300..=399, Some(to)) = (response.status, response.fields.get("location")) {
        parts.push(format!("to {}", escape(to)));
    } else if response.status == 304 {
        parts.push("the copy in the cache is still good".to_owned());
    } else if let Some(kind) = response.fields.get("content-type") {
        parts.push(escape(kind.split(';').next().unwrap_or(kind).trim()).into_owned());
    }
    parts.extend(response.fields.get("content-encoding").map(|v| escape(v).into_owned()));
    parts.extend(exchange.switched.as_ref().map(|to| format!("now speaks {}", escape(to))));
    let again = sent_again(trace, exchange);
    if again > 0 {
        parts.insert(1, units::count(again, "segment resent", "segments resent"));
    }
    let interim: Vec<String> = interim.collect();
    if !interim.is_empty() {
        parts.push(format!("after {}", interim.join(", ")));
    }
    let tone = match state {
        State::Whole => words::status_tone(response.status),
        State::Open | State::NoRequest | State::Cut(EndReason::CaptureEnd) => Tone::Warn,
        _ => Tone::Bad,
    };
    let mut forms = with_parts(&parts);
    if let Some(word) = words::exchange_state_word(state) {
        // However short it must be, that something is wrong is said.
        forms.pop();
        forms.push(format!("{}, {word}", status_line(response)));
        forms.push(format!("{}, {word}", response.status));
    } else {
        forms.push(response.status.to_string());
    }
    (forms, tone)
}

/// Segments of the connection that were sent again while the exchange lasted.
fn sent_again(trace: &Trace, exchange: &Exchange) -> u64 {
    let Some(connection) = trace.connection(exchange.connection) else { return 0 };
    let Some(request) = &exchange.request else { return 0 };
    let (from, until) = (request.span.first, exchange.ended());
    let first = connection.segments.partition_point(|segment| segment.at < from);
    let during = connection.segments.iter().skip(first).take_while(|s| s.at <= until);
    during.filter(|segment| segment.kind == SegmentKind::Retransmission).count() as u64
}

/// Why there is none, where it is known.
fn no_response(exchange: &Exchange) -> String {
    let end = exchange.response_end.as_ref().or(exchange.request_end.as_ref());
    match end.map(|end| end.how) {
        Some(Ending::Cut(reason)) => format!("no response: {}", words::ended(reason)),
        Some(Ending::Gap(reason)) => format!("no response: {}", words::gap(reason)),
        _ => "no response".to_owned(),
    }
}

/// `200 OK`.
pub fn status_line(response: &ResponseHead) -> String {
    match escape(&response.reason) {
        reason if reason.is_empty() => response.status.to_string(),
        reason => format!("{} {reason}", response.status),
    }
}

fn close(connection: &Connection) -> Wording {
    let who = connection.first_close.or_else(|| connection.closing.first().map(|s| s.direction));
    let who = who.map_or("", words::sender);
    let steps = &connection.closing;
    let has = |kind: CloseKind, way: Direction| {
        steps.iter().any(|step| step.kind == kind && step.direction == way)
    };
    let both = |kind| has(kind, Direction::ToServer) && has(kind, Direction::ToClient);
    let reset = steps.iter().find(|step| step.kind == CloseKind::Rst);
    let fin = steps.iter().any(|step| step.kind == CloseKind::Fin);
    let what = if fin { format!("close by {who}") } else { format!("reset by {who}") };
    let (result, tone) = match reset {
        Some(step) if fin => {
            let by = words::sender(step.direction);
            (vec![format!("then reset by {by} (RST)"), "reset".to_owned()], Tone::Warn)
        }
        Some(_) => (vec!["connection dropped (RST)".to_owned(), "dropped".to_owned()], Tone::Warn),
        None if both(CloseKind::FinAck) => {
            (vec!["closed by both sides".to_owned(), "closed".to_owned()], Tone::Plain)
        }
        None if both(CloseKind::Fin) => {
            let long = "closed by both sides, last ACK not seen".to_owned();
            (vec![long, "closed".to_owned()], Tone::Plain)
        }
        None => {
            let other = if who == "client" { "server" } else { "client" };
            (vec![format!("half closed: {other} did not close")], Tone::Warn)
        }
    };
    Wording {
        kind: words::transport(connection.transport).to_owned(),
        phase: Some(Phase::Close),
        what: one(what),
        result,
        tone,
        connection: Some(connection.id),
        ..Wording::default()
    }
}
