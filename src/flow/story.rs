//! Events in words, for tests: one line each, so that a whole conversation is compared at once.

use crate::anomaly::Class;
use crate::capture::source::Packet;
use crate::flow::event::{
    Direction, FlowBody, FlowEvent, SegmentKind, StreamEvent, TcpEvent, TcpState,
};
use crate::flow::fragment::Fragments;
use crate::flow::table::FlowTable;
use crate::limits::Limits;
use crate::packet::build::Capture;
use crate::packet::decode;
use crate::time::Stamp;

/// A table and what stands before it.
pub(super) struct Feed {
    fragments: Fragments,
    pub(super) table: FlowTable,
}

impl Feed {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { fragments: Fragments::new(limits), table: FlowTable::new(limits) }
    }

    pub(super) fn push(&mut self, packet: &Packet, out: &mut Vec<FlowEvent>) {
        let decoded = decode(packet);
        self.table.push(packet, &decoded, out);
        if let Some(whole) = self.fragments.push(packet, &decoded, out) {
            self.table.push_whole(&whole, out);
        }
    }

    pub(super) fn advance(&mut self, now: Stamp, out: &mut Vec<FlowEvent>) {
        self.table.advance(now, out);
        self.fragments.advance(now, out);
    }
}

/// All events of a capture.
pub(super) fn events(capture: &Capture, limits: &Limits) -> Vec<FlowEvent> {
    let mut feed = Feed::new(limits);
    let (mut out, mut last) = (Vec::new(), Stamp::default());
    for packet in capture.packets() {
        last = Stamp::new(last.at.max(packet.at), packet.frame);
        feed.push(&packet, &mut out);
    }
    feed.fragments.finish(last, &mut out);
    feed.table.finish(&mut out);
    assert!(feed.table.is_empty() && feed.table.held() == 0);
    out
}

/// All events of a capture in words, under the default limits.
pub(super) fn tell(capture: &Capture) -> Vec<String> {
    events(capture, &Limits::default()).iter().map(line).collect()
}

/// The same without the lines that begin with one of `left_out`.
pub(super) fn tell_but(capture: &Capture, left_out: &[&str]) -> Vec<String> {
    let mut lines = tell(capture);
    lines.retain(|line| !left_out.iter().any(|word| line.starts_with(word)));
    lines
}

/// One event in words: `>` is to the server, `<` to the client, `@` a frame.
pub(super) fn line(event: &FlowEvent) -> String {
    let at = event.at.frame;
    match &event.body {
        FlowBody::Opened(opened) => {
            format!("open @{at} {} {} {:?}", opened.client, opened.server, opened.role)
        }
        FlowBody::Datagram { direction, bytes, missing } => {
            let cut = if *missing > 0 { format!(" +{missing}") } else { String::new() };
            format!("{} @{at} datagram {}{cut}", arrow(*direction), bytes.len())
        }
        FlowBody::Stream { direction, event } => match event {
            StreamEvent::Data { offset, bytes, arrived, delivered } => format!(
                "{} {}..{} @{} @{}",
                arrow(*direction),
                offset,
                offset + bytes.len() as u64,
                arrived.frame,
                delivered.frame
            ),
            StreamEvent::Gap { range, reason, delivered } => format!(
                "{} gap {}..{} {reason:?} @{}",
                arrow(*direction),
                range.start,
                range.end,
                delivered.frame
            ),
            StreamEvent::End { reason, .. } => {
                format!("{} end {reason:?} @{at}", arrow(*direction))
            }
        },
        FlowBody::Tcp(event) => tcp(event, at.0),
        FlowBody::Anomaly(anomaly) => {
            let class = if anomaly.class == Class::Limit { " limit" } else { "" };
            format!("anomaly @{at} {}{class}", anomaly.id)
        }
        FlowBody::Closed(closed) => {
            let frames = closed.frames.iter().map(|frame| frame.0).collect::<Vec<_>>();
            format!("closed @{at} {:?} frames {frames:?}", closed.reason)
        }
    }
}

fn tcp(event: &TcpEvent, at: u64) -> String {
    match event {
        TcpEvent::Syn { attempt, .. } => format!("syn {attempt} @{at}"),
        TcpEvent::SynAck { attempt, .. } => format!("syn-ack {attempt} @{at}"),
        TcpEvent::Established(handshake) => format!(
            "established @{} @{} @{}",
            handshake.syn_answered.frame, handshake.syn_ack.frame, handshake.ack.frame
        ),
        TcpEvent::Segment { direction, kind, range } => {
            let kind = match kind {
                SegmentKind::DuplicateAck(n) => format!("duplicate ack {n}"),
                kind => format!("{kind:?}"),
            };
            format!("{} {kind} {}..{} @{at}", arrow(*direction), range.start, range.end)
        }
        TcpEvent::Fin { direction, sender, receiver } => {
            format!("{} fin @{at} {}", arrow(*direction), states(*direction, *sender, *receiver))
        }
        TcpEvent::FinAcked { direction, sender, receiver } => {
            let states = states(*direction, *sender, *receiver);
            format!("{} fin acked @{at} {states}", arrow(*direction))
        }
        TcpEvent::Rst { direction, refused } => {
            let refused = if *refused { " refused" } else { "" };
            format!("{} rst @{at}{refused}", arrow(*direction))
        }
    }
}

const fn arrow(direction: Direction) -> char {
    match direction {
        Direction::ToServer => '>',
        Direction::ToClient => '<',
    }
}

/// Client, then server.
fn states(direction: Direction, sender: TcpState, receiver: TcpState) -> String {
    let (client, server) = match direction {
        Direction::ToServer => (sender, receiver),
        Direction::ToClient => (receiver, sender),
    };
    format!("{} {}", client.name(), server.name())
}
