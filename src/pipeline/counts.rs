//! What is counted of every packet once it is decoded.

use hashbrown::HashMap;

use crate::capture::source::Packet;
use crate::limits::Limits;
use crate::packet::stop::{Stop, StopKind};
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
    undecoded: Reasons,
    bad_ip_checksums: u64,
}

/// Why packets could not be decoded to their end: of one shard up to a bound, which does not
/// depend on the number of threads, therefore; of several added up.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    known: HashMap<String, (u64, FrameNo)>,
}

impl Reasons {
    /// Counts a packet whose decoding ended early.
    #[cold]
    pub(super) fn count(&mut self, stop: &Stop, frame: FrameNo) {
        let reason = match stop.kind {
            StopKind::Truncated => format!("{}: cut off by the snapshot length", stop.layer),
            StopKind::Malformed => format!("{}: malformed", stop.layer),
            StopKind::Unknown => format!("{}: {}", stop.layer, stop.why),
        };
        let is_full = self.known.len() >= Limits::UNDECODED_REASONS;
        if is_full && !self.known.contains_key(&reason) {
            self.add(MORE_REASONS.to_owned(), 1, frame);
        } else {
            self.add(reason, 1, frame);
        }
    }

    fn add(&mut self, reason: String, times: u64, frame: FrameNo) {
        let (count, first) = self.known.entry(reason).or_insert((0, frame));
        *count += times;
        *first = frame.min(*first);
    }
}

/// What packets are counted under once there are too many reasons.
const MORE_REASONS: &str = "data: of more kinds than are told apart";

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
        self.undecoded(other.undecoded);
        self.bad_ip_checksums += other.bad_ip_checksums;
    }

    /// Adds what a shard, or another worker, could not decode.
    pub(super) fn undecoded(&mut self, reasons: Reasons) {
        for (reason, (times, first)) in reasons.known {
            self.undecoded.add(reason, times, first);
        }
    }

    /// Puts the counters where the trace has them; gives the protocols, most packets first.
    pub(super) fn into_facts(self, facts: &mut CaptureFacts) -> Vec<ProtocolCount> {
        let undecoded = self.undecoded.known.into_iter();
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
