//! What acknowledgments and repeated bytes tell (RFC 9002): round trips, loss, and what it held up.

use crate::flow::event::{Direction, PerDirection, RoundTrip};
use crate::flow::trips::Trips;
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{Again, Connection};
use crate::protocol::quic::credit::Blocked;
use crate::protocol::quic::event::{Measures, QuicEvent, Stall, StallCause};
use crate::protocol::quic::frame::ack::Ack;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::pauses::{Passed, Pause};
use crate::protocol::quic::space::Space;
use crate::protocol::quic::streams::{Bringer, Taken};
use crate::time::{Stamp, TimeDelta};

/// What one end had sent before a packet was read.
pub(super) struct Before {
    /// Bytes of streams: new ones, and again.
    pub(super) brought: (u64, u64),
    /// Something held up its bytes that is told otherwise.
    pub(super) is_held_up: bool,
}

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
        if kind == Kind::OneRtt {
            side.pauses.acked(ack.largest, at);
        }
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
            say(QuicEvent::RoundTrip { trip, ack_delay }, cx);
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
        let [_, _, space] = &self.ways.of(key.direction).spaces;
        let by_ack = |number| space.has_acks().then(|| space.is_acked_behind(number));
        if let Some(hole) = taken.filled {
            // where later packets were acknowledged the sender knew; else its timer ran out
            let cause = if by.number < hole.packet {
                StallCause::Reordered
            } else {
                StallCause::Missing { by_ack: by_ack(hole.packet.saturating_sub(1)) }
            };
            stalled(key, (hole.at, by.at), cause, cx);
        } else if let Some((number, newest)) = taken.again
            && space.is_waiting(number)
        {
            let cause = StallCause::SentAgain { by_ack: by_ack(number), newest };
            stalled(key, (newest, by.at), cause, cx);
        }
    }

    /// Bytes of the handshake came again.
    pub(super) fn sent_again(&mut self, way: Direction, kind: Kind, by: Bringer) {
        let side = self.ways.of_mut(way);
        let space = side.space(kind);
        let missing = space.first_waiting_before(by.number).filter(|_| space.has_acks());
        let by_ack = missing.map(|missing| space.is_acked_behind(missing.number));
        side.again = Some(Again { kind, number: by.number, at: by.at, by_ack });
    }

    /// One end goes on with the handshake. Where the other one had sent some of its own again, and what
    /// it had sent before was not acknowledged until now, it had been lost.
    pub(super) fn answered_again(&mut self, way: Direction, cx: &mut Context<'_>) {
        let side = self.ways.of_mut(!way);
        let Some(Again { kind, number, at, by_ack }) = side.again.take() else { return };
        let space = side.space(kind);
        if let Some(lost) = space.first_waiting_before(number)
            && space.has_acks_from(number)
        {
            let cause = StallCause::SentAgain { by_ack, newest: lost.at };
            let (direction, from, to) = (!way, lost.at, at);
            say_stall(Stall { direction, stream: None, from, to, cause }, cx);
        }
    }

    /// A packet was read: the time before it, where it is the first one with bytes of streams for a
    /// while.
    pub(super) fn paused(
        &mut self,
        way: Direction,
        by: Bringer,
        before: &Before,
        cx: &mut Context<'_>,
    ) {
        let brought = self.ways.of(way).brought();
        if brought == before.brought {
            return;
        }
        let trips = self.trips();
        let Bringer { number, at, allocated } = by;
        let is_new = brought.0 > before.brought.0;
        let passed = Passed { number, at, size: allocated, is_new, is_told: before.is_held_up };
        let pause = self.ways.of_mut(way).pauses.sent(passed, way, &trips);
        // a request waits for nothing but what is lost of it
        if let (Some(Pause { from, to, cause }), Direction::ToClient) = (pause, way) {
            say_stall(Stall { direction: way, stream: None, from, to, cause }, cx);
        }
    }

    /// How soon the ends answer.
    fn trips(&self) -> Trips {
        let shortest = |way| self.ways.of(way).measures.round_trip.map(|(least, _)| least);
        let (to_server, to_client) = (shortest(Direction::ToServer), shortest(Direction::ToClient));
        Trips::new(PerDirection { to_server, to_client })
    }

    /// Bytes of a stream went out: the times in which their sender was not allowed to send them.
    pub(super) fn credited(
        &mut self,
        key: StreamKey,
        taken: &Taken,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        if taken.fresh == 0 && !taken.has_begun {
            return;
        }
        let is_begun_here = (key.id & 1 == 0) == (key.direction == Direction::ToServer);
        let credit = &mut self.ways.of_mut(key.direction).credit;
        let [of_stream, of_all] = credit.sent(key.id, (taken.fresh, taken.end), at);
        let begun = if taken.has_begun && is_begun_here { credit.began(key.id, at) } else { None };
        if of_stream.or(of_all).or(begun).is_none() {
            return;
        }
        let latest = self.trips().latest(key.direction);
        // who goes on much later than it may had nothing to send since
        let is_late = |opened: Stamp| latest.is_some_and(|latest| at.at.since(opened.at) > latest);
        for (blocked, stream) in [(of_stream, Some(key.id)), (of_all, None)] {
            let Some(Blocked { from, to, opened }) = blocked else { continue };
            let until = opened.filter(|opened| is_late(*opened)).unwrap_or(to);
            let cause = StallCause::FlowControl { opened };
            let direction = key.direction;
            say_stall(Stall { direction, stream, from, to: until, cause }, cx);
            if direction == Direction::ToClient {
                let cause = StallCause::Idle;
                say_stall(Stall { direction, stream, from: until, to, cause }, cx);
            }
        }
        if let Some(Blocked { from, to, opened }) = begun
            && !opened.is_some_and(is_late)
        {
            stalled(key, (from, to), StallCause::StreamLimit { opened }, cx);
        }
    }

    /// The connection is over: what was counted in it.
    pub(super) fn measured(&mut self, cx: &mut Context<'_>) {
        let mut measures = Measures::default();
        for way in [Direction::ToServer, Direction::ToClient] {
            let side = self.ways.of_mut(way);
            side.measures.missed = side.spaces.iter().map(Space::missed).sum();
            *measures.ways.of_mut(way) = std::mem::take(&mut side.measures);
        }
        say(QuicEvent::Measures(Box::new(measures)), cx);
    }
}

/// Bytes of a stream were held up.
fn stalled(key: StreamKey, (from, to): (Stamp, Stamp), cause: StallCause, cx: &mut Context<'_>) {
    let (direction, stream) = (key.direction, Some(key.id));
    say_stall(Stall { direction, stream, from, to, cause }, cx);
}

fn say_stall(stall: Stall, cx: &mut Context<'_>) {
    if stall.from.at < stall.to.at {
        say(QuicEvent::Stalled(Box::new(stall)), cx);
    }
}

/// Where an end does not say by how much it shifts its delays (RFC 9000 §18.2).
const DELAY_EXPONENT: u8 = 3;
