use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::address::Endpoint;
use crate::flow::event::{Closed, FlowBody, FlowEvent, FlowId, FlowKey, Opened, Role, Transport};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::Verdict;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::{Event, Phase};
use crate::protocol::sessions::Sessions;
use crate::time::{FrameNo, Frames, Timestamp};

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

struct Wire {
    sessions: Sessions,
    out: Vec<Event>,
    offsets: PerDirection<u64>,
}

impl Wire {
    fn new(transport: Transport, port: u16, limits: Limits) -> Self {
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

    fn tcp(port: u16) -> Self {
        Self::new(Transport::Tcp, port, Limits::default())
    }

    fn push(&mut self, frame: u64, body: FlowBody) {
        let event = FlowEvent { flow: FlowId(FrameNo(1)), at: stamp(frame), body };
        self.sessions.push((FrameNo(frame), Phase::Packet), event, &mut self.out);
    }

    fn data(&mut self, direction: Direction, bytes: &[u8], arrived: u64, delivered: u64) {
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

    fn send(&mut self, frame: u64, bytes: &[u8]) {
        self.data(Direction::ToServer, bytes, frame, frame);
    }

    fn gap(&mut self, frame: u64, direction: Direction, len: u64) {
        let start = *self.offsets.of(direction);
        *self.offsets.of_mut(direction) += len;
        let (range, reason) = (start..start + len, GapReason::NotCaptured);
        let event = StreamEvent::Gap { range, reason, delivered: stamp(frame) };
        self.push(frame, FlowBody::Stream { direction, event });
    }

    fn end(&mut self, frame: u64, direction: Direction) {
        let event = StreamEvent::End { reason: EndReason::Fin, at: stamp(frame) };
        self.push(frame, FlowBody::Stream { direction, event });
    }

    fn close(&mut self, frame: u64) {
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

    fn words(&self) -> Vec<String> {
        let word = |event: &Event| match &event.body {
            EventBody::Note { text, .. } => text.clone(),
            EventBody::Anomaly(anomaly) => anomaly.id.to_owned(),
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

#[test]
fn any_cut_of_the_stream_says_the_same() {
    let text = b"TOY one\ntwo\n\nthree";
    for cut in 0..=text.len() {
        let mut wire = Wire::tcp(99);
        let (head, tail) = text.split_at(cut);
        for (frame, part) in [(2, head), (3, tail)] {
            if !part.is_empty() {
                wire.send(frame, part);
            }
        }
        wire.end(4, Direction::ToServer);
        wire.close(5);
        let mut words = wire.words();
        for word in &mut words {
            // which frames carried a line depends on the cut
            word.truncate(word.rfind(" 2-").or_else(|| word.rfind(" 3-")).unwrap_or(word.len()));
        }
        assert_eq!(
            words,
            [
                "opened",
                "is toy",
                "TOY one",
                "two",
                "",
                "ended",
                "Fin with 5 left",
                "close",
                "closed"
            ],
            "cut at {cut}"
        );
    }
}

#[test]
fn order_is_unique_and_ascends() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\nx\ny\n");
    wire.send(3, b"z\n");
    let orders: Vec<_> = wire.out.iter().map(|event| event.order).collect();
    assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    assert_eq!(wire.out.last().unwrap().order.index, 0);
}

#[test]
fn a_port_decides_where_bytes_never_will() {
    // "TO" could become TOY: at the end of the direction the port must do
    let mut wire = Wire::tcp(7);
    wire.send(2, b"TO");
    assert_eq!(wire.words(), ["opened"]);
    wire.end(3, Direction::ToServer);
    assert_eq!(wire.words(), ["opened", "ended", "is toy", "Fin with 2 left"]);
    // the same bytes on a port that says nothing are no protocol
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TO");
    wire.end(3, Direction::ToServer);
    assert_eq!(wire.words(), ["opened", "ended"]);
    // and bytes that refuse the port are not forced on it
    let mut wire = Wire::tcp(7);
    wire.send(2, b"GET\n");
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn waiting_ends_at_its_bound() {
    let limits = Limits { probe_bytes: 4, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 8, limits);
    for frame in 2..5 {
        wire.send(frame, b"\x00");
        assert_eq!(wire.words(), ["opened"]);
    }
    wire.send(5, b"\x00");
    assert_eq!(wire.words(), ["opened", "is veil"]);
}

#[test]
fn the_other_direction_may_tell_and_what_was_dropped_is_a_gap() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"rest of something\n");
    wire.data(Direction::ToClient, b"TOY\n", 3, 3);
    // the toy stops at gaps, so it is over before it reads the answer
    assert_eq!(wire.words(), ["opened", "is toy"]);
    let mut wire = Wire::tcp(99);
    wire.send(2, b"?");
    wire.data(Direction::ToClient, b"?", 3, 3);
    wire.data(Direction::ToClient, b"TOY\n", 4, 4);
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn a_gap_is_always_told_and_ends_reading_by_default() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\na");
    wire.gap(3, Direction::ToServer, 10);
    wire.send(4, b"b\n");
    wire.close(5);
    assert_eq!(wire.words(), ["opened", "is toy", "TOY 2-2", "gap 5..15", "closed"]);
}

#[test]
fn nothing_is_called_after_done() {
    let mut wire = Wire::tcp(99);
    wire.send(2, b"TOY\nSTOP\nmore\n");
    wire.send(3, b"still more\n");
    wire.close(4);
    assert_eq!(wire.words(), ["opened", "is toy", "TOY 2-2", "STOP 2-2", "closed"]);
}

#[test]
fn unread_bytes_have_a_bound() {
    let limits = Limits { buffer_per_stream: 8, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 99, limits);
    wire.send(2, b"TOY12345");
    assert_eq!(wire.words(), ["opened", "is toy"]);
    wire.send(3, b"6");
    wire.send(4, b"\n");
    assert_eq!(wire.words(), ["opened", "is toy", "stream.buffer-full"]);
}

#[test]
fn datagrams_are_judged_one_by_one_and_not_for_ever() {
    let mut wire = Wire::new(Transport::Udp, 99, Limits::default());
    let datagram = |bytes: &'static [u8]| FlowBody::Datagram {
        direction: Direction::ToServer,
        bytes: Bytes::from_static(bytes),
        missing: 3,
    };
    wire.push(2, datagram(b"?"));
    wire.push(3, datagram(b"TOY"));
    assert_eq!(wire.words(), ["opened", "is toy", "datagram 3+3"]);
    let mut wire = Wire::new(Transport::Udp, 99, Limits::default());
    for frame in 2..10 {
        wire.push(frame, datagram(b"?"));
    }
    wire.push(10, datagram(b"TOY"));
    assert_eq!(wire.words(), ["opened"]);
}

#[test]
fn a_child_session_keeps_when_its_bytes_arrived() {
    let hide = |text: &[u8]| -> Vec<u8> {
        let len = u8::try_from(text.len()).unwrap();
        std::iter::once(len).chain(text.iter().map(|b| !b)).collect()
    };
    let mut wire = Wire::new(Transport::Tcp, 8, Limits { probe_bytes: 1, ..Limits::default() });
    // the line is cut over two records, and the second record over two segments, of which the
    // first was overtaken by the last: arrived 4, delivered 5
    let first = hide(b"TOY he");
    let second = hide(b"llo\n");
    let (start, rest) = second.split_at(2);
    wire.send(2, &first);
    wire.send(5, start);
    wire.data(Direction::ToServer, rest, 4, 5);
    assert_eq!(wire.words(), ["opened", "is veil", "is toy", "TOY hello 2-5"]);
    let mut wire = Wire::new(Transport::Tcp, 8, Limits { probe_bytes: 1, ..Limits::default() });
    wire.send(2, &hide(b"TOY\n"));
    wire.data(Direction::ToServer, &hide(b"late\n"), 4, 9);
    assert_eq!(wire.words().last().unwrap(), "late 4-9");
}

#[test]
fn where_all_connections_hold_too_much_reading_the_one_that_asks_for_more_stops() {
    let limits = Limits { analyzers_per_shard: 300, ..Limits::default() };
    let mut wire = Wire::new(Transport::Tcp, 99, limits);
    wire.send(2, b"TOY ");
    wire.send(3, b"one");
    wire.send(4, b"\nTOY ");
    wire.send(5, &[b'x'; 300]);
    wire.send(6, b"\nTOY two\n");
    wire.close(7);
    let words = wire.words();
    assert_eq!(words, ["opened", "is toy", "TOY one 2-4", "stream.budget-full", "closed"]);
}
