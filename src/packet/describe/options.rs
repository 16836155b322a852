//! TCP options in words.

use crate::cursor::{Cursor, Short};
use crate::packet::describe::text::{Hex, bytes};

/// One TCP option.
pub(super) struct TcpOption {
    /// In words.
    pub(super) text: String,
    /// For the line of the packet, where it is worth it.
    pub(super) short: Option<String>,
    /// It ends before its length says.
    pub(super) is_broken: bool,
}

/// The options of a TCP header (RFC 9293 §3.2), up to the first that is broken.
pub(super) fn options(bytes: &[u8]) -> Vec<TcpOption> {
    let mut cursor = Cursor::new(bytes);
    let mut options = Vec::new();
    while let Ok(kind) = cursor.u8() {
        match kind {
            0 => break,
            1 => {
                let text = "no operation".to_owned();
                options.push(TcpOption { text, short: None, is_broken: false });
            }
            _ => {
                let Ok(option) = option(kind, &mut cursor) else {
                    let text = format!("{kind} (broken)");
                    options.push(TcpOption { text, short: None, is_broken: true });
                    break;
                };
                options.push(option);
            }
        }
    }
    options
}

fn option(kind: u8, cursor: &mut Cursor<'_>) -> Result<TcpOption, Short> {
    let length = usize::from(cursor.u8()?);
    let short_length = Short { offset: cursor.offset(), needed: 2, left: length };
    let mut body = cursor.sub(length.checked_sub(2).ok_or(short_length)?)?;
    let (text, short) = match kind {
        2 => {
            let mss = body.u16()?;
            (format!("maximum segment size {mss}"), Some(format!("mss={mss}")))
        }
        3 => {
            let shift = body.u8()?;
            let factor = 1u32.checked_shl(shift.into()).unwrap_or(0);
            (format!("window scale {shift} (windows times {factor})"), Some(format!("ws={shift}")))
        }
        4 => ("selective acknowledgments permitted".to_owned(), Some("sack-ok".to_owned())),
        5 => {
            let mut blocks = Vec::new();
            while !body.is_empty() {
                blocks.push(format!("{}-{}", body.u32()?, body.u32()?));
            }
            let blocks = blocks.join(", ");
            (format!("selective acknowledgment of {blocks}"), Some(format!("sack={blocks}")))
        }
        8 => {
            let (value, echo) = (body.u32()?, body.u32()?);
            (format!("timestamp {value}, echoes {echo}"), None)
        }
        19 => (format!("MD5 signature {}", Hex(body.rest())), None),
        28 => {
            let value = body.u16()?;
            let unit = if value & 0x8000 == 0 { "s" } else { "min" };
            (format!("user timeout {} {unit}", value & 0x7fff), None)
        }
        29 => {
            let (key, next) = (body.u8()?, body.u8()?);
            let code = Hex(body.rest());
            (format!("authentication by key {key}, next {next}, code {code}"), None)
        }
        30 => (multipath(&mut body)?, Some("mptcp".to_owned())),
        34 => (fast_open(body.rest()), Some("tfo".to_owned())),
        69 => (format!("encryption negotiation {}", Hex(body.rest())), None),
        // RFC 6994: experiments share two numbers
        253 | 254 => match (body.u16()?, body.rest()) {
            (0xf989, cookie) => (fast_open(cookie), Some("tfo".to_owned())),
            (number, rest) => (format!("experiment {number:#06x} {}", Hex(rest)), None),
        },
        _ => (format!("{kind} (unknown) {}", Hex(body.rest())), None),
    };
    Ok(TcpOption { text, short, is_broken: false })
}

/// TCP Fast Open (RFC 7413 §4.1.1).
fn fast_open(cookie: &[u8]) -> String {
    if cookie.is_empty() {
        "fast open, asks for a cookie".to_owned()
    } else {
        format!("fast open cookie {}", Hex(cookie))
    }
}

/// Multipath TCP (RFC 8684 §3).
fn multipath(body: &mut Cursor<'_>) -> Result<String, Short> {
    let first = body.u8()?;
    let (kind, low) = (first >> 4, first & 0x0f);
    Ok(match kind {
        0 => {
            let flags = body.u8()?;
            let sum = if flags & 0x80 == 0 { "" } else { ", with checksums" };
            let key = body.array::<8>().map(|key| format!(", key {}", Hex(key)));
            format!("multipath TCP version {low}, capable{sum}{}", key.unwrap_or_default())
        }
        1 => {
            let backup = if low & 1 == 0 { "" } else { ", as a backup" };
            let id = body.u8()?;
            format!("multipath TCP, joins as address {id}{backup}, {}", Hex(body.rest()))
        }
        2 => {
            let flags = body.u8()?;
            let has = |flag| flags & flag != 0;
            let number = |body: &mut Cursor<'_>, is_wide: bool| {
                if is_wide { body.u64() } else { body.u32().map(u64::from) }
            };
            let ack = if has(0x01) { Some(number(body, has(0x02))?) } else { None };
            let mapping = if has(0x04) {
                Some((number(body, has(0x08))?, body.u32()?, body.u16()?))
            } else {
                None
            };
            let ack = ack.map(|ack| format!(" ack {ack}")).unwrap_or_default();
            let mapping = mapping.map_or_else(String::new, |(seq, from, length)| {
                format!(" seq {seq} for {} from {from} of this path", bytes(length.into()))
            });
            let last = if has(0x10) { ", no more to come" } else { "" };
            format!("multipath TCP, data{ack}{mapping}{last}")
        }
        3 => format!("multipath TCP, adds an address {}", Hex(body.rest())),
        4 => format!("multipath TCP, removes address {}", Hex(body.rest())),
        5 => format!("multipath TCP, {} path", if low & 1 == 0 { "regular" } else { "backup" }),
        6 => "multipath TCP, falls back to plain TCP".to_owned(),
        7 => "multipath TCP, closes all paths".to_owned(),
        8 => format!("multipath TCP, resets this path, reason {}", body.u8()?),
        _ => format!("multipath TCP, kind {kind}"),
    })
}
