//! Who belongs to which flow, who is the client, and when a flow is over.
//!
//! Takes decoded packets in capture order; gives each flow's events from
//! [`Opened`](crate::flow::event::FlowBody::Opened) to
//! [`Closed`](crate::flow::event::FlowBody::Closed). Never asks a clock: time is that of the packets, and what happens because time passed is
//! stamped with the moment it was due. Equal packets give equal events: no order here comes from
//! a hash map.

mod due;
mod held;
mod lifetime;
mod state;
mod time;

pub use state::{FlowTable, Taken};

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::anomaly::{Anomaly, Class};
use crate::capture::source::Packet;
use crate::flow::checksum;
use crate::flow::duplicate::Print;
use crate::flow::emit::Emit;
use crate::flow::event::{Direction, EndReason, FlowEvent, FlowId, Role, Transport};
use crate::flow::fragment::Whole;
use crate::flow::holders::Holders;
use crate::flow::key::Ends;
use crate::flow::piece::{Piece, Place, Segment};
use crate::flow::record::Body;
use crate::flow::slots::Slots;
use crate::flow::table::state::Frame;
use crate::flow::tcp::Tcp;
use crate::limits::Limits;
use crate::packet::tcp::Tcp as TcpHeader;
use crate::packet::{Decoded, Layer, Network};
use crate::time::{Frames, Stamp};

impl FlowTable {
    /// An empty table.
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            verify_checksums: true,
            slots: Slots::default(),
            deadlines: BinaryHeap::new(),
            holders: Holders::default(),
            now: Stamp::default(),
        }
    }

    /// Whether transport checksums are verified and wrong ones counted; they are unless this
    /// says otherwise. Wrong ones never hide a packet.
    #[must_use]
    pub const fn verify_checksums(mut self, verify: bool) -> Self {
        self.verify_checksums = verify;
        self
    }

    /// Takes the next packet; says whose it is. What is neither TCP, UDP, ARP nor ICMP belongs to
    /// no flow; a fragment does once it [is whole](Self::push_whole).
    #[inline]
    pub fn push(
        &mut self,
        packet: &Packet,
        decoded: &Decoded<'_>,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Taken> {
        let stamp = Stamp::new(packet.at, packet.frame);
        let ttl = decoded.network.as_ref().map_or(0, |network| network.ttl);
        let frame = Frame {
            stamp,
            block: &packet.data,
            place: Place::new(packet.interface, ttl, decoded.macs, decoded.encapsulation.scope()),
            interface: packet.interface,
            macs: decoded.macs,
            frames: None,
        };
        self.push_decoded(&frame, decoded, out)
    }

    /// Takes a packet that came in fragments.
    #[cold]
    pub fn push_whole(&mut self, whole: &Whole, out: &mut Vec<FlowEvent>) -> Option<Taken> {
        let decoded = whole.decode();
        let ttl = decoded.network.as_ref().map_or(0, |network| network.ttl);
        let frame = Frame {
            stamp: whole.stamp,
            block: &whole.payload,
            place: Place::new(whole.interface, ttl, decoded.macs, decoded.encapsulation.scope()),
            interface: whole.interface,
            macs: decoded.macs,
            frames: Some(&whole.frames),
        };
        let before = out.len();
        let taken = self.push_decoded(&frame, &decoded, out);
        if whole.conflict {
            let flow = out.get(before).map_or(FlowId(whole.stamp.frame), |event| event.flow);
            let anomaly = Anomaly::new(
                "ip.fragment-conflict",
                Class::Suspicious,
                "fragments overlapped with other bytes; the first copy counts",
            );
            Emit { flow, at: whole.stamp, out }.anomaly(anomaly.citing("RFC 5722 §4"));
        }
        taken
    }

    /// Lets time pass up to `now`: flows that were idle for too long are over, holes whose time
    /// is up are given up, in the order in which they were due.
    pub fn advance(&mut self, now: Stamp, out: &mut Vec<FlowEvent>) {
        self.now = Stamp::new(self.now.at.max(now.at), self.now.frame.max(now.frame));
        while let Some(Reverse(due)) = self.deadlines.peek().copied() {
            if due.at > now.at {
                break;
            }
            self.deadlines.pop();
            self.happen(due, now.frame, out);
        }
    }

    /// The capture is over: ends all flows up to the `latest`, in the order in which they began.
    pub fn finish(&mut self, latest: FlowId, out: &mut Vec<FlowEvent>) {
        let now = self.now;
        for (_, slot) in self.slots.in_order(latest) {
            self.close(slot, EndReason::CaptureEnd, now, out);
        }
        self.deadlines.clear();
    }

    /// How many flows are open.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True where none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes held behind holes, in all.
    pub const fn held(&self) -> usize {
        self.holders.held()
    }

    #[inline]
    fn push_decoded(
        &mut self,
        frame: &Frame<'_>,
        decoded: &Decoded<'_>,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Taken> {
        let stamp = frame.stamp;
        self.now = Stamp::new(self.now.at.max(stamp.at), stamp.frame);
        let around = decoded.encapsulation;
        match (decoded.layers.last(), &decoded.network) {
            (Some(Layer::Tcp(header)), Some(network)) => {
                self.push_tcp(frame, decoded, header, network, out)
            }
            (Some(Layer::Udp(udp)), Some(network)) => {
                let (source, destination) = (udp.source_port(), udp.destination_port());
                let ends = Ends::with_ports(Transport::Udp, around, network, source, destination);
                // RFC 768: all zeros is no checksum
                let is_bad = udp.checksum() != 0 && self.is_bad(decoded, network, 17, udp.slice());
                let sum = udp.checksum();
                self.push_datagram(frame, decoded, &ends, decoded.payload, sum, is_bad, out)
            }
            (Some(Layer::Icmpv4(icmp)), Some(network)) => {
                let ends = Ends::with_ports(Transport::Icmpv4, around, network, 0, 0);
                let is_bad = self.is_bad(decoded, network, 1, icmp.slice());
                self.push_datagram(frame, decoded, &ends, icmp.slice(), 0, is_bad, out)
            }
            (Some(Layer::Icmpv6(icmp)), Some(network)) => {
                let ends = Ends::of_icmpv6(around, network, icmp);
                let is_bad = self.is_bad(decoded, network, 58, icmp.slice());
                self.push_datagram(frame, decoded, &ends, icmp.slice(), 0, is_bad, out)
            }
            (Some(Layer::Arp(arp)), _) => {
                let ends = Ends::of_arp(around, arp)?;
                self.push_datagram(frame, decoded, &ends, arp.slice(), 0, false, out)
            }
            _ => None,
        }
    }

    #[inline]
    fn push_tcp(
        &mut self,
        frame: &Frame<'_>,
        decoded: &Decoded<'_>,
        header: &TcpHeader<'_>,
        network: &Network,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Taken> {
        let (source, destination) = (header.source_port(), header.destination_port());
        let ends =
            Ends::with_ports(Transport::Tcp, decoded.encapsulation, network, source, destination);
        let (key, is_lo) = ends.key();
        let mut piece = piece(frame, decoded, decoded.payload);
        let mut found = self.find(&key, piece.stamp, out);
        if header.syn()
            && let Some(slot) = found
        {
            let flow = self.slots.flow(slot);
            piece.direction = flow.map_or(piece.direction, |flow| flow.direction(is_lo));
            let segment = Segment::new(piece, header);
            let is_new = match flow.map(|flow| &flow.body) {
                Some(Body::Tcp(tcp)) => tcp.begins_anew(&segment),
                _ => false,
            };
            piece = segment.piece;
            if is_new {
                self.close(slot, EndReason::Reused, piece.stamp, out);
                found = None;
            }
        }
        if found.is_none() {
            let segment = Segment::new(piece, header);
            found = self.find_segment_elsewhere((&key, is_lo), &segment);
            piece = segment.piece;
        }
        let slot = if let Some(slot) = found {
            slot
        } else {
            let (is_client, role) = match (header.syn(), header.ack()) {
                (true, false) => (true, Role::Syn),
                (true, true) => (false, Role::SynAck),
                _ => ends.midway_role(),
            };
            let tcp = Tcp::new(
                header.syn(),
                header.ack(),
                self.limits.held_per_stream,
                self.limits.tcp_ack_grace,
            );
            let body = Body::Tcp(Box::new(tcp));
            self.open(&ends, frame, network.ttl, is_client, role, body, out)
        };
        let is_bad = !header.is_cut() && self.is_bad(decoded, network, 6, header.slice());
        let listed = self.limits.frames_listed;
        let flow = self.slots.flow_mut(slot)?;
        piece.direction = flow.direction(is_lo);
        let mut taken = Taken { flow: flow.id, direction: piece.direction, is_copy: false };
        let copies = flow.copies(piece.direction);
        let mut emit = Emit { flow: flow.id, at: piece.stamp, out };
        flow.count(&piece, listed, &mut emit);
        if is_bad {
            let counters = flow.counters.of_mut(piece.direction);
            counters.bad_checksums = counters.bad_checksums.saturating_add(1);
        }
        let Body::Tcp(tcp) = &mut flow.body else { return Some(taken) };
        let (was_over, settled) = (tcp.is_over(), tcp.settles_at());
        tcp.push(&Segment::new(piece, header), &mut flow.counters, &mut emit);
        let cost = tcp.held_cost();
        taken.is_copy = flow.copies(taken.direction) > copies;
        if cost != flow.held {
            self.weigh(slot, out);
        }
        self.schedule(slot, was_over, settled);
        if let Some(frames) = frame.frames {
            self.list(slot, frames);
        }
        Some(taken)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one datagram, in one place")]
    fn push_datagram(
        &mut self,
        frame: &Frame<'_>,
        decoded: &Decoded<'_>,
        ends: &Ends,
        payload: &[u8],
        sum: u16,
        is_bad: bool,
        out: &mut Vec<FlowEvent>,
    ) -> Option<Taken> {
        let (key, is_lo) = ends.key();
        let mut piece = piece(frame, decoded, payload);
        let found = self
            .find(&key, piece.stamp, out)
            .or_else(|| self.find_elsewhere((&key, is_lo), &Print::of_datagram(&piece, sum)));
        let slot = if let Some(slot) = found {
            slot
        } else {
            let (is_client, role) = ends.datagram_role();
            let body = if ends.transport == Transport::Udp {
                Body::Udp(Box::default())
            } else {
                Body::Messages
            };
            let ttl = decoded.network.as_ref().map_or(0, |network| network.ttl);
            self.open(ends, frame, ttl, is_client, role, body, out)
        };
        let listed = self.limits.frames_listed;
        let flow = self.slots.flow_mut(slot)?;
        piece.direction = flow.direction(is_lo);
        let mut taken = Taken { flow: flow.id, direction: piece.direction, is_copy: false };
        let copies = flow.copies(piece.direction);
        let mut emit = Emit { flow: flow.id, at: piece.stamp, out };
        flow.count(&piece, listed, &mut emit);
        if is_bad {
            let counters = flow.counters.of_mut(piece.direction);
            counters.bad_checksums = counters.bad_checksums.saturating_add(1);
        }
        flow.datagram(&piece, sum, &mut emit);
        taken.is_copy = flow.copies(taken.direction) > copies;
        if let Some(frames) = frame.frames {
            self.list(slot, frames);
        }
        Some(taken)
    }

    /// Lists the frames of the fragments that a packet came in.
    #[cold]
    fn list(&mut self, slot: usize, frames: &Frames) {
        let listed = self.limits.frames_listed;
        let flow = self.slots.flow_mut(slot);
        if let Some(flow) = flow.filter(|flow| flow.frames.len() < listed) {
            flow.frames.insert_all(frames.iter());
        }
    }

    /// True where a transport checksum is wrong; false where that cannot be told.
    #[inline]
    fn is_bad(
        &self,
        decoded: &Decoded<'_>,
        network: &Network,
        protocol: u8,
        message: &[u8],
    ) -> bool {
        self.verify_checksums
            && decoded.missing == 0
            && !checksum::is_right(network.source, network.destination, protocol, message)
    }
}

#[inline]
fn piece<'a>(frame: &Frame<'a>, decoded: &'a Decoded<'a>, payload: &'a [u8]) -> Piece<'a> {
    Piece {
        direction: Direction::ToServer,
        stamp: frame.stamp,
        block: frame.block,
        payload,
        missing: decoded.missing,
        place: frame.place,
        interface: frame.interface,
        decoded,
    }
}

#[cfg(test)]
mod tests;
