//! What flows counted, summed up: packets of each protocol above the transport, wrong checksums.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::flow::event::{Closed, FlowId};
use crate::protocol::event::ConnectionEvent;
use crate::trace::model::ProtocolCount;

/// Sums over all flows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// What open flows carry, where that is known: one protocol inside the other.
    carries: HashMap<FlowId, SmallVec<[&'static str; 2]>>,
    /// Open flows that are of the connection of another flow.
    joined: HashMap<FlowId, FlowId>,
    /// Few names: searched from the front.
    protocols: Vec<ProtocolCount>,
    bad_checksums: u64,
}

impl Tally {
    /// Takes one event of a flow.
    pub(super) fn event(&mut self, flow: FlowId, event: &ConnectionEvent) {
        match event {
            ConnectionEvent::Protocol(name) => self.carry(flow, name),
            // its owner may be over before it, or be known for more only later
            ConnectionEvent::Joined(to) => {
                self.carry_all_of(*to, flow);
                self.joined.insert(flow, *to);
            }
            ConnectionEvent::Closed(closed) => self.closed(flow, closed),
            _ => {}
        }
    }

    fn carry(&mut self, flow: FlowId, name: &'static str) {
        let carries = self.carries.entry(flow).or_default();
        if !carries.contains(&name) {
            carries.push(name);
        }
    }

    fn carry_all_of(&mut self, owner: FlowId, flow: FlowId) {
        for name in self.carries.get(&owner).cloned().unwrap_or_default() {
            self.carry(flow, name);
        }
    }

    fn closed(&mut self, flow: FlowId, closed: &Closed) {
        if let Some(owner) = self.joined.remove(&flow) {
            self.carry_all_of(owner, flow);
        }
        let both = [&closed.counters.to_server, &closed.counters.to_client];
        self.bad_checksums +=
            both.iter().map(|counters| u64::from(counters.bad_checksums)).sum::<u64>();
        let Some(names) = self.carries.remove(&flow) else { return };
        let packets = both.iter().map(|counters| counters.segments).sum();
        let bytes = both.iter().map(|counters| counters.bytes).sum();
        for name in names {
            match self.protocols.iter_mut().find(|count| count.name == name) {
                Some(count) => {
                    count.packets += packets;
                    count.bytes += bytes;
                }
                None => self.protocols.push(ProtocolCount { name, packets, bytes }),
            }
        }
    }

    /// TCP, UDP and ICMP packets with a wrong checksum.
    pub(super) const fn bad_checksums(&self) -> u64 {
        self.bad_checksums
    }

    /// Packets with payload of each protocol above the transport, and the bytes of that payload.
    /// ARP and ICMP are counted with the layers.
    pub(super) fn protocols(&self) -> impl Iterator<Item = ProtocolCount> + '_ {
        let above = |count: &&ProtocolCount| !matches!(count.name, "arp" | "icmp" | "icmpv6");
        self.protocols.iter().filter(above).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::event::{Counters, EndReason, PerDirection};
    use crate::report::fixture::at;
    use crate::time::{FrameNo, Frames};

    fn closed(segments: u64) -> ConnectionEvent {
        let counters = Counters { segments, bytes: 100 * segments, ..Counters::default() };
        ConnectionEvent::Closed(Box::new(Closed {
            reason: EndReason::Idle,
            first_close: None,
            states: None,
            measures: None,
            last: at(1_500, 80),
            counters: PerDirection { to_server: counters, to_client: Counters::default() },
            frames: Frames::default(),
        }))
    }

    #[test]
    fn packets_of_a_flow_that_joined_a_connection_are_of_its_protocols() {
        let [one, other] = [1, 9].map(|frame| FlowId(FrameNo(frame)));
        let quic = ConnectionEvent::Protocol("quic");
        let (http, joined) = (ConnectionEvent::Protocol("http3"), ConnectionEvent::Joined(one));
        let (few, many) = (closed(3), closed(40));
        for events in [
            [(one, &quic), (one, &http), (other, &joined), (one, &few), (other, &many)],
            [(one, &quic), (other, &joined), (one, &http), (other, &many), (one, &few)],
        ] {
            let mut tally = Tally::default();
            for (flow, event) in events {
                tally.event(flow, event);
            }
            assert_eq!(tally.protocols().count(), 2);
            for count in tally.protocols() {
                assert_eq!((count.packets, count.bytes), (43, 4_300), "{}", count.name);
            }
        }
    }
}
