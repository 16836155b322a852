//! ClientHello and ServerHello: bytes become values (RFC 8446 §4.1).
//!
//! Takes the body of a message; what is whole before a fault is kept, and the fault is said.

use crate::anomaly::Anomaly;
use crate::cursor::{Cursor, Short};
use crate::protocol::tls::extensions;
use crate::protocol::tls::fault::Faults;
use crate::protocol::tls::fingerprint;
use crate::protocol::tls::list::{self, numbers};
use crate::protocol::tls::message::{ClientHello, EncryptedExtensions, ServerHello};
use crate::protocol::tls::names::{ExtensionType, Version};
use crate::protocol::tls::suite::CipherSuite;

/// What a ClientHello offers (RFC 8446 §4.1.2).
pub fn client(body: &[u8]) -> (ClientHello, Option<Anomaly>) {
    const WHAT: &str = "the ClientHello";
    const RULE: &str = "RFC 8446 §4.1.2";
    let (mut hello, mut faults, mut alpn) = (ClientHello::default(), Faults::default(), None);
    let mut cursor = Cursor::new(body);
    let fixed = client_fixed(&mut hello, &mut cursor);
    let mut is_whole = faults.whole(fixed, WHAT, RULE).is_some();
    // SSL 3.0 and old clients end here.
    if is_whole && !cursor.is_empty() {
        let mut is_broken = false;
        is_whole = extensions::each(&mut cursor, &mut faults, |kind, body| {
            if kind == ExtensionType::ALPN {
                alpn = first_protocol(body).ok();
            }
            let read = extensions::of_client(&mut hello, kind, body);
            is_broken |= read.is_err() && fingerprint::reads(kind);
            read
        });
        is_whole &= !is_broken && cursor.is_empty();
    }
    if !cursor.is_empty() {
        let text = format!("{WHAT} goes on behind its extensions: {} bytes", cursor.rest().len());
        faults.say(text, RULE);
    }
    // of a part there would be another fingerprint
    if is_whole {
        hello.ja3 = fingerprint::ja3(&hello);
        hello.ja4 = fingerprint::ja4(&hello, alpn);
    }
    (hello, faults.into_first())
}

fn client_fixed(hello: &mut ClientHello, cursor: &mut Cursor<'_>) -> Result<(), Short> {
    hello.legacy_version = Version(cursor.u16()?);
    hello.random = *cursor.array()?;
    hello.session_id = list::short(cursor)?.into();
    numbers(cursor, &mut hello.cipher_suites, CipherSuite)?;
    hello.compression = list::short(cursor)?.into();
    Ok(())
}

/// The first protocol as it was sent: its fingerprint needs the bytes.
fn first_protocol(mut body: Cursor<'_>) -> Result<&[u8], Short> {
    list::short(&mut Cursor::new(list::long(&mut body)?))
}

/// What a ClientHello in the form of SSL 2.0 offers (RFC 5246 §E.2). Takes the message behind the
/// record's length of two bytes. Suites that only SSL 2.0 has are left out. There are no
/// fingerprints for it.
pub fn client_ssl2(message: &[u8]) -> (ClientHello, Option<Anomaly>) {
    let mut hello = ClientHello { ssl2: true, ..ClientHello::default() };
    let mut faults = Faults::default();
    let read = ssl2(&mut hello, &mut Cursor::new(message));
    faults.whole(read, "the ClientHello in the form of SSL 2.0", "RFC 5246 §E.2");
    (hello, faults.into_first())
}

fn ssl2(hello: &mut ClientHello, cursor: &mut Cursor<'_>) -> Result<(), Short> {
    cursor.u8()?;
    hello.legacy_version = Version(cursor.u16()?);
    let (suites, session, challenge) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    let mut suites = cursor.sub(suites.into())?;
    while !suites.is_empty() {
        if let [0, high, low] = suites.array()? {
            hello.cipher_suites.push(CipherSuite(u16::from_be_bytes([*high, *low])));
        }
    }
    hello.session_id = cursor.take(session.into())?.into();
    // Right-justified: where it is shorter, zeroes come first.
    let challenge = cursor.take(challenge.into())?;
    for (to, from) in hello.random.iter_mut().rev().zip(challenge.iter().rev()) {
        *to = *from;
    }
    Ok(())
}

/// The random bytes that make a ServerHello a HelloRetryRequest: SHA-256 of that word
/// (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What a ServerHello chose (RFC 8446 §4.1.3, §4.1.4).
pub fn server(body: &[u8]) -> (ServerHello, Option<Anomaly>) {
    const WHAT: &str = "the ServerHello";
    const RULE: &str = "RFC 8446 §4.1.3";
    let (mut hello, mut faults) = (ServerHello::default(), Faults::default());
    let mut cursor = Cursor::new(body);
    let fixed = server_fixed(&mut hello, &mut cursor);
    let mut is_whole = faults.whole(fixed, WHAT, RULE).is_some();
    if is_whole && !cursor.is_empty() {
        is_whole = extensions::each(&mut cursor, &mut faults, |kind, body| {
            extensions::of_server(&mut hello, kind, body)
        });
    }
    if !cursor.is_empty() {
        let text = format!("{WHAT} goes on behind its extensions: {} bytes", cursor.rest().len());
        faults.say(text, RULE);
    }
    let old = hello.version < Version::TLS_1_3;
    hello.downgraded =
        old && matches!(hello.random, [.., b'D', b'O', b'W', b'N', b'G', b'R', b'D', 0 | 1]);
    if is_whole && cursor.is_empty() {
        hello.ja3s = fingerprint::ja3s(&hello);
    }
    (hello, faults.into_first())
}

fn server_fixed(hello: &mut ServerHello, cursor: &mut Cursor<'_>) -> Result<(), Short> {
    hello.legacy_version = Version(cursor.u16()?);
    hello.version = hello.legacy_version;
    hello.random = *cursor.array()?;
    hello.is_retry = hello.random == RETRY;
    // Drafts of TLS 1.3 had neither session nor compression until draft 21; since then this field
    // never says TLS 1.3.
    let has_session = !matches!(hello.version.0, 0x0304 | 0x7f0e..=0x7f15);
    if has_session {
        hello.session_id = list::short(cursor)?.into();
    }
    hello.cipher_suite = CipherSuite(cursor.u16()?);
    if has_session {
        hello.compression = cursor.u8()?;
    }
    Ok(())
}

/// What EncryptedExtensions say (RFC 8446 §4.3.1).
pub fn encrypted_extensions(body: &[u8]) -> (EncryptedExtensions, Option<Anomaly>) {
    let (mut said, mut faults) = (EncryptedExtensions::default(), Faults::default());
    extensions::each(&mut Cursor::new(body), &mut faults, |kind, body| {
        extensions::of_encrypted(&mut said, kind, body)
    });
    (said, faults.into_first())
}

#[cfg(test)]
mod tests;
