//! Starts the threads, waits for them, and gives the trace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::capture::source::PacketSource;
use crate::limits::Limits;
use crate::pipeline::dispatch::{self, Read};
use crate::pipeline::merge::Fold;
use crate::pipeline::shard::Worker;
use crate::pipeline::watch::{RunError, Watch};
use crate::protocol::PROTOCOLS;
use crate::protocol::http::credentials::Credentials;
use crate::protocol::secrets::Secrets;
use crate::trace::Trace;

/// Rounds that may wait between two stages; more only holds more blocks in memory.
const ROUNDS_WAITING: usize = 4;

/// Rounds whose events may wait to be folded: events can have fifty times the bytes of the packets
/// that they are made of.
const EVENTS_WAITING: usize = 1;

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads, from 1 to [`Limits::SHARDS`]. Changes the speed, never the output.
    pub threads: usize,
    /// The bounds.
    pub limits: Limits,
    /// Whether the trace holds cookies, authorizations and passwords.
    pub credentials: Credentials,
}

impl Settings {
    /// With so many threads; the usual bounds, and no credentials.
    pub fn new(threads: usize) -> Self {
        Self { threads, limits: Limits::default(), credentials: Credentials::default() }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The trace: of everything up to the error, where there was one.
    pub trace: Trace,
    /// The secrets that were read: no trace and no report has them.
    pub secrets: Secrets,
    /// Why it ended early.
    pub error: Option<RunError>,
}

/// Runs a source to its end.
pub fn run(source: &mut dyn PacketSource, settings: &Settings, watch: Watch<'_>) -> Outcome {
    let threads = settings.threads.clamp(1, Limits::SHARDS);
    let stop = AtomicBool::new(false);
    let Watch { packet, completed } = watch;
    let (read, mut fold) = thread::scope(|scope| {
        let mut to_workers = Vec::with_capacity(threads);
        let mut from_workers = Vec::with_capacity(threads);
        for nth in 0..threads {
            let (to, rounds) = mpsc::sync_channel(ROUNDS_WAITING);
            let (results, from) = mpsc::sync_channel(EVENTS_WAITING);
            let worker = Worker::new(nth, threads, &settings.limits, PROTOCOLS);
            scope.spawn(move || worker.run(&rounds, &results));
            to_workers.push(to);
            from_workers.push(from);
        }
        let stop = &stop;
        let reader =
            scope.spawn(move || dispatch::read(source, to_workers, &settings.limits, packet, stop));
        let mut fold = Fold::new(&settings.limits, settings.credentials, completed);
        fold.merge(&from_workers, stop);
        // Where a worker died, the reader must not wait for room for ever.
        drop(from_workers);
        stop.store(true, Ordering::Relaxed);
        match reader.join() {
            Ok(read) => (read, fold),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let watched = fold.error.take();
    let Read { facts, secrets, error } = read;
    let (trace, told) = fold.finish(facts);
    let mut error = error.or_else(|| watched.map(RunError::Watch));
    if let (None, Some(mut completed)) = (&error, told) {
        error = completed(&trace).err().map(RunError::Watch);
    }
    Outcome { trace, secrets, error }
}
