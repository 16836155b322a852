//! Cookies as HAR lists them.

use serde::Serialize;

use crate::protocol::http::cookies;
use crate::protocol::http::fields::Fields;
use crate::report::har::date::cookie_date;

/// One cookie; in a request it has only name and value.
#[derive(Serialize)]
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
    #[serde(rename = "_maxAge", skip_serializing_if = "Option::is_none")]
    max_age: Option<&'a str>,
    #[serde(rename = "_sameSite", skip_serializing_if = "Option::is_none")]
    same_site: Option<&'a str>,
}

/// The cookies that a request sends.
pub(super) fn sent(fields: &Fields) -> Vec<Cookie<'_>> {
    let plain = |(name, value)| Cookie {
        name,
        value,
        path: None,
        domain: None,
        expires: None,
        http_only: None,
        secure: None,
        max_age: None,
        same_site: None,
    };
    cookies::of_request(fields).map(plain).collect()
}

/// The cookies that a response sets.
pub(super) fn set(fields: &Fields) -> Vec<Cookie<'_>> {
    cookies::of_response(fields)
        .map(|cookie| Cookie {
            name: cookie.name,
            value: cookie.value,
            path: cookie.path,
            domain: cookie.domain,
            expires: cookie.expires.and_then(cookie_date),
            http_only: Some(cookie.http_only),
            secure: Some(cookie.secure),
            max_age: cookie.max_age,
            same_site: cookie.same_site,
        })
        .collect()
}
