//! Gives datagrams to the sessions of a shard, and says in short what they make of them.

use std::sync::Arc;

use bytes::Bytes;

use crate::address::Endpoint;
use crate::anomaly::Class;
use crate::flow::event::{
    Closed, Counters, Direction, EndReason, FlowBody, FlowEvent, FlowId, FlowKey, GapReason,
    Opened, PerDirection, Role, Transport,
};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{
    Analyzer, Context, Progress, Protocol, StreamKey, StreamReset, Verdict,
};
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::{ConnectionEvent, Event, EventBody, Phase};
use crate::protocol::quic;
use crate::protocol::quic::event::{CloseError, Measures, QuicEvent};
use crate::protocol::secrets::Secrets;
use crate::protocol::sessions::Sessions;
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::message::Kind;
use crate::time::{FrameNo, Frames, Stamp, Timestamp};

static TABLE: &[&Protocol] = &[&quic::PROTOCOL, &INSIDE];

/// What is inside: it says what it was given, and by which packets.
static INSIDE: Protocol = Protocol {
    name: "inside",
    transports: &[Transport::Udp],
    ports: &[],
    alpn: &["inside", "h3"],
    probe: |_| Verdict::No,
    start: |_| Box::new(Inside),
};

struct Inside;

fn note(text: String, cx: &mut Context<'_>) {
    cx.emit(EventBody::Note { protocol: "inside", text });
}

const fn arrow(way: Direction) -> char {
    match way {
        Direction::ToServer => '>',
        Direction::ToClient => '<',
    }
}

impl Analyzer for Inside {
    fn data(
        &mut self,
        from: StreamKey,
        buffer: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        let (bytes, span) = buffer.take(buffer.len(), &mut Frames::default()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (first, done) = (span.first.frame.0, span.done.frame.0);
        note(format!("{}{} {text} {first}/{done}", arrow(from.direction), from.id), cx);
        Progress::More
    }

    fn gap(
        &mut self,
        from: StreamKey,
        range: std::ops::Range<u64>,
        reason: GapReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) -> Progress {
        note(format!("{}{} gap {range:?} {reason:?}", arrow(from.direction), from.id), cx);
        Progress::More
    }

    fn datagram(
        &mut self,
        way: Direction,
        bytes: &Bytes,
        _: u32,
        cx: &mut Context<'_>,
    ) -> Progress {
        note(format!("{}datagram {}", arrow(way), String::from_utf8_lossy(bytes)), cx);
        Progress::More
    }

    fn end(
        &mut self,
        from: StreamKey,
        reason: EndReason,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        note(format!("{}{} end {reason:?}", arrow(from.direction), from.id), cx);
    }

    fn reset(
        &mut self,
        from: StreamKey,
        reset: StreamReset,
        _: &mut StreamBuffer,
        cx: &mut Context<'_>,
    ) {
        let (way, by) = (arrow(from.direction), arrow(reset.by));
        note(format!("{way}{} reset {} by {by}", from.id, reset.code), cx);
    }
}

/// One shard, and the datagrams that it has seen.
pub(super) struct Play {
    sessions: Sessions,
    pub(super) events: Vec<Event>,
    frame: u64,
    /// The client's ports, and their flows.
    flows: Vec<(u16, FlowId, PerDirection<Counters>)>,
}

/// The story of a connection whose handshake goes well: what is told before the server's first packet
/// of it, the frames of the server's part and of the client's, and what is told behind it.
pub(super) fn with_handshake(
    before: &[&str],
    (server, client): (u64, u64),
    behind: &[&str],
) -> Vec<String> {
    let handshake = [
        format!("<Server Hello {server}/{server}"),
        "keys Found".to_owned(),
        format!("<Encrypted Extensions {server}/{server}"),
        format!("<Finished {server}/{server}"),
        "<finished".to_owned(),
        format!(">Finished {client}/{client}"),
        ">finished".to_owned(),
    ];
    let own = |told: &[&str]| told.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    [own(before), handshake.to_vec(), own(behind)].concat()
}

/// Where clients are, as long as nobody says otherwise.
const HOME: u16 = 40_000;

impl Play {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self::within(Limits::default(), secrets)
    }

    pub(super) fn within(limits: Limits, secrets: Secrets) -> Self {
        let sessions = Sessions::new(limits, TABLE);
        let mut play = Self { sessions, events: Vec::new(), frame: 0, flows: Vec::new() };
        play.log(secrets);
        play
    }

    fn now(&self) -> Stamp {
        let nanos = self.frame.cast_signed() * 1_000_000;
        Stamp::new(Timestamp::from_nanos(nanos), FrameNo(self.frame))
    }

    /// These secrets are known now.
    pub(super) fn log(&mut self, secrets: Secrets) {
        let turn = (FrameNo(self.frame), Phase::Secrets);
        self.sessions.secrets(turn, self.now(), Arc::new(secrets), &mut self.events);
    }

    /// Nothing happens for so many milliseconds, a frame each.
    pub(super) const fn wait(&mut self, millis: u64) {
        self.frame += millis;
    }

    pub(super) fn up(&mut self, datagram: &[u8]) {
        self.on(HOME, Direction::ToServer, datagram);
    }

    pub(super) fn down(&mut self, datagram: &[u8]) {
        self.on(HOME, Direction::ToClient, datagram);
    }

    pub(super) fn all(&mut self, datagrams: &[(Direction, Vec<u8>)]) {
        for (way, datagram) in datagrams {
            self.on(HOME, *way, datagram);
        }
    }

    /// A datagram between the server and this port of the client.
    pub(super) fn on(&mut self, port: u16, way: Direction, datagram: &[u8]) {
        self.frame += 1;
        let known = self.flows.iter().position(|(known, ..)| *known == port);
        let place = known.unwrap_or_else(|| {
            let id = FlowId(FrameNo(self.frame));
            self.flows.push((port, id, PerDirection::default()));
            self.push(id, FlowBody::Opened(Box::new(opened(port, way))));
            self.flows.len() - 1
        });
        let (_, id, counters) = &mut self.flows[place];
        counters.of_mut(way).packets += 1;
        let (id, bytes) = (*id, Bytes::copy_from_slice(datagram));
        self.push(id, FlowBody::Datagram { direction: way, bytes, missing: 0 });
    }

    fn push(&mut self, flow: FlowId, body: FlowBody) {
        let event = FlowEvent { flow, at: self.now(), body };
        let turn = (FrameNo(self.frame), Phase::Packet);
        self.sessions.push(turn, event, &mut self.events);
    }

    /// The capture is over.
    pub(super) fn close(&mut self) {
        self.frame += 1;
        for (_, id, counters) in std::mem::take(&mut self.flows) {
            let closed = Closed {
                reason: EndReason::CaptureEnd,
                first_close: None,
                states: None,
                measures: None,
                last: self.now(),
                counters,
                frames: Frames::default(),
            };
            self.push(id, FlowBody::Closed(Box::new(closed)));
        }
    }

    /// What was said, but for what is said of every connection.
    pub(super) fn story(&self) -> Vec<String> {
        self.events.iter().filter_map(|event| told(&event.body)).collect()
    }

    /// What was said of this kind.
    pub(super) fn quic<T>(&self, which: impl Fn(&QuicEvent) -> Option<T>) -> Vec<T> {
        let all = self.events.iter().filter_map(|event| match &event.body {
            EventBody::Quic(event) => which(event),
            _ => None,
        });
        all.collect()
    }

    /// What is inside was given this, without the packets that brought it.
    pub(super) fn given(&self) -> Vec<String> {
        let all = self.events.iter().filter_map(|event| match &event.body {
            EventBody::Note { text, .. } => Some(text.split('/').next().unwrap()),
            _ => None,
        });
        all.map(|text| text.trim_end_matches(|c: char| c.is_ascii_digit()).trim().to_owned())
            .collect()
    }

    /// What was counted.
    pub(super) fn measures(&self) -> Measures {
        let mut all = self.quic(|event| match event {
            QuicEvent::Measures(measures) => Some((**measures).clone()),
            _ => None,
        });
        assert_eq!(all.len(), 1, "once for each connection");
        all.remove(0)
    }

    /// What was not as it should be.
    pub(super) fn anomalies(&self) -> Vec<&'static str> {
        let all = self.events.iter().filter_map(|event| match &event.body {
            EventBody::Anomaly(anomaly) => Some(anomaly.id),
            _ => None,
        });
        all.collect()
    }
}

fn opened(port: u16, way: Direction) -> Opened {
    let client = Endpoint::new([192, 0, 2, 1].into(), port);
    let server = Endpoint::new([192, 0, 2, 2].into(), 443);
    Opened {
        key: FlowKey::between(Transport::Udp, Encapsulation::default(), client, server),
        client,
        server,
        role: Role::Port,
        macs: None,
        first_to_server: way == Direction::ToServer,
        ttl: 64,
    }
}

/// What is said, in short.
fn told(body: &EventBody) -> Option<String> {
    Some(match body {
        EventBody::Tls(event) => tls(event)?,
        EventBody::Quic(event) => quic(event)?,
        EventBody::Note { text, .. } => text.clone(),
        EventBody::Connection(ConnectionEvent::Joined(flow)) => format!("joined {}", flow.0.0),
        EventBody::Connection(ConnectionEvent::Closed(closed)) => {
            let PerDirection { to_server, to_client } = &closed.counters;
            format!("closed {} {}", to_server.packets, to_client.packets)
        }
        EventBody::Anomaly(anomaly) => {
            let is_limit = if anomaly.class == Class::Limit { " (limit)" } else { "" };
            format!("{}{is_limit}", anomaly.id)
        }
        _ => return None,
    })
}

fn tls(event: &TlsEvent) -> Option<String> {
    Some(match event {
        TlsEvent::Message(message) => {
            let way = arrow(message.direction);
            let (first, done) = (message.span.first.frame.0, message.span.done.frame.0);
            match message.kind {
                Kind::Handshake(kind) => format!("{way}{kind} {first}/{done}"),
                kind => format!("{way}{kind:?} {first}/{done}"),
            }
        }
        TlsEvent::Finished { direction, inferred, .. } => {
            format!("{}finished{}", arrow(*direction), if *inferred { " inferred" } else { "" })
        }
        TlsEvent::Data { direction, early, .. } => {
            format!("{}data{}", arrow(*direction), if *early { " early" } else { "" })
        }
        TlsEvent::Keys(keys) => format!("keys {keys:?}"),
        TlsEvent::Alert(_) | TlsEvent::Estimate(_) => return None,
    })
}

fn quic(event: &QuicEvent) -> Option<String> {
    Some(match event {
        QuicEvent::Version(version) => format!("version {version}"),
        QuicEvent::Negotiation { versions, .. } => {
            let all: Vec<String> = versions.iter().map(ToString::to_string).collect();
            format!("negotiation {}", all.join(", "))
        }
        QuicEvent::Retry { token, authentic, .. } => format!("retry {token} {authentic:?}"),
        QuicEvent::Path(path) => {
            let id = if path.has_new_id { "new id" } else { "same id" };
            format!("path {} {id} {}", path.client.port, path.at.frame.0)
        }
        QuicEvent::Validated { by, asked, answered } => {
            format!("{}validated {}-{}", arrow(*by), asked.frame.0, answered.frame.0)
        }
        QuicEvent::KeyUpdate { by, at, nth } => {
            format!("{}update {nth} {}", arrow(*by), at.frame.0)
        }
        QuicEvent::Answered { at } => format!("answered {}", at.frame.0),
        QuicEvent::Confirmed { at } => format!("confirmed {}", at.frame.0),
        QuicEvent::Early { accepted } => format!("early {accepted}"),
        QuicEvent::Close(close) => {
            let error = match close.error {
                CloseError::Transport { error, frame } => format!("{error} {frame}"),
                CloseError::Application(code) => format!("application {code}"),
            };
            format!("{}close {error} {}", arrow(close.by), close.reason)
        }
        QuicEvent::StatelessReset { by, at } => format!("{}unknown {}", arrow(*by), at.frame.0),
        QuicEvent::Stalled(stall) => {
            let (way, stream) = (arrow(stall.direction), stall.stream.map_or(-1, u64::cast_signed));
            let (from, to) = (stall.from.frame.0, stall.to.frame.0);
            let cause = format!("{:?}", stall.cause);
            let cause = cause.split(' ').next().unwrap_or_default().to_owned();
            format!("{way}{stream} stalled {from}-{to} {cause}")
        }
        QuicEvent::Packet(packet) => {
            let (way, kind, number) = (arrow(packet.by), packet.kind.name(), packet.number);
            format!("{way}packet {kind} {number} of {} frames", packet.frames.len())
        }
        QuicEvent::Issued(_)
        | QuicEvent::Parameters { .. }
        | QuicEvent::RoundTrip { .. }
        | QuicEvent::Spin(_)
        | QuicEvent::Measures(_) => return None,
    })
}
