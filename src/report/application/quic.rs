//! The packets of QUIC in a datagram, for the packets view: what anyone can see of them.

use crate::packet::describe::LayerText;
use crate::protocol::quic::Kind;
use crate::protocol::quic::glance::{Glimpse, Head, What};
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::version::Version;
use crate::report::text::units;

/// Packets shown of one datagram: one of 64 KiB may have thousands.
const SHOWN: usize = 16;

/// The packets of a datagram. `receiver` is what the other end wanted to be called; the ID of a
/// short header is told where it is that one.
pub fn layer(
    mut packets: impl Iterator<Item = Glimpse>,
    receiver: Option<ConnectionId>,
) -> LayerText {
    let shown: Vec<Glimpse> = packets.by_ref().take(SHOWN).collect();
    let more = packets.count();
    let mut before = None;
    let mut names: Vec<String> = Vec::with_capacity(shown.len());
    let mut fields = Vec::with_capacity(shown.len());
    for packet in &shown {
        let name = name(&packet.what);
        let ids = ids(packet, receiver);
        // packets of one datagram are for one connection
        let is_same = before == Some(packet.head) || ids.is_empty();
        names.push(if is_same { name.clone() } else { format!("{name}, {ids}") });
        before = Some(packet.head);
        let said = details(&packet.what);
        let parts = [name, ids, said].into_iter().filter(|part| !part.is_empty());
        fields.push(("packet", parts.collect::<Vec<_>>().join(", ")));
    }
    if more > 0 {
        let more = units::count(more as u64, "more packet", "more packets");
        names.push(more.clone());
        fields.push(("packet", format!("and {more}")));
    }
    let summary = names.join("; ");
    LayerText { name: "QUIC", header_len: 0, summary, fields, left: 0 }
}

fn name(what: &What) -> String {
    match what {
        What::Protected { kind: Kind::OneRtt, .. } => "1-RTT, Protected Payload".to_owned(),
        What::Protected { kind, .. } => kind.name().to_owned(),
        What::Retry(_) => "Retry".to_owned(),
        What::Negotiation(_) => "Version Negotiation".to_owned(),
        What::Unknown => "packet of an unknown version".to_owned(),
        What::Broken => "no whole packet".to_owned(),
    }
}

/// Version and connection IDs; empty ones are left out.
fn ids(packet: &Glimpse, receiver: Option<ConnectionId>) -> String {
    let mut parts = Vec::new();
    if let Some(Head { version, destination, source }) = packet.head {
        if !matches!(version, Version::V1 | Version::NEGOTIATION) {
            parts.push(format!("version {version}"));
        }
        for (name, id) in [("DCID", destination), ("SCID", source)] {
            if !id.is_empty() {
                parts.push(format!("{name}={id}"));
            }
        }
    } else if let (What::Protected { short: Some(begin), .. }, Some(id)) = (&packet.what, receiver)
        && !id.is_empty()
        && begin.starts_with(id.bytes())
    {
        parts.push(format!("DCID={id}"));
    }
    parts.join(", ")
}

/// What else its header says.
fn details(what: &What) -> String {
    match what {
        What::Protected { token, size, is_cut, .. } => {
            let token = match token {
                0 => String::new(),
                _ => format!("token of {}, ", units::count(*token as u64, "byte", "bytes")),
            };
            let cut = if *is_cut { " captured, its end is not" } else { "" };
            format!("{token}{}{cut}", units::count(*size as u64, "byte", "bytes"))
        }
        What::Retry(token) => {
            format!("token of {}", units::count(*token as u64, "byte", "bytes"))
        }
        What::Negotiation(versions) => {
            let names = versions.iter().take(SHOWN).map(ToString::to_string);
            let more = versions.len().saturating_sub(SHOWN);
            let more = (more > 0).then(|| format!("{more} more"));
            format!("versions {}", names.chain(more).collect::<Vec<_>>().join(", "))
        }
        What::Unknown | What::Broken => String::new(),
    }
}
