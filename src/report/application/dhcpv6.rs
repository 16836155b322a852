//! DHCPv6 messages for the packets view: each option by its name (RFC 8415 §21).

use std::net::Ipv6Addr;

use crate::cursor::{Cursor, Short};
use crate::packet::describe::LayerText;
use crate::protocol::dhcpv6;
use crate::report::text::units;

/// Options within options, at most: a lease in an association in a relayed message.
const DEPTH: usize = 4;

/// The layer of a message; none where the bytes are none.
pub(super) fn layer(bytes: &[u8]) -> Option<LayerText> {
    let summary = dhcpv6::in_words(bytes)?;
    let mut fields = Vec::new();
    // a message that is too short has the fields before its end
    let _ = message(bytes, &mut fields, DEPTH);
    Some(LayerText { name: "DHCPv6", header_len: bytes.len(), summary, fields, left: 0 })
}

type Fields = Vec<(&'static str, String)>;

fn message(bytes: &[u8], fields: &mut Fields, depth: usize) -> Result<(), Short> {
    let mut cursor = Cursor::new(bytes);
    if let kind @ (12 | 13) = cursor.u8()? {
        fields.push(("message", format!("{kind} of a relay")));
        fields.push(("relays passed", cursor.u8()?.to_string()));
        fields.push(("link", address(&mut cursor)?));
        fields.push(("peer", address(&mut cursor)?));
    } else {
        let [a, b, c] = *cursor.array()?;
        fields.push(("transaction", format!("{:#08x}", u32::from_be_bytes([0, a, b, c]))));
    }
    options(cursor, fields, depth)
}

fn options(mut cursor: Cursor<'_>, fields: &mut Fields, depth: usize) -> Result<(), Short> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    while !cursor.is_empty() {
        let (code, length) = (cursor.u16()?, cursor.u16()?);
        let body = cursor.sub(length.into())?;
        option(code, body, fields, depth)?;
    }
    Ok(())
}

fn option(code: u16, mut body: Cursor<'_>, fields: &mut Fields, depth: usize) -> Result<(), Short> {
    match code {
        1 | 2 => {
            let name = if code == 1 { "client identifier" } else { "server identifier" };
            fields.push((name, hex(body.rest())));
        }
        3 | 25 => {
            let name = if code == 3 { "association" } else { "prefix association" };
            let (id, renew, rebind) = (body.u32()?, body.u32()?, body.u32()?);
            let (renew, rebind) = (lifetime(renew), lifetime(rebind));
            let text = format!("{id:#010x}, renew after {renew}, rebind after {rebind}");
            fields.push((name, text));
            options(body, fields, depth)?;
        }
        4 => {
            fields.push(("temporary association", format!("{:#010x}", body.u32()?)));
            options(body, fields, depth)?;
        }
        5 => {
            let ip = address(&mut body)?;
            let (preferred, valid) = (lifetime(body.u32()?), lifetime(body.u32()?));
            fields.push(("address", format!("{ip}, preferred {preferred}, valid {valid}")));
            options(body, fields, depth)?;
        }
        6 => {
            let (codes, _) = body.rest().as_chunks::<2>();
            let codes: Vec<String> =
                codes.iter().map(|code| u16::from_be_bytes(*code).to_string()).collect();
            fields.push(("options asked for", codes.join(", ")));
        }
        7 => fields.push(("preference", body.u8()?.to_string())),
        8 => fields.push(("asking for", format!("{} ms", u32::from(body.u16()?) * 10))),
        9 => message(body.rest(), fields, depth)?,
        13 => {
            let status = body.u16()?;
            let text = String::from_utf8_lossy(body.rest());
            fields.push(("status", format!("{status} {}: {text}", status_name(status))));
        }
        14 => fields.push(("rapid commit", "yes: two messages instead of four".to_owned())),
        23 => {
            while let Ok(ip) = address(&mut body) {
                fields.push(("DNS server", ip));
            }
        }
        24 => {
            let mut labels: Vec<String> = Vec::new();
            while let Ok(length) = body.u8() {
                if length > 0 {
                    let label = body.take(length.into())?;
                    labels.push(String::from_utf8_lossy(label).into_owned());
                } else {
                    fields.push(("search domain", labels.join(".")));
                    labels.clear();
                }
            }
        }
        26 => {
            let (preferred, valid) = (lifetime(body.u32()?), lifetime(body.u32()?));
            let (length, ip) = (body.u8()?, address(&mut body)?);
            let text = format!("{ip}/{length}, preferred {preferred}, valid {valid}");
            fields.push(("prefix", text));
            options(body, fields, depth)?;
        }
        32 => fields.push(("ask again after", lifetime(body.u32()?))),
        other => fields.push(("option", format!("{other}: {}", hex(body.rest())))),
    }
    Ok(())
}

fn address(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    Ok(Ipv6Addr::from(*cursor.array::<16>()?).to_string())
}

fn lifetime(seconds: u32) -> String {
    if seconds == u32::MAX { "for ever".to_owned() } else { units::ttl(seconds) }
}

/// RFC 8415 §21.13.
const fn status_name(status: u16) -> &'static str {
    match status {
        0 => "success",
        1 => "failure",
        2 => "no addresses available",
        3 => "no binding",
        4 => "not on the link",
        5 => "use multicast",
        6 => "no prefix available",
        _ => "unknown",
    }
}

fn hex(value: &[u8]) -> String {
    let bytes: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(code: u8, value: &[u8]) -> Vec<u8> {
        [&[0, code, 0, u8::try_from(value.len()).unwrap()], value].concat()
    }

    fn reply() -> Vec<u8> {
        let ip = "2001:db8::9".parse::<Ipv6Addr>().unwrap().octets();
        let lease = option(5, &[&ip[..], &[0, 0, 1, 0, 0, 0, 2, 0]].concat());
        let association = [&[0, 0, 0, 7, 0, 0, 3, 132, 0, 0, 5, 160][..], &lease].concat();
        [
            &[7, 1, 2, 3][..],
            &option(3, &association),
            &option(13, &[0, 2, b'n', b'o']),
            &option(23, &ip),
            &option(24, b"\x03lan\x04test\0"),
            &option(99, &[1]),
        ]
        .concat()
    }

    #[test]
    fn options_have_names_and_values() {
        let layer = layer(&reply()).unwrap();
        let fields: Vec<String> =
            layer.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let expected = [
            "transaction: 0x010203",
            "association: 0x00000007, renew after 15 min, rebind after 24 min",
            "address: 2001:db8::9, preferred 256 s, valid 512 s",
            "status: 2 no addresses available: no",
            "DNS server: 2001:db8::9",
            "search domain: lan.test",
            "option: 99: 01",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn messages_in_messages_end() {
        let mut relayed = reply();
        for _ in 0..10 {
            let inner = option(9, &relayed[..relayed.len().min(200)]);
            relayed = [&[12, 0][..], &[0; 32], &inner].concat();
        }
        assert!(layer(&relayed).is_some_and(|layer| layer.fields.len() < 40));
        let bytes = reply();
        for cut in 0..bytes.len() {
            assert!(layer(&bytes[..cut]).is_none_or(|layer| layer.fields.len() <= 7), "{cut}");
        }
    }
}
