//! The handshake of TLS in CRYPTO frames (RFC 9001 §4): its messages, told as over TCP, and what
//! follows from them.

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, StreamEvent};
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::Span;
use crate::protocol::detect;
use crate::protocol::event::EventBody;
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{Client, Connection, Way};
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::quic::packet::Kind;
use crate::protocol::quic::parameters;
use crate::protocol::quic::streams::Bringer;
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::handshake::{self, Settled};
use crate::protocol::tls::message::{self, Body, Message};
use crate::protocol::tls::names::HandshakeType;
use crate::time::Frames;

/// Type and length of a handshake message (RFC 8446 §4).
const HEAD: usize = 4;

impl Connection {
    /// Bytes of the handshake came.
    pub(super) fn crypto(
        &mut self,
        way: Direction,
        kind: Kind,
        (offset, bytes): (u64, Bytes),
        by: Bringer,
        cx: &mut Context<'_>,
    ) {
        let length = bytes.len();
        let crypto = self.ways.of_mut(way).crypto(kind);
        let buffer = &mut crypto.buffer;
        let mut has_gap = false;
        let sink = &mut |event| match event {
            StreamEvent::Data { bytes, arrived, delivered, .. } => {
                buffer.push(bytes, arrived, delivered);
            }
            StreamEvent::Gap { .. } => has_gap = true,
            StreamEvent::End { .. } => {}
        };
        let inserted = crypto.assembler.insert(offset, bytes, by.at, by.allocated, sink);
        if has_gap {
            // where the next message begins nobody knows
            buffer.clear();
            if !std::mem::replace(&mut self.ways.of_mut(way).has_told_far, true) {
                cx.anomaly(too_far(kind));
            }
            return;
        }
        let is_readable = !crypto.buffer.is_empty();
        if inserted.fresh > 0 {
            self.answered_again(way, cx);
        } else if length > 0 {
            self.sent_again(way, kind, by);
        }
        if is_readable {
            self.messages(way, kind, cx);
        }
    }

    /// Reads the messages that are whole.
    fn messages(&mut self, way: Direction, kind: Kind, cx: &mut Context<'_>) {
        loop {
            let settled = self.settled;
            let crypto = self.ways.of_mut(way).crypto(kind);
            let buffer = &mut crypto.buffer;
            let over = crypto.passed_over.min(buffer.len());
            buffer.skip(over, &mut Frames::default());
            crypto.passed_over -= over;
            let head = buffer.peek(HEAD);
            let Some(&[number, high, mid, low]) = head.first_chunk() else { return };
            let length = u32::from_be_bytes([0, high, mid, low]) as usize;
            drop(head);
            if length > cx.limits.tls_handshake {
                crypto.passed_over = HEAD + length;
                cx.anomaly(message::too_long(length));
                continue;
            }
            let mut frames = Frames::default();
            let Some((bytes, span)) = buffer.take(HEAD + length, &mut frames) else { return };
            let what = HandshakeType(number);
            let body = bytes.get(HEAD..).unwrap_or_default();
            let (body, fault) = handshake::read(what, body, settled);
            if let Some(fault) = fault {
                cx.anomaly(fault);
            }
            let message = Message {
                direction: way,
                kind: message::Kind::Handshake(what),
                span,
                frames,
                size: u32::try_from(HEAD + length).unwrap_or(u32::MAX),
                encrypted: kind != Kind::Initial,
                body,
            };
            self.message(what, message, cx);
        }
    }

    /// One message: it is told, and then it has its consequences.
    fn message(&mut self, what: HandshakeType, mut message: Message, cx: &mut Context<'_>) {
        let (way, span) = (message.direction, message.span);
        let mut allowed = None;
        let mut has_settled = false;
        match &mut message.body {
            Body::ClientHello(hello) => {
                let (random, early_data) = (hello.random, hello.early_data);
                let is_due = std::mem::take(&mut self.is_hello_due);
                if is_due && self.client.as_ref().is_some_and(|client| client.random == random) {
                    return; // it was told of before the Retry
                }
                allowed = hello.quic_parameters.take();
                self.client = Some(Client { random, early_data });
                // early data is of the protocol that was chosen before: nobody offers another then
                let mut names = hello.alpn.iter();
                let known = names.find(|name| detect::by_alpn(name.as_bytes(), cx).is_some());
                self.alpn = known.or_else(|| hello.alpn.first()).cloned();
            }
            Body::ServerHello(hello) if !hello.is_retry => {
                let (version, cipher_suite) = (hello.version, hello.cipher_suite);
                self.settled = Some(Settled { version, cipher_suite });
                has_settled = true;
                if hello.psk != Some(0) && self.client.as_ref().is_some_and(|it| it.early_data) {
                    self.early(false, cx);
                }
            }
            Body::EncryptedExtensions(said) => {
                allowed = said.quic_parameters.take();
                self.alpn.clone_from(&said.alpn);
                if self.client.as_ref().is_some_and(|client| client.early_data) {
                    self.early(said.early_data, cx);
                }
            }
            _ => {}
        }
        cx.emit(EventBody::Tls(Box::new(TlsEvent::Message(message.into()))));
        if let Some(bytes) = allowed {
            self.allowed(way, &bytes, cx);
        }
        if what == HandshakeType::FINISHED {
            self.finished(way, span, false, cx);
        }
        if has_settled {
            self.retry(cx);
        }
    }

    /// One side is done with its handshake.
    pub(super) fn finished(
        &mut self,
        direction: Direction,
        span: Span,
        inferred: bool,
        cx: &mut Context<'_>,
    ) {
        if !std::mem::replace(&mut self.ways.of_mut(direction).is_finished, true) {
            let event = TlsEvent::Finished { direction, span, inferred };
            cx.emit(EventBody::Tls(Box::new(event)));
        }
    }

    /// What one end allows the other.
    fn allowed(&mut self, by: Direction, bytes: &[u8], cx: &mut Context<'_>) {
        let (parameters, fault) = parameters::read(bytes);
        if let Some(fault) = fault {
            cx.anomaly(fault);
        }
        let exponent = parameters.ack_delay_exponent.and_then(|number| u8::try_from(number).ok());
        self.ways.of_mut(by).ack_delay_exponent = exponent.filter(|exponent| *exponent <= 20);
        self.ways.of_mut(!by).credit.allow(!by, &parameters);
        if let (Direction::ToClient, Some(token)) = (by, parameters.stateless_reset_token) {
            self.reset_token(token);
        }
        // it counts as the second that the server gives out (RFC 9000 §5.1.1)
        if let (Direction::ToClient, Some(preferred)) = (by, parameters.preferred_address) {
            self.issued(by, Some(1), preferred.id, cx);
            self.reset_token(preferred.token);
        }
        say(QuicEvent::Parameters { by, parameters: Box::new(parameters) }, cx);
    }

    fn early(&mut self, accepted: bool, cx: &mut Context<'_>) {
        if self.takes_early.replace(accepted).is_none() {
            say(QuicEvent::Early { accepted }, cx);
        }
    }

    /// The same ends begin another connection: what is known is of the one before.
    pub(super) fn forget(&mut self, cx: &mut Context<'_>) {
        self.give_up(cx);
        self.end_streams(cx);
        for way in [Direction::ToServer, Direction::ToClient] {
            let side = self.ways.of_mut(way);
            let measures = std::mem::take(&mut side.measures);
            *side = Way { measures, ..Way::default() };
        }
        self.client = None;
        self.is_hello_due = false;
        self.settled = None;
        self.suite = None;
        self.alpn = None;
        self.known = None;
        self.takes_early = None;
        self.version = None;
        self.original = None;
        self.retried = None;
        self.initials.clear();
        self.reset_tokens.clear();
        self.destination = None;
        self.is_closed = false;
    }
}

fn too_far(kind: Kind) -> Anomaly {
    let text = format!(
        "the handshake's bytes in {} packets leave too large a hole: messages behind it \
         are not read",
        kind.name()
    );
    Anomaly::new("quic.crypto-held", Class::Limit, text)
}
