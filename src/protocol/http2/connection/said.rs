//! What a frame says that is neither DATA nor of headers: its payload taken apart.

use crate::cursor::Cursor;
use crate::protocol::http::fields;
use crate::protocol::http::multiplex::{ErrorCode, Priority};
use crate::protocol::http::origin;
use crate::protocol::http2::frame::{self, Head, Kind};

/// What one frame says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// RST_STREAM: its stream is given up.
    Reset(ErrorCode),
    /// SETTINGS: each one's number and value.
    Settings(Vec<(u16, u32)>),
    /// PING, or its answer.
    Ping([u8; 8]),
    /// GOAWAY: the last stream that was worked on, why, and in other words.
    GoAway(u32, ErrorCode, Box<str>),
    /// WINDOW_UPDATE: so many bytes more.
    Window(u32),
    /// PRIORITY and PRIORITY_UPDATE: of a stream, which need not be the frame's.
    Priority(u32, Priority),
    /// ORIGIN and ALTSVC, in words.
    Note(String),
}

impl Said {
    /// Takes a payload apart; none where its length is not one that its kind has.
    pub(super) fn of(head: Head, payload: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(payload);
        let said = match head.kind {
            Kind::RST_STREAM => Self::Reset(code(&mut cursor)?),
            Kind::SETTINGS => Self::Settings(settings(&mut cursor)?),
            Kind::PING => Self::Ping(*cursor.array().ok()?),
            Kind::GOAWAY => {
                let (last, code) = (stream(&mut cursor)?, code(&mut cursor)?);
                Self::GoAway(last, code, fields::text(words(&mut cursor)))
            }
            Kind::WINDOW_UPDATE => Self::Window(stream(&mut cursor)?),
            Kind::PRIORITY => Self::Priority(head.stream, weight(&mut cursor)?),
            Kind::PRIORITY_UPDATE => {
                let of = stream(&mut cursor)?;
                Self::Priority(of, Priority::of_field(&fields::text(words(&mut cursor))))
            }
            Kind::ORIGIN => Self::Note(origin::words(&mut cursor)?),
            Kind::ALTSVC => Self::Note(alternative(&mut cursor)?),
            _ => return None,
        };
        cursor.is_empty().then_some(said)
    }
}

/// The settings of a frame, or of the request that led to HTTP/2 (RFC 9113 §6.5.1).
pub(super) fn settings(cursor: &mut Cursor<'_>) -> Option<Vec<(u16, u32)>> {
    let mut settings = Vec::new();
    while !cursor.is_empty() {
        settings.push((cursor.u16().ok()?, cursor.u32().ok()?));
    }
    Some(settings)
}

/// The five bytes of a priority (RFC 7540 §6.3).
pub(super) fn weight(cursor: &mut Cursor<'_>) -> Option<Priority> {
    let (on, weight) = (cursor.u32().ok()?, cursor.u8().ok()?);
    let exclusive = on & !frame::STREAM != 0;
    let (weight, on) = (u16::from(weight) + 1, u64::from(on & frame::STREAM));
    Some(Priority::Weight { weight, on, exclusive })
}

/// ALTSVC (RFC 7838 §4): where else the same may be had.
fn alternative(cursor: &mut Cursor<'_>) -> Option<String> {
    let length = cursor.u16().ok()?;
    let origin = String::from_utf8_lossy(cursor.take(usize::from(length)).ok()?);
    let value = String::from_utf8_lossy(words(cursor));
    let of = if origin.is_empty() { String::new() } else { format!(" of {origin}") };
    Some(format!("alternative services{of}: {value}"))
}

/// A number of 31 bits, behind one that is reserved.
fn stream(cursor: &mut Cursor<'_>) -> Option<u32> {
    Some(cursor.u32().ok()? & frame::STREAM)
}

fn code(cursor: &mut Cursor<'_>) -> Option<ErrorCode> {
    Some(ErrorCode(u64::from(cursor.u32().ok()?)))
}

/// All that is left, as far as it is kept.
fn words<'a>(cursor: &mut Cursor<'a>) -> &'a [u8] {
    let rest = cursor.take(cursor.rest().len()).unwrap_or_default();
    rest.get(..WORDS).unwrap_or(rest)
}

/// Bytes kept of what an end says in its own words.
const WORDS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, payload: &[u8]) -> Option<Said> {
        Said::of(Head { length: 0, kind, flags: 0, stream: 5 }, payload)
    }

    #[test]
    fn payloads_are_taken_apart() {
        let code = ErrorCode(11);
        for (kind, payload, wanted) in [
            (Kind::RST_STREAM, &b"\0\0\0\x08"[..], Said::Reset(ErrorCode::CANCEL)),
            (Kind::SETTINGS, b"", Said::Settings(vec![])),
            (Kind::SETTINGS, b"\0\x04\0\0\x40\0", Said::Settings(vec![(4, 0x4000)])),
            (Kind::GOAWAY, b"\x80\0\0\x07\0\0\0\x0bslow", Said::GoAway(7, code, "slow".into())),
            (Kind::WINDOW_UPDATE, b"\x80\0\0\x01", Said::Window(1)),
        ] {
            assert_eq!(said(kind, payload), Some(wanted));
        }
        let long = [&[0; 8][..], &[b'x'; 5000]].concat();
        let Some(Said::GoAway(.., text)) = said(Kind::GOAWAY, &long) else { panic!("a GOAWAY") };
        assert_eq!(text.len(), WORDS);
    }

    #[test]
    fn lengths_that_a_kind_does_not_have_are_none() {
        for (kind, lengths) in [
            (Kind::RST_STREAM, &[3, 5][..]),
            (Kind::SETTINGS, &[1, 7]),
            (Kind::PING, &[7, 9]),
            (Kind::GOAWAY, &[7]),
            (Kind::WINDOW_UPDATE, &[3, 5]),
            (Kind::PRIORITY, &[4, 6]),
            (Kind::PRIORITY_UPDATE, &[3]),
            (Kind::ORIGIN, &[1]),
            (Kind::ALTSVC, &[1]),
        ] {
            for length in lengths {
                assert_eq!(said(kind, &vec![0; *length]), None, "{kind:?} of {length}");
            }
        }
    }
}
