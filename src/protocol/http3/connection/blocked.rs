//! Sections that wait for entries of the table (RFC 9204 §2.1.2), and all behind them.
//!
//! They go on when the entries come; and without them, where those will not be seen: what the
//! receiver answers shows that it has read them, so the capture lacks them.

use crate::flow::event::{Direction, EndReason};
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http::stream::messages::Side;
use crate::protocol::http3::connection::state::Connection;
use crate::protocol::http3::faults;
use crate::protocol::http3::qpack::Need;
use crate::protocol::http3::streams::{Exchange, Input, Waiting, drain};
use crate::time::Stamp;

impl Connection {
    /// Bytes of a request or a response came.
    pub(super) fn come(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let Some(mut exchange) = self.open(from.id, cx) else { return buffer.clear() };
        self.feed(&mut exchange, from, buffer, cx);
        self.bound(&mut exchange, from, cx);
        self.exchanges.put(from.id, exchange);
    }

    /// Something else came of a request or a response, behind what is in the buffer.
    pub(super) fn input(
        &mut self,
        from: StreamKey,
        input: Input,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let Some(mut exchange) = self.open(from.id, cx) else { return buffer.clear() };
        self.follow(&mut exchange, from, input, buffer, cx);
        self.bound(&mut exchange, from, cx);
        self.exchanges.put(from.id, exchange);
    }

    /// Takes an exchange out to work on it; none where it was given up. What waits of one that is
    /// given up for it goes on without.
    pub(super) fn open(&mut self, id: u64, cx: &mut Context<'_>) -> Option<Box<Exchange>> {
        let limits = cx.limits;
        let given_up = self.exchanges.make_room(id, limits, |anomaly| cx.anomaly(anomaly));
        if let Some((oldest, mut exchange)) = given_up {
            for direction in [Direction::ToServer, Direction::ToClient] {
                self.force_all(&mut exchange, StreamKey { id: oldest, direction }, cx);
            }
        }
        self.exchanges.take(id)
    }

    fn feed(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let is_asked = !matches!(exchange.stream.request, Side::Waiting);
        if from.direction == Direction::ToClient && !is_asked && !buffer.is_empty() {
            // who answers has read the question
            self.force(exchange, StreamKey { direction: Direction::ToServer, ..from }, cx);
        }
        let way = exchange.ways.of_mut(from.direction);
        if let Some(waiting) = &mut way.waiting {
            let mut more = 0_usize;
            drain(buffer, |bytes, arrived, delivered| {
                more += waiting.push(Input::Bytes(bytes, arrived, delivered));
            });
            self.waiting = self.waiting.saturating_add(more);
        } else if way.own.is_empty() {
            self.read(exchange, from, buffer, cx);
        } else {
            drain(buffer, |bytes, arrived, delivered| way.own.push(bytes, arrived, delivered));
            self.read_own(exchange, from, cx);
        }
    }

    /// Reads what has waited.
    fn read_own(&mut self, exchange: &mut Exchange, from: StreamKey, cx: &mut Context<'_>) {
        let mut own = std::mem::take(&mut exchange.ways.of_mut(from.direction).own);
        self.read(exchange, from, &mut own, cx);
        exchange.ways.of_mut(from.direction).own = own;
    }

    fn follow(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        input: Input,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        // nothing more is to come of a stream that is given up, or that the capture leaves
        let is_last = match &input {
            Input::End(reason) => *reason != EndReason::Fin,
            Input::Reset(_) => true,
            Input::Bytes(..) | Input::Gap(..) => false,
        };
        if is_last {
            self.force_all(exchange, from, cx);
        }
        let way = exchange.ways.of_mut(from.direction);
        if let Some(waiting) = &mut way.waiting {
            buffer.clear();
            let more = waiting.push(input);
            self.waiting = self.waiting.saturating_add(more);
            return;
        }
        if way.own.is_empty() {
            return self.take(exchange, from, input, buffer, cx);
        }
        buffer.clear();
        let mut own = std::mem::take(&mut way.own);
        self.take(exchange, from, input, &mut own, cx);
    }

    fn take(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        input: Input,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        match input {
            Input::Bytes(bytes, arrived, delivered) => buffer.push(bytes, arrived, delivered),
            Input::Gap(missing, reason) => self.hole(exchange, from, (missing, reason), buffer, cx),
            Input::End(reason) => self.over(exchange, from, reason, buffer, cx),
            Input::Reset(reset) => self.given_up(exchange, from, reset, buffer, cx),
        }
    }

    /// A section waits, and what is behind it in the buffer.
    pub(super) fn block(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        need: Need,
        buffer: &mut StreamBuffer,
    ) {
        let mut waiting = Waiting::new(need);
        drain(buffer, |bytes, arrived, delivered| {
            waiting.push(Input::Bytes(bytes, arrived, delivered));
        });
        self.waiting = self.waiting.saturating_add(waiting.held());
        self.ends.of_mut(from.direction).blocked.insert((need, from.id));
        exchange.ways.of_mut(from.direction).waiting = Some(waiting.into());
    }

    /// Too much waits, of all streams: what came last goes on without.
    fn bound(&mut self, exchange: &mut Exchange, from: StreamKey, cx: &mut Context<'_>) {
        while self.waiting > cx.limits.http3_blocked
            && exchange.ways.of(from.direction).waiting.is_some()
        {
            if !std::mem::replace(&mut self.told.blocked, true) {
                cx.anomaly(faults::much_waits(cx.limits));
            }
            exchange.ways.of_mut(from.direction).is_forced = true;
            self.release(exchange, from, None, cx);
        }
    }

    /// The section that waits goes on without: its receiver has read it, or it will not be read.
    pub(super) fn force(&mut self, exchange: &mut Exchange, from: StreamKey, cx: &mut Context<'_>) {
        let way = exchange.ways.of_mut(from.direction);
        let Some(need) = way.waiting.as_ref().map(|waiting| waiting.need) else { return };
        way.is_forced = true;
        let end = self.ends.of_mut(from.direction);
        if need == Need::Settings {
            end.qpack.miss_settings();
        } else {
            end.has_missed_encoder |= end.encoder.is_none();
        }
        self.release(exchange, from, None, cx);
    }

    /// Likewise, and those behind it.
    pub(super) fn force_all(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        cx: &mut Context<'_>,
    ) {
        while exchange.ways.of(from.direction).waiting.is_some() {
            self.force(exchange, from, cx);
        }
    }

    /// What waits goes on, until a section behind it has to wait: its need was met at this moment, or
    /// is not.
    pub(super) fn release(
        &mut self,
        exchange: &mut Exchange,
        from: StreamKey,
        met: Option<Stamp>,
        cx: &mut Context<'_>,
    ) {
        let way = exchange.ways.of_mut(from.direction);
        let Some(mut waiting) = way.waiting.take() else { return };
        self.waiting = self.waiting.saturating_sub(waiting.held());
        self.ends.of_mut(from.direction).blocked.remove(&(waiting.need, from.id));
        let not_before = met.or(waiting.behind);
        while let Some(input) = waiting.pop() {
            let way = exchange.ways.of_mut(from.direction);
            match input {
                Input::Bytes(bytes, arrived, delivered) => {
                    let delivered = not_before.map_or(delivered, |time| later(time, delivered));
                    way.own.push(bytes, arrived, delivered);
                    self.read_own(exchange, from, cx);
                }
                input => {
                    let mut own = std::mem::take(&mut way.own);
                    self.take(exchange, from, input, &mut own, cx);
                }
            }
            if let Some(again) = &mut exchange.ways.of_mut(from.direction).waiting {
                again.behind = not_before;
                self.waiting = self.waiting.saturating_add(again.before(*waiting));
                return;
            }
        }
    }

    /// More entries of the table are there than before, or nobody knows how many: what waited for
    /// them goes on.
    pub(super) fn inserted(&mut self, way: Direction, met: Option<Stamp>, cx: &mut Context<'_>) {
        loop {
            let end = self.ends.of(way);
            let is_known = end.qpack.is_known() && !end.has_missed_encoder;
            let Some((need, id)) = end.blocked.first().copied() else { return };
            let goes_on = match need {
                Need::Nothing => true,
                Need::Inserts(count) => !is_known || count <= end.qpack.inserted(),
                Need::Settings => false,
            };
            if !goes_on {
                return;
            }
            self.go_on((need, id), way, met, cx);
        }
    }

    /// The SETTINGS of the other end are known, or will not be: what waited for them goes on.
    pub(super) fn settled(&mut self, way: Direction, met: Option<Stamp>, cx: &mut Context<'_>) {
        // the last of all needs
        let waiting = self.ends.of_mut(way).blocked.split_off(&(Need::Settings, 0));
        for one in waiting {
            self.go_on(one, way, met, cx);
        }
    }

    fn go_on(
        &mut self,
        (need, id): (Need, u64),
        direction: Direction,
        met: Option<Stamp>,
        cx: &mut Context<'_>,
    ) {
        self.ends.of_mut(direction).blocked.remove(&(need, id));
        if let Some(mut exchange) = self.exchanges.take_open(id) {
            self.release(&mut exchange, StreamKey { id, direction }, met, cx);
            self.exchanges.put(id, exchange);
        }
    }
}

fn later(one: Stamp, other: Stamp) -> Stamp {
    if (one.at, one.frame) < (other.at, other.frame) { other } else { one }
}
