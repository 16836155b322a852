//! Layers in words: what each header says, field by field, and a packet in one line.
//!
//! Takes what [`decode`](crate::packet::decode) found in one packet, gives texts for people.
//! Nothing is remembered from packet to packet: numbers are those of the header (sequence
//! numbers absolute, windows before scaling). Arrows are `→`; all else is ASCII, and bytes from
//! the network that reach a text are escaped.

mod arp;
mod cited;
mod hexdump;
mod icmp;
mod ip;
mod line;
mod link;
mod options;
mod text;
mod transport;
mod tunnel;
mod wireless;

pub use hexdump::hexdump;
pub use line::{Line, line};
pub use text::{LayerText, escape};

use crate::packet::checksum::transport_checksum_ok;
use crate::packet::describe::text::{Words, bytes, first_line};
use crate::packet::extensions;
use crate::packet::layer::{Decoded, Layer};
use crate::packet::pppoe::Pppoe;
use crate::packet::protocols::announced;

/// Every layer in words, outermost first, each with its header's length and the bytes that it
/// leaves for the next one; then what is left: the payload, a fragment's piece, or the layer
/// that could not be read and why.
///
/// `orig_len` is the packet's length on the wire. Where the caller knows what the payload is, it
/// says so in `application`, and the payload itself has no entry.
pub fn layers(
    decoded: &Decoded<'_>,
    orig_len: u32,
    application: Option<&[LayerText]>,
) -> Vec<LayerText> {
    let mut place = Place { offset: 0, end: usize::try_from(orig_len).unwrap_or(usize::MAX) };
    let mut texts = Vec::with_capacity(decoded.layers.len() + 1);
    let mut outer = None;
    for layer in &decoded.layers {
        if let Layer::Ipv6Extensions(chain) = layer {
            for extension in chain.iter() {
                let length = extensions::whole(&extension).0.len();
                texts.push(place.step(ip::extension(&extension), length));
            }
        } else {
            place.cut(layer, outer);
            texts.push(place.step(words(decoded, layer, outer, place), layer.header_len()));
        }
        outer = Some(layer);
    }
    padding(&mut texts, decoded, orig_len);
    texts.extend(rest(decoded, application));
    texts
}

/// Where a layer is: from `offset` to `end` in bytes of the packet on the wire.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    end: usize,
}

impl Place {
    /// The layer's own length field ends it, where there is one that can be.
    fn cut(&mut self, layer: &Layer<'_>, outer: Option<&Layer<'_>>) {
        let length = match layer {
            Layer::Ipv4(header) => usize::from(header.total_len()),
            Layer::Ipv6(header) if header.payload_length() == 0 => 0,
            Layer::Ipv6(header) => usize::from(header.payload_length()).saturating_add(40),
            Layer::Udp(datagram) => usize::from(datagram.length()),
            Layer::Arp(packet) => packet.slice().len(),
            Layer::Pppoe(header) => usize::from(header.length()).saturating_add(Pppoe::LEN),
            Layer::Nflog(header) => header.slice().len().saturating_add(header.length()),
            Layer::Llc(_) => match outer.map(|outer| announced(Some(outer))) {
                Some(length @ 0..=1500) => usize::from(length),
                _ => 0,
            },
            _ => 0,
        };
        if length >= layer.header_len() {
            self.end = self.end.min(self.offset.saturating_add(length));
        }
    }

    /// Past a header.
    fn step(&mut self, words: Words, header_len: usize) -> LayerText {
        self.offset = self.offset.saturating_add(header_len);
        LayerText {
            name: words.name,
            header_len,
            summary: words.summary,
            fields: words.fields,
            left: self.end.saturating_sub(self.offset),
        }
    }
}

fn words(
    decoded: &Decoded<'_>,
    layer: &Layer<'_>,
    outer: Option<&Layer<'_>>,
    place: Place,
) -> Words {
    let left = || place.end.saturating_sub(place.offset).saturating_sub(layer.header_len());
    match layer {
        Layer::Ethernet(header) => link::ethernet(header),
        Layer::Vlan(tag) => link::vlan(tag, announced(outer)),
        Layer::Llc(header) => link::llc(*header),
        Layer::Sll(header) => link::sll(*header),
        Layer::Sll2(header) => link::sll2(*header),
        Layer::Loopback(header) => link::loopback(*header),
        Layer::Radio(header) => wireless::radio(*header),
        Layer::Wlan(header) => wireless::wlan(*header),
        Layer::Nflog(header) => link::nflog(*header),
        Layer::Shim(header) => link::shim(*header),
        Layer::Ppp(header) => tunnel::ppp(*header),
        Layer::Pppoe(header) => tunnel::pppoe(*header),
        Layer::Mpls(stack) => tunnel::mpls(*stack),
        Layer::Gre(header) => tunnel::gre(*header),
        Layer::Erspan(header) => tunnel::erspan(*header),
        Layer::Vxlan(header) => tunnel::vxlan(*header),
        Layer::Geneve(header) => tunnel::geneve(*header),
        Layer::Gtp(header) => tunnel::gtp(*header),
        Layer::Teredo(header) => tunnel::teredo(*header),
        Layer::L2tp(header) => tunnel::l2tp(*header),
        Layer::Arp(packet) => arp::arp(packet),
        Layer::Ipv4(header) => ip::ipv4(header),
        Layer::Auth(header) => ip::auth(header),
        Layer::Ipv6(header) => ip::ipv6(header),
        // one text for each header: see `layers`
        Layer::Ipv6Extensions(_) => Words::default(),
        Layer::Icmpv4(message) => icmp::icmpv4(message, transport_checksum_ok(decoded)),
        Layer::Icmpv6(message) => icmp::icmpv6(message, transport_checksum_ok(decoded)),
        Layer::Udp(datagram) => transport::udp(datagram, left(), transport_checksum_ok(decoded)),
        Layer::Tcp(segment) => transport::tcp(segment, left(), transport_checksum_ok(decoded)),
    }
}

/// What lies behind the end of the network layer is padding of the link.
fn padding(texts: &mut [LayerText], decoded: &Decoded<'_>, orig_len: u32) {
    let missing = usize::try_from(decoded.missing).unwrap_or(usize::MAX);
    let end = decoded.payload_offset.saturating_add(decoded.payload.len()).saturating_add(missing);
    let on_wire = usize::try_from(orig_len).unwrap_or(usize::MAX);
    if let (Some(first), 1..) = (texts.first_mut(), on_wire.saturating_sub(end)) {
        first.fields.push(("padding", bytes(on_wire.saturating_sub(end))));
    }
}

/// What no layer has read.
fn rest(decoded: &Decoded<'_>, application: Option<&[LayerText]>) -> Vec<LayerText> {
    let captured = decoded.payload.len();
    let missing = usize::try_from(decoded.missing).unwrap_or(usize::MAX);
    let left = captured.saturating_add(missing);
    let captured =
        if missing > 0 { format!(", {captured} of them captured") } else { String::new() };
    let summary = format!("{}{captured}", bytes(left));
    let mut text = LayerText { left, ..LayerText::default() };
    if let Some(stop) = &decoded.stop {
        text.name = stop.layer;
        text.summary = format!("{} ({summary})", escape(&stop.why));
        text.fields.push(("from byte", stop.offset.to_string()));
        return vec![text];
    }
    if let Some(application) = application {
        return application.to_vec();
    }
    if left == 0 {
        return Vec::new();
    }
    let is_fragment = decoded.network.is_some_and(|network| network.fragment.is_some());
    text.name = if is_fragment { "piece of a fragmented packet" } else { "payload" };
    text.summary = match first_line(decoded.payload) {
        Some(line) if !is_fragment => format!("{summary}: {line}"),
        _ => summary,
    };
    vec![text]
}

#[cfg(test)]
mod tests;
