//! Who has which hardware address: what ARP (RFC 826) and NDP (RFC 4861) say, in the same words.

use std::net::IpAddr;

use crate::address::MacAddr;

/// A protocol address and the hardware address that answers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binding {
    /// The protocol address.
    pub ip: IpAddr,
    /// The hardware address.
    pub mac: MacAddr,
}

/// How neighbours are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// ARP, for IPv4.
    Arp,
    /// Neighbor Discovery, for IPv6.
    Ndp,
}

/// One message between neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeighborMessage {
    /// Who has `target`?
    Request {
        /// ARP or NDP.
        method: Method,
        /// Who asks; without a hardware address where NDP leaves it out.
        asker_ip: IpAddr,
        /// The asker's hardware address.
        asker_mac: Option<MacAddr>,
        /// Who is looked for.
        target: IpAddr,
        /// True where one machine is asked, not all: a check whether it is still there.
        unicast: bool,
    },
    /// `owner` has it.
    Reply {
        /// ARP or NDP.
        method: Method,
        /// Who has which address.
        owner: Binding,
        /// Who is told; none where all are.
        told: Option<IpAddr>,
        /// NDP's solicited flag; true for an ARP reply.
        solicited: bool,
        /// NDP's router flag.
        router: Option<bool>,
    },
    /// Nobody asked: an address is announced (gratuitous ARP, RFC 5227 §3; unsolicited NDP
    /// advertisement).
    Announcement {
        /// ARP or NDP.
        method: Method,
        /// Who has which address.
        owner: Binding,
    },
    /// Is the address free? (ARP probe, RFC 5227 §2.1.1; NDP duplicate address detection, RFC
    /// 4862 §5.4)
    Probe {
        /// ARP or NDP.
        method: Method,
        /// Who wants it.
        asker_mac: Option<MacAddr>,
        /// The address.
        target: IpAddr,
    },
    /// A router says that it is one (NDP router advertisement).
    Router {
        /// Its address.
        ip: IpAddr,
        /// Its hardware address, where it says so.
        mac: Option<MacAddr>,
        /// The on-link prefixes, with their lengths.
        prefixes: Vec<(IpAddr, u8)>,
        /// The DNS servers that it names.
        dns: Vec<IpAddr>,
        /// How long it will be a default router, in seconds; 0 is not at all.
        lifetime: u16,
    },
}
