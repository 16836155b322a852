//! What is said of connections: how they were opened, what they carried, how they were closed.

use crate::flow::event::{Direction, Transport};
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::{quic, units, words};
use crate::report::timeline::wording::forms::{Wording, one, with_parts};
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::model::Trace;
use crate::trace::race::Race;
use crate::trace::upgrade;
use crate::trace::waterfall::Phase;

pub(super) fn connect(trace: &Trace, connection: &Connection) -> Wording {
    let (mut result, tone) = connect_result(connection);
    // in all forms but the shortest
    for told in Race::of(trace, connection).into_iter().flat_map(quic::race).take(1) {
        for form in result.iter_mut().rev().skip(1) {
            form.push_str(", ");
            form.push_str(&told);
        }
    }
    Wording {
        kind: words::transport(connection.transport).to_owned(),
        phase: Some(Phase::Connect),
        what: opens(trace, connection),
        result,
        tone,
        connection: Some(connection.id),
        ..Wording::default()
    }
}

/// To whom a connection is opened, the longest form first.
pub(super) fn opens(trace: &Trace, connection: &Connection) -> Vec<String> {
    let server = connection.server;
    let plain = format!("connect to {server}");
    let name = server_name(trace, connection);
    let named = name.as_ref().map(|name| format!("{plain} ({name})"));
    // Of an IPv6 address little would be left.
    let short = name.map(|name| format!("{name}:{}", server.port));
    named.into_iter().chain([plain, server.to_string()]).chain(short).collect()
}

fn connect_result(connection: &Connection) -> (Vec<String>, Tone) {
    let syns = connection.syns.len() as u64;
    if let Some(handshake) = &connection.handshake {
        let (server, client) = (handshake.server_half(), handshake.client_half());
        let (syns, syn_acks) = (handshake.syn_attempts, handshake.syn_ack_attempts);
        let open = match (syns, syn_acks) {
            (..=1, ..=1) => "open".to_owned(),
            (..=1, _) => format!("open after {syn_acks} SYN-ACKs"),
            _ => format!("open after {syns} SYNs"),
        };
        // with TLS its row says so
        let unused = connection.tls.is_none() && connection.never_used();
        let open = if unused { format!("{open}, never used") } else { open };
        let rtt = format!("{open}, RTT {}", units::span(server + client));
        let (server, client) = (units::span(server), units::span(client));
        let mut forms = vec![format!("{rtt} (server side {server}, client side {client})")];
        if let (true, false, Some(protocol)) =
            (connection.exchanges.is_empty(), unused, connection.protocol)
            && connection.tls.is_none()
        {
            forms.insert(0, format!("{rtt}, carries {protocol}"));
        }
        forms.extend([rtt, open]);
        if unused {
            forms.push("never used".to_owned());
        }
        return (forms, if unused || syns.max(syn_acks) > 1 { Tone::Warn } else { Tone::Plain });
    }
    if connection.refused.is_some() {
        let after = if syns > 1 { format!(" after {syns} SYNs") } else { String::new() };
        return (vec![format!("refused{after} (RST)"), "refused".to_owned()], Tone::Bad);
    }
    if let Some(refusal) = connection.unreachable() {
        let (long, short) = (words::refusal(refusal), "unreachable".to_owned());
        return (vec![long, refusal.reason.clone(), short], Tone::Bad);
    }
    if connection.unanswered() {
        let count = units::count(syns, "SYN", "SYNs");
        return (vec![format!("no answer to {count}"), "no answer".to_owned()], Tone::Bad);
    }
    (one("handshake not completed"), Tone::Bad)
}

/// The name by which the client knows the server: the one that it asked for in TLS, or looked up.
fn server_name(trace: &Trace, connection: &Connection) -> Option<String> {
    upgrade::name(trace, connection).map(|name| escape(name).into_owned())
}

pub(super) fn flow(trace: &Trace, connection: &Connection) -> Wording {
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
    let refusal = connection.refusals.first();
    if let Some(refusal) = refusal {
        parts.insert(0, refusal.reason.clone());
    }
    Wording {
        kind: words::transport(connection.transport).to_owned(),
        phase: Some(Phase::Idle),
        what,
        result: with_parts(&parts),
        tone: if refusal.is_some() { Tone::Bad } else { Tone::Plain },
        connection: Some(connection.id),
        ..Wording::default()
    }
}

pub(super) fn close(connection: &Connection) -> Wording {
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
