//! What has been recorded so far, and the clock.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::address::MacAddr;
use crate::packet::build::frame::{Content, Envelope};
use crate::time::{TimeDelta, Timestamp};

/// A frame on the tape.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) at: Timestamp,
    pub(super) bytes: Vec<u8>,
}

/// Frames in order, and how the next one will be made.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) frames: Vec<Recorded>,
    pub(super) start: Timestamp,
    pub(super) now: Timestamp,
    /// Between one frame and the next.
    pub(super) step: TimeDelta,
    pub(super) vlan: Vec<u16>,
    /// Frames travel in a VXLAN tunnel with this network identifier.
    pub(super) vxlan: Option<u32>,
    pub(super) macs: BTreeMap<IpAddr, MacAddr>,
    pub(super) ttl: u8,
    /// Frames are padded to this many bytes.
    pub(super) shortest: usize,
    identification: u16,
}

impl Tape {
    /// An empty tape. Time begins at a round second (2001-09-09 01:46:40 UTC).
    pub(super) fn new() -> Self {
        let start = Timestamp::from_parts(1_000_000_000, 0);
        Self {
            frames: Vec::new(),
            start,
            now: start,
            step: TimeDelta::from_millis(1),
            vlan: Vec::new(),
            vxlan: None,
            macs: BTreeMap::new(),
            ttl: 64,
            shortest: 0,
            identification: 0,
        }
    }

    /// Records a frame now; the clock goes on by one step.
    pub(super) fn record(&mut self, mut bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len().max(self.shortest);
        bytes.resize(length, 0);
        if let Some(network) = self.vxlan {
            bytes = self.in_vxlan(network, &bytes);
        }
        self.frames.push(Recorded { at: self.now, bytes });
        self.now = self.now + self.step;
    }

    /// The frame within a tunnel between two ends of the benchmarking network (RFC 2544).
    fn in_vxlan(&mut self, network: u32, frame: &[u8]) -> Vec<u8> {
        self.identification = self.identification.wrapping_add(1);
        let [source, destination] = [[198, 18, 0, 1], [198, 19, 0, 1]].map(IpAddr::from);
        let envelope = Envelope {
            source_mac: self.mac_of(source),
            destination_mac: self.mac_of(destination),
            vlan: Vec::new(),
            source,
            destination,
            ttl: 64,
            identification: self.identification,
        };
        // RFC 7348 §5: the number is valid, and stands in the upper three bytes
        let header = [[8, 0, 0, 0], (network << 8).to_be_bytes()].concat();
        let payload = [&header[..], frame].concat();
        envelope.seal(Content::Udp { source: 49_152, destination: 4789, payload: &payload })
    }

    /// Records a packet from one address to another.
    pub(super) fn send(&mut self, source: IpAddr, destination: IpAddr, content: Content<'_>) {
        self.identification = self.identification.wrapping_add(1);
        let envelope = Envelope {
            source_mac: self.mac_of(source),
            destination_mac: self.mac_of(destination),
            vlan: self.vlan.clone(),
            source,
            destination,
            ttl: self.ttl,
            identification: self.identification,
        };
        self.record(envelope.seal(content));
    }

    /// The link address of an IP address: as it was set, else made of its last bytes.
    pub(super) fn mac_of(&self, address: IpAddr) -> MacAddr {
        if let Some(mac) = self.macs.get(&address) {
            return *mac;
        }
        match address {
            IpAddr::V4(v4) if v4.is_broadcast() => MacAddr::BROADCAST,
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                MacAddr([2, 0, a, b, c, d])
            }
            IpAddr::V6(v6) => {
                let [.., a, b, c, d] = v6.octets();
                // RFC 2464 §7: multicast
                let group = v6.is_multicast();
                MacAddr([if group { 0x33 } else { 2 }, if group { 0x33 } else { 6 }, a, b, c, d])
            }
        }
    }
}
