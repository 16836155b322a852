//! What Chrome's DevTools protocol says of a secured response (`Network.SecurityDetails`), and what
//! WebPageTest says of its connection (`_tls_*`), in their names.

use serde::Serialize;

use crate::flow::event::Direction;
use crate::protocol::tls::names::Version;
use crate::protocol::tls::suite::CipherSuite;
use crate::trace::connection::Connection;
use crate::trace::tls::Tls;

/// The members of an entry; all absent where the connection has no TLS.
#[derive(Default, Serialize)]
pub(super) struct Security<'a> {
    #[serde(rename = "_securityDetails", skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
    #[serde(rename = "_tls_version", skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(rename = "_tls_cipher_suite", skip_serializing_if = "Option::is_none")]
    cipher_suite: Option<u16>,
    #[serde(rename = "_tls_next_proto", skip_serializing_if = "Option::is_none")]
    next_proto: Option<&'a str>,
    #[serde(rename = "_tls_resumed", skip_serializing_if = "Option::is_none")]
    resumed: Option<bool>,
}

/// What DevTools shows in its security panel. The members about the certificate are absent where
/// none was seen.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    protocol: String,
    key_exchange: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_exchange_group: Option<String>,
    cipher: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    san_list: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<i64>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<i64>,
}

impl<'a> Security<'a> {
    /// Those of a connection.
    pub(super) fn of(connection: Option<&'a Connection>) -> Self {
        let tls = connection.and_then(|connection| connection.tls.as_deref());
        let Some(tls) = tls else { return Self::default() };
        Self {
            details: Details::of(tls),
            version: tls.version().map(protocol),
            cipher_suite: tls.cipher_suite().map(|suite| suite.0),
            next_proto: tls.alpn(),
            resumed: tls.server_hello().map(|_| tls.resumed().is_some()),
        }
    }
}

impl<'a> Details<'a> {
    fn of(tls: &'a Tls) -> Option<Self> {
        let (key_exchange, cipher) = parts(tls.cipher_suite()?);
        let own = tls.certificates(Direction::ToClient).and_then(<[_]>::first);
        Some(Self {
            protocol: protocol(tls.version()?),
            key_exchange,
            key_exchange_group: tls.group().map(|group| group.to_string()),
            cipher,
            subject_name: own.and_then(|own| own.common_name.as_deref()),
            san_list: own.map(|own| own.names.iter().map(|name| &**name).collect()),
            issuer: own.and_then(|own| own.issuer_name.as_deref()),
            valid_from: own.map(|own| own.not_before),
            valid_to: own.map(|own| own.not_after),
        })
    }
}

/// A version as Chrome writes it: `TLS 1.3`.
fn protocol(version: Version) -> String {
    let name = version.settled().to_string();
    match name.split_once('v') {
        Some((family, number)) => format!("{family} {number}"),
        None => name,
    }
}

/// The key exchange and the cipher of a suite: `ECDHE_RSA` and `AES_128_GCM`. TLS 1.3 leaves the
/// key exchange to the group.
fn parts(suite: CipherSuite) -> (&'static str, &'static str) {
    let name = suite.name().unwrap_or("");
    let name = name.strip_prefix("TLS_").unwrap_or(name);
    let (key_exchange, rest) = name.split_once("_WITH_").unwrap_or(("", name));
    let cipher = rest.rsplit_once("_SHA").or_else(|| rest.rsplit_once("_MD5"));
    (key_exchange, cipher.map_or(rest, |(cipher, _)| cipher))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::secured;

    #[test]
    fn a_secured_connection_is_told_in_the_names_of_chrome_and_webpagetest() {
        let trace = secured();
        let of = Security::of(trace.connections.first());
        let text = serde_json::to_string(&of).unwrap();
        assert_eq!(
            text,
            "{\"_securityDetails\":{\"protocol\":\"TLS 1.3\",\"keyExchange\":\"\",\
             \"keyExchangeGroup\":\"X25519MLKEM768\",\"cipher\":\"AES_128_GCM\",\
             \"subjectName\":\"www.example.com\",\"sanList\":[\"www.example.com\",\
             \"*.example.org\",\"192.0.2.1\",\"2001:db8::1\"],\"issuer\":\"www.example.com\",\
             \"validFrom\":1795355824,\"validTo\":1826891824},\"_tls_version\":\"TLS 1.3\",\
             \"_tls_cipher_suite\":4865,\"_tls_next_proto\":\"h2\",\"_tls_resumed\":false}"
        );
        assert_eq!(serde_json::to_string(&Security::of(None)).unwrap(), "{}");
    }

    #[test]
    fn suites_are_taken_apart() {
        assert_eq!(parts(CipherSuite(0xc02f)), ("ECDHE_RSA", "AES_128_GCM"));
        assert_eq!(parts(CipherSuite(0x0035)), ("RSA", "AES_256_CBC"));
        assert_eq!(parts(CipherSuite(0x1303)), ("", "CHACHA20_POLY1305"));
        assert_eq!(parts(CipherSuite(0x1305)), ("", "AES_128_CCM_8"));
        assert_eq!(parts(CipherSuite(0x0004)), ("RSA", "RC4_128"));
        assert_eq!(protocol(Version::TLS_1_0), "TLS 1.0");
        assert_eq!(protocol(Version::SSL_3_0), "SSL 3");
    }
}
