//! The lines above each table: what was captured, and each visit in a few numbers.

use std::collections::BTreeSet;

use crate::protocol::http::passwords::BLANK;
use crate::protocol::http::url::Parts;
use crate::report::format::Options;
use crate::report::text::escape::escape;
use crate::report::text::ink::{Ink, Tone};
use crate::report::text::units;
use crate::report::text::width::{cut_middle, wrap, wrap_parts};
use crate::report::text::words;
use crate::trace::Trace;
use crate::trace::exchange::Exchange;
use crate::trace::visit::Visit;
use crate::trace::waterfall::{Milestones, Row, Subject};

/// What was captured: one line.
pub(super) fn capture(trace: &Trace, options: &Options) -> Vec<String> {
    let facts = &trace.capture;
    let names: Vec<_> = facts.source.files.iter().map(|file| escape(&file.name)).collect();
    let name = if names.is_empty() { "capture".to_owned() } else { names.join(", ") };
    let mut parts = vec![name, units::count(facts.packets, "packet", "packets")];
    parts.push(if options.verbosity > 0 {
        units::count(facts.bytes, "byte", "bytes")
    } else {
        units::bytes(facts.bytes)
    });
    if let (Some(first), Some(last)) = (facts.first, facts.last) {
        parts.push(format!("{} long", units::span(last.since(first))));
        parts.push(format!("from {}", units::moment(first, &options.zone)));
    }
    in_lines(&parts, 0, options)
}

/// The heading of a visit.
pub(super) fn visit(trace: &Trace, visit: &Visit, rows: &[Row], options: &Options) -> Vec<String> {
    let ink = Ink::of(options);
    let title = format!("Visit {}  ", words::visit_number(visit.id));
    let url = ink.text(&escape(&visit.url)).into_owned();
    let url = match options.width {
        Some(most) => cut_middle(&url, most.saturating_sub(title.len()), ink.ellipsis()),
        None => url,
    };
    let mut all = vec![format!("{title}{}", ink.paint(Tone::Strong, &url))];
    all.extend(in_lines(&ends(trace, visit, options), 2, options));
    all.extend(in_lines(&amounts(trace, visit, rows, options), 2, options));
    all.extend(in_lines(&milestones(trace, visit), 2, options));
    all
}

/// Who talks to whom, and since when.
fn ends(trace: &Trace, visit: &Visit, options: &Options) -> Vec<String> {
    let root = visit.document.or(Some(visit.root)).and_then(|id| trace.exchange(id));
    let connection = root.and_then(|exchange| trace.connection(exchange.connection));
    let server = connection.map(|connection| {
        // of a page whose document is not read it is not known
        let host = root.and_then(|root| root.url.as_deref()).map(|url| Parts::of(url).host);
        let host = host.map_or_else(String::new, |host| format!(" ({})", escape(host)));
        format!(" → server {}{host}", connection.server)
    });
    let began = units::moment(visit.started.at, &options.zone);
    let ends = format!("client {}{}", visit.client, server.unwrap_or_default());
    vec![ends, format!("began {began}")]
}

/// How much it was.
fn amounts(trace: &Trace, visit: &Visit, rows: &[Row], options: &Options) -> Vec<String> {
    let of_rows = rows.iter().filter_map(|row| match row.subject {
        Subject::Exchange(id) => trace.exchange(id),
        _ => None,
    });
    let exchanges: Vec<&Exchange> = of_rows.collect();
    let hosts: BTreeSet<&str> = exchanges
        .iter()
        .filter_map(|exchange| exchange.url.as_deref())
        .map(|url| Parts::of(url).host)
        .collect();
    let connections: BTreeSet<_> = exchanges.iter().map(|exchange| exchange.connection).collect();
    let received: u64 = exchanges.iter().map(|exchange| received(exchange)).sum();
    let sent: u64 = exchanges.iter().map(|exchange| sent(exchange)).sum();
    let size = |count| {
        if options.verbosity > 0 {
            units::count(count, "byte", "bytes")
        } else {
            units::bytes(count)
        }
    };
    let mut parts = vec![
        format!(
            "{} to {} over {}",
            units::count(exchanges.len() as u64, "request", "requests"),
            units::count(hosts.len() as u64, "host", "hosts"),
            units::count(connections.len() as u64, "connection", "connections"),
        ),
        format!("{} received, {} sent", size(received), size(sent)),
    ];
    let failed = exchanges.iter().filter(|exchange| exchange.response.is_none()).count() as u64;
    let errors = exchanges.iter().filter(|e| e.status().is_some_and(|s| s >= 400)).count() as u64;
    if errors > 0 {
        parts.push(units::count(errors, "error status", "error statuses"));
    }
    if failed > 0 {
        parts.push(format!("{failed} without response"));
    }
    if exchanges.len() < visit.exchanges.len() {
        parts.push(format!("of {} in all", visit.exchanges.len()));
    }
    parts
}

/// HTTP bytes that came: heads and bodies as they were on the wire.
fn received(exchange: &Exchange) -> u64 {
    let heads = exchange.informational.iter().chain(exchange.response.as_deref());
    let body = exchange.response_end.as_ref().map_or(0, |end| end.body.wire);
    heads.map(|head| u64::from(head.size)).sum::<u64>() + body
}

/// HTTP bytes that went.
fn sent(exchange: &Exchange) -> u64 {
    let head = exchange.request.as_ref().map_or(0, |head| u64::from(head.size));
    head + exchange.request_end.as_ref().map_or(0, |end| end.body.wire)
}

/// The two times that a visit is judged by, and what came before them.
fn milestones(trace: &Trace, visit: &Visit) -> Vec<String> {
    let reached = Milestones::of(trace, visit);
    let said = |name: &str, at| format!("{name} {}", units::span(at));
    let mut parts: Vec<String> = Vec::new();
    parts.extend(reached.first_byte.map(|at| said("time to first byte", at)));
    parts.extend(reached.last_byte.map(|at| said("total", at)));
    let before = [
        ("name found at", reached.looked_up),
        ("connected at", reached.connected),
        ("document complete at", reached.document),
    ];
    let before = before.into_iter().filter_map(|(name, at)| Some(said(name, at?)));
    let before: Vec<String> = before.collect();
    if !before.is_empty() {
        parts.push(before.join(", "));
    }
    parts
}

/// The heading of what belongs to no visit.
pub(super) fn outside(trace: &Trace, options: &Options) -> Vec<String> {
    let ink = Ink::of(options);
    let encrypted = trace.connections.iter().filter(|c| c.server.port == HTTPS);
    let encrypted = encrypted.filter(|connection| connection.protocol.is_none()).count() as u64;
    let (title, why) = if !trace.visits.is_empty() {
        let why = "background traffic and what no page needed; times since the capture began";
        ("Outside any page", why.to_owned())
    } else if encrypted > 0 {
        let connections = units::count(encrypted, "connection", "connections");
        let why = format!(
            "no page was loaded over plain HTTP; {connections} to port 443: encrypted, and not \
             opened by this version; times since the capture began"
        );
        ("Traffic", why)
    } else {
        ("Traffic", "no page was loaded in this capture; times since it began".to_owned())
    };
    let mut all = vec![ink.paint(Tone::Strong, title)];
    all.extend(lines(&why, 2, Tone::Dim, options));
    all
}

/// What to say where there is nothing to show.
pub(super) fn nothing(trace: &Trace, options: &Options, sections: usize) -> Vec<String> {
    let why = if sections > 0 {
        return Vec::new();
    } else if trace.capture.packets == 0 {
        "No packets: the capture is empty.".to_owned()
    } else if let Some(visit) = options.visit {
        let number = words::visit_number(visit);
        match trace.visits.len() {
            0 => format!("There is no visit {number}: no page was loaded in this capture."),
            1 => format!("There is no visit {number}: the only one is 1."),
            count => format!("There is no visit {number}: they are 1 to {count}."),
        }
    } else if let Some(id) = options.connection.filter(|id| trace.connection(*id).is_none()) {
        let number = words::connection_number(id);
        match trace.connections.len() {
            0 => format!("There is no connection {number}: the capture has none."),
            1 => format!("There is no connection {number}: the only one is 0."),
            count => format!("There is no connection {number}: they are 0 to {}.", count - 1),
        }
    } else if let Some(host) = &options.host {
        format!("Nothing in this capture concerns {}.", escape(host))
    } else {
        "No lookups, connections or requests in these packets; what they are stands below."
            .to_owned()
    };
    let mut all = vec![String::new()];
    all.extend(lines(&why, 0, Tone::Plain, options));
    all
}

/// What to say where credentials are not shown, and what is printed may have had some.
pub(super) fn blanked(trace: &Trace, options: &Options) -> Vec<String> {
    let mut urls = trace.exchanges.iter().filter_map(|exchange| exchange.url.as_deref());
    let told = words::blanked(trace);
    let told = told.filter(|_| options.verbosity > 0 || urls.any(|url| url.contains(BLANK)));
    told.map_or_else(Vec::new, |told| {
        let said = lines(&told, 0, Tone::Dim, options);
        [String::new()].into_iter().chain(said).collect()
    })
}

/// `parts` within the width.
fn in_lines(parts: &[String], indent: usize, options: &Options) -> Vec<String> {
    let ink = Ink::of(options);
    let room = options.width.map(|most| most.saturating_sub(indent));
    let parts: Vec<String> = parts.iter().map(|part| ink.text(part).into_owned()).collect();
    let lines = wrap_parts(&parts, room);
    lines.iter().map(|line| format!("{}{}", " ".repeat(indent), ink.text(line))).collect()
}

/// `text` within the width.
fn lines(text: &str, indent: usize, tone: Tone, options: &Options) -> Vec<String> {
    let ink = Ink::of(options);
    let room = options.width.map(|most| most.saturating_sub(indent));
    let pad = " ".repeat(indent);
    let text = ink.text(text);
    wrap(&text, room).iter().map(|line| format!("{pad}{}", ink.paint(tone, line))).collect()
}

/// The port of https, over TCP and QUIC.
const HTTPS: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::shop;

    #[test]
    fn a_server_whose_name_is_not_known_has_none() {
        let mut trace = shop();
        let said = |trace: &Trace| {
            let ends = ends(trace, &trace.visits[0], &Options::default());
            ends.into_iter().next().unwrap_or_default()
        };
        assert!(said(&trace).ends_with(" (www.shop.test)"), "{}", said(&trace));
        let document = trace.visits[0].document.unwrap();
        trace.exchanges[document.0 as usize].url = None;
        let port = said(&trace);
        assert!(port.ends_with(":80"), "{port}");
    }
}
