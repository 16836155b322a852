//! What tests of conversations need: a flow, packets' stamps, and what was said in short.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

use crate::address::Endpoint;
use crate::flow::event::{FlowId, FlowKey, Role, Transport};
use crate::packet::Encapsulation;
use crate::protocol::analyzer::FlowInfo;
use crate::protocol::event::EventBody;
use crate::protocol::http::message::{Ending, Framing, HttpEvent, MessageEnd};
use crate::time::{FrameNo, Stamp, Timestamp};

/// The n-th packet, n microseconds after the beginning.
pub(in crate::protocol) fn stamp(frame: u64) -> Stamp {
    Stamp::new(Timestamp::from_nanos(frame.cast_signed() * 1000), FrameNo(frame))
}

/// A flow of a transport.
pub(in crate::protocol) fn flow(transport: Transport, role: Role) -> FlowInfo {
    let end = |n, port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)), port);
    let (client, server) = (end(1, 40000), end(2, 8080));
    let encapsulation = Encapsulation::default();
    let key = FlowKey { transport, encapsulation, lo: client, hi: server };
    FlowInfo { id: FlowId(FrameNo(1)), key, client, server, role }
}

/// The messages in short: stream, direction, what; an end with its wire and body bytes and the
/// packets of its body.
pub(in crate::protocol) fn brief(events: &[(Stamp, EventBody)]) -> Vec<String> {
    let end = |end: &MessageEnd| {
        let mut text = match end.body.framing {
            Framing::Frames => format!("frames {}/{}", end.body.wire, end.body.encoded),
            _ => "none".to_owned(),
        };
        if let Some(span) = end.body.span {
            write!(text, " {}..{}", span.first.frame, span.last.frame).unwrap();
        }
        if end.how != Ending::Whole {
            write!(text, " {:?}", end.how).unwrap();
        }
        for (name, value) in end.trailers.iter() {
            write!(text, " {name}: {value}").unwrap();
        }
        text
    };
    let one = |event: &HttpEvent| match event {
        HttpEvent::Request { id, head } => {
            let [method, target] = [&head.method, &head.target].map(|word| word.as_deref());
            format!("{}> {} {}", id.stream, method.unwrap_or("?"), target.unwrap_or("?"))
        }
        HttpEvent::RequestEnd { id, end: message } => format!("{}>| {}", id.stream, end(message)),
        HttpEvent::Informational { id, head } => {
            format!("{}< ({})", id.stream, head.status.unwrap())
        }
        HttpEvent::Early { id, asked } => format!("{} asked {}", id.stream, asked.frame),
        HttpEvent::Response { id, head } => {
            let status = head.status.map_or_else(|| "?".to_owned(), |status| status.to_string());
            format!("{}< {status}", id.stream)
        }
        HttpEvent::ResponseEnd { id, end: message } => format!("{}<| {}", id.stream, end(message)),
        HttpEvent::Prioritized { id, priority } => format!("{}: {priority}", id.stream),
        HttpEvent::Queued { id, queued } => {
            format!("{} queued {}..{}", id.stream, queued.since.frame, queued.freed.frame)
        }
        HttpEvent::Switched { id, to } => format!("{}<> {to}", id.stream),
        HttpEvent::Message { id, .. } => format!("{}<> message", id.stream),
    };
    let http = events.iter().filter_map(|(_, body)| match body {
        EventBody::Http(event) => Some(one(event)),
        _ => None,
    });
    http.collect()
}
