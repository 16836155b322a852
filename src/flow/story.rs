//! Events in words, for tests: one line each, so that a whole conversation is compared at once.

use crate::anomaly::Class;
use crate::capture::source::Packet;
use crate::flow::event::{
    Direction, FlowBody, FlowEvent, FlowId, RoundTrip, SegmentKind, Stall, StallCause, StreamEvent,
    TcpEvent, TcpState,
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
    feed.table.finish(FlowId::LAST, &mut out);
    assert!(feed.table.is_empty() && feed.table.held() == 0);
    out
}

/// All events of a capture in words but those of its pace, under the default limits.
pub(super) fn tell(capture: &Capture) -> Vec<String> {
    let events = events(capture, &Limits::default());
    events.iter().filter(|event| !is_of_pace(event)).map(line).collect()
}

/// What held bytes up in a capture and shorter round trips, in words.
pub(super) fn stalls(capture: &Capture) -> Vec<String> {
    let events = events(capture, &Limits::default());
    events.iter().filter(|event| is_of_pace(event)).map(line).collect()
}

const fn is_of_pace(event: &FlowEvent) -> bool {
    matches!(event.body, FlowBody::Stalled(_) | FlowBody::RoundTrip(_))
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
        FlowBody::RoundTrip(RoundTrip { direction, sent, acked }) => {
            let took = acked.at.since(sent.at).as_millis_f64();
            format!("{} round trip @{} @{} {took} ms", arrow(*direction), sent.frame, acked.frame)
        }
        FlowBody::Stalled(stall) => {
            let Stall { direction, from, to, cause } = &**stall;
            let took = to.at.since(from.at).as_millis_f64();
            let ends = format!("@{} @{} {took} ms", from.frame, to.frame);
            format!("{} {ends} {}", arrow(*direction), cause_of(*cause))
        }
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

fn cause_of(cause: StallCause) -> String {
    let frame = |stamp: Option<Stamp>| stamp.map_or(0, |stamp| stamp.frame.0);
    match cause {
        StallCause::Missing { by } => format!("missing until {by:?}"),
        StallCause::NotCaptured => "not captured".to_owned(),
        StallCause::SentAgain { by, newest } => format!("{by:?} of @{}", newest.frame),
        StallCause::Repair { by } => format!("waits for the ACK of {by:?}"),
        StallCause::Window { closed, opened } => {
            format!("window closed @{} opened @{}", frame(closed), frame(opened))
        }
        StallCause::Congestion { ack } => format!("congestion window until @{}", ack.frame),
        StallCause::Idle => "idle".to_owned(),
        StallCause::Vanished => "vanished".to_owned(),
        StallCause::Unknown => "unknown".to_owned(),
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
