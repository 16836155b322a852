//! One packet captured twice: on the `any` device, on both sides of a bridge, at a mirror port.
//!
//! Such a copy was not sent again. It must not be taken for a retransmission, a repeated
//! acknowledgment or a repeated question.

use crate::flow::piece::{Piece, Place};
use crate::time::{TimeDelta, Timestamp};

/// What tells a packet of a flow from another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Print {
    content: [u64; 2],
    place: Place,
    at: Timestamp,
    identification: u32,
}

impl Print {
    /// `content` is all that the transport header says, its checksum above all.
    #[inline]
    pub(super) const fn new(piece: &Piece<'_>, content: [u64; 2]) -> Self {
        Self {
            content,
            place: piece.place,
            at: piece.stamp.at,
            identification: piece.identification,
        }
    }
}

/// The last packets of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    prints: [Print; 4],
    turn: u8,
}

impl Recent {
    /// Remembers a packet.
    #[inline]
    pub(super) fn note(&mut self, print: Print) {
        let [first, second, third, fourth] = &mut self.prints;
        *match self.turn & 3 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        } = print;
        self.turn = self.turn.wrapping_add(1);
    }

    /// True where a packet is a copy of one of the last: the same content within a moment, and
    /// either the same IP identification (where the sender counts them) or seen elsewhere.
    pub(super) fn has(&self, print: &Print) -> bool {
        let id = print.identification;
        // a sender that writes the same number everywhere proves nothing by it
        let counts = id != 0
            && self
                .prints
                .iter()
                .all(|other| other.identification != id || other.content == print.content);
        self.prints.iter().any(|other| {
            other.content == print.content
                && other.identification == id
                && print.at.since(other.at).at_least_zero() <= MOMENT
                && (counts || other.place != print.place)
        })
    }
}

/// The longest that a packet takes from one tap to the next on one machine; the shortest
/// retransmission timers are 40 times as long.
const MOMENT: TimeDelta = TimeDelta::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::MacAddr;
    use crate::packet::Macs;

    fn print(content: u64, id: u32, interface: u32, millis: i64) -> Print {
        let macs = Macs { source: MacAddr([2; 6]), destination: None };
        Print {
            content: [content, 1],
            place: Place::new(interface, 64, Some(macs)),
            at: Timestamp::from_nanos(millis * 1_000_000),
            identification: id,
        }
    }

    #[test]
    fn the_same_packet_within_a_moment_is_a_copy() {
        let mut recent = Recent::default();
        recent.note(print(7, 100, 0, 10));
        recent.note(print(8, 101, 0, 10));
        assert!(recent.has(&print(7, 100, 0, 11)));
        assert!(!recent.has(&print(7, 102, 0, 11)), "sent again under another number");
        assert!(!recent.has(&print(7, 100, 0, 210)), "too late");
    }

    #[test]
    fn without_a_number_it_must_be_seen_elsewhere() {
        let mut recent = Recent::default();
        recent.note(print(7, 0, 0, 10));
        assert!(!recent.has(&print(7, 0, 0, 11)));
        assert!(recent.has(&print(7, 0, 1, 11)));
    }

    #[test]
    fn a_number_that_never_changes_proves_nothing() {
        let mut recent = Recent::default();
        recent.note(print(7, 1, 0, 10));
        recent.note(print(8, 1, 0, 10));
        assert!(!recent.has(&print(7, 1, 0, 10)));
    }
}
