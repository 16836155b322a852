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
    pub(in crate::packet) const PPP: u16 = 0x880b;
    pub(in crate::packet) const MPLS: u16 = 0x8847;
    pub(in crate::packet) const MPLS_UPSTREAM: u16 = 0x8848;
    pub(in crate::packet) const PPPOE_DISCOVERY: u16 = 0x8863;
    pub(in crate::packet) const PPPOE_SESSION: u16 = 0x8864;
    pub(in crate::packet) const MACSEC: u16 = 0x88e5;
    pub(in crate::packet) const BACKBONE: u16 = 0x88e7;
    pub(in crate::packet) const META_DATA: u16 = 0x8909;
    pub(in crate::packet) const VN_TAG: u16 = 0x8926;
    /// Transparent Ethernet bridging: a whole Ethernet frame, in GRE and GENEVE.
    pub(in crate::packet) const BRIDGED: u16 = 0x6558;
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
        // Cisco's, in GRE
        0x2000 => ("cdp", "CDP"),
        0x22f0 => ("ieee1722", "AVTP"),
        0x22f3 => ("trill", "TRILL"),
        0x6002 => ("mop", "DEC MOP RC"),
        0x6003 => ("dec_dna", "DECnet"),
        0x809b => ("ddp", "AppleTalk"),
        0x80f3 => ("aarp", "AppleTalk ARP"),
        0x8137 => ("ipx", "IPX"),
        0x8808 => ("macc", "Ethernet flow control"),
        0x8809 => ("slow", "slow protocols, such as LACP"),
        ether_type::BRIDGED => ("eth", "bridged Ethernet"),
        ether_type::PPP => ("ppp", "PPP"),
        ether_type::MPLS | ether_type::MPLS_UPSTREAM => ("mpls", "MPLS"),
        ether_type::PPPOE_DISCOVERY => ("pppoed", "PPPoE discovery"),
        ether_type::PPPOE_SESSION => ("pppoes", "PPPoE session"),
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
        0x890d => ("wlan", "802.11 data in Ethernet"),
        0x88cc => ("lldp", "LLDP"),
        0x88e1 | 0x8912 => ("homeplug", "HomePlug"),
        ether_type::MACSEC => ("macsec", "MACsec"),
        ether_type::BACKBONE => ("ieee8021ah", "802.1ah"),
        0x88f5 => ("mvrp", "MVRP"),
        0x88f7 => ("ptp", "PTP"),
        0x8902 => ("cfm", "CFM"),
        0x8906 => ("fcoe", "FCoE"),
        0x8914 => ("fip", "FCoE initialization"),
        ether_type::META_DATA => ("cmd", "Cisco MetaData"),
        ether_type::VN_TAG => ("vntag", "VN-Tag"),
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

/// Short and full name of what Cisco's SNAP numbers announce; the full name is empty where it has
/// none here.
pub(in crate::packet) const fn cisco(number: u16) -> (&'static str, &'static str) {
    match number {
        0x0104 => ("pagp", "PAgP"),
        0x010b => ("stp", "spanning tree of a VLAN"),
        0x0111 => ("udld", "UDLD"),
        0x2000 => ("cdp", "CDP"),
        0x2003 => ("vtp", "VTP"),
        0x2004 => ("dtp", "DTP"),
        _ => ("data", ""),
    }
}

/// Short name of an IP protocol, and the words that it is not decoded.
pub(in crate::packet) fn ip_protocol_not_decoded(number: u8) -> (&'static str, Cow<'static, str>) {
    // the frequent ones without an allocation for each packet
    let (layer, why) = match number {
        2 => ("igmp", "IGMP (IP protocol 2) is not decoded"),
        50 => ("esp", "ESP (IP protocol 50): encrypted"),
        33 => ("dccp", "DCCP (IP protocol 33) is not decoded"),
        46 => ("rsvp", "RSVP (IP protocol 46) is not decoded"),
        88 => ("eigrp", "EIGRP (IP protocol 88) is not decoded"),
        89 => ("ospf", "OSPF (IP protocol 89) is not decoded"),
        103 => ("pim", "PIM (IP protocol 103) is not decoded"),
        108 => ("ipcomp", "IPComp (IP protocol 108): compressed"),
        112 => ("vrrp", "VRRP (IP protocol 112) is not decoded"),
        115 => ("l2tp", "L2TP (IP protocol 115) is not decoded"),
        132 => ("sctp", "SCTP (IP protocol 132) is not decoded"),
        135 => ("mipv6", "the IPv6 mobility header is not decoded"),
        136 => ("udplite", "UDP-Lite (IP protocol 136) is not decoded"),
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

/// Short and full name of a PPP protocol; the full name is empty where it has none here.
pub(in crate::packet) const fn ppp(number: u16) -> (&'static str, &'static str) {
    match number {
        0x0021 => ("ip", "IPv4"),
        0x0057 => ("ipv6", "IPv6"),
        0x0281 | 0x0283 => ("mpls", "MPLS"),
        0x0023 => ("osi", "OSI"),
        0x002d => ("ppp", "compressed TCP/IP"),
        0x002f => ("ppp", "uncompressed TCP/IP"),
        0x003d => ("mp", "multilink fragments"),
        0x0053 => ("ppp", "encrypted packets"),
        0x00fd => ("comp_data", "compressed packets"),
        0x8021 => ("ipcp", "IPCP"),
        0x8057 => ("ipv6cp", "IPv6CP"),
        0x80fd => ("ccp", "CCP"),
        0x8281 => ("mplscp", "MPLSCP"),
        0xc021 => ("lcp", "LCP"),
        0xc023 => ("pap", "PAP"),
        0xc025 => ("lqr", "LQR"),
        0xc223 => ("chap", "CHAP"),
        0xc227 => ("eap", "EAP"),
        _ => ("data", ""),
    }
}

/// Name of a link type that is not decoded.
pub(in crate::packet) const fn link_type(number: u16) -> Option<&'static str> {
    Some(match number {
        3 => "AX.25",
        7 => "ARCNET",
        129 => "ARCNET on Linux",
        130..=137 | 178..=181 => "Juniper",
        164 => "Linux IrDA",
        187 | 201 => "Bluetooth HCI",
        189 | 220 => "USB",
        195 | 215 | 230 => "802.15.4",
        227 => "CAN",
        231 => "D-Bus",
        251 | 256 => "Bluetooth Low Energy",
        253 => "Netlink",
        255 => "Bluetooth",
        271 => "virtual socket",
        274 => "802.3br mPackets",
        281..=285 => "switch tags",
        _ => return None,
    })
}
