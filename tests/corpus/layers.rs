//! The layers of every packet, and every ARP message, as tshark has them.

use std::collections::BTreeMap;

use serde_json::Value;

use urltrace::capture::source::{Packet, PacketSource, Record};
use urltrace::flow::fragment::Fragments;
use urltrace::limits::Limits;
use urltrace::packet::{self, Decoded, Layer};

use crate::corpus::compare::Found;
use crate::support::facts::{CorpusFile, Facts};

/// Layers that both sides name. Behind the first other one each goes its own way: what is not
/// decoded here has one name, and tshark may go on for ten.
const KNOWN: &[&str] = &[
    "eth",
    "vlan",
    "ieee8021ad",
    "sll",
    "null",
    "arp",
    "ip",
    "ipv6",
    "ah",
    "icmp",
    "icmpv6",
    "udp",
    "tcp",
    "ipv6.hopopts",
    "ipv6.routing",
    "ipv6.dstopts",
    "ipv6.fraghdr",
    "mpls",
    "pwethcw",
    "pppoes",
    "pppoed",
    "ppp",
    "gre",
    "erspan",
    "vxlan",
    "geneve",
    "gtp",
    "teredo",
    "l2tp",
    "radiotap",
    "ppi",
    "wlan",
    "nflog",
    "chdlc",
    "fr",
    "fddi",
    "tr",
    "vntag",
    "ieee8021ah",
    "cmd",
    "macsec",
    "ipnet",
    "esp",
    "igmp",
    "sctp",
    "stp",
    "cdp",
    "osi",
];

/// Where a stack ends: what is above these, or quoted within, is not of this comparison.
const LAST: &[&str] = &["tcp", "udp", "icmp", "icmpv6", "arp", "igmp"];

/// What carries a packet of its own, so that the stack goes on behind UDP.
const TUNNELS: &[&str] = &["vxlan", "geneve", "gtp", "teredo", "l2tp", "mpls"];

/// Names that only one side has, and that say nothing: what announces a layer, the metadata of a
/// radio, LLC (we name what it carries), SLIP and ATM.
const SILENT: &[&str] =
    &["ethertype", "data", "raw", "wlan_radio", "llc", "slip", "atm", "clip", "pwethheuristic"];

pub(super) fn compare(found: &mut Found, facts: &Facts, file: &CorpusFile) {
    let mut source = urltrace::capture::open(&file.path).unwrap();
    let mut fragments = Fragments::new(&Limits::default());
    let (mut stacks, mut arp) = (Vec::new(), Vec::new());
    while let Ok(Some(record)) = source.next_record() {
        let Record::Packet(packet) = record else { continue };
        let decoded = packet::decode(&packet);
        stacks.push(ours(&packet, &decoded, &mut fragments));
        arp.extend(decoded.layers.iter().filter_map(|layer| neighbor(&packet, layer)));
    }
    if let Some(theirs) = facts.stacks() {
        let theirs = theirs.flat_map(|(stack, count)| vec![common(stack.split(':')); count]);
        found.lists("layers", &stacks, &theirs.collect::<Vec<_>>());
    }
    if let Some(theirs) = facts.arp(their_neighbor) {
        found.lists("arp", &arp, &theirs);
    }
}

/// tshark names what a packet carried in its last fragment.
fn ours(packet: &Packet, decoded: &Decoded<'_>, fragments: &mut Fragments) -> String {
    let mut names: Vec<&str> = packet::protocols(decoded).collect();
    let whole = fragments.push(packet, decoded, &mut Vec::new());
    let inner = whole.as_ref().map(urltrace::flow::fragment::Whole::decode);
    names.extend(inner.iter().flat_map(|inner| packet::protocols(inner)));
    common(names.into_iter())
}

/// What both sides can agree on.
fn common<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.filter(|name| !SILENT.contains(name)).collect();
    let mut kept: Vec<&str> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        // the frame within a provider's tag has no name of its own there
        if *name == "eth" && kept.last() == Some(&"ieee8021ah") {
            continue;
        }
        if !KNOWN.contains(name) {
            break;
        }
        kept.push(name);
        let next = names.get(at + 1).copied().unwrap_or_default();
        if LAST.contains(name) && !TUNNELS.contains(&next) {
            break;
        }
    }
    kept.join(":")
}

/// Operation, sender and target of an ARP message, after its frame.
fn neighbor(packet: &Packet, layer: &Layer<'_>) -> Option<String> {
    let Layer::Arp(arp) = layer else { return None };
    let mac = |bytes: &[u8]| {
        let octets: Vec<String> = bytes.iter().map(|octet| format!("{octet:02x}")).collect();
        octets.join(":")
    };
    let ip = |bytes: &[u8]| {
        let octets: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        octets.join(".")
    };
    Some(format!(
        "{} {} {} {} {} {}",
        packet.frame,
        arp.operation().0,
        mac(arp.sender_hw_addr()),
        ip(arp.sender_protocol_addr()),
        mac(arp.target_hw_addr()),
        ip(arp.target_protocol_addr())
    ))
}

fn their_neighbor(row: &BTreeMap<&str, &Value>) -> String {
    let text = |column: &str| row[column].as_str().unwrap_or_default();
    format!(
        "{} {} {} {} {} {}",
        row["frame"],
        row["op"],
        text("sha"),
        text("spa"),
        text("tha"),
        text("tpa")
    )
}
