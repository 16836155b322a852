//! The sender's own clock, as its timestamps show it (RFC 7323 §3): whether a pause was the
//! sender's, or its bytes were on their way all the time.

use crate::time::{Stamp, TimeDelta, Timestamp};

/// What the timestamps of one sender tell.
#[derive(Debug, Default)]
pub(super) struct Clock {
    first: Option<(u32, Timestamp)>,
    /// That of the last packet that brought something.
    last: Option<u32>,
}

/// The tick of the slowest clocks in use, where nothing tells a shorter one.
const SLOW: TimeDelta = TimeDelta::from_millis(100);

/// No clock ticks faster (RFC 7323 §5.4).
const FAST: TimeDelta = TimeDelta::from_millis(1);

/// A shorter time tells the tick too badly: packets are late by some milliseconds.
const BASE: TimeDelta = TimeDelta::from_millis(25);

impl Clock {
    /// Any packet of the sender.
    #[inline]
    pub(super) const fn note(&mut self, value: Option<u32>, at: Timestamp) {
        if let (Some(value), None) = (value, self.first) {
            self.first = Some((value, at));
        }
    }

    /// A packet that brought something.
    #[inline]
    pub(super) const fn sent(&mut self, value: Option<u32>) {
        self.last = value;
    }

    /// True where the packet with `value` was sent soon after the one before it, though `gap`
    /// passed between them here.
    pub(super) fn was_on_its_way(&self, value: Option<u32>, at: Stamp, gap: TimeDelta) -> bool {
        let (Some(value), Some(last)) = (value, self.last) else { return false };
        let ticks = i64::from(value.wrapping_sub(last).cast_signed());
        let most = self.tick(value, at.at).as_nanos().saturating_mul(ticks.saturating_add(1));
        ticks >= 0 && most < gap.as_nanos() / 2
    }

    fn tick(&self, value: u32, at: Timestamp) -> TimeDelta {
        let Some((first, since)) = self.first else { return SLOW };
        let (passed, ticks) = (at.since(since), i64::from(value.wrapping_sub(first)));
        if passed < BASE || ticks == 0 {
            return SLOW.max(passed);
        }
        TimeDelta::from_nanos(passed.as_nanos() / ticks).max(FAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FrameNo;

    /// Whether the last of some packets (clock, milliseconds) was on its way.
    fn was_on_its_way(packets: &[(u32, i64)]) -> bool {
        let mut clock = Clock::default();
        let [.., before, last] = packets else { panic!("two packets at least") };
        let moment = |millis: i64| Timestamp::from_nanos(millis * 1_000_000);
        for (value, at) in packets {
            clock.note(Some(*value), moment(*at));
        }
        clock.sent(Some(before.0));
        let gap = TimeDelta::from_millis(last.1 - before.1);
        clock.was_on_its_way(Some(last.0), Stamp::new(moment(last.1), FrameNo(1)), gap)
    }

    #[test]
    fn a_clock_of_a_millisecond() {
        assert!(was_on_its_way(&[(1000, 0), (1200, 200), (1201, 240)]));
        assert!(!was_on_its_way(&[(1000, 0), (1200, 200), (1240, 240)]), "the sender waited");
        assert!(was_on_its_way(&[(u32::MAX - 99, 0), (99, 200), (99, 240)]), "it wraps");
        assert!(!was_on_its_way(&[(1000, 0), (1200, 200), (1190, 240)]), "sent before");
    }

    #[test]
    fn a_slow_clock() {
        assert!(!was_on_its_way(&[(10, 0), (12, 200), (12, 240)]), "a tick of 100 ms");
        assert!(!was_on_its_way(&[(10, 0), (10, 200), (10, 240)]), "one of more");
        assert!(was_on_its_way(&[(10, 0), (30, 200), (30, 240)]), "one of 10 ms");
    }

    #[test]
    fn nothing_to_measure_the_clock_by() {
        assert!(!was_on_its_way(&[(7, 0), (7, 20)]), "as much as a slow clock can hide");
        assert!(!was_on_its_way(&[(7, 0), (9, 20)]));
    }

    #[test]
    fn no_clock_at_all() {
        let clock = Clock::default();
        assert!(!clock.was_on_its_way(None, Stamp::default(), TimeDelta::from_millis(40)));
    }
}
