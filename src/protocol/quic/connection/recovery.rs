//! What acknowledgments and repeated bytes tell (RFC 9002): round trips, loss, and what it held up.

use crate::flow::event::{Direction, RoundTrip};
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::quic::connection::state::Connection;
use crate::protocol::quic::event::{QuicEvent, Stall, StallCause};
use crate::protocol::quic::frame::ack::Ack;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::streams::{Bringer, Taken};
use crate::time::{Stamp, TimeDelta};

impl Connection {
    /// One end tells what has come of the other's packets.
    pub(super) fn acked(
        &mut self,
        way: Direction,
        kind: Kind,
        ack: &Ack<'_>,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        let exponent = self.ways.of(way).ack_delay_exponent.unwrap_or(DELAY_EXPONENT);
        let side = self.ways.of_mut(!way);
        let said = side.space(kind).acked(ack);
        side.measures.lost = (side.measures.lost + said.lost).saturating_sub(said.spurious);
        let Some(sent) = said.answers else { return };
        let trip = at.at.since(sent.at.at).at_least_zero();
        // until the handshake is over nobody says how long an acknowledgment was held back
        let micros =
            if kind == Kind::OneRtt { ack.delay.checked_shl(exponent.into()) } else { None };
        let ack_delay = micros.and_then(|micros| i64::try_from(micros).ok());
        let ack_delay =
            TimeDelta::from_nanos(ack_delay.unwrap_or_default().saturating_mul(1000)).min(trip);
        let without = trip - ack_delay;
        let smoothed = side.smoothed.map_or(without, |before| {
            TimeDelta::from_nanos((7 * before.as_nanos() + without.as_nanos()) / 8)
        });
        side.smoothed = Some(smoothed);
        let least = side.measures.round_trip.map_or(without, |(least, _)| least.min(without));
        side.measures.round_trip = Some((least, smoothed));
        if side.shortest.is_none_or(|shortest| trip < shortest) {
            side.shortest = Some(trip);
            let trip = RoundTrip { direction: !way, sent: sent.at, acked: at };
            self.say(QuicEvent::RoundTrip { trip, ack_delay }, cx);
        }
    }

    /// A piece of a stream filled a hole, or came again: what waited for it is told.
    pub(super) fn repaired(
        &mut self,
        key: StreamKey,
        taken: &Taken,
        by: Bringer,
        cx: &mut Context<'_>,
    ) {
        let side = self.ways.of(key.direction);
        let [_, _, space] = &side.spaces;
        if let Some(hole) = taken.filled {
            let cause = if by.number < hole.packet {
                StallCause::Reordered
            } else {
                // later packets were acknowledged, so that the sender knew; or its timer ran out
                StallCause::Missing {
                    by_ack: Some(space.is_acked_behind(hole.packet.saturating_sub(1))),
                }
            };
            self.stalled(key, (hole.at, by.at), cause, cx);
        }
    }

    fn stalled(
        &mut self,
        key: StreamKey,
        (from, to): (Stamp, Stamp),
        cause: StallCause,
        cx: &mut Context<'_>,
    ) {
        if from.at < to.at {
            let (direction, stream) = (key.direction, Some(key.id));
            let stall = Stall { direction, stream, from, to, cause };
            self.say(QuicEvent::Stalled(Box::new(stall)), cx);
        }
    }

    /// The connection is over: what was counted in it.
    pub(super) fn measured(&mut self, cx: &mut Context<'_>) {
        let mut measures = crate::protocol::quic::event::Measures::default();
        for way in [Direction::ToServer, Direction::ToClient] {
            let side = self.ways.of_mut(way);
            side.measures.missed = side.spaces.iter().map(|space| space.missed()).sum();
            if std::env::var_os("QDBG").is_some() {
                eprintln!(
                    "QDBG {} {:?} {:?} keys {:?} alpn {:?} {:?}",
                    cx.flow.id, way, self.version, self.known, self.alpn, side.measures
                );
            }
            *measures.ways.of_mut(way) = std::mem::take(&mut side.measures);
        }
        self.say(QuicEvent::Measures(Box::new(measures)), cx);
    }
}

/// Where an end does not say by how much it shifts its delays (RFC 9000 §18.2).
const DELAY_EXPONENT: u8 = 3;
