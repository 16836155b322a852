//! An analyzer and its buffers for one flow.
//!
//! Takes what a flow says, gives what a protocol makes of it. A [`Session`] can stand inside an
//! analyzer (TLS) that feeds it decrypted bytes: it cannot tell them from those of a flow. It
//! never looks at bytes itself but to find out their protocol.

mod buffers;

use std::ops::Range;

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, StreamEvent};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey, StreamReset};
use crate::protocol::budget::Share;
use crate::protocol::detect::{self, Decision};
use crate::protocol::event::{ConnectionEvent, EventBody};
use crate::protocol::session::buffers::Buffers;
use crate::time::Stamp;

/// One analyzer and its buffers; before that, the search for the right one.
#[derive(Default)]
pub struct Session {
    state: State,
    buffers: Buffers,
    /// What it holds; none where it never held anything.
    share: Option<Share>,
}

impl Session {
    /// A session whose protocol is to be found out.
    pub fn new() -> Self {
        Self::default()
    }

    /// A session of a protocol that is known already, by ALPN for instance.
    pub fn reading(protocol: &'static Protocol, cx: &mut Context<'_>) -> Self {
        let mut session = Self::default();
        session.start(protocol, Early::default(), cx);
        session
    }

    /// A session that reads nothing.
    pub fn nothing() -> Self {
        Self { state: State::Over, ..Self::default() }
    }

    /// True where nothing is read any more: what comes is dropped.
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// True where it is not known yet what is read.
    pub const fn is_undecided(&self) -> bool {
        matches!(self.state, State::Undecided(_))
    }

    /// What comes next in a stream. Whoever numbers streams other than 0 bounds their number.
    pub fn stream(&mut self, from: StreamKey, event: StreamEvent, cx: &mut Context<'_>) {
        match event {
            StreamEvent::Data { offset, bytes, arrived, delivered } => {
                if let State::Reading(_) = &self.state {
                    self.buffers.of(from).push(bytes, arrived, delivered);
                    self.read(from, cx);
                } else {
                    self.search(from, offset, bytes, (arrived, delivered), cx);
                }
            }
            StreamEvent::Gap { range, reason, .. } => {
                self.decide_now(from, cx);
                self.gap(from, range, reason, cx);
            }
            StreamEvent::End { reason, .. } => {
                self.decide_now(from, cx);
                self.end(from, reason, cx);
            }
        }
        self.buffers.weigh(from);
        self.account(cx);
    }

    /// Pieces of a stream that could be read at one moment: they are read together once the
    /// protocol is known.
    pub fn pieces(
        &mut self,
        from: StreamKey,
        mut offset: u64,
        pieces: impl Iterator<Item = (Bytes, Stamp, Stamp)>,
        cx: &mut Context<'_>,
    ) {
        let mut has_unread = false;
        for (bytes, arrived, delivered) in pieces {
            let end = offset.saturating_add(bytes.len() as u64);
            if let State::Reading(_) = &self.state {
                self.buffers.of(from).push(bytes, arrived, delivered);
                has_unread = true;
            } else {
                self.search(from, offset, bytes, (arrived, delivered), cx);
            }
            offset = end;
        }
        if has_unread {
            self.read(from, cx);
        }
    }

    /// Lets the analyzer read what has come.
    fn read(&mut self, from: StreamKey, cx: &mut Context<'_>) {
        let State::Reading(analyzer) = &mut self.state else { return };
        let buffer = self.buffers.of(from);
        let progress = analyzer.data(from, buffer, cx);
        let unread = buffer.len();
        self.settle(progress, unread, cx);
    }

    /// A datagram, `missing` bytes of which were not captured.
    pub fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) {
        if let State::Undecided(early) = &mut self.state {
            match detect::decide(cx.protocols, cx.flow, direction, bytes, true) {
                Decision::Found(protocol) => self.start(protocol, Early::default(), cx),
                Decision::Wait | Decision::Nothing => {
                    early.datagrams = early.datagrams.saturating_add(1);
                    if early.datagrams >= cx.limits.probe_datagrams {
                        self.stop();
                    }
                }
            }
        }
        if let State::Reading(analyzer) = &mut self.state
            && analyzer.datagram(direction, bytes, missing, cx) == Progress::Done
        {
            self.stop();
        }
        self.account(cx);
    }

    /// A direction of a stream was given up.
    pub fn reset(&mut self, from: StreamKey, reset: StreamReset, cx: &mut Context<'_>) {
        match &mut self.state {
            State::Reading(analyzer) => {
                analyzer.reset(from, reset, self.buffers.of(from), cx);
                self.buffers.forget(from);
            }
            State::Undecided(_) | State::Over => self.end(from, EndReason::Rst, cx),
        }
        self.buffers.weigh(from);
        self.account(cx);
    }

    /// There are more secrets than before.
    pub fn secrets(&mut self, cx: &mut Context<'_>) {
        if let State::Reading(analyzer) = &mut self.state {
            analyzer.secrets(cx);
        }
    }

    /// The flow is over.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        if let State::Reading(analyzer) = &mut self.state {
            analyzer.close(cx);
        }
        self.stop();
    }

    fn gap(&mut self, from: StreamKey, range: Range<u64>, reason: GapReason, cx: &mut Context<'_>) {
        match &mut self.state {
            State::Undecided(early) => early.lose(from.direction, range, reason),
            State::Reading(analyzer) => {
                let buffer = self.buffers.of(from);
                let progress = analyzer.gap(from, range, reason, buffer, cx);
                let unread = buffer.len();
                self.settle(progress, unread, cx);
            }
            State::Over => {}
        }
    }

    fn end(&mut self, from: StreamKey, reason: EndReason, cx: &mut Context<'_>) {
        match &mut self.state {
            State::Undecided(early) => {
                *early.ended.of_mut(from.direction) = Some(reason);
                if early.is_hopeless() {
                    self.stop();
                }
            }
            State::Reading(analyzer) => {
                analyzer.end(from, reason, self.buffers.of(from), cx);
                self.buffers.forget(from);
            }
            State::Over => {}
        }
    }

    /// Looks at bytes of an unknown protocol. What waits for more is copied, since a slice of
    /// some bytes would hold a whole block of the capture.
    fn search(
        &mut self,
        from: StreamKey,
        offset: u64,
        bytes: Bytes,
        (arrived, delivered): (Stamp, Stamp),
        cx: &mut Context<'_>,
    ) {
        let State::Undecided(early) = &mut self.state else { return };
        let end = offset.saturating_add(bytes.len() as u64);
        if *early.given_up.of(from.direction) {
            early.lose(from.direction, end..end, GapReason::OverBudget);
            return;
        }
        let buffer = self.buffers.of(from);
        let waiting = buffer.len();
        let last = waiting.saturating_add(bytes.len()) >= cx.limits.probe_bytes;
        let decision = if waiting == 0 {
            detect::decide(cx.protocols, cx.flow, from.direction, &bytes, last)
        } else {
            let mut joined = buffer.peek(waiting).into_owned();
            joined.extend(bytes.iter().take(cx.limits.probe_bytes));
            detect::decide(cx.protocols, cx.flow, from.direction, &joined, last)
        };
        match decision {
            Decision::Found(protocol) => {
                buffer.push(bytes, arrived, delivered);
                let early = std::mem::take(early);
                self.start(protocol, early, cx);
            }
            Decision::Wait => buffer.push(Bytes::copy_from_slice(&bytes), arrived, delivered),
            Decision::Nothing => self.give_up(from, end),
        }
    }

    /// Nothing follows the bytes that wait in one direction: they must do.
    fn decide_now(&mut self, from: StreamKey, cx: &mut Context<'_>) {
        let State::Undecided(early) = &mut self.state else { return };
        let buffer = self.buffers.of(from);
        if buffer.is_empty() {
            return;
        }
        let bytes = buffer.peek(buffer.len());
        match detect::decide(cx.protocols, cx.flow, from.direction, &bytes, true) {
            Decision::Found(protocol) => {
                let early = std::mem::take(early);
                self.start(protocol, early, cx);
            }
            Decision::Wait | Decision::Nothing => {
                let end = buffer.consumed().saturating_add(bytes.len() as u64);
                drop(bytes);
                self.give_up(from, end);
            }
        }
    }

    /// One direction's first bytes are those of no protocol: the other may still tell.
    fn give_up(&mut self, from: StreamKey, end: u64) {
        self.buffers.of(from).clear();
        if let State::Undecided(early) = &mut self.state {
            early.give_up(from.direction, end);
            if early.is_hopeless() {
                self.stop();
            }
        }
    }

    /// Begins to read, first what came before the protocol was known.
    fn start(&mut self, protocol: &'static Protocol, early: Early, cx: &mut Context<'_>) {
        cx.emit(EventBody::Connection(ConnectionEvent::Protocol(protocol.name)));
        self.state = State::Reading((protocol.start)(cx.flow));
        let Early { mut lost, ended, .. } = early;
        for direction in [Direction::ToServer, Direction::ToClient] {
            let from = StreamKey { id: 0, direction };
            if let Some((range, reason)) = lost.of_mut(direction).take() {
                self.gap(from, range, reason, cx);
            }
            if let State::Reading(analyzer) = &mut self.state {
                let buffer = self.buffers.of(from);
                if !buffer.is_empty() {
                    let progress = analyzer.data(from, buffer, cx);
                    let unread = buffer.len();
                    self.settle(progress, unread, cx);
                }
            }
            if let Some(reason) = *ended.of(direction) {
                self.end(from, reason, cx);
            }
        }
    }

    fn settle(&mut self, progress: Progress, unread: usize, cx: &mut Context<'_>) {
        if progress == Progress::Done {
            self.stop();
        } else if unread > cx.limits.buffer_per_stream {
            let text = format!("{unread} bytes of a stream could not be read: reading it stops");
            cx.anomaly(Anomaly::new("stream.buffer-full", Class::Limit, text));
            self.stop();
        }
    }

    /// Takes what is held now from the budget of all flows; where that has no room, nothing more
    /// is read.
    fn account(&mut self, cx: &mut Context<'_>) {
        let kept = if let State::Reading(analyzer) = &self.state { analyzer.held() } else { 0 };
        let held = self.buffers.held().saturating_add(kept);
        if held == 0 && self.share.is_none() {
            return;
        }
        let share = self.share.get_or_insert_with(|| cx.budgets.held.share());
        if !share.resize(held) {
            let text = format!(
                "{held} bytes to read this connection on are more than is left for all connections: \
                 reading it stops"
            );
            cx.anomaly(Anomaly::new("stream.budget-full", Class::Limit, text));
            self.stop();
        }
    }

    fn stop(&mut self) {
        *self = Self::nothing();
    }
}

enum State {
    /// Not enough has come to tell the protocol.
    Undecided(Early),
    Reading(Box<dyn Analyzer>),
    /// No protocol, or no more to learn.
    Over,
}

impl Default for State {
    fn default() -> Self {
        Self::Undecided(Early::default())
    }
}

/// What happened before the protocol was known.
#[derive(Default)]
struct Early {
    /// Bytes before those in the buffer that no analyzer will see.
    lost: PerDirection<Option<(Range<u64>, GapReason)>>,
    ended: PerDirection<Option<EndReason>>,
    /// True where the first bytes are those of no protocol.
    given_up: PerDirection<bool>,
    /// Datagrams that told nothing.
    datagrams: u8,
}

impl Early {
    fn lose(&mut self, direction: Direction, range: Range<u64>, reason: GapReason) {
        let lost = self.lost.of_mut(direction);
        *lost = Some(match lost.take() {
            Some((before, first)) => (before.start..range.end, first),
            None => (range, reason),
        });
    }

    fn give_up(&mut self, direction: Direction, end: u64) {
        *self.given_up.of_mut(direction) = true;
        self.lose(direction, 0..end, GapReason::OverBudget);
    }

    /// True where neither direction can tell any more.
    fn is_hopeless(&self) -> bool {
        [Direction::ToServer, Direction::ToClient]
            .into_iter()
            .all(|direction| *self.given_up.of(direction) || self.ended.of(direction).is_some())
    }
}

#[cfg(test)]
mod tests;
