//! One HTTP/2 connection: two directions of frames, and the streams that they make.

mod blocks;
mod control;
mod data;
mod frames;
mod said;
mod state;

pub use state::Connection;

use std::collections::VecDeque;
use std::ops::Range;

use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, Role};
use crate::limits::Limits;
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, Progress, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, MessageId};
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http::stream::runs::Runs;
use crate::protocol::http2::connection::state::{Pings, State, Way};
use crate::protocol::http2::faults;
use crate::protocol::http2::frame::{HEAD, Head, Kind};
use crate::protocol::http2::hpack::Decoder;
use crate::protocol::http2::probe::{self, PREFACE};
use crate::protocol::http2::streams::Streams;
use crate::protocol::http2::windows::Windows;
use crate::time::Frames;

impl Connection {
    /// An analyzer for a new connection.
    pub fn new(flow: &FlowInfo) -> Self {
        Self::begun(matches!(flow.role, Role::Syn | Role::SynAck))
    }

    fn begun(from_the_start: bool) -> Self {
        // A capture that begins later begins anywhere in a frame.
        let of_server = if from_the_start { State::Head } else { State::Lost };
        Self {
            ways: PerDirection {
                to_server: Way::new(State::Preface, from_the_start),
                to_client: Way::new(of_server, from_the_start),
            },
            streams: Streams::default(),
            windows: PerDirection {
                to_server: Windows::new(Direction::ToServer, from_the_start),
                to_client: Windows::new(Direction::ToClient, from_the_start),
            },
            pings: Pings::default(),
            runs: Runs::default(),
            early: VecDeque::new(),
            last_worked_on: None,
            from_the_start,
        }
    }

    /// A connection of HTTP/1 goes on in HTTP/2 (RFC 7540 §3.2): its request becomes the first
    /// stream, and says what the client's SETTINGS are.
    pub fn upgraded(
        request: MessageId,
        is_head: bool,
        settings: &[u8],
        cx: &mut Context<'_>,
    ) -> Self {
        let mut connection = Self::begun(true);
        connection.streams.upgraded(request, is_head);
        connection.upgrade_settings(settings, cx);
        connection
    }

    fn read(&mut self, way: Direction, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        loop {
            let state = self.ways.of(way).state;
            let next = match state {
                State::Preface => self.preface(way, buffer, cx),
                State::Head => self.head(way, buffer, cx),
                State::Payload(head) => self.payload(way, head, buffer, cx),
                State::Data(data) => self.data(way, data, buffer, cx),
                State::Skip(left) => skip(left, buffer),
                State::Lost => seek(buffer),
            };
            let Some(next) = next else { return };
            self.ways.of_mut(way).state = next;
        }
    }

    /// The client begins, or the capture does.
    fn preface(
        &mut self,
        way: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let bytes = buffer.peek(PREFACE.len());
        if *bytes == *PREFACE {
            drop(bytes);
            buffer.skip(PREFACE.len(), &mut Frames::default());
            let has_begun = std::mem::replace(&mut self.from_the_start, true);
            let ways = [Direction::ToServer, Direction::ToClient];
            for way in ways.into_iter().filter(|_| !has_begun) {
                self.ways.of_mut(way).hpack = Decoder::new(cx.limits.hpack_table);
                *self.windows.of_mut(way) = Windows::new(way, true);
            }
            return Some(State::Head);
        }
        if PREFACE.starts_with(&bytes) {
            return None;
        }
        if self.from_the_start {
            cx.anomaly(faults::no_preface());
            self.ways.of_mut(way).hpack.forget();
        }
        Some(State::Lost)
    }

    fn head(
        &mut self,
        way: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<State> {
        let head = Head::of(&buffer.peek(HEAD))?;
        let is_block = self.ways.of(way).block.is_some();
        if is_block && head.kind != Kind::CONTINUATION {
            cx.anomaly(faults::bad_frame(head.stream, "a frame within a header block"));
            self.lose_block(way, GapReason::NeverSent, cx);
        }
        if head.kind == Kind::DATA {
            return Some(self.begin_data(way, head, buffer, cx));
        }
        if !is_read(head.kind) {
            buffer.skip(HEAD, &mut Frames::default());
            return Some(State::Skip(head.length));
        }
        if head.length as usize > cx.limits.http_head {
            cx.anomaly(faults::large_frame(head.stream, head.length));
            self.lose_block(way, GapReason::OverBudget, cx);
            buffer.skip(HEAD, &mut Frames::default());
            return Some(State::Skip(head.length));
        }
        Some(State::Payload(head))
    }

    /// A hole of which nobody knows what was in it.
    fn lose_step(&mut self, way: Direction, reason: GapReason, cx: &mut Context<'_>) {
        self.lose_block(way, reason, cx);
        self.windows.to_server.forget();
        self.windows.to_client.forget();
        self.streams.missed();
        self.runs.missed();
        for (_, stream) in self.streams.iter_mut() {
            stream.lose(way, reason, cx);
        }
    }
}

impl Way {
    fn new(state: State, from_the_start: bool) -> Self {
        let mut hpack = Decoder::new(Limits::default().hpack_table);
        if !from_the_start {
            hpack.forget();
        }
        Self { state, hpack, block: None }
    }

    /// Bytes of memory that its table takes, and the block that is on its way.
    fn held(&self) -> usize {
        let block = self.block.as_ref().map_or(0, |block| block.bytes.capacity());
        self.hpack.held() + block
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
        Progress::More
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
        let state = match self.ways.of(way).state {
            State::Data(data) => self.hole_in_data(way, data, missing, reason, cx),
            State::Skip(left) => left_after(left, missing).map(State::Skip),
            State::Payload(head) => {
                let there = u32::try_from(buffer.len().saturating_sub(HEAD)).unwrap_or(u32::MAX);
                self.hole_in_payload(way, head, reason, buffer, cx);
                left_after(head.length.saturating_sub(there), missing).map(State::Skip)
            }
            State::Preface | State::Head | State::Lost => None,
        };
        buffer.clear();
        if state.is_none() {
            self.lose_step(way, reason, cx);
        }
        self.ways.of_mut(way).state = state.unwrap_or(State::Lost);
        Progress::More
    }

    fn held(&self) -> usize {
        let ways = [&self.ways.to_server, &self.ways.to_client];
        ways.into_iter().fold(self.streams.held(), |held, way| held.saturating_add(way.held()))
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let way = from.direction;
        buffer.clear();
        let side = self.ways.of_mut(way);
        side.block = None;
        // nothing refers to it any more, though the connection is remembered for a while
        side.hpack = Decoder::new(0);
        let open = self.streams.iter_mut().filter_map(|(id, stream)| {
            stream.side(way).open()?;
            Some(id)
        });
        let open: Vec<u32> = open.collect();
        for stream in open {
            self.finish(way, stream, (Ending::Cut(reason), cx.now), cx);
        }
        self.windows.of_mut(way).finish(|blocked| {
            cx.emit(EventBody::Multiplex(Multiplex::Blocked(blocked).into()));
        });
    }
}

/// What is left of so many bytes once some are missing; none where more are missing.
fn left_after(left: u32, missing: u64) -> Option<u32> {
    u32::try_from(u64::from(left).checked_sub(missing)?).ok()
}

fn skip(left: u32, buffer: &mut StreamBuffer) -> Option<State> {
    let ready = buffer.len().min(left as usize);
    buffer.skip(ready, &mut Frames::default());
    let left = left.saturating_sub(u32::try_from(ready).unwrap_or(u32::MAX));
    if left == 0 {
        return Some(State::Head);
    }
    (ready > 0).then_some(State::Skip(left))
}

/// Looks for the head of a frame.
fn seek(buffer: &mut StreamBuffer) -> Option<State> {
    let bytes = buffer.peek(buffer.len());
    for (at, byte) in bytes.iter().enumerate() {
        // Frames that are searched for are shorter than 64 KiB.
        if *byte != 0 {
            continue;
        }
        let found = probe::frames(bytes.get(at..).unwrap_or_default());
        if found == probe::Frames::None {
            continue;
        }
        drop(bytes);
        buffer.skip(at, &mut Frames::default());
        return (found == probe::Frames::Whole).then_some(State::Head);
    }
    drop(bytes);
    buffer.clear();
    None
}

/// Kinds of frames that say something here.
const fn is_read(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::HEADERS
            | Kind::PRIORITY
            | Kind::RST_STREAM
            | Kind::SETTINGS
            | Kind::PUSH_PROMISE
            | Kind::PING
            | Kind::GOAWAY
            | Kind::WINDOW_UPDATE
            | Kind::CONTINUATION
            | Kind::ALTSVC
            | Kind::ORIGIN
            | Kind::PRIORITY_UPDATE
    )
}
