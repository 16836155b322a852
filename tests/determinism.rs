//! The same packets give the same trace, whatever the number of threads.

use std::fmt::Write as _;

use urltrace::capture::source::PacketSource;
use urltrace::limits::Limits;
use urltrace::packet::build::Capture;
use urltrace::pipeline::{self, Settings, Watch};

use crate::support::{all_fixtures, keyed, run_file, trace_of};

#[test]
fn every_fixture_is_the_same_at_1_2_and_8_threads() {
    for fixture in all_fixtures() {
        let [one, two, eight] = [1, 2, 8].map(|threads| {
            let outcome = run_file(&fixture.capture, threads);
            assert!(outcome.error.is_none(), "{}: {:?}", fixture.name, outcome.error);
            format!("{:#?}", outcome.trace)
        });
        same(&fixture.name, "1 and 2", &one, &two);
        same(&fixture.name, "1 and 8", &one, &eight);
    }
}

/// What is completed when is part of the output too: NDJSON and the live rows are told so.
#[test]
fn things_are_completed_in_the_same_order_at_1_2_and_8_threads() {
    for fixture in all_fixtures() {
        let [one, two, eight] = [1, 2, 8].map(|threads| {
            let mut told = String::new();
            let mut source = urltrace::capture::open(&fixture.capture).unwrap();
            let settings = Settings::new(threads);
            let completed = |_: &urltrace::trace::Trace, ids: &[urltrace::trace::EntityId]| {
                for id in ids {
                    let _ = writeln!(told, "{id:?}");
                }
                Ok(())
            };
            let watch = Watch { completed: Some(Box::new(completed)), ..Watch::default() };
            pipeline::run(&mut source, &settings, watch);
            told
        });
        same(&fixture.name, "1 and 2", &one, &two);
        same(&fixture.name, "1 and 8", &one, &eight);
    }
}

/// Under tight bounds flows and bytes are given up; which ones must not depend on threads.
#[test]
fn tight_bounds_give_up_the_same_things_at_1_2_and_8_threads() {
    let limits = Limits {
        flows_per_shard: 2,
        held_per_stream: 8 << 10,
        held_per_shard: 16 << 10,
        buffer_per_stream: 8 << 10,
        http_pipeline: 2,
        ..Limits::default()
    };
    for fixture in all_fixtures() {
        let [one, two, eight] = [1, 2, 8].map(|threads| {
            let mut source = urltrace::capture::open(&fixture.capture).unwrap();
            let settings = Settings { limits: limits.clone(), ..Settings::new(threads) };
            format!("{:#?}", pipeline::run(&mut source, &settings, Watch::default()).trace)
        });
        same(&fixture.name, "1 and 2 under tight bounds", &one, &two);
        same(&fixture.name, "1 and 8 under tight bounds", &one, &eight);
    }
}

#[test]
fn a_flow_of_others_changes_nothing_but_itself() {
    let visit = |capture: &mut Capture, others: bool| {
        for nth in 0..20u16 {
            if others {
                let udp = (([10, 0, 9, 9], 4000 + nth), ([10, 0, 9, 1], 9));
                capture.udp(udp.0, udp.1, b"of no interest");
            } else {
                capture.wait(1);
            }
            let mut tcp = capture.tcp(([10, 0, 0, 2], 50_000), ([10, 0, 0, 1], 80));
            match nth {
                0 => tcp.handshake(),
                19 => tcp.close(),
                _ => tcp
                    .client(format!("GET /{nth} HTTP/1.1\r\nHost: a.test\r\n\r\n").as_bytes())
                    .server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            };
        }
    };
    let [alone, among] = [false, true].map(|others| {
        let mut capture = Capture::new();
        visit(&mut capture, others);
        let trace = trace_of(&capture);
        let exchanges = trace.exchanges.iter().map(|exchange| {
            (exchange.url.clone(), exchange.status(), exchange.timings, exchange.started.at)
        });
        exchanges.collect::<Vec<_>>()
    });
    assert_eq!(alone.len(), 18);
    assert_eq!(alone, among);
}

/// A file read twice is the same, also where it is told in pieces by another source.
#[test]
fn a_source_in_memory_gives_what_its_file_gives() {
    use urltrace::capture::memory::Memory;
    for fixture in all_fixtures() {
        let mut file = keyed(&fixture.capture);
        let expects_secrets = file.may_bring_secrets();
        let mut records = Vec::new();
        while let Some(record) = file.next_record().unwrap() {
            records.push(record);
        }
        let mut memory = Memory::with_summary(records, file.summary());
        if expects_secrets {
            memory = memory.with_late_secrets();
        }
        let settings = Settings::new(2);
        let of_memory = pipeline::run(&mut memory, &settings, Watch::default()).trace;
        let of_file = run_file(&fixture.capture, 2).trace;
        let [of_file, of_memory] = [of_file, of_memory].map(|trace| format!("{trace:#?}"));
        same(&fixture.name, "file and memory", &of_file, &of_memory);
    }
}

/// Says the first line that differs, not two megabytes of text.
fn same(name: &str, which: &str, a: &str, b: &str) {
    if a == b {
        return;
    }
    let differing = a.lines().zip(b.lines()).enumerate().find(|(_, (a, b))| a != b);
    match differing {
        Some((line, (a, b))) => {
            panic!("{name}, {which} differ in line {}:\n  {a}\n  {b}", line + 1)
        }
        None => panic!("{name}, {which}: one is longer ({} and {} bytes)", a.len(), b.len()),
    }
}
