//! Whether all packets of a sender passed, as its count of IPv4 packets tells.
//!
//! Many systems give the packets of a connection consecutive identifications (RFC 6864 §4.1 lets
//! them be anything). A number that is left out is then a packet that was lost before it came
//! here; where it was the last of its flight, nothing else shows that. A system that counts all
//! its packets together does so in a burst too: so the count has to go on over a pause.

use crate::time::{TimeDelta, Timestamp};

/// What a sender's identifications tell.
#[derive(Debug, Default)]
pub(super) struct Count {
    last: Option<u16>,
    at: Timestamp,
    /// Steps of one.
    steps: u8,
    /// Those of them over a pause.
    apart: u8,
    /// Numbers left out, with no hole in the stream that says why.
    left_out: u8,
    /// One was, since this was last set to false.
    pub(super) is_missing: bool,
}

/// After so many steps of one a sender is seen to count.
const COUNTS: u8 = 6;

/// More than so many packets are not lost without any other sign of it.
const SKIPPED: u16 = 16;

/// In such a pause a host that serves others has sent something to them.
const PAUSE: TimeDelta = TimeDelta::from_millis(5);

impl Count {
    /// Takes the identification of the next packet, 0 where there is none. One that opens a hole
    /// says by that what is missing.
    #[inline]
    pub(super) fn note(&mut self, id: u16, at: Timestamp, opens_hole: bool) {
        let step = self.last.map_or(u16::MAX / 2, |last| id.wrapping_sub(last));
        match step {
            // none, or overtaken
            _ if id == 0 && step != 1 || step == 0 || step > u16::MAX - SKIPPED => return,
            1 => {
                self.steps = self.steps.saturating_add(1);
                let is_apart = at.since(self.at) > PAUSE;
                self.apart = self.apart.saturating_add(u8::from(is_apart));
            }
            2..=SKIPPED if opens_hole => {}
            2..=SKIPPED => {
                self.is_missing |= self.steps >= COUNTS && self.apart > self.left_out;
                self.left_out = self.left_out.saturating_add(1);
            }
            _ => (self.steps, self.apart) = (0, 0),
        }
        (self.last, self.at) = (Some(id), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets with these identifications, the first four of them a while apart.
    fn is_missing(ids: impl IntoIterator<Item = u16>) -> bool {
        let mut count = Count::default();
        for (nth, id) in ids.into_iter().enumerate() {
            let at = i64::try_from(nth).unwrap().min(4) * 10_000_000;
            count.note(id, Timestamp::from_nanos(at), false);
        }
        count.is_missing
    }

    #[test]
    fn a_number_left_out_is_missed_once_a_sender_counts() {
        assert!(is_missing((65_530..=65_535).chain([0, 1, 2, 4])), "and wraps");
        assert!(is_missing([10, 11, 12, 13, 14, 15, 16, 19]));
        assert!(!is_missing([10, 11, 12, 13, 15]), "too few");
        assert!(!is_missing([10, 12, 15, 19, 20, 24, 30, 31, 33, 40]), "it counts others too");
        assert!(!is_missing([10, 12, 15, 19, 20, 21, 22, 23, 24, 25, 26, 28]), "in bursts alone");
        assert!(!is_missing([10, 11, 12, 13, 14, 15, 16, 16, 15, 17]), "overtaken");
        assert!(!is_missing([0; 9]));
        assert!(!is_missing([10, 11, 12, 13, 14, 15, 16, 900, 901]));
    }

    #[test]
    fn a_hole_tells_by_itself() {
        let mut count = Count::default();
        for id in 10..=16 {
            count.note(id, Timestamp::from_nanos(i64::from(id) * 10_000_000), false);
        }
        count.note(18, Timestamp::MAX, true);
        assert!(!count.is_missing);
    }
}
