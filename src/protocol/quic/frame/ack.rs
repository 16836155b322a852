//! What has arrived, and how it is told (RFC 9000 §19.3).

use std::ops::RangeInclusive;

use crate::cursor::{Cursor, Short};

/// What has arrived (RFC 9000 §19.3). All ranges have been read once: there
/// are as many as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol::quic) struct Ack<'a> {
    /// The largest packet number.
    pub(in crate::protocol::quic) largest: u64,
    /// How long its acknowledgment was held back, to be shifted by the sender's
    /// ack_delay_exponent for microseconds.
    pub(in crate::protocol::quic) delay: u64,
    /// How many packets right before the largest have arrived, too.
    pub(in crate::protocol::quic) first: u64,
    /// How many ranges follow the first.
    pub(in crate::protocol::quic) count: u64,
    /// These ranges as they were sent: a gap and a length each.
    encoded: &'a [u8],
    /// Packets that arrived marked ECT(0), ECT(1) and ECN-CE.
    pub(in crate::protocol::quic) ecn: Option<[u64; 3]>,
}

impl<'a> Ack<'a> {
    /// What follows the type of an ACK frame, with counts of ECN or without. None where a range
    /// has packet numbers below 0; all of it is read even so.
    pub(super) fn read(has_ecn: bool, cursor: &mut Cursor<'a>) -> Result<Option<Self>, Short> {
        let (largest, delay) = (cursor.varint()?, cursor.varint()?);
        let (count, first) = (cursor.varint()?, cursor.varint()?);
        let mut lowest = range(largest, first);
        let start = *cursor;
        // each takes two bytes at least, so that the bytes bound the turns, whatever the count is
        for _ in 0..count {
            let mut encoded = *cursor;
            cursor.varint()?;
            cursor.varint()?;
            lowest = lowest.and_then(|lowest| below(*lowest.start(), &mut encoded));
        }
        let encoded = start.rest().get(..cursor.offset() - start.offset()).unwrap_or_default();
        let mut ecn = has_ecn.then_some([0; 3]);
        for count in ecn.iter_mut().flatten() {
            *count = cursor.varint()?;
        }
        Ok(lowest.map(|_| Self { largest, delay, first, count, encoded, ecn }))
    }

    /// Packet numbers that have arrived, from the highest range down.
    pub(in crate::protocol::quic) fn ranges(&self) -> Ranges<'a> {
        Ranges { next: range(self.largest, self.first), rest: Cursor::new(self.encoded) }
    }
}

/// Ranges of packet numbers, from the highest down; ends at the first that cannot be.
#[derive(Clone, Debug)]
pub(in crate::protocol::quic) struct Ranges<'a> {
    next: Option<RangeInclusive<u64>>,
    rest: Cursor<'a>,
}

impl Iterator for Ranges<'_> {
    type Item = RangeInclusive<u64>;

    fn next(&mut self) -> Option<Self::Item> {
        let range = self.next.take()?;
        self.next = below(*range.start(), &mut self.rest);
        Some(range)
    }
}

/// RFC 9000 §19.3.1: the next range down from one that begins at `start`.
fn below(start: u64, encoded: &mut Cursor<'_>) -> Option<RangeInclusive<u64>> {
    let gap = encoded.varint().ok()?;
    let length = encoded.varint().ok()?;
    range(start.checked_sub(gap)?.checked_sub(2)?, length)
}

fn range(largest: u64, length: u64) -> Option<RangeInclusive<u64>> {
    Some(largest.checked_sub(length)?..=largest)
}
