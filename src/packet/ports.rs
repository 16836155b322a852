//! UDP ports behind which a datagram may carry a packet.

pub(in crate::packet) const L2TP: u16 = 1701;
/// 3GPP TS 29.281 §4.4.2.
pub(in crate::packet) const GTP_U: u16 = 2152;
/// RFC 4380 §2.7.
pub(in crate::packet) const TEREDO: u16 = 3544;
/// RFC 7348 §5.
pub(in crate::packet) const VXLAN: u16 = 4789;
pub(in crate::packet) const VXLAN_GPE: u16 = 4790;
/// Linux' default, from before the port was assigned.
pub(in crate::packet) const VXLAN_OLD: u16 = 8472;
/// RFC 8926 §3.3.
pub(in crate::packet) const GENEVE: u16 = 6081;
/// RFC 7510 §3.
pub(in crate::packet) const MPLS: u16 = 6635;

/// True where a datagram between these ports that begins with `first` may carry a packet. A
/// Teredo peer may have any ports; what it sends begins with an IPv6 header.
#[inline]
pub(in crate::packet) const fn may_carry(source: u16, destination: u16, first: Option<u8>) -> bool {
    matches!(destination, VXLAN | VXLAN_GPE | VXLAN_OLD | GENEVE | MPLS)
        || matches!(source, GTP_U | L2TP | TEREDO)
        || matches!(destination, GTP_U | L2TP | TEREDO)
        || matches!(first, Some(0x60..=0x6f))
}

/// True for ports of servers of QUIC: HTTP/3, DNS (RFC 9250 §4.1.1), and those that are liked beside
/// them.
#[inline]
pub(in crate::packet) const fn is_quic(port: u16) -> bool {
    matches!(port, 443 | 784 | 853 | 4433 | 8443 | 8853)
}
