//! SOCKS 5 (RFC 1928, RFC 1929), 4 and 4A: a proxy is asked for a connection, and what follows is
//! what the connection carries.
//!
//! Takes the two byte streams of a connection to a proxy; reads the handshake, and gives all
//! behind it to a session of its own. Names and passwords are stepped over and kept nowhere.

mod handshake;
mod probe;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::cursor::Short;
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, StreamEvent, Transport};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http1;
use crate::protocol::session::Session;
use crate::protocol::socks::handshake::{LONGEST, Said, Step, Target};
use crate::time::Frames;

/// The row of SOCKS.
pub static PROTOCOL: Protocol = Protocol {
    name: "socks",
    transports: &[Transport::Tcp],
    ports: &[1080],
    alpn: &[],
    probe: probe::probe,
    start: |_| Box::new(Socks::default()),
};

/// What is read behind a handshake. Not SOCKS again: nothing nests without end.
static WITHIN: &[&Protocol] = &[&http1::PROTOCOL];

/// One connection to a proxy.
#[derive(Default)]
struct Socks {
    /// Whom the client asked for.
    target: Option<Target>,
    sides: PerDirection<Side>,
    /// What the connection carries.
    child: Session,
}

/// One direction.
#[derive(Default)]
struct Side {
    step: Step,
    /// Where the next byte stands in the stream of the flow.
    at: u64,
}

impl Socks {
    /// Reads the handshake of one direction as far as it has come. True where it goes on.
    fn handshake(
        &mut self,
        direction: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> bool {
        loop {
            let side = self.sides.of_mut(direction);
            if side.step == Step::Open {
                return true;
            }
            let bytes = buffer.peek(LONGEST);
            let read = match direction {
                Direction::ToServer => handshake::of_client(&bytes, side.step),
                Direction::ToClient => handshake::of_proxy(&bytes, side.step),
            };
            let (said, length) = match read {
                Ok(said) => said,
                Err(Short { .. }) if bytes.len() < LONGEST => return true,
                Err(Short { .. }) => (Said::Nonsense, 0),
            };
            drop(bytes);
            side.at += length as u64;
            buffer.skip(length, &mut Frames::default());
            match said {
                Said::Next(step) => side.step = step,
                Said::Connect(target) => {
                    side.step = Step::Open;
                    self.target = Some(target);
                }
                Said::Granted => {
                    side.step = Step::Open;
                    self.note("connected", cx);
                }
                Said::Refused(why) => {
                    self.note(&format!("refused ({why})"), cx);
                    return false;
                }
                Said::Other(what) => {
                    self.note(what, cx);
                    return false;
                }
                Said::Nonsense => {
                    cx.anomaly(
                        Anomaly::new(
                            "socks.malformed",
                            Class::Malformed,
                            "a SOCKS handshake that goes on with something else",
                        )
                        .citing("RFC 1928 §3"),
                    );
                    return false;
                }
            }
        }
    }

    fn note(&self, what: &str, cx: &mut Context<'_>) {
        let target = self.target.as_ref().map(|target| format!(" to {target}"));
        let text = format!("{what}{}", target.unwrap_or_default());
        cx.emit(EventBody::Note { protocol: PROTOCOL.name, text });
    }

    /// What the connection carries.
    fn carried(&mut self, from: StreamKey, event: StreamEvent, cx: &mut Context<'_>) -> Progress {
        self.child.stream(from, event, &mut within(cx));
        if self.child.is_over() { Progress::Done } else { Progress::More }
    }
}

impl Analyzer for Socks {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        if !self.handshake(from.direction, buffer, cx) {
            return Progress::Done;
        }
        let side = self.sides.of_mut(from.direction);
        if side.step != Step::Open {
            return Progress::More;
        }
        let mut progress = Progress::More;
        while let Some((arrived, delivered)) = buffer.first_stamps()
            && let Some((bytes, _)) = buffer.take(buffer.front().len(), &mut Frames::default())
        {
            let side = self.sides.of_mut(from.direction);
            let offset = side.at;
            side.at += bytes.len() as u64;
            let event = StreamEvent::Data { offset, bytes, arrived, delivered };
            progress = self.carried(from, event, cx);
        }
        progress
    }

    fn gap(
        &mut self,
        from: StreamKey,
        range: Range<u64>,
        reason: GapReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let side = self.sides.of_mut(from.direction);
        if side.step != Step::Open {
            return Progress::Done;
        }
        side.at = range.end;
        self.carried(from, StreamEvent::Gap { range, reason, delivered: cx.now }, cx)
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        if self.sides.of(from.direction).step == Step::Open {
            self.carried(from, StreamEvent::End { reason, at: cx.now }, cx);
        }
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        self.child.close(&mut within(cx));
    }
}

/// The same call, for what the connection carries.
fn within<'a>(cx: &'a mut Context<'_>) -> Context<'a> {
    Context { now: cx.now, flow: cx.flow, limits: cx.limits, protocols: WITHIN, events: cx.events }
}
