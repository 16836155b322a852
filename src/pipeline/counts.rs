//! What is counted of every packet once it is decoded.

use hashbrown::HashMap;

use crate::capture::source::Packet;
use crate::packet::stop::StopKind;
use crate::packet::{self, Decoded, Layer};
use crate::time::FrameNo;
use crate::trace::{CaptureFacts, ProtocolCount};

/// Counters of one worker; sums, so that their order does not matter.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Packets and bytes of each stack of layers: nearly all packets are of a few.
    stacks: Vec<Stack>,
    /// What is not in `stacks`; of the sum of all workers, everything.
    protocols: Vec<ProtocolCount>,
    undecoded: HashMap<String, (u64, FrameNo)>,
    bad_ip_checksums: u64,
}

/// What was counted of the packets with the same layers.
#[derive(Debug)]
struct Stack {
    /// As [`packet::stack`] has it.
    kinds: u64,
    names: Vec<&'static str>,
    packets: u64,
    bytes: u64,
}

impl Counts {
    /// Counts one packet.
    pub(super) fn packet(&mut self, packet: &Packet, decoded: &Decoded<'_>) {
        self.layers(u64::from(packet.orig_len), decoded);
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

    /// Counts the layers of one packet.
    #[inline]
    fn layers(&mut self, length: u64, decoded: &Decoded<'_>) {
        let Some(kinds) = packet::stack(decoded) else {
            for name in packet::distinct(decoded) {
                self.protocol(name, 1, length);
            }
            return;
        };
        if let Some(stack) = self.stacks.iter_mut().find(|stack| stack.kinds == kinds) {
            stack.packets += 1;
            stack.bytes += length;
        } else {
            let names = packet::distinct(decoded).collect();
            self.stacks.push(Stack { kinds, names, packets: 1, bytes: length });
        }
    }

    fn protocol(&mut self, name: &'static str, packets: u64, bytes: u64) {
        match self.protocols.iter_mut().find(|count| count.name == name) {
            Some(count) => {
                count.packets += packets;
                count.bytes += bytes;
            }
            None => self.protocols.push(ProtocolCount { name, packets, bytes }),
        }
    }

    fn reason(&mut self, reason: String, times: u64, frame: FrameNo) {
        let (count, first) = self.undecoded.entry(reason).or_insert((0, frame));
        *count += times;
        *first = frame.min(*first);
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Self) {
        for Stack { names, packets, bytes, .. } in other.stacks {
            for name in names {
                self.protocol(name, packets, bytes);
            }
        }
        for more in other.protocols {
            self.protocol(more.name, more.packets, more.bytes);
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
