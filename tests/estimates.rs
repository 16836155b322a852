//! Requests that stay closed, estimated from outside, against the same capture with its keys: how
//! far the numbers and times are off is printed, and held.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use urltrace::flow::event::FlowId;
use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::report::json::json_schema;
use urltrace::time::Timestamp;
use urltrace::trace::{Exchange, Trace};

use crate::support::{fixtures, run_alone, run_file, shared, visits_in};

/// A request begins for an estimate where its record begins, which is where it begins.
const EXACT_MS: f64 = 0.001;

/// What was estimated and what is so, of all connections with TLS of one capture.
#[derive(Default)]
struct Compared {
    connections: u64,
    requests: u64,
    estimated: u64,
    /// Sum of what is too much or too little on each connection.
    off: u64,
    bursts: u64,
    /// Bursts that begin where a request does.
    exact: u64,
    /// Of bursts that are one request by both: how far the first byte down is off, in ms.
    waits: Vec<f64>,
}

/// When requests began, and when the first byte of their responses could be read.
type Real = BTreeMap<FlowId, Vec<(Timestamp, Option<Timestamp>)>>;

/// Without the connections of WebSockets, whose messages look like requests.
fn real(trace: &Trace) -> Real {
    let mut all = Real::new();
    for exchange in &trace.exchanges {
        let connection = trace.connection(exchange.connection).unwrap();
        if connection.tls.is_none() {
            continue;
        }
        let Some(request) = &exchange.request else { continue };
        let first = exchange.response.as_ref().map(|response| response.span.ready.at);
        all.entry(connection.flow).or_default().push((request.span.first.at, first));
    }
    all
}

fn compare(path: &Path) -> Compared {
    let (with, without) = (run_file(path, 2).trace, run_alone(path).trace);
    let real = real(&with);
    let is_websocket = |exchange: &&Exchange| {
        let request = exchange.request.as_deref();
        let protocol = request.and_then(|request| request.protocol.as_deref());
        exchange.switched.is_some() || protocol == Some("websocket")
    };
    let switched = with.exchanges.iter().filter(is_websocket);
    let switched: Vec<FlowId> =
        switched.map(|exchange| with.connection(exchange.connection).unwrap().flow).collect();
    let mut compared = Compared::default();
    for connection in &without.connections {
        let Some(tls) = &connection.tls else { continue };
        // Keys in the capture itself open it all the same.
        let has_keys = !connection.exchanges.is_empty();
        if has_keys || switched.contains(&connection.flow) {
            continue;
        }
        let none = Vec::new();
        let requests = real.get(&connection.flow).unwrap_or(&none);
        if requests.is_empty() && tls.estimates.is_empty() {
            continue;
        }
        let estimated: u64 = tls.estimates.iter().map(|one| u64::from(one.requests)).sum();
        compared.connections += 1;
        compared.requests += requests.len() as u64;
        compared.estimated += estimated;
        compared.off += estimated.abs_diff(requests.len() as u64);
        for estimate in &tls.estimates {
            compared.bursts += 1;
            let start = estimate.sent.span.first.at;
            let ms = |at: Timestamp, from: Timestamp| at.since(from).as_millis_f64().abs();
            let found = requests.iter().find(|(at, _)| ms(*at, start) < EXACT_MS);
            compared.exact += u64::from(found.is_some());
            if let (Some((_, Some(first))), Some(received), 1) =
                (found, &estimate.received, estimate.requests)
            {
                compared.waits.push(ms(received.span.ready.at, *first));
            }
        }
    }
    compared
}

#[test]
fn estimates_are_near_what_the_keys_show() {
    let mut visits = fixtures();
    visits.extend(shared("visits").into_iter().flat_map(|folder| visits_in(&folder)));
    let mut all = Compared::default();
    println!(
        "visit: requests on TLS connections, estimated, off by, bursts, begin exactly, wait off"
    );
    for visit in visits {
        let mut one = compare(&visit.capture);
        if one.requests == 0 {
            continue;
        }
        one.waits.sort_by(f64::total_cmp);
        println!(
            "{:24} {:4} {:4} {:4} {:4} {:4}  {:.3} ms in the median, {:.3} ms at most of {}",
            visit.name,
            one.requests,
            one.estimated,
            one.off,
            one.bursts,
            one.exact,
            one.waits.get(one.waits.len() / 2).copied().unwrap_or_default(),
            one.waits.last().copied().unwrap_or_default(),
            one.waits.len()
        );
        all.connections += one.connections;
        all.requests += one.requests;
        all.estimated += one.estimated;
        all.off += one.off;
        all.bursts += one.bursts;
        all.exact += one.exact;
        all.waits.append(&mut one.waits);
    }
    all.waits.sort_by(f64::total_cmp);
    let median = all.waits.get(all.waits.len() / 2).copied().unwrap_or_default();
    println!(
        "all: {} connections, {} requests, {} estimated, off by {}; {} of {} bursts begin exactly; \
         wait {median:.3} ms off in the median",
        all.connections, all.requests, all.estimated, all.off, all.exact, all.bursts
    );
    assert!(all.requests > 50, "only {} requests", all.requests);
    assert!(all.off * 10 <= all.requests, "more than one in ten requests too many or too few");
    assert!(all.exact * 20 >= all.bursts * 19, "fewer than 95 of 100 bursts begin with a request");
    assert!(median < 1.0, "waits are off by {median} ms");
}

#[test]
fn estimates_are_marked_in_every_output_and_are_no_exchanges() {
    let no_keys = fixtures().into_iter().find(|visit| visit.name == "no-keys").unwrap();
    let trace = run_alone(&no_keys.capture).trace;
    let all = trace.connections.iter().filter_map(|connection| connection.tls.as_deref());
    let count: usize = all.map(|tls| tls.estimates.len()).sum();
    assert!(count > 2, "only {count}");
    assert!(trace.exchanges.iter().all(|exchange| {
        trace.connection(exchange.connection).is_some_and(|connection| connection.tls.is_none())
    }));
    let written = |name: &str| {
        let format = FORMATS.iter().find(|row| row.name == name).unwrap();
        let mut out = Vec::new();
        format.reporter.write(&trace, &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let har: Value = serde_json::from_str(&written("har")).unwrap();
    let estimated = har["log"]["_estimated"].as_array().unwrap();
    assert_eq!(estimated.len(), count);
    assert!(estimated.iter().all(|one| one["estimated"] == true && one["host"].is_string()));
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), trace.exchanges.len());
    let json: Value = serde_json::from_str(&written("json")).unwrap();
    let connections = json["connections"].as_array().unwrap().iter();
    let listed = connections.filter_map(|one| one["tls"]["estimated_exchanges"].as_array());
    assert_eq!(listed.map(Vec::len).sum::<usize>(), count);
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    assert!(jsonschema::is_valid(&schema, &json));
    let timeline = written("timeline");
    let rows = timeline.lines().filter(|line| line.contains("(estimated: no keys)"));
    assert_eq!(rows.count(), count);
}
