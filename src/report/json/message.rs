//! HTTP messages, as the document has them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::http::cache;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::groups::Group;
use crate::protocol::http::message as model;
use crate::protocol::http::status::Class;
use crate::protocol::http::url::Parts;
use crate::report::json::value::{Moment, Text};

/// A request: its head, and how its body is delimited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Request<'a> {
    /// The method as sent; null where it is unknown: HTTP/2 may say it by a table's entry that was
    /// made where the capture has nothing.
    pub method: Option<&'a str>,
    /// The request target as sent, or `:path`; null where it is unknown, likewise.
    pub target: Option<&'a str>,
    /// The scheme, where the protocol says it (`:scheme`).
    pub scheme: Option<&'a str>,
    /// The authority, where the protocol says it (`:authority`).
    pub authority: Option<&'a str>,
    /// What a CONNECT asks for instead of a tunnel (`:protocol`, RFC 8441); null in all others.
    pub protocol: Option<&'a str>,
    /// The stream on which the server promised to push the response; null where the client has
    /// sent the request.
    pub promised_on: Option<u64>,
    /// Such as `HTTP/1.1`.
    pub version: Text<model::Version>,
    /// The header fields, in the order of the wire, names as sent.
    pub headers: Vec<Field<'a>>,
    /// How many more there are whose name or value is unknown.
    pub unknown_headers: u32,
    /// How the length of the body is told; null while that is not known.
    pub framing: Option<Framing>,
    /// Fields after the body.
    pub trailers: Vec<Field<'a>>,
    /// How many more of them there are whose name or value is unknown.
    pub unknown_trailers: u32,
}

/// A response: its head, and how its body is delimited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Response<'a> {
    /// The status code; null in HTTP/0.9, which has none, and where it is unknown.
    pub status: Option<u16>,
    /// Its class in words, such as `redirection`; null where RFC 9110 has none.
    pub class: Option<&'static str>,
    /// The reason phrase, empty where there is none.
    pub reason: &'a str,
    /// What it says of caches and proxies on its way; null where it says nothing.
    pub answered_by: Option<AnsweredBy>,
    /// Such as `HTTP/1.1`.
    pub version: Text<model::Version>,
    /// The header fields, in the order of the wire, names as sent.
    pub headers: Vec<Field<'a>>,
    /// How many more there are whose name or value is unknown.
    pub unknown_headers: u32,
    /// How the length of the body is told; null while that is not known.
    pub framing: Option<Framing>,
    /// Fields after the body.
    pub trailers: Vec<Field<'a>>,
    /// How many more of them there are whose name or value is unknown.
    pub unknown_trailers: u32,
}

/// An interim response (1xx).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Informational<'a> {
    /// The status code; null where it is unknown.
    pub status: Option<u16>,
    /// The reason phrase.
    pub reason: &'a str,
    /// The header fields.
    pub headers: Vec<Field<'a>>,
    /// Its first byte.
    pub first: Moment,
    /// When it was whole.
    pub done: Moment,
}

/// Who answered, where it was not simply the server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AnsweredBy {
    /// Who, in words.
    pub who: &'static str,
    /// The field that says so, such as `Age: 120`.
    pub evidence: String,
}

/// A URL taken apart.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct UrlParts<'a> {
    /// The scheme; empty for CONNECT.
    pub scheme: &'a str,
    /// User and password, as written.
    pub user_info: Option<&'a str>,
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: &'a str,
    /// The port: the one written, or else that of the scheme.
    pub port: Option<u16>,
    /// The path, with its first slash; empty where there is none.
    pub path: &'a str,
    /// What follows the question mark.
    pub query: Option<&'a str>,
    /// True where the path names a directory: the server chooses the default file in it.
    pub default_file: bool,
}

/// A header field.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Field<'a> {
    /// Its name, as sent.
    pub name: &'a str,
    /// Its value; bytes that are not UTF-8 are read as ISO-8859-1.
    pub value: &'a str,
    /// What it is about.
    pub group: FieldGroup,
}

/// What a header field is about (RFC 2616 §4.5, §5.3, §6.2, §7.1; RFC 9110 §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldGroup {
    /// The message or its way: `Date`, `Connection`, `Cache-Control`.
    General,
    /// The request and who asks: `Host`, `Accept`, `Cookie`.
    Request,
    /// The response and who answers: `Server`, `Location`, `Set-Cookie`.
    Response,
    /// The body: `Content-Type`, `ETag`, `Last-Modified`. Once called entity.
    Representation,
}

/// How a body's length is told (RFC 9112 §6).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// There is no body.
    None,
    /// Content-Length.
    Length,
    /// Transfer-Encoding: chunked.
    Chunked,
    /// Until the connection closes.
    UntilClose,
    /// Frames of HTTP/2 or 3.
    Frames,
}

/// Bytes of a message, counted in three ways.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct MessageSizes {
    /// The head: start line, fields and the empty line.
    pub head: u32,
    /// The body on the wire, with chunk sizes and trailers; null while it is not over.
    pub wire: Option<u64>,
    /// The body itself, as encoded by Content-Encoding.
    pub encoded: Option<u64>,
    /// The body with Content-Encoding undone; null where it could not be undone.
    pub decoded: Option<u64>,
    /// What Content-Length promised.
    pub promised: Option<u64>,
}

impl<'a> Request<'a> {
    /// A request as the document has it.
    pub fn of(head: &'a model::RequestHead, end: Option<&'a model::MessageEnd>) -> Self {
        Self {
            method: head.method.as_deref(),
            target: head.target.as_deref(),
            scheme: head.scheme.as_deref(),
            authority: head.authority.as_deref(),
            protocol: head.protocol.as_deref(),
            promised_on: head.promised_on,
            version: Text(head.version),
            headers: fields(&head.fields, Side::Request),
            unknown_headers: head.unknown_fields,
            framing: end.map(|end| end.body.framing.into()),
            trailers: end.map_or_else(Vec::new, |end| fields(&end.trailers, Side::Request)),
            unknown_trailers: end.map_or(0, |end| end.unknown_trailers),
        }
    }
}

impl<'a> Response<'a> {
    /// A response as the document has it.
    pub fn of(head: &'a model::ResponseHead, end: Option<&'a model::MessageEnd>) -> Self {
        Self {
            status: head.status,
            class: head.status.and_then(Class::of).map(Class::name),
            reason: &head.reason,
            answered_by: cache::answered(head.status, &head.fields).map(AnsweredBy::from),
            version: Text(head.version),
            headers: fields(&head.fields, Side::Response),
            unknown_headers: head.unknown_fields,
            framing: end.map(|end| end.body.framing.into()),
            trailers: end.map_or_else(Vec::new, |end| fields(&end.trailers, Side::Response)),
            unknown_trailers: end.map_or(0, |end| end.unknown_trailers),
        }
    }
}

impl<'a> From<&'a model::ResponseHead> for Informational<'a> {
    fn from(head: &'a model::ResponseHead) -> Self {
        Self {
            status: head.status,
            reason: &head.reason,
            headers: fields(&head.fields, Side::Response),
            first: head.span.first.into(),
            done: head.span.done.into(),
        }
    }
}

impl From<model::Framing> for Framing {
    fn from(framing: model::Framing) -> Self {
        match framing {
            model::Framing::None => Self::None,
            model::Framing::Length(_) => Self::Length,
            model::Framing::Chunked => Self::Chunked,
            model::Framing::UntilClose => Self::UntilClose,
            model::Framing::Frames => Self::Frames,
        }
    }
}

impl MessageSizes {
    /// The sizes of a message whose head has `head` bytes.
    pub fn of(head: u32, end: Option<&model::MessageEnd>) -> Self {
        let body = end.map(|end| &end.body);
        Self {
            head,
            wire: body.map(|body| body.wire),
            encoded: body.map(|body| body.encoded),
            decoded: body.and_then(decoded),
            promised: body.and_then(|body| match body.framing {
                model::Framing::Length(length) => Some(length),
                _ => None,
            }),
        }
    }
}

/// The decoded size; that of no body is 0, whatever the head says of its encoding.
fn decoded(body: &model::Body) -> Option<u64> {
    match body.framing {
        model::Framing::None => Some(0),
        _ => body.decoded,
    }
}

/// Whose fields they are: some names mean one thing here, another there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

fn fields(fields: &Fields, side: Side) -> Vec<Field<'_>> {
    let fields = fields.iter().map(|(name, value)| Field {
        name,
        value,
        group: Group::of(name, side == Side::Request).into(),
    });
    fields.collect()
}

impl From<Group> for FieldGroup {
    fn from(group: Group) -> Self {
        match group {
            Group::General => Self::General,
            Group::Request => Self::Request,
            Group::Response => Self::Response,
            Group::Representation => Self::Representation,
        }
    }
}

impl From<cache::Answered> for AnsweredBy {
    fn from(answered: cache::Answered) -> Self {
        Self { who: answered.by.words(), evidence: answered.evidence }
    }
}

impl<'a> UrlParts<'a> {
    /// The parts of a URL, or of `host:port`.
    pub fn of(url: &'a str) -> Self {
        let parts = Parts::of(url);
        Self {
            scheme: parts.scheme,
            user_info: parts.user_info,
            host: parts.host,
            port: parts.port_or_default(),
            path: parts.path,
            query: parts.query,
            default_file: parts.ends_in_slash(),
        }
    }
}
