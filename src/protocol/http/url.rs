//! The URL of a request, rebuilt from what was sent and taken apart (RFC 9110 §7.1, RFC 9112 §3).
//!
//! Takes a request's head, the scheme of the layer and the server's address; gives a [`Url`],
//! which is one string: its parts are views, computed when asked for. Percent-escapes stay as on
//! the wire; bytes that cannot be printed are escaped.

use std::net::IpAddr;

use crate::address::Endpoint;
use crate::protocol::http::message::RequestHead;

/// The URL of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    text: Box<str>,
    form: Form,
    authority: Authority,
}

/// How the request target was written (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `/path?query`, to a server.
    Origin,
    /// `http://host/path`, to a proxy.
    Absolute,
    /// `host:port`, with CONNECT: the URL is that, too.
    Authority,
    /// `*`, with OPTIONS: the server itself is meant; the URL has no path.
    Asterisk,
}

/// Where the name of the server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// In the request target.
    Target,
    /// In `Host` or `:authority`.
    Field,
    /// Nowhere: the URL has the server's address instead.
    Address,
}

/// A URL taken apart. All parts are slices of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The scheme; empty for CONNECT.
    pub scheme: &'a str,
    /// User and password, as written.
    pub user_info: Option<&'a str>,
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: &'a str,
    /// The port, where it is written.
    pub port: Option<u16>,
    /// The path, with its first slash; empty where there is none.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: Option<&'a str>,
}

impl Url {
    /// The URL of a request that came over a layer with this scheme (`http`, or `https` within
    /// TLS) to this server; none where a part of it is unknown.
    pub fn of_request(head: &RequestHead, scheme: &str, server: Endpoint) -> Option<Self> {
        let scheme = head.scheme.as_deref().unwrap_or(scheme);
        let target = head.target.as_deref()?.trim();
        if head.asks_for_tunnel() && !target.is_empty() {
            let text = escaped(&[target]);
            return Some(Self { text, form: Form::Authority, authority: Authority::Target });
        }
        if is_absolute(target) {
            let text = escaped(&[target]);
            return Some(Self { text, form: Form::Absolute, authority: Authority::Target });
        }
        let named = head.authority.as_deref().or_else(|| head.fields.get("host"));
        let named = named.map(str::trim).filter(|name| !name.is_empty());
        if named.is_none() && head.unknown_fields > 0 {
            return None;
        }
        let address = if named.is_none() { of_address(server, scheme) } else { String::new() };
        let authority = if named.is_some() { Authority::Field } else { Authority::Address };
        let host = named.unwrap_or(&address);
        let (form, slash, path) = match target {
            "*" => (Form::Asterisk, "", ""),
            path if path.starts_with('/') => (Form::Origin, "", path),
            path => (Form::Origin, "/", path),
        };
        let text = escaped(&[scheme, "://", host, slash, path]);
        Some(Self { text, form, authority })
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the request target was written.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// Where the name of the server stood.
    pub const fn authority(&self) -> Authority {
        self.authority
    }

    /// Its parts.
    pub fn parts(&self) -> Parts<'_> {
        Parts::of(&self.text)
    }

    /// A reference (`Location`, `Referer`) resolved against it by the rules of browsers, without
    /// a fragment, in normal form.
    pub fn join(&self, reference: &str) -> Option<String> {
        resolve(&self.text, reference)
    }

    /// All of it, taken out.
    pub fn into_text(self) -> Box<str> {
        self.text
    }

    /// It in the normal form that [`join`](Self::join) gives: default port, letter case and dot
    /// segments as browsers have them.
    pub fn normal(&self) -> Option<String> {
        normal(&self.text)
    }
}

/// A reference (`Location`, `Referer`) resolved against a base URL by the rules of browsers,
/// without a fragment, in normal form.
pub fn resolve(base: &str, reference: &str) -> Option<String> {
    url::Url::parse(base).ok()?.join(reference).ok().map(without_fragment)
}

/// A URL in normal form, without its fragment: default port, letter case and dot segments as
/// browsers have them.
pub fn normal(text: &str) -> Option<String> {
    url::Url::parse(text).ok().map(without_fragment)
}

impl<'a> Parts<'a> {
    /// The parts of a URL, or of `host:port`.
    pub fn of(text: &'a str) -> Self {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = split_port(host_port);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        Self { scheme, user_info, host, port, path, query }
    }

    /// The port that is written, or the scheme's.
    pub fn port_or_default(&self) -> Option<u16> {
        self.port.or_else(|| default_port(self.scheme))
    }

    /// True where the path names a directory: the server chooses the default file in it.
    pub fn ends_in_slash(&self) -> bool {
        self.path.ends_with('/') || (self.path.is_empty() && !self.scheme.is_empty())
    }
}

/// The registrable domain of a host: `example.co.uk` of `www.example.co.uk`. Addresses, single
/// labels and public suffixes are their own site.
pub fn site(host: &str) -> Option<&str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() {
        return None;
    }
    if host.parse::<IpAddr>().is_ok() || !host.contains('.') {
        return Some(host);
    }
    let lower = host.to_ascii_lowercase();
    let domain = psl::domain_str(&lower).unwrap_or(&lower);
    host.get(host.len().checked_sub(domain.len())?..)
}

/// The port of a scheme.
pub fn default_port(scheme: &str) -> Option<u16> {
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    if is("http") || is("ws") {
        Some(80)
    } else if is("https") || is("wss") {
        Some(443)
    } else {
        None
    }
}

fn is_absolute(target: &str) -> bool {
    target.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

fn of_address(server: Endpoint, scheme: &str) -> String {
    match server.ip {
        _ if default_port(scheme) != Some(server.port) => server.to_string(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn split_port(authority: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|a| a.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.rsplit_once(':') {
        Some((host, "")) => (host, None),
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        _ => (authority, None),
    }
}

/// Joins pieces; what cannot be printed, and the space, is percent-encoded.
fn escaped(pieces: &[&str]) -> Box<str> {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut text = String::with_capacity(length);
    for piece in pieces {
        if piece.bytes().all(|b| b.is_ascii_graphic()) {
            text.push_str(piece);
            continue;
        }
        for c in piece.chars() {
            if c.is_control() || c.is_whitespace() {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    text.push('%');
                    for digit in [byte >> 4, byte & 0xf] {
                        let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                        text.push(digit.to_ascii_uppercase());
                    }
                }
            } else {
                text.push(c);
            }
        }
    }
    text.into()
}

fn without_fragment(mut url: url::Url) -> String {
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::buffer::Span;
    use crate::protocol::http::message::Version;

    fn of(method: &str, target: &str, host: Option<&str>, server: &str) -> Url {
        let server: std::net::SocketAddr = server.parse().unwrap();
        let head = RequestHead {
            method: Some(method.into()),
            target: Some(target.into()),
            scheme: None,
            authority: None,
            protocol: None,
            promised_on: None,
            version: Version::Http11,
            fields: host.map(|host| ("Host", host)).into_iter().collect(),
            unknown_fields: 0,
            span: Span::default(),
            size: 0,
        };
        Url::of_request(&head, "http", Endpoint::new(server.ip(), server.port())).unwrap()
    }

    #[test]
    fn the_forms_of_a_target_give_a_url() {
        let server = "192.0.2.1:80";
        let cases = [
            ("GET", "/a/b?c=d", Some("h.test"), "http://h.test/a/b?c=d", Form::Origin),
            ("GET", "http://u:p@o.test:81/x", Some("h"), "http://u:p@o.test:81/x", Form::Absolute),
            ("CONNECT", "h.test:443", Some("x"), "h.test:443", Form::Authority),
            ("OPTIONS", "*", Some("h.test:8080"), "http://h.test:8080", Form::Asterisk),
            ("GET", "/", None, "http://192.0.2.1/", Form::Origin),
            ("GET", "/", Some(" "), "http://192.0.2.1/", Form::Origin),
            ("GET", "a b\u{1}\u{e9}", Some("h"), "http://h/a%20b%01\u{e9}", Form::Origin),
            ("GET", "/?u=http://o/", Some("h"), "http://h/?u=http://o/", Form::Origin),
            ("GET", "/%7e%", Some("h"), "http://h/%7e%", Form::Origin),
        ];
        for (method, target, host, text, form) in cases {
            let url = of(method, target, host, server);
            assert_eq!((url.text(), url.form()), (text, form), "{target}");
        }
        assert_eq!(of("GET", "/", None, "[2001:db8::1]:80").text(), "http://[2001:db8::1]/");
        assert_eq!(of("GET", "/", None, "[2001:db8::1]:81").text(), "http://[2001:db8::1]:81/");
        assert_eq!(of("GET", "/", None, server).authority(), Authority::Address);
        assert_eq!(of("GET", "/", Some("h"), server).authority(), Authority::Field);
    }

    #[test]
    fn a_url_is_taken_apart() {
        let parts = Parts::of("http://u:p@[::1]:8080/dir/?q=/?x");
        assert_eq!((parts.scheme, parts.user_info, parts.host), ("http", Some("u:p"), "::1"));
        assert_eq!((parts.port, parts.path, parts.query), (Some(8080), "/dir/", Some("q=/?x")));
        assert!(parts.ends_in_slash());
        let parts = Parts::of("http://h.test?q");
        assert_eq!((parts.path, parts.port_or_default()), ("", Some(80)));
        assert!(parts.ends_in_slash());
        let parts = Parts::of("h.test:443");
        assert_eq!((parts.host, parts.port, parts.scheme), ("h.test", Some(443), ""));
        assert!(!parts.ends_in_slash() && !Parts::of("https://h/a.html").ends_in_slash());
        assert_eq!(Parts::of("http://h:/").host, "h");
        assert_eq!(Parts::of("http://h:99999/").port, None);
        assert_eq!(Parts::of(""), Parts::default());
    }

    #[test]
    fn references_are_resolved() {
        let url = of("GET", "/a/b?c", Some("H.test:80"), "192.0.2.1:80");
        let cases = [
            ("d", "http://h.test/a/d"),
            ("/x#frag", "http://h.test/x"),
            ("?q", "http://h.test/a/b?q"),
            ("//o.test", "http://o.test/"),
            ("https://o.test:443/%7e", "https://o.test/%7e"),
            ("../../..", "http://h.test/"),
        ];
        for (reference, wanted) in cases {
            assert_eq!(url.join(reference).as_deref(), Some(wanted), "{reference}");
        }
        assert_eq!(url.normal().as_deref(), Some("http://h.test/a/b?c"));
        assert_eq!(url.join("http://[bad"), None);
    }

    #[test]
    fn sites_are_registrable_domains() {
        let cases = [
            ("www.example.co.uk", "example.co.uk"),
            ("static.shop.test", "shop.test"),
            ("WWW.Example.COM.", "Example.COM"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("localhost", "localhost"),
            ("co.uk", "co.uk"),
            ("a.github.io", "a.github.io"),
        ];
        for (host, wanted) in cases {
            assert_eq!(site(host), Some(wanted), "{host}");
        }
        assert_eq!((site(""), site(".")), (None, None));
    }
}
