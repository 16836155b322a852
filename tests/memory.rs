//! However many flows come, what is kept stays within its bounds, and reaching one is said.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use bytes::Bytes;

use urltrace::anomaly::Class;
use urltrace::capture::memory::packets;
use urltrace::capture::source::LinkType;
use urltrace::flow::event::EndReason;
use urltrace::limits::Limits;
use urltrace::packet::build::Capture;
use urltrace::pipeline::{self, Settings, Watch};
use urltrace::time::{TimeDelta, Timestamp};
use urltrace::trace::{Connection, Trace};

use crate::support::floods::{FLOODS, Flood};
use crate::support::stages;

/// Flows of one packet each, ten microseconds apart: a scan.
const FLOWS: u32 = 200_000;

/// A SYN whose addresses and port are replaced without a new checksum: what is wrong with it is
/// counted and hides nothing.
fn scan(flows: u32) -> impl Iterator<Item = (Timestamp, Bytes)> + Send {
    let mut capture = Capture::new();
    capture.tcp(([10, 0, 0, 1], 40_000), ([192, 0, 2, 1], 80)).syn();
    let syn = capture.packets().remove(0);
    (0..flows).map(move |nth| {
        let mut frame = syn.data.to_vec();
        let [_, a, b, c] = nth.to_be_bytes();
        frame[27..30].copy_from_slice(&[a, b, c]);
        (syn.at + TimeDelta::from_nanos(i64::from(nth) * 10_000), Bytes::from(frame))
    })
}

#[test]
fn two_hundred_thousand_flows_run_through() {
    let mut source = packets(LinkType::ETHERNET, scan(FLOWS));
    let limits = Limits { flows_per_shard: 64, ..Limits::default() };
    let settings = Settings { limits, ..Settings::new(2) };
    let trace = pipeline::run(&mut source, &settings, Watch::default()).trace;
    assert_eq!(trace.capture.packets, u64::from(FLOWS));
    let kept = settings.limits.silent_connections;
    assert_eq!(trace.connections.len(), kept, "nobody answers: the first ones are listed");
    let counted = trace.capture.unlisted.iter().find(|(kind, _)| *kind == "trace.limit-silent");
    assert_eq!(counted.map(|(_, count)| count + 1), Some((FLOWS as usize - kept) as u64));
    let open = trace.connections.iter().filter(|c| c.end != Some(EndReason::Evicted)).count();
    assert_eq!(open, 0, "the oldest idle ones went first");
    let said = trace.anomalies.iter().filter(|noted| noted.what.class == Class::Limit).count();
    assert!(said > 0, "reaching a bound is said");
    assert!(said <= FLOWS as usize);
}

/// The flow table itself forgets: what it says of evicted flows is all that is left of them.
#[test]
fn the_table_lets_go_of_what_it_evicted() {
    let mut source = packets(LinkType::ETHERNET, scan(20_000));
    let events =
        stages::events_within(&mut source, Limits { flows_per_shard: 16, ..Limits::default() });
    let closed = events.iter().filter(|event| format!("{:?}", event.body).contains("Evicted"));
    assert!(closed.count() >= 20_000 - 16);
}

/// Bytes behind a hole that is never filled are held up to a bound, then given up.
#[test]
fn a_hole_that_is_never_filled_holds_bounded_bytes() {
    let mut capture = Capture::new();
    capture.step(TimeDelta::from_nanos(1000));
    let mut tcp = capture.tcp(([10, 0, 0, 1], 40_000), ([192, 0, 2, 1], 80));
    tcp.handshake().client(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    let segment = [b'x'; 1460];
    // the first segment never comes
    for nth in 1..2000u32 {
        tcp.server_at(nth * 1460, &segment);
    }
    let limits =
        Limits { held_per_stream: 64 << 10, held_per_shard: 128 << 10, ..Limits::default() };
    let settings = Settings { limits, ..Settings::new(1) };
    let packets = capture.packets().into_iter().map(urltrace::capture::source::Record::Packet);
    let mut source = urltrace::capture::memory::Memory::new(packets);
    let trace = pipeline::run(&mut source, &settings, Watch::default()).trace;
    let gaps = &trace.connections[0].gaps;
    assert!(!gaps.is_empty(), "the hole is given up at the bound");
    let missing: u64 = gaps.iter().map(|gap| gap.range.end - gap.range.start).sum();
    assert!(missing >= 1460, "{gaps:?}");
    assert!(
        trace.anomalies.iter().any(|noted| noted.what.class == Class::Limit),
        "{:?}",
        trace.anomalies
    );
}

/// What one flood held at most, and what was said of it.
struct Held {
    /// Megabytes of memory, at the worst moment.
    peak: u64,
    said: String,
}

/// Runs a flood in a process of its own, which is this test binary once more.
fn alone(flood: &Flood, count: u32, scale: usize) -> Held {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "memory::one_flood", "--ignored", "--nocapture"])
        .env("FLOOD", format!("{},{count},{scale}", flood.name))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("held "));
    let line = line.unwrap_or_else(|| panic!("{}: {text}", flood.name));
    let (peak, said) = line.split_once(' ').unwrap();
    Held { peak: peak.parse().unwrap(), said: said.to_owned() }
}

#[test]
#[ignore = "run by others, in a process of its own"]
fn one_flood() {
    let Ok(wanted) = std::env::var("FLOOD") else { return };
    let parts: Vec<&str> = wanted.split(',').collect();
    let [name, count, scale] = parts[..] else { panic!("{wanted}") };
    let flood = FLOODS.iter().find(|flood| flood.name == name).unwrap();
    let limits = scaled(scale.parse().unwrap());
    let mut source = flood.source(count.parse().unwrap());
    let settings = Settings { limits, ..Settings::new(2) };
    let trace = pipeline::run(&mut *source, &settings, Watch::default()).trace;
    keeps_to(&trace, &settings.limits);
    let kinds: BTreeSet<&str> = trace
        .anomalies
        .iter()
        .filter(|noted| noted.what.class == Class::Limit)
        .map(|noted| noted.what.id)
        .collect();
    println!(
        "\nheld {} {} connections, {} lookups, {} requests, {} neighbours, {} anomalies; {kinds:?}",
        peak_megabytes(),
        trace.connections.len(),
        trace.lookups.len(),
        trace.exchanges.len(),
        trace.neighbors.len(),
        trace.anomalies.len(),
    );
}

/// The most memory that this process ever had, as the kernel counts it.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// What the program may hold under the usual bounds, whatever comes, in megabytes. The most takes a
/// flow table full of TLS whose records never end, with a quarter of a million connections in the
/// model, and bodies that each need the largest window.
const BUDGET: u64 = 1536;

/// `cargo test --release --test main floods_at_full_size -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes: prints what each flood at its full size holds"]
fn floods_at_full_size() {
    let held = FLOODS.iter().map(|flood| {
        let Held { peak, said } = alone(flood, flood.full, 1);
        println!("{:<34} {:>9} packets {peak:>5} MB  {said}", flood.name, flood.full);
        peak
    });
    assert!(held.max() <= Some(BUDGET), "no more than {BUDGET} MB");
}

/// Every part of the model is within its bound.
fn keeps_to(trace: &Trace, limits: &Limits) {
    assert!(trace.connections.len() <= limits.connections);
    assert!(trace.lookups.len() <= limits.lookups);
    assert!(trace.exchanges.len() <= limits.exchanges);
    assert!(trace.neighbors.len() <= limits.neighbors);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for noted in &trace.anomalies {
        *kinds.entry(noted.what.id).or_default() += 1;
    }
    assert!(kinds.values().all(|count| *count <= limits.anomalies_of_a_kind), "{kinds:?}");
    let listed = |lengths: &[usize]| lengths.iter().all(|length| *length <= limits.listed);
    assert!(trace.connections.iter().all(|connection| {
        let Connection { syns, segments, gaps, closing, .. } = connection;
        listed(&[syns.len(), segments.len(), gaps.len(), closing.len()])
    }));
    assert!(trace.lookups.iter().all(|lookup| listed(&[lookup.attempts.len()])));
    assert!(trace.exchanges.iter().all(|exchange| listed(&[exchange.informational.len()])));
    assert!(trace.capture.undecoded.len() <= (Limits::UNDECODED_REASONS + 1) * Limits::SHARDS);
}

/// Each flood at a small part of its size, against bounds that are as much smaller: no more memory
/// than a program of this size needs anyway, and whatever was left out is said.
#[test]
fn no_flood_makes_us_hold_more_than_its_bound() {
    for flood in FLOODS {
        let Held { peak, said } = alone(flood, (flood.full / 200).max(8), 64);
        assert!(peak < flood.most, "{} held {peak} MB: {said}", flood.name);
        let quiet =
            ["resets of one connection", "unknown SNAP protocols", "HTTP/2 data without a head"];
        let words = ["limit", "full", "decode", "held", "no-room"];
        let is_said = words.iter().any(|word| said.contains(word));
        assert!(is_said || quiet.contains(&flood.name), "{}: {said}", flood.name);
    }
}

/// Bounds of which those for many things are this many times smaller than the usual ones.
fn scaled(by: usize) -> Limits {
    let usual = Limits::default();
    Limits {
        flows_per_shard: usual.flows_per_shard / by,
        held_per_stream: usual.held_per_stream / by,
        held_per_shard: usual.held_per_shard / by,
        tls_held_per_shard: usual.tls_held_per_shard / by,
        analyzers_per_shard: usual.analyzers_per_shard / by,
        decoders_per_shard: usual.decoders_per_shard / by,
        unfolded_at_once: usual.unfolded_at_once / by,
        fragmented_packets: usual.fragmented_packets / by,
        fragment_bytes: usual.fragment_bytes / by,
        listed: usual.listed / by,
        connections: usual.connections / by,
        silent_connections: usual.silent_connections / by,
        lookups: usual.lookups / by,
        lookups_pending: usual.lookups_pending / by,
        exchanges: usual.exchanges / by,
        neighbors: usual.neighbors / by,
        notes: usual.notes / by,
        anomalies_of_a_kind: usual.anomalies_of_a_kind / by,
        model_text: usual.model_text / by,
        ..usual
    }
}
