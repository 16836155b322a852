//! The bytes of one direction's streams (RFC 9000 §2, §3), each in its own order.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::flow::assembler::Assembler;
use crate::flow::event::{EndReason, GapReason, StreamEvent};
use crate::limits::Limits;
use crate::protocol::quic::ranges::Ranges;
use crate::time::Stamp;

/// The streams of one direction.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<u64, Receive>,
    /// Those that are over, by their two last bits.
    over: [Ranges; 4],
    /// Those of which bytes wait behind a hole, by the packet that showed it.
    holed: BTreeSet<(u64, u64)>,
    /// What is held behind holes.
    held: usize,
}

/// One stream, as its receiver has it.
#[derive(Debug)]
struct Receive {
    assembler: Assembler,
    /// How many bytes it has in all, once that is said.
    size: Option<u64>,
    hole: Option<Hole>,
    /// The packet that brought the newest bytes: its number, and when it came.
    newest: (u64, Stamp),
    /// The highest number of those that brought some.
    highest: u64,
}

/// Bytes wait behind a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// The number of the packet that showed it.
    pub(super) packet: u64,
    /// When that came.
    pub(super) at: Stamp,
}

/// A piece of a stream as a packet brings it.
pub(super) struct Piece {
    pub(super) id: u64,
    pub(super) offset: u64,
    pub(super) bytes: Bytes,
    pub(super) fin: bool,
}

/// The packet that brings something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bringer {
    pub(super) number: u64,
    pub(super) at: Stamp,
    /// The memory that its bytes keep alive.
    pub(super) allocated: usize,
}

/// What becomes of a stream, for whoever reads it.
pub(super) type Given = SmallVec<[StreamEvent; 2]>;

/// What a piece did.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// What can be read now.
    pub(super) given: Given,
    /// Bytes that were not there before.
    pub(super) fresh: u64,
    /// The hole that it filled, if it did.
    pub(super) filled: Option<Hole>,
    /// It brought nothing new; the packet that had brought the newest bytes, where the stream is not
    /// over.
    pub(super) again: Option<(u64, Stamp)>,
    /// The stream is new.
    pub(super) has_begun: bool,
    /// Bytes of the stream until now, with those that are missing.
    pub(super) end: u64,
    /// The stream cannot be followed: there are too many.
    pub(super) is_refused: bool,
    /// Its bytes differ from those that came before.
    pub(super) has_conflict: bool,
    /// It has bytes behind its end, or another end than before.
    pub(super) has_bad_end: bool,
}

impl Receive {
    /// The hole behind one that is filled. Which packet showed it is not kept: none behind the
    /// highest until now.
    const fn next_hole(&self, at: Stamp) -> Hole {
        Hole { packet: self.highest, at }
    }
}

impl Streams {
    /// Takes a piece.
    pub(super) fn push(&mut self, piece: Piece, by: Bringer, limits: &Limits) -> Taken {
        let Piece { id, offset, bytes, fin } = piece;
        let mut taken = Taken::default();
        if self.is_over(id) {
            return taken;
        }
        if !self.open.contains_key(&id) {
            if self.open.len() >= limits.quic_streams {
                taken.is_refused = true;
                return taken;
            }
            let (assembler, newest) = (Assembler::new(limits.held_per_stream), (by.number, by.at));
            let highest = by.number;
            self.open.insert(id, Receive { assembler, size: None, hole: None, newest, highest });
            taken.has_begun = true;
        }
        let Some(stream) = self.open.get_mut(&id) else { return taken };
        let end = offset.saturating_add(bytes.len() as u64);
        let beyond = stream.size.is_some_and(|size| end > size || (fin && end != size));
        if beyond || (fin && end < stream.assembler.end()) {
            taken.has_bad_end = true;
            return taken;
        }
        if fin {
            stream.size = Some(end);
        }
        let (length, before) = (bytes.len(), stream.assembler.held_cost());
        let given = &mut taken.given;
        let inserted = stream
            .assembler
            .insert(offset, bytes, by.at, by.allocated, &mut |event| given.push(event));
        taken.fresh = inserted.fresh;
        taken.has_conflict = inserted.conflict.is_some();
        if inserted.fresh > 0 {
            stream.newest = (by.number, by.at);
            stream.highest = stream.highest.max(by.number);
        } else if length > 0 {
            taken.again = Some(stream.newest);
        }
        taken.end = stream.assembler.end();
        let is_held = inserted.fresh > 0 && taken.given.is_empty();
        let was = stream.hole;
        match stream.hole {
            None if is_held => stream.hole = Some(Hole { packet: by.number, at: by.at }),
            Some(hole) if !taken.given.is_empty() => {
                // more waited than may be held, or what was missing has come
                let is_given_up = matches!(taken.given.first(), Some(StreamEvent::Gap { .. }));
                taken.filled = (!is_given_up).then_some(hole);
                let is_whole = stream.assembler.is_in_order();
                stream.hole = (!is_whole).then(|| stream.next_hole(by.at));
            }
            _ => {}
        }
        let (hole, after) = (stream.hole, stream.assembler.held_cost());
        self.account(id, (was, hole), (before, after));
        self.settle(id, by.at, &mut taken.given);
        taken
    }

    /// What is missing will not come where nothing is on its way that may bring it: `is_settled` says
    /// so of a hole that this packet showed, and then of all that earlier ones did. Gives what can be
    /// read then.
    pub(super) fn give_up_holes(
        &mut self,
        at: Stamp,
        is_settled: impl Fn(u64) -> bool,
    ) -> Vec<(u64, Given)> {
        let mut all = Vec::new();
        let settled: Vec<u64> = self
            .holed
            .iter()
            .take_while(|(shown, _)| is_settled(*shown))
            .map(|(_, id)| *id)
            .collect();
        for id in settled {
            let Some(stream) = self.open.get_mut(&id) else { continue };
            let was = stream.hole;
            let before = stream.assembler.held_cost();
            let mut given = Given::new();
            let (reason, sink) = (GapReason::NotCaptured, &mut |event| given.push(event));
            stream.assembler.give_up_first(reason, at, sink);
            let is_whole = stream.assembler.is_in_order();
            stream.hole = (!is_whole).then(|| stream.next_hole(at));
            let (hole, after) = (stream.hole, stream.assembler.held_cost());
            self.account(id, (was, hole), (before, after));
            self.settle(id, at, &mut given);
            all.push((id, given));
        }
        all
    }

    /// True where bytes wait behind holes.
    pub(super) fn has_holes(&self) -> bool {
        !self.holed.is_empty()
    }

    /// A stream is given up by one of its ends. False where it was over.
    pub(super) fn reset(&mut self, id: u64) -> bool {
        let was_over = self.is_over(id);
        if let Some(stream) = self.open.remove(&id) {
            self.account(id, (stream.hole, None), (stream.assembler.held_cost(), 0));
        }
        self.end(id);
        !was_over
    }

    /// Nothing more comes: what waits behind holes is given with them, and then the ends.
    pub(super) fn finish(&mut self, reason: EndReason, at: Stamp) -> Vec<(u64, Given)> {
        self.holed.clear();
        self.held = 0;
        let mut all = Vec::new();
        for (id, mut stream) in std::mem::take(&mut self.open) {
            let mut given = Given::new();
            let end = stream.assembler.end();
            let sink = &mut |event| given.push(event);
            stream.assembler.give_up(end, GapReason::NeverSent, at, sink);
            let is_whole = stream.size == Some(end);
            let reason = if is_whole { EndReason::Fin } else { reason };
            given.push(StreamEvent::End { reason, at });
            all.push((id, given));
        }
        all
    }

    /// Bytes of memory that they take, about.
    pub(super) fn held(&self) -> usize {
        self.held + self.open.len() * OPEN
    }

    /// What a stream holds has changed.
    fn account(
        &mut self,
        id: u64,
        (was, is): (Option<Hole>, Option<Hole>),
        (before, after): (usize, usize),
    ) {
        self.held = self.held.saturating_add(after).saturating_sub(before);
        if was != is {
            if let Some(hole) = was {
                self.holed.remove(&(hole.packet, id));
            }
            if let Some(hole) = is {
                self.holed.insert((hole.packet, id));
            }
        }
    }

    /// Ends a stream of which all was given.
    fn settle(&mut self, id: u64, at: Stamp, given: &mut Given) {
        let Some(stream) = self.open.get(&id) else { return };
        if stream.size == Some(stream.assembler.next()) {
            given.push(StreamEvent::End { reason: EndReason::Fin, at });
            self.open.remove(&id);
            self.end(id);
        }
    }

    fn end(&mut self, id: u64) {
        if let Some(over) = self.over.get_mut((id & 3) as usize) {
            over.insert(id >> 2);
        }
    }

    /// True where nothing more comes of a stream.
    pub(super) fn is_over(&self, id: u64) -> bool {
        self.over.get((id & 3) as usize).is_some_and(|over| over.contains(id >> 2))
    }
}

/// What an open stream takes beside what it holds.
const OPEN: usize = 256;
