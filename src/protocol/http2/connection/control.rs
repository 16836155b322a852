//! Frames that speak of streams and of the connection, not of messages.

use crate::cursor::Cursor;
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::event::EventBody;
use crate::protocol::http::fields;
use crate::protocol::http::message::{Ending, HttpEvent};
use crate::protocol::http::multiplex::{ErrorCode, GoAway, Multiplex, Priority, Reset, RoundTrip};
use crate::protocol::http2::connection::state::{Connection, Frame};
use crate::protocol::http2::faults;
use crate::protocol::http2::frame::{self, Kind};
use crate::time::Stamp;

impl Connection {
    /// Reads a frame that is neither DATA nor of headers.
    pub(super) fn control(&mut self, way: Direction, frame: &Frame<'_>, cx: &mut Context<'_>) {
        let (head, cursor) = (frame.head, Cursor::new(frame.payload));
        let said = match head.kind {
            Kind::RST_STREAM => self.reset(way, frame, cursor, cx),
            Kind::SETTINGS => self.settings(way, frame, cursor, cx),
            Kind::PING => self.ping(way, frame, cursor, cx),
            Kind::GOAWAY => self.go_away(way, frame, cursor, cx),
            Kind::WINDOW_UPDATE => self.window_update(way, frame, cursor, cx),
            Kind::PRIORITY => {
                let priority = weight(frame.payload);
                priority.map(|priority| self.prioritized(head.stream, priority, cx))
            }
            Kind::PRIORITY_UPDATE => self.priority_update(cursor, cx),
            Kind::ORIGIN => origins(cursor).map(|text| note(way, text, cx)),
            Kind::ALTSVC => alternative(cursor).map(|text| note(way, text, cx)),
            _ => Some(()),
        };
        if said.is_none() {
            cx.anomaly(faults::bad_frame(head.stream, "a frame that is too short"));
        }
    }

    fn reset(
        &mut self,
        way: Direction,
        frame: &Frame<'_>,
        mut cursor: Cursor<'_>,
        cx: &mut Context<'_>,
    ) -> Option<()> {
        let code = ErrorCode(u64::from(cursor.u32().ok()?));
        let reset = Reset { by: way, code, unprocessed: false };
        self.give_up(frame.head.stream, reset, frame, cx);
        Some(())
    }

    /// A stream ends in both directions.
    fn give_up(&mut self, id: u32, reset: Reset, frame: &Frame<'_>, cx: &mut Context<'_>) {
        for way in [Direction::ToServer, Direction::ToClient] {
            self.finish_unbegun(way, id, (reset, frame.span, &frame.frames), cx);
            self.finish(way, id, Ending::Reset(reset), cx);
        }
    }

    fn settings(
        &mut self,
        way: Direction,
        frame: &Frame<'_>,
        mut cursor: Cursor<'_>,
        cx: &mut Context<'_>,
    ) -> Option<()> {
        if frame.head.has(frame::ACK) {
            return Some(());
        }
        let mut settings = Vec::new();
        while !cursor.is_empty() {
            let (number, value) = (cursor.u16().ok()?, cursor.u32().ok()?);
            if settings.len() < SETTINGS {
                settings.push((number, value));
            }
            self.setting(way, number, value, frame.span.last, cx);
        }
        cx.emit(EventBody::Multiplex(Multiplex::Settings { by: way, settings }.into()));
        Some(())
    }

    /// The client's settings, as the request that led to HTTP/2 had them.
    pub(super) fn upgrade_settings(&mut self, payload: &[u8], cx: &mut Context<'_>) {
        let by = Direction::ToServer;
        let mut settings = Vec::new();
        for [a, b, value @ ..] in payload.as_chunks::<6>().0.iter().take(SETTINGS) {
            let (number, value) = (u16::from_be_bytes([*a, *b]), u32::from_be_bytes(*value));
            settings.push((number, value));
            self.setting(by, number, value, cx.now, cx);
        }
        if !settings.is_empty() {
            cx.emit(EventBody::Multiplex(Multiplex::Settings { by, settings }.into()));
        }
    }

    /// What one end wants of the other (RFC 9113 §6.5.2).
    fn setting(
        &mut self,
        way: Direction,
        number: u16,
        value: u32,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        match number {
            1 => self.ways.of_mut(!way).hpack.allow(u64::from(value)),
            3 if way == Direction::ToClient => self.streams.queue.allow(value),
            4 => self.windows.of_mut(!way).resize(value, at, |blocked| {
                cx.emit(EventBody::Multiplex(Multiplex::Blocked(blocked).into()));
            }),
            _ => {}
        }
    }

    fn ping(
        &mut self,
        way: Direction,
        frame: &Frame<'_>,
        mut cursor: Cursor<'_>,
        cx: &mut Context<'_>,
    ) -> Option<()> {
        let data = *cursor.array::<8>().ok()?;
        if !frame.head.has(frame::ACK) {
            let waiting = self.pings.of_mut(way);
            if waiting.len() >= PINGS {
                waiting.pop_front();
            }
            waiting.push_back((data, frame.span.last));
            return Some(());
        }
        let waiting = self.pings.of_mut(!way);
        let place = waiting.iter().position(|(asked, _)| *asked == data);
        if let Some((_, sent)) = place.and_then(|place| waiting.remove(place)) {
            let round_trip = RoundTrip { by: !way, sent, answered: frame.span.last };
            cx.emit(EventBody::Multiplex(Multiplex::RoundTrip(round_trip).into()));
        }
        Some(())
    }

    fn go_away(
        &mut self,
        way: Direction,
        frame: &Frame<'_>,
        mut cursor: Cursor<'_>,
        cx: &mut Context<'_>,
    ) -> Option<()> {
        let last = cursor.u32().ok()? & frame::STREAM;
        let code = ErrorCode(u64::from(cursor.u32().ok()?));
        let words = cursor.rest();
        let text = fields::text(words.get(..words.len().min(WORDS)).unwrap_or_default());
        let (at, last_stream) = (frame.span.last, u64::from(last));
        let said = GoAway { at, by: way, last_stream, code, text };
        cx.emit(EventBody::Multiplex(Multiplex::GoAway(said).into()));
        // Those of the other end beyond the last were not worked on.
        let is_refused =
            |id: u32| id > last && id.is_multiple_of(2) == (way == Direction::ToServer);
        let refused: Vec<u32> = self.streams.iter_mut().map(|(id, _)| id).collect();
        let reset = Reset { by: way, code, unprocessed: true };
        for id in refused.into_iter().filter(|id| is_refused(*id)) {
            self.give_up(id, reset, frame, cx);
        }
        Some(())
    }

    fn window_update(
        &mut self,
        way: Direction,
        frame: &Frame<'_>,
        mut cursor: Cursor<'_>,
        cx: &mut Context<'_>,
    ) -> Option<()> {
        let bytes = cursor.u32().ok()? & frame::STREAM;
        let stream = frame.head.stream;
        let is_open = self.streams.has_open(!way, stream);
        let blocked = self.windows.of_mut(!way).gave(stream, bytes, frame.span.last, is_open);
        if let Some(blocked) = blocked {
            cx.emit(EventBody::Multiplex(Multiplex::Blocked(blocked).into()));
        }
        Some(())
    }

    fn priority_update(&mut self, mut cursor: Cursor<'_>, cx: &mut Context<'_>) -> Option<()> {
        let stream = cursor.u32().ok()? & frame::STREAM;
        let priority = Priority::of_field(&fields::text(cursor.rest()));
        self.prioritized(stream, priority, cx);
        Some(())
    }

    /// A stream's priority; of one that has not begun yet, it is told once that begins.
    pub(super) fn prioritized(&mut self, stream: u32, priority: Priority, cx: &mut Context<'_>) {
        if self.streams.get(stream).is_some() {
            let id = self.streams.exchange(stream);
            cx.emit(EventBody::Http(HttpEvent::Prioritized { id, priority }));
        } else {
            if self.early.len() >= EARLY {
                self.early.pop_front();
            }
            self.early.push_back((stream, priority));
        }
    }
}

/// The five bytes of a priority (RFC 7540 §6.3).
pub(super) fn weight(bytes: &[u8]) -> Option<Priority> {
    let mut cursor = Cursor::new(bytes);
    let (on, weight) = (cursor.u32().ok()?, cursor.u8().ok()?);
    let exclusive = on & !frame::STREAM != 0;
    Some(Priority::Weight {
        weight: u16::from(weight) + 1,
        on: u64::from(on & frame::STREAM),
        exclusive,
    })
}

/// ORIGIN (RFC 8336 §2.1): what else may be asked for on this connection.
fn origins(mut cursor: Cursor<'_>) -> Option<String> {
    let mut names = Vec::new();
    while !cursor.is_empty() {
        let length = cursor.u16().ok()?;
        let name = cursor.take(usize::from(length)).ok()?;
        if names.len() < ORIGINS {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Some(format!("speaks for {}", names.join(", ")))
}

/// ALTSVC (RFC 7838 §4): where else the same may be had.
fn alternative(mut cursor: Cursor<'_>) -> Option<String> {
    let length = cursor.u16().ok()?;
    let origin = String::from_utf8_lossy(cursor.take(usize::from(length)).ok()?);
    let rest = cursor.rest();
    let value = String::from_utf8_lossy(rest.get(..rest.len().min(WORDS)).unwrap_or_default());
    let of = if origin.is_empty() { String::new() } else { format!(" of {origin}") };
    Some(format!("alternative services{of}: {value}"))
}

fn note(by: Direction, text: String, cx: &mut Context<'_>) {
    cx.emit(EventBody::Multiplex(Multiplex::Note { by, text }.into()));
}

/// Settings kept of one frame: twice as many as are defined.
const SETTINGS: usize = 24;

/// PINGs of one end that wait for an answer: more than one at a time is rare.
const PINGS: usize = 16;

/// Priorities of streams that have not begun: some tens are said ahead.
const EARLY: usize = 64;

/// Origins kept of one frame.
const ORIGINS: usize = 64;

/// Bytes kept of what an end says in its own words.
const WORDS: usize = 1024;
