//! A certificate as a value: whose it is, who says so, until when (RFC 5280).

use crate::time::Timestamp;

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is, as `CN=.., O=..`.
    pub subject: Box<str>,
    /// The common name of the subject.
    pub common_name: Option<Box<str>>,
    /// The names that it is for: DNS names and addresses of its subjectAltName.
    pub names: Vec<Box<str>>,
    /// Who signed it.
    pub issuer: Box<str>,
    /// The serial number in hexadecimal.
    pub serial: Box<str>,
    /// Not valid before.
    pub not_before: Timestamp,
    /// Not valid after.
    pub not_after: Timestamp,
    /// The algorithm of its key, such as `RSA` or `EC`.
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
