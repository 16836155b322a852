//! The stages below the trace, one after the other on one thread: for tests that count what
//! analyzers say.

use urltrace::capture::source::{PacketSource, Record};
use urltrace::flow::event::FlowId;
use urltrace::flow::fragment::Fragments;
use urltrace::flow::table::FlowTable;
use urltrace::limits::Limits;
use urltrace::packet;
use urltrace::protocol::PROTOCOLS;
use urltrace::protocol::event::{Event, Phase};
use urltrace::protocol::sessions::Sessions;
use urltrace::time::{Stamp, TimeDelta, Timestamp};

/// Every event of a source, in the order in which one thread finds them; up to an error, where
/// there is one.
pub(crate) fn events(source: &mut dyn PacketSource) -> Vec<Event> {
    let limits = Limits::default();
    // One table stands for all the shards.
    let flows_per_shard = limits.flows_per_shard * Limits::SHARDS;
    events_within(source, Limits { flows_per_shard, ..limits })
}

/// The same within other bounds.
pub(crate) fn events_within(source: &mut dyn PacketSource, limits: Limits) -> Vec<Event> {
    let mut fragments = Fragments::new(&limits);
    let mut table = FlowTable::new(&limits);
    let mut sessions = Sessions::new(limits, PROTOCOLS);
    let mut said = Vec::new();
    let mut events = Vec::new();
    let mut next_tick = Timestamp::MIN;
    let mut last = None;
    let mut last_seen = Stamp::default();
    while let Ok(Some(record)) = source.next_record() {
        let Record::Packet(packet) = record else { continue };
        let turn = |phase| (packet.frame, phase);
        if packet.at >= next_tick {
            next_tick = packet.at + TimeDelta::from_secs(1);
            table.advance(Stamp::new(packet.at, packet.frame), &mut said);
            fragments.advance(Stamp::new(packet.at, packet.frame), &mut said);
            said.drain(..).for_each(|event| sessions.push(turn(Phase::Tick), event, &mut events));
        }
        let decoded = packet::decode(&packet);
        table.push(&packet, &decoded, &mut said);
        if let Some(whole) = fragments.push(&packet, &decoded, &mut said) {
            table.push_whole(&whole, &mut said);
        }
        said.drain(..).for_each(|event| sessions.push(turn(Phase::Packet), event, &mut events));
        last = Some(packet.frame);
        last_seen = Stamp::new(last_seen.at.max(packet.at), packet.frame);
    }
    if let Some(frame) = last {
        fragments.finish(last_seen, &mut said);
        table.finish(FlowId::LAST, &mut said);
        let turn = (frame, Phase::Finish);
        said.drain(..).for_each(|event| sessions.push(turn, event, &mut events));
    }
    events
}
