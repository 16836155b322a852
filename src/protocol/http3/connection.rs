//! One HTTP/3 connection: its streams, and what they need of each other.

mod blocked;
mod control;
mod messages;
mod sections;
mod singles;
mod state;

pub use state::Connection;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use bytes::Bytes;

use crate::cursor::Cursor;
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection};
use crate::limits::Limits;
use crate::protocol::analyzer::{Analyzer, Context, Progress, StreamKey, StreamReset};
use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, HttpEvent, MessageId, MessageKind, StreamMessage};
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http::stream::runs::Runs;
use crate::protocol::http3::connection::state::{End, Told};
use crate::protocol::http3::faults;
use crate::protocol::http3::streams::{Exchanges, Input};

/// What kind of stream a number is of (RFC 9000 §2.1).
enum Carries {
    /// Begun by the client, in both directions: a request and its response.
    Exchange,
    /// Begun by the server, in both directions: HTTP has none.
    Foreign,
    /// In one direction.
    Single,
}

impl Carries {
    const fn of(id: u64) -> Self {
        match id & 3 {
            0 => Self::Exchange,
            1 => Self::Foreign,
            _ => Self::Single,
        }
    }
}

impl Connection {
    /// An analyzer for a connection.
    pub fn new() -> Self {
        let table = Limits::default().hpack_table;
        Self {
            ends: PerDirection { to_server: End::new(table), to_client: End::new(table) },
            exchanges: Exchanges::default(),
            singles: BTreeMap::new(),
            is_full: false,
            pushes: BTreeMap::new(),
            pushed: VecDeque::new(),
            runs: Runs::default(),
            early: VecDeque::new(),
            refused: None,
            waiting: 0,
            told: Told::default(),
        }
    }

    /// Streams that the server begins in both directions are of WebTransport, if of anything.
    fn foreign(&mut self, buffer: &mut StreamBuffer, cx: &mut Context<'_>) {
        self.webtransport(Direction::ToClient, cx);
        buffer.clear();
    }

    /// There are streams of WebTransport, which are not read.
    fn webtransport(&mut self, by: Direction, cx: &mut Context<'_>) {
        if !std::mem::replace(&mut self.told.webtransport, true) {
            let text = "opens streams of WebTransport".to_owned();
            cx.emit(EventBody::Multiplex(Multiplex::Note { by, text }.into()));
        }
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self::new()
    }
}

impl Analyzer for Connection {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        match Carries::of(from.id) {
            Carries::Exchange => self.come(from, buffer, cx),
            Carries::Foreign => self.foreign(buffer, cx),
            Carries::Single => self.single(from, buffer, cx),
        }
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
        let missing = range.end.saturating_sub(range.start);
        match Carries::of(from.id) {
            Carries::Exchange => self.input(from, Input::Gap(missing, reason), buffer, cx),
            Carries::Foreign => buffer.clear(),
            Carries::Single => self.single_gap(from, missing, reason, buffer, cx),
        }
        Progress::More
    }

    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        let mut cursor = Cursor::new(bytes);
        // RFC 9297 §2.1: a quarter of the number of the stream of its request
        let Ok(quarter) = cursor.varint() else {
            cx.anomaly(faults::bad_datagram());
            return Progress::More;
        };
        let stream = quarter.saturating_mul(4);
        if !self.exchanges.has(stream) {
            if !std::mem::replace(&mut self.told.datagrams, true) {
                let text = "sends datagrams of streams that are not open".to_owned();
                cx.emit(EventBody::Multiplex(Multiplex::Note { by: direction, text }.into()));
            }
            return Progress::More;
        }
        let (wire, missing) = (bytes.len() as u64, u64::from(missing));
        let size = cursor.rest().len() as u64;
        let message = StreamMessage {
            direction,
            kind: MessageKind::Datagram,
            wire: wire.saturating_add(missing),
            size: size.saturating_add(missing),
            decoded: Some(size).filter(|_| missing == 0),
            fragments: 1,
            how: if missing == 0 { Ending::Whole } else { Ending::Gap(GapReason::Truncated) },
            span: Span::at(cx.now),
            frames: [cx.now.frame].into_iter().collect(),
        };
        let id = MessageId { stream, nth: 0 };
        cx.emit(EventBody::Http(HttpEvent::Message { id, message: message.into() }));
        Progress::More
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        match Carries::of(from.id) {
            Carries::Exchange => self.input(from, Input::End(reason), buffer, cx),
            Carries::Foreign => buffer.clear(),
            Carries::Single => self.single_input(from, Input::End(reason), buffer, cx),
        }
    }

    fn reset(
        &mut self,
        from: StreamKey,
        reset: StreamReset,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        match Carries::of(from.id) {
            Carries::Exchange => self.input(from, Input::Reset(reset), buffer, cx),
            Carries::Foreign => buffer.clear(),
            Carries::Single => self.single_input(from, Input::Reset(reset), buffer, cx),
        }
    }

    fn held(&self) -> usize {
        let tables = self.ends.to_server.qpack.held() + self.ends.to_client.qpack.held();
        let singles = self.singles.len().saturating_mul(SINGLE);
        let pushes = self.pushes.values().fold(0_usize, |held, push| {
            let promise = push.promise.as_ref().map_or(0, |(head, _)| head.size as usize);
            held.saturating_add(promise.saturating_mul(PROMISE)).saturating_add(PROMISE)
        });
        self.exchanges.held().saturating_add(tables).saturating_add(singles).saturating_add(pushes)
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        let mut nothing = StreamBuffer::default();
        for id in self.exchanges.numbers_from(0) {
            for direction in [Direction::ToServer, Direction::ToClient] {
                let end = Input::End(EndReason::CaptureEnd);
                self.input(StreamKey { id, direction }, end, &mut nothing, cx);
            }
        }
        for (number, push) in std::mem::take(&mut self.pushes) {
            if let Some((head, _)) = push.promise {
                let (method, target) = (head.method.as_deref(), head.target.as_deref());
                let what = format!("{} {}", method.unwrap_or("?"), target.unwrap_or("?"));
                let text = format!("promises push {number}, {what}, and does not push it");
                let by = Direction::ToClient;
                cx.emit(EventBody::Multiplex(Multiplex::Note { by, text }.into()));
            }
        }
    }
}

/// What a stream in one direction takes.
const SINGLE: usize = 64;

/// What a promise takes for each of its bytes, and beside them.
const PROMISE: usize = 16;
