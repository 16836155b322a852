//! A URL taken apart, as it stands: nothing is decoded or put right.

/// The parts of an `http` or `https` URL (RFC 3986 §3), slices of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'u> {
    /// Such as `http`; empty where there is none.
    pub scheme: &'u str,
    /// Before the `@`.
    pub user_info: Option<&'u str>,
    /// The host, with the brackets of an IPv6 address.
    pub host: &'u str,
    /// The port, where the URL names one.
    pub port: Option<&'u str>,
    /// The path, from its `/` on.
    pub path: &'u str,
    /// After the `?`.
    pub query: Option<&'u str>,
    /// After the `#`; never sent to a server.
    pub fragment: Option<&'u str>,
}

impl<'u> Parts<'u> {
    /// Takes `url` apart.
    pub fn of(url: &'u str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
            None => (rest, ""),
        };
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, Some(port)),
            _ => (host, None),
        };
        Self { scheme, user_info, host, port, path, query, fragment }
    }

    /// Path and query.
    pub fn after_host(url: &'u str) -> &'u str {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        rest.get(at..).unwrap_or("")
    }
}

fn split_off(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found() {
        let url = "http://user:pw@www.shop.test:8080/a/b?q=1&r=/x#top";
        assert_eq!(
            Parts::of(url),
            Parts {
                scheme: "http",
                user_info: Some("user:pw"),
                host: "www.shop.test",
                port: Some("8080"),
                path: "/a/b",
                query: Some("q=1&r=/x"),
                fragment: Some("top"),
            }
        );
        assert_eq!(Parts::after_host(url), "/a/b?q=1&r=/x#top");
    }

    #[test]
    fn odd_ones_lose_nothing() {
        assert_eq!(Parts::of("http://[fd00::1]/").host, "[fd00::1]");
        assert_eq!(Parts::of("http://[fd00::1]:81/").port, Some("81"));
        assert_eq!(Parts::of("http://h?q").query, Some("q"));
        assert_eq!(Parts::after_host("http://h?q"), "?q");
        assert_eq!(Parts::of("h:443"), Parts { host: "h", port: Some("443"), ..Parts::default() });
        assert_eq!(Parts::of("").host, "");
    }
}
