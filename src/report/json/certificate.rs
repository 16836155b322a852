//! Certificates, as the document has them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::Direction;
use crate::protocol::tls::certificate as model;
use crate::report::json::hello::hex;
use crate::report::text;
use crate::trace::certificates;
use crate::trace::tls::Tls;

/// A certificate (RFC 5280). Whether to trust it is the client's question and not answered here.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Certificate<'a> {
    /// Whose it is.
    pub subject: &'a str,
    /// The names that it is for (subjectAltName).
    pub names: Vec<&'a str>,
    /// Who signed it.
    pub issuer: &'a str,
    /// The serial number in hexadecimal.
    pub serial: &'a str,
    /// Not valid before: seconds since 1970-01-01T00:00:00Z.
    pub not_before: i64,
    /// Not valid after: seconds since 1970-01-01T00:00:00Z.
    pub not_after: i64,
    /// The algorithm of its key.
    pub key: &'a str,
    /// The bits of its key, where that means something.
    pub key_bits: Option<u32>,
    /// The algorithm that it is signed with.
    pub signature: &'a str,
    /// True where it may sign others.
    pub authority: bool,
    /// SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u32,
    /// What is doubtful about it, in words.
    pub doubts: Vec<&'static str>,
}

impl<'a> Certificate<'a> {
    /// The chain that one side sent; none where it was not seen.
    pub(super) fn chain(tls: &'a Tls, from: Direction) -> Option<Vec<Self>> {
        let (chain, at) = (tls.certificates(from)?, tls.certified(from)?);
        let name = tls.server_name().filter(|_| from == Direction::ToClient);
        let doubts = certificates::doubts(chain, name, at.at);
        let of = |(place, certificate): (usize, &'a Arc<model::Certificate>)| {
            let own = doubts.iter().filter(|(of, _)| *of == place);
            let own = own.map(|(_, doubt)| text::tls::doubt(*doubt)).collect();
            Self::new(certificate, own)
        };
        Some(chain.iter().enumerate().map(of).collect())
    }

    fn new(certificate: &'a model::Certificate, doubts: Vec<&'static str>) -> Self {
        Self {
            subject: &certificate.subject,
            names: certificate.names.iter().map(|name| &**name).collect(),
            issuer: &certificate.issuer,
            serial: &certificate.serial,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: &certificate.key,
            key_bits: certificate.key_bits,
            signature: &certificate.signature,
            authority: certificate.is_authority,
            sha256: hex(&certificate.fingerprint),
            bytes: certificate.size,
            doubts,
        }
    }
}
