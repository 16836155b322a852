//! One TLS connection: its records in order, with what is known of their keys.

mod content;
mod estimates;
mod holes;
mod locks;
mod messages;
mod sealed;
mod search;
mod state;
#[cfg(test)]
mod tests;

pub(super) use state::Connection;

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, EndReason, GapReason, Role};
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, Progress, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::nested::Nested;
use crate::protocol::tls::probe::is_ssl2_hello;
use crate::protocol::tls::record::{Cut, Record};
use crate::protocol::tls::side::{Lock, Place};

impl Connection {
    /// An analyzer for a new connection.
    pub(super) fn new(flow: &FlowInfo) -> Self {
        let from_the_start = matches!(flow.role, Role::Syn | Role::SynAck);
        let mut connection = Self::default();
        if !from_the_start {
            for way in [Direction::ToServer, Direction::ToClient] {
                connection.sides.of_mut(way).careful = true;
            }
        }
        connection
    }

    /// Tells the child of directions that have ended, once nothing waits before their ends.
    fn pass_ends(&mut self, cx: &mut Context<'_>) {
        if self.held.waits() {
            return;
        }
        for way in [Direction::ToServer, Direction::ToClient] {
            let Some(reason) = self.ended.of_mut(way).take() else { continue };
            self.sides.of_mut(way).release();
            if let Some(child) = &mut self.child {
                child.end(way, reason, &mut cx.within_tls());
            }
        }
    }

    /// Reads the records that are whole. False where there is nothing more to read.
    fn read(&mut self, way: Direction, buffer: &mut StreamBuffer, cx: &mut Context<'_>) -> bool {
        loop {
            match self.sides.of(way).lock {
                Lock::Broken => {
                    buffer.clear();
                    return !matches!(self.sides.of(!way).lock, Lock::Broken);
                }
                Lock::Elsewhere => {
                    let child = self.child.get_or_insert_with(|| Nested::new(&mut cx.within()));
                    child.take_all(way, buffer, &mut cx.within());
                    return true;
                }
                _ => {}
            }
            if !self.find_place(way, buffer, cx) {
                return true;
            }
            if way == Direction::ToServer
                && self.client.is_none()
                && buffer.consumed() == 0
                && is_ssl2_hello(&buffer.peek(16))
            {
                if self.ssl2_hello(buffer, cx) {
                    return true;
                }
                continue;
            }
            match Record::cut(buffer) {
                Cut::Whole(record) => self.record(way, record, cx),
                Cut::Short => return true,
                Cut::NotOne if self.sides.of(way).careful => {
                    self.sides.of_mut(way).place = Place::Lost(0);
                }
                Cut::NotOne => {
                    cx.anomaly(no_record(way));
                    // a server that knows nothing of TLS answers in its own words
                    let is_answer = way == Direction::ToClient && buffer.consumed() == 0;
                    let lock = if is_answer { Lock::Elsewhere } else { Lock::Broken };
                    self.sides.of_mut(way).lock = lock;
                }
            }
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
        if self.read(from.direction, buffer, cx) { Progress::More } else { Progress::Done }
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
        if let (Lock::Elsewhere, Some(child)) =
            (&self.sides.of(from.direction).lock, &mut self.child)
        {
            return child.gap(from.direction, missing, reason, &mut cx.within());
        }
        self.lose(from.direction, missing, reason, buffer, cx);
        Progress::More
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        buffer.clear();
        *self.ended.of_mut(from.direction) = Some(reason);
        self.pass_ends(cx);
    }

    fn held(&self) -> usize {
        self.sides.to_server.held() + self.sides.to_client.held()
    }

    fn secrets(&mut self, cx: &mut Context<'_>) {
        self.retry(cx);
        self.pass_ends(cx);
        if let Some(child) = &mut self.child {
            child.secrets(&mut cx.within_tls());
        }
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        self.give_up(cx);
        self.end_estimates(cx);
        self.pass_ends(cx);
        if let Some(child) = &mut self.child {
            child.close(&mut cx.within_tls());
        }
    }
}

fn no_record(way: Direction) -> Anomaly {
    let who = if way == Direction::ToServer { "client" } else { "server" };
    let text = format!("the {who} goes on with something that is no TLS record");
    Anomaly::new("tls.no-record", Class::Malformed, text).citing("RFC 8446 §5.1")
}
