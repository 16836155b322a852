//! Link layers in words: Ethernet, VLAN tags, LLC, cooked captures, loopback, link types of old.

use etherparse::{Ethernet2Slice, SingleVlanSlice};

use crate::address::MacAddr;
use crate::packet::describe::text::{Hex, Words, bytes};
use crate::packet::llc::Llc;
use crate::packet::loopback::Loopback;
use crate::packet::names;
use crate::packet::nflog::Nflog;
use crate::packet::shim::{Shim, ShimKind};
use crate::packet::sll::{self, Sll};
use crate::packet::sll2::Sll2;

pub(super) fn ethernet(header: &Ethernet2Slice<'_>) -> Words {
    let kind = header.ether_type().0;
    let is_length = kind <= 1500;
    let mut words = Words::new(if is_length { "IEEE 802.3" } else { "Ethernet II" });
    let (destination, source) = (MacAddr(header.destination()), MacAddr(header.source()));
    words.summary(format!("{source} → {destination}, {}", ether_type(kind)));
    words.field("destination", format_args!("{destination}{}", who(destination)));
    words.field("source", format_args!("{source}{}", who(source)));
    if is_length {
        words.field("length", kind);
    } else {
        words.field("type", format_args!("{kind:#06x} {}", ether_type(kind)));
    }
    words
}

/// A tag that `announced` (its tag protocol identifier) announces.
pub(super) fn vlan(tag: &SingleVlanSlice<'_>, announced: u16) -> Words {
    let (name, kind) = match announced {
        0x8100 => ("802.1Q VLAN", "customer tag"),
        0x88a8 => ("802.1ad VLAN", "service tag"),
        _ => ("VLAN", "tag from before the standard"),
    };
    let mut words = Words::new(name);
    let id = tag.vlan_identifier().value();
    words.summary(format!("VLAN {id}, {}", ether_type(tag.ether_type().0)));
    words.field("tag", format_args!("{announced:#06x} {kind}"));
    words
        .field("identifier", if id == 0 { "0 (priority only)".to_owned() } else { id.to_string() });
    let priority = tag.priority_code_point().value();
    words.field("priority", format_args!("{priority} {}", priority_name(priority)));
    let eligible = tag.drop_eligible_indicator();
    words.field("drop eligible", if eligible { "yes" } else { "no" });
    let kind = tag.ether_type().0;
    words.field("type", format_args!("{kind:#06x} {}", ether_type(kind)));
    words
}

pub(super) fn llc(header: Llc<'_>) -> Words {
    let mut words = Words::new("LLC/SNAP");
    let [a, b, c] = header.organization();
    let protocol = header.protocol();
    words.summary(format!("{a:02x}-{b:02x}-{c:02x}, {}", ether_type(protocol)));
    words.field("service access points", "0xaa, 0xaa (SNAP)");
    words.field("organization", format_args!("{a:02x}-{b:02x}-{c:02x}"));
    words.field("protocol", format_args!("{protocol:#06x} {}", ether_type(protocol)));
    words
}

pub(super) fn sll(header: Sll<'_>) -> Words {
    let mut words = Words::new("Linux cooked capture");
    let way = sll::packet_type_name(header.packet_type());
    cooked(&mut words, way, header.hardware_type(), header.sender(), header.protocol());
    words
}

pub(super) fn sll2(header: Sll2<'_>) -> Words {
    let mut words = Words::new("Linux cooked capture v2");
    words.field("interface index", header.interface_index());
    let way = sll::packet_type_name(header.packet_type());
    cooked(&mut words, way, header.hardware_type(), header.sender(), header.protocol());
    words
}

fn cooked(
    words: &mut Words,
    way: &'static str,
    hardware: u16,
    sender: Option<MacAddr>,
    protocol: u16,
) {
    let from = sender.map(|mac| format!(" from {mac}")).unwrap_or_default();
    words.summary(format!("{way}{from}, {}", ether_type(protocol)));
    words.field("way", way);
    words.field("device type", format_args!("{hardware} {}", hardware_name(hardware)));
    if let Some(mac) = sender {
        words.field("source", mac);
    }
    words.field("protocol", format_args!("{protocol:#06x} {}", ether_type(protocol)));
}

pub(super) fn loopback(header: Loopback<'_>) -> Words {
    let mut words = Words::new("BSD loopback");
    let name = match header.ip_version() {
        Some(4) => "IPv4",
        Some(_) => "IPv6",
        None => "unknown",
    };
    words.summary(name);
    words.field("address family", format_args!("{} {name}", header.family()));
    words
}

pub(super) fn nflog(header: Nflog<'_>) -> Words {
    let mut words = Words::new("Linux packet log");
    let group = header.group();
    words.summary(format!("group {group}, a packet of {}", bytes(header.length())));
    words.field("group", group);
    words.field("packet", bytes(header.length()));
    words
}

pub(super) fn shim(header: Shim<'_>) -> Words {
    let mut words = Words::new(header.kind().title());
    let slice = header.slice();
    words.summary(bytes(slice.len()));
    match (header.kind(), slice) {
        (ShimKind::CiscoHdlc, &[address, _, hi, lo]) => {
            let kind = u16::from_be_bytes([hi, lo]);
            let to = if address == 0x8f { "broadcast" } else { "unicast" };
            words.summary(format!("{to}, {}", ether_type(kind)));
            words.field("address", format_args!("{address:#04x} {to}"));
            words.field("type", format_args!("{kind:#06x} {}", ether_type(kind)));
        }
        (ShimKind::FrameRelay, &[first, second]) => {
            let circuit = u16::from(first >> 2) << 4 | u16::from(second >> 4);
            words.summary(format!("circuit {circuit}"));
            words.field("data link connection identifier", circuit);
        }
        (ShimKind::BackboneTag, &[first, a, b, c]) => {
            let number = u32::from_be_bytes([0, a, b, c]);
            words.summary(format!("service {number}"));
            words.field("priority", first >> 5);
            words.field("service instance", number);
        }
        (ShimKind::Macsec, &[flags, short, a, b, c, d, ..]) => {
            let number = u32::from_be_bytes([a, b, c, d]);
            let how = if flags & 0x0c == 0 { "authenticated" } else { "encrypted" };
            words.summary(format!("{how}, packet {number}"));
            words.field("body", how);
            words.field("association", flags & 3);
            words.field("short length", short & 0x3f);
            words.field("packet number", number);
        }
        _ => {}
    }
    words.field("header", Hex(slice));
    words
}

pub(super) fn ether_type(number: u16) -> &'static str {
    match names::ether_type(number).1 {
        "" if number <= 1500 => "LLC",
        "" => "unknown",
        name => name,
    }
}

fn who(mac: MacAddr) -> &'static str {
    match mac.0 {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => " (broadcast)",
        [0x33, 0x33, ..] => " (IPv6 multicast)",
        [1, 0, 0x5e, ..] => " (IPv4 multicast)",
        _ if mac.is_group() => " (multicast)",
        [first, ..] if first & 2 != 0 => " (locally administered)",
        _ => "",
    }
}

/// IEEE 802.1Q table I-1.
const fn priority_name(priority: u8) -> &'static str {
    match priority {
        0 => "(best effort)",
        1 => "(background)",
        2 => "(excellent effort)",
        3 => "(critical applications)",
        4 => "(video)",
        5 => "(voice)",
        6 => "(internetwork control)",
        _ => "(network control)",
    }
}

/// ARPHRD_ numbers of Linux.
pub(super) const fn hardware_name(number: u16) -> &'static str {
    match number {
        1 => "Ethernet",
        6 => "IEEE 802",
        32 => "InfiniBand",
        512 => "PPP",
        519 => "raw IP",
        768 => "IPv4 tunnel",
        769 => "IPv6 tunnel",
        772 => "loopback",
        776 => "IPv6 in IPv4 tunnel",
        778 => "GRE",
        801 => "802.11",
        803 => "802.11 with radiotap",
        824 => "netlink",
        65534 => "none (tun)",
        _ => "unknown",
    }
}
