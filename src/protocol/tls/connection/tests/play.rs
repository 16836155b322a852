//! Plays what both ends send to the analyzers, and says in short what they make of it.

use bytes::Bytes;

use crate::address::Endpoint;
use crate::flow::event::{
    Direction, EndReason, FlowId, FlowKey, GapReason, PerDirection, Role, StreamEvent, Transport,
};
use crate::limits::Limits;
use crate::packet::Encapsulation;
use crate::protocol::analyzer::{Context, FlowInfo, Protocol, StreamKey};
use crate::protocol::budget::Budgets;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http1;
use crate::protocol::routes::Routes;
use crate::protocol::secrets::Secrets;
use crate::protocol::session::Session;
use crate::protocol::tls;
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::message::Kind;
use crate::time::{FrameNo, Stamp, Timestamp};

static TABLE: &[&Protocol] = &[&http1::PROTOCOL, &tls::PROTOCOL];

/// One thing that happens.
#[derive(Clone)]
pub(super) enum Act {
    Up(Vec<u8>),
    Down(Vec<u8>),
    /// Bytes of the server are missing.
    Hole(u64),
    /// These secrets are known now.
    Log(Secrets),
    /// The server says nothing more.
    End,
    Close,
}
use Act::{Close, Down, End, Hole, Log, Up};

/// What is said of a connection that begins with these secrets, each act in packets of so many
/// bytes; and where bytes of HTTP came from.
pub(super) fn play(secrets: Secrets, acts: &[Act], piece: usize) -> Vec<String> {
    events(secrets, acts, piece).iter().filter_map(told).collect()
}

pub(super) fn events(secrets: Secrets, acts: &[Act], piece: usize) -> Vec<EventBody> {
    let ends = |port| Endpoint::new([192, 0, 2, 1].into(), port);
    let (client, server) = (ends(40_000), ends(443));
    let key = FlowKey::between(Transport::Tcp, Encapsulation::default(), client, server);
    let flow = FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role: Role::Syn };
    let limits = Limits { tls_held_per_shard: 1 << 20, tls_searches: 100, ..Limits::default() };
    let budgets = Budgets::new(&limits);
    let (mut secrets, mut events) = (secrets, Vec::new());
    let (mut session, mut offsets) = (Session::new(), PerDirection::<u64>::default());
    let mut frame = 0;
    for act in acts {
        let (direction, parts) = match act {
            Up(bytes) => (Direction::ToServer, bytes.chunks(piece).collect()),
            Down(bytes) => (Direction::ToClient, bytes.chunks(piece).collect()),
            Hole(_) | Log(_) | End | Close => (Direction::ToClient, vec![&[][..]]),
        };
        if let Log(more) = act {
            secrets = more.clone();
        }
        for part in parts {
            frame += 1;
            let now = Stamp::new(Timestamp::from_nanos(frame), FrameNo(frame.cast_unsigned()));
            let mut cx = Context {
                now,
                flow: &flow,
                limits: &limits,
                protocols: TABLE,
                secrets: &secrets,
                budgets: &budgets,
                routes: &Routes::default(),
                path: None,
                depth: 0,
                secure: false,
                events: &mut events,
            };
            let from = StreamKey { id: 0, direction };
            let offset = *offsets.of(direction);
            let length = if let Hole(length) = act { *length } else { part.len() as u64 };
            *offsets.of_mut(direction) += length;
            let (range, reason) = (offset..offset + length, GapReason::NotCaptured);
            let bytes = Bytes::copy_from_slice(part);
            let data = StreamEvent::Data { offset, bytes, arrived: now, delivered: now };
            match act {
                Up(_) | Down(_) => session.stream(from, data, &mut cx),
                Hole(_) => {
                    session.stream(
                        from,
                        StreamEvent::Gap { range, reason, delivered: now },
                        &mut cx,
                    );
                }
                End => {
                    let end = StreamEvent::End { reason: EndReason::Fin, at: now };
                    session.stream(from, end, &mut cx);
                }
                Log(_) => session.secrets(&mut cx),
                Close => session.close(&mut cx),
            }
        }
    }
    events.into_iter().map(|(_, body)| body).collect()
}

/// What is said, in short.
fn told(body: &EventBody) -> Option<String> {
    Some(match body {
        EventBody::Tls(event) => match &**event {
            TlsEvent::Message(message) => {
                let lock = if message.encrypted { "encrypted " } else { "" };
                match message.kind {
                    Kind::Handshake(kind) => format!("{lock}{kind}"),
                    kind => format!("{lock}{kind:?}"),
                }
            }
            TlsEvent::Finished { direction, inferred, .. } => {
                format!("finished {direction:?}{}", if *inferred { " inferred" } else { "" })
            }
            TlsEvent::Data { direction, early, .. } => {
                format!("data {direction:?}{}", if *early { " early" } else { "" })
            }
            TlsEvent::Alert(alert) => format!("alert {:?}", alert.said.map(|(_, what)| what.0)),
            TlsEvent::Keys(keys) => format!("keys {keys:?}"),
            // what stays closed is estimated: `estimate.rs` has the tests of that
            TlsEvent::Estimate(_) => return None,
        },
        EventBody::Http(HttpEvent::Request { head, .. }) => {
            let scheme = head.scheme.as_deref().unwrap_or_default();
            format!("{} {scheme}", head.target.as_deref().unwrap_or_default())
        }
        EventBody::Http(HttpEvent::Response { head, .. }) => format!("{:?}", head.status),
        EventBody::Http(HttpEvent::ResponseEnd { end, .. }) => {
            format!("end {:?} {}", end.how, end.body.encoded)
        }
        EventBody::Anomaly(anomaly) => anomaly.id.to_owned(),
        _ => return None,
    })
}
