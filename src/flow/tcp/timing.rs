//! Round trips from a segment to its acknowledgment, as they are where the packets were captured:
//! from there to the receiver and back. What the receiver waits before it acknowledges (up to
//! 500 ms, RFC 9293 §3.8.6.3) is in them.

use arrayvec::ArrayVec;

use crate::flow::event::RoundTrips;
use crate::flow::samples::Samples;
use crate::time::{TimeDelta, Timestamp};

/// Segments of one sender that wait for their acknowledgment, and how long others waited.
#[derive(Debug, Default)]
pub(super) struct Timing {
    waiting: ArrayVec<Waiting, WAITING>,
    samples: Samples,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// The acknowledgment of just this offset answers the segment.
    end: u64,
    at: Timestamp,
}

/// Segments timed at once: one in each round trip would do (RFC 6298 §3), more tell of queues.
const WAITING: usize = 8;

impl Timing {
    /// A segment up to `end` is sent for the first time.
    #[inline]
    pub(super) fn sent(&mut self, end: u64, at: Timestamp) {
        if !self.waiting.is_full() {
            self.waiting.push(Waiting { end, at });
        }
    }

    /// Bytes from `start` on are sent again or late: acknowledgments behind them tell nothing of
    /// a round trip (Karn's rule, RFC 6298 §3), for they wait for the hole too.
    pub(super) fn forget(&mut self, start: u64) {
        self.waiting.retain(|waiting| waiting.end <= start);
    }

    /// All up to `acked` is acknowledged.
    #[inline]
    pub(super) fn acked(&mut self, acked: u64, at: Timestamp) {
        let mut answered = None;
        self.waiting.retain(|waiting| {
            if waiting.end == acked {
                answered = Some(waiting.at);
            }
            waiting.end > acked
        });
        if let Some(since) = answered {
            self.samples.add(at.since(since));
        }
    }

    /// A round trip that was measured otherwise.
    pub(super) fn add(&mut self, time: TimeDelta) {
        self.samples.add(time);
    }

    pub(super) fn summary(&self) -> Option<RoundTrips> {
        self.samples.summary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn each_acknowledgment_answers_the_segment_that_it_ends_with() {
        let mut timing = Timing::default();
        timing.sent(100, at(0));
        timing.sent(200, at(1));
        timing.acked(200, at(11));
        timing.sent(300, at(20));
        timing.acked(250, at(30));
        timing.acked(300, at(26));
        let summary = timing.summary().unwrap();
        assert_eq!((summary.count, summary.min), (2, TimeDelta::from_millis(6)));
        assert_eq!(summary.p95, TimeDelta::from_millis(10));
    }

    #[test]
    fn nothing_is_learnt_from_what_was_sent_again() {
        let mut timing = Timing::default();
        for n in 1..=4 {
            timing.sent(n * 100, at(0));
        }
        timing.forget(100);
        timing.acked(100, at(5));
        timing.acked(400, at(500));
        assert_eq!(timing.summary().unwrap().count, 1);
    }
}
