//! IPv4, IPv6 and extension headers in words.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6ExtensionSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice,
};

use crate::cursor::Cursor;
use crate::packet::checksum::header_sum_ok;
use crate::packet::describe::text::{Hex, Words, bytes};

pub(super) fn ipv4(header: &Ipv4HeaderSlice<'_>) -> Words {
    let mut words = Words::new("IPv4");
    let (source, destination) = (header.source_addr(), header.destination_addr());
    let protocol = header.protocol().0;
    let offset = usize::from(header.fragments_offset().value()) * 8;
    let more = header.more_fragments();
    let piece =
        if more || offset > 0 { format!(", fragment from {offset}") } else { String::new() };
    words.summary(format!(
        "{source} → {destination}, {}, TTL {}{piece}",
        protocol_name(protocol),
        header.ttl()
    ));
    words.field("version", header.version());
    words.field("header length", bytes(header.slice().len()));
    words.field("service", service(header.dcp().value(), header.ecn().value()));
    let total = header.total_len();
    words.field(
        "total length",
        if total == 0 { "0 (left to the device: offload)".to_owned() } else { bytes(total.into()) },
    );
    let identification = header.identification();
    words.field("identification", format_args!("{identification:#06x} ({identification})"));
    words.field(
        "flags",
        match (header.dont_fragment(), more) {
            (false, false) => "none",
            (true, false) => "don't fragment",
            (false, true) => "more fragments",
            (true, true) => "don't fragment, more fragments",
        },
    );
    words.field("fragment offset", bytes(offset));
    words.field("time to live", header.ttl());
    words.field("protocol", format_args!("{protocol} {}", protocol_name(protocol)));
    let sum = header.header_checksum();
    words.field(
        "header checksum",
        format_args!("{sum:#06x} ({})", if header_sum_ok(header) { "ok" } else { "wrong" }),
    );
    words.field("source", source);
    words.field("destination", destination);
    for option in ipv4_options(header.options()) {
        words.field("option", option);
    }
    words
}

pub(super) fn ipv6(header: &Ipv6HeaderSlice<'_>) -> Words {
    let mut words = Words::new("IPv6");
    let (source, destination) = (header.source_addr(), header.destination_addr());
    let next = header.next_header().0;
    words.summary(format!(
        "{source} → {destination}, {}, hop limit {}",
        protocol_name(next),
        header.hop_limit()
    ));
    words.field("version", header.version());
    words.field("service", service(header.dscp().value(), header.ecn().value()));
    words.field("flow label", format_args!("{:#07x}", header.flow_label().value()));
    let length = header.payload_length();
    words.field(
        "payload length",
        if length == 0 { "0 (jumbogram or offload)".to_owned() } else { bytes(length.into()) },
    );
    words.field("next header", format_args!("{next} {}", protocol_name(next)));
    words.field("hop limit", header.hop_limit());
    words.field("source", source);
    words.field("destination", destination);
    words
}

pub(super) fn extension(extension: &Ipv6ExtensionSlice<'_>) -> Words {
    let options = |name, header: &Ipv6RawExtHeaderSlice<'_>| {
        let mut words = Words::new(name);
        let next = header.next_header().0;
        words.summary(format!("then {}", protocol_name(next)));
        words.field("next header", format_args!("{next} {}", protocol_name(next)));
        words.field("length", bytes(header.slice().len()));
        words
    };
    match extension {
        Ipv6ExtensionSlice::HopByHop(header) => {
            let mut words = options("IPv6 hop-by-hop options", header);
            ipv6_options(&mut words, header.payload());
            words
        }
        Ipv6ExtensionSlice::DestinationOptions(header) => {
            let mut words = options("IPv6 destination options", header);
            ipv6_options(&mut words, header.payload());
            words
        }
        Ipv6ExtensionSlice::Routing(header) => {
            let mut words = options("IPv6 routing header", header);
            if let [kind, left, ..] = *header.payload() {
                words.field("routing type", format_args!("{kind} {}", routing_name(kind)));
                words.field("segments left", left);
                for address in routed(kind, header.payload()) {
                    words.field("by way of", address);
                }
            }
            words
        }
        Ipv6ExtensionSlice::Fragment(header) => {
            let mut words = Words::new("IPv6 fragment header");
            let offset = usize::from(header.fragment_offset().value()) * 8;
            let more = header.more_fragments();
            let next = header.next_header().0;
            words.summary(match (offset, more) {
                (0, false) => "whole packet (atomic fragment)".to_owned(),
                _ => format!(
                    "from {offset}{} of {}",
                    if more { ", more follow," } else { ", the last," },
                    protocol_name(next)
                ),
            });
            words.field("next header", format_args!("{next} {}", protocol_name(next)));
            words.field("fragment offset", bytes(offset));
            words.field("more fragments", if more { "yes" } else { "no" });
            words.field("identification", format_args!("{:#010x}", header.identification()));
            words
        }
        Ipv6ExtensionSlice::Authentication(header) => auth(header),
    }
}

pub(super) fn auth(header: &IpAuthHeaderSlice<'_>) -> Words {
    let mut words = Words::new("Authentication Header");
    let next = header.next_header().0;
    words.summary(format!("SPI {:#010x}, then {}", header.spi(), protocol_name(next)));
    words.field("next header", format_args!("{next} {}", protocol_name(next)));
    words.field("security parameters index", format_args!("{:#010x}", header.spi()));
    words.field("sequence number", header.sequence_number());
    words.field("integrity check value", Hex(header.raw_icv()));
    words
}

/// The name of an IP protocol number.
pub(super) fn protocol_name(number: u8) -> &'static str {
    match number {
        0 => "hop-by-hop options",
        4 => "IPv4",
        41 => "IPv6",
        43 => "routing header",
        44 => "fragment header",
        58 => "ICMPv6",
        59 => "nothing",
        60 => "destination options",
        _ => IpNumber(number).keyword_str().unwrap_or("unknown"),
    }
}

/// DSCP (RFC 2474, RFC 8622) and ECN (RFC 3168 §5).
fn service(dscp: u8, ecn: u8) -> String {
    let class = match dscp {
        0 => "default".to_owned(),
        1 => "LE".to_owned(),
        44 => "voice-admit".to_owned(),
        46 => "EF".to_owned(),
        10..=38 if dscp.is_multiple_of(2) && (1..=3).contains(&(dscp / 2 % 4)) => {
            format!("AF{}{}", dscp / 8, dscp / 2 % 4)
        }
        _ if dscp.is_multiple_of(8) => format!("CS{}", dscp / 8),
        _ => "unnamed".to_owned(),
    };
    let congestion = match ecn {
        0 => "not ECN-capable",
        1 => "ECT(1)",
        2 => "ECT(0)",
        _ => "congestion experienced",
    };
    format!("DSCP {dscp} ({class}), ECN {ecn} ({congestion})")
}

/// The options of an IPv4 header (RFC 791 §3.1), up to the first that is broken.
fn ipv4_options(options: &[u8]) -> Vec<String> {
    let mut cursor = Cursor::new(options);
    let mut names = Vec::new();
    while let Ok(kind) = cursor.u8() {
        match kind {
            0 => break,
            1 => names.push("no operation".to_owned()),
            _ => {
                let body = cursor
                    .u8()
                    .ok()
                    .and_then(|length| cursor.take(usize::from(length).checked_sub(2)?).ok());
                let name = match kind {
                    7 => "record route",
                    68 => "timestamp",
                    130 => "security",
                    131 => "loose source route",
                    136 => "stream identifier",
                    137 => "strict source route",
                    148 => "router alert",
                    _ => "unknown",
                };
                let Some(body) = body else {
                    names.push(format!("{kind} {name} (broken)"));
                    break;
                };
                names.push(format!("{kind} {name}, {}", ipv4_option(kind, body)));
            }
        }
    }
    names
}

/// What an option says: addresses behind a pointer to the next free place (RFC 791 §3.1), each
/// with a time or alone, or a number.
fn ipv4_option(kind: u8, body: &[u8]) -> String {
    let list = |bytes: &[u8]| {
        let (words, _) = bytes.as_chunks::<4>();
        let all: Vec<String> = words.iter().map(|ip| Ipv4Addr::from(*ip).to_string()).collect();
        all.join(", ")
    };
    match (kind, body) {
        (7 | 131 | 137, [pointer, route @ ..]) => format!("next at {pointer}: {}", list(route)),
        (68, [pointer, flags, times @ ..]) => {
            let (words, _) = times.as_chunks::<4>();
            let has_addresses = flags & 0x0f != 0;
            let word = |(n, word): (usize, &[u8; 4])| {
                if has_addresses && n.is_multiple_of(2) {
                    Ipv4Addr::from(*word).to_string()
                } else {
                    format!("{} ms", u32::from_be_bytes(*word))
                }
            };
            let all: Vec<String> = words.iter().enumerate().map(word).collect();
            let missed = flags >> 4;
            format!("next at {pointer}, {missed} had no room: {}", all.join(", "))
        }
        (148, [0, 0]) => "each router looks at the packet".to_owned(),
        _ => Hex(body).to_string(),
    }
}

/// Options of hop-by-hop and destination headers (RFC 8200 §4.2), up to the first broken one.
fn ipv6_options(words: &mut Words, options: &[u8]) {
    let mut cursor = Cursor::new(options);
    while let Ok(kind) = cursor.u8() {
        if kind == 0 {
            continue;
        }
        let body = cursor.u8().and_then(|length| cursor.take(length.into()));
        match (kind, body) {
            (1, Ok(_)) => {}
            (5, Ok(&[high, low])) => {
                let about = match u16::from_be_bytes([high, low]) {
                    0 => "multicast listeners".to_owned(),
                    1 => "RSVP".to_owned(),
                    2 => "active networks".to_owned(),
                    value => value.to_string(),
                };
                words.field("option", format_args!("5 router alert: {about}"));
            }
            (0xc2, Ok(&[a, b, c, d])) => {
                let length = u32::from_be_bytes([a, b, c, d]);
                words.field("option", format_args!("194 jumbo payload of {length} bytes"));
            }
            (0xc9, Ok(address)) if let Ok(address) = <[u8; 16]>::try_from(address) => {
                words.field("option", format_args!("201 home address {}", Ipv6Addr::from(address)));
            }
            (other, Ok(body)) => words.field("option", format_args!("{other} {}", Hex(body))),
            (other, Err(_)) => {
                words.field("option", format_args!("{other} (broken)"));
                return;
            }
        }
    }
}

/// The addresses of a routing header, as they stand: in segment routing the last comes first
/// (RFC 8754 §2), others count from the first (RFC 8200 §4.4, RFC 6275 §6.4).
fn routed(kind: u8, payload: &[u8]) -> Vec<Ipv6Addr> {
    let count = match (kind, payload) {
        (0 | 2, _) => usize::MAX,
        (4, [_, _, last, ..]) => usize::from(*last).saturating_add(1),
        _ => 0,
    };
    let (addresses, _) = payload.get(6..).unwrap_or_default().as_chunks::<16>();
    addresses.iter().take(count).map(|address| Ipv6Addr::from(*address)).collect()
}

const fn routing_name(kind: u8) -> &'static str {
    match kind {
        0 => "(source route, deprecated)",
        2 => "(mobile IPv6)",
        3 => "(RPL source route)",
        4 => "(segment routing)",
        _ => "(unknown)",
    }
}
