//! HTTP messages, as the document has them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::http::fields::Fields;
use crate::protocol::http::message as model;
use crate::report::json::value::{Moment, Text};

/// A request: its head, and how its body is delimited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Request<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The request target as sent, or `:path`.
    pub target: &'a str,
    /// The scheme, where the protocol says it (`:scheme`).
    pub scheme: Option<&'a str>,
    /// The authority, where the protocol says it (`:authority`).
    pub authority: Option<&'a str>,
    /// Such as `HTTP/1.1`.
    pub version: Text<model::Version>,
    /// The header fields, in the order of the wire, names as sent.
    pub headers: Vec<Field<'a>>,
    /// How the length of the body is told; null while that is not known.
    pub framing: Option<Framing>,
    /// Fields after a chunked body.
    pub trailers: Vec<Field<'a>>,
}

/// A response: its head, and how its body is delimited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Response<'a> {
    /// The status code.
    pub status: u16,
    /// The reason phrase, empty where there is none.
    pub reason: &'a str,
    /// Such as `HTTP/1.1`.
    pub version: Text<model::Version>,
    /// The header fields, in the order of the wire, names as sent.
    pub headers: Vec<Field<'a>>,
    /// How the length of the body is told; null while that is not known.
    pub framing: Option<Framing>,
    /// Fields after a chunked body.
    pub trailers: Vec<Field<'a>>,
}

/// An interim response (1xx).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Informational<'a> {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: &'a str,
    /// The header fields.
    pub headers: Vec<Field<'a>>,
    /// Its first byte.
    pub first: Moment,
    /// When it was whole.
    pub done: Moment,
}

/// A header field.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Field<'a> {
    /// Its name, as sent.
    pub name: &'a str,
    /// Its value; bytes that are not UTF-8 are read as ISO-8859-1.
    pub value: &'a str,
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
            method: &head.method,
            target: &head.target,
            scheme: head.scheme.as_deref(),
            authority: head.authority.as_deref(),
            version: Text(head.version),
            headers: fields(&head.fields),
            framing: end.map(|end| end.body.framing.into()),
            trailers: end.map_or_else(Vec::new, |end| fields(&end.trailers)),
        }
    }
}

impl<'a> Response<'a> {
    /// A response as the document has it.
    pub fn of(head: &'a model::ResponseHead, end: Option<&'a model::MessageEnd>) -> Self {
        Self {
            status: head.status,
            reason: &head.reason,
            version: Text(head.version),
            headers: fields(&head.fields),
            framing: end.map(|end| end.body.framing.into()),
            trailers: end.map_or_else(Vec::new, |end| fields(&end.trailers)),
        }
    }
}

impl<'a> From<&'a model::ResponseHead> for Informational<'a> {
    fn from(head: &'a model::ResponseHead) -> Self {
        Self {
            status: head.status,
            reason: &head.reason,
            headers: fields(&head.fields),
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

fn fields(fields: &Fields) -> Vec<Field<'_>> {
    fields.iter().map(|(name, value)| Field { name, value }).collect()
}
