//! A packet in one line.

use crate::address::Endpoint;
use crate::packet::describe::text::{LayerText, escape};
use crate::packet::layer::{Decoded, Fragment, Layer};

/// The parts of a packet's line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Who sent it, by the innermost address: `10.0.0.2:5000`; empty where there is none.
    pub source: String,
    /// To whom.
    pub destination: String,
    /// The innermost protocol.
    pub protocol: String,
    /// What it says.
    pub info: String,
}

/// The parts of the line for a packet whose layers are `texts`, as
/// [`layers`](crate::packet::describe::layers) gives them.
pub fn line(decoded: &Decoded<'_>, texts: &[LayerText]) -> Line {
    let (source, destination) = ends(decoded);
    let (protocol, info) = what(decoded, texts);
    Line { source, destination, protocol, info }
}

fn ends(decoded: &Decoded<'_>) -> (String, String) {
    if let Some(network) = decoded.network {
        let ports = match decoded.layers.last() {
            Some(Layer::Tcp(tcp)) => Some((tcp.source_port(), tcp.destination_port())),
            Some(Layer::Udp(udp)) => Some((udp.source_port(), udp.destination_port())),
            _ => None,
        };
        return match ports {
            Some((source, destination)) => (
                Endpoint::new(network.source, source).to_string(),
                Endpoint::new(network.destination, destination).to_string(),
            ),
            None => (network.source.to_string(), network.destination.to_string()),
        };
    }
    let Some(macs) = decoded.macs else { return Default::default() };
    let destination = macs.destination.map(|mac| mac.to_string()).unwrap_or_default();
    (macs.source.to_string(), destination)
}

fn what(decoded: &Decoded<'_>, texts: &[LayerText]) -> (String, String) {
    if let Some(stop) = &decoded.stop {
        return (stop.layer.to_uppercase(), escape(&stop.why));
    }
    if let Some(fragment) = decoded.network.and_then(|network| network.fragment) {
        return (String::from("fragment"), piece(decoded, fragment));
    }
    // what the caller knows stands last; a mere payload does not speak for itself
    let told = texts.iter().rev().find(|text| text.name != "payload");
    match told {
        Some(text) => (text.name.to_owned(), escape(&text.summary)),
        None => (String::from("empty"), String::new()),
    }
}

fn piece(decoded: &Decoded<'_>, fragment: Fragment) -> String {
    let length = u64::try_from(decoded.payload.len()).unwrap_or(u64::MAX);
    let from = u64::from(fragment.offset);
    let to = from.saturating_add(length).saturating_add(u64::from(decoded.missing));
    let id = decoded.network.and_then(|network| network.identification).unwrap_or_default();
    let more = if fragment.more { "more follow" } else { "the last" };
    format!("bytes {from} to {to} of packet {id:#06x}, {more}")
}
