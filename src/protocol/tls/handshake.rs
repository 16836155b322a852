//! One whole handshake message: its body becomes what it says.

use std::io::Read;
use std::sync::Arc;

use crate::anomaly::Anomaly;
use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::protocol::tls::certificate::{self, Certificate};
use crate::protocol::tls::extensions;
use crate::protocol::tls::fault::Faults;
use crate::protocol::tls::hello;
use crate::protocol::tls::list;
use crate::protocol::tls::message::{Body, Ticket};
use crate::protocol::tls::names::{ExtensionType, Group, HandshakeType, Version};
use crate::protocol::tls::suite::CipherSuite;

/// What the ServerHello has settled, which decides how later messages are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The version.
    pub version: Version,
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
}

/// Reads the body of a handshake message (what follows its type and length), and tells the first
/// fault in it. `settled` is none where the ServerHello was not seen.
pub fn read(kind: HandshakeType, body: &[u8], settled: Option<Settled>) -> (Body, Option<Anomaly>) {
    match kind {
        HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO if body.len() < RANDOM => {
            let mut faults = Faults::default();
            let text = format!("a {kind} of {} bytes is none", body.len());
            faults.say(text, "RFC 8446 §4.1.2");
            (Body::Other, faults.into_first())
        }
        HandshakeType::CLIENT_HELLO => {
            let (hello, fault) = hello::client(body);
            (Body::ClientHello(Box::new(hello)), fault)
        }
        HandshakeType::SERVER_HELLO => {
            let (hello, fault) = hello::server(body);
            (Body::ServerHello(Box::new(hello)), fault)
        }
        HandshakeType::ENCRYPTED_EXTENSIONS => {
            let (said, fault) = hello::encrypted_extensions(body);
            (Body::EncryptedExtensions(Box::new(said)), fault)
        }
        HandshakeType::CERTIFICATE => {
            let mut faults = Faults::default();
            let chain = chain(body, settled, &mut faults);
            (Body::Certificate(chain), faults.into_first())
        }
        HandshakeType::COMPRESSED_CERTIFICATE => compressed(body, settled),
        HandshakeType::SERVER_KEY_EXCHANGE => {
            let group = settled.and_then(|settled| exchange_group(body, settled.cipher_suite));
            (Body::ServerKeyExchange { group }, None)
        }
        HandshakeType::CERTIFICATE_REQUEST => (Body::CertificateRequest, None),
        HandshakeType::NEW_SESSION_TICKET => {
            let mut faults = Faults::default();
            let read = ticket(body, settled, &mut faults);
            let read = faults.whole(read, "the ticket", "RFC 8446 §4.6.1");
            (read.map_or(Body::Other, Body::Ticket), faults.into_first())
        }
        HandshakeType::KEY_UPDATE => {
            (Body::KeyUpdate { requested: body.first() == Some(&1) }, None)
        }
        _ => (Body::Other, None),
    }
}

/// Bytes of a hello to the end of its random bytes: with fewer it says nothing, and is likely to be
/// an encrypted message that looks like one.
const RANDOM: usize = 34;

fn is_13(settled: Option<Settled>) -> Option<bool> {
    settled.map(|settled| settled.version.settled() >= Version::TLS_1_3)
}

/// The certificates of a message (RFC 8446 §4.4.2, RFC 5246 §7.4.2), as far as they are whole. Where
/// the version is not known the form tells it: in TLS 1.3 a byte comes first, which is 0 as a rule,
/// then the length of all.
fn chain(body: &[u8], settled: Option<Settled>, faults: &mut Faults) -> Vec<Arc<Certificate>> {
    const WHAT: &str = "the list of certificates";
    const RULE: &str = "RFC 8446 §4.4.2";
    let mut cursor = Cursor::new(body);
    let starts_with_its_length =
        list::u24(&mut Cursor::new(body)).is_ok_and(|length| length as usize + 3 == body.len());
    let is_13 = is_13(settled).unwrap_or(!starts_with_its_length);
    let mut read = Vec::new();
    if is_13 && faults.whole(list::short(&mut cursor), WHAT, RULE).is_none() {
        return read;
    }
    let whole = list::u24(&mut cursor).and_then(|length| cursor.take(length as usize));
    let mut certificates = Cursor::new(whole.unwrap_or_else(|_| cursor.rest()));
    faults.whole(whole, WHAT, RULE);
    let mut names = Limits::TLS_LISTED;
    while !certificates.is_empty() {
        if read.len() >= Limits::TLS_CHAIN {
            faults.full("more certificates than are listed");
            break;
        }
        let entry = list::longest(&mut certificates);
        let Some(der) = faults.whole(entry, "a certificate", RULE) else { break };
        match certificate::read(der) {
            Some(mut certificate) => {
                if certificate.names.len() > names {
                    Arc::make_mut(&mut certificate).names.truncate(names);
                    faults.full("more names in certificates than are listed");
                }
                names -= certificate.names.len();
                read.push(certificate);
            }
            None => faults.say("a certificate that is not one", "RFC 5280 §4.1"),
        }
        if is_13 && faults.whole(list::long(&mut certificates), "a certificate", RULE).is_none() {
            break;
        }
    }
    read
}

/// Certificates that are packed (RFC 8879 §4). What cannot be unpacked is told by its size.
fn compressed(body: &[u8], settled: Option<Settled>) -> (Body, Option<Anomaly>) {
    const RULE: &str = "RFC 8879 §4";
    let mut faults = Faults::default();
    let mut cursor = Cursor::new(body);
    let mut parts = || Ok((cursor.u16()?, list::u24(&mut cursor)?, list::longest(&mut cursor)?));
    let parts = faults.whole(parts(), "the compressed certificate", RULE);
    let Some((algorithm, unfolded, packed)) = parts else {
        return (Body::Other, faults.into_first());
    };
    let Some(whole) = unpacked(algorithm, packed, unfolded) else {
        if (1..=3).contains(&algorithm) && unfolded <= Limits::TLS_CERTIFICATES {
            faults.say("the compressed certificate does not unfold to what it says", RULE);
        }
        return (Body::CompressedCertificate { algorithm, unfolded }, faults.into_first());
    };
    let chain = chain(&whole, settled, &mut faults);
    (Body::Certificate(chain), faults.into_first())
}

/// Unfolds what is packed by zlib (1), brotli (2) or zstd (3); none where it does not come to
/// exactly so many bytes, or that is more than is unfolded.
fn unpacked(algorithm: u16, packed: &[u8], size: u32) -> Option<Vec<u8>> {
    if size > Limits::TLS_CERTIFICATES {
        return None;
    }
    let mut whole = Vec::new();
    let most = u64::from(size) + 1;
    let read = match algorithm {
        1 => flate2::bufread::ZlibDecoder::new(packed).take(most).read_to_end(&mut whole),
        2 => {
            brotli_decompressor::Decompressor::new(packed, 4096).take(most).read_to_end(&mut whole)
        }
        3 => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).ok()?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).ok()?;
            decoder.take(most).read_to_end(&mut whole)
        }
        _ => return None,
    };
    (read.is_ok() && whole.len() as u64 == u64::from(size)).then_some(whole)
}

/// The largest window of zstd that is unfolded: 8 MiB, as for bodies (RFC 9659 §3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// The group of a key exchange by elliptic curves (RFC 8422 §5.4, RFC 5489 §2).
fn exchange_group(body: &[u8], suite: CipherSuite) -> Option<Group> {
    let name = suite.name()?;
    let mut cursor = Cursor::new(body);
    if name.starts_with("TLS_ECDHE_PSK") {
        list::long(&mut cursor).ok()?;
    } else if !name.contains("_ECDHE_") && !name.contains("_ECDH_anon_") {
        return None;
    }
    let is_named = cursor.u8().ok()? == 3;
    let group = Group(cursor.u16().ok()?);
    is_named.then_some(group)
}

/// A ticket (RFC 8446 §4.6.1, RFC 5077 §3.3).
fn ticket(body: &[u8], settled: Option<Settled>, faults: &mut Faults) -> Result<Ticket, Short> {
    let mut cursor = Cursor::new(body);
    let mut ticket = Ticket { lifetime: cursor.u32()?, ..Ticket::default() };
    let is_13 = is_13(settled).unwrap_or(false);
    if is_13 {
        cursor.u32()?;
        list::short(&mut cursor)?;
    }
    let size = list::long(&mut cursor)?.len();
    ticket.size = u16::try_from(size).unwrap_or(u16::MAX);
    if is_13 {
        extensions::each(&mut cursor, faults, |kind, mut body| {
            if kind == ExtensionType::EARLY_DATA {
                ticket.early_data = Some(body.u32()?);
            }
            Ok(())
        });
    }
    Ok(ticket)
}

#[cfg(test)]
mod tests;
