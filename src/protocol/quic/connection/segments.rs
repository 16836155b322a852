//! Several datagrams of one size, captured as one.
//!
//! Senders give the device many datagrams at once and receivers take many (UDP GSO and GRO of Linux);
//! a capture in between has them as one. A short header does not say where its packet ends: the size
//! is found by what the next datagram begins with, its connection ID or its number.

use memchr::memmem;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::quic::connection::state::{Connection, Traffic, Waiting, Way};
use crate::protocol::quic::keys::{self, Unmasked};
use crate::protocol::quic::packet::{FIXED, Kind, LONG, Packet, Packets};

impl Connection {
    /// The pieces of a packet without length, where it is several.
    pub(super) fn segments(
        &mut self,
        way: Direction,
        packet: &Waiting,
        cx: &mut Context<'_>,
    ) -> Option<Vec<Waiting>> {
        // with keys it is surer, and an empty ID says nothing
        let has_keys = self.unlock(way, packet, cx);
        let size = self.size(way, packet, has_keys)?;
        self.ways.of_mut(way).segment = Some(size);
        let mut all = Vec::new();
        let mut at = 0;
        let mut end = size - packet.before;
        while at < packet.bytes.len() {
            let segment = packet.bytes.slice(at..end.min(packet.bytes.len()));
            for inside in Packets::new(&segment, 0) {
                let Ok(Packet::Protected(inside)) = inside else { break };
                all.push(Waiting {
                    kind: inside.kind,
                    bytes: segment.slice_ref(inside.bytes),
                    before: 0,
                    number_at: inside.number_at,
                    version: inside.ends.map(|ends| ends.version),
                    at: packet.at,
                });
            }
            (at, end) = (end, end + size);
        }
        // the first was counted as it came
        for inside in all.iter().skip(1) {
            self.ways.of_mut(way).count(inside.kind);
        }
        Some(all)
    }

    /// Bytes of each datagram.
    fn size(&mut self, way: Direction, packet: &Waiting, has_keys: bool) -> Option<usize> {
        let side = self.ways.of_mut(way);
        let id_length = side.id_length?;
        let joints = Joints { packet, id_length };
        let traffic = side.traffic.as_deref().filter(|_| has_keys);
        if let Some(size) = side.segment.filter(|size| joints.fits(*size, traffic)) {
            return Some(size);
        }
        if let Some(size) = joints.by_id(traffic) {
            return Some(size);
        }
        let traffic = traffic?;
        if side.searches >= SEARCHES {
            return None;
        }
        let found = joints.by_number(traffic, side);
        side.searches += u32::from(found.is_none());
        found
    }
}

/// Where a packet may be cut.
struct Joints<'p> {
    packet: &'p Waiting,
    /// Bytes of the destination in short headers.
    id_length: usize,
}

impl Joints<'_> {
    /// True where all pieces of this size begin as packets do that follow each other.
    fn fits(&self, size: usize, traffic: Option<&Traffic>) -> bool {
        let whole = self.packet.bytes.len();
        let Some(first) = size.checked_sub(self.packet.before) else { return false };
        if first < self.shortest() || first >= whole {
            return false;
        }
        let mut before = 0;
        for at in (first..whole).step_by(size) {
            if !self.follow(before, at, traffic) {
                return false;
            }
            before = at;
        }
        true
    }

    /// By the destination of the next one, which no other bytes are.
    fn by_id(&self, traffic: Option<&Traffic>) -> Option<usize> {
        let id = self.id(0).filter(|id| id.len() >= TELLING)?;
        let rest = self.packet.bytes.get(self.shortest()..)?;
        let mut found = memmem::find_iter(rest, id).map(|at| at + self.shortest());
        // the first byte stands before it
        found.find_map(|at| {
            let size = at.checked_sub(1)? + self.packet.before;
            self.fits(size, traffic).then_some(size)
        })
    }

    /// By the number of the next one; the first authenticates then.
    fn by_number(&self, traffic: &Traffic, side: &Way) -> Option<usize> {
        let lengths = self.shortest()..self.packet.bytes.len().min(LARGEST + 1);
        let first = self.number(0, traffic)?;
        let [_, _, space] = &side.spaces;
        let number = first.number(space.expected().max(side.expected));
        let mut sizes = lengths.map(|length| length + self.packet.before);
        sizes.find(|size| {
            self.fits(*size, Some(traffic))
                && self.opens(size - self.packet.before, number, traffic)
        })
    }

    /// True where the packet of so many bytes authenticates.
    fn opens(&self, length: usize, number: u64, traffic: &Traffic) -> bool {
        let Some(bytes) = self.packet.bytes.get(..length) else { return false };
        let (mut copy, number_at) = (bytes.to_vec(), 1 + self.id_length);
        let Some(unmasked) = keys::unmask(&traffic.lock.header, &mut copy, number_at) else {
            return false;
        };
        let next = if unmasked.phase() == traffic.phase { None } else { traffic.lock.keys.next() };
        let keys = next.as_ref().unwrap_or(&traffic.lock.keys);
        keys.open(number, number_at + unmasked.length, &mut copy).is_some()
    }

    /// True where one packet begins here and the next there, as far as their heads tell.
    fn follow(&self, one: usize, other: usize, traffic: Option<&Traffic>) -> bool {
        let Some(first) = self.packet.bytes.get(other) else { return false };
        if first & (LONG | FIXED) != FIXED || self.id(one) != self.id(other) {
            return false;
        }
        let Some(traffic) = traffic else { return self.id_length >= TELLING };
        let (Some(one), Some(other)) = (self.number(one, traffic), self.number(other, traffic))
        else {
            return false;
        };
        let window = 1u64 << (8 * one.length.min(other.length));
        let steps = u64::from(other.truncated).wrapping_sub(one.truncated.into()) & (window - 1);
        one.is_likely() && other.is_likely() && (1..=STEPS).contains(&steps)
    }

    fn id(&self, at: usize) -> Option<&[u8]> {
        self.packet.bytes.get(at + 1..at + 1 + self.id_length)
    }

    /// The head of the packet that begins here.
    fn number(&self, at: usize, traffic: &Traffic) -> Option<Unmasked> {
        let mut copy = [0; 64];
        let length = self.shortest();
        let copy = copy.get_mut(..length)?;
        copy.copy_from_slice(self.packet.bytes.get(at..at + length)?);
        keys::unmask(&traffic.lock.header, copy, 1 + self.id_length)
    }

    /// Bytes of the shortest packet: a mask is made of what is four bytes behind the number's start.
    const fn shortest(&self) -> usize {
        1 + self.id_length + 4 + 16
    }
}

impl Waiting {
    /// True where it is more than one datagram of a path through the Internet.
    pub(super) fn is_large(&self) -> bool {
        self.kind == Kind::OneRtt && self.before + self.bytes.len() > LARGEST
    }
}

/// Bytes of the largest datagram that is taken for one without a look: those of Ethernet.
const LARGEST: usize = 1500;

/// Bytes of an ID that stand nowhere else by chance.
const TELLING: usize = 4;

/// Numbers that may be missing between two packets of one batch: senders leave some out, and some
/// are lost.
const STEPS: u64 = 16;

/// Times that a size is searched for in one direction without finding one.
const SEARCHES: u32 = 16;
