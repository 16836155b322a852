//! What is said at which frame.

use std::collections::BTreeMap;

use crate::flow::event::{Handshake, Transport};
use crate::report::outcome;
use crate::report::slice::members::Members;
use crate::report::slice::quic;
use crate::report::text::escape::escape;
use crate::report::text::{http, units, words};
use crate::time::{FrameNo, Stamp};
use crate::trace::connection::CloseKind;
use crate::trace::lookup::{Lookup, Source};
use crate::trace::neighbor::{Neighbor, NeighborKind};
use crate::trace::stall::{Cause, Repair};
use crate::trace::{Connection, Exchange, Trace};

/// The comments of a slice, by the frames of the whole capture.
#[derive(Debug, Default)]
pub(super) struct Comments {
    by_frame: BTreeMap<FrameNo, Vec<Comment>>,
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comment {
    /// As it is.
    Words(String),
    /// Bytes are sent again, and why; of which frame is known to who has the packets.
    SentAgain(String),
}

impl Comment {
    /// It in words.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::SentAgain(text) => text,
        }
    }
}

/// Comments at one frame; a segment may carry a hundred pipelined requests.
const AT_ONE_FRAME: usize = 32;

impl Comments {
    /// What is to be said of what is in.
    pub(super) fn of(trace: &Trace, members: &Members) -> Self {
        let mut all = Self::default();
        for (frame, text) in &trace.capture.source.comments {
            if let Some(frame) = frame {
                all.add(*frame, text.clone());
            }
        }
        for neighbor in trace.neighbors.iter().filter(|it| members.neighbor(it.id)) {
            all.neighbor(neighbor);
        }
        for lookup in trace.lookups.iter().filter(|it| members.lookup(it.id)) {
            all.lookup(lookup);
        }
        for connection in trace.connections.iter().filter(|it| members.connection(it.id)) {
            all.opening(trace, connection);
            all.troubles(connection);
            all.stalls(connection);
            let exchanges = connection.exchanges.iter().filter_map(|id| trace.exchange(*id));
            for exchange in exchanges {
                all.exchange(trace, exchange);
            }
            all.closing(connection);
        }
        for noted in trace.anomalies.iter().filter(|it| members.flow(it.flow)) {
            let rule = noted.what.reference.map_or_else(String::new, |rule| format!(" ({rule})"));
            let (id, text) = (noted.what.id, escape(&noted.what.text));
            all.add(noted.at.frame, format!("anomaly {id}: {text}{rule}"));
        }
        all
    }

    /// Those of a frame.
    pub(super) fn take(&mut self, frame: FrameNo) -> Vec<Comment> {
        self.by_frame.remove(&frame).unwrap_or_default()
    }

    fn add(&mut self, frame: FrameNo, text: String) {
        self.push(frame, Comment::Words(text));
    }

    fn push(&mut self, frame: FrameNo, comment: Comment) {
        let comments = self.by_frame.entry(frame).or_default();
        match comments.len() {
            ..AT_ONE_FRAME => comments.push(comment),
            AT_ONE_FRAME => comments.push(Comment::Words("and more".to_owned())),
            _ => {}
        }
    }

    fn neighbor(&mut self, neighbor: &Neighbor) {
        let (method, target) = (words::method(neighbor.method), neighbor.target);
        for (nth, asked) in neighbor.requests.iter().enumerate() {
            let again = if nth > 0 { " again" } else { "" };
            let what = match neighbor.kind {
                NeighborKind::Probe => format!("is {target} free?"),
                _ => format!("who has {target}?"),
            };
            self.add(asked.frame, format!("{method}{again}: {what}"));
        }
        let replies = neighbor.reply.iter().chain(&neighbor.more_replies);
        for (at, mac) in replies {
            let gateway = if neighbor.gateway { ", the gateway" } else { "" };
            let after = neighbor.requests.first().map_or_else(String::new, |asked| {
                format!(", {} after the question", after(*asked, *at))
            });
            self.add(at.frame, format!("{method}: {target} is at {mac}{gateway}{after}"));
        }
    }

    fn lookup(&mut self, lookup: &Lookup) {
        let name = format!("{} {}", lookup.rtype, escape(&lookup.name));
        let kind = words::flavor(lookup.flavor);
        let number = lookup.id.0;
        for (nth, attempt) in lookup.attempts.iter().enumerate() {
            if let Some(query) = attempt.query {
                let text = match lookup.started().filter(|_| nth > 0) {
                    Some(first) => {
                        format!("asked again after {}", after(first, query))
                    }
                    None => "starts here".to_owned(),
                };
                let of = attempt.resolver;
                self.add(query.frame, format!("{kind} lookup {number} {text}: {name} of {of}"));
            }
            if let Some(response) = attempt.response {
                let took = attempt
                    .query
                    .map_or_else(String::new, |query| format!(" after {}", after(query, response)));
                let said = if lookup.answer.as_ref().is_some_and(|it| it.at == response) {
                    answer(lookup)
                } else if attempt.truncated {
                    "truncated".to_owned()
                } else {
                    attempt.rcode.map_or_else(String::new, |rcode| rcode.to_string())
                };
                self.add(response.frame, format!("{kind} lookup {number} answered{took}: {said}"));
            }
        }
    }

    fn opening(&mut self, trace: &Trace, connection: &Connection) {
        let name = format!("connection {}", words::connection_number(connection.id));
        let to = server(trace, connection);
        for (frame, text) in quic::comments(connection, &to) {
            self.add(frame, text);
        }
        let Some(first) = connection.syns.first() else {
            if connection.transport == Transport::Tcp {
                let text = "goes on here: its beginning was not captured";
                self.add(connection.opened.frame, format!("{name} {text}; to {to}"));
            }
            return;
        };
        self.add(first.frame, format!("{name} starts here: SYN to {to}"));
        for syn in connection.syns.iter().skip(1) {
            self.add(syn.frame, format!("{name}: SYN again after {}", after(*first, *syn)));
        }
        if let Some(handshake) = &connection.handshake {
            self.shaken(&name, handshake);
        }
        if let Some(refused) = connection.refused {
            let took = after(*first, refused);
            self.add(refused.frame, format!("{name}: refused (RST) after {took}"));
        }
        for refusal in &connection.refusals {
            let (reason, from) = (&refusal.reason, refusal.from);
            self.add(refusal.at.frame, format!("{name}: {reason}, says {from}"));
        }
    }

    fn shaken(&mut self, name: &str, handshake: &Handshake) {
        let (server, client) = (handshake.server_half(), handshake.client_half());
        let took = units::span(server);
        self.add(handshake.syn_ack.frame, format!("{name}: SYN+ACK, {took} after the SYN"));
        self.add(
            handshake.ack.frame,
            format!(
                "{name}: open, {} after the first SYN; round trip {} (server side {}, client side {})",
                after(handshake.syn, handshake.ack),
                units::span(server + client),
                units::span(server),
                units::span(client)
            ),
        );
    }

    fn troubles(&mut self, connection: &Connection) {
        for segment in &connection.segments {
            let text = words::segment(segment.kind);
            let frame = segment.at.frame;
            if segment.kind.is_retransmission() {
                self.push(frame, Comment::SentAgain(text));
            } else {
                self.add(frame, text);
            }
        }
        for gap in &connection.gaps {
            let bytes = gap.range.end.saturating_sub(gap.range.start);
            let count = units::count(bytes, "byte", "bytes");
            let (from, why) = (words::sender(gap.direction), words::gap(gap.reason));
            self.add(gap.at.frame, format!("{count} from the {from} are missing: {why}"));
        }
    }

    /// Where bytes go on that were held up, unless their sender had none.
    fn stalls(&mut self, connection: &Connection) {
        for stall in &connection.stalls {
            let why = match stall.cause {
                Cause::Loss(Repair::Fast) => "loss, repaired by a fast retransmission",
                Cause::Loss(Repair::Timeout) => "loss, repaired after a timeout",
                Cause::Loss(Repair::Probe) => "loss of the last bytes, repaired by a probe",
                Cause::Loss(Repair::Unnamed) => "loss",
                Cause::Reordering => "a packet that others overtook",
                Cause::ReceiveWindow => "a receiver without room",
                Cause::CongestionWindow => "the congestion window",
                Cause::StreamWindow => "a flow-control window without room",
                Cause::StreamLimit => "the number of streams that the receiver allows",
                Cause::Network
                | Cause::Server
                | Cause::Queued
                | Cause::Streams
                | Cause::Idle
                | Cause::Data
                | Cause::Unknown => continue,
            };
            let (from, took) = (words::sender(stall.direction), after(stall.from, stall.to));
            let inferred = if stall.is_inferred { " (inferred)" } else { "" };
            let text = format!("bytes from the {from} were held up {took} by {why}{inferred}");
            self.add(stall.to.frame, text);
        }
    }

    fn exchange(&mut self, trace: &Trace, exchange: &Exchange) {
        let number = words::exchange_number(exchange.id);
        if let Some(head) = &exchange.request {
            let url = exchange.url.as_deref().unwrap_or("(URL unknown)");
            let method = http::method(head);
            let text = format!("request {number} starts here: {method} {}", escape(url));
            self.add(head.span.first.frame, text);
            if let Some(end) = exchange.request_end.as_deref()
                && end.last.frame != head.span.first.frame
            {
                let took = after(head.span.first, end.last);
                self.add(end.last.frame, format!("request {number}: last byte, after {took}"));
            }
        }
        for interim in &exchange.informational {
            let status = http::status_line(interim);
            let text = format!("response {number}: interim {status}");
            self.add(interim.span.first.frame, text);
        }
        let asked = exchange.sent();
        if let Some(head) = &exchange.response {
            let waited = asked.map_or_else(String::new, |asked| {
                format!(", {} after the request", after(asked, head.span.first))
            });
            let status = http::status_line(head);
            let text = format!("response {number} starts here: {status}{waited}");
            self.add(head.span.first.frame, text);
        }
        if let Some(end) = &exchange.response_end {
            let frame = end.done.frame;
            let text = if let Some(trouble) = outcome::trouble(trace, exchange) {
                format!("response {number}: {trouble}")
            } else {
                let body = units::count(end.body.wire, "byte", "bytes");
                let total = units::span(exchange.timings.total());
                format!("response {number} whole: body of {body}, {total} in all")
            };
            self.add(frame, text);
        } else if let (Some(asked), Some(trouble)) = (asked, outcome::trouble(trace, exchange)) {
            self.add(asked.frame, format!("request {number}: {trouble}"));
        }
    }

    fn closing(&mut self, connection: &Connection) {
        let number = words::connection_number(connection.id);
        for step in &connection.closing {
            let (from, to) = (words::sender(step.direction), words::sender(!step.direction));
            let what = match step.kind {
                CloseKind::Fin => format!("the {from} closes (FIN)"),
                CloseKind::FinAck => format!("the {to} acknowledges the FIN"),
                CloseKind::Rst => format!("the {from} resets it (RST)"),
            };
            self.add(step.at.frame, format!("connection {number}: {what}"));
        }
    }
}

fn after(first: Stamp, second: Stamp) -> String {
    units::span(second.at.since(first.at).at_least_zero())
}

/// To whom a connection goes, by name where that was looked up.
fn server(trace: &Trace, connection: &Connection) -> String {
    let named = connection.resolution.and_then(|id| trace.resolution(id));
    match named {
        Some(named) => format!("{} ({})", connection.server, escape(&named.name)),
        None => connection.server.to_string(),
    }
}

/// What a lookup came to, and who says so.
fn answer(lookup: &Lookup) -> String {
    let addresses: Vec<String> = lookup.addresses().map(|ip| ip.to_string()).collect();
    let said = match words::failure(lookup) {
        Some((failure, _)) => failure,
        None if addresses.is_empty() => {
            let records = lookup.answer.iter().flat_map(|answer| &answer.records);
            let texts: Vec<String> = records.map(|it| words::record_data(&it.data)).collect();
            texts.join(", ")
        }
        None => addresses.join(", "),
    };
    let by = match lookup.source() {
        Some(Source::Authority) => ", from an authority for the name",
        Some(Source::Resolver) => ", from a resolver's cache or by its asking others",
        Some(Source::Other) | None => "",
    };
    format!("{said}{by}")
}
