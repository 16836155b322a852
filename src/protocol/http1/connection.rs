//! One HTTP/1 connection: two directions that are each in one of four states.

mod child;
mod messages;
mod state;

pub use state::Connection;

use std::ops::Range;

use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, Role};
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, Progress, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, HttpEvent};
use crate::protocol::http1::connection::child::Child;
use crate::protocol::http1::connection::state::{Cut, State};
use crate::protocol::http1::faults;
use crate::protocol::http1::head::{self, Search};
use crate::protocol::http1::incoming::{AfterGap, Incoming, Step};
use crate::protocol::http1::pairing::Pairing;
use crate::protocol::http1::start::{self, Looks};
use crate::time::Frames;

/// Whether to go on with what is in the buffer.
enum Then {
    Again(State),
    Wait(State),
}

impl Connection {
    /// An analyzer for a new connection.
    pub fn new(flow: &FlowInfo) -> Self {
        Self {
            states: PerDirection {
                to_server: State::Head(Search::head()),
                to_client: State::Head(Search::head()),
            },
            pairing: Pairing::default(),
            from_the_start: matches!(flow.role, Role::Syn | Role::SynAck),
            child: None,
            is_http2: false,
        }
    }

    fn read(&mut self, way: Direction, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        loop {
            let then = match std::mem::take(self.states.of_mut(way)) {
                State::Head(search) => self.head(way, search, buffer, cx),
                State::Body(incoming) => self.body(way, incoming, buffer, cx),
                State::Lost(incoming) => self.lost(way, incoming, buffer, cx),
                State::Over => {
                    match &mut self.child {
                        Some(child) => child.data(way, buffer, cx),
                        None => buffer.clear(),
                    }
                    Then::Wait(State::Over)
                }
            };
            match then {
                Then::Again(state) => *self.states.of_mut(way) = state,
                Then::Wait(state) => {
                    *self.states.of_mut(way) = state;
                    return;
                }
            }
        }
    }

    fn head(
        &mut self,
        way: Direction,
        mut search: Search,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Then {
        if search.looked_at() == 0 {
            start::skip_blank_lines(buffer);
        }
        if buffer.is_empty() {
            return Then::Wait(State::Head(Search::head()));
        }
        if search.looked_at() < BEGINNING
            && let Some(then) = self.unlike(way, buffer, cx)
        {
            return then;
        }
        let had_line = search.first_line().is_some();
        let size = match (search.run(buffer), search.first_line()) {
            (Some(size), _) => size,
            (None, Some(line))
                if !had_line
                    && way == Direction::ToServer
                    && start::is_bare_request(&buffer.peek(line)) =>
            {
                line
            }
            (None, _) if buffer.len() > cx.limits.http_head => {
                cx.anomaly(faults::head_too_long(cx.limits));
                let state = self.cut(way, Cut::Gap(GapReason::OverBudget), buffer, cx);
                return Then::Again(state);
            }
            (None, _) => return Then::Wait(State::Head(search)),
        };
        let state = self.open(way, size, Cut::No, buffer, cx).unwrap_or_else(|| {
            cx.anomaly(faults::no_message(way, &buffer.peek(size)));
            self.lose(way, size as u64);
            // What looked like a start and is none would be found again, for ever.
            buffer.skip(search.first_line().unwrap_or(size), &mut Frames::default());
            State::Lost(None)
        });
        Then::Again(state)
    }

    /// Reads a head of `size` bytes, or as much of one as there will be; nothing is taken where
    /// it is none.
    fn open(
        &mut self,
        way: Direction,
        size: usize,
        cut: Cut,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let bytes = buffer.peek(size);
        Some(match way {
            Direction::ToServer => {
                let parsed = head::request(&bytes, cx.limits)?;
                drop(bytes);
                self.request(parsed, size, cut, buffer, cx)
            }
            Direction::ToClient => {
                let parsed = head::response(&bytes, cx.limits)?;
                drop(bytes);
                self.response(parsed, size, cut, buffer, cx)
            }
        })
    }

    /// What to do where no head begins.
    fn unlike(
        &mut self,
        way: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<Then> {
        let bytes = buffer.peek(BEGINNING);
        let http2 = way == Direction::ToServer && start::begins_http2(&bytes);
        let looks = match way {
            _ if http2 => Looks::Unlike,
            Direction::ToServer => start::begins_request(&bytes),
            Direction::ToClient => start::begins_response(&bytes),
        };
        if looks != Looks::Unlike {
            return None;
        }
        if way == Direction::ToServer && self.pairing.may_switch() {
            // The other protocol already, most likely: the response will tell.
            return Some(Then::Wait(State::Head(Search::head())));
        }
        if http2 {
            cx.anomaly(faults::http2_begins());
            self.is_http2 = true;
            return Some(Then::Again(State::Over));
        }
        if way == Direction::ToClient && self.pairing.front().is_some_and(|front| front.is_bare) {
            return Some(Then::Again(self.bare_response(buffer, cx)));
        }
        if way == Direction::ToClient && self.is_http2 {
            return Some(Then::Again(State::Over));
        }
        if self.from_the_start || buffer.consumed() > 0 {
            cx.anomaly(faults::no_message(way, &bytes));
        }
        Some(Then::Again(State::Lost(None)))
    }

    fn body(
        &mut self,
        way: Direction,
        mut incoming: Box<Incoming>,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Then {
        let step = incoming.advance(buffer, cx.limits);
        let id = incoming.id;
        for message in incoming.events() {
            let message = message.into();
            cx.emit(EventBody::Http(HttpEvent::Message { id, message }));
        }
        match step {
            Step::More => Then::Wait(State::Body(incoming)),
            Step::Whole => {
                self.finish(way, *incoming, Ending::Whole, cx);
                Then::Again(self.next_head())
            }
            Step::Broken(why) => {
                cx.anomaly(faults::chunk_broken(why));
                self.finish(way, *incoming, Ending::Malformed, cx);
                Then::Again(State::Lost(None))
            }
        }
    }

    /// Looks for the next start of a message.
    fn lost(
        &mut self,
        way: Direction,
        mut incoming: Option<Box<Incoming>>,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Then {
        let expected =
            way == Direction::ToServer || self.pairing.expects_response(self.from_the_start);
        let is_start = |bytes: &[u8]| match way {
            _ if !expected => Looks::Unlike,
            Direction::ToServer => start::is_usual_request(bytes),
            Direction::ToClient => start::is_response(bytes),
        };
        let found = start::seek(buffer, is_start, |buffer, n| match &mut incoming {
            Some(incoming) => incoming.pass(n, buffer, cx.limits),
            None => {
                buffer.skip(n, &mut Frames::default());
            }
        });
        if !found {
            return Then::Wait(State::Lost(incoming));
        }
        if let Some(incoming) = incoming {
            let how = incoming.gap_reason().map_or(Ending::Malformed, Ending::Gap);
            self.finish(way, *incoming, how, cx);
        }
        Then::Again(self.next_head())
    }

    /// Bytes are missing in the middle of a head, or nothing follows it: what is there of it is
    /// told, if its first line is whole.
    fn cut(
        &mut self,
        way: Direction,
        cut: Cut,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> State {
        let bytes = buffer.peek(cx.limits.http_head);
        let lines = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        drop(bytes);
        let state = self.open(way, lines, cut, buffer, cx);
        state.unwrap_or_else(|| {
            self.lose(way, buffer.len() as u64);
            // Not looked at again: the same bytes would look like a head again.
            buffer.clear();
            State::Lost(None)
        })
    }

    /// Bytes are missing in which whole messages may have been.
    fn lose(&mut self, way: Direction, bytes: u64) {
        match way {
            Direction::ToServer => self.pairing.lose_requests(),
            Direction::ToClient => self.pairing.lose_responses(bytes),
        }
    }

    const fn next_head(&self) -> State {
        if self.child.is_some() { State::Over } else { State::Head(Search::head()) }
    }

    fn progress(&self) -> Progress {
        let is_over = self.child.as_ref().is_none_or(Child::is_over);
        match self.states {
            PerDirection { to_server: State::Over, to_client: State::Over } if is_over => {
                Progress::Done
            }
            _ => Progress::More,
        }
    }
}

impl Analyzer for Connection {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        self.read(from.direction, buffer, cx);
        self.progress()
    }

    fn gap(
        &mut self,
        from: StreamKey,
        range: Range<u64>,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let way = from.direction;
        let missing = range.end.saturating_sub(range.start);
        let state = match std::mem::take(self.states.of_mut(way)) {
            State::Head(_) if buffer.is_empty() => {
                self.lose(way, missing);
                State::Lost(None)
            }
            State::Head(_) => {
                let state = self.cut(way, Cut::Gap(reason), buffer, cx);
                self.lose(way, missing);
                state
            }
            State::Body(mut incoming) => match incoming.gap(missing, reason, buffer, cx.limits) {
                AfterGap::InStep => State::Body(incoming),
                AfterGap::Whole => {
                    self.finish(way, *incoming, Ending::Gap(reason), cx);
                    self.next_head()
                }
                AfterGap::Beyond(bytes) => {
                    self.finish(way, *incoming, Ending::Gap(reason), cx);
                    self.lose(way, bytes);
                    State::Lost(None)
                }
                AfterGap::Lost => {
                    self.lose(way, missing);
                    State::Lost(Some(incoming))
                }
            },
            State::Lost(incoming) => {
                self.lose(way, missing);
                State::Lost(incoming)
            }
            State::Over => {
                if let Some(child) = &mut self.child {
                    child.gap(way, missing, reason, buffer, cx);
                }
                State::Over
            }
        };
        *self.states.of_mut(way) = state;
        buffer.clear();
        self.progress()
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let way = from.direction;
        match std::mem::take(self.states.of_mut(way)) {
            State::Head(_) if !buffer.is_empty() && !self.pairing_waits(way) => {
                self.cut(way, Cut::End(reason), buffer, cx);
            }
            State::Body(incoming) => {
                let whole = incoming.ends_with_connection() && reason == EndReason::Fin;
                let how = if whole { Ending::Whole } else { Ending::Cut(reason) };
                self.finish(way, *incoming, how, cx);
            }
            State::Lost(Some(mut incoming)) => {
                incoming.pass(buffer.len(), buffer, cx.limits);
                let how = incoming.gap_reason().map_or(Ending::Cut(reason), Ending::Gap);
                self.finish(way, *incoming, how, cx);
            }
            State::Head(_) | State::Lost(None) | State::Over => {}
        }
        if let Some(child) = &mut self.child {
            child.end(way, reason, buffer, cx);
        }
        buffer.clear();
    }

    fn held(&self) -> usize {
        self.pairing.held() + self.child.as_ref().map_or(0, Child::held)
    }

    fn secrets(&mut self, cx: &mut Context<'_>) {
        if let Some(child) = &mut self.child {
            child.secrets(cx);
        }
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        if let Some(child) = &mut self.child {
            child.close(cx);
        }
    }
}

impl Connection {
    /// True where the bytes that wait are not known to be HTTP.
    fn pairing_waits(&self, way: Direction) -> bool {
        way == Direction::ToServer && self.pairing.may_switch()
    }
}

/// Bytes by which the beginning of a head is known from other things.
const BEGINNING: usize = 80;
