//! Types that the DNS library does not know, in presentation form.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use domain::base::name::ParsedName;
use domain::dep::octseq::parse::Parser;
use domain::utils::base64;

use crate::cursor::{Cursor, Short};
use crate::protocol::dns::message::{Name, RecordType};
use crate::protocol::dns::text;

/// The data of a type, as it stands in a zone file; none where the type is not one of these or
/// the data breaks its format.
pub(super) fn words(rtype: u16, data: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(data);
    let cursor = &mut cursor;
    let words = match rtype {
        // RFC 1183 §1 and §3.3, RFC 2230 §3.1, RFC 6742 §2.4.2
        18 | 21 | 36 | 107 => cursor.u16().and_then(|number| {
            let name = name(cursor.rest()).ok_or_else(|| short(cursor))?;
            Ok(format!("{number} {name}"))
        }),
        25 => key(cursor),
        29 => location(cursor),
        37 => certificate(cursor),
        53 => digest(cursor),
        62 => child_sync(cursor),
        104 | 106 => locator(cursor),
        105 => cursor.u16().and_then(|preference| {
            let [a, b, c, d] = *cursor.array()?;
            Ok(format!("{preference} {}", Ipv4Addr::new(a, b, c, d)))
        }),
        108 | 109 => Ok(hyphenated(data)),
        256 => uri(cursor),
        _ => return None,
    };
    words.ok()
}

/// RFC 2535 §3.1, in form the same as DNSKEY.
fn key(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let (flags, protocol, algorithm) = (cursor.u16()?, cursor.u8()?, cursor.u8()?);
    Ok(format!("{flags} {protocol} {algorithm} {}", base64::encode_string(cursor.rest())))
}

/// RFC 1876 §2 and §3: thousandths of a second of arc from the middle of the range, centimetres
/// above 100 km below the ellipsoid.
fn location(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let sizes = *cursor.array::<4>()?;
    let [_, size, horizontal, vertical] = sizes;
    let (latitude, longitude) = (cursor.u32()?, cursor.u32()?);
    let altitude = i64::from(cursor.u32()?) - 10_000_000;
    let degrees = |value: u32, positive, negative| {
        let from_middle = i64::from(value) - (1 << 31);
        let letter = if from_middle < 0 { negative } else { positive };
        let thousandths = from_middle.unsigned_abs();
        let (seconds, rest) = (thousandths / 1000, thousandths % 1000);
        let (d, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{d} {m} {s}.{rest:03} {letter}")
    };
    let metres = |centimetres: i64| {
        let sign = if centimetres < 0 { "-" } else { "" };
        let whole = centimetres.unsigned_abs();
        format!("{sign}{}.{:02}m", whole / 100, whole % 100)
    };
    // mantissa and power of ten, a nibble each
    let exponential = |byte: u8| i64::from(byte >> 4) * 10_i64.pow(u32::from(byte & 0xf));
    Ok(format!(
        "{} {} {} {} {} {}",
        degrees(latitude, 'N', 'S'),
        degrees(longitude, 'E', 'W'),
        metres(altitude),
        metres(exponential(size)),
        metres(exponential(horizontal)),
        metres(exponential(vertical)),
    ))
}

/// RFC 4398 §2.2.
fn certificate(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let (kind, tag, algorithm) = (cursor.u16()?, cursor.u16()?, cursor.u8()?);
    Ok(format!("{kind} {tag} {algorithm} {}", base64::encode_string(cursor.rest())))
}

/// RFC 8162 §2: as TLSA.
fn digest(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let (usage, selector, matching) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    Ok(format!("{usage} {selector} {matching} {}", text::hex(cursor.rest())))
}

/// RFC 7477 §2.1, the types as in RFC 4034 §4.1.2.
fn child_sync(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let mut line = format!("{} {}", cursor.u32()?, cursor.u16()?);
    while !cursor.is_empty() {
        let (window, length) = (cursor.u8()?, cursor.u8()?);
        for (nth, byte) in (0_u16..).zip(cursor.take(usize::from(length))?) {
            for bit in (0_u16..8).filter(|bit| byte << bit & 0x80 != 0) {
                let rtype = u16::from(window) << 8 | (nth * 8 + bit) & 0xff;
                // writing to a string cannot fail
                let _ = write!(line, " {}", RecordType(rtype));
            }
        }
    }
    Ok(line)
}

/// RFC 6742 §2.1.2: four groups of hex.
fn locator(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let preference = cursor.u16()?;
    let [a, b, c, d] = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
    Ok(format!("{preference} {a:04x}:{b:04x}:{c:04x}:{d:04x}"))
}

/// RFC 7043 §3.2.
fn hyphenated(data: &[u8]) -> String {
    let bytes: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join("-")
}

/// RFC 7553 §4.
fn uri(cursor: &mut Cursor<'_>) -> Result<String, Short> {
    let (priority, weight) = (cursor.u16()?, cursor.u16()?);
    Ok(format!("{priority} {weight} \"{}\"", text::string(cursor.rest())))
}

fn name(data: &[u8]) -> Option<Name> {
    ParsedName::parse_ref(&mut Parser::from_ref(data)).ok().map(|name| text::name(&name))
}

const fn short(cursor: &Cursor<'_>) -> Short {
    Short { offset: cursor.offset(), needed: 1, left: cursor.rest().len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rtype: u16, data: &[u8]) -> String {
        words(rtype, data).unwrap()
    }

    #[test]
    fn each_type_has_the_form_of_its_document() {
        assert_eq!(shown(18, b"\x00\x01\x02db\x04test\0"), "1 db.test");
        assert_eq!(shown(36, b"\x00\x0a\0"), "10 .");
        assert_eq!(shown(25, b"\x01\x00\x03\x05\xab\xab\xab"), "256 3 5 q6ur");
        assert_eq!(shown(37, b"\x00\x01\x00\x02\x03\xab\xab\xab"), "1 2 3 q6ur");
        assert_eq!(shown(53, b"\x03\x01\x01\xab\xcd"), "3 1 1 abcd");
        assert_eq!(shown(62, b"\0\0\0\x42\x00\x03\x00\x04\x60\x00\x00\x08"), "66 3 A NS AAAA");
        assert_eq!(
            shown(104, b"\x00\x0a\x00\x14\x4f\xff\xff\x20\xee\x64"),
            "10 0014:4fff:ff20:ee64"
        );
        assert_eq!(shown(105, b"\x00\x0a\x0a\x01\x02\x00"), "10 10.1.2.0");
        assert_eq!(shown(107, b"\x00\x0a\x03l64\0"), "10 l64");
        assert_eq!(shown(108, b"\x00\x00\x5e\x00\x53\x2a"), "00-00-5e-00-53-2a");
        assert_eq!(shown(256, b"\x00\x0a\x00\x01ftp://a/"), "10 1 \"ftp://a/\"");
    }

    /// The example of RFC 1876 §4: 42 21 54 N 71 06 18 W -24m 30m.
    #[test]
    fn a_place_on_earth() {
        let mut data = vec![0, 0x33, 0x16, 0x13];
        let middle = 1_u32 << 31;
        data.extend((middle + (42 * 3600 + 21 * 60 + 54) * 1000).to_be_bytes());
        data.extend((middle - (71 * 3600 + 6 * 60 + 18) * 1000).to_be_bytes());
        data.extend((10_000_000_u32 - 2400).to_be_bytes());
        assert_eq!(
            shown(29, &data),
            "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"
        );
        assert!(words(29, &data[..15]).is_none() && words(29, &[0; 16]).is_some());
    }

    #[test]
    fn what_is_too_short_or_unknown_has_none() {
        assert!(
            [18, 25, 36, 37, 53, 62, 104, 105, 256]
                .iter()
                .all(|rtype| words(*rtype, b"\0").is_none())
        );
        assert!(words(4321, b"\0\0\0").is_none());
        assert!(words(62, b"\0\0\0\x42\x00\x03\x00\x20\x60").is_none());
    }
}
