//! Frames to play, and what was said of them in short.

use bytes::Bytes;

use crate::flow::event::{Direction, EndReason, GapReason, PerDirection, Role, Transport};
use crate::limits::Limits;
use crate::protocol::analyzer::{Analyzer, Context, FlowInfo, StreamKey};
use crate::protocol::budget::Budgets;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::http::stream::script::{flow, stamp};
use crate::protocol::http2::connection::Connection;
use crate::protocol::http2::frame::{self, Kind};
use crate::protocol::http2::hpack::tests::literal;
use crate::protocol::http2::probe::PREFACE;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::time::Stamp;

/// A conversation that is being played; packets are numbered from 1, a microsecond apart.
pub(super) struct Script {
    flow: FlowInfo,
    pub(super) connection: Connection,
    buffers: PerDirection<StreamBuffer>,
    offsets: PerDirection<u64>,
    frame: u64,
    /// Bytes of a packet at most.
    pub(super) piece: usize,
    /// Packets by which all is read behind its own: as what waits for keys is.
    pub(super) late: u64,
    pub(super) limits: Limits,
    budgets: Option<Budgets>,
    pub(super) events: Vec<(Stamp, EventBody)>,
}

impl Script {
    pub(super) fn new(role: Role) -> Self {
        let flow = flow(Transport::Tcp, role);
        Self {
            connection: Connection::new(&flow),
            flow,
            buffers: PerDirection::default(),
            offsets: PerDirection::default(),
            frame: 0,
            piece: usize::MAX,
            late: 0,
            limits: Limits::default(),
            budgets: None,
            events: Vec::new(),
        }
    }

    /// The client sends.
    pub(super) fn up(&mut self, bytes: &[u8]) {
        self.data(Direction::ToServer, bytes);
    }

    /// The server sends.
    pub(super) fn down(&mut self, bytes: &[u8]) {
        self.data(Direction::ToClient, bytes);
    }

    fn data(&mut self, direction: Direction, bytes: &[u8]) {
        for part in bytes.chunks(self.piece) {
            let came = stamp(self.frame + 1);
            self.call(direction, |connection, buffer, cx| {
                buffer.push(Bytes::copy_from_slice(part), came, came);
                connection.data(StreamKey { id: 0, direction }, buffer, cx);
            });
            *self.offsets.of_mut(direction) += part.len() as u64;
        }
    }

    /// Bytes of a direction are missing.
    pub(super) fn gap(&mut self, direction: Direction, length: u64) {
        let start = *self.offsets.of(direction);
        *self.offsets.of_mut(direction) += length;
        self.call(direction, |connection, buffer, cx| {
            let (range, reason) = (start..start + length, GapReason::NotCaptured);
            connection.gap(StreamKey { id: 0, direction }, range, reason, buffer, cx);
        });
    }

    pub(super) fn end(&mut self, direction: Direction, reason: EndReason) {
        self.call(direction, |connection, buffer, cx| {
            connection.end(StreamKey { id: 0, direction }, reason, buffer, cx);
        });
    }

    fn call(
        &mut self,
        direction: Direction,
        what: impl FnOnce(&mut Connection, &mut StreamBuffer, &mut Context<'_>),
    ) {
        self.frame += 1;
        let budgets = self.budgets.get_or_insert_with(|| Budgets::new(&self.limits));
        let mut cx = Context {
            now: stamp(self.frame + self.late),
            flow: &self.flow,
            limits: &self.limits,
            protocols: &[],
            budgets,
            routes: &Routes::default(),
            path: None,
            secrets: &Secrets::default(),
            depth: 0,
            secure: false,
            events: &mut self.events,
        };
        what(&mut self.connection, self.buffers.of_mut(direction), &mut cx);
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

    pub(super) fn anomalies(&self) -> Vec<&'static str> {
        let anomalies = self.events.iter().filter_map(|(_, body)| match body {
            EventBody::Anomaly(anomaly) => Some(anomaly.id),
            _ => None,
        });
        anomalies.collect()
    }
}

pub(super) fn preface() -> Vec<u8> {
    PREFACE.to_vec()
}

pub(super) fn frame(kind: Kind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind.0, flags], &stream.to_be_bytes(), payload].concat()
}

pub(super) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = settings
        .iter()
        .flat_map(|(id, value)| id.to_be_bytes().into_iter().chain(value.to_be_bytes()))
        .collect();
    frame(Kind::SETTINGS, 0, 0, &payload)
}

/// Fields, each of which is put into the table.
pub(super) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(name, value)).collect()
}

pub(super) fn headers(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(Kind::HEADERS, flags | frame::END_HEADERS, stream, &block(fields))
}

pub(super) fn get(stream: u32, path: &str) -> Vec<u8> {
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "h.test"), (":path", path)];
    headers(stream, frame::END_STREAM, &fields)
}

/// The server promises the response to a request.
pub(super) fn promise(on: u32, promised: u32, path: &str) -> Vec<u8> {
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "h.test"), (":path", path)];
    let payload = [&promised.to_be_bytes()[..], &block(&fields)].concat();
    frame(Kind::PUSH_PROMISE, frame::END_HEADERS, on, &payload)
}
