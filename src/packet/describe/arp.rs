//! ARP in words.

use std::net::Ipv4Addr;

use etherparse::ArpPacketSlice;

use crate::address::MacAddr;
use crate::packet::describe::link::{ether_type, hardware_name};
use crate::packet::describe::text::{Hex, Words};

pub(super) fn arp(packet: &ArpPacketSlice<'_>) -> Words {
    let mut words = Words::new("ARP");
    let operation = packet.operation().0;
    let sender = protocol_address(packet.sender_protocol_addr());
    let target = protocol_address(packet.target_protocol_addr());
    let at = hardware_address(packet.sender_hw_addr());
    words.summary(match operation {
        1 | 2 if sender == target => format!("{sender} is at {at} (announcement)"),
        1 if sender == "0.0.0.0" => format!("who has {target}? (probe: is it free?)"),
        1 => format!("who has {target}? tell {sender}"),
        2 => format!("{sender} is at {at}"),
        3 => format!("who am I? tell {at} (RARP)"),
        4 => format!("{} is {target} (RARP)", hardware_address(packet.target_hw_addr())),
        other => format!("operation {other}"),
    });
    let hardware = packet.hw_addr_type().0;
    words.field("hardware", format_args!("{hardware} {}", hardware_name(hardware)));
    let protocol = packet.proto_addr_type().0;
    words.field("protocol", format_args!("{protocol:#06x} {}", ether_type(protocol)));
    words.field(
        "address lengths",
        format_args!("{}, {}", packet.hw_addr_size(), packet.proto_addr_size()),
    );
    words.field("operation", format_args!("{operation} {}", operation_name(operation)));
    words.field("sender", format_args!("{sender} at {at}"));
    let target_at = packet.target_hw_addr();
    if target_at.iter().all(|byte| *byte == 0) {
        words.field("target", format_args!("{target} (link address asked for)"));
    } else {
        words.field("target", format_args!("{target} at {}", hardware_address(target_at)));
    }
    words
}

fn protocol_address(bytes: &[u8]) -> String {
    match <[u8; 4]>::try_from(bytes) {
        Ok(octets) => Ipv4Addr::from(octets).to_string(),
        Err(_) => Hex(bytes).to_string(),
    }
}

fn hardware_address(bytes: &[u8]) -> String {
    match <[u8; 6]>::try_from(bytes) {
        Ok(octets) => MacAddr(octets).to_string(),
        Err(_) => Hex(bytes).to_string(),
    }
}

const fn operation_name(operation: u16) -> &'static str {
    match operation {
        1 => "request",
        2 => "reply",
        3 => "RARP request",
        4 => "RARP reply",
        8 => "InARP request",
        9 => "InARP reply",
        _ => "unknown",
    }
}
