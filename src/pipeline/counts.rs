//! What is counted of every packet once it is decoded.

use hashbrown::HashMap;

use crate::capture::source::Packet;
use crate::packet::stop::StopKind;
use crate::packet::{Decoded, Layer};
use crate::time::FrameNo;
use crate::trace::{CaptureFacts, ProtocolCount};

/// Counters of one worker; sums, so that their order does not matter.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Few names, and the same ones again and again: searched from the front.
    protocols: Vec<ProtocolCount>,
    undecoded: HashMap<String, (u64, FrameNo)>,
    bad_ip_checksums: u64,
}

impl Counts {
    /// Counts one packet.
    pub(super) fn packet(&mut self, packet: &Packet, decoded: &Decoded<'_>) {
        for name in crate::packet::protocols(decoded) {
            self.protocol(name, packet);
        }
        let ipv4 = decoded.layers.iter().any(|layer| matches!(layer, Layer::Ipv4(_)));
        if ipv4 && decoded.network.is_some_and(|network| !network.checksum_ok) {
            self.bad_ip_checksums += 1;
        }
        if let Some(stop) = &decoded.stop {
            // Reasons are few: no number of the packet goes into them but that of an unknown
            // protocol, of which there are some 65,000 at most.
            let reason = match stop.kind {
                StopKind::Truncated => format!("{}: cut off by the snapshot length", stop.layer),
                StopKind::Malformed => format!("{}: malformed", stop.layer),
                StopKind::Unknown => format!("{}: {}", stop.layer, stop.why),
            };
            self.reason(reason, 1, packet.frame);
        }
    }

    fn protocol(&mut self, name: &'static str, packet: &Packet) {
        let bytes = u64::from(packet.orig_len);
        match self.protocols.iter_mut().find(|count| count.name == name) {
            Some(count) => {
                count.packets += 1;
                count.bytes += bytes;
            }
            None => self.protocols.push(ProtocolCount { name, packets: 1, bytes }),
        }
    }

    fn reason(&mut self, reason: String, times: u64, frame: FrameNo) {
        let (count, first) = self.undecoded.entry(reason).or_insert((0, frame));
        *count += times;
        *first = frame.min(*first);
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Self) {
        for more in other.protocols {
            match self.protocols.iter_mut().find(|count| count.name == more.name) {
                Some(count) => {
                    count.packets += more.packets;
                    count.bytes += more.bytes;
                }
                None => self.protocols.push(more),
            }
        }
        for (reason, (times, first)) in other.undecoded {
            self.reason(reason, times, first);
        }
        self.bad_ip_checksums += other.bad_ip_checksums;
    }

    /// Puts the counters where the trace has them; gives the protocols, most packets first.
    pub(super) fn into_facts(self, facts: &mut CaptureFacts) -> Vec<ProtocolCount> {
        let undecoded = self.undecoded.into_iter();
        let mut undecoded: Vec<_> =
            undecoded.map(|(reason, (times, first))| (reason, times, first)).collect();
        undecoded.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        facts.undecoded = undecoded;
        facts.bad_ip_checksums = self.bad_ip_checksums;
        let mut protocols = self.protocols;
        protocols.sort_by(|a, b| b.packets.cmp(&a.packets).then_with(|| a.name.cmp(b.name)));
        protocols
    }
}
