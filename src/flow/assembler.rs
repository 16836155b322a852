//! Byte ranges by offset into order.
//!
//! Takes pieces of one stream in any order, more than once, cut anywhere; gives them back as
//! [`StreamEvent`]s that tile the offsets from 0, each byte once, with the packet that brought it
//! and the packet that closed the hole before it. Knows nothing of TCP: QUIC's streams and
//! CRYPTO frames are the same to it. It never decides by itself that a hole stays open, except
//! when more waits behind one than may be held.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;

use crate::flow::event::{GapReason, StreamEvent};
use crate::time::Stamp;

/// Puts the bytes of one stream in order.
///
/// Invariants:
/// - `next` is the end of all that was given out; it never falls.
/// - held pieces are not empty, do not overlap each other, and begin above `next`.
/// - `held_cost` is the sum of `Piece::cost` over them, and at most `budget` after each call.
#[derive(Debug)]
pub struct Assembler {
    next: u64,
    held: BTreeMap<u64, Held>,
    held_cost: usize,
    budget: usize,
}

/// What became of inserted bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inserted {
    /// How many of them were not there before.
    pub fresh: u64,
    /// Where they differ from a copy that came first and is still held; that copy stays.
    pub conflict: Option<Range<u64>>,
}

#[derive(Debug)]
struct Held {
    piece: Piece,
    arrived: Stamp,
}

#[derive(Clone, Debug)]
enum Piece {
    Bytes(Bytes),
    /// So many bytes passed, and the snapshot length cut them off.
    Cut(u64),
}

/// What a held piece costs beside its bytes: its place in the tree.
const PIECE_COST: usize = 96;

impl Assembler {
    /// One that holds at most `budget` bytes behind holes.
    pub const fn new(budget: usize) -> Self {
        Self { next: 0, held: BTreeMap::new(), held_cost: 0, budget }
    }

    /// Adds bytes that stand at `offset`.
    ///
    /// `allocated` is the size of the memory that they keep alive: where it far exceeds theirs
    /// and they have to wait, they are copied out of it.
    #[inline]
    pub fn insert(
        &mut self,
        offset: u64,
        bytes: Bytes,
        arrived: Stamp,
        allocated: usize,
        sink: &mut impl FnMut(StreamEvent),
    ) -> Inserted {
        let length = bytes.len() as u64;
        if offset == self.next && self.held.is_empty() && length > 0 {
            self.next = self.next.saturating_add(length);
            sink(StreamEvent::Data { offset, bytes, arrived, delivered: arrived });
            return Inserted { fresh: length, conflict: None };
        }
        self.insert_slow(offset, &Piece::Bytes(bytes), arrived, allocated, sink)
    }

    /// Adds `length` bytes at `offset` that passed and were cut off by the snapshot length.
    pub fn insert_cut(
        &mut self,
        offset: u64,
        length: u64,
        arrived: Stamp,
        sink: &mut impl FnMut(StreamEvent),
    ) -> Inserted {
        self.insert_slow(offset, &Piece::Cut(length), arrived, 0, sink)
    }

    /// Gives up every hole below `upto`: what is held there is given out with gaps between, and
    /// the stream goes on behind it.
    pub fn give_up(
        &mut self,
        upto: u64,
        reason: GapReason,
        delivered: Stamp,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        while self.next < upto {
            let end = self.held.keys().next().map_or(upto, |&held| held.min(upto));
            sink(StreamEvent::Gap { range: self.next..end, reason, delivered });
            self.next = end;
            self.give_out(delivered, sink);
        }
    }

    /// Gives up the first hole, where bytes wait behind one.
    pub fn give_up_first(
        &mut self,
        reason: GapReason,
        delivered: Stamp,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        if let Some((&start, _)) = self.held.first_key_value() {
            self.give_up(start, reason, delivered, sink);
        }
    }

    /// The end of all that was given out: the offset of the next byte.
    #[inline]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The end of all that came, held pieces included.
    pub fn end(&self) -> u64 {
        self.held
            .last_key_value()
            .map_or(self.next, |(&start, held)| start.saturating_add(held.piece.len()))
    }

    /// What is held costs so many bytes.
    #[inline]
    pub const fn held_cost(&self) -> usize {
        self.held_cost
    }

    /// True where nothing waits behind a hole.
    #[inline]
    pub fn is_in_order(&self) -> bool {
        self.held.is_empty()
    }

    /// When the first held piece at or above `offset` came: the one that overtook what is missing.
    pub fn overtaken_at(&self, offset: u64) -> Option<Stamp> {
        self.held.range(offset..).next().map(|(_, held)| held.arrived)
    }

    /// The first bytes of `range` that did not come.
    pub fn missing_in(&self, range: Range<u64>) -> Option<Range<u64>> {
        let mut at = range.start.max(self.next);
        let before = self.held.range(..=at).next_back();
        let from = before.map_or(at, |(&start, _)| start);
        for (&start, held) in self.held.range(from..) {
            if start > at {
                return (at < range.end).then(|| at..start.min(range.end));
            }
            at = at.max(start.saturating_add(held.piece.len()));
        }
        (at < range.end).then_some(at..range.end)
    }

    #[cold]
    fn insert_slow(
        &mut self,
        offset: u64,
        piece: &Piece,
        arrived: Stamp,
        allocated: usize,
        sink: &mut impl FnMut(StreamEvent),
    ) -> Inserted {
        let mut inserted = Inserted::default();
        let Some(end) = offset.checked_add(piece.len()) else { return inserted };
        let mut at = offset.max(self.next);
        while at < end {
            let covered = self.held.range(..=at).next_back().and_then(|(&start, held)| {
                let stop = start.saturating_add(held.piece.len());
                (stop > at).then_some((start, stop, held))
            });
            if let Some((start, stop, held)) = covered {
                let stop = stop.min(end);
                let ours = piece.part(at - offset..stop - offset);
                let theirs = held.piece.part(at - start..stop - start);
                if inserted.conflict.is_none() && ours.differs(&theirs) {
                    inserted.conflict = Some(at..stop);
                }
                at = stop;
                continue;
            }
            let stop = self.held.range(at..).next().map_or(end, |(&start, _)| start.min(end));
            let fresh = piece.part(at - offset..stop - offset);
            inserted.fresh = inserted.fresh.saturating_add(stop - at);
            if at == self.next {
                self.next = stop;
                sink(fresh.into_event(at, arrived, arrived));
            } else {
                let fresh = fresh.compact(allocated);
                self.held_cost = self.held_cost.saturating_add(fresh.cost());
                self.held.insert(at, Held { piece: fresh, arrived });
            }
            at = stop;
        }
        // only now: what is held had to be compared with the rest of the piece first
        self.give_out(arrived, sink);
        while self.held_cost > self.budget {
            self.give_up_first(GapReason::OverBudget, arrived, sink);
        }
        inserted
    }

    /// Gives out what is held at `next`.
    fn give_out(&mut self, delivered: Stamp, sink: &mut impl FnMut(StreamEvent)) {
        while let Some(first) = self.held.first_entry() {
            let start = *first.key();
            if start != self.next {
                return;
            }
            let held = first.remove();
            self.held_cost = self.held_cost.saturating_sub(held.piece.cost());
            self.next = start.saturating_add(held.piece.len());
            sink(held.piece.into_event(start, held.arrived, delivered));
        }
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Cut(length) => *length,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len().saturating_add(PIECE_COST),
            Self::Cut(_) => PIECE_COST,
        }
    }

    /// A part of it; `range` lies within.
    fn part(&self, range: Range<u64>) -> Self {
        match self {
            Self::Cut(_) => Self::Cut(range.end.saturating_sub(range.start)),
            Self::Bytes(bytes) => {
                let length = bytes.len();
                let end = usize::try_from(range.end).unwrap_or(length).min(length);
                let start = usize::try_from(range.start).unwrap_or(end).min(end);
                Self::Bytes(bytes.slice(start..end))
            }
        }
    }

    /// True where both have bytes and they are not the same.
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bytes(ours), Self::Bytes(theirs)) => ours != theirs,
            _ => false,
        }
    }

    /// Copied out of the memory behind it where that is more than twice its size.
    fn compact(self, allocated: usize) -> Self {
        match self {
            Self::Bytes(bytes) if allocated / 2 > bytes.len() => {
                Self::Bytes(Bytes::copy_from_slice(&bytes))
            }
            piece => piece,
        }
    }

    fn into_event(self, offset: u64, arrived: Stamp, delivered: Stamp) -> StreamEvent {
        match self {
            Self::Bytes(bytes) => StreamEvent::Data { offset, bytes, arrived, delivered },
            Self::Cut(length) => StreamEvent::Gap {
                range: offset..offset.saturating_add(length),
                reason: GapReason::Truncated,
                delivered,
            },
        }
    }
}

#[cfg(test)]
mod tests;
