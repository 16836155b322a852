//! One record: opened if it is protected, then given to whom its content belongs.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, GapReason};
use crate::protocol::analyzer::Context;
use crate::protocol::nested::Nested;
use crate::protocol::tls::connection::messages::{say, step};
use crate::protocol::tls::connection::sealed::alert;
use crate::protocol::tls::connection::state::Connection;
use crate::protocol::tls::event::{Keys, TlsEvent};
use crate::protocol::tls::keys::Opener;
use crate::protocol::tls::message::Kind;
use crate::protocol::tls::names::Version;
use crate::protocol::tls::record::{ContentType, Header, Pieces, Record};
use crate::protocol::tls::side::{Epoch, Lock};

/// What stands in a record, in the clear.
struct Text {
    content: ContentType,
    bytes: Bytes,
    /// Where it begins in the record's body.
    start: usize,
}

impl Connection {
    /// Takes the next record of a direction.
    pub(super) fn record(&mut self, way: Direction, mut record: Box<Record>, cx: &mut Context<'_>) {
        let content = record.header.content();
        let is_protected = match self.sides.of(way).lock {
            Lock::Broken | Lock::Elsewhere => return,
            Lock::Sealed | Lock::Until(_) | Lock::Open(_) => match content {
                // in TLS 1.3 the dummy one is never protected (RFC 8446 §5)
                ContentType::CHANGE_CIPHER_SPEC => {
                    self.version().is_some_and(|version| version <= Version::TLS_1_2)
                }
                // in TLS 1.3 a protected one does not look like one (RFC 8446 §5.2); a client that
                // gives up before its own keys are in use sends it in the clear
                ContentType::ALERT => !self.is_13(),
                _ => true,
            },
            Lock::Plain => content == ContentType::APPLICATION_DATA,
        };
        if is_protected {
            self.protected(way, record, cx);
            return;
        }
        let bytes = std::mem::take(&mut record.body).freeze();
        let text = Text { content, bytes, start: 0 };
        self.content(way, &text, &record, false, cx);
    }

    pub(super) fn protected(
        &mut self,
        way: Direction,
        mut record: Box<Record>,
        cx: &mut Context<'_>,
    ) {
        if self.held.waits() {
            let Some(back) = self.wait_in_line(way, record, cx) else { return };
            record = back;
        }
        let side = self.sides.of_mut(way);
        let (header, careful) = (record.header.0, side.careful);
        let range = match &mut side.lock {
            Lock::Plain | Lock::Sealed | Lock::Broken | Lock::Elsewhere => {
                side.lock = Lock::Sealed;
                self.keep(way, record, cx);
                return;
            }
            Lock::Until(opener) => {
                let mut copy = record.body.clone();
                let Some(range) = opener.open(header, &mut copy) else {
                    self.sealed(way, &record, cx);
                    return;
                };
                record.body = copy;
                let epoch =
                    if side.epoch == Epoch::Early { Epoch::Handshake } else { Epoch::Application };
                side.epoch = epoch;
                if let Lock::Until(opener) = std::mem::take(&mut side.lock) {
                    side.lock = Lock::Open(opener);
                }
                Some(range)
            }
            Lock::Open(opener) if opener.is_blind() => {
                let whole = (Header::LEN + record.body.len()) as u64;
                self.lose_record(way, whole, GapReason::NotCaptured, cx);
                if let Lock::Open(opener) = &mut self.sides.of_mut(way).lock {
                    opener.stands_behind(&record.body);
                }
                return;
            }
            Lock::Open(opener) if careful => {
                let before = opener.number;
                let found = open_later(opener, header, &record.body);
                if let Some((range, body)) = found {
                    record.body = body;
                    let skipped = opener.number.wrapping_sub(before.wrapping_add(1));
                    if side.epoch == Epoch::Application || !self.is_13() {
                        // in step again: trying costs a copy of each record
                        self.sides.of_mut(way).careful = false;
                        if skipped > 0 {
                            // how long they were nobody knows: as long as records can be
                            let most = skipped.saturating_mul(1 << 14);
                            self.lose_text(way, most, GapReason::NotCaptured, cx);
                        }
                    }
                    Some(range)
                } else {
                    self.with_following(way, &mut record, cx)
                }
            }
            Lock::Open(opener) => opener.open(header, &mut record.body),
        };
        let Some(range) = range else {
            self.unopened(way, &record, cx);
            return;
        };
        self.say_keys(Keys::Found, cx);
        let mut start = range.start;
        let body = std::mem::take(&mut record.body).freeze();
        let mut bytes = body.slice(range);
        let mut content = record.header.content();
        if self.is_13() {
            // the content type stands behind the text, zeroes behind that (RFC 8446 §5.2)
            let Some(end) = bytes.iter().rposition(|byte| *byte != 0) else {
                cx.anomaly(no_content());
                return;
            };
            content = ContentType(bytes.get(end).copied().unwrap_or_default());
            bytes.truncate(end);
        }
        if let Some(inflate) = &mut self.sides.of_mut(way).inflate {
            let Some(unpacked) = inflate.record(&bytes) else {
                cx.anomaly(not_inflated());
                self.stop(way, bytes.len(), cx);
                return;
            };
            // which byte came in which packet is lost: all of them have come with the first
            (bytes, start) = (unpacked, 0);
            record.pieces = Pieces::one(bytes.len(), record.span);
        }
        self.content(way, &Text { content, bytes, start }, &record, true, cx);
    }

    /// Tries the key that comes after the one in use: the message that changes it was lost, or
    /// is never sent.
    fn with_following(
        &mut self,
        way: Direction,
        record: &mut Record,
        cx: &Context<'_>,
    ) -> Option<Range<usize>> {
        let (epoch, mut next) = self.following(way, cx)?;
        let range = next.open(record.header.0, &mut record.body)?;
        self.sides.of_mut(way).take(epoch, next);
        Some(range)
    }

    /// A record that its key does not open.
    fn unopened(&mut self, way: Direction, record: &Record, cx: &mut Context<'_>) {
        if self.keys != Some(Keys::Found) {
            self.say_keys(Keys::Wrong, cx);
        }
        cx.anomaly(unauthentic(way, record));
        self.sides.of_mut(way).messages.clear();
        self.stop(way, record.body.len(), cx);
    }

    fn content(
        &mut self,
        way: Direction,
        text: &Text,
        record: &Record,
        encrypted: bool,
        cx: &mut Context<'_>,
    ) {
        match text.content {
            ContentType::HANDSHAKE => {
                let buffer = &mut self.sides.of_mut(way).messages;
                for (part, arrived, done) in
                    record.pieces.split(&text.bytes, text.start, record.span)
                {
                    buffer.push(part, arrived, done);
                }
                let knew = self.server.is_some();
                self.messages(way, encrypted, cx);
                if !knew && self.server.is_some() {
                    self.retry(cx);
                }
            }
            ContentType::CHANGE_CIPHER_SPEC => {
                step(way, Kind::ChangeCipherSpec, record, encrypted, cx);
                let means_something = match self.version() {
                    Some(version) => version <= Version::TLS_1_2,
                    // behind a HelloRetryRequest, and before early data, TLS 1.3 has dummies too
                    // (RFC 8446 §D.4)
                    None => self
                        .client
                        .as_ref()
                        .is_none_or(|client| !client.early_data && !client.retried),
                };
                if means_something && (encrypted || matches!(self.sides.of(way).lock, Lock::Plain))
                {
                    self.lock(way, Epoch::Handshake, cx);
                }
            }
            ContentType::ALERT => alert(way, &text.bytes, record, encrypted, cx),
            // a peer would end the connection: nothing of the application is under these keys
            ContentType::APPLICATION_DATA
                if encrypted && self.is_13() && self.sides.of(way).epoch == Epoch::Handshake =>
            {
                cx.anomaly(too_early(way));
            }
            // against guesses of initialization vectors and of traffic, some send empty records
            ContentType::APPLICATION_DATA if text.bytes.is_empty() => {}
            ContentType::APPLICATION_DATA => {
                self.tell_data(way, record, cx);
                let child = self.child(cx);
                let pieces = record.pieces.split(&text.bytes, text.start, record.span);
                child.pieces(way, pieces, &mut cx.within_tls());
            }
            ContentType::HEARTBEAT => {}
            ContentType(other) => cx.anomaly(unknown_content(other)),
        }
    }

    /// What the connection carries: a session of its own from its first bytes on.
    pub(super) fn child(&mut self, cx: &mut Context<'_>) -> &mut Nested {
        self.child.get_or_insert_with(|| {
            let mut cx = cx.within_tls();
            match &self.alpn {
                Some(alpn) => Nested::by_alpn(alpn.as_bytes(), &mut cx),
                None => Nested::new(&mut cx),
            }
        })
    }

    /// Bytes of the application have come, readable or not.
    pub(super) fn tell_data(
        &mut self,
        direction: Direction,
        record: &Record,
        cx: &mut Context<'_>,
    ) {
        let side = self.sides.of_mut(direction);
        let early = side.epoch == Epoch::Early && !side.finished;
        let told = if early { &mut side.told.0 } else { &mut side.told.1 };
        if !std::mem::replace(told, true) {
            say(TlsEvent::Data { direction, at: record.span.first, early }, cx);
        }
    }
}

/// Opens a record before which some may have been lost without a trace.
fn open_later(
    opener: &mut Opener,
    header: [u8; 5],
    body: &BytesMut,
) -> Option<(Range<usize>, BytesMut)> {
    /// Records lost at once, where it is not known that any were.
    const UNSEEN: u64 = 16;
    let first = opener.number;
    let most = if opener.skips() { UNSEEN } else { 0 };
    for skipped in 0..=most {
        let mut copy = body.clone();
        opener.number = first.wrapping_add(skipped);
        if let Some(range) = opener.open(header, &mut copy) {
            return Some((range, copy));
        }
    }
    opener.number = first;
    None
}

/// The bytes that a key adds to a record, its head among them; those of most where that depends.
pub(super) fn added(opener: &Opener) -> u64 {
    const MOST: usize = 16 + 20 + 1;
    (Header::LEN + opener.overhead().unwrap_or(MOST)) as u64
}

fn unauthentic(way: Direction, record: &Record) -> Anomaly {
    let who = if way == Direction::ToServer { "client" } else { "server" };
    let text = format!(
        "a record of {} bytes from the {who} does not authenticate under its key: nothing behind \
         it is read",
        record.size()
    );
    Anomaly::new("tls.bad-record-mac", Class::Suspicious, text).citing("RFC 8446 §5.2")
}

fn not_inflated() -> Anomaly {
    let text = "a record does not decompress: nothing behind it is read";
    Anomaly::new("tls.decompress", Class::Malformed, text).citing("RFC 3749 §2")
}

fn no_content() -> Anomaly {
    let text = "a protected record of nothing but padding";
    Anomaly::new("tls.empty-record", Class::Malformed, text).citing("RFC 8446 §5.4")
}

fn too_early(way: Direction) -> Anomaly {
    let who = if way == Direction::ToServer { "client" } else { "server" };
    let text = format!("the {who} sends data of the application under the keys of the handshake");
    Anomaly::new("tls.early-content", Class::Suspicious, text).citing("RFC 8446 §7.3")
}

fn unknown_content(content: u8) -> Anomaly {
    let text = format!("a record of the unknown content type {content}");
    Anomaly::new("tls.content-type", Class::Malformed, text).citing("RFC 8446 §5")
}
