//! Why a sender sends bytes again: its timer ran out, the receiver told of a hole, or it probed
//! for a lost tail.
//!
//! Judged where the packets were captured, which need not be the sender: what is told apart is
//! told by what the sender could know, and by timers with the least values in use. What fits none
//! of them stays unnamed.

use crate::flow::event::SegmentKind;
use crate::time::{TimeDelta, Timestamp};

/// What one sender does about loss.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// Since when the oldest byte in flight waits for its acknowledgment: from there on a
    /// sender's timer runs (RFC 6298 §5).
    waits_since: Option<Timestamp>,
    /// When the receiver last sent an acknowledgment.
    heard: Option<Timestamp>,
    /// The end of the highest bytes that the receiver reported beyond a hole (RFC 2018).
    sacked: u64,
    /// The end of a byte that was sent into a closed window: it was refused, not lost.
    refused: u64,
    /// The first loss of several that are repaired together: how, and up to which offset.
    episode: Option<(SegmentKind, u64)>,
    /// The end of the last tail probe: one is sent, then the timer runs (RFC 8985 §7.3).
    probed: Option<u64>,
}

/// Bytes that are sent again, and what the sender could know.
pub(super) struct Again {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The end of all that was sent before.
    pub(super) highest: u64,
    /// The highest offset acknowledged.
    pub(super) acked: u64,
    /// How often the last acknowledgment was repeated.
    pub(super) repeats: u32,
    /// The largest payload of this direction.
    pub(super) largest: u32,
    pub(super) at: Timestamp,
    pub(super) round_trip: Option<TimeDelta>,
}

/// RFC 5681 §3.2.
const DUPLICATES: u32 = 3;

/// The least that a retransmission timer adds to the round trip: 200 ms in Linux, more in others
/// (RFC 6298 §2.4 asks for 1 s in all), less what clocks of 10 ms cut off.
const LEAST_TIMER: TimeDelta = TimeDelta::from_millis(190);

/// A timer that has no round trip to go by (RFC 6298 §2.1).
const FIRST_TIMER: TimeDelta = TimeDelta::from_millis(990);

impl Again {
    /// True where no more duplicates can come, for all but one of the segments in flight have
    /// caused theirs (RFC 5827 §3.1).
    fn is_early(&self) -> bool {
        let in_flight = self.highest.saturating_sub(self.acked);
        let told = u64::from(self.repeats.saturating_add(1));
        self.repeats > 0
            && self.end < self.highest
            && in_flight <= told.saturating_mul(self.largest.into())
    }
}

impl Recovery {
    /// Bytes are sent for the first time.
    #[inline]
    pub(super) const fn sent(&mut self, at: Timestamp, is_first_in_flight: bool) {
        if is_first_in_flight || self.waits_since.is_none() {
            self.waits_since = Some(at);
        }
    }

    /// The receiver acknowledges up to `acked`, which may be nothing new.
    #[inline]
    pub(super) fn heard(&mut self, at: Timestamp, acked: u64, is_news: bool) {
        self.heard = Some(at);
        if is_news {
            self.waits_since = Some(at);
            self.probed = None;
            if self.episode.is_some_and(|(_, until)| acked >= until) {
                self.episode = None;
            }
        }
    }

    /// The receiver has bytes up to `end`, beyond a hole.
    pub(super) fn sacked(&mut self, end: u64) {
        self.sacked = self.sacked.max(end);
    }

    /// A byte up to `end` is sent into a closed window.
    pub(super) const fn refused(&mut self, end: u64) {
        self.refused = end;
    }

    /// Names bytes that are sent again and were not needless.
    pub(super) fn judge(&mut self, again: &Again) -> SegmentKind {
        if again.start < self.refused {
            return SegmentKind::Retransmission;
        }
        let waited = self.waits_since.map(|since| again.at.since(since));
        let least = again.round_trip.map_or(FIRST_TIMER, |time| time + LEAST_TIMER);
        let is_first = again.start <= again.acked;
        let is_tail = again.end >= again.highest;
        let told = again.repeats >= DUPLICATES || self.sacked > again.end || again.is_early();
        let told_lately = told
            && self.heard.is_some_and(|heard| {
                again.at.since(heard) < again.round_trip.unwrap_or(LEAST_TIMER) + LEAST_TIMER
            });
        if told_lately && self.episode.is_none() {
            return self.begin(SegmentKind::FastRetransmission, again);
        }
        let has_run_out = waited.is_some_and(|waited| waited >= least);
        if is_first && has_run_out {
            return self.begin(SegmentKind::TimeoutRetransmission, again);
        }
        if let Some((kind, until)) = self.episode
            && again.start < until
        {
            return kind;
        }
        let is_probe = is_tail
            && self.probed.is_none()
            && again.round_trip.zip(waited).is_some_and(|(time, waited)| waited > time);
        if is_probe {
            self.probed = Some(again.end);
            return SegmentKind::TailLossProbe;
        }
        SegmentKind::Retransmission
    }

    /// A new episode; after a timeout the timer runs from here.
    fn begin(&mut self, kind: SegmentKind, again: &Again) -> SegmentKind {
        self.episode = Some((kind, again.highest));
        self.waits_since = Some(again.at);
        kind
    }
}
