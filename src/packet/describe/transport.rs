//! TCP and UDP in words.

use etherparse::UdpSlice;

use crate::packet::describe::options::options;
use crate::packet::describe::text::{Words, bytes, verdict};
use crate::packet::tcp::Tcp;

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

pub(super) fn tcp(segment: &Tcp<'_>, length: usize, checksum_ok: Option<bool>) -> Words {
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
    for option in options.into_iter().filter(|option| !(segment.is_cut() && option.is_broken)) {
        words.field("option", option.text);
    }
    if segment.is_cut() {
        words.field("option", "cut off by the snapshot length");
    }
    words
}

fn flags(segment: &Tcp<'_>) -> Vec<&'static str> {
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
fn meaning(segment: &Tcp<'_>) -> &'static str {
    let marks = (segment.ns(), segment.cwr(), segment.ece());
    match (segment.syn(), segment.ack(), segment.fin(), segment.rst()) {
        (_, _, _, true) => " (breaks the connection off)",
        // RFC 9768 §3.1.1, RFC 3168 §6.1.1
        (true, false, ..) if marks == (true, true, true) => {
            " (asks for a connection, offers accurate congestion notification)"
        }
        (true, false, ..) if marks == (false, true, true) => {
            " (asks for a connection, offers congestion notification)"
        }
        (true, false, ..) => " (asks for a connection)",
        (true, true, ..) if marks == (false, false, true) => {
            " (accepts the connection, with congestion notification)"
        }
        (true, true, ..) => " (accepts the connection)",
        (_, _, true, _) => " (has no more to say)",
        _ => "",
    }
}
