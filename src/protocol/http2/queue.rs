//! Requests that wait until as many streams as are allowed are not open any more (RFC 9113
//! §5.1.2).
//!
//! The wire does not show when a client wanted to ask. But where all streams that the server
//! allows are open, and a request leaves as soon as one of them ends, it waited.

use crate::protocol::http::multiplex::Queued;
use crate::time::{Stamp, TimeDelta};

/// How many streams of the client are open, and how many may be.
#[derive(Default)]
pub(super) struct Queue {
    open: u32,
    limit: Option<u32>,
    /// Since when as many are open as may be.
    full: Option<Stamp>,
    /// Since when there is room again for what waits.
    freed: Option<Stamp>,
}

impl Queue {
    /// The server allows so many.
    pub(super) const fn allow(&mut self, limit: u32) {
        self.limit = Some(limit);
    }

    /// A stream of the client begins.
    pub(super) fn begins(&mut self, at: Stamp) -> Option<Queued> {
        self.open = self.open.saturating_add(1);
        let limit = self.limit?;
        let queued = match (self.full, self.freed) {
            (Some(since), Some(freed)) if at.at.since(freed.at) <= PROMPT => {
                Some(Queued { since, freed, limit })
            }
            _ => None,
        };
        let is_full = self.open >= limit;
        if is_full || queued.is_none() {
            self.freed = None;
        }
        if queued.is_none() {
            self.full = is_full.then_some(at);
        }
        queued
    }

    /// A stream of the client ended.
    pub(super) fn ends(&mut self, at: Stamp) {
        self.open = self.open.saturating_sub(1);
        if self.full.is_some() {
            self.freed.get_or_insert(at);
        }
    }
}

/// A browser that waited for a stream sends within some milliseconds of its end: its processes
/// must hear of it first.
const PROMPT: TimeDelta = TimeDelta::from_millis(40);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(millis: i64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(millis * 1_000_000), FrameNo(millis.cast_unsigned()))
    }

    #[test]
    fn a_request_that_leaves_when_a_stream_ends_waited_if_all_were_open() {
        let mut queue = Queue::default();
        queue.allow(2);
        assert_eq!(queue.begins(at(1)), None);
        assert_eq!(queue.begins(at(2)), None);
        queue.ends(at(50));
        let waited = Queued { since: at(2), freed: at(50), limit: 2 };
        assert_eq!(queue.begins(at(51)), Some(waited));
        // still full: the next one waited, too
        queue.ends(at(60));
        assert_eq!(queue.begins(at(60)), Some(Queued { freed: at(60), ..waited }));
        queue.ends(at(70));
        queue.ends(at(71));
        assert_eq!(queue.begins(at(200)), None);
        queue.ends(at(201));
        assert_eq!(queue.begins(at(202)), None);
    }

    #[test]
    fn as_many_waited_as_streams_ended() {
        let mut queue = Queue::default();
        queue.allow(2);
        for n in [1, 2] {
            assert_eq!(queue.begins(at(n)), None);
        }
        queue.ends(at(50));
        queue.ends(at(51));
        let waited = Queued { since: at(2), freed: at(50), limit: 2 };
        assert_eq!(queue.begins(at(52)), Some(waited));
        assert_eq!(queue.begins(at(53)), Some(waited));
        // nothing ended since
        assert_eq!(queue.begins(at(54)), None);
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let mut queue = Queue::default();
        for n in 0..1000 {
            assert_eq!(queue.begins(at(n)), None);
            queue.ends(at(n));
        }
    }
}
