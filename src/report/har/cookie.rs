//! Cookies as HAR lists them, out of `Cookie` and `Set-Cookie` (RFC 6265 §5.2, §5.4).

use serde::Serialize;

use crate::protocol::http::fields::Fields;
use crate::report::har::date::cookie_date;

/// One cookie; in a request it has only name and value.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cookie<'a> {
    name: &'a str,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secure: Option<bool>,
    #[serde(rename = "_sameSite", skip_serializing_if = "Option::is_none")]
    same_site: Option<&'a str>,
}

/// The cookies that a request sends.
pub(super) fn sent(fields: &Fields) -> Vec<Cookie<'_>> {
    let pairs = fields.all("cookie").flat_map(|value| value.split(';'));
    let pairs = pairs.map(str::trim).filter(|pair| !pair.is_empty());
    pairs.map(|text| Cookie::named(pair(text))).collect()
}

/// The cookies that a response sets.
pub(super) fn set(fields: &Fields) -> Vec<Cookie<'_>> {
    fields.all("set-cookie").map(set_one).collect()
}

fn set_one(value: &str) -> Cookie<'_> {
    let mut parts = value.split(';').map(str::trim);
    let named = Cookie::named(pair(parts.next().unwrap_or_default()));
    let mut cookie = Cookie { http_only: Some(false), secure: Some(false), ..named };
    for attribute in parts {
        let (name, value) = pair(attribute);
        match name.to_ascii_lowercase().as_str() {
            "path" => cookie.path = Some(value),
            "domain" => cookie.domain = Some(value),
            "expires" => cookie.expires = cookie_date(value),
            "samesite" => cookie.same_site = Some(value),
            "" if value.eq_ignore_ascii_case("httponly") => cookie.http_only = Some(true),
            "" if value.eq_ignore_ascii_case("secure") => cookie.secure = Some(true),
            _ => {}
        }
    }
    cookie
}

/// Name and value around the first `=`; without one it is all value, as browsers take it.
fn pair(text: &str) -> (&str, &str) {
    let (name, value) = text.split_once('=').unwrap_or(("", text));
    (name.trim(), value.trim())
}

impl<'a> Cookie<'a> {
    fn named((name, value): (&'a str, &'a str)) -> Self {
        Self { name, value, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_lists_its_cookies() {
        let fields = Fields::from_iter([("Cookie", "a=1; b=x=y;; c; d=\"q\""), ("cookie", "e=")]);
        let named: Vec<_> = sent(&fields).iter().map(|c| (c.name, c.value)).collect();
        assert_eq!(named, [("a", "1"), ("b", "x=y"), ("", "c"), ("d", "\"q\""), ("e", "")]);
    }

    #[test]
    fn a_response_lists_what_it_sets_with_its_attributes() {
        let text = "id=7; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Path=/; Domain=shop.test; \
                    Secure; HttpOnly; SameSite=Lax; Max-Age=3";
        let fields = Fields::from_iter([("Set-Cookie", text), ("Set-Cookie", "secure=no")]);
        let expected = Cookie {
            name: "id",
            value: "7",
            path: Some("/"),
            domain: Some("shop.test"),
            expires: Some("2015-10-21T07:28:00Z".to_owned()),
            http_only: Some(true),
            secure: Some(true),
            same_site: Some("Lax"),
        };
        let cookies = set(&fields);
        assert_eq!(cookies[0], expected);
        assert_eq!((cookies[1].name, cookies[1].secure), ("secure", Some(false)));
    }
}
