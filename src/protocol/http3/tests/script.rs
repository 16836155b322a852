//! Frames to play on streams, and what was said of them in short.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::flow::event::{Direction, EndReason, GapReason, Role, Transport};
use crate::limits::Limits;
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, StreamKey, StreamReset};
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http::stream::script::{brief, flow, stamp};
use crate::protocol::http3::connection::Connection;
use crate::protocol::http3::frame::Kind;
use crate::protocol::http3::qpack::tests::section;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::Stamp;

/// The client's streams in one direction.
pub(super) const CONTROL: u64 = 2;
pub(super) const ENCODER: u64 = 6;
pub(super) const DECODER: u64 = 10;

/// The server's.
pub(super) const SERVER_CONTROL: u64 = 3;
pub(super) const SERVER_ENCODER: u64 = 7;
pub(super) const SERVER_DECODER: u64 = 11;

/// A conversation that is being played; packets are numbered from 1, a microsecond apart.
pub(super) struct Script {
    flow: FlowInfo,
    pub(super) connection: Connection,
    buffers: BTreeMap<StreamKey, StreamBuffer>,
    offsets: BTreeMap<StreamKey, u64>,
    pub(super) frame: u64,
    /// Bytes of a packet at most.
    pub(super) piece: usize,
    pub(super) limits: Limits,
    budgets: Option<Budgets>,
    pub(super) events: Vec<(Stamp, EventBody)>,
}

impl Script {
    pub(super) fn new() -> Self {
        Self {
            flow: flow(Transport::Udp, Role::FirstSender),
            connection: Connection::new(),
            buffers: BTreeMap::new(),
            offsets: BTreeMap::new(),
            frame: 0,
            piece: usize::MAX,
            limits: Limits::default(),
            budgets: None,
            events: Vec::new(),
        }
    }

    /// A connection whose ends have sent their SETTINGS, with tables of 4,096 bytes, and have
    /// opened their encoder streams.
    pub(super) fn begun() -> Self {
        let mut script = Self::new();
        script.begin();
        script
    }

    pub(super) fn begin(&mut self) {
        let settings = [&[0][..], &settings(&[(1, 4096), (7, 100)])].concat();
        self.up(CONTROL, &settings);
        self.down(SERVER_CONTROL, &settings);
        self.up(ENCODER, b"\x02\x3f\xe1\x1f");
        self.down(SERVER_ENCODER, b"\x02\x3f\xe1\x1f");
        self.events.clear();
    }

    /// The client sends on a stream.
    pub(super) fn up(&mut self, id: u64, bytes: &[u8]) {
        self.data(StreamKey { id, direction: Direction::ToServer }, bytes);
    }

    /// The server sends on a stream.
    pub(super) fn down(&mut self, id: u64, bytes: &[u8]) {
        self.data(StreamKey { id, direction: Direction::ToClient }, bytes);
    }

    /// The client sends all that it has to say on a stream.
    pub(super) fn ask(&mut self, id: u64, bytes: &[u8]) {
        self.up(id, bytes);
        self.end(id, Direction::ToServer, EndReason::Fin);
    }

    /// The server does.
    pub(super) fn answer(&mut self, id: u64, bytes: &[u8]) {
        self.down(id, bytes);
        self.end(id, Direction::ToClient, EndReason::Fin);
    }

    fn data(&mut self, from: StreamKey, bytes: &[u8]) {
        for part in bytes.chunks(self.piece) {
            self.frame += 1;
            let came = stamp(self.frame);
            self.call(from, |connection, buffer, cx| {
                buffer.push(Bytes::copy_from_slice(part), came, came);
                connection.data(from, buffer, cx);
            });
            *self.offsets.entry(from).or_default() += part.len() as u64;
        }
    }

    /// Bytes of a stream are missing.
    pub(super) fn gap(&mut self, id: u64, direction: Direction, length: u64) {
        let from = StreamKey { id, direction };
        let offset = self.offsets.entry(from).or_default();
        let range = *offset..*offset + length;
        *offset += length;
        self.frame += 1;
        self.call(from, |connection, buffer, cx| {
            connection.gap(from, range, GapReason::NotCaptured, buffer, cx);
        });
    }

    /// A stream ends with the packet that came last.
    pub(super) fn end(&mut self, id: u64, direction: Direction, reason: EndReason) {
        let from = StreamKey { id, direction };
        self.call(from, |connection, buffer, cx| connection.end(from, reason, buffer, cx));
        self.buffers.remove(&from);
    }

    /// A direction of a stream is given up.
    pub(super) fn reset(&mut self, id: u64, direction: Direction, by: Direction, code: u64) {
        let from = StreamKey { id, direction };
        self.frame += 1;
        self.call(from, |connection, buffer, cx| {
            connection.reset(from, StreamReset { by, code }, buffer, cx);
        });
        self.buffers.remove(&from);
    }

    pub(super) fn datagram(&mut self, direction: Direction, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.frame += 1;
        self.call(StreamKey { id: 0, direction }, |connection, _, cx| {
            connection.datagram(direction, &bytes, 0, cx);
        });
    }

    pub(super) fn close(&mut self) {
        let from = StreamKey { id: 0, direction: Direction::ToServer };
        self.call(from, |connection, _, cx| connection.close(cx));
    }

    fn call(
        &mut self,
        from: StreamKey,
        what: impl FnOnce(&mut Connection, &mut StreamBuffer, &mut Context<'_>),
    ) {
        let budgets = self.budgets.get_or_insert_with(|| Budgets::new(&self.limits));
        let mut cx = Context {
            now: stamp(self.frame),
            flow: &self.flow,
            limits: &self.limits,
            protocols: &[],
            budgets,
            routes: &Routes::default(),
            path: None,
            secrets: &Secrets::default(),
            depth: 1,
            secure: true,
            events: &mut self.events,
        };
        what(&mut self.connection, self.buffers.entry(from).or_default(), &mut cx);
    }

    pub(super) fn brief(&self) -> Vec<String> {
        brief(&self.events)
    }

    /// The n-th thing that was said of HTTP.
    pub(super) fn http(&self, nth: usize) -> &HttpEvent {
        let mut http = self.events.iter().filter_map(|(_, body)| match body {
            EventBody::Http(event) => Some(event),
            _ => None,
        });
        http.nth(nth).unwrap()
    }

    /// What was said of the connection itself.
    pub(super) fn multiplex(&self) -> Vec<&Multiplex> {
        let said = self.events.iter().filter_map(|(_, body)| match body {
            EventBody::Multiplex(said) => Some(&**said),
            _ => None,
        });
        said.collect()
    }

    pub(super) fn notes(&self) -> Vec<&str> {
        let said = self.multiplex().into_iter().filter_map(|said| match said {
            Multiplex::Note { text, .. } => Some(text.as_str()),
            _ => None,
        });
        said.collect()
    }

    pub(super) fn anomalies(&self) -> Vec<&'static str> {
        let anomalies = self.events.iter().filter_map(|(_, body)| match body {
            EventBody::Anomaly(anomaly) => Some(anomaly.id),
            _ => None,
        });
        anomalies.collect()
    }
}

/// A number of variable length, as short as can be.
pub(super) fn varint(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let (length, bits) = match number {
        0..0x40 => (1, 0x00),
        0x40..0x4000 => (2, 0x40),
        0x4000..0x4000_0000 => (4, 0x80),
        _ => (8, 0xc0),
    };
    let mut written = bytes[8 - length..].to_vec();
    written[0] |= bits;
    written
}

pub(super) fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
    [&varint(kind.0)[..], &varint(payload.len() as u64), payload].concat()
}

pub(super) fn data(payload: &[u8]) -> Vec<u8> {
    frame(Kind::DATA, payload)
}

pub(super) fn settings(settings: &[(u64, u64)]) -> Vec<u8> {
    let values = settings.iter().flat_map(|(number, value)| [varint(*number), varint(*value)]);
    frame(Kind::SETTINGS, &values.collect::<Vec<_>>().concat())
}

/// Fields that need nothing of the table.
pub(super) fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    frame(Kind::HEADERS, &section(fields))
}

pub(super) fn get(path: &str) -> Vec<u8> {
    headers(&[(":method", "GET"), (":scheme", "https"), (":authority", "h.test"), (":path", path)])
}

pub(super) fn ok() -> Vec<u8> {
    headers(&[(":status", "200")])
}

/// The server promises a push.
pub(super) fn promise(push: u64, path: &str) -> Vec<u8> {
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "h.test"), (":path", path)];
    frame(Kind::PUSH_PROMISE, &[varint(push), section(&fields)].concat())
}
