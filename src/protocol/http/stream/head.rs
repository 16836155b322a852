//! A header block or field section becomes a head (RFC 9113 §8.2, §8.3; RFC 9114 §4.2, §4.3).

use memchr::memchr3;

use crate::anomaly::Anomaly;
use crate::limits::Limits;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::Span;
use crate::protocol::http::fields::{self, Fields};
use crate::protocol::http::message::{RequestHead, ResponseHead, Version};
use crate::protocol::http::prefixed::Text;
use crate::protocol::http::stream::faults;

/// The fields of one block, pseudo-header fields apart.
#[derive(Debug, Default)]
pub struct Collected {
    method: Option<Box<str>>,
    path: Option<Box<str>>,
    scheme: Option<Box<str>>,
    authority: Option<Box<str>>,
    protocol: Option<Box<str>>,
    status: Option<u16>,
    fields: Fields,
    /// Fields whose name or value is unknown.
    unknown: u32,
    text: usize,
    flaws: Flaws,
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// It breaks a rule, in words.
    pub broken: Option<&'static str>,
    /// It has more fields than are kept, or more than so many bytes of them.
    cut_at: Option<usize>,
}

impl Flaws {
    /// The bound that left out some of it.
    pub fn too_large(self, limits: &Limits) -> Option<Anomaly> {
        self.cut_at.map(|most| faults::large_head(limits, most))
    }
}

impl Collected {
    /// Without a field.
    pub fn new() -> Self {
        Self { fields: Fields::with_room(), ..Self::default() }
    }

    /// Takes the next field; of all, `most` bytes are kept.
    pub fn field(&mut self, name: Text<'_>, value: Text<'_>, most: usize, limits: &Limits) {
        let (Some(name), Some(value)) = (name, value) else {
            self.unknown = self.unknown.saturating_add(1);
            return;
        };
        self.text = self.text.saturating_add(name.len() + value.len());
        if self.text > most || self.fields.len() >= limits.http_fields {
            self.flaws.cut_at = Some(most);
            return;
        }
        if name.starts_with(b":") {
            self.pseudo(name, value);
            return;
        }
        if name.is_empty() || name.iter().any(|byte| !is_name(*byte)) {
            self.broken("a field name with a letter that it must not have");
        } else if CONNECTION.contains(&name) || (name == b"te" && value != b"trailers") {
            self.broken("a field that speaks of the connection");
        } else if memchr3(b'\r', b'\n', 0, value).is_some() {
            self.broken("a field value with a line break or a zero byte");
        }
        self.fields.push(name, value);
    }

    fn pseudo(&mut self, name: &[u8], value: &[u8]) {
        if !self.fields.is_empty() {
            self.broken("a pseudo-header field behind others");
        }
        let slot = match name {
            b":method" => &mut self.method,
            b":path" => &mut self.path,
            b":scheme" => &mut self.scheme,
            b":authority" => &mut self.authority,
            b":protocol" => &mut self.protocol,
            b":status" => {
                let status = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                if status.is_none() || value.len() != 3 {
                    self.broken("a status that is no number of three digits");
                }
                self.status = self.status.or(status);
                return;
            }
            _ => {
                self.broken("a pseudo-header field that nobody has defined");
                return;
            }
        };
        if slot.is_none() {
            *slot = Some(fields::text(value));
        } else {
            self.broken("a pseudo-header field twice");
        }
    }

    fn broken(&mut self, how: &'static str) {
        self.flaws.broken.get_or_insert(how);
    }

    /// Takes what the fields of a block of so many bytes have beyond what each may have from the
    /// budget of all.
    pub fn settle(&self, block: usize, most: usize, cx: &Context<'_>) {
        let written = block.saturating_mul(WRITTEN);
        cx.budgets.unfolded.take(self.text.min(most).saturating_sub(written));
    }

    /// Its end is missing: there may be more fields.
    pub const fn cut(&mut self) {
        self.unknown = self.unknown.saturating_add(1);
    }

    /// True where they have a status.
    pub const fn has_status(&self) -> bool {
        self.status.is_some()
    }

    /// True where they have a pseudo-header field of requests.
    const fn has_request(&self) -> bool {
        self.method.is_some()
            || self.path.is_some()
            || self.scheme.is_some()
            || self.authority.is_some()
            || self.protocol.is_some()
    }

    /// True where it is that of an interim response.
    pub const fn is_interim(&self) -> bool {
        matches!(self.status, Some(100..=199))
    }

    /// As a request of a version.
    pub fn request(mut self, version: Version, span: Span, size: u32) -> (RequestHead, Flaws) {
        let is_connect = self.method.as_deref() == Some("CONNECT");
        let is_tunnel = is_connect && self.protocol.is_none();
        let lacks = self.method.is_none() || (!is_tunnel && self.path.is_none());
        if self.unknown == 0 && (lacks || self.status.is_some()) {
            self.broken("a request without method and path, or with a status");
        }
        let target = if is_tunnel { self.authority.clone() } else { self.path };
        self.fields.shrink();
        let head = RequestHead {
            method: self.method,
            target,
            scheme: self.scheme,
            authority: self.authority,
            protocol: self.protocol,
            promised_on: None,
            version,
            fields: self.fields,
            unknown_fields: self.unknown,
            span,
            size,
        };
        (head, self.flaws)
    }

    /// As a response of a version.
    pub fn response(mut self, version: Version, span: Span, size: u32) -> (ResponseHead, Flaws) {
        if (self.status.is_none() && self.unknown == 0) || self.has_request() {
            self.broken("a response without a status, or with what only a request says");
        }
        self.fields.shrink();
        let head = ResponseHead {
            status: self.status,
            reason: "".into(),
            version,
            fields: self.fields,
            unknown_fields: self.unknown,
            span,
            size,
        };
        (head, self.flaws)
    }

    /// As the fields behind a body, and how many more there are that are unknown.
    pub fn trailers(mut self) -> ((Fields, u32), Flaws) {
        if self.has_status() || self.has_request() {
            self.broken("a pseudo-header field among the trailers");
        }
        self.fields.shrink();
        ((self.fields, self.unknown), self.flaws)
    }
}

/// Bytes of fields that are kept of a block of so many bytes, at most.
pub fn room(block: usize, cx: &Context<'_>) -> usize {
    let written = block.saturating_mul(WRITTEN);
    written.saturating_add(cx.budgets.unfolded.left()).min(cx.limits.http_head)
}

/// Names are tokens in small letters (RFC 9113 §8.2.1, RFC 9114 §4.2).
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && byte != b':'
}

/// RFC 9113 §8.2.2, RFC 9114 §4.2.
const CONNECTION: &[&[u8]] =
    &[b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"];

/// Bytes that fields may have for each byte of their block without asking the budget of all: Huffman
/// code and most of the static tables come to less.
const WRITTEN: usize = 16;
