//! Wireless frames in words.

use crate::packet::describe::text::{Words, bytes};
use crate::packet::radio::{Radio, RadioKind};
use crate::packet::wlan::{Wlan, WlanKind};

pub(super) fn radio(header: Radio<'_>) -> Words {
    let mut words = Words::new(match header.kind() {
        RadioKind::Radiotap => "radiotap",
        RadioKind::Ppi => "Per-Packet Information",
        RadioKind::Prism => "Prism header",
        RadioKind::Avs => "AVS header",
    });
    let check = if header.has_fcs() { ", frame check sequence at the end" } else { "" };
    words.summary(format!("{}{check}", bytes(header.slice().len())));
    if header.next() != WLAN {
        words.field("next link type", header.next());
    }
    let reception = header.reception();
    if let Some(frequency) = reception.frequency {
        let channel = channel(frequency).map(|number| format!(" (channel {number})"));
        words.field("frequency", format_args!("{frequency} MHz{}", channel.unwrap_or_default()));
    }
    if let Some(rate) = reception.rate {
        let half = if rate % 2 == 1 { ".5" } else { "" };
        words.field("rate", format_args!("{}{half} Mbit/s", rate / 2));
    }
    if let Some(signal) = reception.signal {
        words.field("signal", format_args!("{signal} dBm"));
    }
    if let Some(noise) = reception.noise {
        words.field("noise", format_args!("{noise} dBm"));
    }
    if let Some(antenna) = reception.antenna {
        words.field("antenna", antenna);
    }
    words.field("frame check sequence", if header.has_fcs() { "at the end" } else { "none" });
    words
}

pub(super) fn wlan(header: Wlan<'_>) -> Words {
    let mut words = Words::new("IEEE 802.11");
    let kind = kind(header);
    match header.ends() {
        Some((source, destination)) => {
            words.summary(format!("{source} → {destination}, {kind}"));
            words.field("source", source);
            words.field("destination", destination);
        }
        None => words.summary(kind),
    }
    let (receiver, transmitter) = header.hop();
    let hops = [("receiver", receiver), ("transmitter", transmitter), ("cell", header.cell())];
    for (name, address) in hops {
        if let Some(address) = address {
            words.field(name, address);
        }
    }
    if let Some((number, fragment)) = header.sequence() {
        let fragment = if fragment == 0 { String::new() } else { format!(", fragment {fragment}") };
        words.field("sequence number", format_args!("{number}{fragment}"));
    }
    if let Some(priority) = header.priority() {
        words.field("priority", priority);
    }
    let (number, subtype) = header.type_and_subtype();
    words.field("type", format_args!("{number} / {subtype} ({kind})"));
    let protected = if header.is_protected() { "encrypted" } else { "in the clear" };
    words.field("body", protected);
    words.field("sent before", if header.is_retry() { "yes" } else { "no" });
    if header.is_aggregate() {
        words.field("aggregate", "several frames; the first is decoded");
    }
    words
}

/// LINKTYPE_IEEE802_11: what follows nearly always.
const WLAN: u32 = 105;

/// The number of a channel, in the bands of 2.4, 5 and 6 GHz (annex E).
const fn channel(frequency: u16) -> Option<u16> {
    match frequency {
        2484 => Some(14),
        2412..=2472 => Some((frequency - 2407) / 5),
        5160..=5885 => Some((frequency - 5000) / 5),
        5955..=7115 => Some((frequency - 5950) / 5),
        _ => None,
    }
}

/// IEEE 802.11-2020 table 9-1, as far as people meet it.
fn kind(header: Wlan<'_>) -> &'static str {
    match (header.kind(), header.type_and_subtype()) {
        (WlanKind::Data(true), _) => "data",
        (WlanKind::Data(false), _) => "no data (power saving)",
        (_, (0, 0)) => "association request",
        (_, (0, 1)) => "association response",
        (_, (0, 2)) => "reassociation request",
        (_, (0, 3)) => "reassociation response",
        (_, (0, 4)) => "probe request",
        (_, (0, 5)) => "probe response",
        (_, (0, 8)) => "beacon",
        (_, (0, 10)) => "disassociation",
        (_, (0, 11)) => "authentication",
        (_, (0, 12)) => "deauthentication",
        (_, (0, 13)) => "action",
        (WlanKind::Management, _) => "management",
        (_, (1, 8)) => "block acknowledgment request",
        (_, (1, 9)) => "block acknowledgment",
        (_, (1, 10)) => "power save poll",
        (_, (1, 11)) => "request to send",
        (_, (1, 12)) => "clear to send",
        (_, (1, 13)) => "acknowledgment",
        (WlanKind::Control, _) => "control",
        (WlanKind::Extension, _) => "unknown",
    }
}
