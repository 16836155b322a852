//! One flow of the table: what all transports have in common.

use crate::flow::duplicate::{Print, Recent};
use crate::flow::emit::Emit;
use crate::flow::event::{Closed, Counters, Direction, EndReason, FlowBody, FlowId, PerDirection};
use crate::flow::key::Key;
use crate::flow::piece::Piece;
use crate::flow::tcp::Tcp;
use crate::time::{Frames, Stamp, TimeDelta, Timestamp};

/// A router had a queue when the packet passed (CE, RFC 3168 §5).
const CONGESTED: u8 = 3;

/// One flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) id: FlowId,
    pub(super) key: Key,
    /// The same packets in other VLANs and tunnels.
    pub(super) aliases: Vec<Key>,
    /// The client is the lower end of the key.
    pub(super) client_is_lo: bool,
    /// Its last packet, with the latest time seen: captures may step back.
    pub(super) last: Stamp,
    /// It is over when nothing comes for so long.
    pub(super) idle: TimeDelta,
    pub(super) frames: Frames,
    pub(super) counters: PerDirection<Counters>,
    /// What is held behind holes, as the table's sum knows it.
    pub(super) held: usize,
    pub(super) body: Body,
}

/// What carries it.
#[derive(Debug)]
pub(super) enum Body {
    /// TCP.
    Tcp(Box<Tcp>),
    /// UDP, with what tells a packet captured twice.
    Udp(Box<PerDirection<Recent>>),
    /// ARP and ICMP, where each packet counts.
    Messages,
}

impl Flow {
    /// When it is over unless something comes.
    #[inline]
    pub(super) fn deadline(&self) -> Timestamp {
        self.last.at + self.idle
    }

    /// Which way a packet goes whose source is (or is not) the lower end.
    #[inline]
    pub(super) const fn direction(&self, source_is_lo: bool) -> Direction {
        if source_is_lo == self.client_is_lo { Direction::ToServer } else { Direction::ToClient }
    }

    /// Counts a packet.
    #[inline]
    pub(super) fn count(&mut self, piece: &Piece<'_>, listed: u64, emit: &mut Emit<'_>) {
        let stamp = piece.stamp;
        self.last = Stamp::new(self.last.at.max(stamp.at), stamp.frame);
        if self.frames.len() < listed {
            self.frames.push(stamp.frame);
            if self.frames.len() == listed {
                emit.limit(
                    "flow.limit-frames",
                    format!("{listed} frames are listed; later ones are only counted"),
                );
            }
        }
        let length = piece.length();
        let counters = self.counters.of_mut(piece.direction);
        if counters.packets == 0 {
            counters.ttl = Some(piece.ttl());
        }
        counters.packets = counters.packets.saturating_add(1);
        if piece.decoded.network.as_ref().is_some_and(|network| network.ecn == CONGESTED) {
            counters.congestion_marks = counters.congestion_marks.saturating_add(1);
        }
        if length > 0 {
            counters.bytes = counters.bytes.saturating_add(u64::from(length));
            counters.segments = counters.segments.saturating_add(1);
            counters.largest = counters.largest.max(length);
        }
    }

    /// Packets of one direction that were captured another time.
    #[inline]
    pub(super) const fn copies(&self, direction: Direction) -> u32 {
        self.counters.of(direction).capture_duplicates
    }

    /// True where a datagram is a copy of one of the last, seen in another VLAN or tunnel.
    pub(super) fn has_seen(&self, direction: Direction, print: &Print) -> bool {
        if let Body::Udp(recent) = &self.body { recent.of(direction).has(print) } else { false }
    }

    /// Gives a datagram out, unless it was captured twice.
    pub(super) fn datagram(&mut self, piece: &Piece<'_>, checksum: u16, emit: &mut Emit<'_>) {
        let direction = piece.direction;
        if let Body::Udp(recent) = &mut self.body {
            let recent = recent.of_mut(direction);
            let print = Print::of_datagram(piece, checksum);
            if recent.has(&print) {
                self.counters.of_mut(direction).copy(piece);
                return;
            }
            recent.note(print);
        }
        let (bytes, missing) = (piece.bytes(), piece.missing);
        emit.body(FlowBody::Datagram { direction, bytes, missing });
    }

    /// Ends it: its streams, then the flow.
    pub(super) fn close(mut self, reason: EndReason, emit: &mut Emit<'_>) {
        let at = emit.at;
        let (mut reason, mut first_close, mut states, mut measures) = (reason, None, None, None);
        if let Body::Tcp(tcp) = &mut self.body {
            reason = tcp.end(reason, at, &mut self.counters, emit);
            first_close = tcp.first_close();
            states = Some(tcp.states());
            measures = Some(Box::new(tcp.measures()));
        }
        if reason == EndReason::Evicted {
            emit.limit(
                "flow.limit-flows",
                "the flow table was full, and this flow the longest idle".to_owned(),
            );
        }
        emit.body(FlowBody::Closed(Box::new(Closed {
            reason,
            first_close,
            states,
            measures,
            last: self.last,
            counters: self.counters,
            frames: self.frames,
        })));
    }
}
