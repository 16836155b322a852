//! The states of both ends while a connection closes (RFC 9293 §3.6).
//!
//! States are as far as the packets tell: an end is in a state from the packet on that proves it.

use crate::flow::event::{Direction, PerDirection, TcpState};

/// A FIN goes in `direction`. `acks_other` is true where it acknowledges the other end's FIN.
pub(super) fn fin(states: &mut PerDirection<TcpState>, direction: Direction, acks_other: bool) {
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
pub(super) fn fin_acked(states: &mut PerDirection<TcpState>, direction: Direction) {
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
