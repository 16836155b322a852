//! TCP and UDP in words.

use etherparse::{TcpSlice, UdpSlice};

use crate::cursor::{Cursor, Short};
use crate::packet::describe::text::{Hex, Words, bytes, verdict};

pub(super) fn udp(datagram: &UdpSlice<'_>, length: usize, checksum_ok: Option<bool>) -> Words {
    let mut words = Words::new("UDP");
    let (source, destination) = (datagram.source_port(), datagram.destination_port());
    words.summary(format!("len={length}"));
    words.field("source port", source);
    words.field("destination port", destination);
    words.field("length", bytes(datagram.length().into()));
    let sum = datagram.checksum();
    let ok = if sum == 0 { "none" } else { verdict(checksum_ok) };
    words.field("checksum", format_args!("{sum:#06x} ({ok})"));
    words
}

pub(super) fn tcp(segment: &TcpSlice<'_>, length: usize, checksum_ok: Option<bool>) -> Words {
    let mut words = Words::new("TCP");
    let flags = flags(segment).join(", ");
    let (seq, ack) = (segment.sequence_number(), segment.acknowledgment_number());
    let options = options(segment.options());
    let acked = if segment.ack() { format!(" ack={ack}") } else { String::new() };
    let window = segment.window_size();
    let mut summary = format!("[{flags}] seq={seq}{acked} win={window} len={length}");
    for short in options.iter().filter_map(|option| option.short.as_ref()) {
        summary.push(' ');
        summary.push_str(short);
    }
    words.summary(summary);
    words.field("source port", segment.source_port());
    words.field("destination port", segment.destination_port());
    words.field("sequence number", seq);
    words.field(
        "acknowledgment number",
        if segment.ack() { ack.to_string() } else { format!("{ack} (not valid: no ACK flag)") },
    );
    words.field("header length", bytes(segment.header_len()));
    words.field("flags", format_args!("{flags}{}", meaning(segment)));
    let scaling = if segment.syn() { "never scaled in a SYN" } else { "before scaling" };
    words.field("window", format_args!("{window} ({scaling})"));
    let sum = segment.checksum();
    words.field("checksum", format_args!("{sum:#06x} ({})", verdict(checksum_ok)));
    if segment.urg() || segment.urgent_pointer() != 0 {
        words.field("urgent pointer", segment.urgent_pointer());
    }
    for option in options {
        words.field("option", option.text);
    }
    words
}

fn flags(segment: &TcpSlice<'_>) -> Vec<&'static str> {
    let all = [
        (segment.syn(), "SYN"),
        (segment.fin(), "FIN"),
        (segment.rst(), "RST"),
        (segment.psh(), "PSH"),
        (segment.ack(), "ACK"),
        (segment.urg(), "URG"),
        (segment.ece(), "ECE"),
        (segment.cwr(), "CWR"),
        (segment.ns(), "AE"),
    ];
    let set: Vec<&str> = all.into_iter().filter(|flag| flag.0).map(|flag| flag.1).collect();
    if set.is_empty() { vec!["none"] } else { set }
}

/// What the flags are for, in words.
fn meaning(segment: &TcpSlice<'_>) -> &'static str {
    match (segment.syn(), segment.ack(), segment.fin(), segment.rst()) {
        (_, _, _, true) => " (breaks the connection off)",
        (true, false, ..) => " (asks for a connection)",
        (true, true, ..) => " (accepts the connection)",
        (_, _, true, _) => " (has no more to say)",
        _ => "",
    }
}

/// One TCP option.
struct TcpOption {
    /// In words.
    text: String,
    /// For the line of the packet, where it is worth it.
    short: Option<String>,
}

/// The options of a TCP header (RFC 9293 §3.2), up to the first that is broken.
fn options(bytes: &[u8]) -> Vec<TcpOption> {
    let mut cursor = Cursor::new(bytes);
    let mut options = Vec::new();
    while let Ok(kind) = cursor.u8() {
        match kind {
            0 => break,
            1 => options.push(TcpOption { text: "no operation".to_owned(), short: None }),
            _ => {
                let Ok(option) = option(kind, &mut cursor) else {
                    options.push(TcpOption { text: format!("{kind} (broken)"), short: None });
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
        28 => ("user timeout".to_owned(), None),
        19 => ("MD5 signature".to_owned(), None),
        29 => ("authentication".to_owned(), None),
        30 => ("multipath TCP".to_owned(), Some("mptcp".to_owned())),
        34 => (format!("fast open cookie {}", Hex(body.rest())), Some("tfo".to_owned())),
        69 => ("encryption negotiation".to_owned(), None),
        _ => (format!("{kind}, {}", bytes(length)), None),
    };
    Ok(TcpOption { text, short })
}
