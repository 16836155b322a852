//! The seam of the protocols: what an analyzer is given and what it may do.

use std::ops::Range;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::Anomaly;
use crate::flow::event::{Direction, EndReason, FlowId, FlowKey, GapReason, Role, Transport};
use crate::limits::Limits;
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::Stamp;

/// Which stream of a flow, and which way. TCP is the one-stream case, `id` 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// The stream's number; 0 for TCP.
    pub id: u64,
    /// Which way.
    pub direction: Direction,
}

/// How a direction of a stream was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamReset {
    /// Who did so: which way that was sent.
    pub by: Direction,
    /// Why, in numbers of the protocol that uses the stream.
    pub code: u64,
}

/// What an analyzer wants after it has been given bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call again with more bytes.
    More,
    /// Nothing more to learn from this flow.
    Done,
}

/// Reads one protocol on one flow (or inside another protocol).
///
/// The engine owns the buffers: `data` is called whenever bytes were added to one, and the
/// analyzer peeks, takes what is whole and returns. Bytes that it leaves are there next time,
/// with more. Nothing is called after `Done`.
pub trait Analyzer: Send {
    /// Bytes were added to `buffer`.
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let _ = (from, cx);
        buffer.clear();
        Progress::More
    }

    /// Bytes are missing after all that is in `buffer`. An analyzer that can find its place
    /// again reads on; by default it stops.
    fn gap(
        &mut self,
        from: StreamKey,
        range: Range<u64>,
        reason: GapReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let _ = (from, range, reason, buffer, cx);
        Progress::Done
    }

    /// A datagram came; `missing` bytes of its end were not captured.
    fn datagram(
        &mut self,
        direction: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        let _ = (direction, bytes, missing, cx);
        Progress::More
    }

    /// One direction is over; what is left in `buffer` will not grow.
    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let _ = (from, reason, buffer, cx);
    }

    /// A direction of a stream was given up by its sender, or its receiver asked for that
    /// (RFC 9000 §3): what is left in `buffer` will not grow, and bytes before it may be missing.
    fn reset(
        &mut self,
        from: StreamKey,
        reset: StreamReset,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let _ = reset;
        self.end(from, EndReason::Rst, buffer, cx);
    }

    /// Bytes that it keeps to read what follows, beside what it leaves in the buffers and what it
    /// takes from a budget itself: they count against [`Limits::analyzers_per_shard`].
    fn held(&self) -> usize {
        0
    }

    /// There are more secrets than before: what was locked may open. Called while something is held
    /// of the budget of them.
    fn secrets(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }

    /// The flow is over: both directions have ended.
    fn close(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }
}

/// What is known of the flow that an analyzer reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowInfo {
    /// Its name.
    pub id: FlowId,
    /// Its key.
    pub key: FlowKey,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// How the client was found out.
    pub role: Role,
}

/// What an analyzer can see and do while it is called.
pub struct Context<'a> {
    /// The packet that caused the call.
    pub now: Stamp,
    /// The flow.
    pub flow: &'a FlowInfo,
    /// The flow that a datagram came on, where that is another: its client has moved.
    pub path: Option<&'a FlowInfo>,
    /// The bounds.
    pub limits: &'a Limits,
    /// The protocols that a child may be.
    pub protocols: &'static [&'static Protocol],
    /// What opens encrypted protocols.
    pub secrets: &'a Secrets,
    /// What the analyzers of a shard may hold while they wait for something.
    pub budgets: &'a Budgets,
    /// Under which names flows can be reached from elsewhere.
    pub routes: &'a Routes,
    /// How many protocols the analyzer stands in.
    pub depth: u8,
    /// True where one of them is TLS.
    pub secure: bool,
    /// Where events go; the engine numbers them.
    pub events: &'a mut Vec<(Stamp, EventBody)>,
}

impl Context<'_> {
    /// The same call, for a protocol inside the one that is called.
    pub fn within(&mut self) -> Context<'_> {
        let depth = self.depth.saturating_add(1);
        Context { depth, ..self.same() }
    }

    /// The same call.
    pub fn same(&mut self) -> Context<'_> {
        Context {
            now: self.now,
            flow: self.flow,
            path: self.path,
            limits: self.limits,
            protocols: self.protocols,
            secrets: self.secrets,
            budgets: self.budgets,
            routes: self.routes,
            depth: self.depth,
            secure: self.secure,
            events: self.events,
        }
    }

    /// Likewise, for a protocol inside TLS.
    pub fn within_tls(&mut self) -> Context<'_> {
        Context { secure: true, ..self.within() }
    }

    /// Says something that became known with the packet that caused the call.
    pub fn emit(&mut self, body: EventBody) {
        self.events.push((self.now, body));
    }

    /// Says that something was not as it should be.
    pub fn anomaly(&mut self, anomaly: Anomaly) {
        self.emit(EventBody::Anomaly(anomaly));
    }
}

/// One row of the protocol table.
pub struct Protocol {
    /// Its name as reports print it, such as `dns`; also its folder's name.
    pub name: &'static str,
    /// What can carry it.
    pub transports: &'static [Transport],
    /// Server ports that suggest it.
    pub ports: &'static [u16],
    /// ALPN identifiers that name it.
    pub alpn: &'static [&'static str],
    /// Looks at the first bytes of a flow.
    pub probe: fn(&Probe<'_>) -> Verdict,
    /// A new analyzer for a flow.
    pub start: fn(&FlowInfo) -> Box<dyn Analyzer>,
}

/// What a probe may look at.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The flow.
    pub flow: &'a FlowInfo,
    /// Which way the bytes went.
    pub direction: Direction,
    /// The first bytes of that direction (the first datagram, for UDP).
    pub bytes: &'a [u8],
    /// True where the server's port is one of the protocol's.
    pub port_matches: bool,
}

/// What a probe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is this protocol.
    Yes,
    /// More bytes are needed.
    Unsure,
    /// It is not.
    No,
}
