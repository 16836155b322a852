//! The clock of a pcapng interface: ticks of a named length, counted from a named offset.
//!
//! Takes ticks as a block has them, gives nanoseconds since the epoch; whole numbers throughout,
//! since a double has no room for the nanoseconds of this century.

use crate::time::Timestamp;

/// What a timestamp of one interface means (`if_tsresol`, `if_tsoffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    tick: Tick,
    /// Nanoseconds to add.
    offset: i64,
}

/// The length of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tick {
    /// This many nanoseconds.
    Nanos(u32),
    /// A nanosecond divided by this; 0 where all the ticks there are make no nanosecond.
    PerNano(u64),
    /// A second divided by this power of two.
    BinarySecond(u32),
}

impl Clock {
    /// From the options' values. `resolution`: the top bit clear is a negative power of ten,
    /// set a negative power of two. `offset`: in seconds.
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let tick = match (resolution & 0x80 == 0, 9u32.checked_sub(exponent)) {
            (true, Some(zeros)) => Tick::Nanos(10u32.saturating_pow(zeros)),
            (true, None) => {
                Tick::PerNano(10u64.checked_pow(exponent.saturating_sub(9)).unwrap_or(0))
            }
            (false, _) => Tick::BinarySecond(exponent),
        };
        Self { tick, offset: offset.saturating_mul(NANOS) }
    }

    /// The moment that so many ticks mean, cut to whole nanoseconds.
    #[inline]
    pub(super) fn at(self, ticks: u64) -> Timestamp {
        let ticks = i128::from(ticks);
        let nanos = match self.tick {
            Tick::Nanos(nanos) => ticks.saturating_mul(i128::from(nanos)),
            Tick::PerNano(count) => ticks.checked_div(i128::from(count)).unwrap_or(0),
            Tick::BinarySecond(exponent) => ticks.saturating_mul(i128::from(NANOS)) >> exponent,
        };
        let nanos = nanos.saturating_add(i128::from(self.offset));
        let clamped = nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Timestamp::from_nanos(i64::try_from(clamped).unwrap_or(i64::MAX))
    }
}

impl Default for Clock {
    /// Microseconds, where an interface does not say.
    fn default() -> Self {
        Self::new(6, 0)
    }
}

const NANOS: i64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(resolution: u8, offset: i64, ticks: u64) -> i64 {
        Clock::new(resolution, offset).at(ticks).as_nanos()
    }

    #[test]
    fn powers_of_ten() {
        assert_eq!(
            Clock::default().at(1_700_000_000_123_456).as_nanos(),
            1_700_000_000_123_456_000
        );
        assert_eq!(nanos(0, 0, 1_700_000_000), 1_700_000_000_000_000_000);
        assert_eq!(nanos(9, 0, 1_700_000_000_123_456_789), 1_700_000_000_123_456_789);
        assert_eq!(nanos(12, 0, 1_700_000_000_123_456), 1_700_000_000_123);
        assert_eq!(nanos(127, 0, u64::MAX), 0);
    }

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(nanos(0x8a, 0, 1536), 1_500_000_000);
        // 30 bits of fraction are finer than a nanosecond, and 64 are all there is
        assert_eq!(nanos(0x9e, 0, (5 << 30) + 1), 5_000_000_000);
        assert_eq!(nanos(0xa1, 0, (1_700_000_000 << 33) | (1 << 32)), 1_700_000_000_500_000_000);
        assert_eq!(nanos(0xc0, 0, 1 << 63), 500_000_000);
        assert_eq!(nanos(0xff, 0, u64::MAX), 0);
    }

    #[test]
    fn offsets_may_be_negative_and_nothing_overflows() {
        assert_eq!(nanos(6, -3600, 3_600_000_001), 1000);
        assert_eq!(nanos(6, -1, 0), -1_000_000_000);
        assert_eq!(nanos(3, 1_700_000_000, 250), 1_700_000_000_250_000_000);
        assert_eq!(nanos(0, i64::MAX, u64::MAX), i64::MAX);
        assert_eq!(nanos(0, i64::MIN, 0), i64::MIN);
        assert_eq!(nanos(9, -9_000_000_000, 10_000_000_000_000_000_000), 1_000_000_000_000_000_000);
    }
}
