//! Starts the threads, waits for them, and gives the trace.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::capture::source::{CaptureError, Packet, PacketSource};
use crate::limits::Limits;
use crate::pipeline::dispatch;
use crate::pipeline::merge::Fold;
use crate::pipeline::shard::Worker;
use crate::protocol::PROTOCOLS;
use crate::trace::{EntityId, Trace};

/// Rounds that may wait between two stages; more only holds more blocks in memory.
const ROUNDS_WAITING: usize = 2;

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Worker threads, from 1 to [`Limits::SHARDS`]. Changes the speed, never the output.
    pub threads: usize,
    /// The bounds.
    pub limits: Limits,
}

/// What watches a run.
#[derive(Default)]
pub struct Watch<'a> {
    /// Called with each packet, in capture order, on the reading thread.
    pub packet: Option<PacketWatch<'a>>,
    /// Called with the trace so far and the entities that were completed since the last call,
    /// in an order that depends on the packets alone.
    pub completed: Option<CompletedWatch<'a>>,
}

/// Sees every packet.
pub type PacketWatch<'a> = Box<dyn FnMut(&Packet) -> io::Result<()> + Send + 'a>;

/// Sees what was completed.
pub type CompletedWatch<'a> = Box<dyn FnMut(&Trace, &[EntityId]) -> io::Result<()> + 'a>;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The trace: of everything up to the error, where there was one.
    pub trace: Trace,
    /// Why it ended early.
    pub error: Option<RunError>,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The source failed.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Who watched failed.
    #[error(transparent)]
    Watch(#[from] io::Error),
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
            let (results, from) = mpsc::sync_channel(ROUNDS_WAITING);
            let worker = Worker::new(nth, threads, &settings.limits, PROTOCOLS);
            scope.spawn(move || worker.run(&rounds, &results));
            to_workers.push(to);
            from_workers.push(from);
        }
        let stop = &stop;
        let reader = scope.spawn(move || dispatch::read(source, to_workers, packet, stop));
        let mut fold = Fold::new(completed);
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
    let (trace, told) = fold.finish(read.facts);
    let mut error = read.error.or_else(|| watched.map(RunError::Watch));
    if let (None, Some(mut completed)) = (&error, told) {
        error = completed(&trace).err().map(RunError::Watch);
    }
    Outcome { trace, error }
}
