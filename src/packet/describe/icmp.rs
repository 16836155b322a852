//! ICMP and ICMPv6 in words, with neighbour discovery (RFC 4861).

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::{Icmpv4Slice, Icmpv6Slice};

use crate::address::MacAddr;
use crate::cursor::{Cursor, Short};
use crate::packet::describe::cited;
use crate::packet::describe::ip::protocol_name;
use crate::packet::describe::text::{Hex, Words, verdict};
use crate::packet::quote::quoted;

pub(super) fn icmpv4(message: &Icmpv4Slice<'_>, checksum_ok: Option<bool>) -> Words {
    let mut words = Words::new("ICMP");
    let (kind, code) = (message.type_u8(), message.code_u8());
    let name = match (kind, code) {
        (0, _) => "echo reply",
        (3, 0) => "unreachable: network",
        (3, 1) => "unreachable: host",
        (3, 2) => "unreachable: protocol",
        (3, 3) => "unreachable: port",
        (3, 4) => "unreachable: fragmentation needed",
        (3, 5) => "unreachable: source route failed",
        (3, 9 | 10 | 13) => "unreachable: prohibited by an administrator",
        (3, _) => "unreachable",
        (4, _) => "source quench",
        (5, _) => "redirect",
        (8, _) => "echo request",
        (9, _) => "router advertisement",
        (10, _) => "router solicitation",
        (11, 0) => "time exceeded: TTL ran out on the way",
        (11, _) => "time exceeded: fragments missing",
        (12, _) => "parameter problem",
        (13, _) => "timestamp request",
        (14, _) => "timestamp reply",
        _ => "unknown",
    };
    head(&mut words, kind, code, name);
    checksum(&mut words, message.checksum(), checksum_ok);
    let rest = message.bytes5to8();
    let (high, low) = halves(rest);
    match (kind, code) {
        (0 | 8, _) => echo(&mut words, name, high, low),
        (3, 4) => words.field("next hop's MTU", low),
        (5, _) => words.field("better router", Ipv4Addr::from(rest)),
        (12, 0) => words.field("problem at", format_args!("byte {} of its packet", high >> 8)),
        (13 | 14, _) => {
            words.field("identifier", high);
            words.field("sequence number", low);
            for (name, time) in
                ["sent", "received", "answered"].iter().zip(message.payload().as_chunks::<4>().0)
            {
                words.field(
                    name,
                    format_args!("{} ms since midnight UTC", u32::from_be_bytes(*time)),
                );
            }
        }
        _ => {}
    }
    if matches!(kind, 3 | 4 | 5 | 11 | 12) {
        about(&mut words, message.payload());
    }
    words
}

pub(super) fn icmpv6(message: &Icmpv6Slice<'_>, checksum_ok: Option<bool>) -> Words {
    let mut words = Words::new("ICMPv6");
    let (kind, code) = (message.type_u8(), message.code_u8());
    let name = match (kind, code) {
        (1, 0) => "unreachable: no route",
        (1, 1) => "unreachable: prohibited by an administrator",
        (1, 3) => "unreachable: address",
        (1, 4) => "unreachable: port",
        (1, _) => "unreachable",
        (2, _) => "packet too big",
        (3, 0) => "time exceeded: hop limit ran out on the way",
        (3, _) => "time exceeded: fragments missing",
        (4, _) => "parameter problem",
        (128, _) => "echo request",
        (129, _) => "echo reply",
        (130, _) => "multicast listener query",
        (131, _) => "multicast listener report",
        (132, _) => "multicast listener done",
        (133, _) => "router solicitation",
        (134, _) => "router advertisement",
        (135, _) => "neighbor solicitation",
        (136, _) => "neighbor advertisement",
        (137, _) => "redirect",
        (143, _) => "multicast listener report v2",
        _ => "unknown",
    };
    head(&mut words, kind, code, name);
    checksum(&mut words, message.checksum(), checksum_ok);
    let rest = message.bytes5to8();
    match kind {
        2 => words.field("MTU of the next link", u32::from_be_bytes(rest)),
        4 => words
            .field("problem at", format_args!("byte {} of its packet", u32::from_be_bytes(rest))),
        128 | 129 => {
            let (high, low) = halves(rest);
            echo(&mut words, name, high, low);
        }
        133..=137 => {
            // a message that is too short has the fields before its end
            let _ = discovery(&mut words, kind, rest, message.payload());
        }
        _ => {}
    }
    if kind < 128 {
        about(&mut words, message.payload());
    }
    words
}

const fn halves(word: [u8; 4]) -> (u16, u16) {
    (u16::from_be_bytes([word[0], word[1]]), u16::from_be_bytes([word[2], word[3]]))
}

fn head(words: &mut Words, kind: u8, code: u8, name: &'static str) {
    words.summary(match name {
        "unknown" => format!("type {kind} code {code}"),
        _ => name.to_owned(),
    });
    words.field("type", format_args!("{kind} {name}"));
    words.field("code", code);
}

fn checksum(words: &mut Words, sum: u16, ok: Option<bool>) {
    words.field("checksum", format_args!("{sum:#06x} ({})", verdict(ok)));
}

fn echo(words: &mut Words, name: &str, identifier: u16, sequence: u16) {
    words.summary(format!("{name} id={identifier} seq={sequence}"));
    words.field("identifier", identifier);
    words.field("sequence number", sequence);
}

/// The packet that an error is about.
fn about(words: &mut Words, payload: &[u8]) {
    let Some(quote) = quoted(payload) else { return };
    let text = if quote.source.port == 0 && quote.destination.port == 0 {
        let (source, destination) = (quote.source.ip, quote.destination.ip);
        format!("{} {source} → {destination}", protocol_name(quote.protocol))
    } else {
        format!("{} {} → {}", protocol_name(quote.protocol), quote.source, quote.destination)
    };
    words.summary.push_str(", about ");
    words.summary.push_str(&text);
    words.field("about", text);
    cited::fields(words, payload);
}

/// Neighbour discovery: the message's own fields, then its options.
fn discovery(words: &mut Words, kind: u8, rest: [u8; 4], payload: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(payload);
    let [flags, preference, lifetime_high, lifetime_low] = rest;
    match kind {
        134 => {
            let lifetime = u16::from_be_bytes([lifetime_high, lifetime_low]);
            words.field("hop limit to use", flags);
            let managed = [
                (0x80, "addresses by DHCPv6"),
                (0x40, "other settings by DHCPv6"),
                (0x20, "home agent"),
                (0x04, "proxy"),
            ];
            words.field("flags", flag_words(preference, &managed));
            words.field("preference", router_preference(preference));
            words.field("default router for", format_args!("{lifetime} s"));
            words.field("reachable for", format_args!("{} ms (0: not said)", cursor.u32()?));
            words.field("ask again after", format_args!("{} ms (0: not said)", cursor.u32()?));
        }
        135..=137 => {
            let target = Ipv6Addr::from(*cursor.array::<16>()?);
            words.field("target", target);
            match kind {
                135 => words.summary(format!("who has {target}?")),
                136 => {
                    let all = [(0x80, "from a router"), (0x40, "solicited"), (0x20, "override")];
                    words.field("flags", flag_words(flags, &all));
                    words.summary(format!("{target} is here"));
                }
                _ => {
                    let destination = Ipv6Addr::from(*cursor.array::<16>()?);
                    words.summary(format!("redirect: {destination} by way of {target}"));
                    words.field("destination", destination);
                }
            }
        }
        _ => {}
    }
    discovery_options(words, kind, cursor)
}

fn discovery_options(words: &mut Words, kind: u8, mut cursor: Cursor<'_>) -> Result<(), Short> {
    while !cursor.is_empty() {
        let option = cursor.u8()?;
        // RFC 4861 §4.6: a length of 0 makes the whole message invalid
        let Some(length) = usize::from(cursor.u8()?).checked_mul(8).and_then(|n| n.checked_sub(2))
        else {
            words.field("option", format_args!("{option} (length 0)"));
            break;
        };
        let body = cursor.take(length)?;
        match (option, body) {
            (1 | 2, address) if let Ok(address) = <[u8; 6]>::try_from(address) => {
                let mac = MacAddr(address);
                let name = if option == 1 { "source link address" } else { "target link address" };
                words.field(name, mac);
                let add = match (kind, option) {
                    (135, 1) => format!(" tell {mac}"),
                    (136, 2) => format!(", at {mac}"),
                    (133 | 134, 1) => format!(" from {mac}"),
                    _ => String::new(),
                };
                words.summary.push_str(&add);
            }
            (1, other) => words.field("source link address", Hex(other)),
            (2, other) => words.field("target link address", Hex(other)),
            (3, body) => prefix(words, body)?,
            (5, [_, _, mtu @ ..]) => {
                words.field("MTU", Cursor::new(mtu).u32()?);
            }
            (25, body) => {
                let mut servers = Cursor::new(body);
                servers.take(2)?;
                words.field("DNS servers for", format_args!("{} s", servers.u32()?));
                while let Ok(server) = servers.array::<16>() {
                    words.field("DNS server", Ipv6Addr::from(*server));
                }
            }
            (4, _) => words.field("option", "4 redirected packet"),
            (14, body) => words.field("nonce", Hex(body)),
            (24, body) => route(words, body)?,
            (31, body) => search_list(words, body)?,
            (38, body) => prefix64(words, body)?,
            (other, body) => words.field("option", format_args!("{other} {}", Hex(body))),
        }
    }
    Ok(())
}

/// Prefix information (RFC 4861 §4.6.2).
fn prefix(words: &mut Words, body: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(body);
    let (length, flags) = (cursor.u8()?, cursor.u8()?);
    let (valid, preferred) = (cursor.u32()?, cursor.u32()?);
    cursor.u32()?;
    let prefix = Ipv6Addr::from(*cursor.array::<16>()?);
    let all = [(0x80, "on this link"), (0x40, "for addresses")];
    words.field(
        "prefix",
        format_args!(
            "{prefix}/{length} ({}), valid {valid} s, preferred {preferred} s",
            flag_words(flags, &all)
        ),
    );
    Ok(())
}

/// RFC 4191 §2.1.
const fn router_preference(flags: u8) -> &'static str {
    match flags >> 3 & 3 {
        0 => "medium",
        1 => "high",
        3 => "low",
        _ => "reserved",
    }
}

/// Route information (RFC 4191 §2.3): of the prefix only the bytes that it needs may be there.
fn route(words: &mut Words, body: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(body);
    let (length, flags, lifetime) = (cursor.u8()?, cursor.u8()?, cursor.u32()?);
    let prefix = padded(cursor.rest());
    let preference = router_preference(flags);
    words.field(
        "route",
        format_args!("{prefix}/{length}, preference {preference}, for {lifetime} s"),
    );
    Ok(())
}

/// Domains that short names are completed with (RFC 8106 §5.2).
fn search_list(words: &mut Words, body: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(body);
    cursor.take(2)?;
    words.field("search list for", format_args!("{} s", cursor.u32()?));
    let mut labels: Vec<String> = Vec::new();
    while let Ok(length) = cursor.u8() {
        if length > 0 {
            let label = cursor.take(length.into())?;
            labels.push(String::from_utf8_lossy(label).into_owned());
        } else if !labels.is_empty() {
            words.field("search domain", labels.join("."));
            labels.clear();
        }
    }
    Ok(())
}

/// The prefix of a translator to IPv4 (RFC 8781 §4).
fn prefix64(words: &mut Words, body: &[u8]) -> Result<(), Short> {
    let mut cursor = Cursor::new(body);
    let (word, prefix) = (cursor.u16()?, padded(cursor.rest()));
    let length = match word & 7 {
        0 => "96",
        1 => "64",
        2 => "56",
        3 => "48",
        4 => "40",
        5 => "32",
        _ => "?",
    };
    words.field("prefix of NAT64", format_args!("{prefix}/{length}, for {} s", word & !7));
    Ok(())
}

/// An address of which the last bytes may be left out.
fn padded(bytes: &[u8]) -> Ipv6Addr {
    let mut whole = [0; 16];
    whole.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Ipv6Addr::from(whole)
}

fn flag_words(flags: u8, names: &[(u8, &str)]) -> String {
    let set: Vec<&str> = names.iter().filter(|n| flags & n.0 != 0).map(|n| n.1).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(", ") }
}
