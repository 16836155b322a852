//! TLS on one connection: what was offered, what was chosen, how the handshake went.

use std::sync::Arc;

use crate::flow::event::{Direction, PerDirection};
use crate::protocol::buffer::Span;
use crate::protocol::secrets::ClientRandom;
use crate::protocol::tls::alert::{Description, Level};
use crate::protocol::tls::certificate::Certificate;
use crate::protocol::tls::event::{Alert, Estimate, Keys};
use crate::protocol::tls::message::{
    Body, ClientHello, EncryptedExtensions, Kind, Message, ServerHello,
};
use crate::protocol::tls::names::{Group, HandshakeType, Version};
use crate::protocol::tls::suite::CipherSuite;
use crate::time::{Stamp, TimeDelta};

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
    /// Exchanges that stay closed, by what their records look like, up to a bound.
    pub estimates: Vec<Estimate>,
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

/// How it is known that a connection of TLS 1.2 or before agreed on keys anew (RFC 5246 §7.4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Renegotiation {
    /// So many more handshakes began.
    Seen(usize),
    /// The client sent handshake messages under the keys of the first one, which stay closed: it has
    /// nothing else to send there.
    Inferred,
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

    /// What key logs name the connection by; another one for each handshake.
    pub fn client_randoms(&self) -> impl Iterator<Item = ClientRandom> {
        self.client_hellos().map(|hello| hello.random)
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
    pub fn certificates(&self, from: Direction) -> Option<&[Arc<Certificate>]> {
        self.bodies().find_map(|(message, body)| match body {
            Body::Certificate(chain) if message.direction == from => Some(chain.as_slice()),
            _ => None,
        })
    }

    /// When one side's certificates came.
    pub fn certified(&self, from: Direction) -> Option<Stamp> {
        let has = |(message, body): &(&Message, &Body)| {
            message.direction == from && matches!(body, Body::Certificate(_))
        };
        self.bodies().find(has).map(|(message, _)| message.span.last)
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
        // With a full handshake the next messages are in the clear: a certificate, or the parts of
        // the key exchange. Any of them may be missing.
        let is_full = self.has(HandshakeType::CERTIFICATE)
            || self.has(HandshakeType::SERVER_KEY_EXCHANGE)
            || self.has(HandshakeType::SERVER_HELLO_DONE)
            || self.has(HandshakeType::CLIENT_KEY_EXCHANGE);
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

    /// Whether keys were agreed on anew; none where that is not seen.
    pub fn renegotiated(&self) -> Option<Renegotiation> {
        if self.version()?.settled() >= Version::TLS_1_3 {
            return None;
        }
        let answers = self.server_hellos().filter(|hello| !hello.is_retry).count();
        if answers > 1 {
            return Some(Renegotiation::Seen(answers - 1));
        }
        let finished = self.finished.to_server?.span.last;
        let is_more = |message: &Message| {
            message.direction == Direction::ToServer
                && message.kind == Kind::Sealed
                && message.span.first > finished
        };
        self.messages.iter().any(is_more).then_some(Renegotiation::Inferred)
    }

    /// The first byte of the ClientHello.
    pub fn started(&self) -> Option<Stamp> {
        let is_hello = |message: &&Message| {
            message.kind == Kind::Handshake(HandshakeType::CLIENT_HELLO)
                && message.direction == Direction::ToServer
        };
        self.messages.iter().find(is_hello).map(|message| message.span.first)
    }

    /// When the client could send its request; none where it is not known that the handshake was
    /// over.
    ///
    /// In TLS 1.3, and where an earlier session is gone on with, that is with its own Finished, the
    /// last message. In a full handshake of TLS 1.2 the server's Finished comes last, and the client
    /// waits for it, unless it does what is called a False Start (RFC 7918): data that it sends while
    /// that is still on its way says so.
    pub fn done(&self) -> Option<Stamp> {
        let client = self.finished.to_server.map(|finished| finished.span.last)?;
        let server = self.finished.to_client.map(|finished| finished.span.done);
        let is_needed = self.version().is_some_and(|version| version.settled() < Version::TLS_1_3);
        match server {
            Some(server) if server > client && self.waits_for(server) => Some(server),
            None if is_needed && self.data.to_server.is_none() => None,
            _ => Some(client),
        }
    }

    /// Whether the client waits for the server's Finished before it sends. Data before it, or just
    /// behind it, tell. Without them: browsers do not wait where the key exchange is by elliptic
    /// curves, the cipher authenticates and a protocol was agreed on (RFC 7918 §5).
    fn waits_for(&self, server: Stamp) -> bool {
        if let Some(data) = self.data.to_server {
            let after = data.at.since(server.at);
            if after < TimeDelta::ZERO || after <= AT_ONCE {
                return after >= TimeDelta::ZERO;
            }
        }
        let name = self.cipher_suite().and_then(CipherSuite::name).unwrap_or_default();
        let is_aead = ["_GCM_", "_CHACHA20_", "_CCM"].iter().any(|kind| name.contains(kind));
        !(name.contains("_ECDHE_") && is_aead && self.alpn().is_some())
    }

    /// Round trips between ClientHello and the client's first data, as the messages show; none
    /// where the handshake was not over.
    pub fn round_trips(&self) -> Option<u8> {
        let done = self.done()?;
        let retry = u8::from(self.retry().is_some());
        let is_short = self.version()?.settled() >= Version::TLS_1_3 || self.resumed().is_some();
        let server = self.finished.to_client.map(|finished| finished.span.done);
        let waits = !is_short && server.is_some_and(|server| server <= done);
        Some(retry + if waits { 2 } else { 1 })
    }

    /// True where the client's data was accepted that it sent before the handshake was over; none
    /// where it sent none, or that is not known. That it was not may be known without keys: the
    /// server asks for another ClientHello, or does not go on with the session (RFC 8446 §4.2.10).
    pub fn early_accepted(&self) -> Option<bool> {
        self.early?;
        let goes_on = self.server_hello().is_none_or(|hello| hello.psk == Some(0));
        if self.retry().is_some() || !goes_on {
            return Some(false);
        }
        Some(self.encrypted_extensions()?.early_data)
    }

    /// The alert that ended the connection with a fault, the first one: neither a close nor a
    /// warning. One that was encrypted and not opened counts while there is a handshake.
    pub fn failure(&self) -> Option<&Alert> {
        let done = self.done();
        self.alerts.iter().find(|alert| match alert.said {
            Some((level, what)) => {
                !what.is_closure() && (level == Level::FATAL || !is_warning(what))
            }
            None => done.is_none_or(|done| alert.at < done),
        })
    }
}

/// A client that had waited sends within this time.
const AT_ONCE: TimeDelta = TimeDelta::from_millis(10);

/// What TLS 1.2 and before may warn of and go on.
const fn is_warning(what: Description) -> bool {
    matches!(what.0, 41 | 90 | 100 | 112)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(millis: i64) -> Stamp {
        let frame = FrameNo(millis.unsigned_abs());
        Stamp::new(Timestamp::from_nanos(millis * 1_000_000), frame)
    }

    /// A full handshake of TLS 1.2: the client finishes at 20 ms, the server at 40.
    fn full(suite: u16, data: Option<i64>) -> Tls {
        let hello = ServerHello {
            version: Version::TLS_1_2,
            cipher_suite: CipherSuite(suite),
            alpn: Some("http/1.1".into()),
            ..ServerHello::default()
        };
        let finished = |millis| Some(Finished { span: Span::at(at(millis)), inferred: false });
        let hello = Message {
            direction: Direction::ToClient,
            kind: Kind::Handshake(HandshakeType::SERVER_HELLO),
            span: Span::at(at(10)),
            frames: crate::time::Frames::default(),
            size: 90,
            encrypted: false,
            body: Body::ServerHello(Box::new(hello)),
        };
        let done = Kind::Handshake(HandshakeType::SERVER_HELLO_DONE);
        Tls {
            messages: vec![hello.clone(), Message { kind: done, body: Body::Other, ..hello }],
            finished: PerDirection { to_server: finished(20), to_client: finished(40) },
            data: PerDirection { to_server: data.map(at), to_client: None },
            ..Tls::default()
        }
    }

    #[test]
    fn keys_that_are_agreed_on_anew_are_seen_or_follow_from_what_is_closed() {
        let first = full(0xc02f, None);
        assert_eq!(first.renegotiated(), None);
        let mut seen = first.clone();
        seen.messages.push(seen.messages[0].clone());
        assert_eq!(seen.renegotiated(), Some(Renegotiation::Seen(1)));
        let closed = |direction, millis| {
            let mut tls = first.clone();
            let span = Span::at(at(millis));
            let (kind, body) = (Kind::Sealed, Body::Other);
            tls.messages.push(Message { direction, kind, span, body, ..tls.messages[0].clone() });
            tls.renegotiated()
        };
        assert_eq!(closed(Direction::ToServer, 50), Some(Renegotiation::Inferred));
        assert_eq!(closed(Direction::ToClient, 50), None, "a request to do so, it may be");
        assert_eq!(closed(Direction::ToServer, 15), None, "before the Finished");
    }

    #[test]
    fn a_client_that_does_not_wait_for_the_server_is_ready_before_it() {
        // who sends at once behind the server's Finished has waited for it, whatever the cipher
        assert_eq!(full(0xc02f, Some(41)).done(), Some(at(40)));
        assert_eq!(full(0xc02f, Some(41)).round_trips(), Some(2));
        // who sends before has not
        assert_eq!(full(0xc013, Some(21)).done(), Some(at(20)));
        assert_eq!(full(0xc013, Some(21)).round_trips(), Some(1));
        // of who sends nothing the cipher tells: one that authenticates, and one that does not
        assert_eq!(full(0xc02f, None).done(), Some(at(20)));
        assert_eq!(full(0xc013, None).done(), Some(at(40)));
        assert_eq!(full(0x009c, Some(500)).done(), Some(at(40)));
    }

    #[test]
    fn a_full_handshake_is_known_by_any_message_of_it() {
        let mut tls = full(0xc02f, None);
        let client = ClientHello { ticket: Some(200), ..ClientHello::default() };
        let hello = tls.messages[0].clone();
        let body = Body::ClientHello(Box::new(client));
        tls.messages.insert(0, Message { direction: Direction::ToServer, body, ..hello.clone() });
        tls.messages.push(Message { kind: Kind::ChangeCipherSpec, body: Body::Other, ..hello });
        assert_eq!(tls.resumed(), None);
        // the server's flight was not captured
        tls.messages[2].kind = Kind::Handshake(HandshakeType::CLIENT_KEY_EXCHANGE);
        assert_eq!(tls.resumed(), None);
        tls.messages.remove(2);
        assert_eq!(tls.resumed(), Some(Resumption::Ticket));
    }

    #[test]
    fn a_client_that_sends_is_ready_though_the_server_is_not() {
        let mut early = full(0xc02f, Some(21));
        early.finished.to_client = None;
        assert_eq!((early.done(), early.round_trips()), (Some(at(20)), Some(1)));
        early.data.to_server = None;
        assert_eq!(early.done(), None, "nothing says that it does not wait");
    }
}
