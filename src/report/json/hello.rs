//! The hello messages of TLS, as the document has them.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::tls::message::{self, Ech};

/// What a client offers. Lists are in the client's order, with GREASE (RFC 8701) where it sent
/// any; numbers without a name stand as `0x1234`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClientHello<'a> {
    /// The version of the old field; from TLS 1.3 on it says nothing.
    pub legacy_version: String,
    /// True where it came in the form of SSL 2.0.
    pub sslv2_form: bool,
    /// The 32 random bytes in hexadecimal: what key logs name the connection by.
    pub random: String,
    /// The session identifier in hexadecimal.
    pub session_id: String,
    /// The versions.
    pub versions: Vec<String>,
    /// The cipher suites.
    pub cipher_suites: Vec<String>,
    /// The extensions.
    pub extensions: Vec<String>,
    /// The protocols that may be inside.
    pub alpn: Vec<&'a str>,
    /// The groups.
    pub groups: Vec<String>,
    /// The groups whose keys come along, with the bytes of each.
    pub key_shares: Vec<KeyShare>,
    /// The signatures that it can check.
    pub signature_schemes: Vec<String>,
    /// How many pre-shared keys it offers.
    pub pre_shared_keys: u16,
    /// Bytes of its ticket (RFC 5077); 0 asks for one, null does neither.
    pub ticket_bytes: Option<u16>,
    /// Bytes of padding.
    pub padding_bytes: Option<u16>,
    /// What can be seen of an encrypted ClientHello.
    pub ech: Option<EncryptedClientHello>,
    /// The JA3 fingerprint; null where there is none.
    pub ja3: Option<&'a str>,
    /// The JA4 fingerprint; null where there is none.
    pub ja4: Option<&'a str>,
}

/// A key that comes along with a ClientHello.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyShare {
    /// The group.
    pub group: String,
    /// Its bytes.
    pub bytes: u16,
}

/// What can be seen of an encrypted ClientHello (RFC 9849). Real ones and those that only look
/// like one (GREASE) are made to be alike.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EncryptedClientHello {
    /// True for the outer one, which anyone sees; false for the inner one.
    pub outer: bool,
    /// Which of the server's configurations is used.
    pub config_id: Option<u8>,
    /// Bytes of the encrypted part.
    pub payload_bytes: Option<u16>,
}

/// What a server chose, or asks for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServerHello {
    /// The version.
    pub version: String,
    /// The cipher suite.
    pub cipher_suite: String,
    /// The 32 random bytes in hexadecimal.
    pub random: String,
    /// The session identifier in hexadecimal.
    pub session_id: String,
    /// The extensions.
    pub extensions: Vec<String>,
    /// The group of the key exchange, where it is said here.
    pub group: Option<String>,
    /// Which of the pre-shared keys is used, from 0.
    pub pre_shared_key: Option<u16>,
    /// True where the master secret depends on the whole handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// True where records are encrypted first and authenticated then (RFC 7366).
    pub encrypt_then_mac: bool,
    /// True where it says that it was asked for an older version than it speaks.
    pub downgraded: bool,
    /// The JA3S fingerprint.
    pub ja3s: String,
}

fn names<T: Display>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

impl<'a> From<&'a message::ClientHello> for ClientHello<'a> {
    fn from(hello: &'a message::ClientHello) -> Self {
        let some = |text: &'a str| (!text.is_empty()).then_some(text);
        Self {
            legacy_version: hello.legacy_version.to_string(),
            sslv2_form: hello.ssl2,
            random: hex(&hello.random),
            session_id: hex(&hello.session_id),
            versions: names(&hello.versions),
            cipher_suites: names(&hello.cipher_suites),
            extensions: names(&hello.extensions),
            alpn: hello.alpn.iter().map(|name| &**name).collect(),
            groups: names(&hello.groups),
            key_shares: hello.key_shares.iter().map(KeyShare::from).collect(),
            signature_schemes: names(&hello.signature_schemes),
            pre_shared_keys: hello.psk.map_or(0, |psk| psk.identities),
            ticket_bytes: hello.ticket,
            padding_bytes: hello.padding,
            ech: hello.ech.as_ref().map(EncryptedClientHello::from),
            ja3: some(&hello.ja3),
            ja4: some(&hello.ja4),
        }
    }
}

impl From<&(crate::protocol::tls::names::Group, u16)> for KeyShare {
    fn from((group, bytes): &(crate::protocol::tls::names::Group, u16)) -> Self {
        Self { group: group.to_string(), bytes: *bytes }
    }
}

impl From<&Ech> for EncryptedClientHello {
    fn from(ech: &Ech) -> Self {
        match ech {
            Ech::Inner => Self { outer: false, config_id: None, payload_bytes: None },
            Ech::Outer(outer) => Self {
                outer: true,
                config_id: Some(outer.config_id),
                payload_bytes: Some(outer.payload),
            },
        }
    }
}

impl From<&message::ServerHello> for ServerHello {
    fn from(hello: &message::ServerHello) -> Self {
        Self {
            version: hello.version.to_string(),
            cipher_suite: hello.cipher_suite.to_string(),
            random: hex(&hello.random),
            session_id: hex(&hello.session_id),
            extensions: names(&hello.extensions),
            group: hello.group.map(|group| group.to_string()),
            pre_shared_key: hello.psk,
            extended_master_secret: hello.extended_master_secret,
            encrypt_then_mac: hello.encrypt_then_mac,
            downgraded: hello.downgraded,
            ja3s: hello.ja3s.to_string(),
        }
    }
}
