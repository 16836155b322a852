//! What the payload of one packet says, for the packets view: DNS and DHCP messages, and heads of
//! HTTP/1.
//!
//! Looks at one packet alone, as the packets view does: a head that goes on in the next segment
//! shows its first line only, and the middle of a body is bytes.

mod conversation;
mod dhcp;
mod dhcpv6;
pub mod quic;
pub mod tls;

use std::borrow::Cow;

use crate::address::Endpoint;
use crate::packet::Decoded;
use crate::packet::describe::LayerText;
use crate::protocol::dns;
use crate::protocol::dns::message::{Class, Flavor, Message, Record, RecordType};
use crate::protocol::http::credentials::{self, Credentials};
use crate::protocol::http::fields::Fields;
use crate::protocol::http::passwords::{self, BLANK};
use crate::protocol::http1::{self, Head};
use crate::report::text::escape::escape;
use crate::report::text::{units, words};
use crate::time::Stamp;

pub use conversation::message;

/// Fields of a head that are shown; it may have a thousand.
const FIELDS_SHOWN: usize = 64;

/// The layers above the transport, with credentials or without; none where the payload says
/// nothing that is known.
pub fn layers(decoded: &Decoded<'_>, at: Stamp, credentials: Credentials) -> Vec<LayerText> {
    let Some(network) = decoded.network.filter(|_| !decoded.payload.is_empty()) else {
        return Vec::new();
    };
    let ends = |source, destination| {
        (Endpoint::new(network.source, source), Endpoint::new(network.destination, destination))
    };
    let layer = if let Some(udp) = decoded.udp() {
        let ends = ends(udp.source_port(), udp.destination_port());
        match (udp.source_port(), udp.destination_port()) {
            (67 | 68, 67 | 68) => dhcp::layer(decoded.payload),
            (546 | 547, 546 | 547) => dhcpv6::layer(decoded.payload),
            _ => dns::of_datagram(decoded.payload, ends, at, decoded.missing)
                .map(|message| lookup(&message)),
        }
    } else if decoded.tcp().is_some() {
        http1::head_of(decoded.payload).map(|(head, len)| {
            let is_blanked = credentials == Credentials::Blanked;
            http(without_credentials(head, is_blanked), len, decoded.payload.len())
        })
    } else {
        None
    };
    layer.into_iter().collect()
}

/// A DNS message, over whatever transport.
pub fn lookup(message: &Message) -> LayerText {
    let name = match message.flavor {
        Flavor::Dns => "DNS",
        Flavor::Mdns => "mDNS",
        Flavor::Llmnr => "LLMNR",
    };
    let asked = message.questions.first().map_or_else(String::new, |question| {
        format!(" {} {}", question.rtype, escape(&question.name))
    });
    let summary = if message.flags.response {
        // signatures are long and nobody's answer: they stand below
        let answers = message.answers.iter().filter(|record| record.rtype != RecordType::RRSIG);
        let answers: Vec<String> = answers.map(|record| words::record_data(&record.data)).collect();
        let answers = if answers.is_empty() { "no records".to_owned() } else { answers.join(", ") };
        format!("answer to{asked}: {}, {answers}", message.rcode)
    } else {
        format!("query{asked}")
    };
    let mut fields =
        vec![("transaction", format!("0x{:04x}", message.id)), ("flags", flags(message))];
    if message.opcode != 0 {
        fields.push(("operation", format!("{} {}", message.opcode, operation(message.opcode))));
    }
    if message.flags.response {
        fields.push(("result", message.rcode.to_string()));
    }
    for question in &message.questions {
        let text = format!("{} {} {}", escape(&question.name), question.class, question.rtype);
        fields.push(("question", text));
    }
    for (section, records) in [
        ("answer", &message.answers),
        ("authority", &message.authority),
        ("additional", &message.additional),
    ] {
        fields.extend(records.iter().map(|record| (section, record_text(record))));
    }
    if let Some(edns) = &message.edns {
        let wants = if edns.dnssec_ok { ", DNSSEC records wanted" } else { "" };
        let version = match edns.version {
            0 => String::new(),
            version => format!("version {version}, "),
        };
        let size = edns.udp_size;
        fields.push(("EDNS", format!("{version}datagrams of up to {size} bytes{wants}")));
        fields.extend(edns.options.iter().map(|(_, words)| ("EDNS option", words.to_string())));
    }
    LayerText { name, header_len: message.size as usize, summary, fields, left: 0 }
}

fn record_text(record: &Record) -> String {
    let (name, data) = (escape(&record.name), words::record_data(&record.data));
    let class =
        if record.class == Class::IN { String::new() } else { format!(" {}", record.class) };
    format!("{name}{class} {} {data}, TTL {}", record.rtype, ttl(record.ttl))
}

/// IANA's list of them.
const fn operation(opcode: u8) -> &'static str {
    match opcode {
        1 => "inverse query",
        2 => "status",
        4 => "notify",
        5 => "update",
        6 => "stateful operation",
        _ => "unknown",
    }
}

/// A TTL in seconds, and in words where those are long.
fn ttl(seconds: u32) -> String {
    let words = units::ttl(seconds);
    if words.ends_with(" s") { words } else { format!("{seconds} s ({words})") }
}

fn flags(message: &Message) -> String {
    let flags = message.flags;
    let set = [
        (flags.response, "QR response"),
        (flags.authoritative, "AA authoritative"),
        (flags.truncated, "TC truncated"),
        (flags.recursion_desired, "RD recursion desired"),
        (flags.recursion_available, "RA recursion available"),
        (flags.authentic_data, "AD authentic data"),
        (flags.checking_disabled, "CD checking disabled"),
    ];
    let set: Vec<&str> = set.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(", ") }
}

/// A head, and in how many places it had a credential.
fn without_credentials(mut head: Head, is_blanked: bool) -> (Head, u64) {
    let count = match &mut head {
        _ if !is_blanked => 0,
        Head::Request(head) => credentials::in_request(head),
        Head::Response(head) => credentials::in_fields(&mut head.fields),
        Head::Begins(line) => match passwords::of_text(line) {
            Cow::Owned(blanked) => {
                *line = blanked;
                1
            }
            Cow::Borrowed(_) => 0,
        },
    };
    (head, count)
}

fn http((head, blanked): (Head, u64), len: usize, payload: usize) -> LayerText {
    let (summary, mut fields) = match &head {
        Head::Request(head) => {
            let (method, target) = (head.method.as_deref(), head.target.as_deref());
            let said = [method, target].map(Option::unwrap_or_default);
            let line = format!("{} {}", said.join(" "), head.version);
            (line, field_texts(&head.fields))
        }
        Head::Response(head) => {
            let line = format!("{} {} {}", head.version, head.status.unwrap_or(0), head.reason);
            (line, field_texts(&head.fields))
        }
        Head::Begins(line) => (format!("{line} (goes on in the next segment)"), Vec::new()),
    };
    if blanked > 0 {
        fields.push(("note", format!("{BLANK} is a credential; --keep-credentials shows it")));
    }
    let summary = escape(summary.trim_end()).into_owned();
    LayerText { name: "HTTP", header_len: len, summary, fields, left: payload.saturating_sub(len) }
}

fn field_texts(fields: &Fields) -> Vec<(&'static str, String)> {
    let text = |(name, value)| ("field", format!("{}: {}", escape(name), escape(value)));
    fields.iter().take(FIELDS_SHOWN).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::build::Capture;
    use crate::packet::decode;

    fn told(capture: &Capture, nth: usize) -> Vec<LayerText> {
        let packets = capture.packets();
        let packet = &packets[nth];
        layers(&decode(packet), Stamp::new(packet.at, packet.frame), Credentials::Blanked)
    }

    #[test]
    fn a_query_and_a_head_are_told_and_other_bytes_are_not() {
        let mut capture = Capture::new();
        let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01";
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 53), query);
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 9999), query);
        let mut web = capture.tcp(([10, 0, 0, 2], 5001), ([10, 0, 0, 1], 80));
        web.client(b"GET /a HTTP/1.1\r\nHost: h\x1b\r\n\r\n").server(b"HTTP/1.1 200 OK\r\nLong");
        assert_eq!(told(&capture, 0)[0].summary, "query A a.test");
        assert!(told(&capture, 1).is_empty());
        assert!(told(&capture, 0)[0].fields.iter().all(|(name, _)| !name.starts_with("EDNS")));
        let head = &told(&capture, 2)[0];
        assert_eq!((head.summary.as_str(), head.header_len), ("GET /a HTTP/1.1", 29));
        assert!(!head.fields[0].1.contains('\x1b'), "{:?}", head.fields);
        let begins = told(&capture, 3);
        assert!(begins[0].summary.starts_with("HTTP/1.1 200 OK (goes on"), "{begins:?}");
    }

    #[test]
    fn options_are_told_one_by_one() {
        let mut capture = Capture::new();
        let mut query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\x01\x01a\x04test\0\0\x01\0\x01".to_vec();
        // OPT of version 1 and 1232 bytes: client subnet, padding
        query.extend(b"\0\0\x29\x04\xd0\0\x01\0\0\0\x11");
        query.extend(b"\0\x08\0\x07\0\x01\x18\0\xc0\0\x02\0\x0c\0\x02\0\0");
        capture.udp(([10, 0, 0, 2], 5000), ([10, 0, 0, 1], 53), &query);
        let told = &told(&capture, 0)[0];
        let edns = told.fields.iter().filter(|(name, _)| name.starts_with("EDNS"));
        let edns: Vec<&str> = edns.map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            edns,
            [
                "version 1, datagrams of up to 1232 bytes",
                "client subnet 192.0.2.0/24",
                "padding, 2 bytes"
            ]
        );
    }
}
