//! The extensions of hello messages (RFC 8446 §4.2, RFC 6066 and others).
//!
//! Lenient: an extension that is broken is told and passed over, and the next one is read. Nothing
//! is read past the length that the extension itself says.

use crate::cursor::{Cursor, Short};
use crate::limits::Limits;
use crate::protocol::tls::fault::Faults;
use crate::protocol::tls::list::{self, items, numbers, text};
use crate::protocol::tls::message::{
    ClientHello, Ech, EchOuter, EncryptedExtensions, PskOffer, ServerHello,
};
use crate::protocol::tls::names::{ExtensionType, Group, SignatureScheme, Version};

/// Gives each extension of a list to `read`. The list's own length comes first; where it is
/// longer than what is there, the extensions that are there are read. False where some may be
/// missing.
pub(super) fn each<'a>(
    cursor: &mut Cursor<'a>,
    faults: &mut Faults,
    mut read: impl FnMut(ExtensionType, Cursor<'a>) -> Result<(), Short>,
) -> bool {
    const RULE: &str = "RFC 8446 §4.2";
    let length = faults.whole(cursor.u16(), "the list of extensions", RULE);
    let Some(length) = length else { return false };
    let whole = cursor.take(length.into());
    let mut list = Cursor::new(whole.unwrap_or_else(|_| cursor.rest()));
    let is_whole = faults.whole(whole, "the list of extensions", RULE).is_some();
    while !list.is_empty() {
        let head = list.u16().and_then(|kind| Ok((ExtensionType(kind), list.u16()?)));
        let head = faults.whole(head, "an extension's head", RULE);
        let Some((kind, length)) = head else { return false };
        let body = list.sub(length.into());
        let name = || format!("the extension {kind}");
        let Ok(body) = body else {
            faults.whole(body, &name(), RULE);
            return false;
        };
        if let Err(short) = read(kind, body) {
            faults.whole::<()>(Err(short), &name(), rule(kind));
        }
    }
    is_whole
}

/// Where an extension is described.
const fn rule(kind: ExtensionType) -> &'static str {
    match kind {
        ExtensionType::SERVER_NAME => "RFC 6066 §3",
        ExtensionType::ALPN => "RFC 7301 §3.1",
        ExtensionType::SUPPORTED_GROUPS => "RFC 8446 §4.2.7",
        ExtensionType::EC_POINT_FORMATS => "RFC 8422 §5.1.2",
        ExtensionType::SIGNATURE_ALGORITHMS => "RFC 8446 §4.2.3",
        ExtensionType::PRE_SHARED_KEY => "RFC 8446 §4.2.11",
        ExtensionType::SUPPORTED_VERSIONS => "RFC 8446 §4.2.1",
        ExtensionType::COOKIE => "RFC 8446 §4.2.2",
        ExtensionType::KEY_SHARE => "RFC 8446 §4.2.8",
        ExtensionType::COMPRESS_CERTIFICATE => "RFC 8879 §3",
        ExtensionType::ENCRYPTED_CLIENT_HELLO => "RFC 9849 §5",
        _ => "RFC 8446 §4.2",
    }
}

/// Reads one extension of a ClientHello.
pub(super) fn of_client(
    hello: &mut ClientHello,
    kind: ExtensionType,
    mut body: Cursor<'_>,
) -> Result<(), Short> {
    hello.extensions.push(kind);
    let size = u16::try_from(body.rest().len()).unwrap_or(u16::MAX);
    match kind {
        ExtensionType::SERVER_NAME => {
            if let Some(name) = server_name(&mut body)? {
                hello.server_name = Some(name);
            }
        }
        ExtensionType::ALPN => protocols(&mut body, &mut hello.alpn)?,
        ExtensionType::SUPPORTED_VERSIONS => {
            let bytes = list::short(&mut body)?;
            items(bytes, &mut hello.versions, |cursor| cursor.u16().map(Version))?;
        }
        ExtensionType::SUPPORTED_GROUPS => numbers(&mut body, &mut hello.groups, Group)?,
        ExtensionType::KEY_SHARE => {
            items(list::long(&mut body)?, &mut hello.key_shares, |cursor| {
                let group = Group(cursor.u16()?);
                let length = cursor.u16()?;
                cursor.take(length.into())?;
                Ok((group, length))
            })?;
        }
        ExtensionType::SIGNATURE_ALGORITHMS => {
            numbers(&mut body, &mut hello.signature_schemes, SignatureScheme)?;
        }
        ExtensionType::EC_POINT_FORMATS => hello.point_formats = list::short(&mut body)?.into(),
        ExtensionType::PRE_SHARED_KEY => hello.psk = Some(identities(&mut body)?),
        ExtensionType::EARLY_DATA => hello.early_data = true,
        ExtensionType::SESSION_TICKET => hello.ticket = Some(size),
        ExtensionType::ENCRYPTED_CLIENT_HELLO => hello.ech = ech(&mut body)?,
        ExtensionType::PADDING => hello.padding = Some(size),
        ExtensionType::COOKIE => hello.cookie = Some(body.u16()?),
        ExtensionType::COMPRESS_CERTIFICATE => {
            let bytes = list::short(&mut body)?;
            items(bytes, &mut hello.compress_certificate, Cursor::u16)?;
        }
        ExtensionType::STATUS_REQUEST => hello.status_request = true,
        ExtensionType::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
        ExtensionType::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
        ExtensionType::QUIC_TRANSPORT_PARAMETERS | ExtensionType::QUIC_DRAFT => {
            hello.quic_parameters = Some(body.rest().into());
        }
        _ => {}
    }
    Ok(())
}

/// Reads one extension of a ServerHello or HelloRetryRequest.
pub(super) fn of_server(
    hello: &mut ServerHello,
    kind: ExtensionType,
    mut body: Cursor<'_>,
) -> Result<(), Short> {
    hello.extensions.push(kind);
    match kind {
        ExtensionType::SUPPORTED_VERSIONS => hello.version = Version(body.u16()?),
        // A HelloRetryRequest names the group only (RFC 8446 §4.2.8).
        ExtensionType::KEY_SHARE => hello.group = Some(Group(body.u16()?)),
        ExtensionType::PRE_SHARED_KEY => hello.psk = Some(body.u16()?),
        ExtensionType::ALPN => hello.alpn = protocol(&mut body)?,
        ExtensionType::NEXT_PROTOCOL_NEGOTIATION => {
            let read = |cursor: &mut Cursor<'_>| list::short(cursor).map(text);
            while !body.is_empty() && hello.npn.len() < Limits::TLS_LISTED {
                hello.npn.push(read(&mut body)?);
            }
        }
        ExtensionType::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
        ExtensionType::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
        ExtensionType::COOKIE => hello.cookie = Some(body.u16()?),
        ExtensionType::SESSION_TICKET => hello.ticket = true,
        ExtensionType::ENCRYPTED_CLIENT_HELLO => hello.ech = true,
        _ => {}
    }
    Ok(())
}

/// Reads one extension of EncryptedExtensions.
pub(super) fn of_encrypted(
    said: &mut EncryptedExtensions,
    kind: ExtensionType,
    mut body: Cursor<'_>,
) -> Result<(), Short> {
    said.extensions.push(kind);
    match kind {
        ExtensionType::ALPN => said.alpn = protocol(&mut body)?,
        ExtensionType::EARLY_DATA => said.early_data = true,
        ExtensionType::ENCRYPTED_CLIENT_HELLO => said.ech_retry = true,
        ExtensionType::SUPPORTED_GROUPS => numbers(&mut body, &mut said.groups, Group)?,
        ExtensionType::QUIC_TRANSPORT_PARAMETERS | ExtensionType::QUIC_DRAFT => {
            said.quic_parameters = Some(body.rest().into());
        }
        _ => {}
    }
    Ok(())
}

/// The first name that is a host's; servers send an empty extension back.
fn server_name(body: &mut Cursor<'_>) -> Result<Option<Box<str>>, Short> {
    if body.is_empty() {
        return Ok(None);
    }
    let mut names = Cursor::new(list::long(body)?);
    while !names.is_empty() {
        let is_host = names.u8()? == 0;
        let name = list::long(&mut names)?;
        if is_host {
            return Ok(Some(text(name)));
        }
    }
    Ok(None)
}

fn protocols(body: &mut Cursor<'_>, into: &mut Vec<Box<str>>) -> Result<(), Short> {
    let mut names = Cursor::new(list::long(body)?);
    while !names.is_empty() && into.len() < Limits::TLS_LISTED {
        into.push(text(list::short(&mut names)?));
    }
    Ok(())
}

/// The one protocol that a server chose (RFC 7301 §3.1).
fn protocol(body: &mut Cursor<'_>) -> Result<Option<Box<str>>, Short> {
    let mut names = Vec::new();
    protocols(body, &mut names)?;
    Ok(names.into_iter().next())
}

fn identities(body: &mut Cursor<'_>) -> Result<PskOffer, Short> {
    let mut offer = PskOffer::default();
    let mut list = Cursor::new(list::long(body)?);
    while !list.is_empty() {
        list::long(&mut list)?;
        list.u32()?;
        offer.identities = offer.identities.saturating_add(1);
    }
    Ok(offer)
}

fn ech(body: &mut Cursor<'_>) -> Result<Option<Ech>, Short> {
    Ok(match body.u8()? {
        0 => {
            let (kdf, aead, config_id) = (body.u16()?, body.u16()?, body.u8()?);
            let enc = list::long(body)?.len();
            let payload = list::long(body)?.len();
            let size = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
            let (enc, payload) = (size(enc), size(payload));
            Some(Ech::Outer(EchOuter { kdf, aead, config_id, enc, payload }))
        }
        1 => Some(Ech::Inner),
        _ => None,
    })
}
