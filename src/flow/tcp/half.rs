//! One direction of a TCP connection: sequence numbers to offsets, and what is known of them.

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::flow::assembler::Assembler;
use crate::flow::duplicate::Recent;
use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction};
use crate::flow::piece::Piece;
use crate::flow::tcp::give::give;
use crate::flow::tcp::order::{Ahead, SendOrder};
use crate::flow::tcp::recovery::Recovery;
use crate::flow::tcp::repairs::Repairs;
use crate::flow::tcp::timing::Timing;
use crate::time::Stamp;

/// One direction, named by its sender.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) direction: Direction,
    origin: Origin,
    /// The sequence number of offset 0.
    base: u32,
    /// The sequence number behind the SYN, where one was seen or acknowledged by a SYN-ACK.
    behind_syn: Option<u32>,
    pub(super) assembler: Assembler,
    /// Something of this direction was captured.
    pub(super) is_seen: bool,
    /// The end of the highest byte sent or acknowledged; a FIN counts as one.
    pub(super) highest: u64,
    /// The highest offset that the receiver acknowledged; the FIN counts as one.
    pub(super) acked: u64,
    /// Since when the receiver has acknowledged bytes that are missing here.
    pub(super) unseen: Option<Stamp>,
    /// Where the FIN stands: the length of the stream.
    pub(super) fin: Option<u64>,
    /// The FIN is acknowledged.
    pub(super) fin_acked: bool,
    pub(super) ended: bool,
    told_beyond_fin: bool,
    /// The last acknowledgment number that this end sent, its window, and how often it was
    /// repeated.
    pub(super) last_ack: Option<u32>,
    pub(super) last_window: u16,
    pub(super) repeats: u32,
    /// This end's receive window is closed.
    pub(super) is_closed_window: bool,
    /// The last that this end sent was a probe.
    pub(super) is_probing: bool,
    /// In which order its packets were sent.
    pub(super) order: SendOrder,
    /// An acknowledgment told of bytes that were not captured yet.
    pub(super) ahead: Option<Box<Ahead>>,
    /// How long its segments wait for their acknowledgment, once there were any with bytes.
    pub(super) timing: Option<Box<Timing>>,
    /// What it sent again, once there was any.
    pub(super) repairs: Option<Box<Repairs>>,
    /// The shift of this end's windows, where both SYNs were seen (RFC 7323 §2).
    pub(super) shift: Option<u8>,
    /// The last window was not that of a SYN, which is never scaled.
    pub(super) is_scaled: bool,
    /// What this end does about loss.
    pub(super) recovery: Recovery,
    /// The last packets, to know copies of them.
    pub(super) recent: Recent,
}

/// How sure the place of offset 0 is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Nothing is known.
    Unknown,
    /// The other end acknowledged up to there before anything was seen here.
    Acked,
    /// The first packet seen, not the first sent.
    Midway,
    /// A SYN.
    Syn,
}

/// What became of a payload.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Bytes that were not there before and lie below the highest: they fill a hole.
    pub(super) filled: u64,
}

/// Payloads of one packet may keep a whole block of the capture file alive.
const PINNED: usize = 256 << 10;
/// Sequence numbers further apart than the largest window (RFC 7323 §2.3) are not of one stream.
const FAR: i64 = 1 << 30;

impl Half {
    pub(super) fn new(direction: Direction, budget: usize) -> Self {
        Self {
            direction,
            origin: Origin::Unknown,
            base: 0,
            behind_syn: None,
            assembler: Assembler::new(budget),
            is_seen: false,
            highest: 0,
            acked: 0,
            unseen: None,
            fin: None,
            fin_acked: false,
            ended: false,
            told_beyond_fin: false,
            last_ack: None,
            last_window: 0,
            repeats: 0,
            is_closed_window: false,
            is_probing: false,
            order: SendOrder::default(),
            ahead: None,
            timing: None,
            repairs: None,
            shift: None,
            is_scaled: false,
            recovery: Recovery::default(),
            recent: Recent::default(),
        }
    }

    /// Fixes offset 0 where it is not known better. What was counted from a worse guess is
    /// counted anew, unless bytes have been given out from it.
    pub(super) fn begin(&mut self, base: u32, origin: Origin) {
        if origin == Origin::Syn {
            self.behind_syn.get_or_insert(base);
        }
        if self.origin >= origin || !self.is_untouched() {
            return;
        }
        if self.origin != Origin::Unknown {
            let shift = i64::from(base.wrapping_sub(self.base).cast_signed());
            self.shift(shift);
        }
        self.base = base;
        self.origin = origin;
    }

    /// Moves offset 0 down to `seq`, where an earlier byte turns up before any was given out. Behind
    /// a SYN that can only be a sender that does not count it, as some traffic generators do.
    pub(super) fn begin_earlier(&mut self, seq: u32) {
        let shift = i64::from(seq.wrapping_sub(self.base).cast_signed());
        let most = if self.origin == Origin::Syn { -1 } else { -NEAR };
        if self.is_untouched() && (most..0).contains(&shift) {
            self.shift(shift);
            self.base = seq;
        }
    }

    /// Fixes offset 0 anew: of several SYN-ACKs the client acknowledged another one. False where
    /// it is too late for that.
    pub(super) fn begin_again(&mut self, base: u32) -> bool {
        let is_early = self.is_untouched();
        if is_early {
            self.base = base;
            self.behind_syn = Some(base);
            self.origin = Origin::Syn;
            self.highest = 0;
            self.acked = 0;
        }
        is_early
    }

    /// Moves offset 0 up by one where the first packet seen turns out to be a keep-alive: the
    /// byte that it repeats was acknowledged without having been seen.
    pub(super) fn begin_after_probe(&mut self) -> bool {
        let is_probe = self.origin == Origin::Midway && self.is_untouched();
        if is_probe {
            self.base = self.base.wrapping_add(1);
        }
        is_probe
    }

    /// Offsets begin `shift` bytes later.
    fn shift(&mut self, shift: i64) {
        if self.highest > 0 {
            self.highest = self.highest.saturating_sub_signed(shift);
        }
        self.acked = self.acked.saturating_sub_signed(shift);
    }

    /// Puts a payload at `offset`, which may lie before the stream's beginning.
    #[inline]
    pub(super) fn insert(
        &mut self,
        offset: i64,
        piece: &Piece<'_>,
        counters: &mut Counters,
        emit: &mut Emit<'_>,
    ) -> Placed {
        let highest = self.highest;
        let end = offset.saturating_add(i64::from(piece.length()));
        let Ok(end) = u64::try_from(end) else { return Placed::default() };
        self.highest = highest.max(end);
        if self.ended {
            return Placed::default();
        }
        if self.fin.is_some_and(|fin| end > fin) {
            self.beyond_fin(end, emit);
            return Placed::default();
        }
        let mut bytes = piece.bytes();
        let offset = u64::try_from(offset).unwrap_or_else(|_| {
            let before = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            drop(bytes.split_to(before.min(bytes.len())));
            0
        });
        let captured = offset.saturating_add(bytes.len() as u64);
        let direction = self.direction;
        let mut sink = |event| give(direction, event, counters, emit);
        let inserted = self.assembler.insert(offset, bytes, piece.stamp, PINNED, &mut sink);
        let mut fresh = inserted.fresh;
        if captured < end {
            let cut = self.assembler.insert_cut(captured, end - captured, piece.stamp, &mut sink);
            fresh = fresh.saturating_add(cut.fresh);
        }
        if let Some(range) = inserted.conflict {
            emit.anomaly(
                Anomaly::new(
                    "tcp.overlap-conflict",
                    Class::Suspicious,
                    format!(
                        "bytes {}..{} were sent again and differ; the first copy counts",
                        range.start, range.end
                    ),
                )
                .citing("RFC 9293 §3.10.7.4"),
            );
        }
        if self.unseen.is_some() && self.assembler.next() >= self.acked_bytes() {
            self.unseen = None;
        }
        Placed { filled: fresh.saturating_sub(end.saturating_sub(highest)) }
    }

    #[cold]
    fn beyond_fin(&mut self, end: u64, emit: &mut Emit<'_>) {
        let fin = self.fin.unwrap_or(end);
        if !self.told_beyond_fin {
            self.told_beyond_fin = true;
            emit.anomaly(
                Anomaly::new(
                    "tcp.data-after-fin",
                    Class::Malformed,
                    format!("bytes up to {end}, beyond the FIN at {fin}"),
                )
                .citing("RFC 9293 §3.10.7.4"),
            );
        }
    }

    /// The offset of a sequence number: the one nearest to what comes next.
    #[inline]
    pub(super) const fn place(&self, seq: u32) -> i64 {
        let next = self.assembler.next();
        let expected = self.base.wrapping_add((next & 0xffff_ffff) as u32);
        let distance = seq.wrapping_sub(expected).cast_signed();
        next.cast_signed().saturating_add(distance as i64)
    }

    /// True where an offset cannot be one of this stream.
    #[inline]
    pub(super) const fn is_far(&self, offset: i64) -> bool {
        let distance = offset.saturating_sub(self.highest.cast_signed());
        distance > FAR || distance < -FAR
    }

    /// True where the receiver believes a RST at this sequence number: not below what it
    /// acknowledged (RFC 9293 §3.10.7.4), and not far above what was sent.
    pub(super) fn is_reset_by(&self, seq: u32) -> bool {
        let offset = self.place(seq);
        let low = self.acked.cast_signed();
        let high = self.highest.max(self.acked).cast_signed();
        (low..=high.saturating_add(NEAR)).contains(&offset)
    }

    /// True where an acknowledgment may be of this stream.
    pub(super) fn is_near(&self, ack: u32) -> bool {
        let offset = self.place(ack);
        let high = self.highest.max(self.acked).cast_signed();
        (-NEAR..=high.saturating_add(NEAR)).contains(&offset)
    }

    /// Bytes of the stream that the receiver acknowledged, its FIN not counted.
    pub(super) fn acked_bytes(&self) -> u64 {
        self.fin.map_or(self.acked, |fin| self.acked.min(fin))
    }

    /// True where the receiver acknowledged bytes that are missing here.
    #[inline]
    pub(super) fn misses_acked(&self) -> bool {
        self.assembler.next() < self.acked && self.assembler.next() < self.acked_bytes()
    }

    /// The end of what the receiver `other` takes of this direction, where its window is known.
    #[inline]
    pub(super) fn window_end(&self, other: &Self) -> Option<u64> {
        let shift = other.shift.filter(|_| other.is_scaled)?;
        Some(self.acked.saturating_add(u64::from(other.last_window) << shift))
    }

    /// True where some bytes below `acked` are missing.
    #[inline]
    pub(super) const fn misses_below(&self, acked: u64) -> bool {
        self.assembler.next() < acked && self.is_seen && !self.ended
    }

    /// The first of the bytes in `range` that were not captured.
    pub(super) fn missing_in(&self, range: Range<u64>) -> Option<Range<u64>> {
        let end = self.fin.map_or(range.end, |fin| range.end.min(fin));
        self.assembler.missing_in(range.start..end)
    }

    /// When the first bytes overtook those at `offset`.
    pub(super) fn overtaken_at(&self, offset: i64) -> Option<Stamp> {
        self.assembler.overtaken_at(u64::try_from(offset).unwrap_or(0))
    }

    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }

    pub(super) const fn base(&self) -> u32 {
        self.base
    }

    /// The sequence number behind the SYN, where that is known.
    pub(super) const fn behind_syn(&self) -> Option<u32> {
        self.behind_syn
    }

    /// What is held costs so many bytes.
    #[inline]
    pub(super) const fn held_cost(&self) -> usize {
        self.assembler.held_cost()
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    fn is_untouched(&self) -> bool {
        self.assembler.next() == 0 && self.assembler.is_in_order() && self.fin.is_none()
    }
}

/// Nearer than any window in use: 4 MiB.
const NEAR: i64 = 4 << 20;
