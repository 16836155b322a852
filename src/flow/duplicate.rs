//! One packet captured twice: on the `any` device, on both sides of a bridge, at a mirror port.
//!
//! Such a copy was not sent again. It must not be taken for a retransmission, a repeated
//! acknowledgment or a repeated question.

use crate::flow::piece::{Piece, Place, Segment};
use crate::time::Timestamp;

/// What tells a packet of a flow from another, in few bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Print {
    content: u32,
    sum: u16,
    place: u16,
    identification: u32,
    /// In [`TICK`]s; it comes round after three days.
    at: u32,
}

impl Print {
    /// `content` is all that the transport header says but its checksum, which is `sum`.
    #[inline]
    pub(super) fn new(piece: &Piece<'_>, content: [u64; 2], sum: u16) -> Self {
        let Place(place) = piece.place;
        let [first, second] = content;
        Self {
            content: fold(first.wrapping_mul(MIX) ^ second),
            sum,
            place: (fold(place) >> 16) as u16,
            identification: piece.identification(),
            at: tick(piece.stamp.at),
        }
    }
}

impl Print {
    /// Of a TCP segment.
    #[inline]
    pub(super) fn of_segment(segment: &Segment<'_>) -> Self {
        let flags =
            u64::from(segment.syn) | u64::from(segment.fin) << 1 | u64::from(segment.rst) << 2;
        let content = [
            u64::from(segment.seq) << 32 | u64::from(segment.ack.unwrap_or(0)),
            u64::from(segment.window) << 32
                | flags << 28
                | u64::from(segment.piece.length()) & 0xfff_ffff,
        ];
        Self::new(&segment.piece, content, segment.header.checksum())
    }

    /// Of a datagram. A checksum may be wrong, or absent: the first bytes (of DNS: the identifier)
    /// tell what it should have told.
    pub(super) fn of_datagram(piece: &Piece<'_>, checksum: u16) -> Self {
        let length = u64::from(piece.length());
        let first = piece.payload.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        Self::new(piece, [length, first], checksum)
    }
}

/// The last packets of one direction: devices that hand packets on in batches show a whole batch
/// again.
///
/// Most flows are a question and its answer: there is room for a few packets at first.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    prints: Vec<Print>,
    turn: u8,
}

impl Recent {
    /// Remembers a packet.
    #[inline]
    pub(super) fn note(&mut self, print: Print) {
        if let Some(place) = self.prints.get_mut(usize::from(self.turn) % BATCH) {
            *place = print;
        } else {
            let count = self.prints.len();
            if count == self.prints.capacity() {
                self.prints.reserve_exact(if count == 0 { FEW } else { BATCH - count });
            }
            self.prints.push(print);
        }
        self.turn = self.turn.wrapping_add(1);
    }

    /// True where a packet is a copy of one of the last: the same content within a moment, and
    /// either the same IP identification (where the sender counts them) or seen elsewhere. Both
    /// make up for a checksum that differs: a sender's device fills it in behind the first tap.
    pub(super) fn has(&self, print: &Print) -> bool {
        let id = print.identification;
        // a sender that writes the same number everywhere proves nothing by it
        let counts = id != 0
            && self
                .prints
                .iter()
                .all(|other| other.identification != id || other.content == print.content);
        self.prints.iter().any(|other| {
            let is_elsewhere = other.place != print.place;
            other.content == print.content
                && other.identification == id
                && print.at.wrapping_sub(other.at) <= MOMENT
                && if other.sum == print.sum {
                    counts || is_elsewhere
                } else {
                    counts && is_elsewhere
                }
        })
    }
}

/// All of `value` in 32 bits.
#[inline]
const fn fold(value: u64) -> u32 {
    (value.wrapping_mul(MIX) >> 32) as u32
}

/// A moment in ticks.
#[inline]
const fn tick(at: Timestamp) -> u32 {
    (at.as_nanos().cast_unsigned() >> TICK & 0xffff_ffff) as u32
}

const BATCH: usize = 16;
/// Packets of a short flow.
const FEW: usize = 2;
/// A tick is 2^16 ns.
const TICK: u32 = 16;
/// 5 ms, in ticks: the longest that a packet takes from one tap to the next on one machine. The
/// shortest retransmission timers are 40 times as long.
const MOMENT: u32 = 76;
/// An odd number without a pattern (2^64 divided by the golden ratio).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::address::MacAddr;
    use crate::flow::event::Direction;
    use crate::packet::{Decoded, Macs, Network};
    use crate::time::{FrameNo, Stamp};

    fn print(content: u64, id: u32, interface: u32, millis: i64) -> Print {
        let macs = Macs { source: MacAddr([2; 6]), destination: None };
        let unspecified = std::net::IpAddr::from([0; 4]);
        let network = Network {
            source: unspecified,
            destination: unspecified,
            ttl: 64,
            protocol: 6,
            identification: Some(id),
            fragment: None,
            ecn: 0,
            checksum_ok: true,
        };
        let decoded = Decoded { network: Some(network), ..Decoded::default() };
        let piece = Piece {
            direction: Direction::ToServer,
            stamp: Stamp::new(Timestamp::from_nanos(millis * 1_000_000), FrameNo(1)),
            block: &Bytes::new(),
            payload: &[],
            missing: 0,
            place: Place::new(interface, 64, Some(macs), 0),
            interface,
            decoded: &decoded,
        };
        Print::new(&piece, [content, 1], 0xbeef)
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
    fn a_checksum_may_be_filled_in_on_the_way() {
        let mut recent = Recent::default();
        recent.note(print(7, 100, 0, 10));
        recent.note(print(9, 0, 0, 10));
        let filled = |print: Print| Print { sum: 0x1234, ..print };
        assert!(recent.has(&filled(print(7, 100, 1, 11))));
        assert!(!recent.has(&filled(print(7, 100, 0, 11))), "at the same place");
        assert!(!recent.has(&filled(print(9, 0, 1, 11))), "without a number");
    }

    #[test]
    fn a_number_that_never_changes_proves_nothing() {
        let mut recent = Recent::default();
        recent.note(print(7, 1, 0, 10));
        recent.note(print(8, 1, 0, 10));
        assert!(!recent.has(&print(7, 1, 0, 10)));
    }
}
