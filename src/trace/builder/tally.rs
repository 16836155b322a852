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
    /// Few names: searched from the front.
    protocols: Vec<ProtocolCount>,
    bad_checksums: u64,
}

impl Tally {
    /// Takes one event of a flow.
    pub(super) fn event(&mut self, flow: FlowId, event: &ConnectionEvent) {
        match event {
            ConnectionEvent::Protocol(name) => {
                let carries = self.carries.entry(flow).or_default();
                if !carries.contains(name) {
                    carries.push(name);
                }
            }
            ConnectionEvent::Closed(closed) => self.closed(flow, closed),
            _ => {}
        }
    }

    fn closed(&mut self, flow: FlowId, closed: &Closed) {
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
