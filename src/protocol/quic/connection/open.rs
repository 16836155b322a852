//! Protected packets: opened where their keys are known.

use bytes::{Bytes, BytesMut};

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::crypto::header::HeaderKey;
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{Connection, Initials, Lock, Traffic, Waiting, Way};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::keys::{self, Keys, Unmasked};
use crate::protocol::quic::packet::{Ends, Kind};
use crate::protocol::quic::version::Version;
use crate::protocol::tls::event::Keys as Known;

/// A packet that was opened.
pub(super) struct Opened {
    pub(super) kind: Kind,
    pub(super) number: u64,
    /// The frames.
    pub(super) payload: Bytes,
    /// Bytes of the whole packet.
    pub(super) size: usize,
}

impl Connection {
    /// Opens a packet and reads it, or all that were captured as one; or it waits for its keys, or
    /// stays closed.
    pub(super) fn take(
        &mut self,
        way: Direction,
        packet: Waiting,
        ends: Option<Ends>,
        cx: &mut Context<'_>,
    ) {
        if packet.is_large()
            && let Some(all) = self.segments(way, &packet, cx)
        {
            for inside in all {
                self.take_one(way, inside, ends, cx);
            }
        } else {
            self.take_one(way, packet, ends, cx);
        }
    }

    fn take_one(
        &mut self,
        way: Direction,
        packet: Waiting,
        ends: Option<Ends>,
        cx: &mut Context<'_>,
    ) {
        let (kind, at) = (packet.kind, packet.at);
        if kind == Kind::OneRtt && self.must_wait(cx) {
            let Err(back) = self.hold(way, packet, false, cx) else { return };
            self.give_up(cx);
            return self.take_one(way, back, ends, cx);
        }
        let opened = match kind {
            Kind::Initial => self.open_initial(way, &packet, ends, cx),
            Kind::ZeroRtt | Kind::Handshake | Kind::OneRtt => {
                if !self.unlock(way, &packet, cx) {
                    return self.keep(way, packet, cx);
                }
                self.open_keyed(way, &packet, cx)
            }
        };
        match opened {
            Some(opened) => {
                if kind != Kind::Initial {
                    self.say_known(Known::Found, cx);
                }
                self.opened(way, opened, at, cx);
            }
            None => self.unopened(way, &packet, cx),
        }
    }

    /// Initial packets are protected with what everybody can know (RFC 9001 §5.2): the destination of
    /// the client's first one, or of the first behind a Retry.
    fn open_initial(
        &mut self,
        way: Direction,
        packet: &Waiting,
        ends: Option<Ends>,
        cx: &mut Context<'_>,
    ) -> Option<Opened> {
        let ends = ends?;
        let number_at = packet.number_at?;
        let expected = self.ways.of(way).spaces[0].expected();
        let open = |known: &Initials| {
            let (header, keys) = known.keys.of(way);
            open_with(header, keys, expected, packet, number_at)
        };
        let known = self.initials.iter().position(|known| known.version == ends.version);
        if let Some(place) = known
            && let Some(opened) = self.initials.get(place).and_then(open)
        {
            return Some(opened);
        }
        let destination = (way == Direction::ToServer).then_some(ends.destination);
        let tried = known.and_then(|place| self.initials.get(place)).map(|known| known.id);
        let candidates = [destination, self.original];
        let candidates = candidates.into_iter().flatten().filter(|id| Some(*id) != tried);
        for made in candidates.flat_map(|id| initials(ends.version, id)) {
            // another space, where the client begins anew
            if let Some(opened) = open(&made).or_else(|| {
                let (header, keys) = made.keys.of(way);
                open_with(header, keys, 0, packet, number_at)
            }) {
                let is_over = self.is_closed || self.settled.is_none();
                let is_another = self.original.is_some_and(|original| original != made.id);
                if is_over && is_another {
                    self.forget(cx);
                    self.spoken(way, ends, cx);
                }
                self.initials.retain(|known| known.version != ends.version);
                self.initials.insert(0, made);
                self.initials.truncate(INITIALS);
                return Some(opened);
            }
        }
        None
    }

    fn open_keyed(
        &mut self,
        way: Direction,
        packet: &Waiting,
        cx: &mut Context<'_>,
    ) -> Option<Opened> {
        let side = self.ways.of_mut(way);
        let number_at = packet.number_at.or_else(|| Some(1 + side.id_length?))?;
        let expected = side.space(packet.kind).expected().max(side.expected);
        match packet.kind {
            Kind::OneRtt => {
                let before = side.traffic.as_ref().map_or(0, |traffic| traffic.updates);
                let opened = open_traffic(side, expected, packet, number_at);
                let opened = opened.or_else(|| self.open_far(way, packet, number_at, cx));
                let updates = self.ways.of(way).traffic.as_ref().map_or(0, |it| it.updates);
                if updates > before {
                    let update = QuicEvent::KeyUpdate { by: way, at: packet.at, nth: updates };
                    say(update, cx);
                }
                opened
            }
            Kind::ZeroRtt => with(side.early.as_deref()?, expected, packet, number_at),
            _ => with(side.handshake.as_deref()?, expected, packet, number_at),
        }
    }

    /// A packet whose number may be far from those before, and whose keys may be newer ones: as many
    /// are missing in the capture.
    fn open_far(
        &mut self,
        way: Direction,
        packet: &Waiting,
        number_at: usize,
        cx: &Context<'_>,
    ) -> Option<Opened> {
        let side = self.ways.of_mut(way);
        if side.trials >= cx.limits.tls_trials {
            return None;
        }
        let expected = side.space(packet.kind).expected();
        let traffic = side.traffic.as_mut()?;
        let mut copy = BytesMut::from(&*packet.bytes);
        let unmasked = keys::unmask(&traffic.lock.header, &mut copy, number_at)?;
        if !unmasked.is_likely() {
            return None;
        }
        let window = 1u64 << (8 * unmasked.length);
        let nearest = unmasked.number(expected);
        // in the same phase two updates may have been missed; of the next one the nearest number was
        // tried before
        let next = traffic.lock.keys.next()?;
        let is_same = unmasked.phase() == traffic.phase;
        let newest = if is_same { Some(next.next()?) } else { None };
        let near = u64::from(!is_same);
        let of_present = (1..=FAR).filter(|_| is_same).map(|steps| (&traffic.lock.keys, steps));
        let of_newer = (near..=FAR).map(|steps| (newest.as_ref().unwrap_or(&next), steps));
        let mut opened = None;
        for (is_newer, (keys, steps)) in
            of_present.map(|one| (false, one)).chain(of_newer.map(|one| (true, one)))
        {
            side.trials += 1;
            let number = nearest.checked_add(steps * window)?;
            opened = open_unmasked(keys, unmasked, number, (packet, &copy), number_at)
                .map(|opened| (is_newer, opened));
            if opened.is_some() {
                break;
            }
        }
        let (is_newer, opened) = opened?;
        if is_newer {
            traffic.go_on(next, opened.number);
            if let Some(newest) = newest {
                traffic.go_on(newest, opened.number);
            }
        }
        Some(opened)
    }

    /// A packet that its keys do not open.
    fn unopened(&mut self, way: Direction, packet: &Waiting, cx: &mut Context<'_>) {
        if packet.kind == Kind::OneRtt && self.stateless_reset(way, packet, cx) {
            return;
        }
        if packet.kind != Kind::Initial {
            self.say_known(Known::Wrong, cx);
            // all are counted
            if !std::mem::replace(&mut self.ways.of_mut(way).has_told_bad, true) {
                cx.anomaly(unauthentic(way, packet));
            }
            if self.known == Some(Known::Found) {
                // nobody can tell whose it is: nothing follows from it
                self.ways.of_mut(way).measures.sealed += 1;
                return;
            }
        }
        self.closed_packet(way, packet.kind, packet.bytes.len(), packet.at, cx);
    }
}

/// What Initial packets of a version are protected with, by a destination.
fn initials(version: Version, id: ConnectionId) -> impl Iterator<Item = Initials> {
    let keys = version.protections().iter().filter_map(move |made| keys::initial(made, &id));
    keys.map(move |keys| Initials { version, id, keys })
}

fn with(lock: &Lock, expected: u64, packet: &Waiting, number_at: usize) -> Option<Opened> {
    open_with(&lock.header, &lock.keys, expected, packet, number_at)
}

pub(super) fn open_with(
    header: &HeaderKey,
    keys: &Keys,
    expected: u64,
    packet: &Waiting,
    number_at: usize,
) -> Option<Opened> {
    let mut copy = BytesMut::from(&*packet.bytes);
    let unmasked = keys::unmask(header, &mut copy, number_at)?;
    let number = unmasked.number(expected);
    finish(keys, unmasked, number, packet, copy, number_at)
}

/// Likewise, of a packet whose mask is off.
pub(super) fn open_unmasked(
    keys: &Keys,
    unmasked: Unmasked,
    number: u64,
    (packet, bytes): (&Waiting, &[u8]),
    number_at: usize,
) -> Option<Opened> {
    finish(keys, unmasked, number, packet, BytesMut::from(bytes), number_at)
}

fn finish(
    keys: &Keys,
    unmasked: Unmasked,
    number: u64,
    packet: &Waiting,
    mut bytes: BytesMut,
    number_at: usize,
) -> Option<Opened> {
    let head = number_at + unmasked.length;
    let end = keys.open(number, head, &mut bytes)?;
    let (kind, size) = (packet.kind, bytes.len());
    Some(Opened { kind, number, payload: bytes.freeze().slice(head..end), size })
}

/// Opens a 1-RTT packet with the keys of its phase (RFC 9001 §6.3): the present one, the next one,
/// or, where it came late, the one before.
fn open_traffic(
    side: &mut Way,
    expected: u64,
    packet: &Waiting,
    number_at: usize,
) -> Option<Opened> {
    let traffic = side.traffic.as_mut()?;
    let mut copy = BytesMut::from(&*packet.bytes);
    let unmasked = keys::unmask(&traffic.lock.header, &mut copy, number_at)?;
    let number = unmasked.number(expected);
    if unmasked.phase() == traffic.phase {
        return finish(&traffic.lock.keys, unmasked, number, packet, copy, number_at);
    }
    if number < traffic.first
        && let Some(before) = &traffic.before
    {
        return finish(before, unmasked, number, packet, copy, number_at);
    }
    let next = traffic.lock.keys.next()?;
    let opened = finish(&next, unmasked, number, packet, copy, number_at)?;
    traffic.go_on(next, number);
    Some(opened)
}

impl Traffic {
    /// From this packet on with the next keys.
    fn go_on(&mut self, next: Keys, number: u64) {
        self.before = Some(std::mem::replace(&mut self.lock.keys, next));
        self.phase = !self.phase;
        self.first = number;
        self.updates += 1;
    }
}

/// Keys of Initial packets that are kept: version 1, and the one that is agreed on (RFC 9368).
const INITIALS: usize = 3;

/// How many times as far as its number can tell a packet may be from those before.
const FAR: u64 = 8;

fn unauthentic(way: Direction, packet: &Waiting) -> Anomaly {
    let who = if way == Direction::ToServer { "client" } else { "server" };
    let (kind, size) = (packet.kind.name(), packet.bytes.len());
    let text = format!(
        "a {kind} packet of {size} bytes from the {who} does not authenticate under its \
         key: it is passed over, as others of this sender are that do not either"
    );
    Anomaly::new("quic.bad-packet", Class::Suspicious, text).citing("RFC 9001 §5.3")
}
