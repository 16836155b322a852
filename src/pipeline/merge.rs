//! Puts the events of all workers in order and folds them.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use crate::limits::Limits;
use crate::pipeline::counts::Counts;
use crate::pipeline::shard::Done;
use crate::pipeline::watch::CompletedWatch;
use crate::protocol::http::credentials::Credentials;
use crate::trace::builder::TraceBuilder;
use crate::trace::{CaptureFacts, EntityId, Trace};

/// The fold, and who watches it.
pub(super) struct Fold<'a> {
    builder: TraceBuilder,
    counts: Counts,
    watch: Option<CompletedWatch<'a>>,
    /// What the watcher said when it could not go on.
    pub(super) error: Option<io::Error>,
}

/// Tells the watcher what only the end of the capture completed.
pub(super) type LastWord<'a> = Box<dyn FnMut(&Trace) -> io::Result<()> + 'a>;

impl<'a> Fold<'a> {
    /// An empty trace, watched or not.
    pub(super) fn new(
        limits: &Limits,
        credentials: Credentials,
        watch: Option<CompletedWatch<'a>>,
    ) -> Self {
        let builder = TraceBuilder::new(limits, credentials);
        Self { builder, counts: Counts::default(), watch, error: None }
    }

    /// Takes round after round from every worker until they are done.
    pub(super) fn merge(&mut self, workers: &[Receiver<Done>], stop: &AtomicBool) {
        let mut events = Vec::new();
        let mut completed = Vec::new();
        loop {
            for worker in workers {
                let Ok(done) = worker.recv() else { return };
                if events.is_empty() {
                    events = done.events;
                } else {
                    events.extend(done.events);
                }
                if let Some(more) = done.counts {
                    self.counts.add(more);
                }
            }
            events.sort_unstable_by_key(|event| event.order);
            for event in events.drain(..) {
                self.builder.apply(event, &mut completed);
            }
            self.tell(&completed, stop);
            completed.clear();
        }
    }

    fn tell(&mut self, completed: &[EntityId], stop: &AtomicBool) {
        let Some(watch) = self.watch.as_mut().filter(|_| !completed.is_empty()) else { return };
        if let Err(failed) = watch(self.builder.trace(), completed) {
            // The reader ends at the next packet; what is on its way is still taken, so that
            // nobody waits for room.
            self.watch = None;
            self.error = Some(failed);
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// The trace, and the watcher's last word.
    pub(super) fn finish(self, mut facts: CaptureFacts) -> (Trace, Option<LastWord<'a>>) {
        let protocols = self.counts.into_facts(&mut facts);
        let mut completed = Vec::new();
        let trace = self.builder.finish(facts, protocols, &mut completed);
        let last: Option<LastWord<'a>> = self.watch.map(|mut watch| {
            let last: LastWord<'a> = Box::new(move |trace| watch(trace, &completed));
            last
        });
        (trace, last)
    }
}
