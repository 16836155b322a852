//! Frames that speak of streams and of the connection, not of messages: what follows from them.

use crate::cursor::Cursor;
use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::Span;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, HttpEvent, Version};
use crate::protocol::http::multiplex::{GoAway, Multiplex, Priority, Reset, RoundTrip};
use crate::protocol::http2::connection::said::{self, Said};
use crate::protocol::http2::connection::state::{Connection, Frame};
use crate::protocol::http2::faults;
use crate::protocol::http2::frame;
use crate::time::{Frames, Stamp};

impl Connection {
    /// Reads a frame that is neither DATA nor of headers.
    pub(super) fn control(&mut self, way: Direction, frame: &Frame<'_>, cx: &mut Context<'_>) {
        let (head, at) = (frame.head, frame.span.last);
        let Some(said) = Said::of(head, frame.payload) else {
            let how = "a frame of a length that its kind does not have";
            cx.anomaly(faults::bad_frame(head.stream, how));
            return;
        };
        match said {
            Said::Reset(code) => {
                let reset = Reset { by: way, code, unprocessed: false };
                self.give_up(head.stream, reset, (frame.span, &frame.frames), cx);
            }
            Said::Settings(_) if head.has(frame::ACK) => {}
            Said::Settings(settings) => self.settings(way, settings, at, cx),
            Said::Ping(data) if head.has(frame::ACK) => self.answer(way, data, at, cx),
            Said::Ping(data) => {
                let waiting = self.pings.of_mut(way);
                if waiting.len() >= PINGS {
                    waiting.pop_front();
                }
                waiting.push_back((data, at));
            }
            Said::GoAway(last, code, text) => {
                let last_stream = Some(u64::from(last));
                let said = GoAway { at, by: way, last_stream, code: Some(code), text };
                cx.emit(EventBody::Multiplex(Multiplex::GoAway(said).into()));
                let reset = Reset { by: way, code, unprocessed: true };
                self.refuse(last, reset, frame, cx);
            }
            Said::Window(bytes) => {
                let is_open = self.streams.has_open(!way, head.stream);
                let blocked = self.windows.of_mut(!way).gave(head.stream, bytes, at, is_open);
                if let Some(blocked) = blocked {
                    cx.emit(EventBody::Multiplex(Multiplex::Blocked(blocked).into()));
                }
            }
            Said::Priority(stream, priority) => self.prioritized(stream, priority, cx),
            Said::Note(text) => {
                cx.emit(EventBody::Multiplex(Multiplex::Note { by: way, text }.into()));
            }
        }
    }

    /// A stream ends in both directions.
    fn give_up(
        &mut self,
        id: u32,
        reset: Reset,
        (span, frames): (Span, &Frames),
        cx: &mut Context<'_>,
    ) {
        for way in [Direction::ToServer, Direction::ToClient] {
            let exchange = self.streams.exchange(id);
            if let Some(open) = self.streams.get(id).filter(|_| way == Direction::ToClient) {
                open.finish_unbegun(exchange, (reset, span, frames), cx);
            }
            self.finish(way, id, (Ending::Reset(reset), span.done), cx);
        }
    }

    /// The streams of the other end beyond the last were not worked on (RFC 9113 §6.8).
    fn refuse(&mut self, last: u32, reset: Reset, frame: &Frame<'_>, cx: &mut Context<'_>) {
        let is_even = reset.by == Direction::ToServer;
        let is_refused = |id: &u32| *id > last && id.is_multiple_of(2) == is_even;
        let refused: Vec<u32> =
            self.streams.iter_mut().map(|(id, _)| id).filter(is_refused).collect();
        for id in refused {
            self.give_up(id, reset, (frame.span, &frame.frames), cx);
        }
        if reset.by == Direction::ToClient {
            self.last_worked_on = Some((last, reset));
        }
    }

    /// A request that the client sent before it had read the server's GOAWAY is not worked on
    /// either.
    pub(super) fn refuse_late(&mut self, id: u32, asked: Span, cx: &mut Context<'_>) {
        if let Some((_, reset)) = self.last_worked_on.filter(|(last, _)| id > *last) {
            let frames = [asked.last.frame].into_iter().collect();
            self.give_up(id, reset, (Span::at(asked.done), &frames), cx);
        }
    }

    /// The client's settings, as the request that led to HTTP/2 had them.
    pub(super) fn upgrade_settings(&mut self, payload: &[u8], cx: &mut Context<'_>) {
        let settings = said::settings(&mut Cursor::new(payload)).unwrap_or_default();
        if !settings.is_empty() {
            self.settings(Direction::ToServer, settings, cx.now, cx);
        }
    }

    /// What one end wants of the other (RFC 9113 §6.5.2).
    fn settings(
        &mut self,
        by: Direction,
        settings: Vec<(u16, u32)>,
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        for (number, value) in &settings {
            match number {
                1 => self.ways.of_mut(!by).hpack.allow(u64::from(*value)),
                3 if by == Direction::ToClient => self.streams.queue.allow(*value),
                4 => self.windows.of_mut(!by).resize(*value, at, |blocked| {
                    cx.emit(EventBody::Multiplex(Multiplex::Blocked(blocked).into()));
                }),
                _ => {}
            }
        }
        let settings = settings.into_iter().take(SETTINGS);
        let settings = settings.map(|(number, value)| (number.into(), value.into())).collect();
        let version = Version::Http2;
        cx.emit(EventBody::Multiplex(Multiplex::Settings { by, version, settings }.into()));
    }

    /// A PING of the other end is answered.
    fn answer(&mut self, way: Direction, data: [u8; 8], at: Stamp, cx: &mut Context<'_>) {
        let waiting = self.pings.of_mut(!way);
        let place = waiting.iter().position(|(asked, _)| *asked == data);
        if let Some((_, sent)) = place.and_then(|place| waiting.remove(place)) {
            let round_trip = RoundTrip { by: !way, sent, answered: at };
            cx.emit(EventBody::Multiplex(Multiplex::RoundTrip(round_trip).into()));
        }
    }

    /// A stream's priority; of one that has not begun yet, the latest is told once that begins
    /// (RFC 9218 §7).
    fn prioritized(&mut self, stream: u32, priority: Priority, cx: &mut Context<'_>) {
        if self.streams.get(stream).is_some() {
            let id = self.streams.exchange(stream);
            cx.emit(EventBody::Http(HttpEvent::Prioritized { id, priority }));
        } else if !self.streams.is_over(stream) {
            self.early.retain(|(early, _)| *early != stream);
            if self.early.len() >= EARLY {
                self.early.pop_front();
            }
            self.early.push_back((stream, priority));
        }
    }
}

/// Settings kept of one frame: twice as many as are defined.
const SETTINGS: usize = 24;

/// PINGs of one end that wait for an answer: more than one at a time is rare.
const PINGS: usize = 16;

/// Priorities of streams that have not begun: some tens are said ahead.
const EARLY: usize = 64;
