//! What both threads of a live capture use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pcap::{BreakLoop, Precision};

/// What the thread reports beside packets.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) received: Option<u64>,
    pub(super) dropped: Option<u64>,
    pub(super) failure: Option<String>,
}

/// Ends a capture from any thread: a signal, a timer, a key.
#[derive(Clone)]
pub struct Stop {
    pub(super) asked: Arc<AtomicBool>,
    pub(super) wake: Arc<BreakLoop>,
}

impl Stop {
    /// Ends the capture: what was captured up to now is still handed out, then comes the end.
    pub fn stop(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.wake.breakloop();
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

pub(super) fn lock(counted: &Mutex<Counted>) -> std::sync::MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// libpcap's words without the binding's.
pub(super) fn words(error: &pcap::Error) -> String {
    error.to_string().trim_start_matches("libpcap error: ").to_owned()
}

/// Nanoseconds where the system is known to have them: the binding does not say what it got.
pub(super) const PRECISION: Precision =
    if cfg!(target_os = "linux") { Precision::Nano } else { Precision::Micro };
