//! Counts a body: its encoded bytes, and what they are once its codings are undone.
//!
//! Takes the bytes of one body without its framing (chunk sizes, frame heads), gives numbers.
//! Keeps no byte of it.

use std::borrow::Cow;

use crate::anomaly::{Anomaly, Class};
use crate::limits::Limits;
use crate::protocol::http::coding::{Decoder, Fault, codings};
use crate::protocol::http::fields::Fields;

/// Counts one body.
pub struct Counter {
    encoded: u64,
    state: State,
}

enum State {
    /// No coding: decoded is encoded.
    Plain,
    Decoding(Box<Decoder>),
    /// Cannot be told: an unknown coding, a part of an encoded whole, or a hole.
    Unknown,
    Failed(Fault),
}

impl Counter {
    /// A counter for the body that a head announces. A part of an encoded whole (206) is not
    /// decoded: it begins anywhere in it (RFC 9110 §14.1.2).
    pub fn new(fields: &Fields, is_part: bool, limits: &Limits) -> Self {
        let state = match codings(fields) {
            Some(none) if none.is_empty() => State::Plain,
            Some(codings) if !is_part => {
                Decoder::new(codings, limits).map_or(State::Unknown, |d| State::Decoding(d.into()))
            }
            _ => State::Unknown,
        };
        Self { encoded: 0, state }
    }

    /// True where bytes must be given to [`push`](Self::push); else counting them will do.
    pub const fn wants_bytes(&self) -> bool {
        matches!(self.state, State::Decoding(_))
    }

    /// Bytes came that nobody needs to look at.
    pub const fn count(&mut self, n: u64) {
        self.encoded = self.encoded.saturating_add(n);
    }

    /// Bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.count(bytes.len() as u64);
        if let State::Decoding(decoder) = &mut self.state
            && let Err(fault) = decoder.push(bytes)
        {
            self.state = State::Failed(fault);
        }
    }

    /// Bytes are missing here: no decoder can go on.
    pub fn gap(&mut self) {
        if self.wants_bytes() {
            self.state = State::Unknown;
        }
    }

    /// The encoded bytes.
    pub const fn encoded(&self) -> u64 {
        self.encoded
    }

    /// The decoded bytes, and what was wrong. A body that was cut short (not `whole`) counts
    /// what could be decoded until then.
    pub fn finish(&mut self, whole: bool) -> (Option<u64>, Option<Anomaly>) {
        let made = match &mut self.state {
            _ if self.encoded == 0 => Ok(0),
            State::Plain => Ok(self.encoded),
            State::Unknown => return (None, None),
            State::Decoding(decoder) if !whole => decoder.made(),
            State::Decoding(decoder) => decoder.finish(),
            State::Failed(fault) => Err(*fault),
        };
        match made {
            Ok(made) => (Some(made), None),
            Err(fault) => (None, Some(self.say(fault))),
        }
    }

    fn say(&self, fault: Fault) -> Anomaly {
        let (class, text): (Class, Cow<'static, str>) = match fault {
            Fault::Broken(coding) => {
                let text =
                    format!("{} bytes of body are not whole {}", self.encoded, coding.name());
                (Class::Malformed, text.into())
            }
            Fault::TooLarge => (Class::Limit, "more decoded bytes than are counted".into()),
            Fault::Window(coding) => {
                let text = format!("{} asks for a larger window than is given", coding.name());
                (Class::Limit, text.into())
            }
        };
        Anomaly::new("http.body-decode", class, text).citing("RFC 9110 §8.4")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(coding: &str, is_part: bool) -> Counter {
        let fields = [("Content-Encoding", coding)].into_iter().collect();
        Counter::new(&fields, is_part, &Limits::default())
    }

    #[test]
    fn a_plain_body_is_counted_even_with_a_hole() {
        let mut body = counter("identity", false);
        assert!(!body.wants_bytes());
        body.count(10);
        body.gap();
        body.push(b"12345");
        assert_eq!((body.encoded(), body.finish(true)), (15, (Some(15), None)));
    }

    #[test]
    fn what_cannot_be_decoded_has_no_decoded_size() {
        for (coding, is_part, anomaly) in
            [("sdch", false, false), ("gzip", true, false), ("gzip", false, true)]
        {
            let mut body = counter(coding, is_part);
            body.push(b"\x1f\x8b\x08 and so on");
            let (decoded, found) = body.finish(true);
            assert_eq!((decoded, found.is_some()), (None, anomaly), "{coding} {is_part}");
            assert_eq!(body.encoded(), 13);
        }
        let mut holed = counter("gzip", false);
        holed.push(b"\x1f\x8b");
        holed.gap();
        assert_eq!(holed.finish(true), (None, None));
    }

    #[test]
    fn an_announced_coding_of_nothing_is_nothing() {
        assert_eq!(counter("gzip", false).finish(true), (Some(0), None));
        assert_eq!(counter("sdch", false).finish(true), (Some(0), None));
    }
}
