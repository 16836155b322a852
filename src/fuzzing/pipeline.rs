//! A whole capture file through everything: the number of threads changes nothing, and every
//! report can be written.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

use crate::capture::memory::Memory;
use crate::capture::source::{CaptureSummary, Record};
use crate::capture::{open_memory, read_all};
use crate::fuzzing::reports;
use crate::limits::Limits;
use crate::pipeline::{self, Settings, Watch};
use crate::report::format::Options;
use crate::report::slice::Slice;
use crate::time::TimeDelta;
use crate::trace::{ConnectionId, EntityId, Trace};

/// Records of one run at most.
const RECORDS: usize = 4096;

/// The last byte of the file chooses the bounds: odd ones are tight.
pub fn fuzz(bytes: &[u8]) {
    let Ok(mut source) = open_memory(Bytes::copy_from_slice(bytes)) else { return };
    let mut records = Vec::new();
    while records.len() < RECORDS
        && let Ok(Some(record)) = source.next_record()
    {
        records.push(record);
    }
    let summary = source.summary();
    let tight = bytes.last().is_some_and(|last| last % 2 == 1);
    let limits = if tight { tight_limits() } else { Limits::default() };
    let (one, completed) = run(records.clone(), summary.clone(), 1, &limits);
    let (two, completed_by_two) = run(records.clone(), summary.clone(), 2, &limits);
    assert_eq!(hash(&one), hash(&two), "the trace depends on the number of threads");
    assert_eq!(completed, completed_by_two, "what is completed when depends on it");
    reports::write_all(&one, &completed);
    reports::packets(&records);
    let part = Options { connection: Some(ConnectionId(0)), ..Options::default() };
    let all = slice(&one, &records, &summary, &Options::default());
    let some = slice(&one, &records, &summary, &part);
    assert!(all as u64 == one.capture.packets && some <= all, "packets are lost or made up");
}

/// Packets of a part that are written and can be read again.
fn slice(trace: &Trace, records: &[Record], summary: &CaptureSummary, part: &Options) -> usize {
    let mut source = Memory::with_summary(records.to_vec(), summary.clone());
    let mut out = Vec::new();
    let written = Slice::of(trace, part).write(&mut source, &mut out, "memory");
    let read = read_all(out.into()).map_or(0, |(packets, _)| packets.len());
    assert!(written.is_ok_and(|written| written == read as u64), "what is written can be read");
    read
}

fn run(
    records: Vec<Record>,
    summary: CaptureSummary,
    threads: usize,
    limits: &Limits,
) -> (Trace, Vec<EntityId>) {
    let mut source = Memory::with_summary(records, summary);
    let mut completed = Vec::new();
    let watch = Watch {
        completed: Some(Box::new(|_, ids| {
            completed.extend_from_slice(ids);
            Ok(())
        })),
        ..Watch::default()
    };
    let settings = Settings { limits: limits.clone(), ..Settings::new(threads) };
    let outcome = pipeline::run(&mut source, &settings, watch);
    assert!(outcome.error.is_none());
    (outcome.trace, completed)
}

/// Bounds that a small file reaches.
fn tight_limits() -> Limits {
    Limits {
        flows_per_shard: 2,
        held_per_stream: 4096,
        held_per_shard: 8192,
        buffer_per_stream: 4096,
        fragmented_packets: 2,
        fragment_bytes: 4096,
        http_head: 1024,
        http_fields: 16,
        http_pipeline: 2,
        decoded_body: 4096,
        tcp_idle: TimeDelta::from_secs(5),
        udp_idle: TimeDelta::from_secs(5),
        frames_listed: 8,
        ..Limits::default()
    }
}

/// Of all that a trace holds, in the order in which it holds it.
fn hash(trace: &Trace) -> u64 {
    struct Sum(DefaultHasher);
    impl fmt::Write for Sum {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut sum = Sum(DefaultHasher::new());
    let _ = write!(sum, "{trace:?}");
    sum.0.finish()
}
