//! Handshake messages: what they say, and what follows from them for the records behind them.

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::event::EventBody;
use crate::protocol::tls::connection::state::{Client, Connection, Server};
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::handshake::{self, Settled};
use crate::protocol::tls::hello;
use crate::protocol::tls::message::{self, Body, ClientHello, Kind, Message, ServerHello};
use crate::protocol::tls::names::{HandshakeType, Version};
use crate::protocol::tls::record::Record;
use crate::protocol::tls::side::{Epoch, Lock};
use crate::time::Frames;

/// Type and length of a handshake message (RFC 8446 §4).
const HEAD: usize = 4;

impl Connection {
    /// Reads the messages that are whole.
    pub(super) fn messages(&mut self, way: Direction, encrypted: bool, cx: &mut Context<'_>) {
        loop {
            let side = self.sides.of_mut(way);
            let buffer = &mut side.messages;
            let over = side.passed_over.min(buffer.len());
            buffer.skip(over, &mut Frames::default());
            side.passed_over -= over;
            let head = buffer.peek(HEAD);
            let Some(&[kind, high, mid, low]) = head.first_chunk() else {
                // most connections have no more of them, and room for some is a quarter of what is
                // known of one
                if buffer.is_empty() {
                    drop(head);
                    *buffer = StreamBuffer::default();
                }
                return;
            };
            let length = u32::from_be_bytes([0, high, mid, low]) as usize;
            drop(head);
            if length > cx.limits.tls_handshake {
                side.passed_over = HEAD + length;
                cx.anomaly(message::too_long(length));
                continue;
            }
            let mut frames = Frames::default();
            let Some((bytes, span)) = buffer.take(HEAD + length, &mut frames) else { return };
            let kind = HandshakeType(kind);
            let body = bytes.get(HEAD..).unwrap_or_default();
            let (body, fault) = handshake::read(kind, body, self.settled());
            if let Some(fault) = fault {
                cx.anomaly(fault);
            }
            let message = Message {
                direction: way,
                kind: Kind::Handshake(kind),
                span,
                frames,
                size: u32::try_from(HEAD + length).unwrap_or(u32::MAX),
                encrypted,
                body,
            };
            self.message(message, cx);
        }
    }

    /// The ClientHello of SSL 2.0's form, if one is at the front of what has come. True where it
    /// is not whole.
    pub(super) fn ssl2_hello(&mut self, buffer: &mut StreamBuffer, cx: &mut Context<'_>) -> bool {
        let head = buffer.peek(2);
        let Some(&[high, low]) = head.first_chunk() else { return true };
        drop(head);
        let length = usize::from(u16::from_be_bytes([high & 0x7f, low]));
        let mut frames = Frames::default();
        let Some((bytes, span)) = buffer.take(2 + length, &mut frames) else { return true };
        let (hello, fault) = hello::client_ssl2(bytes.get(2..).unwrap_or_default());
        if let Some(fault) = fault {
            cx.anomaly(fault);
        }
        let message = Message {
            direction: Direction::ToServer,
            kind: Kind::Handshake(HandshakeType::CLIENT_HELLO),
            span,
            frames,
            size: u32::try_from(2 + length).unwrap_or(u32::MAX),
            encrypted: false,
            body: Body::ClientHello(hello.into()),
        };
        self.message(message, cx);
        false
    }

    /// One message: it is told, and then it has its consequences.
    fn message(&mut self, message: Message, cx: &mut Context<'_>) {
        let Message { direction: way, kind, span, .. } = message;
        let mut then = Then::Nothing;
        match &message.body {
            Body::ClientHello(hello) => then = self.client_hello(hello),
            Body::ServerHello(hello) => then = self.server_hello(hello),
            Body::EncryptedExtensions(said) => {
                self.alpn.clone_from(&said.alpn);
                if self.sides.of(Direction::ToServer).epoch == Epoch::Early {
                    self.takes_early.get_or_insert(said.early_data);
                    then = Then::Early;
                }
            }
            Body::KeyUpdate { .. } => then = Then::Next(way),
            _ => match kind {
                Kind::Handshake(HandshakeType::END_OF_EARLY_DATA) => {
                    then = Then::Lock(way, Epoch::Handshake);
                }
                Kind::Handshake(HandshakeType::FINISHED) => then = Then::Finished(way, span),
                _ => {}
            },
        }
        say(TlsEvent::Message(message.into()), cx);
        match then {
            Then::Nothing => {}
            Then::Lock(way, epoch) => self.lock(way, epoch, cx),
            Then::Both => {
                self.lock(Direction::ToClient, Epoch::Handshake, cx);
                let early = self.client.as_ref().is_some_and(|client| client.early_data);
                let epoch = if early { Epoch::Early } else { Epoch::Handshake };
                self.sides.of_mut(Direction::ToServer).careful |= early;
                self.lock(Direction::ToServer, epoch, cx);
            }
            Then::Early => {
                // where it is refused, the client goes on with its handshake without saying so (RFC
                // 8446 §4.2.10); what it sent before is still early data
                if self.takes_early == Some(false) {
                    self.lock(Direction::ToServer, Epoch::Early, cx);
                }
                self.retry(cx);
            }
            Then::Again => {
                // early data is refused with it (RFC 8446 §4.2.10) and never opened by the server:
                // another hello follows, in the clear
                self.takes_early = Some(false);
                self.give_up(cx);
                let side = self.sides.of_mut(Direction::ToServer);
                side.lock = Lock::Plain;
                side.epoch = Epoch::Handshake;
                if let Some(client) = &mut self.client {
                    client.early_data = false;
                    client.retried = true;
                }
            }
            Then::Next(way) => {
                let side = self.sides.of_mut(way);
                if let Lock::Open(opener) = &side.lock {
                    side.lock = opener.next().map_or(Lock::Sealed, |next| Lock::Open(next.into()));
                }
            }
            Then::Finished(way, span) => {
                self.finished(way, span, false, cx);
                // another one, of a client that is asked for its certificate later (RFC 8446 §4.6.2),
                // changes no keys
                if self.is_13() && self.sides.of(way).epoch != Epoch::Application {
                    self.lock(way, Epoch::Application, cx);
                }
            }
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
        let side = self.sides.of_mut(direction);
        if !std::mem::replace(&mut side.finished, true) {
            say(TlsEvent::Finished { direction, span, inferred }, cx);
        }
    }

    fn client_hello(&mut self, hello: &ClientHello) -> Then {
        let is_retry = self.client.as_ref().is_some_and(|known| known.random == hello.random);
        if !is_retry {
            // the first one, or another handshake on the same connection
            self.server = None;
            self.takes_early = None;
        }
        let (random, early_data) = (hello.random, hello.early_data);
        let retried = self.client.as_ref().is_some_and(|known| is_retry && known.retried);
        let may_be_http = hello.alpn.is_empty() || hello.alpn.iter().any(|name| is_http(name));
        self.client = Some(Client { random, may_be_http, early_data, retried });
        let side = self.sides.of_mut(Direction::ToServer);
        if hello.early_data && matches!(side.lock, Lock::Plain) {
            side.epoch = Epoch::Early;
            side.lock = Lock::Sealed;
        }
        Then::Nothing
    }

    fn server_hello(&mut self, hello: &ServerHello) -> Then {
        if hello.is_retry {
            return Then::Again;
        }
        let settled = Settled { version: hello.version, cipher_suite: hello.cipher_suite };
        if hello.psk != Some(0) {
            // it is taken with the first key that the client offered, or not (RFC 8446 §4.2.10)
            self.takes_early = Some(false);
        }
        self.server = Some(Server {
            random: hello.random,
            settled,
            encrypt_then_mac: hello.encrypt_then_mac,
            compresses: hello.compression == 1,
        });
        if hello.alpn.is_some() {
            self.alpn.clone_from(&hello.alpn);
        }
        if settled.version.settled() == Version::TLS_1_3 { Then::Both } else { Then::Nothing }
    }
}

/// What follows from a message.
enum Then {
    Nothing,
    Lock(Direction, Epoch),
    /// The server has said whether it takes early data.
    Early,
    /// Another ClientHello.
    Again,
    /// Both sides go on with the keys of TLS 1.3.
    Both,
    /// The next key of the same kind.
    Next(Direction),
    Finished(Direction, Span),
}

/// A message that is no handshake message, or that could not be opened.
pub(super) fn step(
    direction: Direction,
    kind: Kind,
    record: &Record,
    encrypted: bool,
    cx: &mut Context<'_>,
) {
    let message = Message {
        direction,
        kind,
        span: record.span,
        frames: record.frames.clone(),
        size: u32::try_from(record.size()).unwrap_or(u32::MAX),
        encrypted,
        body: Body::Other,
    };
    say(TlsEvent::Message(message.into()), cx);
}

/// Says something of TLS.
pub(super) fn say(event: TlsEvent, cx: &mut Context<'_>) {
    cx.emit(EventBody::Tls(Box::new(event)));
}

/// True for the names of HTTP in ALPN.
fn is_http(name: &str) -> bool {
    name == "h2" || name.starts_with("http/1")
}
