//! What is known of one connection.

use crate::flow::event::{Direction, PerDirection, TcpMeasures, TcpState};
use crate::flow::tcp::half::Half;
use crate::flow::tcp::handshake::Opening;
use crate::flow::tcp::stalls::Stalls;
use crate::time::{TimeDelta, Timestamp};

/// One connection.
#[derive(Debug)]
pub(in crate::flow) struct Tcp {
    pub(super) to_server: Half,
    pub(super) to_client: Half,
    pub(super) opening: Opening,
    pub(super) states: PerDirection<TcpState>,
    pub(super) first_close: Option<Direction>,
    /// A RST ended it.
    pub(super) is_reset: bool,
    /// A SYN was seen, and not yet the rest of the handshake.
    pub(super) is_opening: bool,
    /// One direction misses bytes that the other end has.
    pub(super) is_unseen: bool,
    pub(super) round_trip: Option<TimeDelta>,
    pub(super) grace: TimeDelta,
    pub(super) stalls: Stalls,
}

impl Tcp {
    /// A connection met at a segment with or without SYN and ACK, whose directions hold at most
    /// `budget` bytes behind holes. A hole that the other end acknowledged is given up after
    /// `grace`.
    pub(in crate::flow) fn new(syn: bool, ack: bool, budget: usize, grace: TimeDelta) -> Self {
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
            stalls: Stalls::default(),
        }
    }

    /// True where nothing more is expected: both ends closed, or a RST.
    pub(in crate::flow) const fn is_over(&self) -> bool {
        self.is_reset || self.to_server.fin_acked && self.to_client.fin_acked
    }

    /// What both directions hold behind holes.
    #[inline]
    pub(in crate::flow) const fn held_cost(&self) -> usize {
        self.to_server.held_cost().saturating_add(self.to_client.held_cost())
    }

    pub(in crate::flow) const fn first_close(&self) -> Option<Direction> {
        self.first_close
    }

    /// The states of client and server.
    pub(in crate::flow) const fn states(&self) -> (TcpState, TcpState) {
        (self.states.to_server, self.states.to_client)
    }

    /// What was measured of it.
    pub(in crate::flow) fn measures(&mut self) -> TcpMeasures {
        let (server, client) = self.opening.sides();
        let halves = [(&mut self.to_server, server), (&mut self.to_client, client)];
        let [to_server, to_client] = halves.map(|(half, shaken)| {
            if let Some(time) = shaken {
                half.timing.get_or_insert_default().add(time);
            }
            half.timing.as_ref().and_then(|timing| timing.summary())
        });
        TcpMeasures { round_trips: PerDirection { to_server, to_client } }
    }

    /// The sender's half and the receiver's.
    #[inline]
    pub(super) const fn halves(&mut self, direction: Direction) -> (&mut Half, &mut Half) {
        match direction {
            Direction::ToServer => (&mut self.to_server, &mut self.to_client),
            Direction::ToClient => (&mut self.to_client, &mut self.to_server),
        }
    }

    /// When [`settle`](Self::settle) has something to do.
    pub(in crate::flow) fn settles_at(&self) -> Option<Timestamp> {
        if !self.is_unseen {
            return None;
        }
        let waits = [self.to_server.unseen, self.to_client.unseen];
        waits.into_iter().flatten().map(|since| since.at + self.grace).min()
    }
}
