//! Conversations for the analyzers: both directions, cut anywhere, with holes and ends.
//!
//! The bytes are what is said, client first. `FF` is followed by what happens: `00` a cut, `01`
//! the other end speaks, `02 n` a hole of 16 n bytes, `03` this direction ends, `04` both are
//! reset, `05` a second passes, `06 n` n bytes are cut off by the snapshot length; else it stands
//! for itself and what follows it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::Class;
use crate::flow::event::{
    Closed, Direction, EndReason, FlowBody, FlowEvent, FlowId, FlowKey, GapReason, Opened,
    PerDirection, Role, StreamEvent, Transport,
};
use crate::fuzzing::plan::Plan;
use crate::fuzzing::reports;
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Protocol, Verdict};
use crate::protocol::event::{Event, EventBody, Phase};
use crate::protocol::http::credentials::Credentials;
use crate::protocol::http::message::{HttpEvent, Version};
use crate::protocol::secrets::Secrets;
use crate::protocol::sessions::Sessions;
use crate::protocol::{self, PROTOCOLS};
use crate::time::{FrameNo, Frames, Stamp, TimeDelta, Timestamp};
use crate::trace::CaptureFacts;
use crate::trace::builder::TraceBuilder;

/// Pieces of one conversation at most.
const PIECES: u64 = 4096;

/// What happens in a conversation.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Say(Vec<u8>),
    Turn,
    Hole(u16),
    End,
    Reset,
    Second,
    Cut(u8),
}

/// DNS over UDP, or over TCP where the first byte is odd.
pub fn dns(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let transport = if plan.u8() & 1 == 0 { Transport::Udp } else { Transport::Tcp };
    converse(transport, 53, plan.rest());
}

/// What goes on behind a head of HTTP/1: by the first byte a WebSocket, one whose messages are
/// compressed, or an event stream. Where it is cut does not matter.
pub fn messages(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let upgrade = "Upgrade: websocket\r\nConnection: upgrade\r\n";
    let deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let (asks, answers) = match plan.u8() % 3 {
        0 => (upgrade.to_owned(), format!("101 Go\r\n{upgrade}")),
        1 => (format!("{upgrade}{deflate}"), format!("101 Go\r\n{upgrade}{deflate}")),
        _ => (String::new(), "200 OK\r\nContent-Type: text/event-stream\r\n".to_owned()),
    };
    let asks = format!("GET / HTTP/1.1\r\nHost: a\r\n{asks}\r\n");
    let answers = format!("HTTP/1.1 {answers}\r\n");
    http1(&[asks.as_bytes(), b"\xff\x01", answers.as_bytes(), plan.rest()].concat());
}

/// HTTP/1. What is understood of a conversation does not depend on where it is cut, as long as it
/// is HTTP: behind bytes that are not, and behind holes, a segment that begins with a message is
/// where it goes on, and HTTP/0.9 has no end but that of its segment.
pub fn http1(bytes: &[u8]) {
    converse(Transport::Tcp, 80, bytes);
    if bytes.len() > 2048 {
        return;
    }
    let mut steps = steps(bytes);
    let is_hole = |step: &Step| matches!(step, Step::Hole(_) | Step::Cut(_));
    steps.truncate(steps.iter().position(is_hole).unwrap_or(steps.len()));
    let [pieces, single] =
        [false, true].map(|single| play(Transport::Tcp, 80, HTTP1, &steps, single));
    if is_plain(&pieces) && is_plain(&single) {
        assert_eq!(said(&pieces), said(&single), "where a stream is cut changes what was said");
    }
}

/// HTTP/1 without a doubt: how soon a protocol is recognised does depend on the cuts.
static HTTP1: &[&Protocol] = &[&Protocol {
    name: "http",
    transports: &[Transport::Tcp],
    ports: &[80],
    alpn: &[],
    probe: |_| Verdict::Yes,
    start: |flow| (protocol::http1::PROTOCOL.start)(flow),
}];

/// Any transport and any port: the protocol is found out.
pub fn any(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let transport = match plan.u8() % 5 {
        0 => Transport::Tcp,
        1 => Transport::Udp,
        2 => Transport::Arp,
        3 => Transport::Icmpv4,
        _ => Transport::Icmpv6,
    };
    let port = plan.u16();
    converse(transport, port, plan.rest());
}

/// Plays a conversation, folds it into a trace and writes every report of that.
pub(super) fn converse(transport: Transport, port: u16, bytes: &[u8]) -> Vec<Event> {
    let events = play(transport, port, PROTOCOLS, &steps(bytes), false);
    fold(events.clone(), bytes.len());
    events
}

/// Folds what was said into a trace, and writes the reports of that where the number of the bytes
/// that it was made of says so.
pub(super) fn fold(events: Vec<Event>, bytes: usize) {
    assert!(events.is_sorted_by_key(|event| event.order), "events come in order");
    let mut builder = TraceBuilder::new(&Limits::default(), Credentials::Blanked);
    let mut completed = Vec::new();
    for event in events {
        builder.apply(event, &mut completed);
    }
    let trace = builder.finish(CaptureFacts::default(), Vec::new(), &mut completed);
    // reports take far longer than all before them
    if bytes.is_multiple_of(4) {
        reports::write_all(&trace, &completed);
    }
}

/// True where a conversation begins with a request, and all of it is HTTP/1.0 or 1.1.
fn is_plain(events: &[Event]) -> bool {
    let begins = said(events).first().is_some_and(|body| match body {
        EventBody::Http(HttpEvent::Request { head, .. }) => head.span.first.frame.0 == 2,
        _ => false,
    });
    begins
        && events.iter().all(|event| match &event.body {
            EventBody::Http(HttpEvent::Request { head, .. }) => head.version != Version::Http09,
            EventBody::Anomaly(anomaly) => anomaly.class != Class::Malformed,
            _ => true,
        })
}

/// What was understood, without what bounds were reached: those count unread bytes.
pub(super) fn said(events: &[Event]) -> Vec<&EventBody> {
    let http = |body: &&EventBody| matches!(body, EventBody::Http(_));
    events.iter().map(|event| &event.body).filter(http).collect()
}

/// How many bytes were given to the protocol inside, which tells of each piece how long it is.
pub(super) fn given_inside(events: &[Event]) -> usize {
    let given = events.iter().map(|event| match &event.body {
        EventBody::Note { protocol: "inside", text } => text.parse().unwrap_or(0),
        _ => 0,
    });
    given.sum()
}

pub(super) fn steps(bytes: &[u8]) -> Vec<Step> {
    let mut plan = Plan::new(bytes);
    let mut steps = Vec::new();
    let mut saying = Vec::new();
    while !plan.is_over() {
        let byte = plan.u8();
        if byte != 0xff {
            saying.push(byte);
            continue;
        }
        let step = match plan.u8() {
            0 => None,
            1 => Some(Step::Turn),
            2 => Some(Step::Hole(u16::from(plan.u8()) * 16)),
            3 => Some(Step::End),
            4 => Some(Step::Reset),
            5 => Some(Step::Second),
            6 => Some(Step::Cut(plan.u8())),
            0xff => {
                saying.push(0xff);
                continue;
            }
            other => {
                saying.extend([0xff, other]);
                continue;
            }
        };
        if !saying.is_empty() {
            steps.push(Step::Say(std::mem::take(&mut saying)));
        }
        steps.extend(step);
    }
    if !saying.is_empty() {
        steps.push(Step::Say(saying));
    }
    steps
}

/// Gives a conversation to the analyzers; of `single` bytes where a piece has many.
pub(super) fn play(
    transport: Transport,
    port: u16,
    protocols: &'static [&'static Protocol],
    steps: &[Step],
    single: bool,
) -> Vec<Event> {
    perform(Stage::new(transport, port, protocols), steps, single)
}

/// Likewise, of many bytes at once, with what opens TLS.
pub(super) fn play_with(
    secrets: &Arc<Secrets>,
    transport: Transport,
    port: u16,
    protocols: &'static [&'static Protocol],
    steps: &[Step],
) -> Vec<Event> {
    let mut stage = Stage::new(transport, port, protocols);
    let turn = (stage.now.frame, Phase::Secrets);
    stage.sessions.secrets(turn, stage.now, Arc::clone(secrets), &mut stage.events);
    perform(stage, steps, false)
}

fn perform(mut stage: Stage, steps: &[Step], single: bool) -> Vec<Event> {
    let mut direction = Direction::ToServer;
    for (nth, step) in (2..PIECES).zip(steps) {
        stage.now.frame = FrameNo(nth);
        stage.now.at = stage.now.at + TimeDelta::from_nanos(1000);
        match step {
            Step::Say(bytes) if single => {
                for byte in bytes {
                    stage.say(direction, &[*byte], 0);
                }
            }
            Step::Say(bytes) => stage.say(direction, bytes, 0),
            Step::Turn => direction = !direction,
            Step::Hole(length) => stage.hole(direction, u64::from(*length), GapReason::NotCaptured),
            Step::Cut(length) if stage.transport == Transport::Tcp => {
                stage.hole(direction, u64::from(*length), GapReason::Truncated);
            }
            Step::Cut(length) => stage.say(direction, b"", u32::from(*length)),
            Step::End => stage.end(direction, EndReason::Fin),
            Step::Reset => {
                for direction in [Direction::ToServer, Direction::ToClient] {
                    stage.end(direction, EndReason::Rst);
                }
            }
            Step::Second => stage.now.at = stage.now.at + TimeDelta::from_secs(1),
        }
    }
    stage.close()
}

/// One flow between what is said and the analyzers.
struct Stage {
    sessions: Sessions,
    transport: Transport,
    now: Stamp,
    sent: PerDirection<u64>,
    ended: PerDirection<bool>,
    events: Vec<Event>,
}

impl Stage {
    fn new(transport: Transport, port: u16, protocols: &'static [&'static Protocol]) -> Self {
        let port = if matches!(transport, Transport::Tcp | Transport::Udp) { port } else { 0 };
        let client =
            Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), if port == 0 { 0 } else { 40_000 });
        let server = Endpoint::new(Ipv4Addr::new(192, 0, 2, 2).into(), port);
        let (lo, hi) = (client.min(server), client.max(server));
        let opened = Opened {
            key: FlowKey { transport, encapsulation: Encapsulation::default(), lo, hi },
            client,
            server,
            role: Role::Syn,
            macs: None,
            first_to_server: true,
            ttl: 64,
        };
        let mut stage = Self {
            sessions: Sessions::new(Limits::default(), protocols),
            transport,
            now: Stamp::new(Timestamp::from_nanos(0), FrameNo(1)),
            sent: PerDirection::default(),
            ended: PerDirection::default(),
            events: Vec::new(),
        };
        stage.push(FlowBody::Opened(Box::new(opened)));
        stage
    }

    fn push(&mut self, body: FlowBody) {
        let event = FlowEvent { flow: FlowId(FrameNo(1)), at: self.now, body };
        self.sessions.push((self.now.frame, Phase::Packet), event, &mut self.events);
    }

    fn stream(&mut self, direction: Direction, event: StreamEvent) {
        if self.transport == Transport::Tcp && !*self.ended.of(direction) {
            self.push(FlowBody::Stream { direction, event });
        }
    }

    fn say(&mut self, direction: Direction, bytes: &[u8], missing: u32) {
        let bytes = Bytes::copy_from_slice(bytes);
        if self.transport != Transport::Tcp {
            return self.push(FlowBody::Datagram { direction, bytes, missing });
        }
        let offset = *self.sent.of(direction);
        *self.sent.of_mut(direction) += bytes.len() as u64;
        let (arrived, delivered) = (self.now, self.now);
        self.stream(direction, StreamEvent::Data { offset, bytes, arrived, delivered });
    }

    fn hole(&mut self, direction: Direction, length: u64, reason: GapReason) {
        let start = *self.sent.of(direction);
        *self.sent.of_mut(direction) += length;
        let (range, delivered) = (start..start + length, self.now);
        if length > 0 {
            self.stream(direction, StreamEvent::Gap { range, reason, delivered });
        }
    }

    fn end(&mut self, direction: Direction, reason: EndReason) {
        self.stream(direction, StreamEvent::End { reason, at: self.now });
        *self.ended.of_mut(direction) = true;
    }

    fn close(mut self) -> Vec<Event> {
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.end(direction, EndReason::CaptureEnd);
        }
        let closed = Closed {
            reason: EndReason::CaptureEnd,
            first_close: None,
            states: None,
            measures: None,
            last: self.now,
            counters: PerDirection::default(),
            frames: Frames::default(),
        };
        self.push(FlowBody::Closed(Box::new(closed)));
        self.events
    }
}
