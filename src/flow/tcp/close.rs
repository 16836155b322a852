//! How a connection ends: FINs, RSTs, and the states of both ends meanwhile (RFC 9293 §3.6).
//!
//! States are as far as the packets tell: an end is in a state from the packet on that proves it.

use crate::anomaly::{Anomaly, Class};
use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction, EndReason, PerDirection, TcpEvent, TcpState};
use crate::flow::piece::Segment;
use crate::flow::tcp::analysis::resent;
use crate::flow::tcp::half::Origin;
use crate::flow::tcp::recovery::Again;
use crate::flow::tcp::state::Tcp;

impl Tcp {
    /// A FIN, which stands at offset `end`.
    #[cold]
    pub(super) fn fin(
        &mut self,
        segment: &Segment<'_>,
        end: i64,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        let Ok(end) = u64::try_from(end) else { return };
        let round_trip = self.round_trip;
        let (forward, reverse) = self.halves(direction);
        if forward.fin.is_some() || forward.has_ended() {
            if segment.piece.length() == 0 {
                let counters = counters.of_mut(direction);
                let again = Again {
                    start: end,
                    end: end.saturating_add(1),
                    highest: forward.highest,
                    acked: forward.acked,
                    repeats: reverse.repeats,
                    largest: counters.largest,
                    at: segment.piece.stamp.at,
                    round_trip,
                };
                let kind = resent(&again, false, &mut forward.recovery, counters);
                emit.segment(direction, kind, end..end);
            }
            return;
        }
        forward.recovery.sent(segment.piece.stamp.at, forward.acked >= forward.highest);
        forward.fin = Some(end);
        forward.highest = forward.highest.max(end.saturating_add(1));
        let acks_other = reverse.fin_acked;
        let is_acked = forward.acked > end;
        self.first_close.get_or_insert(direction);
        fin(&mut self.states, direction, acks_other);
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
    pub(super) fn fin_acked(&mut self, direction: Direction, emit: &mut Emit<'_>) {
        self.halves(direction).0.fin_acked = true;
        fin_acked(&mut self.states, direction);
        emit.tcp(TcpEvent::FinAcked {
            direction,
            sender: *self.states.of(direction),
            receiver: *self.states.of(!direction),
        });
    }

    /// A segment behind a RST: a SYN with the same number is the client's next try after it was
    /// refused (some try three times), all else is left over.
    #[cold]
    pub(super) fn after_reset(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let is_client = segment.piece.direction == Direction::ToServer;
        if segment.syn && segment.ack.is_none() && is_client && !self.is_copy(segment) {
            let counters = &mut counters.to_server;
            counters.retransmissions = counters.retransmissions.saturating_add(1);
            emit.tcp(self.opening.syn(segment));
        }
    }

    /// A RST: it ends the connection if its receiver believes it.
    #[cold]
    pub(super) fn rst(
        &mut self,
        segment: &Segment<'_>,
        counters: &mut PerDirection<Counters>,
        emit: &mut Emit<'_>,
    ) {
        let direction = segment.piece.direction;
        if direction == Direction::ToServer && self.opening.answers_challenge(segment.seq) {
            return;
        }
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

/// A FIN goes in `direction`. `acks_other` is true where it acknowledges the other end's FIN.
fn fin(states: &mut PerDirection<TcpState>, direction: Direction, acks_other: bool) {
    let (sender, receiver) = match *states.of(!direction) {
        // the other end closed first, and this one knew
        TcpState::FinWait1 | TcpState::FinWait2 | TcpState::TimeWait if acks_other => {
            (TcpState::LastAck, TcpState::TimeWait)
        }
        // both FINs crossed: neither knew of the other's
        TcpState::FinWait1 => (TcpState::Closing, TcpState::Closing),
        TcpState::FinWait2 => (TcpState::LastAck, TcpState::TimeWait),
        _ => (TcpState::FinWait1, TcpState::CloseWait),
    };
    *states.of_mut(direction) = sender;
    *states.of_mut(!direction) = receiver;
}

/// The FIN of `direction` is acknowledged.
fn fin_acked(states: &mut PerDirection<TcpState>, direction: Direction) {
    let state = states.of_mut(direction);
    *state = match *state {
        TcpState::FinWait1 => TcpState::FinWait2,
        TcpState::Closing => TcpState::TimeWait,
        TcpState::LastAck => TcpState::Closed,
        other => other,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO_SERVER: Direction = Direction::ToServer;
    const TO_CLIENT: Direction = Direction::ToClient;

    fn open() -> PerDirection<TcpState> {
        PerDirection { to_server: TcpState::Established, to_client: TcpState::Established }
    }

    fn names(states: &PerDirection<TcpState>) -> [&'static str; 2] {
        [states.to_server.name(), states.to_client.name()]
    }

    #[test]
    fn one_after_the_other() {
        let mut states = open();
        fin(&mut states, TO_SERVER, false);
        assert_eq!(names(&states), ["FIN-WAIT-1", "CLOSE-WAIT"]);
        fin_acked(&mut states, TO_SERVER);
        assert_eq!(names(&states), ["FIN-WAIT-2", "CLOSE-WAIT"]);
        fin(&mut states, TO_CLIENT, true);
        assert_eq!(names(&states), ["TIME-WAIT", "LAST-ACK"]);
        fin_acked(&mut states, TO_CLIENT);
        assert_eq!(names(&states), ["TIME-WAIT", "CLOSED"]);
    }

    #[test]
    fn at_the_same_time() {
        let mut states = open();
        fin(&mut states, TO_CLIENT, false);
        fin(&mut states, TO_SERVER, false);
        assert_eq!(names(&states), ["CLOSING", "CLOSING"]);
        fin_acked(&mut states, TO_CLIENT);
        fin_acked(&mut states, TO_SERVER);
        assert_eq!(names(&states), ["TIME-WAIT", "TIME-WAIT"]);
    }
}
