//! One QUIC connection: its datagrams in the order in which they came.

mod frames;
mod handshake;
mod locks;
mod open;
mod paths;
mod recovery;
mod say;
mod sealed;
mod segments;
mod state;
mod strays;
#[cfg(test)]
mod tests;

pub(super) use state::Connection;

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, EndReason, StreamEvent};
use crate::protocol::analyzer::{Analyzer, Context, Progress, StreamKey, StreamReset};
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{KEYS, Waiting};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::packet::{Ends, Fault, Packet, Packets, Protected, SPIN};

impl Connection {
    /// Reads one packet of a datagram.
    fn packet(
        &mut self,
        way: Direction,
        packet: &Packet<'_>,
        datagram: &Bytes,
        cx: &mut Context<'_>,
    ) {
        let is_long = !matches!(packet, Packet::Protected(short) if short.ends.is_none());
        if way == Direction::ToClient && is_long && !std::mem::replace(&mut self.is_answered, true)
        {
            say(QuicEvent::Answered { at: cx.now }, cx);
        }
        match packet {
            Packet::Protected(packet) => self.protected(way, packet, datagram, cx),
            Packet::Retry(retry) => self.retry_asked(way, retry, cx),
            Packet::Negotiation(said) => self.negotiation(said, cx),
            Packet::Unknown(ends) => self.spoken(way, *ends, cx),
        }
    }

    fn protected(
        &mut self,
        way: Direction,
        packet: &Protected<'_>,
        datagram: &Bytes,
        cx: &mut Context<'_>,
    ) {
        self.ways.of_mut(way).count(packet.kind);
        match (packet.ends, packet.bytes.first()) {
            (Some(ends), _) => self.spoken(way, ends, cx),
            (None, Some(first)) => {
                if let Some(trip) = self.spin.came(way, first & SPIN != 0, cx.now) {
                    say(QuicEvent::Spin(trip), cx);
                }
            }
            (None, None) => {}
        }
        if packet.is_cut {
            self.closed_packet(way, packet.kind, packet.bytes.len(), cx.now, cx);
            return;
        }
        let waiting = Waiting {
            kind: packet.kind,
            bytes: datagram.slice_ref(packet.bytes),
            before: packet.before,
            number_at: packet.number_at,
            version: packet.ends.map(|ends| ends.version),
            at: cx.now,
        };
        let ends = packet.ends;
        self.take(way, waiting, ends, cx);
    }

    /// What long headers say: who is who, in which version.
    fn spoken(&mut self, way: Direction, ends: Ends, cx: &mut Context<'_>) {
        let is_news = match way {
            Direction::ToClient => self.version != Some(ends.version),
            Direction::ToServer => self.version.is_none(),
        };
        if is_news {
            self.version = Some(ends.version);
            say(QuicEvent::Version(ends.version), cx);
        }
        let other = self.ways.of_mut(!way);
        if other.id_length.replace(ends.source.len()).is_none() {
            self.issued(way, Some(0), ends.source, cx);
        }
        if way == Direction::ToServer && self.original.is_none() {
            self.original = Some(ends.destination);
            self.issued(Direction::ToClient, None, ends.destination, cx);
        }
    }

    /// Nothing more comes of what it carries.
    fn end_streams(&mut self, cx: &mut Context<'_>) {
        let reason = if self.is_closed { EndReason::Rst } else { EndReason::CaptureEnd };
        for direction in [Direction::ToServer, Direction::ToClient] {
            let side = self.ways.of_mut(direction);
            let mut stops = std::mem::take(&mut side.stops);
            let all = side.streams.finish(reason, cx.now);
            for (id, mut given) in all {
                let key = StreamKey { id, direction };
                if let Some(code) = stops.remove(&id) {
                    given.retain(|event| !matches!(event, StreamEvent::End { .. }));
                    self.give(key, given, cx);
                    self.stopped(key, code, cx);
                } else {
                    self.give(key, given, cx);
                }
            }
            for (id, code) in stops {
                self.stopped(StreamKey { id, direction }, code, cx);
            }
        }
        if let Some(mut child) = self.child.take() {
            child.close(&mut cx.within_tls());
        }
    }

    /// A stream that its receiver wanted no more of, and of which its sender said nothing after that.
    fn stopped(&mut self, key: StreamKey, code: u64, cx: &mut Context<'_>) {
        if let Some(child) = &mut self.child {
            let by = !key.direction;
            child.reset(key, StreamReset { by, code }, &mut cx.within_tls());
        }
    }

    /// The rest of a datagram is no packet.
    fn stranger(&mut self, fault: Fault, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.has_told_stranger, true) {
            cx.anomaly(no_packet(fault));
        }
    }
}

impl Analyzer for Connection {
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        self.on_path(direction, bytes, cx);
        for packet in Packets::new(bytes, missing) {
            match packet {
                Ok(packet) => self.packet(direction, &packet, bytes, cx),
                Err(fault) => self.stranger(fault, cx),
            }
        }
        Progress::More
    }

    fn held(&self) -> usize {
        let initials = 2 * KEYS * self.initials.len();
        let ways = self.ways.to_server.held() + self.ways.to_client.held();
        size_of::<Self>() + initials + ways
    }

    fn secrets(&mut self, cx: &mut Context<'_>) {
        // a capture may bring a block for each connection: those of others open nothing here
        let is_of_others = cx.secrets.more_may_come()
            && (self.client.as_ref()).is_some_and(|client| cx.secrets.of(&client.random).is_none());
        if !is_of_others {
            self.retry(cx);
        }
        if let Some(child) = &mut self.child {
            child.secrets(&mut cx.within_tls());
        }
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        self.give_up(cx);
        self.end_estimates(cx);
        for id in std::mem::take(&mut self.ids) {
            cx.routes.remove(id.bytes(), cx.flow.id);
        }
        self.end_streams(cx);
        self.measured(cx);
    }
}

fn no_packet(fault: Fault) -> Anomaly {
    let text = match fault {
        Fault::Short(short) => format!("a packet of QUIC that ends early: {short}"),
        Fault::LongId(length) => format!("a connection ID of {length} bytes"),
    };
    Anomaly::new("quic.packet", Class::Malformed, text).citing("RFC 9000 §17.2")
}
