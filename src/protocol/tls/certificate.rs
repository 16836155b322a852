//! A certificate as a value: whose it is, who says so, until when (RFC 5280).
//!
//! No signature is checked here: whether to trust is the client's question, and its answer is in
//! the alerts.

use std::cell::RefCell;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use hashbrown::HashMap;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::Oid;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use crate::limits::Limits;
use crate::protocol::tls::list::text;

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is, as `C=.., O=.., CN=..`.
    pub subject: Box<str>,
    /// The common name of the subject.
    pub common_name: Option<Box<str>>,
    /// The names that it is for: DNS names and addresses of its subjectAltName.
    pub names: Vec<Box<str>>,
    /// Who signed it.
    pub issuer: Box<str>,
    /// The common name of who signed it, or else the organisation.
    pub issuer_name: Option<Box<str>>,
    /// The serial number in hexadecimal.
    pub serial: Box<str>,
    /// Not valid before: seconds since 1970, UTC.
    pub not_before: i64,
    /// Not valid after: seconds since 1970, UTC.
    pub not_after: i64,
    /// The algorithm of its key: `RSA`, `EC P-256`, `Ed25519`, or an object identifier.
    pub key: Box<str>,
    /// The size of its key in bits, where that means something.
    pub key_bits: Option<u32>,
    /// The algorithm that it is signed with, such as `sha256WithRSAEncryption`.
    pub signature: Box<str>,
    /// True where it may sign others.
    pub is_authority: bool,
    /// True where subject and issuer are one.
    pub self_issued: bool,
    /// SHA-256 of its bytes.
    pub fingerprint: [u8; 32],
    /// Its bytes.
    pub size: u32,
}

/// Certificates that are remembered; then all are forgotten, which costs reading each once more.
const REMEMBERED: usize = 1024;

thread_local! {
    /// A host sends the same certificates with each connection: they are read and kept once. By
    /// the SHA-256 of their bytes, so that none is ever taken for another.
    static SEEN: RefCell<HashMap<[u8; 32], Arc<Certificate>>> = RefCell::default();
}

impl Certificate {
    /// Bytes of memory that it takes, about: that of its text, and of its names one by one. One that
    /// several connections share counts for each.
    pub fn weight(&self) -> usize {
        let lengths = self.names.iter().map(|name| name.len().max(SMALLEST));
        let names = self.names.len() * size_of::<Box<str>>() + lengths.sum::<usize>();
        size_of::<Self>() + names + 2 * (self.subject.len() + self.issuer.len())
    }
}

/// What an allocator hands out at least.
const SMALLEST: usize = 24;

/// Reads one certificate; none where it is not one.
pub fn read(der: &[u8]) -> Option<Arc<Certificate>> {
    let fingerprint = Sha256::digest(der).into();
    SEEN.with_borrow_mut(|seen| {
        if let Some(known) = seen.get(&fingerprint) {
            return Some(Arc::clone(known));
        }
        let read = Arc::new(parse(der, fingerprint)?);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(fingerprint, Arc::clone(&read));
        Some(read)
    })
}

fn parse(der: &[u8], fingerprint: [u8; 32]) -> Option<Certificate> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let (key, key_bits) = key_of(&certificate);
    let validity = certificate.validity();
    Some(Certificate {
        subject: name(certificate.subject()),
        common_name: common_name(certificate.subject()),
        names: names(&certificate),
        issuer: name(certificate.issuer()),
        issuer_name: common_name(certificate.issuer())
            .or_else(|| organization(certificate.issuer())),
        serial: HEXLOWER.encode(certificate.raw_serial()).into(),
        not_before: validity.not_before.timestamp(),
        not_after: validity.not_after.timestamp(),
        key,
        key_bits,
        signature: algorithm(&certificate.signature_algorithm.algorithm).into(),
        is_authority: certificate.is_ca(),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        fingerprint,
        size: u32::try_from(der.len()).unwrap_or(u32::MAX),
    })
}

/// A distinguished name, escaped: it is text of a packet.
fn name(name: &X509Name<'_>) -> Box<str> {
    printable(&name.to_string())
}

/// Control characters are escaped; letters of all languages stay.
fn printable(text: &str) -> Box<str> {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(shown, "\\x{:02x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown.into_boxed_str()
}

fn common_name(name: &X509Name<'_>) -> Option<Box<str>> {
    name.iter_common_name().last().and_then(|part| part.as_str().ok()).map(printable)
}

fn organization(name: &X509Name<'_>) -> Option<Box<str>> {
    name.iter_organization().next().and_then(|part| part.as_str().ok()).map(printable)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<Box<str>> {
    let Ok(Some(alternative)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = alternative.value.general_names.iter();
    // one more, so that it is seen that there are more
    names.filter_map(one_name).take(Limits::TLS_LISTED + 1).collect()
}

fn one_name(name: &GeneralName<'_>) -> Option<Box<str>> {
    match name {
        GeneralName::DNSName(name) => Some(text(name.as_bytes())),
        GeneralName::IPAddress(bytes) => {
            if let Ok(four) = <[u8; 4]>::try_from(*bytes) {
                return Some(Ipv4Addr::from(four).to_string().into());
            }
            let sixteen = <[u8; 16]>::try_from(*bytes).ok()?;
            Some(Ipv6Addr::from(sixteen).to_string().into())
        }
        _ => None,
    }
}

/// The algorithm of the key, and its size in bits.
fn key_of(certificate: &X509Certificate<'_>) -> (Box<str>, Option<u32>) {
    let info = certificate.public_key();
    let bits = |bits: usize| u32::try_from(bits).ok().filter(|bits| *bits > 0);
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => ("RSA".into(), bits(length(key.modulus))),
        Ok(PublicKey::DSA(_)) => ("DSA".into(), None),
        Ok(PublicKey::EC(point)) => {
            let parameters = info.algorithm.parameters.as_ref();
            let curve = parameters.and_then(|parameters| parameters.as_oid().ok());
            let (name, size) = curve.map_or((String::new(), None), |curve| named_curve(&curve));
            (format!("EC {name}").trim_end().into(), size.or_else(|| bits(point.key_size())))
        }
        _ => (algorithm(&info.algorithm.algorithm).into(), None),
    }
}

/// The name of a curve, and its size in bits: a point is as long as whole bytes.
fn named_curve(oid: &Oid<'_>) -> (String, Option<u32>) {
    let id = oid.to_id_string();
    let (name, bits) = match id.as_str() {
        "1.2.840.10045.3.1.7" => ("P-256", 256),
        "1.3.132.0.34" => ("P-384", 384),
        "1.3.132.0.35" => ("P-521", 521),
        "1.3.132.0.10" => ("secp256k1", 256),
        _ => return (id, None),
    };
    (name.to_owned(), Some(bits))
}

/// Bits of a number, without the zeroes before it.
fn length(number: &[u8]) -> usize {
    let zeroes = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeroes).map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() - zeroes) * 8 - first
}

/// The name of an algorithm, or its object identifier (RFC 3279, RFC 4055, RFC 5758, RFC 8410).
fn algorithm(oid: &Oid<'_>) -> String {
    let id = oid.to_id_string();
    let name = match id.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10040.4.3" => "dsa-with-SHA1",
        "2.16.840.1.101.3.4.3.2" => "dsa-with-SHA256",
        "1.2.840.10045.2.1" => "EC",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1" => "ecdsa-with-SHA224",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        _ => return id,
    };
    name.to_owned()
}

#[cfg(test)]
mod tests;
