//! Packets whose keys are not known: they wait for them, or are told as what they look like from
//! outside.

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::Span;
use crate::protocol::event::EventBody;
use crate::protocol::quic::connection::state::{Connection, Waiting};
use crate::protocol::quic::packet::Kind;
use crate::protocol::tls::estimate::{Estimator, Inside};
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::message::{self, Body, Message};
use crate::time::{Frames, Stamp};

impl Connection {
    /// A packet for whose keys it may be worth waiting.
    pub(super) fn keep(&mut self, way: Direction, packet: Waiting, cx: &mut Context<'_>) {
        // the ServerHello says how secrets are used, and packets behind it may overtake it
        let has_secrets = match &self.client {
            Some(client) => cx.secrets.of(&client.random).is_some(),
            None => !cx.secrets.is_empty() && self.original.is_some(),
        };
        let says_how = self.settled.is_none() && has_secrets;
        if let Err(packet) = self.hold(way, packet, says_how, cx) {
            if self.held.waits() {
                self.give_up(cx);
            }
            self.closed_packet(way, packet.kind, packet.bytes.len(), packet.at, cx);
        }
    }

    pub(super) fn hold(
        &mut self,
        way: Direction,
        mut packet: Waiting,
        says_how: bool,
        cx: &Context<'_>,
    ) -> Result<(), Waiting> {
        if !says_how && !cx.secrets.more_may_come() {
            return Err(packet);
        }
        // a slice of it would hold a whole block of the capture
        packet.bytes = Bytes::copy_from_slice(&packet.bytes);
        let size = packet.bytes.len();
        self.held.push(way, (packet, size), says_how, cx)
    }

    /// True where a packet that could be opened has to wait behind those of the other direction that
    /// cannot yet: what a client did with a response must not be read before it.
    pub(super) fn must_wait(&self, cx: &Context<'_>) -> bool {
        self.held.waits() && cx.secrets.more_may_come()
    }

    /// Keys have come, or what they depend on: what waited for them is read.
    pub(super) fn retry(&mut self, cx: &mut Context<'_>) {
        if !self.held.waits() {
            return;
        }
        for (way, packet) in self.held.take() {
            self.take(way, packet, None, cx);
        }
    }

    /// No keys will come: what waited for them is told as what it looks like, and what waited behind
    /// that is read.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>) {
        if self.held.is_full() && !std::mem::replace(&mut self.has_told_full, true) {
            cx.anomaly(not_held());
        }
        for (way, packet) in self.held.take() {
            if self.unlock(way, &packet, cx) {
                self.take(way, packet, None, cx);
            } else {
                self.closed_packet(way, packet.kind, packet.bytes.len(), packet.at, cx);
            }
        }
    }

    /// A packet that stays closed. What it is can be told by what came before it.
    pub(super) fn closed_packet(
        &mut self,
        way: Direction,
        kind: Kind,
        size: usize,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        let other = self.ways.of(!way).last_handshake.is_some();
        let sender = self.ways.of_mut(way);
        sender.measures.sealed += 1;
        match kind {
            Kind::Initial => {}
            Kind::ZeroRtt => self.tell_data(way, kind, at, cx),
            Kind::Handshake => {
                sender.last_handshake = Some(at);
                if size >= MESSAGES {
                    let message = Message {
                        direction: way,
                        kind: message::Kind::Sealed,
                        span: Span::at(at),
                        frames: [at.frame].into_iter().collect::<Frames>(),
                        size: u32::try_from(size).unwrap_or(u32::MAX),
                        encrypted: true,
                        body: Body::Other,
                    };
                    cx.emit(EventBody::Tls(Box::new(TlsEvent::Message(message.into()))));
                }
            }
            Kind::OneRtt => {
                // a client has these keys once it has read all of the server's handshake, and ends
                // its own before it uses them
                if way == Direction::ToServer && !sender.is_finished && other {
                    let done = sender.last_handshake.unwrap_or(at);
                    self.finished(way, Span::at(done), true, cx);
                    self.ways.to_client.is_finished = true;
                }
                if way == Direction::ToServer || self.ways.to_client.is_finished {
                    self.tell_data(way, kind, at, cx);
                }
                self.estimate(way, size, at, cx);
            }
        }
    }

    /// A closed packet behind the handshake: it may be of an exchange.
    fn estimate(&mut self, way: Direction, size: usize, at: Stamp, cx: &mut Context<'_>) {
        let may_be_http = match self.alpn.as_deref() {
            Some(alpn) => alpn.starts_with("h3"),
            None => WEB.contains(&cx.flow.server.port),
        };
        // of one from before the capture the handshake is over
        let is_midway = self.original.is_none();
        if !may_be_http || !(is_midway || self.ways.to_server.is_finished) {
            return;
        }
        let added = ADDED + self.ways.of(way).id_length.unwrap_or_default() as u64;
        let estimator =
            self.estimator.get_or_insert_with(|| Estimator::new(Inside::Http3, 0, false).into());
        let (text, frames) =
            ((size as u64).saturating_sub(added), [at.frame].into_iter().collect());
        if let Some(burst) = estimator.record(way, text, Span::at(at), &frames) {
            cx.emit(EventBody::Tls(Box::new(TlsEvent::Estimate(burst))));
        }
    }

    /// No more packets come: what is left of the estimates is said.
    pub(super) fn end_estimates(&mut self, cx: &mut Context<'_>) {
        let last = self.estimator.take().and_then(|mut estimator| estimator.finish());
        if let Some(burst) = last {
            cx.emit(EventBody::Tls(Box::new(TlsEvent::Estimate(burst))));
        }
    }
}

/// Ports at which QUIC without a name for what is in it is taken for HTTP.
const WEB: [u16; 2] = [443, 8443];

/// Bytes that protect a packet: its first byte, a number of two as a rule, a tag.
const ADDED: u64 = 1 + 2 + 16;

/// Bytes of the shortest Handshake packet that has a message: a head, a frame with a Finished of 36
/// bytes, and a tag. Shorter ones acknowledge.
const MESSAGES: usize = 72;

fn not_held() -> Anomaly {
    let text = "more packets waited for keys than are held: they stay closed";
    Anomaly::new("quic.held", Class::Limit, text)
}
