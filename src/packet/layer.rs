//! What a packet is taken apart into: the layers, and what they say together.
//!
//! A [`Layer`] is a checked view: it exists only where its header is whole (that of TCP: all but
//! its options), so its getters cannot fail. Nothing here reads bytes;
//! [`decode`](crate::packet::decode) does.

use std::borrow::Cow;
use std::net::IpAddr;

use arrayvec::ArrayVec;
use etherparse::{
    ArpPacketSlice, Ethernet2Slice, Icmpv4Slice, Icmpv6Slice, IpAuthHeaderSlice, Ipv4HeaderSlice,
    Ipv6HeaderSlice, SingleVlanSlice, UdpSlice,
};

use crate::address::MacAddr;
use crate::packet::erspan::Erspan;
use crate::packet::extensions::Extensions;
use crate::packet::geneve::Geneve;
use crate::packet::gre::Gre;
use crate::packet::gtp::Gtp;
use crate::packet::l2tp::L2tp;
use crate::packet::llc::Llc;
use crate::packet::loopback::Loopback;
use crate::packet::mpls::Mpls;
use crate::packet::nflog::Nflog;
use crate::packet::piece::Piece;
use crate::packet::ppp::Ppp;
use crate::packet::pppoe::Pppoe;
use crate::packet::radio::Radio;
use crate::packet::shim::Shim;
use crate::packet::sll::Sll;
use crate::packet::sll2::Sll2;
use crate::packet::stop::{Stop, StopKind};
use crate::packet::tcp::Tcp;
use crate::packet::teredo::Teredo;
use crate::packet::tunnel::Encapsulation;
use crate::packet::vxlan::Vxlan;
use crate::packet::wlan::Wlan;

/// Most layers a packet is taken apart into; deeper nesting ends in a [`Stop`].
pub const MAX_LAYERS: usize = 16;

/// One layer of a packet: a checked view of its header.
#[derive(Clone, Debug)]
pub enum Layer<'p> {
    /// Ethernet II, or IEEE 802.3 where the type is a length.
    Ethernet(Ethernet2Slice<'p>),
    /// One IEEE 802.1Q tag (two of them for QinQ).
    Vlan(SingleVlanSlice<'p>),
    /// IEEE 802.2 LLC with SNAP.
    Llc(Llc<'p>),
    /// Linux cooked capture, version 1.
    Sll(Sll<'p>),
    /// Linux cooked capture, version 2.
    Sll2(Sll2<'p>),
    /// BSD loopback: NULL and LOOP.
    Loopback(Loopback<'p>),
    /// What a wireless card says of a frame.
    Radio(Radio<'p>),
    /// IEEE 802.11.
    Wlan(Wlan<'p>),
    /// What Linux's packet filter logs.
    Nflog(Nflog<'p>),
    /// A short header of an old link type, or a tag behind Ethernet's addresses.
    Shim(Shim<'p>),
    /// PPP.
    Ppp(Ppp<'p>),
    /// PPPoE, discovery and sessions.
    Pppoe(Pppoe<'p>),
    /// A stack of MPLS labels.
    Mpls(Mpls<'p>),
    /// GRE.
    Gre(Gre<'p>),
    /// ERSPAN within GRE.
    Erspan(Erspan<'p>),
    /// VXLAN within UDP.
    Vxlan(Vxlan<'p>),
    /// GENEVE within UDP.
    Geneve(Geneve<'p>),
    /// GTP-U within UDP.
    Gtp(Gtp<'p>),
    /// Teredo within UDP.
    Teredo(Teredo<'p>),
    /// L2TP within UDP.
    L2tp(L2tp<'p>),
    /// ARP.
    Arp(ArpPacketSlice<'p>),
    /// IPv4 with its options.
    Ipv4(Ipv4HeaderSlice<'p>),
    /// IP Authentication Header within IPv4.
    Auth(IpAuthHeaderSlice<'p>),
    /// IPv6.
    Ipv6(Ipv6HeaderSlice<'p>),
    /// The IPv6 extension headers, where there are any.
    Ipv6Extensions(Extensions<'p>),
    /// ICMP for IPv4.
    Icmpv4(Icmpv4Slice<'p>),
    /// ICMPv6.
    Icmpv6(Icmpv6Slice<'p>),
    /// UDP.
    Udp(UdpSlice<'p>),
    /// TCP with its options.
    Tcp(Tcp<'p>),
}

/// A packet taken apart, outermost layer first.
#[derive(Clone, Debug, Default)]
pub struct Decoded<'p> {
    /// The layers, outermost first.
    pub layers: ArrayVec<Layer<'p>, MAX_LAYERS>,
    /// What the innermost layer carries, cut to the length its header promises: link padding is
    /// gone.
    pub payload: &'p [u8],
    /// Where `payload` begins, in bytes from the packet's start: beyond what was captured where
    /// the snapshot length cut the TCP header before it.
    pub payload_offset: usize,
    /// Bytes that the length fields promise beyond `payload` and that were on the wire: the
    /// snapshot length cut them off.
    pub missing: u32,
    /// Who sent it to whom on the link, where the link has addresses.
    pub macs: Option<Macs>,
    /// The VLAN and the tunnel that it travels in.
    pub encapsulation: Encapsulation,
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
    /// The mark of explicit congestion notification (RFC 3168 §5): 3 says that a router had a
    /// queue.
    pub ecn: u8,
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

impl Layer<'_> {
    /// Its name, as Wireshark's `frame.protocols` has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ethernet(_) => "eth",
            Self::Vlan(_) => "vlan",
            Self::Llc(_) => "llc",
            Self::Sll(_) | Self::Sll2(_) => "sll",
            Self::Loopback(_) => "null",
            Self::Radio(header) => header.kind().name(),
            Self::Wlan(_) => "wlan",
            Self::Nflog(_) => "nflog",
            Self::Shim(header) => header.kind().name(),
            Self::Ppp(_) => "ppp",
            Self::Pppoe(header) if header.is_session() => "pppoes",
            Self::Pppoe(_) => "pppoed",
            Self::Mpls(_) => "mpls",
            Self::Gre(_) => "gre",
            Self::Erspan(_) => "erspan",
            Self::Vxlan(_) => "vxlan",
            Self::Geneve(_) => "geneve",
            Self::Gtp(_) => "gtp",
            Self::Teredo(_) => "teredo",
            Self::L2tp(_) => "l2tp",
            Self::Arp(_) => "arp",
            Self::Ipv4(_) => "ip",
            Self::Auth(_) => "ah",
            Self::Ipv6(_) => "ipv6",
            Self::Ipv6Extensions(_) => "ipv6.exthdr",
            Self::Icmpv4(_) => "icmp",
            Self::Icmpv6(_) => "icmpv6",
            Self::Udp(_) => "udp",
            Self::Tcp(_) => "tcp",
        }
    }

    /// The length of its header in bytes; an ARP packet is a header from end to end.
    pub fn header_len(&self) -> usize {
        match self {
            Self::Ethernet(header) => header.header_len(),
            Self::Vlan(tag) => tag.header_len(),
            Self::Llc(_) => Llc::LEN,
            Self::Sll(_) => Sll::LEN,
            Self::Sll2(_) => Sll2::LEN,
            Self::Loopback(_) => Loopback::LEN,
            Self::Radio(header) => header.slice().len(),
            Self::Wlan(header) => header.slice().len(),
            Self::Nflog(header) => header.slice().len(),
            Self::Shim(header) => header.slice().len(),
            Self::Ppp(header) => header.slice().len(),
            Self::Pppoe(_) => Pppoe::LEN,
            Self::Mpls(stack) => stack.slice().len(),
            Self::Gre(header) => header.slice().len(),
            Self::Erspan(header) => header.slice().len(),
            Self::Vxlan(_) => Vxlan::LEN,
            Self::Geneve(header) => header.slice().len(),
            Self::Gtp(header) => header.slice().len(),
            Self::Teredo(header) => header.slice().len(),
            Self::L2tp(header) => header.slice().len(),
            Self::Arp(packet) => packet.slice().len(),
            Self::Ipv4(header) => header.slice().len(),
            Self::Auth(header) => header.slice().len(),
            Self::Ipv6(header) => header.header_len(),
            Self::Ipv6Extensions(extensions) => extensions.slice().len(),
            Self::Icmpv4(message) => message.header_len(),
            Self::Icmpv6(message) => message.header_len(),
            Self::Udp(datagram) => datagram.header_len(),
            Self::Tcp(segment) => segment.header_len(),
        }
    }
}

impl<'p> Decoded<'p> {
    /// The TCP segment, where it is one.
    pub fn tcp(&self) -> Option<&Tcp<'p>> {
        if let Some(Layer::Tcp(tcp)) = self.layers.last() { Some(tcp) } else { None }
    }

    /// The UDP datagram, where it is one.
    pub fn udp(&self) -> Option<&UdpSlice<'p>> {
        if let Some(Layer::Udp(udp)) = self.layers.last() { Some(udp) } else { None }
    }

    /// The ARP packet, where it is one.
    pub fn arp(&self) -> Option<&ArpPacketSlice<'p>> {
        if let Some(Layer::Arp(arp)) = self.layers.last() { Some(arp) } else { None }
    }

    /// The ICMP message, where it is one.
    pub fn icmpv4(&self) -> Option<&Icmpv4Slice<'p>> {
        if let Some(Layer::Icmpv4(icmp)) = self.layers.last() { Some(icmp) } else { None }
    }

    /// The ICMPv6 message, where it is one.
    pub fn icmpv6(&self) -> Option<&Icmpv6Slice<'p>> {
        if let Some(Layer::Icmpv6(icmp)) = self.layers.last() { Some(icmp) } else { None }
    }

    /// What TCP or UDP carries; none where the packet has no whole TCP or UDP header.
    pub fn transport_payload(&self) -> Option<&'p [u8]> {
        match self.layers.last() {
            Some(Layer::Tcp(_) | Layer::Udp(_)) => Some(self.payload),
            _ => None,
        }
    }

    /// Adds a layer. False where there is no room: the packet is nested too deep, and that is
    /// its [`Stop`].
    #[inline]
    pub(in crate::packet) fn push(&mut self, layer: Layer<'p>, piece: Piece<'p>) -> bool {
        if self.layers.try_push(layer).is_ok() {
            return true;
        }
        self.stop_at(piece, "nesting", StopKind::Malformed, "more than 16 layers");
        false
    }

    /// Ends here: all that is left is payload.
    #[inline]
    pub(in crate::packet) fn end_with(&mut self, piece: Piece<'p>) {
        self.payload = piece.bytes;
        self.payload_offset = piece.offset;
        self.missing = piece.missing();
    }

    /// Ends here because `layer` could not be read.
    #[cold]
    pub(in crate::packet) fn stop_at(
        &mut self,
        piece: Piece<'p>,
        layer: &'static str,
        kind: StopKind,
        why: impl Into<Cow<'static, str>>,
    ) {
        self.end_with(piece);
        self.stop = Some(Stop { layer, offset: piece.offset, why: why.into(), kind });
    }

    /// Ends here because `layer` needs more bytes than there are: cut off by the snapshot length
    /// where the length fields promise them, a broken packet otherwise.
    #[cold]
    pub(in crate::packet) fn stop_short(
        &mut self,
        piece: Piece<'p>,
        layer: &'static str,
        needed: usize,
    ) {
        let left = piece.bytes.len();
        if piece.promised >= needed {
            let why = format!("{needed} bytes needed, {left} captured");
            self.stop_at(piece, layer, StopKind::Truncated, why);
        } else {
            let why = format!("{needed} bytes needed, the packet has {}", piece.promised);
            self.stop_at(piece, layer, StopKind::Malformed, why);
        }
    }
}
