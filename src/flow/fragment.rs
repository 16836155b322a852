//! IPv4 and IPv6 fragments to whole packets.
//!
//! Takes packets whose network layer is a fragment; gives the payload of the network layer once
//! all of it is there. Of overlapping fragments the first counts. What never becomes whole is
//! given up after a time, or when too much waits, and said so.
//!
//! It stands before the flow tables, not in one of them: whom a packet belongs to, if it carries
//! another one, is known only once it is whole.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use hashbrown::HashMap;

use crate::anomaly::{Anomaly, Class};
use crate::capture::source::Packet;
use crate::flow::emit::Emit;
use crate::flow::event::{FlowEvent, FlowId};
use crate::limits::Limits;
use crate::packet::{self, Decoded, Encapsulation, Fragment, Macs, Network};
use crate::time::{FrameNo, Frames, Stamp, TimeDelta, Timestamp};

/// Packets that are being put together, of all flows.
///
/// Invariants: `order` has one entry for each of `packets`; `held` is the sum of their `cost`.
#[derive(Debug)]
pub struct Fragments {
    packets: HashMap<Name, Partial>,
    /// By the time when they are given up, then by their first frame.
    order: BTreeMap<(Timestamp, FrameNo), Name>,
    held: usize,
    most_packets: usize,
    most_bytes: usize,
    timeout: TimeDelta,
}

/// A packet put together.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The fragment that completed it.
    pub stamp: Stamp,
    /// The interface of that fragment.
    pub interface: u32,
    /// What its first fragment says.
    pub network: Network,
    /// Link addresses of its first fragment.
    pub macs: Option<Macs>,
    /// The VLAN and the tunnel of its fragments.
    pub encapsulation: Encapsulation,
    /// What its network layer carries.
    pub payload: Bytes,
    /// Bytes that the snapshot length cut off, at its end.
    pub missing: u32,
    /// The frames of its fragments.
    pub frames: Frames,
    /// Fragments overlapped with other bytes.
    pub conflict: bool,
}

impl Whole {
    /// Its layers, from what the network layer carries inwards.
    pub fn decode(&self) -> Decoded<'_> {
        let payload = &self.payload;
        let mut decoded =
            packet::decode_reassembled(self.network, payload, self.encapsulation, self.macs);
        decoded.missing = decoded.missing.max(self.missing);
        decoded
    }
}

/// What fragments of one packet have in common (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Name {
    source: IpAddr,
    destination: IpAddr,
    /// For IPv6 the protocol counts not (RFC 8200 §4.5): 0.
    protocol: u8,
    identification: u32,
    /// Of VLAN and tunnel.
    scope: u64,
}

#[derive(Debug)]
struct Partial {
    key: (Timestamp, FrameNo),
    /// By offset; they do not overlap.
    pieces: BTreeMap<u32, Piece>,
    /// The length of the whole, once the last fragment is there.
    length: Option<u32>,
    first: Option<(Network, Option<Macs>)>,
    frames: Frames,
    cost: usize,
    conflict: bool,
}

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    /// With what the snapshot length cut off its end.
    length: u32,
}

/// What a piece costs beside its bytes.
const PIECE_COST: usize = 96;
/// The longest that a network layer can carry.
const LONGEST: u32 = 65_535;

impl Fragments {
    /// None yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            packets: HashMap::new(),
            order: BTreeMap::new(),
            held: 0,
            most_packets: limits.fragmented_packets.max(1),
            most_bytes: limits.fragment_bytes,
            timeout: limits.fragment_timeout,
        }
    }

    /// Takes a packet, as it was decoded; gives the packet that it completes, if it is a
    /// fragment.
    pub fn push(
        &mut self,
        packet: &Packet,
        decoded: &Decoded<'_>,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Whole> {
        let stamp = Stamp::new(packet.at, packet.frame);
        let mut whole = self.take(stamp, packet.interface, decoded, out)?;
        loop {
            let inner = whole.decode();
            if inner.network.is_none_or(|network| network.fragment.is_none()) {
                drop(inner);
                return Some(whole);
            }
            // a fragment within a packet that came in fragments itself
            let next = self.take(stamp, packet.interface, &inner, out);
            drop(inner);
            whole = next?;
        }
    }

    fn take(
        &mut self,
        stamp: Stamp,
        interface: u32,
        decoded: &Decoded<'_>,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Whole> {
        let network = decoded.network.as_ref()?;
        let fragment = network.fragment?;
        let name = Name {
            source: network.source,
            destination: network.destination,
            protocol: if network.source.is_ipv6() { 0 } else { network.protocol },
            identification: network.identification.unwrap_or(0),
            scope: decoded.encapsulation.scope(),
        };
        let captured = u32::try_from(decoded.payload.len()).unwrap_or(u32::MAX);
        let length = captured.saturating_add(decoded.missing);
        let end = fragment.offset.saturating_add(length);
        if end > LONGEST || length == 0 || fragment.more && !length.is_multiple_of(8) {
            let text = format!(
                "a fragment of {length} bytes at {}{}",
                fragment.offset,
                if fragment.more { ", not the last" } else { "" }
            );
            let anomaly = Anomaly::new("ip.fragment-malformed", Class::Malformed, text);
            emit(stamp, stamp.frame, out).anomaly(anomaly.citing("RFC 791 §3.2, RFC 8200 §4.5"));
            return None;
        }
        if !self.packets.contains_key(&name) {
            if self.packets.len() >= self.most_packets {
                self.give_up_oldest(stamp, LIMIT, out);
            }
            let key = (stamp.at + self.timeout, stamp.frame);
            self.order.insert(key, name);
            self.packets.insert(name, Partial::new(key));
            self.held = self.held.saturating_add(PIECE_COST);
        }
        let partial = self.packets.get_mut(&name)?;
        let before = partial.cost;
        partial.add(fragment, length, decoded);
        partial.frames.push(stamp.frame);
        if fragment.offset == 0 {
            partial.first.get_or_insert((*network, decoded.macs));
        }
        self.held = self.held.saturating_add(partial.cost.saturating_sub(before));
        let whole = partial.whole(stamp, interface, decoded.encapsulation);
        if whole.is_some() {
            self.remove(&name);
        }
        while self.held > self.most_bytes && !self.packets.is_empty() {
            self.give_up_oldest(stamp, LIMIT, out);
        }
        whole
    }

    /// True where none waits.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// The next time that something is given up.
    fn deadline(&self) -> Option<Timestamp> {
        self.order.keys().next().map(|&(deadline, _)| deadline)
    }

    /// Gives up what has waited too long.
    pub fn advance(&mut self, now: Stamp, out: &mut Vec<FlowEvent>) {
        while let Some(deadline) = self.deadline().filter(|deadline| *deadline <= now.at) {
            self.give_up_oldest(Stamp::new(deadline, now.frame), TIMEOUT, out);
        }
    }

    /// Gives up all.
    pub fn finish(&mut self, now: Stamp, out: &mut Vec<FlowEvent>) {
        while !self.packets.is_empty() {
            self.give_up_oldest(now, CAPTURE_END, out);
        }
    }

    fn give_up_oldest(&mut self, at: Stamp, why: Why, out: &mut Vec<FlowEvent>) {
        let Some((&(_, frame), &name)) = self.order.first_key_value() else { return };
        let Some(partial) = self.remove(&name) else { return };
        let (id, class, reason) = why;
        let text = format!(
            "{} fragments from {} to {} never became a packet: {reason}",
            partial.frames.len(),
            name.source,
            name.destination
        );
        emit(at, frame, out).anomaly(Anomaly::new(id, class, text));
    }

    fn remove(&mut self, name: &Name) -> Option<Partial> {
        let partial = self.packets.remove(name)?;
        self.order.remove(&partial.key);
        self.held = self.held.saturating_sub(partial.cost);
        Some(partial)
    }
}

type Why = (&'static str, Class, &'static str);
const TIMEOUT: Why = ("ip.fragment-timeout", Class::Lost, "others did not come in time");
const CAPTURE_END: Why = ("ip.fragment-timeout", Class::Lost, "the capture ended first");
const LIMIT: Why = ("ip.limit-fragments", Class::Limit, "too many waited");

/// A packet that never came to a flow speaks under the number of its first frame.
const fn emit(at: Stamp, frame: FrameNo, out: &mut Vec<FlowEvent>) -> Emit<'_> {
    Emit { flow: FlowId(frame), at, out }
}

impl Partial {
    fn new(key: (Timestamp, FrameNo)) -> Self {
        Self {
            key,
            pieces: BTreeMap::new(),
            length: None,
            first: None,
            frames: Frames::default(),
            cost: PIECE_COST,
            conflict: false,
        }
    }

    /// Adds what is not there yet.
    fn add(&mut self, fragment: Fragment, length: u32, decoded: &Decoded<'_>) {
        let start = fragment.offset;
        let end = start.saturating_add(length);
        if !fragment.more {
            self.conflict |= self.length.is_some_and(|length| length != end);
            self.length.get_or_insert(end);
        }
        let bytes = |range: std::ops::Range<u32>| {
            let from = usize::try_from(range.start.saturating_sub(start)).unwrap_or(usize::MAX);
            let to = usize::try_from(range.end.saturating_sub(start)).unwrap_or(usize::MAX);
            let to = to.min(decoded.payload.len());
            decoded.payload.get(from..to).unwrap_or_default()
        };
        let mut at = start;
        while at < end {
            let covered = self.pieces.range(..=at).next_back().and_then(|(&other, piece)| {
                let stop = other.saturating_add(piece.length);
                (stop > at).then_some((other, stop.min(end), piece))
            });
            if let Some((other, stop, piece)) = covered {
                let from = usize::try_from(at.saturating_sub(other)).unwrap_or(usize::MAX);
                let theirs = piece.bytes.get(from..).unwrap_or_default();
                let ours = bytes(at..stop);
                self.conflict |= ours.iter().zip(theirs).any(|(ours, theirs)| ours != theirs);
                at = stop;
                continue;
            }
            let stop = self.pieces.range(at..).next().map_or(end, |(&other, _)| other.min(end));
            let fresh = Bytes::copy_from_slice(bytes(at..stop));
            self.cost = self.cost.saturating_add(fresh.len()).saturating_add(PIECE_COST);
            self.pieces.insert(at, Piece { bytes: fresh, length: stop.saturating_sub(at) });
            at = stop;
        }
    }

    /// The packet, where all of it is there, up to the first byte that was cut off.
    fn whole(&self, stamp: Stamp, interface: u32, encapsulation: Encapsulation) -> Option<Whole> {
        let (length, (network, macs)) = (self.length?, self.first?);
        let mut next = 0;
        for (&start, piece) in &self.pieces {
            if start != next {
                break;
            }
            next = start.saturating_add(piece.length);
        }
        if next < length {
            return None;
        }
        let mut payload = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
        for piece in self.pieces.values() {
            payload.extend_from_slice(&piece.bytes);
            if piece.bytes.len() as u64 != u64::from(piece.length) {
                break;
            }
        }
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        payload.truncate(whole);
        let missing = u32::try_from(whole.saturating_sub(payload.len())).unwrap_or(u32::MAX);
        Some(Whole {
            stamp,
            interface,
            network,
            macs,
            encapsulation,
            payload: payload.freeze(),
            missing,
            frames: self.frames.clone(),
            conflict: self.conflict,
        })
    }
}
