//! Cookies as messages carry them (RFC 6265 §4, §5.2).

use crate::protocol::http::fields::Fields;

/// A cookie that a server sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value, as sent.
    pub value: &'a str,
    /// For which path.
    pub path: Option<&'a str>,
    /// For which domain.
    pub domain: Option<&'a str>,
    /// Until when, as sent: an HTTP date.
    pub expires: Option<&'a str>,
    /// For how long, in seconds, as sent.
    pub max_age: Option<&'a str>,
    /// `Strict`, `Lax` or `None`, as sent.
    pub same_site: Option<&'a str>,
    /// Hidden from scripts.
    pub http_only: bool,
    /// Over secure connections only.
    pub secure: bool,
}

/// Names and values of the cookies that a request carries.
pub fn of_request(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    fields
        .all("cookie")
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(pair)
}

/// The cookies that a response sets.
pub fn of_response(fields: &Fields) -> impl Iterator<Item = SetCookie<'_>> {
    fields.all("set-cookie").map(set_cookie)
}

fn set_cookie(field: &str) -> SetCookie<'_> {
    let mut pieces = field.split(';').map(str::trim);
    let (name, value) = pair(pieces.next().unwrap_or_default());
    let mut cookie = SetCookie { name, value, ..SetCookie::default() };
    for piece in pieces {
        let (attribute, value) = match piece.split_once('=') {
            Some((attribute, value)) => (attribute.trim(), Some(value.trim())),
            None => (piece, None),
        };
        let is = |name: &str| attribute.eq_ignore_ascii_case(name);
        if is("path") {
            cookie.path = value;
        } else if is("domain") {
            cookie.domain = value;
        } else if is("expires") {
            cookie.expires = value;
        } else if is("max-age") {
            cookie.max_age = value;
        } else if is("samesite") {
            cookie.same_site = value;
        } else if is("httponly") {
            cookie.http_only = true;
        } else if is("secure") {
            cookie.secure = true;
        }
    }
    cookie
}

/// A cookie without a name has all in its value, as browsers send it back.
fn pair(text: &str) -> (&str, &str) {
    match text.split_once('=') {
        Some((name, value)) => (name.trim(), value.trim()),
        None => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read() {
        let fields: Fields = [("Cookie", "a=1; b=x=y;; c"), ("cookie", "d=")].into_iter().collect();
        let all: Vec<_> = of_request(&fields).collect();
        assert_eq!(all, [("a", "1"), ("b", "x=y"), ("", "c"), ("d", "")]);
        let field = "id=\"7\"; Path=/; domain=.h.test; Expires=Wed, 21 Oct 2026 07:28:00 GMT; \
                     Max-Age=60; SameSite=Lax; HttpOnly; Secure; Partitioned";
        let fields: Fields = [("Set-Cookie", field), ("Set-Cookie", "")].into_iter().collect();
        let all: Vec<_> = of_response(&fields).collect();
        let wanted = SetCookie {
            name: "id",
            value: "\"7\"",
            path: Some("/"),
            domain: Some(".h.test"),
            expires: Some("Wed, 21 Oct 2026 07:28:00 GMT"),
            max_age: Some("60"),
            same_site: Some("Lax"),
            http_only: true,
            secure: true,
        };
        assert_eq!(all, [wanted, SetCookie::default()]);
    }
}
