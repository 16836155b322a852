//! The control stream (RFC 9114 §6.2.1): what its frames change.

use crate::flow::event::Direction;
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{HttpEvent, MessageId, Version};
use crate::protocol::http::multiplex::{ErrorCode, GoAway, Multiplex, Priority, Reset};
use crate::protocol::http3::connection::state::{Connection, Control};
use crate::protocol::http3::faults;
use crate::protocol::http3::frame::{HEAD, Head, Kind};
use crate::protocol::http3::said::Said;
use crate::protocol::http3::streams::Exchange;
use crate::time::{Frames, Stamp};

impl Connection {
    /// Reads what has come of a control stream.
    pub(super) fn control(
        &mut self,
        from: StreamKey,
        mut control: Control,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Control {
        loop {
            control = match control {
                Control::Head => {
                    let Some(head) = Head::of(&buffer.peek(HEAD)) else { return control };
                    self.control_head(from, head, buffer, cx)
                }
                Control::Payload(head) => {
                    let mut frames = Frames::default();
                    let whole = head.whole(usize::MAX).unwrap_or(usize::MAX);
                    let Some((bytes, span)) = buffer.take(whole, &mut frames) else {
                        return control;
                    };
                    let payload = bytes.get(head.size..).unwrap_or_default();
                    self.frame(from, (head.kind, payload), (span.last, span.done), cx);
                    Control::Head
                }
                Control::Skip(0) => Control::Head,
                Control::Skip(left) => {
                    let ready = buffer.len();
                    let ready = usize::try_from(left).map_or(ready, |left| left.min(ready));
                    buffer.skip(ready, &mut Frames::default());
                    if ready == 0 {
                        return control;
                    }
                    Control::Skip(left.saturating_sub(ready as u64))
                }
            };
        }
    }

    fn control_head(
        &mut self,
        from: StreamKey,
        head: Head,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Control {
        let has_settings = self.ends.of(from.direction).has_settings;
        let is_of_other = head.kind.way().is_some_and(|way| way != from.direction);
        let how = match head.kind {
            Kind::SETTINGS if has_settings => Some("SETTINGS for a second time"),
            kind if kind != Kind::SETTINGS && !has_settings => {
                self.ends.of_mut(from.direction).has_settings = true;
                self.no_settings(from.direction, cx);
                Some("a control stream that does not begin with SETTINGS")
            }
            kind if kind.is_of_http2() => Some("a kind of frame that HTTP/2 alone has"),
            kind if kind.is_of_message() => Some("a frame of a message on the control stream"),
            _ if is_of_other => Some("a frame that only the other end may send"),
            _ => None,
        };
        if let Some(how) = how {
            cx.anomaly(faults::bad_frame(from.id, how));
        }
        if head.kind.is_of_control() && !is_of_other {
            if head.whole(cx.limits.http_head).is_some() {
                return Control::Payload(head);
            }
            cx.anomaly(faults::large_frame(from.id, head.length));
        }
        buffer.skip(head.size, &mut Frames::default());
        Control::Skip(head.length)
    }

    fn frame(
        &mut self,
        from: StreamKey,
        (kind, payload): (Kind, &[u8]),
        (last, done): (Stamp, Stamp),
        cx: &mut Context<'_>,
    ) {
        let by = from.direction;
        let Some(said) = Said::of(kind, payload) else {
            let how = "a frame of a form that its kind does not have";
            cx.anomaly(faults::bad_frame(from.id, how));
            if kind == Kind::SETTINGS {
                self.no_settings(by, cx);
            }
            return;
        };
        match said {
            Said::Settings(settings) => self.settings(from, &settings, done, cx),
            Said::GoAway(first) => self.go_away(from, first, last, cx),
            Said::Priority(stream, priority) => self.prioritized(stream, priority, cx),
            Said::Note(text) => {
                cx.emit(EventBody::Multiplex(Multiplex::Note { by, text }.into()));
            }
            Said::Nothing => {}
        }
    }

    /// What one end wants of the other (RFC 9114 §7.2.4, RFC 9204 §5).
    fn settings(
        &mut self,
        from: StreamKey,
        settings: &[(u64, u64)],
        at: Stamp,
        cx: &mut Context<'_>,
    ) {
        let by = from.direction;
        self.ends.of_mut(by).has_settings = true;
        if settings.iter().any(|(number, _)| (2..=5).contains(number)) {
            cx.anomaly(faults::bad_frame(from.id, "a setting that HTTP/2 alone has"));
        }
        let mut numbers: Vec<u64> = settings.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        if !numbers.is_sorted_by(|one, next| one < next) {
            cx.anomaly(faults::bad_frame(from.id, "a setting twice"));
        }
        let capacity = settings.iter().find(|(number, _)| *number == TABLE);
        self.ends.of_mut(!by).qpack.allow(capacity.map_or(0, |(_, bytes)| *bytes));
        let settings = settings.iter().take(SETTINGS).copied().collect();
        let version = Version::Http3;
        cx.emit(EventBody::Multiplex(Multiplex::Settings { by, version, settings }.into()));
        self.settled(!by, Some(at), cx);
    }

    /// The SETTINGS of one end will not be seen.
    pub(super) fn no_settings(&mut self, by: Direction, cx: &mut Context<'_>) {
        self.ends.of_mut(!by).qpack.miss_settings();
        self.settled(!by, None, cx);
    }

    /// One end begins to close (RFC 9114 §5.2): a server works on no request from a stream on, a
    /// client takes no push from a number on.
    fn go_away(&mut self, from: StreamKey, first: u64, at: Stamp, cx: &mut Context<'_>) {
        let by = from.direction;
        let is_server = by == Direction::ToClient;
        let last_stream = first.checked_sub(if is_server { 4 } else { 1 });
        let said = GoAway { at, by, last_stream, code: None, text: "".into() };
        cx.emit(EventBody::Multiplex(Multiplex::GoAway(said).into()));
        if !is_server {
            return;
        }
        if !first.is_multiple_of(4) {
            cx.anomaly(faults::bad_frame(from.id, "a GOAWAY of a stream that is no request's"));
        }
        if self.refused.is_some_and(|(before, _)| before < first) {
            let how = "a GOAWAY that gives up less than the one before it";
            return cx.anomaly(faults::bad_frame(from.id, how));
        }
        let reset = Reset { by, code: ErrorCode::H3_REQUEST_REJECTED, unprocessed: true };
        self.refused = Some((first, reset));
        for id in self.exchanges.numbers_from(first).into_iter().filter(|id| id.is_multiple_of(4)) {
            if let Some(mut exchange) = self.exchanges.take_open(id) {
                self.give_up(&mut exchange, id, reset, cx);
                self.exchanges.put(id, exchange);
            }
        }
    }

    /// A request that the client sent before it had read the server's GOAWAY is not worked on
    /// either.
    pub(super) fn refuse_late(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        cx: &mut Context<'_>,
    ) {
        if let Some((_, reset)) = self.refused.filter(|(first, _)| from.id >= *first) {
            self.give_up(exchange, from.id, reset, cx);
        }
    }

    fn give_up(&mut self, exchange: &mut Exchange, id: u64, reset: Reset, cx: &mut Context<'_>) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let from = StreamKey { id, direction };
            self.force_all(exchange, from, cx);
            self.refuse(exchange, from, reset, cx);
        }
    }

    /// A stream's priority; of one that has not begun yet, the latest is told once that begins
    /// (RFC 9218 §7).
    fn prioritized(&mut self, stream: u64, priority: Priority, cx: &mut Context<'_>) {
        if self.exchanges.has_asked(stream) {
            let id = MessageId { stream, nth: 0 };
            cx.emit(EventBody::Http(HttpEvent::Prioritized { id, priority }));
        } else if !self.exchanges.is_over(stream) {
            self.early.retain(|(early, _)| *early != stream);
            if self.early.len() >= EARLY {
                self.early.pop_front();
            }
            self.early.push_back((stream, priority));
        }
    }
}

/// SETTINGS_QPACK_MAX_TABLE_CAPACITY (RFC 9204 §5).
const TABLE: u64 = 1;

/// Settings kept of one frame: twice as many as are defined.
const SETTINGS: usize = 24;

/// Priorities of streams that have not begun: some tens are said ahead.
const EARLY: usize = 64;
