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
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, Transport};
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::nested::Nested;
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

/// One connection to a proxy.
#[derive(Default)]
struct Socks {
    /// Whom the client asked for.
    target: Option<Target>,
    steps: PerDirection<Step>,
    /// What the connection carries, once it is open.
    child: Option<Nested>,
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
            let step = self.steps.of_mut(direction);
            if *step == Step::Open {
                return true;
            }
            let bytes = buffer.peek(LONGEST);
            let read = match direction {
                Direction::ToServer => handshake::of_client(&bytes, *step),
                Direction::ToClient => handshake::of_proxy(&bytes, *step),
            };
            let (said, length) = match read {
                Ok(said) => said,
                Err(Short { .. }) if bytes.len() < LONGEST => return true,
                Err(Short { .. }) => (Said::Nonsense, 0),
            };
            drop(bytes);
            buffer.skip(length, &mut Frames::default());
            match said {
                Said::Next(next) => *step = next,
                Said::Connect(target) => {
                    *step = Step::Open;
                    self.target = Some(target);
                }
                Said::Granted => {
                    *step = Step::Open;
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
    fn child(&mut self, cx: &mut Context<'_>) -> &mut Nested {
        self.child.get_or_insert_with(|| Nested::new(&mut cx.within()))
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
        if *self.steps.of(from.direction) != Step::Open {
            return Progress::More;
        }
        self.child(cx).take_all(from.direction, buffer, &mut cx.within())
    }

    fn gap(
        &mut self,
        from: StreamKey,
        range: Range<u64>,
        reason: GapReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        if *self.steps.of(from.direction) != Step::Open {
            return Progress::Done;
        }
        let length = range.end.saturating_sub(range.start);
        self.child(cx).gap(from.direction, length, reason, &mut cx.within())
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        if *self.steps.of(from.direction) == Step::Open {
            self.child(cx).end(from.direction, reason, &mut cx.within());
        }
    }

    fn secrets(&mut self, cx: &mut Context<'_>) {
        if let Some(child) = &mut self.child {
            child.secrets(&mut cx.within());
        }
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        if let Some(child) = &mut self.child {
            child.close(&mut cx.within());
        }
    }
}
