//! Resolvers that are asked over TLS, QUIC or HTTPS: what cannot be opened can still be told to be lookups.
//!
//! The names are those that browsers ship: Chromium's table of providers
//! (`net/dns/public/doh_provider_entry.cc`) and Firefox's trusted recursive resolvers. Others are
//! not guessed from how they sound.

use crate::flow::event::Transport;
use crate::trace::connection::Connection;
use crate::trace::model::Trace;

/// A server that answers lookups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolver {
    /// How it is asked.
    pub over: Over,
    /// Who runs it, where its name is known.
    pub operator: Option<&'static str>,
}

/// How a resolver is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    /// DNS over TLS (RFC 7858): it has a port and a protocol identifier of its own.
    Tls,
    /// DNS over QUIC (RFC 9250): likewise.
    Quic,
    /// DNS over HTTPS (RFC 8484): nothing but the name tells it.
    Https,
}

impl Resolver {
    /// The one at the other end of a connection, where TLS is spoken on it: by the name that its
    /// client asks for, or else the one that it looked up before.
    pub fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        let resolution = connection.resolution.and_then(|id| trace.resolution(id));
        Self::by(connection, resolution.map(|resolution| &*resolution.name))
    }

    fn by(connection: &Connection, looked_up: Option<&str>) -> Option<Self> {
        let tls = connection.tls.as_deref()?;
        let operator = tls.server_name().or(looked_up).and_then(operator);
        let offers = tls.client_hello().map(|hello| hello.alpn.as_slice()).unwrap_or_default();
        let (over, own) = match connection.transport {
            Transport::Tcp => (Over::Tls, Some("dot")),
            _ => (Over::Quic, connection.quic.as_ref().map(|_| "doq")),
        };
        let speaks = |own: &str| {
            connection.server.port == DOT
                || tls.alpn() == Some(own)
                || offers.iter().any(|offer| &**offer == own)
        };
        if own.is_some_and(speaks) {
            return Some(Self { over, operator });
        }
        Some(Self { over: Over::Https, operator: Some(operator?) })
    }
}

/// Who runs the resolver of this name, or of one above it; none where it is not known to be one.
pub fn operator(host: &str) -> Option<&'static str> {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_it = |name: &str| {
        host.strip_suffix(name).is_some_and(|below| below.is_empty() || below.ends_with('.'))
    };
    RESOLVERS.iter().find_map(|(name, operator)| is_it(name).then_some(*operator))
}

/// RFC 7858 §3.1, and over QUIC RFC 9250 §4.1.1.
const DOT: u16 = 853;

/// Names of resolvers, and who runs them.
const RESOLVERS: &[(&str, &str)] = &[
    ("cloudflare-dns.com", "Cloudflare"),
    ("one.one.one.one", "Cloudflare"),
    ("dns.google", "Google"),
    ("8888.google", "Google"),
    ("dns.quad9.net", "Quad9"),
    ("dns9.quad9.net", "Quad9"),
    ("dns10.quad9.net", "Quad9"),
    ("dns11.quad9.net", "Quad9"),
    ("doh.opendns.com", "OpenDNS"),
    ("doh.familyshield.opendns.com", "OpenDNS"),
    ("dns.nextdns.io", "NextDNS"),
    ("doh.cleanbrowsing.org", "CleanBrowsing"),
    ("adult-filter-dns.cleanbrowsing.org", "CleanBrowsing"),
    ("family-filter-dns.cleanbrowsing.org", "CleanBrowsing"),
    ("security-filter-dns.cleanbrowsing.org", "CleanBrowsing"),
    ("doh.dns.sb", "DNS.SB"),
    ("dot.sb", "DNS.SB"),
    ("doh.xfinity.com", "Comcast"),
    ("dot.xfinity.com", "Comcast"),
    ("doh-01.spectrum.com", "Spectrum"),
    ("doh-02.spectrum.com", "Spectrum"),
    ("doh.cox.net", "Cox"),
    ("dot.cox.net", "Cox"),
    ("odvr.nic.cz", "CZ.NIC"),
    ("public.dns.iij.jp", "IIJ"),
    ("dns.levonet.sk", "Levonet"),
    ("doh.quickline.ch", "Quickline"),
    ("dot.quickline.ch", "Quickline"),
    ("dns.switch.ch", "Switch"),
    ("private.canadianshield.cira.ca", "CIRA"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::message::Body;
    use crate::report::fixture::{over_quic, secured};

    #[test]
    fn resolvers_are_known_by_name_and_nothing_else_is() {
        for (host, who) in [
            ("chrome.cloudflare-dns.com", Some("Cloudflare")),
            ("Mozilla.Cloudflare-DNS.com.", Some("Cloudflare")),
            ("dns.google", Some("Google")),
            ("abc123.dns.nextdns.io", Some("NextDNS")),
            ("www.google", None),
            ("notdns.google", None),
            ("dns.google.evil.test", None),
            ("doh.mine.test", None),
        ] {
            assert_eq!(operator(host), who, "{host}");
        }
    }

    #[test]
    fn one_that_is_asked_over_quic_is_told_by_its_port_or_protocol() {
        let trace = over_quic();
        let of = |port: u16, alpn: &str| {
            let mut connection = trace.connections[0].clone();
            connection.server.port = port;
            let tls = connection.tls.as_mut().unwrap();
            for message in &mut tls.messages {
                match &mut message.body {
                    Body::ClientHello(hello) => hello.alpn = vec![alpn.into()],
                    Body::EncryptedExtensions(said) => said.alpn = Some(alpn.into()),
                    _ => {}
                }
            }
            Resolver::by(&connection, None)
        };
        assert_eq!(of(443, "h3"), None);
        let over = Some(Resolver { over: Over::Quic, operator: None });
        assert_eq!((of(853, "h3"), of(8853, "doq")), (over, over));
    }

    #[test]
    fn a_connection_leads_to_a_resolver_by_name_port_or_protocol() {
        let trace = secured();
        let with = |name: Option<&str>, port: u16, alpn: &str| {
            let mut connection = trace.connections[0].clone();
            connection.server.port = port;
            let tls = connection.tls.as_mut().unwrap();
            let Body::ClientHello(hello) = &mut tls.messages[0].body else { panic!("a hello") };
            hello.server_name = name.map(Into::into);
            hello.alpn = vec![alpn.into()];
            connection
        };
        let of = |name, port, alpn, looked_up| Resolver::by(&with(name, port, alpn), looked_up);
        let over = |over, operator| Some(Resolver { over, operator });
        assert_eq!(of(Some("www.example.com"), 443, "h2", None), None);
        assert_eq!(of(Some("dns.google"), 443, "h2", None), over(Over::Https, Some("Google")));
        assert_eq!(of(None, 443, "h2", Some("dns.google")), over(Over::Https, Some("Google")));
        assert_eq!(
            of(Some("a.test"), 443, "h2", Some("dns.google")),
            None,
            "it says whom it wants"
        );
        assert_eq!(of(Some("a.test"), 853, "h2", None), over(Over::Tls, None));
        assert_eq!(of(None, 443, "dot", Some("dot.sb")), over(Over::Tls, Some("DNS.SB")));
        let mut clear = with(Some("dns.google"), 443, "h2");
        clear.tls = None;
        assert_eq!(Resolver::of(&trace, &clear), None);
    }
}
