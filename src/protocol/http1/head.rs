//! Heads of HTTP/1: where they end, and what they say (RFC 9112 §2 to §5).
//!
//! Takes the bytes of one head, gives a [`RequestHead`] or [`ResponseHead`] whose span is still
//! to be filled in. What httparse refuses is read again by rules that refuse almost nothing, and
//! the head is marked.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig};
use memchr::memchr;

use crate::limits::Limits;
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::http::fields::{Fields, text};
use crate::protocol::http::message::{RequestHead, ResponseHead, Version};
use crate::protocol::http1::start::is_token;

/// Looks for the empty line that ends a head or a trailer section, at each byte once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Bytes that have been looked at.
    at: usize,
    line: Line,
    /// Where the first line ends, with its line feed.
    first_line: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// At its first byte.
    Begun,
    /// After a CR that is its first byte.
    Return,
    Within,
}

impl Search {
    /// For the end of a head: it has a start line.
    pub(super) const fn head() -> Self {
        Self { at: 0, line: Line::Within, first_line: None }
    }

    /// For the end of a trailer section: it may be empty.
    pub(super) const fn trailers() -> Self {
        Self { at: 0, line: Line::Begun, first_line: None }
    }

    /// Bytes that have been looked at.
    pub(super) const fn looked_at(&self) -> usize {
        self.at
    }

    /// Where the first line ends.
    pub(super) const fn first_line(&self) -> Option<usize> {
        self.first_line
    }

    /// How many bytes of `buffer` end with the empty line. A lone LF ends a line as well (RFC
    /// 9112 §2.2).
    pub(super) fn run(&mut self, buffer: &StreamBuffer) -> Option<usize> {
        for chunk in buffer.chunks_from(self.at) {
            let mut rest = chunk;
            while let Some((&byte, tail)) = rest.split_first() {
                match (self.line, byte) {
                    (Line::Begun | Line::Return, b'\n') => return Some(self.at + 1),
                    (Line::Begun, b'\r') => {
                        self.line = Line::Return;
                        self.at += 1;
                        rest = tail;
                    }
                    _ => {
                        let end = memchr(b'\n', rest);
                        let length = end.map_or(rest.len(), |end| end + 1);
                        self.line = if end.is_some() { Line::Begun } else { Line::Within };
                        self.at += length;
                        if end.is_some() && self.first_line.is_none() {
                            self.first_line = Some(self.at);
                        }
                        rest = rest.get(length..).unwrap_or_default();
                    }
                }
            }
        }
        None
    }
}

/// A head, and what was wrong with it.
pub(super) struct Parsed<T> {
    pub(super) head: T,
    pub(super) flaws: Flaws,
}

/// A request's head; none where it has no request line.
pub(super) fn request(bytes: &[u8], limits: &Limits) -> Option<Parsed<RequestHead>> {
    strict_request(bytes).or_else(|| lax_request(bytes, limits))
}

/// A response's head; none where it has no status line.
pub(super) fn response(bytes: &[u8], limits: &Limits) -> Option<Parsed<ResponseHead>> {
    strict_response(bytes).or_else(|| lax_response(bytes, limits))
}

/// Fields of a trailer section.
pub(super) fn fields(bytes: &[u8], limits: &Limits) -> Fields {
    lax_fields(lines(bytes), limits).0
}

fn strict_request(bytes: &[u8]) -> Option<Parsed<RequestHead>> {
    let mut headers = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let done = ParserConfig::default()
        .parse_request_with_uninit_headers(&mut parsed, bytes, &mut headers)
        .is_ok_and(|status| status.is_complete());
    let (Some(method), Some(target), Some(minor)) = (parsed.method, parsed.path, parsed.version)
    else {
        return None;
    };
    done.then(|| Parsed {
        head: RequestHead {
            method: Some(method.into()),
            target: Some(target.into()),
            scheme: None,
            authority: None,
            protocol: None,
            promised_on: None,
            version: if minor == 0 { Version::Http10 } else { Version::Http11 },
            fields: collect(parsed.headers),
            unknown_fields: 0,
            span: Span::default(),
            size: size(bytes),
        },
        flaws: Flaws::default(),
    })
}

fn strict_response(bytes: &[u8]) -> Option<Parsed<ResponseHead>> {
    let mut headers = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let done = ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .parse_response_with_uninit_headers(&mut parsed, bytes, &mut headers)
        .is_ok_and(|status| status.is_complete());
    let (Some(status), Some(reason), Some(minor)) = (parsed.code, parsed.reason, parsed.version)
    else {
        return None;
    };
    // httparse hides a reason that is not ASCII.
    (done && !(reason.is_empty() && has_reason(bytes))).then(|| Parsed {
        head: ResponseHead {
            status: Some(status),
            reason: reason.into(),
            version: if minor == 0 { Version::Http10 } else { Version::Http11 },
            fields: collect(parsed.headers),
            unknown_fields: 0,
            span: Span::default(),
            size: size(bytes),
        },
        flaws: Flaws::default(),
    })
}

fn has_reason(bytes: &[u8]) -> bool {
    lines(bytes).next().is_some_and(|line| line.trim_ascii().len() > "HTTP/1.1 200".len())
}

fn collect(headers: &[Header<'_>]) -> Fields {
    Fields::of_tokens(headers.iter().map(|header| (header.name, header.value.trim_ascii_end())))
}

fn lax_request(bytes: &[u8], limits: &Limits) -> Option<Parsed<RequestHead>> {
    let mut lines = lines(bytes);
    let line = lines.next()?.trim_ascii();
    let (method, rest) = line.split_at_checked(line.iter().position(|&b| is_blank(b))?)?;
    if !method.iter().all(|&b| is_token(b)) {
        return None;
    }
    let rest = rest.trim_ascii();
    let last = rest.iter().rposition(|&b| is_blank(b)).map_or(0, |at| at + 1);
    let (target, version) = rest.split_at_checked(last)?;
    let (target, version) = match version_of(version) {
        Some(version) => (target.trim_ascii(), version),
        None if is_target(rest) => (rest, Version::Http09),
        None => return None,
    };
    let (fields, mut flaws) = lax_fields(lines, limits);
    let head = RequestHead {
        method: Some(text(method)),
        target: Some(text(target)),
        scheme: None,
        authority: None,
        protocol: None,
        promised_on: None,
        version,
        fields,
        unknown_fields: 0,
        span: Span::default(),
        size: size(bytes),
    };
    flaws.is_odd |= version == Version::Http09 && method != b"GET";
    flaws.is_odd |= target.iter().any(|&b| b <= b' ' || b == 0x7f) || target.is_empty();
    Some(Parsed { head, flaws })
}

/// Without a version after it, a target must look like one.
fn is_target(bytes: &[u8]) -> bool {
    bytes.starts_with(b"/") || bytes.starts_with(b"http") || bytes == b"*"
}

fn lax_response(bytes: &[u8], limits: &Limits) -> Option<Parsed<ResponseHead>> {
    let mut lines = lines(bytes);
    let line = lines.next()?.trim_ascii();
    let (version, rest) = line.split_at_checked(line.iter().position(|&b| is_blank(b))?)?;
    let version = version_of(version)?;
    let rest = rest.trim_ascii();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (code, reason) = rest.split_at_checked(digits)?;
    let status = std::str::from_utf8(code).ok()?.parse().ok()?;
    let odd_status = digits != 3 || !reason.first().is_none_or(|&b| is_blank(b));
    let (fields, mut flaws) = lax_fields(lines, limits);
    flaws.is_odd |= odd_status;
    let reason = text(reason.trim_ascii());
    let (span, size) = (Span::default(), size(bytes));
    let status = Some(status);
    let head = ResponseHead { status, reason, version, fields, unknown_fields: 0, span, size };
    Some(Parsed { head, flaws })
}

/// What was wrong with a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flaws {
    /// It breaks the grammar, but can be read.
    pub(super) is_odd: bool,
    /// It has more fields than are kept.
    pub(super) is_cut: bool,
}

/// Reads lines up to the empty one. A line that begins with a blank goes on with the one before
/// it (obs-fold, RFC 9112 §5.2), a line without a colon is passed over.
fn lax_fields<'a>(lines: impl Iterator<Item = &'a [u8]>, limits: &Limits) -> (Fields, Flaws) {
    let (mut fields, mut flaws) = (Fields::default(), Flaws::default());
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        let colon = line.iter().position(|&b| b == b':');
        match (line.first().copied().is_some_and(is_blank), colon, &mut open) {
            (true, _, Some((_, value))) => {
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            (_, Some(colon), _) => {
                let (name, value) = line.split_at_checked(colon).unwrap_or_default();
                let value = value.get(1..).unwrap_or_default().trim_ascii().to_vec();
                if let Some((name, value)) = open.replace((name.trim_ascii(), value)) {
                    fields.push(name, value.trim_ascii());
                }
                let odd_name = name.is_empty() || !name.iter().all(|&b| is_token(b));
                let control = |&b: &u8| (b < b' ' && b != b'\t') || b == 0x7f;
                flaws.is_odd |= odd_name || line.iter().any(control);
            }
            (_, None, _) => flaws.is_odd = true,
        }
        if fields.len() >= limits.http_fields {
            flaws.is_cut = true;
            break;
        }
    }
    if let Some((name, value)) = open
        && !flaws.is_cut
    {
        fields.push(name, value.trim_ascii());
    }
    fields.shrink();
    (fields, flaws)
}

/// The lines, without their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Versions that do not exist are read as the nearest one that does (RFC 9110 §2.5: a minor
/// version changes nothing of the framing).
fn version_of(word: &[u8]) -> Option<Version> {
    match word.strip_prefix(b"HTTP/")? {
        b"0.9" => Some(Version::Http09),
        b"1.0" => Some(Version::Http10),
        _ => Some(Version::Http11),
    }
}

/// A lone CR is read as a space (RFC 9112 §2.2).
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Heads are bounded far below 4 GiB (`limits.rs`).
fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Heads with more fields are read by the slower rules.
const USUAL_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::time::Stamp;

    fn limits() -> Limits {
        Limits::default()
    }

    fn pairs(fields: &Fields) -> Vec<(&str, &str)> {
        fields.iter().collect()
    }

    #[test]
    fn the_end_is_found_whatever_the_packets() {
        for (head, rest) in
            [("GET / HTTP/1.1\r\nA: b\r\n\r\n", "x"), ("GET /\nA: b\n\n", "\n"), ("a\n\r\n", "")]
        {
            let whole = format!("{head}{rest}");
            for piece in 1..=whole.len() {
                let (mut buffer, mut search, mut found) =
                    (StreamBuffer::default(), Search::head(), None);
                for part in whole.as_bytes().chunks(piece) {
                    buffer.push(Bytes::copy_from_slice(part), Stamp::default(), Stamp::default());
                    found = found.or_else(|| search.run(&buffer));
                }
                assert_eq!(found, Some(head.len()), "{head:?} {piece}");
                assert_eq!(search.first_line(), head.find('\n').map(|at| at + 1));
            }
        }
    }

    #[test]
    fn ordinary_heads_are_not_odd() {
        let parsed =
            request(b"GET /a?b HTTP/1.1\r\nHost: x\r\nX: caf\xc3\xa9 \r\n\r\n", &limits()).unwrap();
        assert!(parsed.flaws == Flaws::default());
        assert_eq!(
            (parsed.head.method, parsed.head.target),
            (Some("GET".into()), Some("/a?b".into()))
        );
        assert_eq!(pairs(&parsed.head.fields), [("Host", "x"), ("X", "café")]);
        let parsed = response(b"HTTP/1.0 404 Not Found\nA : b\n\n", &limits()).unwrap();
        assert_eq!((parsed.head.status, parsed.head.version), (Some(404), Version::Http10));
        assert_eq!((&*parsed.head.reason, parsed.head.size), ("Not Found", 30));
        assert_eq!(pairs(&parsed.head.fields), [("A", "b")]);
        assert_eq!(&*response(b"HTTP/1.1 200\r\n\r\n", &limits()).unwrap().head.reason, "");
    }

    #[test]
    fn odd_heads_are_read_all_the_same() {
        let parsed = request(
            b"GET  /a b\xff HTTP/1.1\r\nA: 1\r\n\t2\r\nno colon\r\nB:\x01\r\n\r\n",
            &limits(),
        )
        .unwrap();
        assert!(parsed.flaws.is_odd);
        assert_eq!(parsed.head.target.as_deref(), Some("/a b\u{ff}"));
        assert_eq!(pairs(&parsed.head.fields), [("A", "1 2"), ("B", "\u{1}")]);
        let parsed = response(b"HTTP/1.1 200 caf\xe9\r\nA: 1\r\n 2\r\n\r\n", &limits()).unwrap();
        assert_eq!(&*parsed.head.reason, "café");
        assert_eq!(pairs(&parsed.head.fields), [("A", "1 2")]);
        assert_eq!(request(b"GET /\r\n\r\n", &limits()).unwrap().head.version, Version::Http09);
        assert_eq!(
            response(b"HTTP/1.1 200\rA: b\r\n\r\n", &limits()).unwrap().head.status,
            Some(200)
        );
        let oldest = response(b"HTTP/0.9 404 Not Found\r\n\r\n", &limits()).unwrap().head;
        assert_eq!((oldest.version, oldest.status), (Version::Http09, Some(404)));
        let parsed = request(b"POST /HTTP/1.1\r\n\r\n", &limits()).unwrap();
        assert_eq!((parsed.head.target.as_deref(), parsed.flaws.is_odd), (Some("/HTTP/1.1"), true));
        assert!(request(b"tail of a body\r\n\r\n", &limits()).is_none());
        for (line, status) in [("2000 OK", 2000), ("20 OK", 20), ("200\0 OK", 200)] {
            let head = format!("HTTP/1.1 {line}\r\n\r\n");
            let parsed = response(head.as_bytes(), &limits()).unwrap();
            assert_eq!((parsed.head.status, parsed.flaws.is_odd), (Some(status), true), "{line}");
        }
        assert!(response(b"HTTP/1.1 OK\r\n\r\n", &limits()).is_none());
        assert!(response(b"HTTP/1.1 99999 OK\r\n\r\n", &limits()).is_none());
    }

    #[test]
    fn many_fields_are_kept_up_to_the_bound() {
        let head = |n: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(n));
        for (n, kept) in [(64, 64), (65, 65), (1024, 1024), (1025, 1024)] {
            let parsed = request(head(n).as_bytes(), &limits()).unwrap();
            assert_eq!((parsed.head.fields.len(), parsed.flaws.is_cut), (kept, n > kept), "{n}");
        }
    }
}
