//! Two protocols of our own, and a flow that speaks them.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::{Anomaly, Class};
use crate::flow::event::{
    Closed, Direction, EndReason, FlowBody, FlowEvent, FlowId, FlowKey, GapReason, Opened,
    PerDirection, Role, StreamEvent, Transport,
};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Analyzer, Context, Progress, Protocol, StreamKey, Verdict};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::{ConnectionEvent, Event, EventBody, Phase};
use crate::protocol::session::Session;
use crate::protocol::sessions::Sessions;
use crate::time::{FrameNo, Frames, Stamp, Timestamp};

/// Lines of text that begin with `TOY`; each is a note with its first and last frame.
struct Toy;

static TOY: Protocol = Protocol {
    name: "toy",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[7],
    alpn: &[],
    probe: |probe| match probe.bytes {
        bytes if bytes.starts_with(b"TOY") => Verdict::Yes,
        bytes if b"TOY".starts_with(bytes) => Verdict::Unsure,
        _ => Verdict::No,
    },
    start: |_| Box::new(Toy),
};

fn note(text: String) -> EventBody {
    EventBody::Note { protocol: "toy", text }
}

impl Analyzer for Toy {
    fn data(&mut self, _: StreamKey, buffer: &mut StreamBuffer, cx: &mut Context<'_>) -> Progress {
        let mut frames = Frames::default();
        while let Some(end) = buffer.peek(usize::MAX).iter().position(|b| *b == b'\n') {
            let Some((bytes, span)) = buffer.take(end + 1, &mut frames) else { break };
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            cx.emit(note(format!("{line} {}-{}", span.first.frame, span.done.frame)));
            if line == "STOP" {
                return Progress::Done;
            }
            if line.starts_with("odd") {
                cx.anomaly(Anomaly::new("toy.odd", Class::Malformed, line));
            }
        }
        Progress::More
    }

    fn datagram(
        &mut self,
        _: Direction,
        bytes: &Bytes,
        missing: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        cx.emit(note(format!("datagram {}+{missing}", bytes.len())));
        Progress::More
    }

    fn end(
        &mut self,
        _: StreamKey,
        reason: EndReason,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        cx.emit(note(format!("{reason:?} with {} left", buffer.len())));
    }

    fn close(&mut self, cx: &mut Context<'_>) {
        cx.emit(note("close".to_owned()));
    }
}

/// Records of a length byte and hidden (inverted) bytes, which carry another protocol.
#[derive(Default)]
struct Veil {
    child: Session,
    sent: u64,
}

static VEIL: Protocol = Protocol {
    name: "veil",
    transports: &[Transport::Tcp],
    ports: &[8],
    alpn: &[],
    probe: |probe| if probe.port_matches { Verdict::Unsure } else { Verdict::No },
    start: |_| Box::new(Veil::default()),
};

impl Analyzer for Veil {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let mut frames = Frames::default();
        while let Some(len) = buffer.front().first().map(|len| usize::from(*len)) {
            let Some((record, span)) = buffer.take(len + 1, &mut frames) else { break };
            let bytes: Bytes = record.iter().skip(1).map(|b| !b).collect();
            let offset = self.sent;
            self.sent += bytes.len() as u64;
            let (arrived, delivered) = (span.first, span.done);
            let event = StreamEvent::Data { offset, bytes, arrived, delivered };
            self.child.stream(from, event, cx);
        }
        Progress::More
    }
}

static TABLE: &[&Protocol] = &[&TOY, &VEIL];

fn stamp(n: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(n.cast_signed() * 10), FrameNo(n))
}

/// One flow, and what is said of it.
pub(super) struct Wire {
    sessions: Sessions,
    pub(super) out: Vec<Event>,
    offsets: PerDirection<u64>,
}

impl Wire {
    pub(super) fn new(transport: Transport, port: u16, limits: Limits) -> Self {
        let client = Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 40_000);
        let server = Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), port);
        let key =
            FlowKey { transport, encapsulation: Encapsulation::default(), lo: client, hi: server };
        let mut wire = Self {
            sessions: Sessions::new(limits, TABLE),
            out: Vec::new(),
            offsets: PerDirection::default(),
        };
        let opened = Opened {
            key,
            client,
            server,
            role: Role::Syn,
            macs: None,
            first_to_server: true,
            ttl: 64,
        };
        wire.push(1, FlowBody::Opened(Box::new(opened)));
        wire
    }

    pub(super) fn tcp(port: u16) -> Self {
        Self::new(Transport::Tcp, port, Limits::default())
    }

    pub(super) fn push(&mut self, frame: u64, body: FlowBody) {
        let event = FlowEvent { flow: FlowId(FrameNo(1)), at: stamp(frame), body };
        self.sessions.push((FrameNo(frame), Phase::Packet), event, &mut self.out);
    }

    pub(super) fn data(
        &mut self,
        direction: Direction,
        bytes: &[u8],
        arrived: u64,
        delivered: u64,
    ) {
        let offset = *self.offsets.of(direction);
        *self.offsets.of_mut(direction) += bytes.len() as u64;
        let event = StreamEvent::Data {
            offset,
            bytes: Bytes::copy_from_slice(bytes),
            arrived: stamp(arrived),
            delivered: stamp(delivered),
        };
        self.push(delivered, FlowBody::Stream { direction, event });
    }

    pub(super) fn send(&mut self, frame: u64, bytes: &[u8]) {
        self.data(Direction::ToServer, bytes, frame, frame);
    }

    pub(super) fn gap(&mut self, frame: u64, direction: Direction, len: u64) {
        let start = *self.offsets.of(direction);
        *self.offsets.of_mut(direction) += len;
        let (range, reason) = (start..start + len, GapReason::NotCaptured);
        let event = StreamEvent::Gap { range, reason, delivered: stamp(frame) };
        self.push(frame, FlowBody::Stream { direction, event });
    }

    pub(super) fn end(&mut self, frame: u64, direction: Direction) {
        let event = StreamEvent::End { reason: EndReason::Fin, at: stamp(frame) };
        self.push(frame, FlowBody::Stream { direction, event });
    }

    pub(super) fn close(&mut self, frame: u64) {
        let closed = Closed {
            reason: EndReason::Fin,
            first_close: None,
            states: None,
            measures: None,
            last: stamp(frame),
            counters: PerDirection::default(),
            frames: Frames::default(),
        };
        self.push(frame, FlowBody::Closed(Box::new(closed)));
    }

    pub(super) fn words(&self) -> Vec<String> {
        let word = |event: &Event| match &event.body {
            EventBody::Note { text, .. } => text.clone(),
            EventBody::Anomaly(anomaly) => anomaly.id.to_owned(),
            EventBody::Unlisted { id, count } => format!("{count} more {id}"),
            EventBody::Connection(ConnectionEvent::Opened(_)) => "opened".to_owned(),
            EventBody::Connection(ConnectionEvent::Protocol(name)) => format!("is {name}"),
            EventBody::Connection(ConnectionEvent::Gap { range, .. }) => format!("gap {range:?}"),
            EventBody::Connection(ConnectionEvent::Ended { .. }) => "ended".to_owned(),
            EventBody::Connection(ConnectionEvent::Closed(_)) => "closed".to_owned(),
            other => format!("{other:?}"),
        };
        self.out.iter().map(word).collect()
    }
}
