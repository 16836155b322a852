//! TLS on one connection: what was offered, what was chosen, how the handshake went.

use crate::flow::event::{Direction, PerDirection};
use crate::protocol::buffer::Span;
use crate::protocol::tls::certificate::Certificate;
use crate::protocol::tls::event::{Alert, Keys};
use crate::protocol::tls::message::{
    Body, ClientHello, EncryptedExtensions, Kind, Message, ServerHello,
};
use crate::protocol::tls::names::{Group, HandshakeType, Version};
use crate::protocol::tls::suite::CipherSuite;
use crate::time::Stamp;

/// What is known of TLS on a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The messages in order, up to a bound; those after the handshake too.
    pub messages: Vec<Message>,
    /// How each side finished.
    pub finished: PerDirection<Option<Finished>>,
    /// The first bytes of the application, each way, after the handshake.
    pub data: PerDirection<Option<Stamp>>,
    /// The first bytes that the client sent before the handshake was over (0-RTT).
    pub early: Option<Stamp>,
    /// The alerts in order, up to a bound.
    pub alerts: Vec<Alert>,
    /// What is known of its keys.
    pub keys: Option<Keys>,
}

/// The end of one side's handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// When its Finished came.
    pub span: Span,
    /// True where it was not read, but follows from what came after it.
    pub inferred: bool,
}

/// How a connection goes on with what an earlier one agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resumption {
    /// By a pre-shared key, that of a ticket as a rule (RFC 8446 §2.2).
    PreSharedKey,
    /// By the session's identifier (RFC 5246 §7.3).
    SessionId,
    /// By a ticket (RFC 5077 §3.1).
    Ticket,
}

impl Tls {
    fn bodies(&self) -> impl Iterator<Item = (&Message, &Body)> {
        self.messages.iter().map(|message| (message, &message.body))
    }

    fn client_hellos(&self) -> impl Iterator<Item = &ClientHello> {
        self.bodies().filter_map(|(_, body)| match body {
            Body::ClientHello(hello) => Some(&**hello),
            _ => None,
        })
    }

    fn server_hellos(&self) -> impl Iterator<Item = &ServerHello> {
        self.bodies().filter_map(|(_, body)| match body {
            Body::ServerHello(hello) => Some(&**hello),
            _ => None,
        })
    }

    /// The first ClientHello.
    pub fn client_hello(&self) -> Option<&ClientHello> {
        self.client_hellos().next()
    }

    /// The HelloRetryRequest.
    pub fn retry(&self) -> Option<&ServerHello> {
        self.server_hellos().find(|hello| hello.is_retry)
    }

    /// The first ServerHello that is one.
    pub fn server_hello(&self) -> Option<&ServerHello> {
        self.server_hellos().find(|hello| !hello.is_retry)
    }

    /// What the server said under the first keys.
    pub fn encrypted_extensions(&self) -> Option<&EncryptedExtensions> {
        self.bodies().find_map(|(_, body)| match body {
            Body::EncryptedExtensions(extensions) => Some(&**extensions),
            _ => None,
        })
    }

    /// The certificates of one side, its own first; none where they were not seen.
    pub fn certificates(&self, from: Direction) -> Option<&[Certificate]> {
        self.bodies().find_map(|(message, body)| match body {
            Body::Certificate(chain) if message.direction == from => Some(chain.as_slice()),
            _ => None,
        })
    }

    /// The version that is spoken.
    pub fn version(&self) -> Option<Version> {
        self.server_hellos().last().map(|hello| hello.version)
    }

    /// The cipher suite.
    pub fn cipher_suite(&self) -> Option<CipherSuite> {
        self.server_hellos().last().map(|hello| hello.cipher_suite)
    }

    /// The group of the key exchange.
    pub fn group(&self) -> Option<Group> {
        let shared = self.server_hello().and_then(|hello| hello.group);
        shared.or_else(|| {
            self.bodies().find_map(|(_, body)| match body {
                Body::ServerKeyExchange { group } => *group,
                _ => None,
            })
        })
    }

    /// The protocol inside that the server chose, where that was seen.
    pub fn alpn(&self) -> Option<&str> {
        let encrypted = self.encrypted_extensions().and_then(|said| said.alpn.as_deref());
        encrypted.or_else(|| self.server_hello().and_then(|hello| hello.alpn.as_deref()))
    }

    /// Whom the client asked for: the inner name where an encrypted ClientHello was opened.
    pub fn server_name(&self) -> Option<&str> {
        self.client_hellos().filter_map(|hello| hello.server_name.as_deref()).last()
    }

    /// True where a message of this kind was seen.
    fn has(&self, kind: HandshakeType) -> bool {
        self.messages.iter().any(|message| message.kind == Kind::Handshake(kind))
    }

    /// How it goes on with an earlier session; none where it does not, or that is not known.
    pub fn resumed(&self) -> Option<Resumption> {
        let (client, server) = (self.client_hello()?, self.server_hello()?);
        if server.version.settled() >= Version::TLS_1_3 {
            return server.psk.map(|_| Resumption::PreSharedKey);
        }
        // With a full handshake the server's next message is in the clear: a certificate, or its
        // part of the key exchange.
        let is_full = self.has(HandshakeType::CERTIFICATE)
            || self.has(HandshakeType::SERVER_KEY_EXCHANGE)
            || self.has(HandshakeType::SERVER_HELLO_DONE);
        let changed = self.messages.iter().any(|message| {
            message.direction == Direction::ToClient && message.kind == Kind::ChangeCipherSpec
        });
        if is_full || !changed {
            return None;
        }
        let by_ticket = client.ticket.is_some_and(|size| size > 0);
        let same = !server.session_id.is_empty() && server.session_id == client.session_id;
        match (by_ticket, same) {
            (true, _) => Some(Resumption::Ticket),
            (false, true) => Some(Resumption::SessionId),
            (false, false) => None,
        }
    }

    /// The first byte of the ClientHello.
    pub fn started(&self) -> Option<Stamp> {
        let is_hello = |message: &&Message| {
            message.kind == Kind::Handshake(HandshakeType::CLIENT_HELLO)
                && message.direction == Direction::ToServer
        };
        self.messages.iter().find(is_hello).map(|message| message.span.first)
    }
}
