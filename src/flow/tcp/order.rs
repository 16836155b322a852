//! Whether a segment that fills a hole was sent before or after those that overtook it, as far as
//! the sender's own counters tell: the clock in its timestamps and the identification of its IP
//! packets.

use arrayvec::ArrayVec;

use crate::flow::piece::Segment;
use crate::flow::tcp::options;
use crate::time::Stamp;

/// Where a packet stands among those of its sender.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// The sender's clock (RFC 7323 §3).
    pub(super) clock: Option<u32>,
    /// IPv4 identification; 0 where there is none.
    id: u16,
}

/// The order in which one end sent its packets.
#[derive(Debug, Default)]
pub(super) struct SendOrder {
    /// The packet that brought the highest byte.
    last: Option<Mark>,
    /// The holes that were opened last, filled ones among them.
    holes: Option<Box<Holes>>,
}

/// An acknowledgment that stands beyond all bytes captured so far.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    /// The bytes up to there had been sent.
    pub(super) end: u64,
    pub(super) at: Stamp,
}

/// As many as one window of a lossy path has.
type Holes = ArrayVec<Hole, 8>;

/// A hole, and the packets on both sides of it.
#[derive(Debug)]
struct Hole {
    start: u64,
    end: u64,
    before: Mark,
    after: Mark,
}

/// Packets of a sender that counts its packets may be mixed with so many of its other
/// connections, and it is still seen to count.
const COUNTED: u16 = 1024;

impl Mark {
    #[inline]
    pub(super) fn of(segment: &Segment<'_>) -> Self {
        Self {
            clock: options::timestamps(segment.header.options()).map(|of| of.value),
            id: (segment.piece.identification() & 0xffff) as u16,
        }
    }
}

impl Mark {
    /// The sender's clock, where it says it.
    pub(super) const fn clock(self) -> Option<u32> {
        self.clock
    }
}

impl SendOrder {
    /// Notes the packet that brings bytes from `start` on, at or beyond the highest before.
    #[inline]
    pub(super) fn note(&mut self, highest: u64, start: u64, mark: Mark) {
        if start > highest
            && let Some(before) = self.last
        {
            self.open(Hole { start: highest, end: start, before, after: mark });
        }
        self.last = Some(mark);
    }

    /// Whether the packet with bytes at `start` was sent before the one that overtook it.
    pub(super) fn was_overtaken(&self, start: u64, mark: Mark) -> Option<bool> {
        let mut holes = self.holes.as_ref()?.iter().rev();
        holes.find_map(|hole| hole.was_overtaken(start, mark))
    }

    #[cold]
    fn open(&mut self, hole: Hole) {
        let holes = self.holes.get_or_insert_default();
        if holes.is_full() {
            holes.remove(0);
        }
        holes.push(hole);
    }
}

impl Hole {
    /// True where a packet with bytes from `start` on that lie in this hole was sent before the
    /// one behind the hole, false where it was sent after it; none where that is not known.
    fn was_overtaken(&self, start: u64, mark: Mark) -> Option<bool> {
        if !(self.start..self.end).contains(&start) {
            return None;
        }
        // the same tick tells nothing
        if let (Some(own), Some(after)) = (mark.clock, self.after.clock)
            && own != after
        {
            return Some(own.wrapping_sub(after).cast_signed() < 0);
        }
        if self.before.id == 0 || self.after.id == 0 || mark.id == 0 {
            return None;
        }
        let step = self.after.id.wrapping_sub(self.before.id);
        let place = mark.id.wrapping_sub(self.before.id);
        if !(2..=COUNTED).contains(&step) || !(1..=COUNTED * 2).contains(&place) || place == step {
            return None;
        }
        Some(place < step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn mark(clock: Option<u32>, id: u16) -> Mark {
        Mark { clock, id }
    }

    const fn hole(before: Mark, after: Mark) -> Hole {
        Hole { start: 10, end: 20, before, after }
    }

    #[test]
    fn the_clock_tells_and_wraps() {
        let hole = hole(mark(Some(5), 0), mark(Some(u32::MAX), 0));
        assert_eq!(hole.was_overtaken(10, mark(Some(u32::MAX - 1), 0)), Some(true));
        assert_eq!(hole.was_overtaken(10, mark(Some(3), 0)), Some(false));
        assert_eq!(hole.was_overtaken(10, mark(Some(u32::MAX), 0)), None, "the same tick");
        assert_eq!(hole.was_overtaken(20, mark(Some(3), 0)), None, "elsewhere");
    }

    #[test]
    fn a_hole_is_remembered_behind_others() {
        let mut order = SendOrder::default();
        order.note(0, 0, mark(Some(1), 0));
        for hole in 1..=8_u32 {
            let start = u64::from(hole) * 100;
            order.note(start, start + 50, mark(Some(hole * 10), 0));
        }
        assert_eq!(order.was_overtaken(100, mark(Some(9), 0)), Some(true));
        assert_eq!(order.was_overtaken(800, mark(Some(81), 0)), Some(false));
        order.note(900, 950, mark(Some(90), 0));
        assert_eq!(order.was_overtaken(100, mark(Some(9), 0)), None, "so many are");
    }

    #[test]
    fn a_count_of_packets_tells() {
        let counted = hole(mark(None, 65_534), mark(None, 1));
        assert_eq!(counted.was_overtaken(10, mark(None, 65_535)), Some(true));
        assert_eq!(counted.was_overtaken(10, mark(None, 9)), Some(false));
        assert_eq!(counted.was_overtaken(10, mark(None, 30_000)), None, "no count");
        let random = hole(mark(None, 7), mark(None, 40_000));
        assert_eq!(random.was_overtaken(10, mark(None, 8)), None);
    }
}
