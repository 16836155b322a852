//! The messages of a handshake as values: what was offered, and what was chosen.
//!
//! All text comes from packets. Bytes of names and protocols that are not printable ASCII stand
//! as `\xNN`.

use std::sync::Arc;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::protocol::buffer::Span;
use crate::protocol::tls::certificate::Certificate;
use crate::protocol::tls::names::{ExtensionType, Group, HandshakeType, SignatureScheme, Version};
use crate::protocol::tls::suite::CipherSuite;
use crate::time::Frames;

/// One step of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: Kind,
    /// When it came: from the first byte of the record that it begins in (without that record's
    /// header where it is not the first there) to its own last byte.
    pub span: Span,
    /// The frames that carried it.
    pub frames: Frames,
    /// Its bytes, with the header of four bytes; encrypted and not opened, those of the records.
    pub size: u32,
    /// True where it was encrypted, whether it could be opened or not.
    pub encrypted: bool,
    /// What it says.
    pub body: Body,
}

impl Message {
    /// Bytes of memory that it takes, about. Certificates may have been packed.
    pub fn weight(&self) -> usize {
        let values = match &self.body {
            Body::ClientHello(_) => size_of::<ClientHello>() + LISTS + self.size as usize,
            Body::ServerHello(_) => size_of::<ServerHello>() + LISTS + self.size as usize,
            Body::EncryptedExtensions(_) => LISTS + self.size as usize,
            Body::Certificate(chain) => chain.iter().map(|one| one.weight()).sum(),
            _ => 0,
        };
        2 * size_of::<Self>() + values
    }
}

/// What the lists of a hello take beside what is in them.
const LISTS: usize = 256;

/// What a step of a handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A handshake message.
    Handshake(HandshakeType),
    /// From here on the sender encrypts with what was agreed; in TLS 1.3 it means nothing
    /// (RFC 8446 §D.4).
    ChangeCipherSpec,
    /// One or more handshake messages that could not be opened.
    Sealed,
}

/// What a handshake message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// What the client offers.
    ClientHello(Box<ClientHello>),
    /// What the server chose, or a request for another ClientHello.
    ServerHello(Box<ServerHello>),
    /// What the server says under the first keys of TLS 1.3.
    EncryptedExtensions(Box<EncryptedExtensions>),
    /// Certificates, the sender's own first.
    Certificate(Vec<Arc<Certificate>>),
    /// Certificates that are compressed (RFC 8879), and how: 1 zlib, 2 brotli, 3 zstd.
    CompressedCertificate {
        /// The algorithm.
        algorithm: u16,
        /// The bytes that it says it unfolds to.
        unfolded: u32,
    },
    /// The server's part of a key exchange by the group that it chose (RFC 8422 §5.4).
    ServerKeyExchange {
        /// The group; none for other key exchanges.
        group: Option<Group>,
    },
    /// The server wants to know who the client is.
    CertificateRequest,
    /// A ticket with which a later connection can begin faster.
    Ticket(Ticket),
    /// New keys from here on; true where the other side shall change too (RFC 8446 §4.6.3).
    KeyUpdate {
        /// The other side shall change its keys too.
        requested: bool,
    },
    /// Nothing that is told, or nothing that could be read.
    Other,
}

/// What a client offers (RFC 8446 §4.1.2). What was not sent is none or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The version of its old field; TLS 1.3 stands in `versions`.
    pub legacy_version: Version,
    /// True where it came in the form of SSL 2.0 (RFC 5246 §E.2).
    pub ssl2: bool,
    /// The client's random bytes; what key logs name a connection by. Zeroes at their front where
    /// SSL 2.0's form sends fewer.
    pub random: [u8; 32],
    /// The session that it would like to go on with, or bytes that mean nothing.
    pub session_id: Box<[u8]>,
    /// The cipher suites in order, GREASE too.
    pub cipher_suites: Vec<CipherSuite>,
    /// The compression methods; 0 is none.
    pub compression: Box<[u8]>,
    /// The extensions in order, GREASE too.
    pub extensions: Vec<ExtensionType>,
    /// Whom it wants to talk to (RFC 6066 §3).
    pub server_name: Option<Box<str>>,
    /// The protocols that may be inside (RFC 7301).
    pub alpn: Vec<Box<str>>,
    /// The versions that it speaks.
    pub versions: Vec<Version>,
    /// The groups that it knows, in order.
    pub groups: Vec<Group>,
    /// The shares that it sends along: the group and the bytes of each.
    pub key_shares: Vec<(Group, u16)>,
    /// The signatures that it can check.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The forms of points that it reads; 0 is uncompressed.
    pub point_formats: Box<[u8]>,
    /// The pre-shared keys that it offers, one for each ticket.
    pub psk: Option<PskOffer>,
    /// True where bytes of the application follow at once.
    pub early_data: bool,
    /// A ticket of TLS 1.2 and before: its bytes; 0 asks for one (RFC 5077 §3.2).
    pub ticket: Option<u16>,
    /// The encrypted ClientHello.
    pub ech: Option<Ech>,
    /// Bytes of padding (RFC 7685).
    pub padding: Option<u16>,
    /// Bytes of the cookie that a HelloRetryRequest asked to send back.
    pub cookie: Option<u16>,
    /// How a compressed certificate may be packed (RFC 8879).
    pub compress_certificate: Vec<u16>,
    /// True where it asks for the certificate's status (RFC 6066 §8).
    pub status_request: bool,
    /// True where the master secret shall depend on the whole handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// True where records shall be encrypted first and authenticated then (RFC 7366).
    pub encrypt_then_mac: bool,
    /// What a client of QUIC allows the server, as it was sent (RFC 9001 §8.2).
    pub quic_parameters: Option<Box<[u8]>>,
    /// The JA3 fingerprint: MD5 in hexadecimal. Empty, as JA4, where a part could not be read.
    pub ja3: Box<str>,
    /// The JA4 fingerprint.
    pub ja4: Box<str>,
}

/// The pre-shared keys of a ClientHello (RFC 8446 §4.2.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PskOffer {
    /// How many.
    pub identities: u16,
}

/// An encrypted ClientHello as it looks from outside (RFC 9849 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ech {
    /// In the outer ClientHello. Real offers and those that only look like one (RFC 9849 §6.2) are
    /// made to be alike.
    Outer(EchOuter),
    /// The inner one, which only keys show.
    Inner,
}

/// What of an encrypted ClientHello is not encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EchOuter {
    /// The key derivation function of HPKE.
    pub kdf: u16,
    /// The AEAD of HPKE.
    pub aead: u16,
    /// Which of the server's configurations is used.
    pub config_id: u8,
    /// Bytes of the encapsulated key; 0 in a second ClientHello.
    pub enc: u16,
    /// Bytes of the encrypted ClientHello.
    pub payload: u16,
}

/// What a server chose (RFC 8446 §4.1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// True where it is a HelloRetryRequest (RFC 8446 §4.1.4).
    pub is_retry: bool,
    /// The version that is spoken: the extension's where there is one.
    pub version: Version,
    /// The version of the old field.
    pub legacy_version: Version,
    /// The server's random bytes.
    pub random: [u8; 32],
    /// The session: in TLS 1.2 and before, the client's own where it is gone on with; in TLS 1.3
    /// always the client's.
    pub session_id: Box<[u8]>,
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
    /// The compression method; 0 is none.
    pub compression: u8,
    /// The extensions in order.
    pub extensions: Vec<ExtensionType>,
    /// The group of the key exchange; in a HelloRetryRequest the one that is asked for.
    pub group: Option<Group>,
    /// Which of the pre-shared keys is used, from 0.
    pub psk: Option<u16>,
    /// The protocol inside, where it is said here (TLS 1.2 and before).
    pub alpn: Option<Box<str>>,
    /// Protocols that are offered by the old NPN; the client chooses one unseen.
    pub npn: Vec<Box<str>>,
    /// True where the master secret depends on the whole handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// True where records are encrypted first and authenticated then (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Bytes of the cookie to send back.
    pub cookie: Option<u16>,
    /// True where a ticket will follow (RFC 5077 §3.2).
    pub ticket: bool,
    /// True where it hints at an encrypted ClientHello that was accepted (in a HelloRetryRequest).
    pub ech: bool,
    /// True where the random bytes say that the server speaks a later version and was asked for an
    /// older one (RFC 8446 §4.1.3). A client that offered the later one knows by it that somebody
    /// changed its ClientHello.
    pub downgraded: bool,
    /// The JA3S fingerprint: MD5 in hexadecimal.
    pub ja3s: Box<str>,
}

/// What the server says under the first keys of TLS 1.3 (RFC 8446 §4.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptedExtensions {
    /// The extensions in order.
    pub extensions: Vec<ExtensionType>,
    /// The protocol inside.
    pub alpn: Option<Box<str>>,
    /// True where early data is accepted.
    pub early_data: bool,
    /// True where the server sends configurations for another try with ECH (RFC 9849 §5): it could
    /// not open the encrypted ClientHello, or that was GREASE.
    pub ech_retry: bool,
    /// The groups that the server would like.
    pub groups: Vec<Group>,
    /// What a server of QUIC allows the client, as it was sent (RFC 9001 §8.2).
    pub quic_parameters: Option<Box<[u8]>>,
}

/// A ticket for a later connection (RFC 8446 §4.6.1, RFC 5077 §3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    /// How long it is good for, in seconds.
    pub lifetime: u32,
    /// Its bytes.
    pub size: u16,
    /// Bytes of early data that may be sent with it.
    pub early_data: Option<u32>,
}

/// A message that is longer than is kept.
pub(in crate::protocol) fn too_long(length: usize) -> Anomaly {
    let text = format!("a handshake message of {length} bytes, more than are kept");
    Anomaly::new("tls.handshake-too-long", Class::Limit, text)
}
