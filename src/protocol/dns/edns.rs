//! The OPT pseudo-record (RFC 6891) and what its options say, in words.

use std::net::{Ipv4Addr, Ipv6Addr};

use domain::base::iana::ExtendedErrorCode;
use domain::base::name::ParsedName;
use domain::base::opt::{Opt, UnknownOptData};
use domain::base::record::ParsedRecord;
use domain::base::wire::ParseError;
use domain::dep::octseq::parse::Parser;

use crate::cursor::{Cursor, Short};
use crate::protocol::dns::message::{Edns, Rcode};
use crate::protocol::dns::text;

/// What an OPT record says, and the whole response code: eight more bits of it are here.
pub(super) fn edns(
    record: &ParsedRecord<'_, [u8]>,
    low: Rcode,
) -> (Edns, Rcode, Result<(), ParseError>) {
    // RFC 6891 §6.1.3: the TTL is extended code, version, DO and zeros
    let [high, version, flags, _] = record.ttl().as_secs().to_be_bytes();
    let mut edns = Edns {
        udp_size: record.class().to_int(),
        version,
        dnssec_ok: flags & 0x80 != 0,
        options: Vec::new(),
    };
    let rcode = Rcode(u16::from(high) << 4 | (low.0 & 0xf));
    let options = match record.to_record::<Opt<&[u8]>>() {
        Ok(Some(options)) => options.into_data(),
        Ok(None) => return (edns, rcode, Ok(())),
        Err(error) => return (edns, rcode, Err(error)),
    };
    for option in options.iter::<UnknownOptData<_>>().flatten() {
        let (code, data) = (option.code().to_int(), *option.data());
        let words = words(code, data)
            .unwrap_or_else(|_| format!("option {code}, malformed: {}", text::hex(data)));
        edns.options.push((code, text::printable(&words)));
    }
    (edns, rcode, Ok(()))
}

fn words(code: u16, data: &[u8]) -> Result<String, Short> {
    let mut cursor = Cursor::new(data);
    Ok(match code {
        3 if data.is_empty() => "name server identifier wanted".to_owned(),
        3 => format!("name server identifier {}", text::string(data)),
        5 => format!("DNSSEC algorithms understood: {}", numbers(data)),
        6 => format!("DS digests understood: {}", numbers(data)),
        7 => format!("NSEC3 digests understood: {}", numbers(data)),
        8 => client_subnet(&mut cursor)?,
        9 if data.is_empty() => "zone expiry wanted".to_owned(),
        9 => format!("zone expires in {} s", cursor.u32()?),
        10 => {
            let client = text::hex(cursor.take(8)?);
            match cursor.rest() {
                [] => format!("client cookie {client}"),
                server => format!("client cookie {client}, server cookie {}", text::hex(server)),
            }
        }
        11 if data.is_empty() => "TCP keep-alive wanted".to_owned(),
        11 => {
            let tenths = cursor.u16()?;
            format!("TCP keep-alive {}.{} s", tenths / 10, tenths % 10)
        }
        12 => format!("padding, {} bytes", data.len()),
        13 => format!("chain query from {}", name(data)),
        14 => format!("key tags {}", tags(cursor)?),
        15 => {
            let code = ExtendedErrorCode::from_int(cursor.u16()?);
            let meaning = code.to_mnemonic().map(String::from_utf8_lossy).unwrap_or_default();
            let extra = String::from_utf8_lossy(cursor.rest());
            let extra = extra.trim_end_matches('\0');
            let comma = if meaning.is_empty() { "" } else { " " };
            let colon = if extra.is_empty() { "" } else { ": " };
            format!("extended error {}{comma}{meaning}{colon}{extra}", code.to_int())
        }
        18 => format!("report errors to {}", name(data)),
        _ => format!("option {code}: {}", text::hex(data)),
    })
}

/// RFC 7871 §6: addresses are cut to the prefix.
fn client_subnet(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let family = cursor.u16()?;
    let (source, scope) = (cursor.u8()?, cursor.u8()?);
    let rest = cursor.rest();
    let padded = |byte: usize| rest.get(byte).copied().unwrap_or(0);
    let ip = match family {
        1 => Ipv4Addr::from(std::array::from_fn(padded)).to_string(),
        2 => Ipv6Addr::from(std::array::from_fn(padded)).to_string(),
        other => format!("family {other} {}", text::hex(rest)),
    };
    let scope = if scope == 0 { String::new() } else { format!(", answer good for /{scope}") };
    Ok(format!("client subnet {ip}/{source}{scope}"))
}

fn tags(mut cursor: Cursor<'_>) -> Result<String, Short> {
    let mut tags = Vec::new();
    while !cursor.is_empty() {
        tags.push(cursor.u16()?.to_string());
    }
    Ok(tags.join(" "))
}

fn numbers(data: &[u8]) -> String {
    let numbers: Vec<String> = data.iter().map(u8::to_string).collect();
    numbers.join(" ")
}

fn name(data: &[u8]) -> Box<str> {
    let parsed = ParsedName::parse_ref(&mut Parser::from_ref(data));
    parsed.map_or_else(|_| text::unknown(data), |name| text::name(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_words() {
        let shown = |code, data: &[u8]| words(code, data).unwrap();
        assert_eq!(shown(8, &[0, 1, 24, 0, 192, 0, 2]), "client subnet 192.0.2.0/24");
        assert_eq!(
            shown(8, &[0, 2, 56, 48, 0x20, 1, 0xd, 0xb8, 0, 1]),
            "client subnet 2001:db8:1::/56, answer good for /48"
        );
        assert_eq!(
            shown(10, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
            "client cookie 0102030405060708"
        );
        assert_eq!(shown(11, &[0, 125]), "TCP keep-alive 12.5 s");
        assert_eq!(shown(12, &[0; 100]), "padding, 100 bytes");
        assert_eq!(shown(15, b"\x00\x03too slow"), "extended error 3 Stale Answer: too slow");
        assert_eq!(shown(15, b"\xff\xf0"), "extended error 65520");
        assert_eq!(shown(18, b"\x01a\x01b\0"), "report errors to a.b");
        assert_eq!(shown(65001, b"\x01\x02"), "option 65001: 0102");
        assert!(words(10, b"short").is_err() && words(8, &[0]).is_err());
    }
}
