//! JA3, JA3S and JA4: which program speaks, by what it offers and in which order.
//!
//! JA3 (Salesforce): MD5 over the numbers of version, suites, extensions, groups and point formats
//! in order. JA4 (FoxIO, the TLS client part, which is free): counts in clear, and SHA-256 over
//! sorted lists. Both leave out GREASE (RFC 8701).

use std::fmt::Write;

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::protocol::tls::message::{ClientHello, ServerHello};
use crate::protocol::tls::names::{ExtensionType, Version, is_grease};

/// Whether what an extension says is a part of a fingerprint; of the others only that they are
/// there.
pub(super) const fn reads(kind: ExtensionType) -> bool {
    matches!(
        kind,
        ExtensionType::ALPN
            | ExtensionType::SUPPORTED_GROUPS
            | ExtensionType::EC_POINT_FORMATS
            | ExtensionType::SUPPORTED_VERSIONS
            | ExtensionType::SIGNATURE_ALGORITHMS
    )
}

/// JA3 of a ClientHello.
pub(super) fn ja3(hello: &ClientHello) -> Box<str> {
    let mut text = hello.legacy_version.0.to_string();
    let suites = hello.cipher_suites.iter().map(|suite| suite.0);
    let extensions = hello.extensions.iter().map(|kind| kind.0);
    let groups = hello.groups.iter().map(|group| group.0);
    list(&mut text, suites);
    list(&mut text, extensions);
    list(&mut text, groups);
    list(&mut text, hello.point_formats.iter().map(|form| u16::from(*form)));
    hex(&Md5::digest(text.as_bytes()), 16)
}

/// JA3S of a ServerHello.
pub(super) fn ja3s(hello: &ServerHello) -> Box<str> {
    let mut text = format!("{},{}", hello.legacy_version.0, hello.cipher_suite.0);
    list(&mut text, hello.extensions.iter().map(|kind| kind.0));
    hex(&Md5::digest(text.as_bytes()), 16)
}

/// JA4 of a ClientHello over TCP or QUIC, whose first protocol is `alpn`.
pub(super) fn ja4(hello: &ClientHello, alpn: Option<&[u8]>) -> Box<str> {
    let kept = |number: &u16| !is_grease(*number);
    let mut suites: Vec<u16> = hello.cipher_suites.iter().map(|suite| suite.0).collect();
    suites.retain(kept);
    let mut extensions: Vec<u16> = hello.extensions.iter().map(|kind| kind.0).collect();
    extensions.retain(kept);
    let has_name = extensions.contains(&ExtensionType::SERVER_NAME.0);
    let (first, last) = alpn.map_or(('0', '0'), ends);
    let mut text = format!(
        "{}{}{}{:02}{:02}{first}{last}_",
        if hello.quic_parameters.is_some() { 'q' } else { 't' },
        version(hello),
        if has_name { 'd' } else { 'i' },
        suites.len().min(99),
        extensions.len().min(99),
    );
    suites.sort_unstable();
    text.push_str(&digest(&quads(&suites)));
    text.push('_');
    let apart = [ExtensionType::SERVER_NAME.0, ExtensionType::ALPN.0];
    let is_empty = extensions.is_empty();
    extensions.retain(|kind| !apart.contains(kind));
    extensions.sort_unstable();
    let mut about = quads(&extensions);
    let schemes = hello.signature_schemes.iter().map(|scheme| scheme.0);
    let schemes: Vec<u16> = schemes.filter(kept).collect();
    if !schemes.is_empty() {
        about.push('_');
        about.push_str(&quads(&schemes));
    }
    text.push_str(&digest(if is_empty { "" } else { &about }));
    text.into_boxed_str()
}

/// The highest version that is offered.
fn version(hello: &ClientHello) -> &'static str {
    let offered = hello.versions.iter().filter(|version| !version.is_grease()).max();
    match offered.copied().unwrap_or(hello.legacy_version) {
        Version::TLS_1_3 => "13",
        Version::TLS_1_2 => "12",
        Version::TLS_1_1 => "11",
        Version::TLS_1_0 => "10",
        Version::SSL_3_0 => "s3",
        Version::SSL_2_0 => "s2",
        _ => "00",
    }
}

/// The first and last character of a protocol's name: of its hexadecimal form where either is
/// neither a letter nor a digit.
fn ends(name: &[u8]) -> (char, char) {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return ('0', '0') };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return (char::from(*first), char::from(*last));
    }
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    (digit(first >> 4), digit(last & 0x0f))
}

/// `,1-2-3`, without GREASE.
fn list(text: &mut String, numbers: impl Iterator<Item = u16>) {
    text.push(',');
    for (i, number) in numbers.filter(|number| !is_grease(*number)).enumerate() {
        let _ = write!(text, "{}{number}", if i > 0 { "-" } else { "" });
    }
}

/// `002f,0035`.
fn quads(numbers: &[u16]) -> String {
    let mut text = String::with_capacity(5 * numbers.len());
    for (i, number) in numbers.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        HEXLOWER.encode_append(&number.to_be_bytes(), &mut text);
    }
    text
}

/// Twelve digits of the SHA-256 of a text; zeroes for nothing.
fn digest(text: &str) -> Box<str> {
    if text.is_empty() { "000000000000".into() } else { hex(&Sha256::digest(text), 6) }
}

/// The first `count` bytes in hexadecimal.
fn hex(bytes: &[u8], count: usize) -> Box<str> {
    HEXLOWER.encode(bytes.get(..count).unwrap_or(bytes)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::names::{Group, SignatureScheme};
    use crate::protocol::tls::suite::CipherSuite;

    /// The example of JA4's own documentation (Chrome), and its JA3 form with GREASE before.
    fn hello() -> ClientHello {
        let suites = [
            0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
            0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
        ];
        let extensions = [
            0x0a0a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023,
            0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
        ];
        let schemes = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        ClientHello {
            legacy_version: Version::TLS_1_2,
            cipher_suites: suites.map(CipherSuite).to_vec(),
            extensions: extensions.map(ExtensionType).to_vec(),
            versions: [0x1a1a, 0x0304, 0x0303].map(Version).to_vec(),
            groups: [0x0a0a, 29, 23, 24].map(Group).to_vec(),
            point_formats: [0].into(),
            signature_schemes: schemes.map(SignatureScheme).to_vec(),
            ..ClientHello::default()
        }
    }

    #[test]
    fn ja4_is_that_of_its_documentation() {
        assert_eq!(&*ja4(&hello(), Some(b"h2")), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn ja4_says_what_is_not_there() {
        let bare = ClientHello { legacy_version: Version::TLS_1_0, ..ClientHello::default() };
        assert_eq!(&*ja4(&bare, None), "t10i000000_000000000000_000000000000");
        assert_eq!(ends(b"h2"), ('h', '2'));
        assert_eq!(ends(&[0xab]), ('a', 'b'));
        assert_eq!(ends(&[0x30, 0xab]), ('3', 'b'));
        assert_eq!(ends(b""), ('0', '0'));
    }

    #[test]
    fn ja3_is_md5_of_five_lists_without_grease() {
        let mut text = String::from("771");
        list(&mut text, [0x2a2a, 4865, 4866].into_iter());
        list(&mut text, [].into_iter());
        assert_eq!(text, "771,4865-4866,");
        // that of a hello with nothing in it
        let bare = ClientHello { legacy_version: Version::TLS_1_2, ..ClientHello::default() };
        assert_eq!(ja3(&bare), hex(&Md5::digest(b"771,,,,"), 16));
    }
}
