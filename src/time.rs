//! Packet time: when something was on the wire, and in which frame.
//!
//! All times are integers in nanoseconds; nothing here ever asks a clock.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment in nanoseconds since the Unix epoch (UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment that can be expressed.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest moment that can be expressed.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From seconds and nanoseconds; beyond the year 2262 it stays at the end of the range.
    pub const fn from_parts(seconds: i64, nanos: u32) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos as i64))
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The signed time from `earlier` to `self`.
    pub const fn since(self, earlier: Self) -> TimeDelta {
        TimeDelta(self.0.saturating_sub(earlier.0))
    }
}

impl Add<TimeDelta> for Timestamp {
    type Output = Self;

    fn add(self, delta: TimeDelta) -> Self {
        Self(self.0.saturating_add(delta.0))
    }
}

impl Sub for Timestamp {
    type Output = TimeDelta;

    fn sub(self, earlier: Self) -> TimeDelta {
        self.since(earlier)
    }
}

/// A signed length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeDelta(i64);

impl TimeDelta {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// In nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// In milliseconds, as HAR and people count.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `self`, or zero where clocks of two interfaces made it negative.
    #[must_use]
    pub const fn at_least_zero(self) -> Self {
        if self.0 < 0 { Self::ZERO } else { self }
    }
}

impl Add for TimeDelta {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for TimeDelta {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// The number of a frame in the capture, from 1 in capture order, as Wireshark counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNo(pub u64);

impl fmt::Display for FrameNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// When and in which frame something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The packet's time.
    pub at: Timestamp,
    /// The packet's number.
    pub frame: FrameNo,
}

impl Stamp {
    /// A stamp of its two parts.
    pub const fn new(at: Timestamp, frame: FrameNo) -> Self {
        Self { at, frame }
    }
}

/// The frame numbers that prove something: ascending, without repeats, one or two bytes each.
///
/// Frames of one flow arrive in capture order, so only the distance to the last is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    deltas: Vec<u8>,
    last: u64,
    count: u64,
}

impl Frames {
    /// Adds a frame. Most come in order; one that does not costs what lies behind it: bytes that
    /// waited behind a hole came before those that filled it.
    #[inline]
    pub fn push(&mut self, frame: FrameNo) {
        if frame.0 > self.last {
            self.append(frame);
        } else if frame.0 < self.last && frame.0 > 0 {
            self.insert_all([frame]);
        }
    }

    /// Adds a frame that is beyond the last.
    fn append(&mut self, frame: FrameNo) {
        let mut delta = frame.0 - self.last;
        while delta >= 0x80 {
            self.deltas.push((delta & 0x7f) as u8 | 0x80);
            delta >>= 7;
        }
        self.deltas.push((delta & 0x7f) as u8);
        self.last = frame.0;
        self.count += 1;
    }

    /// Adds frames that may come in any order and more than once. Costs what lies behind the
    /// first of them, not all that is listed.
    pub fn insert_all(&mut self, more: impl IntoIterator<Item = FrameNo>) {
        let mut more: Vec<FrameNo> = more.into_iter().collect();
        let Some(first) = more.iter().min().copied() else { return };
        while self.last >= first.0 && !self.is_empty() {
            more.push(FrameNo(self.last));
            self.pop();
        }
        more.sort_unstable();
        more.dedup();
        more.into_iter().filter(|frame| frame.0 > 0).for_each(|frame| self.append(frame));
    }

    /// Takes the last frame off.
    fn pop(&mut self) {
        let whole = self.deltas.len().saturating_sub(1);
        let before = self.deltas.get(..whole).unwrap_or_default();
        let start = before.iter().rposition(|byte| byte & 0x80 == 0).map_or(0, |at| at + 1);
        let last = self.deltas.split_off(start);
        let bits = last.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
        self.last = self.last.saturating_sub(bits);
        self.count = self.count.saturating_sub(1);
    }

    /// How many frames.
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// True where there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first and the last frame.
    pub fn bounds(&self) -> Option<(FrameNo, FrameNo)> {
        Some((self.iter().next()?, FrameNo(self.last)))
    }

    /// The frames in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = FrameNo> + '_ {
        let mut bytes = self.deltas.iter();
        let mut at = 0u64;
        std::iter::from_fn(move || {
            let (mut delta, mut shift) = (0u64, 0u32);
            for byte in bytes.by_ref() {
                delta |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    at += delta;
                    return Some(FrameNo(at));
                }
                shift += 7;
            }
            None
        })
    }
}

impl FromIterator<FrameNo> for Frames {
    fn from_iter<I: IntoIterator<Item = FrameNo>>(frames: I) -> Self {
        let mut list = Self::default();
        list.insert_all(frames);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp::from_parts(i64::MAX, 0), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.since(Timestamp::MAX), TimeDelta::from_nanos(i64::MIN));
        assert_eq!(TimeDelta::from_nanos(-3).at_least_zero(), TimeDelta::ZERO);
    }

    #[test]
    fn frames_that_came_before_the_last_have_their_place() {
        let mut frames = Frames::default();
        for frame in [5, 9, 6, 7, 9, 5, 0, 300, 8] {
            frames.push(FrameNo(frame));
        }
        let listed: Vec<u64> = frames.iter().map(|frame| frame.0).collect();
        assert_eq!((listed.as_slice(), frames.len()), (&[5, 6, 7, 8, 9, 300][..], 6));
    }

    #[test]
    fn frames_keep_what_was_pushed() {
        let mut frames = Frames::default();
        let pushed = [1, 2, 3, 130, 131, 70_000, 5_000_000_000];
        for frame in pushed {
            frames.push(FrameNo(frame));
        }
        frames.push(FrameNo(131));
        assert_eq!(frames.iter().map(|f| f.0).collect::<Vec<_>>(), pushed);
        assert_eq!(frames.len(), 7);
        assert_eq!(frames.bounds(), Some((FrameNo(1), FrameNo(5_000_000_000))));
        frames.insert_all([FrameNo(4), FrameNo(1)]);
        assert_eq!(frames.iter().nth(3), Some(FrameNo(4)));
        assert_eq!((frames.len(), frames.bounds().unwrap().1.0), (8, 5_000_000_000));
        frames.insert_all([FrameNo(5_000_000_001), FrameNo(69_999)]);
        let tail: Vec<u64> = frames.iter().skip(6).map(|frame| frame.0).collect();
        assert_eq!(tail, [69_999, 70_000, 5_000_000_000, 5_000_000_001]);
        frames.insert_all([]);
        assert_eq!(frames, frames.iter().collect());
    }
}
