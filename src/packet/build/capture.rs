//! A capture in the making.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use etherparse::ArpOperation;

use crate::address::MacAddr;
use crate::capture::source::{LinkType, Packet};
use crate::packet::build::connection::{Connection, Ends};
use crate::packet::build::fragments;
use crate::packet::build::frame::{self, Content};
use crate::packet::build::tape::{Recorded, Tape};
use crate::time::{FrameNo, TimeDelta, Timestamp};

/// Frames in the order in which a device sees them: Ethernet, one millisecond apart.
///
/// Frames are numbered from 1 as they stand at the moment; a number that is not there changes
/// nothing.
#[derive(Clone, Debug)]
pub struct Capture {
    tape: Tape,
    connections: BTreeMap<(SocketAddr, SocketAddr), Ends>,
    snaplen: usize,
}

impl Default for Capture {
    fn default() -> Self {
        Self::new()
    }
}

impl Capture {
    /// An empty capture, from 2001-09-09 01:46:40 UTC on.
    pub fn new() -> Self {
        Self { tape: Tape::new(), connections: BTreeMap::new(), snaplen: usize::MAX }
    }

    /// The TCP connection between two ends, to go on with where it stands: a new one the first
    /// time, so that connections can take turns.
    pub fn tcp(
        &mut self,
        client: impl Into<SocketAddr>,
        server: impl Into<SocketAddr>,
    ) -> Connection<'_> {
        let (client, server) = (client.into(), server.into());
        let nth = u32::try_from(self.connections.len()).unwrap_or(u32::MAX);
        let ends = self
            .connections
            .entry((client, server))
            .or_insert_with(|| Ends::new(client, server, nth));
        Connection::new(&mut self.tape, ends)
    }

    /// A UDP datagram; a payload beyond 65,507 bytes is cut.
    pub fn udp(
        &mut self,
        source: impl Into<SocketAddr>,
        destination: impl Into<SocketAddr>,
        payload: &[u8],
    ) -> &mut Self {
        let (source, destination) = (source.into(), destination.into());
        let content =
            Content::Udp { source: source.port(), destination: destination.port(), payload };
        self.tape.send(source.ip(), destination.ip(), content);
        self
    }

    /// An ICMP or ICMPv6 message, as the addresses are.
    pub fn icmp(
        &mut self,
        source: impl Into<IpAddr>,
        destination: impl Into<IpAddr>,
        kind: u8,
        code: u8,
        rest: [u8; 4],
        payload: &[u8],
    ) -> &mut Self {
        let content = Content::Icmp { kind, code, rest, payload };
        self.tape.send(source.into(), destination.into(), content);
        self
    }

    /// The ICMP or ICMPv6 error that answers frame `n`: `code` 3 (4 for IPv6) says that nobody
    /// listens on the port.
    pub fn unreachable(&mut self, router: impl Into<IpAddr>, n: usize, code: u8) -> &mut Self {
        let Some(recorded) = n.checked_sub(1).and_then(|at| self.tape.frames.get(at)) else {
            return self;
        };
        let Some((sender, quoted)) = fragments::quote(&recorded.bytes) else { return self };
        let kind = if sender.is_ipv4() { 3 } else { 1 };
        self.icmp(router, sender, kind, code, [0; 4], &quoted)
    }

    /// Who has `target`? Tell `asker`. The same address twice is a gratuitous announcement.
    pub fn arp_request(
        &mut self,
        asker: impl Into<Ipv4Addr>,
        target: impl Into<Ipv4Addr>,
    ) -> &mut Self {
        let (asker, target) = (asker.into(), target.into());
        let sender = (self.tape.mac_of(asker.into()), asker.octets());
        let target = (MacAddr([0; 6]), target.octets());
        let bytes =
            frame::arp(ArpOperation::REQUEST, sender, target, MacAddr::BROADCAST, &self.tape.vlan);
        self.tape.record(bytes);
        self
    }

    /// `owner` is at its link address, told to `asker`.
    pub fn arp_reply(
        &mut self,
        owner: impl Into<Ipv4Addr>,
        asker: impl Into<Ipv4Addr>,
    ) -> &mut Self {
        let (owner, asker) = (owner.into(), asker.into());
        let sender = (self.tape.mac_of(owner.into()), owner.octets());
        let target = (self.tape.mac_of(asker.into()), asker.octets());
        let bytes = frame::arp(ArpOperation::REPLY, sender, target, target.0, &self.tape.vlan);
        self.tape.record(bytes);
        self
    }

    /// NDP's question for the link address of `target` (RFC 4861 §4.3).
    pub fn neighbor_solicitation(
        &mut self,
        asker: impl Into<Ipv6Addr>,
        target: impl Into<Ipv6Addr>,
    ) -> &mut Self {
        let (asker, target) = (asker.into(), target.into());
        let [.., a, b, c] = target.octets();
        let [a, b, c] = [a, b, c].map(u16::from);
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | a, b << 8 | c);
        let payload = neighbor_message(target, 1, self.tape.mac_of(asker.into()));
        self.neighbor(asker, group, 135, [0; 4], &payload)
    }

    /// NDP's answer: `owner` is at its link address (RFC 4861 §4.4), solicited and overriding.
    pub fn neighbor_advertisement(
        &mut self,
        owner: impl Into<Ipv6Addr>,
        asker: impl Into<Ipv6Addr>,
    ) -> &mut Self {
        let owner = owner.into();
        let payload = neighbor_message(owner, 2, self.tape.mac_of(owner.into()));
        self.neighbor(owner, asker.into(), 136, [0x60, 0, 0, 0], &payload)
    }

    fn neighbor(
        &mut self,
        source: Ipv6Addr,
        destination: Ipv6Addr,
        kind: u8,
        rest: [u8; 4],
        payload: &[u8],
    ) -> &mut Self {
        // RFC 4861 §7.1: a hop limit of 255 proves that no router has passed it on
        let ttl = std::mem::replace(&mut self.tape.ttl, 255);
        self.icmp(source, destination, kind, 0, rest, payload);
        self.tape.ttl = ttl;
        self
    }

    /// A frame as it is.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.tape.record(bytes.to_vec());
        self
    }

    /// Time passes before the next frame.
    pub fn wait(&mut self, millis: i64) -> &mut Self {
        self.tape.now = self.tape.now + TimeDelta::from_millis(millis);
        self
    }

    /// The next frame is this far from the start of the capture.
    pub fn at(&mut self, since_start: TimeDelta) -> &mut Self {
        self.tape.now = self.tape.start + since_start;
        self
    }

    /// The time from one frame to the next; a millisecond unless it is set.
    pub fn step(&mut self, step: TimeDelta) -> &mut Self {
        self.tape.step = step;
        self
    }

    /// The link address of an IP address from now on, such as a router's for all beyond it.
    pub fn mac(&mut self, address: impl Into<IpAddr>, mac: MacAddr) -> &mut Self {
        self.tape.macs.insert(address.into(), mac);
        self
    }

    /// VLAN tags of the frames from now on, outermost first: none, one or two.
    pub fn vlan(&mut self, ids: &[u16]) -> &mut Self {
        self.tape.vlan = ids.to_vec();
        self
    }

    /// Frames from now on travel in a VXLAN tunnel with this network identifier, or in none.
    pub fn vxlan(&mut self, network: Option<u32>) -> &mut Self {
        self.tape.vxlan = network;
        self
    }

    /// The time to live of packets from now on; 64 unless it is set.
    pub fn ttl(&mut self, ttl: u8) -> &mut Self {
        self.tape.ttl = ttl;
        self
    }

    /// Frames from now on are padded to 60 bytes, as receivers of Ethernet see them.
    pub fn padded(&mut self) -> &mut Self {
        self.tape.shortest = 60;
        self
    }

    /// No more than this many bytes of each packet are kept.
    pub fn snaplen(&mut self, bytes: usize) -> &mut Self {
        self.snaplen = bytes;
        self
    }

    /// Frame `n` is not captured; those behind it move up and keep their times.
    pub fn lose(&mut self, n: usize) -> &mut Self {
        if let Some(at) = n.checked_sub(1).filter(|at| *at < self.tape.frames.len()) {
            self.tape.frames.remove(at);
        }
        self
    }

    /// Frames `a` and `b` change places; the times stay where they are.
    pub fn swap(&mut self, a: usize, b: usize) -> &mut Self {
        let len = self.tape.frames.len();
        let (Some(a), Some(b)) = (a.checked_sub(1), b.checked_sub(1)) else { return self };
        if a < len && b < len {
            self.tape.frames.swap(a, b);
            let (low, high) = (a.min(b), a.max(b));
            if let Some([first, .., last]) = self.tape.frames.get_mut(low..=high) {
                std::mem::swap(&mut first.at, &mut last.at);
            }
        }
        self
    }

    /// Frame `n` is seen once more, a microsecond later.
    pub fn duplicate(&mut self, n: usize) -> &mut Self {
        let Some(recorded) = n.checked_sub(1).and_then(|at| self.tape.frames.get(at)) else {
            return self;
        };
        let at = recorded.at + TimeDelta::from_nanos(1000);
        let again = Recorded { at, bytes: recorded.bytes.clone() };
        self.tape.frames.insert(n, again);
        self
    }

    /// Frame `n` (IPv4, or IPv6 without extension headers) is sent in fragments of at most
    /// `size` bytes of IP payload (rounded down to a multiple of 8), a microsecond apart.
    pub fn fragment(&mut self, n: usize, size: usize) -> &mut Self {
        let Some(at) = n.checked_sub(1).filter(|at| *at < self.tape.frames.len()) else {
            return self;
        };
        let Some(recorded) = self.tape.frames.get(at) else { return self };
        let mut time = recorded.at;
        let pieces: Vec<Recorded> = fragments::split(&recorded.bytes, size)
            .into_iter()
            .map(|bytes| {
                let piece = Recorded { at: time, bytes };
                time = time + TimeDelta::from_nanos(1000);
                piece
            })
            .collect();
        if !pieces.is_empty() {
            self.tape.frames.splice(at..=at, pieces);
        }
        self
    }

    /// The bytes of frame `n` are changed.
    pub fn edit(&mut self, n: usize, change: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        if let Some(recorded) = n.checked_sub(1).and_then(|at| self.tape.frames.get_mut(at)) {
            change(&mut recorded.bytes);
        }
        self
    }

    /// How many frames there are: the number of the last one.
    pub fn len(&self) -> usize {
        self.tape.frames.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.tape.frames.is_empty()
    }

    /// The time of the next frame.
    pub fn now(&self) -> Timestamp {
        self.tape.now
    }

    /// The packets, numbered from 1.
    pub fn packets(&self) -> Vec<Packet> {
        let numbered = (1..).zip(&self.tape.frames);
        numbered
            .map(|(frame, recorded)| Packet {
                frame: FrameNo(frame),
                at: recorded.at,
                link: LinkType::ETHERNET,
                interface: 0,
                orig_len: u32::try_from(recorded.bytes.len()).unwrap_or(u32::MAX),
                data: Bytes::copy_from_slice(
                    recorded.bytes.get(..self.snaplen).unwrap_or(&recorded.bytes),
                ),
            })
            .collect()
    }
}

/// A target address and a link-layer address option.
fn neighbor_message(target: Ipv6Addr, option: u8, mac: MacAddr) -> Vec<u8> {
    let mut message = target.octets().to_vec();
    message.extend([option, 1]);
    message.extend(mac.0);
    message
}
