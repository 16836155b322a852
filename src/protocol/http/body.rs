//! Counts a body: its encoded bytes, and what they are once its codings are undone.
//!
//! Takes the bytes of one body without its framing (chunk sizes, frame heads), gives numbers.
//! Keeps no byte of it.

use std::borrow::Cow;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::GapReason;
use crate::limits::Limits;
use crate::protocol::budget::{Budget, Budgets};
use crate::protocol::http::coding::{Decoder, Fault, codings};
use crate::protocol::http::events::Events;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::StreamMessage;
use crate::protocol::http::semantics::essence;
use crate::time::Stamp;

/// Counts one body.
pub struct Counter {
    encoded: u64,
    state: State,
    /// The body is an event stream: what was found in it.
    events: Option<Box<(Events, Vec<StreamMessage>)>>,
    /// What packed events may have beyond the bytes that say them.
    unfolded: Budget,
    /// The decoded body, and how many bytes of it are kept at most.
    kept: Option<(Vec<u8>, usize)>,
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
    pub fn new(fields: &Fields, is_part: bool, limits: &Limits, budgets: &Budgets) -> Self {
        let state = match codings(fields) {
            Some(none) if none.is_empty() => State::Plain,
            Some(codings) if !is_part => {
                let decoder = Decoder::new(codings, limits, &budgets.windows);
                decoder.map_or(State::Unknown, |decoder| State::Decoding(decoder.into()))
            }
            _ => State::Unknown,
        };
        let unfolded = budgets.unfolded.clone();
        Self { encoded: 0, state, events: None, unfolded, kept: None }
    }

    /// A counter for a body whose head nobody has seen: in which coding it is, is not known.
    pub fn unknown(budgets: &Budgets) -> Self {
        let unfolded = budgets.unfolded.clone();
        Self { encoded: 0, state: State::Unknown, events: None, unfolded, kept: None }
    }

    /// The same counter, of a response: its events are found where it is an event stream.
    #[must_use]
    pub fn reading_events(mut self, fields: &Fields) -> Self {
        let kind = fields.get("content-type").map(essence);
        let is_stream = kind.is_some_and(|kind| kind == "text/event-stream");
        if is_stream && !matches!(self.state, State::Unknown) {
            self.events = Some(Box::default());
        }
        self
    }

    /// The same counter, that keeps the body where it is no longer than `most` bytes: of a message
    /// within it.
    #[must_use]
    pub fn keeping(mut self, most: usize) -> Self {
        self.kept = (!matches!(self.state, State::Unknown)).then(|| (Vec::new(), most));
        self
    }

    /// The decoded body, where it was to be kept and is whole.
    pub fn take_kept(&mut self) -> Option<Vec<u8>> {
        self.kept.take().map(|(kept, _)| kept).filter(|kept| !kept.is_empty())
    }

    /// True where bytes must be given to [`push`](Self::push); else counting them will do.
    pub const fn wants_bytes(&self) -> bool {
        matches!(self.state, State::Decoding(_)) || self.kept.is_some()
    }

    /// True where bytes must be given to [`push_at`](Self::push_at), each packet's apart.
    pub const fn wants_stamps(&self) -> bool {
        self.events.is_some()
    }

    /// So many bytes are about to be given to [`push`](Self::push), in pieces.
    pub fn reserve(&mut self, n: usize) {
        if let State::Decoding(decoder) = &mut self.state {
            decoder.reserve(n);
        }
    }

    /// Bytes came that nobody needs to look at.
    pub const fn count(&mut self, n: u64) {
        self.encoded = self.encoded.saturating_add(n);
    }

    /// Bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.count(bytes.len() as u64);
        let result = match (&mut self.state, &mut self.kept) {
            (State::Decoding(decoder), Some(kept)) => {
                decoder.push_into(bytes, |decoded| keep(kept, decoded))
            }
            (State::Decoding(decoder), None) => decoder.push(bytes),
            (State::Plain, Some(kept)) => {
                keep(kept, bytes);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(fault) = result {
            self.state = State::Failed(fault);
            self.kept = None;
        }
        self.kept.take_if(|(kept, most)| kept.len() > *most);
    }

    /// Bytes of one packet came: when, and when they could be read.
    pub fn push_at(&mut self, bytes: &[u8], stamps: (Stamp, Stamp)) {
        let Some(found) = self.events.as_deref_mut() else { return self.push(bytes) };
        let (events, out) = found;
        self.encoded = self.encoded.saturating_add(bytes.len() as u64);
        match &mut self.state {
            State::Plain => events.push(bytes, stamps, out),
            State::Decoding(decoder) => {
                let (mut free, mut has_room) = (bytes.len().saturating_mul(UNPACKED), true);
                let mut result = decoder.push_into(bytes, |decoded| {
                    let before = out.len();
                    if has_room {
                        events.push(decoded, stamps, out);
                    }
                    let said = (out.len() - before).saturating_mul(size_of::<StreamMessage>());
                    has_room &= self.unfolded.take(said.saturating_sub(free));
                    free = free.saturating_sub(said);
                });
                if !has_room {
                    result = Err(Fault::TooLarge);
                }
                if let Err(fault) = result {
                    self.state = State::Failed(fault);
                }
            }
            State::Unknown | State::Failed(_) => {}
        }
    }

    /// The events that were found since this was asked last.
    pub fn take_events(&mut self) -> Vec<StreamMessage> {
        self.events.as_deref_mut().map_or_else(Vec::new, |(_, found)| std::mem::take(found))
    }

    /// Bytes are missing here: no decoder can go on.
    pub fn gap(&mut self, reason: GapReason) {
        self.kept = None;
        if self.wants_bytes() {
            self.state = State::Unknown;
        }
        if let Some((events, _)) = self.events.as_deref_mut() {
            events.gap(reason);
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
            Fault::NoRoom => {
                let text = "more bodies are decoded at once than there is room for: how large this \
                            one is when decoded is not known";
                (Class::Limit, text.into())
            }
            Fault::Window(coding) => {
                let text = format!("{} asks for a larger window than is given", coding.name());
                (Class::Limit, text.into())
            }
        };
        Anomaly::new("http.body-decode", class, text).citing("RFC 9110 §8.4")
    }
}

/// Bytes that packed events may have for each that they are packed in, without asking: those of a
/// hundred letters, of which a fifth is left.
const UNPACKED: usize = 64;

/// Keeps one byte too many at most: then it is too long.
fn keep((kept, most): &mut (Vec<u8>, usize), bytes: &[u8]) {
    let room = most.saturating_add(1).saturating_sub(kept.len());
    kept.extend(bytes.iter().take(room));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(coding: &str, is_part: bool) -> Counter {
        let fields = [("Content-Encoding", coding)].into_iter().collect();
        let limits = Limits::default();
        Counter::new(&fields, is_part, &limits, &Budgets::new(&limits))
    }

    #[test]
    fn a_plain_body_is_counted_even_with_a_hole() {
        let mut body = counter("identity", false);
        assert!(!body.wants_bytes());
        body.count(10);
        body.gap(GapReason::NotCaptured);
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
        holed.gap(GapReason::NotCaptured);
        assert_eq!(holed.finish(true), (None, None));
    }

    #[test]
    fn a_short_body_can_be_kept_and_a_long_one_or_one_with_a_hole_cannot() {
        let kept = |bytes: &[u8], hole: bool| {
            let mut body = counter("identity", false).keeping(5);
            assert!(body.wants_bytes());
            bytes.chunks(2).for_each(|part| body.push(part));
            if hole {
                body.gap(GapReason::NotCaptured);
            }
            assert_eq!(body.encoded(), bytes.len() as u64);
            body.take_kept()
        };
        assert_eq!(kept(b"12345", false).as_deref(), Some(&b"12345"[..]));
        assert_eq!(
            (kept(b"123456", false), kept(b"1234", true), kept(b"", false)),
            (None, None, None)
        );
    }

    #[test]
    fn an_announced_coding_of_nothing_is_nothing() {
        assert_eq!(counter("gzip", false).finish(true), (Some(0), None));
        assert_eq!(counter("sdch", false).finish(true), (Some(0), None));
    }
}
