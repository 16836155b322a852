//! Streams in one direction (RFC 9114 §6.2, RFC 9204 §4.2): what they are for, and the two of
//! QPACK.

use crate::cursor::Cursor;
use crate::flow::event::{Direction, EndReason, GapReason};
use crate::protocol::analyzer::{Context, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http::stream::messages::Side;
use crate::protocol::http3::connection::state::{Connection, Control, Single};
use crate::protocol::http3::faults;
use crate::protocol::http3::frame::StreamKind;
use crate::protocol::http3::qpack::{self, Answer};
use crate::protocol::http3::streams::Input;
use crate::time::Frames;

impl Connection {
    /// Bytes of a stream in one direction came.
    pub(super) fn single(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let known = self.singles.get(&from.id).copied();
        let known = known.or_else(|| self.begin_single(from, cx));
        let Some(mut single) = known else { return buffer.clear() };
        loop {
            let next = match single {
                Single::Kind => self.kind(from, buffer, cx),
                Single::Control(control) => {
                    single = Single::Control(self.control(from, control, buffer, cx));
                    None
                }
                Single::Push => self.number_of_push(from, buffer, cx),
                Single::Pushed => {
                    self.come(from, buffer, cx);
                    None
                }
                Single::Encoder(wanted) => {
                    single = self.instructions(from, wanted, buffer, cx);
                    None
                }
                Single::Decoder => {
                    single = self.answers(from, buffer, cx);
                    None
                }
                Single::Skip => {
                    buffer.clear();
                    None
                }
            };
            let Some(next) = next else { break };
            single = next;
        }
        self.singles.insert(from.id, single);
    }

    /// A stream that begins; none where no more are followed.
    fn begin_single(&mut self, from: StreamKey, cx: &mut Context<'_>) -> Option<Single> {
        if self.singles.len() >= cx.limits.http_streams && !self.is_full {
            self.is_full = true;
            cx.anomaly(faults::many_singles(cx.limits));
        }
        if self.is_full {
            return None;
        }
        self.singles.insert(from.id, Single::Kind);
        Some(Single::Kind)
    }

    /// What the stream is for is its first number.
    fn kind(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<Single> {
        let kind = StreamKind(number(buffer)?);
        let (single, place) = match kind {
            StreamKind::CONTROL => {
                (Single::Control(Control::Head), &mut self.ends.of_mut(from.direction).control)
            }
            StreamKind::ENCODER => {
                (Single::Encoder(0), &mut self.ends.of_mut(from.direction).encoder)
            }
            StreamKind::DECODER => (Single::Decoder, &mut self.ends.of_mut(from.direction).decoder),
            StreamKind::PUSH if from.direction == Direction::ToClient => {
                return Some(Single::Push);
            }
            StreamKind::PUSH => {
                let how = "a push of the client, which has nothing to push";
                cx.anomaly(faults::bad_stream(from.id, how));
                return Some(Single::Skip);
            }
            StreamKind::WEBTRANSPORT => {
                self.webtransport(from.direction, cx);
                return Some(Single::Skip);
            }
            _ => return Some(Single::Skip),
        };
        if place.is_some() {
            let how = "a second stream for what there is one for";
            cx.anomaly(faults::bad_stream(from.id, how));
            return Some(Single::Skip);
        }
        *place = Some(from.id);
        if kind == StreamKind::ENCODER {
            // all of it is here, whatever was missed elsewhere
            self.ends.of_mut(from.direction).has_missed_encoder = false;
        }
        Some(single)
    }

    fn number_of_push(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Option<Single> {
        let push = number(buffer)?;
        let Some(mut exchange) = self.open(from.id, cx) else { return Some(Single::Skip) };
        exchange.stream.request = Side::Over;
        self.exchanges.put(from.id, exchange);
        self.pushed(push, from.id, cx);
        Some(Single::Pushed)
    }

    /// What an encoder says (RFC 9204 §4.3). What waited for an entry goes on with it.
    fn instructions(
        &mut self,
        from: StreamKey,
        wanted: usize,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Single {
        let mut wanted = wanted;
        while !buffer.is_empty() && buffer.len() >= wanted {
            let some = buffer.peek(wanted.max(GLANCE));
            let measured = qpack::measure(&some, cx.limits.hpack_table);
            let glanced = some.len();
            drop(some);
            let made = measured.and_then(|length| {
                if length > glanced {
                    wanted = length;
                    return Ok(None);
                }
                wanted = 0;
                let mut frames = Frames::default();
                let Some((bytes, span)) = buffer.take(length, &mut frames) else { return Ok(None) };
                self.ends.of_mut(from.direction).qpack.instruct(&bytes)?;
                Ok(Some(span))
            });
            match made {
                Ok(None) => {}
                Ok(Some(span)) => self.inserted(from.direction, Some(span.done), cx),
                Err(fault) => {
                    cx.anomaly(faults::bad_instruction(from.id, fault));
                    self.lose_table(from.direction, cx);
                    buffer.clear();
                    return Single::Skip;
                }
            }
        }
        Single::Encoder(wanted)
    }

    /// What a decoder says (RFC 9204 §4.4).
    fn answers(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Single {
        loop {
            let answer = qpack::answer(&buffer.peek(ANSWER));
            match answer {
                Ok(Some((answer, length))) => {
                    buffer.skip(length, &mut Frames::default());
                    if let Answer::Section(stream) = answer {
                        self.acknowledged(StreamKey { id: stream, direction: !from.direction }, cx);
                    }
                }
                Ok(None) => return Single::Decoder,
                Err(fault) => {
                    cx.anomaly(faults::bad_answer(from.id, fault));
                    buffer.clear();
                    return Single::Skip;
                }
            }
        }
    }

    /// A section was read by its receiver: where it still waits, the capture lacks its entries.
    fn acknowledged(&mut self, of: StreamKey, cx: &mut Context<'_>) {
        let Some(mut exchange) = self.exchanges.take_open(of.id) else { return };
        let way = exchange.ways.of_mut(of.direction);
        way.acknowledged = way.acknowledged.saturating_add(1);
        if way.acknowledged > way.dynamic {
            self.force(&mut exchange, of, cx);
        }
        self.exchanges.put(of.id, exchange);
    }

    /// Bytes of a stream in one direction are missing: what it is for, or where its frames begin,
    /// may not be known any more.
    pub(super) fn single_gap(
        &mut self,
        from: StreamKey,
        missing: u64,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let known = self.singles.get(&from.id).copied();
        let Some(single) = known.or_else(|| self.begin_single(from, cx)) else {
            return buffer.clear();
        };
        let next = match single {
            Single::Pushed => {
                return self.input(from, Input::Gap(missing, reason), buffer, cx);
            }
            Single::Kind => {
                self.miss(from.direction, cx);
                Single::Skip
            }
            Single::Control(control) => {
                let next = match control {
                    Control::Skip(left) => left.checked_sub(missing),
                    Control::Payload(head) => {
                        let there = buffer.len().saturating_sub(head.size) as u64;
                        head.length.checked_sub(there.saturating_add(missing))
                    }
                    Control::Head => None,
                };
                if !self.ends.of(from.direction).has_settings {
                    self.ends.of_mut(from.direction).has_settings = true;
                    self.no_settings(from.direction, cx);
                }
                next.map_or(Single::Skip, |left| Single::Control(Control::Skip(left)))
            }
            Single::Encoder(_) => {
                cx.anomaly(faults::lost_table(from.id));
                self.lose_table(from.direction, cx);
                Single::Skip
            }
            Single::Push | Single::Decoder | Single::Skip => Single::Skip,
        };
        buffer.clear();
        self.singles.insert(from.id, next);
    }

    /// A stream whose kind nobody has seen: it may be any of those that were not seen yet.
    fn miss(&mut self, way: Direction, cx: &mut Context<'_>) {
        let end = self.ends.of_mut(way);
        if end.encoder.is_none() {
            end.has_missed_encoder = true;
            self.inserted(way, None, cx);
        }
        if self.ends.of(way).control.is_none() {
            self.no_settings(way, cx);
        }
    }

    /// Nobody knows what a table holds: what waits for it goes on without.
    fn lose_table(&mut self, way: Direction, cx: &mut Context<'_>) {
        self.ends.of_mut(way).qpack.forget();
        self.inserted(way, None, cx);
        self.settled(way, None, cx);
    }

    /// A stream in one direction is over.
    pub(super) fn single_input(
        &mut self,
        from: StreamKey,
        input: Input,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let single = self.singles.remove(&from.id);
        let is_closed = match &input {
            Input::End(reason) => *reason == EndReason::Fin,
            Input::Reset(_) => true,
            Input::Bytes(..) | Input::Gap(..) => false,
        };
        match single {
            Some(Single::Pushed) => return self.input(from, input, buffer, cx),
            Some(Single::Control(_) | Single::Encoder(_) | Single::Decoder) if is_closed => {
                let how = "a stream ends that lives as long as its connection";
                cx.anomaly(faults::bad_stream(from.id, how));
            }
            _ => {}
        }
        buffer.clear();
    }
}

/// The number of variable length at the front of a buffer, taken out.
fn number(buffer: &mut StreamBuffer) -> Option<u64> {
    let bytes = buffer.peek(8);
    let mut cursor = Cursor::new(&bytes);
    let number = cursor.varint().ok()?;
    let length = cursor.offset();
    drop(bytes);
    buffer.skip(length, &mut Frames::default());
    Some(number)
}

/// Bytes of an instruction that are looked at to learn its length: more than most have.
const GLANCE: usize = 64;

/// Bytes of a decoder's instruction at most.
const ANSWER: usize = 8;
