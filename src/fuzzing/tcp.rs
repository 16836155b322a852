//! TCP segments of a few connections in any order: each flow opens once and closes once, its
//! bytes tile their offsets, and no more is held than may be.

use std::collections::HashMap;

use bytes::Bytes;

use crate::capture::source::{LinkType, Packet};
use crate::flow::event::{Direction, FlowBody, FlowEvent, FlowId, PerDirection, StreamEvent};
use crate::flow::table::FlowTable;
use crate::fuzzing::plan::Plan;
use crate::limits::Limits;
use crate::packet;
use crate::time::{FrameNo, Stamp, TimeDelta, Timestamp};

/// What is known of a flow that is open.
#[derive(Default)]
struct Followed {
    next: PerDirection<u64>,
    ended: PerDirection<bool>,
}

/// Each segment is a few bytes; an odd first byte makes the bounds tight.
pub fn fuzz(bytes: &[u8]) {
    let mut plan = Plan::new(bytes);
    let limits = if plan.u8() & 1 == 1 {
        let (held_per_stream, held_per_shard) = (2048, 4096);
        Limits { flows_per_shard: 2, held_per_stream, held_per_shard, ..Limits::default() }
    } else {
        Limits::default()
    };
    let mut table = FlowTable::new(&limits);
    let mut open = HashMap::new();
    let mut out = Vec::new();
    let mut now = Stamp::new(Timestamp::from_nanos(0), FrameNo(0));
    while !plan.is_over() && now.frame.0 < 1024 {
        let packet = segment(&mut plan, &mut now);
        if plan.u8().is_multiple_of(8) {
            table.advance(now, &mut out);
        }
        table.push(&packet, &packet::decode(&packet), &mut out);
        assert!(table.held() <= limits.held_per_shard, "more is held than may be");
        assert!(table.len() <= limits.flows_per_shard, "more flows than may be");
        follow(&mut out, &mut open);
        assert_eq!(table.len(), open.len(), "what was opened and not closed is there");
    }
    table.finish(FlowId::LAST, &mut out);
    follow(&mut out, &mut open);
    assert!(open.is_empty(), "all flows end with the capture");
}

/// A segment: flags, sequence and acknowledgment near the start of the stream or anywhere.
fn segment(plan: &mut Plan<'_>, now: &mut Stamp) -> Packet {
    let (kind, flags, wait, length) = (plan.u8(), plan.u8(), plan.u8(), plan.u8());
    let step = match wait {
        ..=249 => TimeDelta::from_millis(i64::from(wait)),
        more => TimeDelta::from_secs(i64::from(more) * 8 - 1950),
    };
    *now = Stamp::new(now.at + step, FrameNo(now.frame.0 + 1));
    let near = |number: u16| u32::from(number).wrapping_sub(64);
    let (seq, ack) = if kind & 0x80 == 0 {
        (near(plan.u16()), near(plan.u16()))
    } else {
        (plan.u32(), plan.u32())
    };
    let to_server = kind & 1 == 0;
    let ports = [40_000 + u16::from(kind >> 1 & 3), 80];
    let [from, to] = if to_server { ports } else { [ports[1], ports[0]] };
    let hosts = if to_server { [1, 2] } else { [2, 1] };
    let snapped = kind & 0x10 != 0;
    let mut data = vec![0x45, 0];
    data.extend((40 + u16::from(length)).to_be_bytes());
    data.extend([kind, wait, 0, 0, 64, 6, 0, 0, 192, 0, 2, hosts[0], 192, 0, 2, hosts[1]]);
    data.extend(from.to_be_bytes());
    data.extend(to.to_be_bytes());
    data.extend(seq.to_be_bytes());
    data.extend(ack.to_be_bytes());
    data.extend([0x50, flags & 0x3f, flags, kind, 0, 0, 0, 0]);
    data.extend((0..length).map(|nth| nth.wrapping_add(kind)));
    let orig_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    if snapped {
        data.truncate(data.len() - usize::from(length) / 2);
    }
    let data = Bytes::from(data);
    Packet { frame: now.frame, at: now.at, link: LinkType::RAW, interface: 0, orig_len, data }
}

/// Checks what the table said.
fn follow(out: &mut Vec<FlowEvent>, open: &mut HashMap<FlowId, Followed>) {
    for FlowEvent { flow, body, .. } in out.drain(..) {
        match body {
            FlowBody::Opened(_) => {
                assert!(open.insert(flow, Followed::default()).is_none(), "a flow opens once");
            }
            FlowBody::Closed(_) => {
                let followed = open.remove(&flow);
                let ended = followed.is_some_and(|flow| {
                    [Direction::ToServer, Direction::ToClient].iter().all(|d| *flow.ended.of(*d))
                });
                assert!(ended, "a flow closes once, when both directions have ended");
            }
            FlowBody::Stream { direction, event } => {
                let followed = open.get_mut(&flow);
                assert!(followed.is_some(), "bytes are of an open flow");
                if let Some(followed) = followed {
                    stream(followed, direction, &event);
                }
            }
            FlowBody::Stalled(stall) => {
                assert!(open.contains_key(&flow), "what is held up is of an open flow");
                assert!(stall.from.at < stall.to.at, "a stall takes time");
            }
            FlowBody::Datagram { .. }
            | FlowBody::Tcp(_)
            | FlowBody::RoundTrip(_)
            | FlowBody::Anomaly(_) => {
                assert!(open.contains_key(&flow), "what is said is of an open flow");
            }
        }
    }
}

fn stream(followed: &mut Followed, direction: Direction, event: &StreamEvent) {
    assert!(!*followed.ended.of(direction), "nothing follows the end of a direction");
    let next = followed.next.of_mut(direction);
    match event {
        StreamEvent::Data { offset, bytes, arrived, delivered } => {
            assert_eq!(*offset, *next, "the pieces tile the offsets");
            assert!(!bytes.is_empty() && arrived.frame <= delivered.frame);
            *next += bytes.len() as u64;
        }
        StreamEvent::Gap { range, .. } => {
            assert_eq!(range.start, *next, "the holes tile the offsets");
            assert!(range.start < range.end);
            *next = range.end;
        }
        StreamEvent::End { .. } => *followed.ended.of_mut(direction) = true,
    }
}
