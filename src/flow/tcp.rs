//! One TCP connection: from segments to two ordered streams and the events of its life.
//!
//! Takes segments in capture order, of both directions; gives
//! [`TcpEvent`](crate::flow::event::TcpEvent)s and
//! [`StreamEvent`](crate::flow::event::StreamEvent)s. It judges from packets alone: what the ends
//! did with them is told only as far as later packets prove it. Rules by RFC 9293; the names of
//! segments are Wireshark's, with these differences, where more is known here:
//! - bytes that fill a hole were reordered if the sender's clock or its count of packets says
//!   that they were sent before those that overtook them; where neither tells, if they come
//!   sooner after those than a retransmission can (three quarters of the first round trip, else
//!   3 ms);
//! - a fast retransmission needs the receiver's word, and need not come within 20 ms of it;
//! - a retransmission after a timeout and a tail loss probe have names of their own;
//! - a keep-alive repeats a byte that was acknowledged; otherwise it is a retransmission;
//! - a packet captured twice is neither.

mod acknowledge;
mod analysis;
mod clock;
mod close;
mod count;
mod data;
mod finish;
mod give;
mod half;
mod handshake;
mod open;
mod options;
mod order;
mod pace;
mod recovery;
mod repairs;
mod stalls;
mod state;
mod timing;
mod watch;

pub(super) use state::Tcp;

use crate::flow::duplicate::Print;
use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction, EndReason, PerDirection};
use crate::flow::piece::Segment;
use crate::flow::tcp::analysis::{count_flags, ends_below, far, offsets};
use crate::flow::tcp::half::{Half, Origin};
use crate::time::Stamp;

impl Tcp {
    /// Takes the next segment.
    pub(super) fn push(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        if !segment.is_plain() {
            count_flags(segment, counters.of_mut(segment.piece.direction));
        }
        if self.is_unseen {
            self.settle(segment.piece.stamp, counters, emit);
        }
        if self.is_reset {
            return self.after_reset(segment, counters, emit);
        }
        let direction = segment.piece.direction;
        let mut seq = segment.seq;
        if segment.syn {
            if self.is_copy(segment) {
                counters.of_mut(direction).copy(&segment.piece);
                return;
            }
            self.syn(segment, counters, emit);
            // the SYN stands before the first byte
            seq = seq.wrapping_add(1);
        } else if segment.rst {
            return self.rst(segment, counters, emit);
        } else if self.is_opening && self.is_challenge(segment) {
            return self.challenge(segment, emit);
        }

        let (forward, _) = self.halves(direction);
        forward.is_seen = true;
        if forward.origin() < Origin::Midway {
            forward.begin(first_byte(segment, seq, forward), Origin::Midway);
        }
        let mut start = forward.place(seq);
        if start < 0 && segment.piece.length() > 1 {
            forward.begin_earlier(seq);
            start = forward.place(seq);
        }
        if forward.is_far(start) {
            if !segment.syn {
                far(counters.of_mut(direction), emit);
            }
            return;
        }
        let length = i64::from(segment.piece.length());
        let end = start.saturating_add(length);
        let highest = forward.highest;
        let print = Print::of_segment(segment);
        if !segment.syn && ends_below(end, highest, segment) && forward.recent.has(&print) {
            if length > 0 {
                forward.repairs.get_or_insert_default().copied(offsets(&(start..end)));
            }
            counters.of_mut(direction).copy(&segment.piece);
            return;
        }
        forward.recent.note(print);

        self.stalls.passed(segment, length > 0 && start > highest.cast_signed());
        let is_probe = self.probe(segment, start..end, counters, emit);
        if let Some(ack) = segment.ack {
            self.acknowledge(segment, ack, start, is_probe, counters, emit);
        }
        if length > 0 && !is_probe {
            self.data(segment, start..end, counters, emit);
        } else if start > highest.cast_signed() && segment.is_plain() {
            let (forward, _) = self.halves(direction);
            forward.note_ahead(start.unsigned_abs(), segment);
        }
        if segment.fin {
            self.fin(segment, end, counters, emit);
        }
        let (forward, _) = self.halves(direction);
        forward.end_at_fin(segment.piece.stamp, emit);
    }

    /// Gives up acknowledged holes whose time of grace is over.
    #[cold]
    pub(super) fn settle(
        &mut self,
        now: Stamp,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let grace = self.grace;
        for direction in [Direction::ToServer, Direction::ToClient] {
            let (half, _) = self.halves(direction);
            let Some(deadline) = half.unseen.map(|since| since.at + grace) else { continue };
            if deadline <= now.at {
                let at = Stamp::new(deadline, now.frame);
                let before = std::mem::replace(&mut emit.at, at);
                half.give_up_unseen(at, counters.of_mut(direction), emit);
                half.end_at_fin(at, emit);
                let waits = !half.assembler.is_in_order();
                self.stalls.gave_up(direction, at, waits, emit);
                emit.at = before;
            }
        }
        self.is_unseen = self.to_server.unseen.is_some() || self.to_client.unseen.is_some();
    }

    /// Gives up the first hole of the direction that holds more.
    pub(super) fn give_up_first(
        &mut self,
        at: Stamp,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = if self.to_client.held_cost() > self.to_server.held_cost() {
            Direction::ToClient
        } else {
            Direction::ToServer
        };
        let (half, _) = self.halves(direction);
        half.give_up_first(at, counters.of_mut(direction), emit);
        half.end_at_fin(at, emit);
        let waits = !half.assembler.is_in_order();
        self.stalls.gave_up(direction, at, waits, emit);
    }

    /// Ends both directions. Gives the reason why the connection is over: its own, where it
    /// closed or was reset before.
    pub(super) fn end(
        &mut self,
        reason: EndReason,
        at: Stamp,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) -> EndReason {
        self.to_server.end(reason, at, &mut counters.to_server, emit);
        self.to_client.end(reason, at, &mut counters.to_client, emit);
        if self.is_reset {
            EndReason::Rst
        } else if self.is_over() {
            EndReason::Fin
        } else {
            reason
        }
    }

    /// True where a segment is a copy of one of the last.
    pub(super) fn has_seen(&self, direction: Direction, print: &Print) -> bool {
        match direction {
            Direction::ToServer => self.to_server.recent.has(print),
            Direction::ToClient => self.to_client.recent.has(print),
        }
    }

    /// True where a segment is the first of its direction and acknowledges, to the byte, all that
    /// the other one sent: its answer, in whatever VLAN it comes.
    pub(super) fn is_answered_by(&self, direction: Direction, segment: &Segment<'_>) -> bool {
        let (forward, reverse) = match direction {
            Direction::ToServer => (&self.to_server, &self.to_client),
            Direction::ToClient => (&self.to_client, &self.to_server),
        };
        let is_first = !forward.is_seen && reverse.is_seen;
        is_first
            && segment.ack.is_some_and(|ack| reverse.place(ack) == reverse.highest.cast_signed())
    }

    /// True for a packet captured twice; remembers it.
    #[cold]
    pub(super) fn is_copy(&mut self, segment: &Segment<'_>) -> bool {
        let (forward, _) = self.halves(segment.piece.direction);
        let print = Print::of_segment(segment);
        let is_copy = forward.recent.has(&print);
        forward.recent.note(print);
        is_copy
    }
}

/// The sequence number of offset 0, where the beginning was not captured: that of the first
/// segment, unless it repeats a byte that is acknowledged, as a keep-alive does.
fn first_byte(segment: &Segment<'_>, seq: u32, half: &Half) -> u32 {
    let is_probe = segment.is_plain()
        && segment.piece.length() <= 1
        && half.origin() == Origin::Acked
        && half.place(seq).saturating_add(1) == half.acked.cast_signed();
    if is_probe { seq.wrapping_add(1) } else { seq }
}

#[cfg(test)]
mod tests;
