//! How a connection begins: its SYNs, and the SYN that begins another one in its place.

use crate::anomaly::{Anomaly, Class};
use crate::flow::emit::Emit;
use crate::flow::event::{Counters, Direction, PerDirection, TcpEvent, TcpState};
use crate::flow::piece::Segment;
use crate::flow::tcp::half::Origin;
use crate::flow::tcp::state::Tcp;

impl Tcp {
    /// True for a SYN or SYN-ACK that does not belong to this connection but begins another one
    /// with the same addresses and ports (RFC 9293 §3.6.1).
    pub(in crate::flow) fn begins_anew(&self, segment: &Segment<'_>) -> bool {
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

    /// A SYN or SYN-ACK of this connection.
    #[cold]
    pub(super) fn syn(
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
        if is_repeat && forward.behind_syn() == Some(first) {
            let counters = counters.of_mut(direction);
            counters.retransmissions = counters.retransmissions.saturating_add(1);
        }
        forward.begin(first, Origin::Syn);
        match (segment.ack, direction) {
            (None, Direction::ToServer) => emit.tcp(self.opening.syn(segment)),
            (Some(ack), Direction::ToClient) => {
                // the client's SYN, where it was not captured
                reverse.begin(ack, Origin::Syn);
                // bytes that came with the SYN and were not taken (RFC 7413 §4.2.2) come again
                if reverse.place(ack) == 0 {
                    reverse.recovery.refused(reverse.highest);
                }
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

    /// True for an ACK that answers the SYN in place of a SYN-ACK: the server still knows an older
    /// connection of these ports (half open, RFC 9293 §3.5.1), and asks whether that is over
    /// (challenge ACK, RFC 5961 §4).
    pub(super) fn is_challenge(&self, segment: &Segment<'_>) -> bool {
        let Some(ack) = segment.ack else { return false };
        let is_ack = segment.piece.direction == Direction::ToClient
            && segment.is_plain()
            && segment.piece.length() == 0;
        // nearer, it may answer what was not captured of this one
        is_ack && self.opening.is_waiting() && !self.to_server.is_near(ack)
    }

    /// The server asks whether an older connection is over.
    #[cold]
    pub(super) fn challenge(&mut self, segment: &Segment<'_>, emit: &mut Emit<'_>) {
        self.opening.challenged(segment.ack.unwrap_or(0));
        emit.anomaly(
            Anomaly::new(
                "tcp.half-open",
                Class::Suspicious,
                "the server answers the SYN for an older connection of the same ports, which the \
                 client knows no more",
            )
            .citing("RFC 9293 §3.5.1, RFC 5961 §4"),
        );
    }

    /// The handshake goes on with an acknowledgment.
    #[cold]
    pub(super) fn establish(&mut self, segment: &Segment<'_>, ack: u32, emit: &mut Emit<'_>) {
        if segment.piece.direction == Direction::ToServer {
            self.opening.acked(segment, ack);
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
            self.round_trip = Some(handshake.server_half() + handshake.client_half());
            let (client, server) = (handshake.client_options, handshake.server_options);
            self.to_server.shift = client.shift_towards(server);
            self.to_client.shift = server.shift_towards(client);
            self.states.to_client = TcpState::Established;
            self.stalls.established(&handshake);
            emit.tcp(TcpEvent::Established(Box::new(handshake)));
        }
    }
}

/// A SYN that is captured late precedes the first byte seen by no more than a window.
const NEAR: u32 = 4 << 20;
