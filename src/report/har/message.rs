//! Requests and responses as HAR has them.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Body, Framing, MessageEnd, Version};
use crate::protocol::http::semantics::query_pairs;
use crate::report::har::asked::Asked;
use crate::report::har::cookie::{self, Cookie};
use crate::trace::Exchange;

/// A request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    method: &'a str,
    url: &'a str,
    http_version: HttpVersion,
    cookies: Vec<Cookie<'a>>,
    headers: Headers<'a>,
    query_string: Query<'a>,
    headers_size: i64,
    body_size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

/// A response; where there is none, status 0 and no version, as browsers write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    status: u16,
    status_text: &'a str,
    http_version: HttpVersion,
    cookies: Vec<Cookie<'a>>,
    headers: Headers<'a>,
    content: Content<'a>,
    #[serde(rename = "redirectURL")]
    redirect_url: &'a str,
    headers_size: i64,
    body_size: i64,
    /// Head and body on the wire, chunk sizes included; browsers use the same name.
    #[serde(rename = "_transferSize")]
    transfer_size: u64,
    /// Status codes of interim responses.
    #[serde(rename = "_informational", skip_serializing_if = "Vec::is_empty")]
    informational: Vec<u16>,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// A response's body, without its text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    compression: Option<i64>,
    mime_type: &'a str,
    /// `size` is that of the encoded body, which could not be decoded.
    #[serde(rename = "_decodedUnknown", skip_serializing_if = "std::ops::Not::not")]
    decoded_unknown: bool,
}

/// The version as browsers write it; empty where there is no message.
struct HttpVersion(Option<Version>);

/// Header fields, in the order of the wire.
struct Headers<'a>(Option<&'a Fields>);

/// Parameters of a URL's query, decoded.
struct Query<'a>(Option<&'a str>);

#[derive(Serialize)]
struct Pair<T> {
    name: T,
    value: T,
}

impl<'a> Request<'a> {
    /// The request of an exchange.
    pub(super) fn of(asked: &Asked<'a>) -> Self {
        let Asked { exchange, request: head, url, .. } = *asked;
        let body = exchange.request_end.as_ref().map(|end| end.body.encoded);
        Self {
            method: head.method.as_deref().unwrap_or(""),
            url,
            http_version: HttpVersion(Some(head.version)),
            cookies: cookie::sent(&head.fields),
            headers: Headers(Some(&head.fields)),
            query_string: Query(query(url)),
            headers_size: i64::from(head.size),
            body_size: body.map_or(-1, size),
            comment: comment(exchange, body),
        }
    }
}

/// What the reader must know of a request that HAR has no place for.
fn comment(exchange: &Exchange, body: Option<u64>) -> Option<String> {
    let unknown = exchange.url.is_none().then(|| {
        "the URL is unknown: it depends on entries of HTTP/2's header table that were not captured"
            .to_owned()
    });
    let left_out = body.filter(|bytes| *bytes > 0);
    let left_out = left_out.map(|bytes| format!("the body of {bytes} bytes is not kept"));
    let said: Vec<String> = unknown.into_iter().chain(left_out).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

impl<'a> Response<'a> {
    /// The response of an exchange, with what is wrong with it.
    pub(super) fn of(exchange: &'a Exchange, error: Option<&'static str>) -> Self {
        let informational = exchange.informational.iter().filter_map(|head| head.status).collect();
        let Some(head) = exchange.response.as_deref() else {
            return Self::missing(informational, error);
        };
        let end = exchange.response_end.as_deref();
        let wire = end.map_or(0, |end| end.body.wire);
        Self {
            status: head.status.unwrap_or(0),
            status_text: &head.reason,
            http_version: HttpVersion(Some(head.version)),
            cookies: cookie::set(&head.fields),
            headers: Headers(Some(&head.fields)),
            content: Content::of(&head.fields, end),
            redirect_url: head.fields.get("location").unwrap_or(""),
            headers_size: i64::from(head.size),
            body_size: end.map_or(-1, |end| size(end.body.encoded)),
            transfer_size: u64::from(head.size).saturating_add(wire),
            informational,
            error,
        }
    }

    fn missing(informational: Vec<u16>, error: Option<&'static str>) -> Self {
        Self {
            status: 0,
            status_text: "",
            http_version: HttpVersion(None),
            cookies: Vec::new(),
            headers: Headers(None),
            content: Content {
                size: 0,
                compression: None,
                mime_type: UNKNOWN_TYPE,
                decoded_unknown: false,
            },
            redirect_url: "",
            headers_size: -1,
            body_size: -1,
            transfer_size: 0,
            informational,
            error,
        }
    }
}

impl<'a> Content<'a> {
    fn of(fields: &'a Fields, end: Option<&MessageEnd>) -> Self {
        let nothing = Body::default();
        let body = end.map_or(&nothing, |end| &end.body);
        // No body at all is decoded as it stands, whatever the head says of its encoding.
        let decoded = match body.framing {
            Framing::None => Some(body.encoded),
            _ => body.decoded,
        };
        Self {
            size: decoded.unwrap_or(body.encoded),
            compression: decoded
                .filter(|_| end.is_some())
                .map(|decoded| size(decoded).saturating_sub(size(body.encoded))),
            mime_type: fields.get("content-type").unwrap_or(UNKNOWN_TYPE),
            decoded_unknown: decoded.is_none(),
        }
    }
}

impl fmt::Display for HttpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(Version::Http2) => f.write_str("h2"),
            Some(Version::Http3) => f.write_str("h3"),
            Some(version) => version.fmt(f),
        }
    }
}

impl Serialize for HttpVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.into_iter().flat_map(Fields::iter);
        serializer.collect_seq(fields.map(|(name, value)| Pair { name, value }))
    }
}

impl Serialize for Query<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.map(query_pairs);
        let pairs = pairs.into_iter().flatten();
        serializer.collect_seq(pairs.map(|(name, value)| Pair::<Cow<'_, str>> { name, value }))
    }
}

/// What stands between `?` and `#`.
fn query(url: &str) -> Option<&str> {
    let (before_fragment, _) = url.split_once('#').unwrap_or((url, ""));
    before_fragment.split_once('?').map(|(_, query)| query)
}

/// HAR's sizes are signed, for -1 is not known.
fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What browsers write where a response does not tell.
const UNKNOWN_TYPE: &str = "x-unknown";
