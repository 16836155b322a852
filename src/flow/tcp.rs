//! One TCP connection: from segments to two ordered streams and the events of its life.
//!
//! Takes segments in capture order, of both directions; gives [`TcpEvent`]s and
//! [`StreamEvent`](crate::flow::event::StreamEvent)s. It judges from packets alone: what the ends
//! did with them is told only as far as later packets prove it. Rules by RFC 9293; the names of
//! segments are Wireshark's, with these differences, where more is known here:
//! - bytes that fill a hole were reordered if they come sooner after those that overtook them
//!   than a retransmission can (three quarters of the first round trip, else 3 ms);
//! - a keep-alive repeats a byte that was acknowledged; otherwise it is a retransmission;
//! - a packet captured twice is neither.

mod analysis;
mod close;
mod half;
mod handshake;

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::flow::emit::Emit;
use crate::flow::event::{
    Counters, Direction, EndReason, PerDirection, SegmentKind, TcpEvent, TcpState,
};
use crate::flow::piece::Segment;
use crate::flow::tcp::analysis::{Sent, ends_below, far, judge, offsets, print};
use crate::flow::tcp::half::{Half, Origin};
use crate::flow::tcp::handshake::Opening;
use crate::time::{Stamp, TimeDelta, Timestamp};

/// One connection.
#[derive(Debug)]
pub(super) struct Tcp {
    to_server: Half,
    to_client: Half,
    opening: Opening,
    states: PerDirection<TcpState>,
    first_close: Option<Direction>,
    /// A RST ended it.
    is_reset: bool,
    /// A SYN was seen, and not yet the rest of the handshake.
    is_opening: bool,
    /// One direction misses bytes that the other end has.
    is_unseen: bool,
    round_trip: Option<TimeDelta>,
    grace: TimeDelta,
}

/// A SYN that is captured late precedes the first byte seen by no more than a window.
const NEAR: u32 = 4 << 20;

impl Tcp {
    /// A connection met at a segment with or without SYN and ACK, whose directions hold at most
    /// `budget` bytes behind holes. A hole that the other end acknowledged is given up after
    /// `grace`.
    pub(super) fn new(syn: bool, ack: bool, budget: usize, grace: TimeDelta) -> Self {
        let states = if !syn {
            PerDirection { to_server: TcpState::Established, to_client: TcpState::Established }
        } else if !ack {
            PerDirection { to_server: TcpState::SynSent, to_client: TcpState::Closed }
        } else {
            PerDirection { to_server: TcpState::SynSent, to_client: TcpState::SynReceived }
        };
        Self {
            to_server: Half::new(Direction::ToServer, budget),
            to_client: Half::new(Direction::ToClient, budget),
            opening: Opening::default(),
            states,
            first_close: None,
            is_reset: false,
            is_opening: syn,
            is_unseen: false,
            round_trip: None,
            grace,
        }
    }

    /// Takes the next segment.
    pub(super) fn push(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        if self.is_unseen {
            self.settle(segment.piece.stamp, counters, emit);
        }
        if self.is_reset {
            return;
        }
        let direction = segment.piece.direction;
        let mut seq = segment.seq;
        if segment.syn {
            if self.is_copy(segment) {
                let counters = counters.of_mut(direction);
                counters.capture_duplicates = counters.capture_duplicates.saturating_add(1);
                return;
            }
            self.syn(segment, counters, emit);
            // the SYN stands before the first byte
            seq = seq.wrapping_add(1);
        } else if segment.rst {
            return self.rst(segment, counters, emit);
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
        let print = print(segment);
        if !segment.syn && ends_below(end, highest, segment) && forward.recent.has(&print) {
            let counters = counters.of_mut(direction);
            counters.capture_duplicates = counters.capture_duplicates.saturating_add(1);
            return;
        }
        forward.recent.note(print);

        let is_probe = self.probe(segment, start..end, counters, emit);
        if let Some(ack) = segment.ack {
            self.acknowledge(segment, ack, start, is_probe, counters, emit);
        }
        if length > 0 && !is_probe {
            let round_trip = self.round_trip;
            let (forward, _) = self.halves(direction);
            let counters = counters.of_mut(direction);
            if start >= highest.cast_signed() {
                forward.insert(start, &segment.piece, counters, emit);
            } else {
                let overtaken = forward.overtaken_at(start);
                let is_late = forward.unseen.is_some() && overtaken.is_none();
                let placed = forward.insert(start, &segment.piece, counters, emit);
                // only its acknowledgment was captured before it: that is the capture's order
                if !(is_late && placed.filled > 0) {
                    let sent =
                        Sent { start, end, highest, acked: forward.acked, overtaken, placed };
                    judge(&sent, segment, round_trip, counters, emit);
                }
            }
            if forward.unseen.is_none() && forward.misses_acked() {
                forward.unseen = Some(segment.piece.stamp);
                self.is_unseen = true;
            }
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
                emit.at = before;
            }
        }
        self.is_unseen = self.to_server.unseen.is_some() || self.to_client.unseen.is_some();
    }

    /// When [`settle`](Self::settle) has something to do.
    pub(super) fn settles_at(&self) -> Option<Timestamp> {
        if !self.is_unseen {
            return None;
        }
        let waits = [self.to_server.unseen, self.to_client.unseen];
        waits.into_iter().flatten().map(|since| since.at + self.grace).min()
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

    /// True for a SYN or SYN-ACK that does not belong to this connection but begins another one
    /// with the same addresses and ports (RFC 9293 §3.6.1).
    pub(super) fn begins_anew(&self, segment: &Segment<'_>) -> bool {
        if !segment.syn || segment.rst {
            return false;
        }
        let first = segment.seq.wrapping_add(1);
        let (forward, reverse) = match segment.piece.direction {
            Direction::ToServer => (&self.to_server, &self.to_client),
            Direction::ToClient => (&self.to_client, &self.to_server),
        };
        // its own beginning, though captured late: at or shortly before the first byte seen
        let before = forward.base().wrapping_sub(first);
        let is_own = match forward.behind_syn() {
            Some(behind) => behind == first,
            None => forward.origin() == Origin::Midway && before < NEAR,
        };
        if is_own {
            return false;
        }
        match segment.ack {
            // both ends sent a SYN before they had the other's: a simultaneous open
            None if segment.piece.direction == Direction::ToClient => {
                !(self.opening.is_waiting() && forward.origin() == Origin::Unknown)
            }
            None => true,
            Some(ack) => {
                let answers = reverse.behind_syn() == Some(ack)
                    || reverse.origin() == Origin::Midway && reverse.base() == ack;
                let midway = reverse.origin() < Origin::Syn && forward.origin() < Origin::Syn;
                !answers && (midway || self.is_over() || self.opening.is_acked())
            }
        }
    }

    /// True where nothing more is expected: both ends closed, or a RST.
    pub(super) const fn is_over(&self) -> bool {
        self.is_reset || self.to_server.fin_acked && self.to_client.fin_acked
    }

    /// What both directions hold behind holes.
    #[inline]
    pub(super) const fn held_cost(&self) -> usize {
        self.to_server.held_cost().saturating_add(self.to_client.held_cost())
    }

    pub(super) const fn first_close(&self) -> Option<Direction> {
        self.first_close
    }

    /// The states of client and server.
    pub(super) const fn states(&self) -> (TcpState, TcpState) {
        (self.states.to_server, self.states.to_client)
    }

    /// The sender's half and the receiver's.
    #[inline]
    const fn halves(&mut self, direction: Direction) -> (&mut Half, &mut Half) {
        match direction {
            Direction::ToServer => (&mut self.to_server, &mut self.to_client),
            Direction::ToClient => (&mut self.to_client, &mut self.to_server),
        }
    }

    #[cold]
    fn is_copy(&mut self, segment: &Segment<'_>) -> bool {
        let (forward, _) = self.halves(segment.piece.direction);
        let print = print(segment);
        let is_copy = forward.recent.has(&print);
        forward.recent.note(print);
        is_copy
    }

    #[cold]
    fn syn(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let first = segment.seq.wrapping_add(1);
        let (forward, reverse) = match direction {
            Direction::ToServer => (&mut self.to_server, &mut self.to_client),
            Direction::ToClient => (&mut self.to_client, &mut self.to_server),
        };
        let is_repeat = forward.is_seen;
        if is_repeat {
            let counters = counters.of_mut(direction);
            counters.retransmissions = counters.retransmissions.saturating_add(1);
        }
        forward.begin(first, Origin::Syn);
        match (segment.ack, direction) {
            (None, Direction::ToServer) => emit.tcp(self.opening.syn(segment)),
            (Some(ack), Direction::ToClient) => {
                // the client's SYN, where it was not captured
                reverse.begin(ack, Origin::Syn);
                emit.tcp(self.opening.syn_ack(segment, ack));
                if self.states.to_client != TcpState::Established {
                    self.states.to_client = TcpState::SynReceived;
                }
            }
            (None, Direction::ToClient) if !is_repeat => {
                self.states.to_client = TcpState::SynSent;
                emit.anomaly(
                    Anomaly::new(
                        "tcp.simultaneous-open",
                        Class::Suspicious,
                        "both ends sent a SYN before they had the other's",
                    )
                    .citing("RFC 9293 §3.5"),
                );
            }
            // its answer on the client's side
            _ => {}
        }
    }

    /// A byte or less, sent only to be answered. Such a byte is not put into the stream.
    #[inline]
    fn probe(
        &mut self,
        segment: &Segment<'_>,
        range: Range<i64>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) -> bool {
        let direction = segment.piece.direction;
        let (forward, reverse) = self.halves(direction);
        let highest = forward.highest;
        if range.end.saturating_sub(range.start) > 1 || !segment.is_plain() {
            forward.is_probing = false;
            return false;
        }
        let is_before = range.start.saturating_add(1) == highest.cast_signed();
        if is_before && (forward.acked >= highest || reverse.last_ack.is_none()) {
            let kind = if reverse.is_closed_window {
                SegmentKind::ZeroWindowProbe
            } else {
                let counters = counters.of_mut(direction);
                counters.keep_alives = counters.keep_alives.saturating_add(1);
                SegmentKind::KeepAlive
            };
            forward.is_probing = true;
            emit.segment(direction, kind, offsets(&range));
            return true;
        }
        forward.is_probing = false;
        if range.start == highest.cast_signed()
            && range.end > range.start
            && reverse.is_closed_window
        {
            // a new byte: it counts if the receiver takes it
            forward.is_probing = true;
            emit.segment(direction, SegmentKind::ZeroWindowProbe, offsets(&range));
        }
        false
    }

    /// What an acknowledgment tells of the other direction.
    #[inline]
    fn acknowledge(
        &mut self,
        segment: &Segment<'_>,
        ack: u32,
        start: i64,
        is_probe: bool,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let stamp = segment.piece.stamp;
        let is_opening = self.is_opening;
        let (forward, reverse) = self.halves(direction);
        if reverse.origin() == Origin::Unknown {
            reverse.begin(ack, Origin::Acked);
        }
        let mut acked = reverse.place(ack);
        if reverse.is_far(acked) {
            if !(is_opening && direction == Direction::ToServer && reverse.begin_again(ack)) {
                return;
            }
            acked = 0;
        }
        let mut acked = u64::try_from(acked).unwrap_or(0);
        if acked == 1 && reverse.highest == 0 && reverse.begin_after_probe() {
            acked = 0;
        }
        let mut is_new_fin = false;
        if acked > reverse.acked {
            if acked > reverse.highest {
                // told once where nothing of this direction is captured at all
                if reverse.is_seen || reverse.highest == 0 {
                    emit.segment(direction, SegmentKind::AckedUnseen, reverse.highest..acked);
                }
                reverse.highest = acked;
            }
            reverse.acked = acked;
            is_new_fin = reverse.fin.is_some_and(|fin| acked > fin) && !reverse.fin_acked;
        }
        let misses = reverse.misses_acked() && reverse.unseen.is_none() && reverse.is_seen;
        if misses {
            reverse.unseen = Some(stamp);
        }

        let is_same = forward.last_ack == Some(ack);
        if !is_same {
            forward.repeats = 0;
        }
        if segment.is_plain() {
            let is_pure = segment.piece.length() == 0 && start == forward.highest.cast_signed();
            if is_same && is_pure && !is_probe {
                if reverse.is_probing {
                    if segment.window != 0 {
                        emit.segment(direction, SegmentKind::KeepAliveAck, acked..acked);
                    }
                } else if segment.window == forward.last_window && segment.window != 0 {
                    forward.repeats = forward.repeats.saturating_add(1);
                    let kind = SegmentKind::DuplicateAck(forward.repeats);
                    emit.segment(direction, kind, acked..acked);
                    let counters = counters.of_mut(direction);
                    counters.duplicate_acks = counters.duplicate_acks.saturating_add(1);
                }
            }
            let is_closed = segment.window == 0;
            if is_closed && !forward.is_closed_window {
                emit.segment(direction, SegmentKind::ZeroWindow, acked..acked);
                let counters = counters.of_mut(direction);
                counters.zero_windows = counters.zero_windows.saturating_add(1);
            }
            forward.is_closed_window = is_closed;
        }
        reverse.is_probing = false;
        forward.last_ack = Some(ack);
        forward.last_window = segment.window;

        self.is_unseen |= misses;
        if is_opening {
            self.establish(segment, emit);
        }
        if is_new_fin {
            self.fin_acked(!direction, emit);
        }
    }

    /// The handshake goes on with an acknowledgment.
    #[cold]
    fn establish(&mut self, segment: &Segment<'_>, emit: &mut Emit<'_>) {
        if segment.piece.direction == Direction::ToServer {
            self.opening.acked(segment);
            self.is_opening = self.opening.is_waiting_for_answer();
            if self.states.to_server == TcpState::SynSent {
                self.states.to_server = TcpState::Established;
            }
            if matches!(self.states.to_client, TcpState::SynReceived | TcpState::Closed) {
                self.states.to_client = TcpState::Established;
            }
        }
        if let Some(handshake) = self.opening.whole() {
            self.is_opening = false;
            self.round_trip = self.opening.round_trip();
            self.states.to_client = TcpState::Established;
            emit.tcp(TcpEvent::Established(Box::new(handshake)));
        }
    }

    #[cold]
    fn fin(
        &mut self,
        segment: &Segment<'_>,
        end: i64,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let Ok(end) = u64::try_from(end) else { return };
        let (forward, reverse) = self.halves(direction);
        if forward.fin.is_some() || forward.has_ended() {
            if segment.piece.length() == 0 {
                let kind = if forward.fin_acked {
                    SegmentKind::SpuriousRetransmission
                } else {
                    SegmentKind::Retransmission
                };
                emit.segment(direction, kind, end..end);
                let counters = counters.of_mut(direction);
                counters.retransmissions = counters.retransmissions.saturating_add(1);
            }
            return;
        }
        forward.fin = Some(end);
        forward.highest = forward.highest.max(end.saturating_add(1));
        let acks_other = reverse.fin_acked;
        let is_acked = forward.acked > end;
        self.first_close.get_or_insert(direction);
        close::fin(&mut self.states, direction, acks_other);
        emit.tcp(TcpEvent::Fin {
            direction,
            sender: *self.states.of(direction),
            receiver: *self.states.of(!direction),
        });
        if is_acked {
            self.fin_acked(direction, emit);
        }
    }

    /// The FIN of `direction` is acknowledged.
    #[cold]
    fn fin_acked(&mut self, direction: Direction, emit: &mut Emit<'_>) {
        self.halves(direction).0.fin_acked = true;
        close::fin_acked(&mut self.states, direction);
        emit.tcp(TcpEvent::FinAcked {
            direction,
            sender: *self.states.of(direction),
            receiver: *self.states.of(!direction),
        });
    }

    #[cold]
    fn rst(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let is_waiting = self.opening.is_waiting();
        let (forward, reverse) = self.halves(direction);
        // RFC 9293 §3.10.7.3: while a SYN waits, the acknowledgment must fit it; it may cover
        // data that went with it
        let fits_ack = segment
            .ack
            .is_some_and(|ack| reverse.origin() != Origin::Unknown && reverse.is_near(ack));
        let is_refused = is_waiting && direction == Direction::ToClient && fits_ack;
        let is_plausible = is_refused
            || fits_ack && forward.origin() < Origin::Midway
            || forward.origin() != Origin::Unknown && forward.is_reset_by(segment.seq)
            || forward.origin() == Origin::Unknown && reverse.origin() == Origin::Unknown;
        if !is_plausible {
            emit.anomaly(
                Anomaly::new(
                    "tcp.rst-ignored",
                    Class::Suspicious,
                    format!("a RST with sequence number {} that its receiver ignores", segment.seq),
                )
                .citing("RFC 9293 §3.10.7.4"),
            );
            return;
        }
        self.is_reset = true;
        self.first_close.get_or_insert(direction);
        self.states = PerDirection { to_server: TcpState::Closed, to_client: TcpState::Closed };
        emit.tcp(TcpEvent::Rst { direction, refused: is_refused });
        let at = segment.piece.stamp;
        self.to_server.end(EndReason::Rst, at, &mut counters.to_server, emit);
        self.to_client.end(EndReason::Rst, at, &mut counters.to_client, emit);
        self.is_unseen = false;
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
