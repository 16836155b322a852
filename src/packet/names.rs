//! Numbers and their names: link types, EtherTypes, LLC service access points, IP protocols.
//!
//! The short names are those of Wireshark's dissectors, so that counters can be compared.

use std::borrow::Cow;

use etherparse::IpNumber;

/// EtherTypes that are decoded.
pub(in crate::packet) mod ether_type {
    pub(in crate::packet) const IPV4: u16 = 0x0800;
    pub(in crate::packet) const ARP: u16 = 0x0806;
    pub(in crate::packet) const RARP: u16 = 0x8035;
    pub(in crate::packet) const VLAN: u16 = 0x8100;
    pub(in crate::packet) const IPV6: u16 = 0x86dd;
    pub(in crate::packet) const QINQ: u16 = 0x88a8;
    pub(in crate::packet) const QINQ_OLD: u16 = 0x9100;
    pub(in crate::packet) const QINQ_OLDER: u16 = 0x9200;
}

/// Short and full name of an EtherType; the full name is empty where it has none here.
pub(in crate::packet) const fn ether_type(number: u16) -> (&'static str, &'static str) {
    match number {
        ether_type::IPV4 => ("ip", "IPv4"),
        ether_type::ARP => ("arp", "ARP"),
        ether_type::RARP => ("arp", "RARP"),
        ether_type::IPV6 => ("ipv6", "IPv6"),
        ether_type::VLAN => ("vlan", "802.1Q VLAN"),
        ether_type::QINQ => ("ieee8021ad", "802.1ad QinQ"),
        ether_type::QINQ_OLD | ether_type::QINQ_OLDER => ("vlan", "QinQ"),
        0x0842 => ("wol", "Wake-on-LAN"),
        0x22f0 => ("ieee1722", "AVTP"),
        0x22f3 => ("trill", "TRILL"),
        0x6002 => ("mop", "DEC MOP RC"),
        0x6003 => ("dec_dna", "DECnet"),
        0x809b => ("ddp", "AppleTalk"),
        0x80f3 => ("aarp", "AppleTalk ARP"),
        0x8137 => ("ipx", "IPX"),
        0x8808 => ("macc", "Ethernet flow control"),
        0x8809 => ("slow", "slow protocols, such as LACP"),
        0x8847 | 0x8848 => ("mpls", "MPLS"),
        0x8863 => ("pppoed", "PPPoE discovery"),
        0x8864 => ("pppoes", "PPPoE session"),
        0x888e => ("eapol", "802.1X"),
        0x8892 => ("pn_rt", "PROFINET"),
        0x889a => ("hyperscsi", "HyperSCSI"),
        0x88a2 => ("aoe", "ATA over Ethernet"),
        0x88a4 => ("ecat", "EtherCAT"),
        0x88b5 | 0x88b6 => ("data", "local experiments"),
        0x88b8 => ("goose", "GOOSE"),
        0x88ba => ("sv", "Sampled Values"),
        0x88c7 => ("data", "802.11i pre-authentication"),
        0x88ca => ("tipc", "TIPC"),
        0x88cc => ("lldp", "LLDP"),
        0x88e1 | 0x8912 => ("homeplug", "HomePlug"),
        0x88e5 => ("macsec", "MACsec"),
        0x88e7 => ("ieee8021ah", "802.1ah"),
        0x88f5 => ("mvrp", "MVRP"),
        0x88f7 => ("ptp", "PTP"),
        0x8902 => ("cfm", "CFM"),
        0x8906 => ("fcoe", "FCoE"),
        0x8914 => ("fip", "FCoE initialization"),
        0x8926 => ("vntag", "VN-Tag"),
        0x893a => ("ieee1905", "IEEE 1905"),
        0x9000 => ("loop", "configuration test (loopback)"),
        _ => ("data", ""),
    }
}

/// Short name of an LLC service access point, and its full name in brackets after a space.
pub(in crate::packet) const fn service_access_point(number: u8) -> (&'static str, &'static str) {
    match number {
        0x42 => ("stp", " (spanning tree)"),
        0xe0 => ("ipx", " (IPX)"),
        0xf0 => ("netbios", " (NetBIOS)"),
        0xfe => ("osi", " (OSI)"),
        0xff => ("ipx", " (raw IPX)"),
        _ => ("llc", ""),
    }
}

/// Short name of an IP protocol, and the words that it is not decoded.
pub(in crate::packet) fn ip_protocol_not_decoded(number: u8) -> (&'static str, Cow<'static, str>) {
    // the frequent ones without an allocation for each packet
    let (layer, why) = match number {
        2 => ("igmp", "IGMP (IP protocol 2) is not decoded"),
        47 => ("gre", "GRE (IP protocol 47) is not decoded"),
        50 => ("esp", "ESP (IP protocol 50): encrypted"),
        88 => ("eigrp", "EIGRP (IP protocol 88) is not decoded"),
        89 => ("ospf", "OSPF (IP protocol 89) is not decoded"),
        103 => ("pim", "PIM (IP protocol 103) is not decoded"),
        112 => ("vrrp", "VRRP (IP protocol 112) is not decoded"),
        115 => ("l2tp", "L2TP (IP protocol 115) is not decoded"),
        132 => ("sctp", "SCTP (IP protocol 132) is not decoded"),
        135 => ("mipv6", "the IPv6 mobility header is not decoded"),
        136 => ("udplite", "UDP-Lite (IP protocol 136) is not decoded"),
        137 => ("mpls", "MPLS in IP (IP protocol 137) is not decoded"),
        other => {
            let why = match IpNumber(other).keyword_str() {
                Some(name) => format!("{name} (IP protocol {other}) is not decoded"),
                None => format!("IP protocol {other} is not decoded"),
            };
            return ("data", why.into());
        }
    };
    (layer, why.into())
}

/// Name of a link type that is not decoded.
pub(in crate::packet) const fn link_type(number: u16) -> Option<&'static str> {
    Some(match number {
        3 => "AX.25",
        6 => "Token Ring",
        8 => "SLIP",
        9 => "PPP",
        10 => "FDDI",
        50 => "PPP over HDLC",
        51 => "PPPoE",
        104 => "Cisco HDLC",
        105 => "802.11",
        107 => "Frame Relay",
        119 => "802.11 with Prism header",
        127 => "802.11 with radiotap",
        163 => "802.11 with AVS header",
        187 | 201 => "Bluetooth HCI",
        189 | 220 => "USB",
        192 => "PPI",
        195 | 215 | 230 => "802.15.4",
        227 => "CAN",
        239 => "NFLOG",
        251 | 256 => "Bluetooth Low Energy",
        253 => "Netlink",
        _ => return None,
    })
}
