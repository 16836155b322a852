//! One packet becomes layers. No state, and it never fails: where reading ends early there is a
//! [`Stop`] that says where and why, and the layers before it are kept.

pub mod stop;

use std::net::IpAddr;

use arrayvec::ArrayVec;
use etherparse::{
    ArpPacketSlice, Ethernet2Slice, Icmpv4Slice, Icmpv6Slice, Ipv4HeaderSlice, Ipv6ExtensionsSlice,
    Ipv6HeaderSlice, LinuxSllHeaderSlice, SingleVlanSlice, TcpSlice, UdpSlice,
};

use crate::address::MacAddr;
use crate::packet::stop::Stop;

/// Most layers a packet is taken apart into; deeper nesting ends in a [`Stop`].
pub const MAX_LAYERS: usize = 16;

/// One layer of a packet: a checked view of its header.
#[derive(Clone, Debug)]
pub enum Layer<'p> {
    /// Ethernet II.
    Ethernet(Ethernet2Slice<'p>),
    /// One IEEE 802.1Q tag (two of them for QinQ).
    Vlan(SingleVlanSlice<'p>),
    /// Linux cooked capture, version 1.
    Sll(LinuxSllHeaderSlice<'p>),
    /// ARP.
    Arp(ArpPacketSlice<'p>),
    /// IPv4 with its options.
    Ipv4(Ipv4HeaderSlice<'p>),
    /// IPv6.
    Ipv6(Ipv6HeaderSlice<'p>),
    /// The IPv6 extension headers, where there are any.
    Ipv6Extensions(Ipv6ExtensionsSlice<'p>),
    /// ICMP for IPv4.
    Icmpv4(Icmpv4Slice<'p>),
    /// ICMPv6.
    Icmpv6(Icmpv6Slice<'p>),
    /// UDP.
    Udp(UdpSlice<'p>),
    /// TCP with its options.
    Tcp(TcpSlice<'p>),
}

/// A packet taken apart, outermost layer first.
#[derive(Clone, Debug, Default)]
pub struct Decoded<'p> {
    /// The layers, outermost first.
    pub layers: ArrayVec<Layer<'p>, MAX_LAYERS>,
    /// What the innermost layer carries, cut to the length its header promises: link padding is
    /// gone.
    pub payload: &'p [u8],
    /// Bytes that the length fields promise beyond `payload`: the snapshot length cut them off.
    pub missing: u32,
    /// Who sent it to whom on the link, where the link has addresses.
    pub macs: Option<Macs>,
    /// The VLAN tags, outermost first.
    pub vlan: Vlan,
    /// The (innermost) network layer.
    pub network: Option<Network>,
    /// Where and why decoding ended before the payload.
    pub stop: Option<Stop>,
}

/// Link addresses of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macs {
    /// Who sent it on this link.
    pub source: MacAddr,
    /// To whom; none in a cooked capture, which keeps only the sender.
    pub destination: Option<MacAddr>,
}

/// The VLAN that a packet belongs to: flows in different VLANs are different flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlan {
    /// The outermost tag's VLAN identifier.
    pub outer: Option<u16>,
    /// The second tag's, for QinQ.
    pub inner: Option<u16>,
}

/// What the network layer says, for IPv4 and IPv6 alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// The protocol of what follows (after any extension headers): an IANA protocol number.
    pub protocol: u8,
    /// IPv4 identification, or that of the IPv6 fragment header.
    pub identification: Option<u32>,
    /// Present where the packet is a fragment (not for an atomic one, RFC 6946): then nothing
    /// above the network layer has been decoded and `payload` is the fragment's piece.
    pub fragment: Option<Fragment>,
    /// False where the IPv4 header checksum is wrong.
    pub checksum_ok: bool,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Its place in the whole payload, in bytes.
    pub offset: u32,
    /// More fragments follow.
    pub more: bool,
}
