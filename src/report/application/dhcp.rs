//! DHCP messages for the packets view: the fixed part (RFC 2131 §2) and each option by its name
//! (RFC 2132 and its successors).

use std::net::Ipv4Addr;

use crate::address::MacAddr;
use crate::cursor::{Cursor, Short};
use crate::packet::describe::LayerText;
use crate::protocol::dhcp;
use crate::report::text::units;

/// The layer of a message; none where the bytes are none.
pub(super) fn layer(bytes: &[u8]) -> Option<LayerText> {
    let summary = dhcp::in_words(bytes)?;
    let mut fields = Vec::new();
    // a message that is too short has the fields before its end
    let _ = message(bytes, &mut fields);
    Some(LayerText { name: "DHCP", header_len: bytes.len(), summary, fields, left: 0 })
}

type Fields = Vec<(&'static str, String)>;

fn message(bytes: &[u8], fields: &mut Fields) -> Result<(), Short> {
    let mut cursor = Cursor::new(bytes);
    let [operation, hardware, length, hops] = *cursor.array()?;
    let from = if operation == 1 { "1 from a client" } else { "2 from a server" };
    fields.push(("operation", from.to_owned()));
    if hops > 0 {
        fields.push(("relays passed", hops.to_string()));
    }
    fields.push(("transaction", format!("{:#010x}", cursor.u32()?)));
    fields.push(("asking since", format!("{} s", cursor.u16()?)));
    let is_broadcast = cursor.u16()? & 0x8000 != 0;
    fields.push(("answer by", if is_broadcast { "broadcast" } else { "unicast" }.to_owned()));
    for name in ["client's address", "given address", "next server", "relay"] {
        let ip = Ipv4Addr::from(*cursor.array::<4>()?);
        if !ip.is_unspecified() {
            fields.push((name, ip.to_string()));
        }
    }
    let address = *cursor.array::<16>()?;
    if let ((1, 6), Some(mac)) = ((hardware, length), address.first_chunk()) {
        fields.push(("client", MacAddr(*mac).to_string()));
    }
    for (name, length) in [("server's name", 64), ("boot file", 128)] {
        let text = text(cursor.take(length)?);
        if !text.is_empty() {
            fields.push((name, text));
        }
    }
    cursor.take(4)?;
    while !cursor.is_empty() {
        match cursor.u8()? {
            0 => {}
            255 => break,
            code => {
                let length = cursor.u8()?;
                option(code, cursor.take(length.into())?, fields);
            }
        }
    }
    Ok(())
}

fn option(code: u8, value: &[u8], fields: &mut Fields) {
    let Some((name, form)) = named(code) else {
        fields.push(("option", format!("{code}: {}", hex(value))));
        return;
    };
    let text = match (form, value) {
        (Form::Addresses, _) => addresses(value),
        (Form::Text, _) => text(value),
        (Form::Seconds, &[a, b, c, d]) => match u32::from_be_bytes([a, b, c, d]) {
            u32::MAX => "for ever".to_owned(),
            seconds => units::ttl(seconds),
        },
        (Form::Number, &[a]) => a.to_string(),
        (Form::Number, &[a, b]) => u16::from_be_bytes([a, b]).to_string(),
        (Form::Kind, &[kind]) => format!("{kind} {}", kind_name(kind)),
        (Form::Codes, codes) => {
            let codes: Vec<String> = codes.iter().map(|code| asked(*code)).collect();
            codes.join(", ")
        }
        (Form::Identifier, [1, address @ ..]) => match <[u8; 6]>::try_from(address) {
            Ok(mac) => MacAddr(mac).to_string(),
            Err(_) => hex(value),
        },
        (Form::Domain, &[flags, _, _, ref name @ ..]) if flags & 4 == 0 => text(name),
        _ => hex(value),
    };
    fields.push((name, text));
}

/// How the value of an option is written.
#[derive(Clone, Copy)]
enum Form {
    Addresses,
    Text,
    Seconds,
    Number,
    Kind,
    /// The options that a client asks for.
    Codes,
    Identifier,
    /// Flags, two results, a name (RFC 4702 §2).
    Domain,
    Bytes,
}

fn named(code: u8) -> Option<(&'static str, Form)> {
    Some(match code {
        1 => ("subnet mask", Form::Addresses),
        2 => ("time offset", Form::Bytes),
        3 => ("router", Form::Addresses),
        4 => ("time server", Form::Addresses),
        6 => ("DNS server", Form::Addresses),
        12 => ("host name", Form::Text),
        15 => ("domain", Form::Text),
        26 => ("MTU", Form::Number),
        28 => ("broadcast address", Form::Addresses),
        33 => ("static route", Form::Addresses),
        42 => ("NTP server", Form::Addresses),
        43 => ("vendor's own", Form::Bytes),
        44 => ("NetBIOS name server", Form::Addresses),
        50 => ("address asked for", Form::Addresses),
        51 => ("lease", Form::Seconds),
        52 => ("more options in", Form::Number),
        53 => ("message", Form::Kind),
        54 => ("server", Form::Addresses),
        55 => ("options asked for", Form::Codes),
        56 => ("says", Form::Text),
        57 => ("largest message", Form::Number),
        58 => ("renew after", Form::Seconds),
        59 => ("rebind after", Form::Seconds),
        60 => ("vendor class", Form::Text),
        61 => ("client identifier", Form::Identifier),
        66 => ("boot server", Form::Text),
        67 => ("boot file", Form::Text),
        81 => ("full name", Form::Domain),
        82 => ("relay information", Form::Bytes),
        108 => ("IPv6 only for", Form::Seconds),
        114 => ("captive portal", Form::Text),
        116 => ("own address", Form::Number),
        119 => ("search list", Form::Bytes),
        121 => ("classless routes", Form::Bytes),
        252 => ("proxy script", Form::Text),
        _ => return None,
    })
}

fn asked(code: u8) -> String {
    named(code).map_or_else(|| code.to_string(), |(name, _)| format!("{code} {name}"))
}

const fn kind_name(kind: u8) -> &'static str {
    match kind {
        1 => "discover",
        2 => "offer",
        3 => "request",
        4 => "decline",
        5 => "acknowledgment",
        6 => "refusal",
        7 => "release",
        8 => "inform",
        _ => "unknown",
    }
}

fn addresses(value: &[u8]) -> String {
    let (whole, _) = value.as_chunks::<4>();
    let all: Vec<String> = whole.iter().map(|ip| Ipv4Addr::from(*ip).to_string()).collect();
    all.join(", ")
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

fn hex(value: &[u8]) -> String {
    let bytes: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Vec<u8> {
        let mut bytes = vec![1, 1, 6, 0, 1, 2, 3, 4, 0, 9, 0x80, 0];
        bytes.extend([0; 16]);
        bytes.extend([2, 0, 0, 0, 0, 7]);
        bytes.resize(236, 0);
        bytes.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 3, 50, 4, 192, 0, 2, 9]);
        bytes.extend([51, 4, 0, 0, 14, 16, 55, 2, 1, 99, 61, 7, 1, 2, 0, 0, 0, 0, 7]);
        bytes.extend([12, 3, b'p', b'\x1b', b'c', 57, 2, 5, 0xdc, 200, 2, 1, 2, 255]);
        bytes
    }

    #[test]
    fn options_have_names_and_values() {
        let layer = layer(&request()).unwrap();
        let fields: Vec<String> =
            layer.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let expected = [
            "operation: 1 from a client",
            "transaction: 0x01020304",
            "asking since: 9 s",
            "answer by: broadcast",
            "client: 02:00:00:00:00:07",
            "message: 3 request",
            "address asked for: 192.0.2.9",
            "lease: 60 min",
            "options asked for: 1 subnet mask, 99",
            "client identifier: 02:00:00:00:00:07",
            "host name: p\u{1b}c",
            "largest message: 1500",
            "option: 200: 01:02",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn cut_anywhere_it_says_less() {
        let bytes = request();
        for cut in 0..bytes.len() {
            let fields = layer(&bytes[..cut]).map(|layer| layer.fields.len());
            assert!(fields.is_none_or(|count| count <= 13), "{cut}");
        }
    }
}
