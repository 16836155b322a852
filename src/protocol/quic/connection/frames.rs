//! What an opened packet carries: its frames, and what follows from each.

use std::ops::Range;

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, GapReason, StreamEvent};
use crate::protocol::analyzer::{Context, StreamKey, StreamReset};
use crate::protocol::detect;
use crate::protocol::event::{ConnectionEvent, EventBody};
use crate::protocol::quic::connection::open::Opened;
use crate::protocol::quic::connection::recovery::Before;
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::Connection;
use crate::protocol::quic::error::TransportError;
use crate::protocol::quic::event::{Close, CloseError, QuicEvent};
use crate::protocol::quic::frame::{self, Frame, Reader};
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::seen;
use crate::protocol::quic::space::Came;
use crate::protocol::quic::streams::{Bringer, Given, Piece};
use crate::protocol::session::Session;
use crate::protocol::tls::event::TlsEvent;
use crate::time::Stamp;

impl Connection {
    /// Reads a packet.
    pub(super) fn opened(
        &mut self,
        way: Direction,
        opened: Opened,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        let Opened { kind, number, payload, size } = opened;
        if self.told_packets < cx.limits.quic_packets {
            self.told_packets += 1;
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            let frames = seen::Packet::frames(&payload);
            let packet = seen::Packet { by: way, at, kind, number, size, frames };
            say(QuicEvent::Packet(Box::new(packet)), cx);
        }
        let is_eliciting =
            Reader::new(&payload).any(|frame| frame.is_ok_and(|frame| frame.is_ack_eliciting()));
        let side = self.ways.of_mut(way);
        let came = side.space(kind).came(number, at, is_eliciting);
        match came {
            Came::InOrder => {}
            Came::Late => side.measures.reordered += 1,
            Came::Again => {
                side.measures.duplicates += 1;
                return;
            }
        }
        if kind == Kind::Handshake {
            side.last_handshake = Some(at);
        }
        let by = Bringer { number, at, allocated: size };
        let before = Before { brought: side.brought(), is_held_up: side.is_held_up() };
        for frame in Reader::new(&payload) {
            match frame {
                Ok(frame) => self.frame(way, kind, (&frame, &payload), by, cx),
                Err(fault) => cx.anomaly(fault.into()),
            }
        }
        if came == Came::InOrder {
            self.paused(way, by, &before, cx);
        }
        self.holes(way, at, cx);
    }

    fn frame(
        &mut self,
        way: Direction,
        kind: Kind,
        (frame, payload): (&Frame<'_>, &Bytes),
        by: Bringer,
        cx: &mut Context<'_>,
    ) {
        let at = by.at;
        match frame {
            Frame::Ack(ack) => self.acked(way, kind, ack, at, cx),
            Frame::Crypto { offset, range, .. } => {
                let bytes = payload.slice(range.clone());
                self.crypto(way, kind, (*offset, bytes), by, cx);
            }
            Frame::Stream { id, offset, fin, range, .. } => {
                let (bytes, allocated) = part(payload, range, by.allocated);
                let piece = Piece { id: *id, offset: *offset, bytes, fin: *fin };
                self.tell_data(way, kind, at, cx);
                self.stream(way, piece, Bringer { allocated, ..by }, cx);
            }
            Frame::ResetStream { id, code, .. } => {
                // who asked for it has given the stream up; its sender only follows
                let asked = self.ways.of_mut(way).stops.remove(id);
                let (by, code) = asked.map_or((way, *code), |code| (!way, code));
                self.reset(StreamKey { id: *id, direction: way }, by, code, cx);
            }
            Frame::StopSending { id, code } => {
                // what was on its way is still read
                let stops = &mut self.ways.of_mut(!way).stops;
                if stops.len() < STOPS {
                    stops.entry(*id).or_insert(*code);
                }
            }
            Frame::NewConnectionId { sequence, id, token, .. } => {
                self.issued(way, Some(*sequence), *id, cx);
                if way == Direction::ToClient {
                    self.reset_token(**token);
                }
            }
            Frame::PathChallenge { data } => self.challenged(way, **data, at),
            Frame::PathResponse { data } => self.proved(way, **data, at, cx),
            Frame::ConnectionClose(close) => self.given_up(way, close, at, cx),
            Frame::HandshakeDone => self.confirmed(at, cx),
            Frame::Datagram { range, .. } => {
                let bytes = payload.slice(range.clone());
                self.tell_data(way, kind, at, cx);
                let child = child(&mut self.child, self.alpn.as_deref(), cx);
                child.datagram(way, &bytes, 0, &mut cx.within_tls());
            }
            Frame::Unknown { kind } => cx.anomaly(unknown(*kind)),
            Frame::MaxData { limit } => self.ways.of_mut(!way).credit.more(*limit, at),
            Frame::MaxStreamData { id, limit } => {
                let side = self.ways.of_mut(!way);
                if !side.streams.is_over(*id) {
                    side.credit.more_of(*id, *limit, at);
                }
            }
            Frame::MaxStreams { one_way, limit } => {
                self.ways.of_mut(!way).credit.more_streams(*one_way, *limit, at);
            }
            Frame::DataBlocked { .. }
            | Frame::StreamDataBlocked { .. }
            | Frame::StreamsBlocked { .. }
            | Frame::Padding { .. }
            | Frame::Ping
            | Frame::NewToken { .. }
            | Frame::RetireConnectionId { .. }
            | Frame::AckFrequency { .. }
            | Frame::ImmediateAck => {}
        }
    }

    /// The handshake is over: its keys are needed no more (RFC 9001 §4.9). They are found again where
    /// a packet of it comes late.
    fn confirmed(&mut self, at: Stamp, cx: &mut Context<'_>) {
        self.initials = Vec::new();
        self.ways.to_server.handshake = None;
        self.ways.to_client.handshake = None;
        say(QuicEvent::Confirmed { at }, cx);
    }

    /// Bytes of a stream came.
    fn stream(&mut self, way: Direction, piece: Piece, by: Bringer, cx: &mut Context<'_>) {
        let key = StreamKey { id: piece.id, direction: way };
        let length = piece.bytes.len() as u64;
        let side = self.ways.of_mut(way);
        let taken = side.streams.push(piece, by, cx.limits);
        side.measures.stream_bytes += taken.fresh;
        side.measures.resent_bytes += length.saturating_sub(taken.fresh);
        if taken.is_refused {
            cx.anomaly(many_streams(cx.limits.quic_streams));
        }
        if taken.has_conflict || taken.has_bad_end {
            cx.anomaly(conflict(key.id, taken.has_bad_end));
        }
        self.repaired(key, &taken, by, cx);
        self.credited(key, &taken, by.at, cx);
        self.give(key, taken.given, cx);
    }

    /// What can be read of a stream goes to whoever reads it.
    pub(super) fn give(&mut self, key: StreamKey, given: Given, cx: &mut Context<'_>) {
        if given.is_empty() {
            return;
        }
        let child = child(&mut self.child, self.alpn.as_deref(), cx);
        for event in given {
            match &event {
                StreamEvent::End { .. } => {
                    let side = self.ways.of_mut(key.direction);
                    side.credit.ended(key.id);
                    side.stops.remove(&key.id);
                }
                // what the capture's end leaves open is none
                StreamEvent::Gap { range, reason, .. } if *reason != GapReason::NeverSent => {
                    let (direction, range, reason) = (key.direction, range.clone(), *reason);
                    let gap = ConnectionEvent::Gap { direction, range, reason };
                    cx.emit(EventBody::Connection(gap));
                }
                StreamEvent::Gap { .. } | StreamEvent::Data { .. } => {}
            }
            child.stream(key, event, &mut cx.within_tls());
        }
    }

    /// Bytes that nothing will bring any more are given up.
    fn holes(&mut self, way: Direction, at: Stamp, cx: &mut Context<'_>) {
        for direction in [way, !way] {
            let side = self.ways.of_mut(direction);
            if !side.streams.has_holes() {
                continue;
            }
            let base = side.base();
            let [_, _, space] = &side.spaces;
            let settled = |shown| space.is_settled_before(shown, base);
            for (id, given) in side.streams.give_up_holes(at, settled) {
                self.give(StreamKey { id, direction }, given, cx);
            }
        }
    }

    /// A direction of a stream is given up by one of its ends.
    fn reset(&mut self, key: StreamKey, by: Direction, code: u64, cx: &mut Context<'_>) {
        let side = self.ways.of_mut(key.direction);
        side.credit.ended(key.id);
        if side.streams.reset(key.id) {
            let child = child(&mut self.child, self.alpn.as_deref(), cx);
            child.reset(key, StreamReset { by, code }, &mut cx.within_tls());
        }
    }

    /// Bytes of the application have come.
    pub(super) fn tell_data(
        &mut self,
        direction: Direction,
        kind: Kind,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        let early = kind == Kind::ZeroRtt;
        let told = &mut self.ways.of_mut(direction).told;
        let told = if early { &mut told.0 } else { &mut told.1 };
        if !std::mem::replace(told, true) {
            cx.emit(EventBody::Tls(Box::new(TlsEvent::Data { direction, at, early })));
        }
    }

    /// One end gives the connection up.
    fn given_up(
        &mut self,
        by: Direction,
        close: &frame::Close<'_>,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        // it is said in packets of each kind, and again to whoever goes on
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        let error = if close.is_application {
            CloseError::Application(close.code)
        } else {
            let frame = close.frame.unwrap_or_default();
            CloseError::Transport { error: TransportError(close.code), frame }
        };
        let words = close.reason.get(..REASON).unwrap_or(close.reason);
        let reason = String::from_utf8_lossy(words).into();
        say(QuicEvent::Close(Close { by, at, error, reason }), cx);
    }
}

/// What the connection carries: a session of its own.
fn child<'c>(
    child: &'c mut Option<Box<Session>>,
    alpn: Option<&str>,
    cx: &mut Context<'_>,
) -> &'c mut Session {
    child.get_or_insert_with(|| {
        // where the handshake is not in the capture: by the port
        let usual = if DOQ.contains(&cx.flow.server.port) { "doq" } else { "h3" };
        let named = detect::by_alpn(alpn.unwrap_or(usual).as_bytes(), cx);
        Box::new(match named {
            Some(row) => Session::reading(row, &mut cx.within_tls()),
            None => Session::nothing(),
        })
    })
}

/// Ports of DNS over QUIC (RFC 9250 §4.1.1).
const DOQ: [u16; 3] = [853, 784, 8853];

/// Streams of one direction whose receiver wants no more, and whose sender has not said that it
/// follows.
const STOPS: usize = 256;

/// Bytes that are kept of what a connection is given up with in words.
const REASON: usize = 1024;

fn unknown(kind: u64) -> Anomaly {
    let text = format!(
        "a frame of the unknown type {kind:#x}: what is behind it in its packet is not read"
    );
    Anomaly::new("quic.frame-type", Class::Malformed, text).citing("RFC 9000 §12.4")
}

fn many_streams(most: usize) -> Anomaly {
    let text =
        format!("more than {most} streams of one direction are open: later ones are not read");
    Anomaly::new("quic.streams", Class::Limit, text)
}

fn conflict(id: u64, is_of_end: bool) -> Anomaly {
    let what = if is_of_end { "another end" } else { "other bytes" };
    let text = format!("stream {id} was sent again with {what}; the first counts");
    Anomaly::new("quic.stream-conflict", Class::Suspicious, text).citing("RFC 9000 §2.2")
}

/// A part of a packet, and the memory that it keeps alive: where it is the smaller part, it is
/// copied, for it may have to wait when the packet is long gone.
fn part(payload: &Bytes, range: &Range<usize>, allocated: usize) -> (Bytes, usize) {
    let part = payload.slice(range.clone());
    if part.len() < payload.len() / 2 {
        (Bytes::copy_from_slice(&part), part.len())
    } else {
        (part, allocated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_part_does_not_keep_its_packet() {
        let packet = Bytes::from(vec![7; 1200]);
        let (small, of_small) = part(&packet, &(10..20), 1240);
        let (large, of_large) = part(&packet, &(10..1200), 1240);
        assert_eq!((&small[..], of_small), (&packet[10..20], 10));
        assert_eq!((&large[..], of_large), (&packet[10..1200], 1240));
        let within = packet.as_ptr_range();
        assert!(!within.contains(&small.as_ptr()) && within.contains(&large.as_ptr()));
    }
}
