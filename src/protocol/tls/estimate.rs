//! Exchanges that stay closed, estimated from outside: by direction, size and time of records.
//!
//! Takes the records of application data of one connection in order, gives bursts: what the client
//! sent, and what came for it until it sent again. A pure fold; nothing of it is known, all of it
//! says so. The rules, and why they hold:
//!
//! - What comes down before anything was asked is no answer (SETTINGS, session tickets).
//! - Two records of one size that come down first are session tickets: OpenSSL sends two (RFC 8446
//!   §4.6.1 leaves the number to the server).
//! - In HTTP/1 a request is what the client sends after it was answered, or first of all.
//! - In HTTP/2 the first record of a client holds the preface and SETTINGS, 33 bytes at least (RFC
//!   9113 §3.4); browsers send theirs apart, in 70.
//! - In HTTP/2 a record of under 30 bytes is no request and no answer, but an acknowledgment of
//!   SETTINGS (9 bytes), WINDOW_UPDATE, RST_STREAM (13), PING, GOAWAY (17), or two of them: the
//!   head of the shortest request of a browser, with all of it in the dynamic table, takes 31.
//! - In HTTP/2 each longer record of the client is one request, as browsers write them, but for
//!   one of a KiB or more behind a request, and what follows it at once: that is a body. A long head
//!   (cookies) comes once; later ones name what is in the dynamic table.
//! - In HTTP/2 answers to concurrent requests cannot be told apart: requests between which nothing
//!   came down are one burst, and what comes down belongs to the last one.
//! - In HTTP/3 the same holds of packets from 80 bytes on: shorter ones acknowledge, and a request of
//!   a browser takes more.
//! - What a client sends first and what has the size of a Finished is one (36 or 52 bytes).
//! - What has no room for more is an alert or a key update (2 and 5 bytes, RFC 8446 §6, §4.6.3).

use crate::flow::event::Direction;
use crate::protocol::buffer::Span;
use crate::protocol::tls::event::{Burst, Estimate};
use crate::time::Frames;

/// What is spoken inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Inside {
    /// HTTP/1: one exchange after the other.
    Http1,
    /// HTTP/2: several at once.
    Http2,
    /// HTTP/3, of which packets are seen and not records.
    Http3,
    /// One of the first two: the first record of the client tells.
    Either,
}

impl Inside {
    /// Several exchanges at once.
    fn is_multiplexed(self) -> bool {
        matches!(self, Self::Http2 | Self::Http3)
    }

    /// The fewest bytes that are taken for a request or an answer.
    const fn shortest(self) -> u64 {
        match self {
            Self::Http3 => SHORTEST_PACKET,
            Self::Http1 | Self::Http2 | Self::Either => SHORTEST,
        }
    }
}

/// Folds the records of one connection.
#[derive(Debug)]
pub(in crate::protocol) struct Estimator {
    inside: Inside,
    /// Bytes that protection adds to a record.
    added: u64,
    /// Handshake messages and alerts look like application data (TLS 1.3).
    all_alike: bool,
    has_begun: bool,
    /// Records that came down so far.
    answered: u32,
    /// The first of them, which may be a session ticket.
    ticket: Option<(u64, Span, Frames)>,
    /// A body is on its way up.
    in_body: bool,
    open: Option<Box<Estimate>>,
}

impl Estimator {
    /// For a connection that speaks this, with so many bytes added to each record.
    pub(in crate::protocol) const fn new(inside: Inside, added: u64, all_alike: bool) -> Self {
        Self {
            inside,
            added,
            all_alike,
            has_begun: false,
            answered: 0,
            ticket: None,
            in_body: false,
            open: None,
        }
    }

    /// The next record, with so many bytes of body. Gives the burst that is over with it.
    pub(in crate::protocol) fn record(
        &mut self,
        way: Direction,
        size: u64,
        span: Span,
        frames: &Frames,
    ) -> Option<Box<Estimate>> {
        let text = size.saturating_sub(self.added);
        if text == 0 || (self.all_alike && text <= KEY_UPDATE) {
            return None;
        }
        match way {
            Direction::ToServer => self.up(text, span, frames),
            Direction::ToClient => {
                self.down(text, span, frames);
                None
            }
        }
    }

    /// No more records come: the burst that was open.
    pub(in crate::protocol) fn finish(&mut self) -> Option<Box<Estimate>> {
        self.settle_ticket(None);
        self.open.take()
    }

    fn up(&mut self, text: u64, span: Span, frames: &Frames) -> Option<Box<Estimate>> {
        if !self.has_begun && self.all_alike && FINISHED.contains(&text) {
            return None;
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            if self.inside == Inside::Either {
                let preface = (PREFACE..=LONG_PREFACE).contains(&text);
                self.inside = if preface { Inside::Http2 } else { Inside::Http1 };
            }
            if self.inside == Inside::Http2 && text <= LONG_PREFACE {
                return None;
            }
        }
        let multiplexed = self.inside.is_multiplexed();
        if multiplexed && text < self.inside.shortest() {
            return None;
        }
        self.settle_ticket(None);
        let is_answered = self.open.as_ref().is_some_and(|open| open.received.is_some());
        let follows = self.open.is_some() && !is_answered;
        let is_body = multiplexed && follows && (self.in_body || text >= BODY);
        self.in_body = is_body;
        let over = if is_answered { self.open.take() } else { None };
        let open = self.open.get_or_insert_with(|| {
            Box::new(Estimate { requests: 0, multiplexed, ..Estimate::default() })
        });
        open.requests += u32::from(open.requests == 0 || (multiplexed && !is_body));
        add(&mut open.sent, text, span, frames);
        over
    }

    fn down(&mut self, text: u64, span: Span, frames: &Frames) {
        self.in_body = false;
        self.answered = self.answered.saturating_add(1);
        if self.all_alike && self.answered == 1 && TICKET.contains(&text) {
            self.ticket = Some((text, span, frames.clone()));
            return;
        }
        if self.settle_ticket(Some(text)) {
            return;
        }
        let is_first = self.answered <= FIRST;
        let is_settings = is_first && text <= LONG_SETTINGS;
        let is_short = self.inside.is_multiplexed() && text < self.inside.shortest();
        if is_short || (self.inside == Inside::Http2 && is_settings) {
            return;
        }
        self.answer(text, span, frames);
    }

    /// The record that was put aside: a ticket if the next one has its size, else an answer. True
    /// where both are tickets.
    fn settle_ticket(&mut self, next: Option<u64>) -> bool {
        let Some((text, span, frames)) = self.ticket.take() else { return false };
        if next == Some(text) {
            return true;
        }
        self.answer(text, span, &frames);
        false
    }

    fn answer(&mut self, text: u64, span: Span, frames: &Frames) {
        if let Some(open) = &mut self.open {
            add(open.received.get_or_insert_default(), text, span, frames);
        }
    }
}

fn add(burst: &mut Burst, text: u64, span: Span, frames: &Frames) {
    burst.span = if burst.records == 0 { span } else { burst.span.to(span) };
    burst.records = burst.records.saturating_add(1);
    burst.bytes = burst.bytes.saturating_add(text);
    burst.frames.insert_all(frames.iter());
}

/// The longest message behind the handshake that says nothing of the application, but tickets.
const KEY_UPDATE: u64 = 5;

/// A Finished by SHA-256 and SHA-384 (RFC 8446 §4.4.4): no preface with SETTINGS has this size.
const FINISHED: [u64; 2] = [36, 52];

/// The preface with SETTINGS that are empty.
const PREFACE: u64 = 33;

/// The preface with SETTINGS of eight values and two more frames.
const LONG_PREFACE: u64 = 128;

/// The shortest record of HTTP/2 that is taken for a request or an answer.
const SHORTEST: u64 = 30;

/// The shortest packet of QUIC that is: acknowledgments of many ranges, with what an end allows the
/// other, come to less.
const SHORTEST_PACKET: u64 = 80;

/// SETTINGS of a server, of eight values, with WINDOW_UPDATE.
const LONG_SETTINGS: u64 = 80;

/// Records of a server among which its SETTINGS are: tickets may be before them.
const FIRST: u32 = 3;

/// Records of a client from this size on are bodies, behind a request.
const BODY: u64 = 1024;

/// Sizes of session tickets: the state of a session, sealed, with or without certificates.
const TICKET: std::ops::RangeInclusive<u64> = 100..=2000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Stamp, Timestamp};
    use Direction::{ToClient, ToServer};

    /// Requests, bytes sent, bytes received and frames (first sent, last received) of each burst.
    fn bursts(inside: Inside, records: &[(Direction, u64)]) -> Vec<(u32, u64, u64, u64, u64)> {
        let mut estimator = Estimator::new(inside, 17, true);
        let mut found = Vec::new();
        for (nth, (way, text)) in (1u64..).zip(records) {
            let at = Stamp::new(Timestamp::from_nanos(nth.cast_signed()), FrameNo(nth));
            let frames = [FrameNo(nth)].into_iter().collect();
            found.extend(estimator.record(*way, text + 17, Span::at(at), &frames));
        }
        found.extend(estimator.finish());
        let brief = |burst: Box<Estimate>| {
            let received = burst.received.unwrap_or_default();
            let (first, last) = (burst.sent.span.first.frame.0, received.span.done.frame.0);
            (burst.requests, burst.sent.bytes, received.bytes, first, last)
        };
        found.into_iter().map(brief).collect()
    }

    #[test]
    fn in_http1_each_request_follows_an_answer() {
        let records = [
            (ToServer, 400),
            (ToClient, 300),
            (ToClient, 16_000),
            (ToServer, 350),
            (ToServer, 9000),
            (ToClient, 200),
            (ToServer, 2),
        ];
        let wanted = [(1, 400, 16_300, 1, 3), (1, 9350, 200, 4, 6)];
        assert_eq!(bursts(Inside::Http1, &records), wanted);
        assert_eq!(bursts(Inside::Either, &records), wanted, "no preface of HTTP/2 has 400 bytes");
    }

    /// Records of a visit over HTTP/2 as a browser and nginx write them.
    const HTTP2: [(Direction, u64); 16] = [
        (ToServer, 70),   // preface, SETTINGS, WINDOW_UPDATE
        (ToServer, 445),  // HEADERS
        (ToClient, 249),  // a ticket
        (ToClient, 249),  // another
        (ToClient, 40),   // SETTINGS
        (ToServer, 9),    // acknowledgment of SETTINGS
        (ToClient, 119),  // HEADERS
        (ToClient, 1157), // DATA
        (ToServer, 101),  // three requests at once
        (ToServer, 111),
        (ToServer, 40),
        (ToServer, 13), // WINDOW_UPDATE
        (ToClient, 1722),
        (ToClient, 13),
        (ToClient, 512),
        (ToServer, 2), // close
    ];

    #[test]
    fn in_http2_requests_at_once_are_one_burst_and_control_frames_none() {
        let wanted = [(1, 445, 1276, 2, 8), (3, 252, 2234, 9, 15)];
        assert_eq!(bursts(Inside::Http2, &HTTP2), wanted);
        assert_eq!(bursts(Inside::Either, &HTTP2), wanted, "the preface tells");
    }

    #[test]
    fn in_http3_packets_count_and_acknowledgments_do_not() {
        let packets = [
            (ToServer, 300),
            (ToClient, 25),
            (ToClient, 1200),
            (ToServer, 30),
            (ToClient, 700),
            (ToServer, 90),
            (ToServer, 110),
            (ToClient, 1200),
        ];
        let wanted = [(1, 300, 1900, 1, 5), (2, 200, 1200, 6, 8)];
        assert_eq!(bursts(Inside::Http3, &packets), wanted);
    }

    #[test]
    fn a_finished_is_no_preface() {
        let mut records = HTTP2.to_vec();
        records.insert(0, (ToServer, 36));
        let found = bursts(Inside::Either, &records);
        assert_eq!(found.iter().map(|burst| burst.0).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_body_is_no_request() {
        let records = [
            (ToServer, 70),
            (ToServer, 300),
            (ToServer, 16_384),
            (ToServer, 16_384),
            (ToServer, 900),
            (ToClient, 150),
            (ToServer, 90),
        ];
        let wanted = [(1, 33_968, 150, 2, 6), (1, 90, 0, 7, 0)];
        assert_eq!(bursts(Inside::Http2, &records), wanted);
    }

    #[test]
    fn one_small_answer_is_not_taken_for_a_ticket() {
        let records = [(ToServer, 400), (ToClient, 249)];
        assert_eq!(bursts(Inside::Http1, &records), [(1, 400, 249, 1, 2)]);
        let records = [(ToServer, 400), (ToClient, 249), (ToServer, 300), (ToClient, 249)];
        assert_eq!(bursts(Inside::Http1, &records).len(), 2);
        assert_eq!(bursts(Inside::Http2, &[(ToServer, 70), (ToClient, 57)]), []);
    }
}
