//! What one protocol carries inside another: a session of its own, fed from its parent.
//!
//! TLS, a proxy's tunnel and an upgraded connection all end in the same way: what follows is
//! another protocol. The parent gives the bytes with their stamps, and the child cannot tell them
//! from those of a flow.

use bytes::Bytes;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, StreamEvent};
use crate::limits::Limits;
use crate::protocol::analyzer::{Context, Progress, Protocol, StreamKey};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::detect;
use crate::protocol::session::Session;
use crate::time::{Frames, Stamp};

/// A session inside another protocol. Its parent calls it with a [`Context::within`].
pub struct Nested {
    session: Session,
    /// Where the next byte of each direction stands in the child's own stream.
    at: PerDirection<u64>,
}

impl Nested {
    /// A session whose protocol is to be found out from its first bytes.
    pub fn new(cx: &mut Context<'_>) -> Self {
        let session = if cx.depth > Limits::NESTING {
            cx.anomaly(too_deep());
            Session::nothing()
        } else {
            Session::new()
        };
        Self { session, at: PerDirection::default() }
    }

    /// A session of a protocol that is known already.
    pub fn reading(protocol: &'static Protocol, cx: &mut Context<'_>) -> Self {
        let mut nested = Self::new(cx);
        if !nested.session.is_over() {
            nested.session = Session::reading(protocol, cx);
        }
        nested
    }

    /// A session of the protocol that an ALPN identifier names; to be found out where no row of
    /// the table has it.
    pub fn by_alpn(identifier: &[u8], cx: &mut Context<'_>) -> Self {
        match detect::by_alpn(identifier, cx) {
            Some(row) => Self::reading(row, cx),
            None => Self::new(cx),
        }
    }

    /// True where nothing is read any more.
    pub const fn is_over(&self) -> bool {
        self.session.is_over()
    }

    /// The next bytes of a direction.
    pub fn push(
        &mut self,
        direction: Direction,
        bytes: Bytes,
        (arrived, delivered): (Stamp, Stamp),
        cx: &mut Context<'_>,
    ) {
        let at = self.at.of_mut(direction);
        let offset = *at;
        *at += bytes.len() as u64;
        let event = StreamEvent::Data { offset, bytes, arrived, delivered };
        self.session.stream(StreamKey { id: 0, direction }, event, cx);
    }

    /// The next bytes of a direction, in pieces that could be read at one moment.
    pub fn pieces(
        &mut self,
        direction: Direction,
        pieces: impl Iterator<Item = (Bytes, Stamp, Stamp)>,
        cx: &mut Context<'_>,
    ) {
        let at = self.at.of_mut(direction);
        let offset = *at;
        let pieces = pieces.inspect(|(bytes, ..)| *at += bytes.len() as u64);
        self.session.pieces(StreamKey { id: 0, direction }, offset, pieces, cx);
    }

    /// All that is in the parent's buffer of a direction, without a copy.
    pub fn take_all(
        &mut self,
        direction: Direction,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        while let Some(stamps) = buffer.first_stamps()
            && let Some((bytes, _)) = buffer.take(buffer.front().len(), &mut Frames::default())
        {
            self.push(direction, bytes, stamps, cx);
        }
        if self.is_over() { Progress::Done } else { Progress::More }
    }

    /// So many bytes of a direction are missing.
    pub fn gap(
        &mut self,
        direction: Direction,
        length: u64,
        reason: GapReason,
        cx: &mut Context<'_>,
    ) -> Progress {
        let at = self.at.of_mut(direction);
        let range = *at..at.saturating_add(length);
        *at = range.end;
        let event = StreamEvent::Gap { range, reason, delivered: cx.now };
        self.session.stream(StreamKey { id: 0, direction }, event, cx);
        if self.is_over() { Progress::Done } else { Progress::More }
    }

    /// A direction is over.
    pub fn end(&mut self, direction: Direction, reason: EndReason, cx: &mut Context<'_>) {
        let event = StreamEvent::End { reason, at: cx.now };
        self.session.stream(StreamKey { id: 0, direction }, event, cx);
    }

    /// New secrets have come.
    pub fn secrets(&mut self, cx: &mut Context<'_>) {
        self.session.secrets(cx);
    }

    /// The flow is over.
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.session.close(cx);
    }
}

fn too_deep() -> Anomaly {
    let text = "one protocol inside another, deeper than is followed";
    Anomaly::new("stream.nesting", Class::Limit, text)
}
