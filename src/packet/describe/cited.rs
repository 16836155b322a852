//! The packet that an ICMP error quotes, in words: what tells its sender which one it was.

use crate::capture::source::LinkType;
use crate::cursor::Cursor;
use crate::packet::describe::text::{Words, bytes};
use crate::packet::layer::Decoded;
use crate::packet::layer::Layer;
use crate::packet::link;
use crate::packet::piece::Piece;

/// Its fields, of those that a sender could look for.
pub(super) fn fields(words: &mut Words, payload: &[u8]) {
    let mut decoded = Decoded::default();
    // the outermost packet is the one that was refused, whatever it carries
    let _ = link::link(&mut decoded, LinkType::RAW, Piece::whole(payload, payload.len()));
    match decoded.layers.first() {
        Some(Layer::Ipv4(header)) => {
            let identification = header.identification();
            words.field("its identification", format_args!("{identification:#06x}"));
            words.field("its length", bytes(header.total_len().into()));
            words.field("its TTL", header.ttl());
        }
        Some(Layer::Ipv6(header)) => {
            words.field("its payload length", bytes(header.payload_length().into()));
            words.field("its hop limit", header.hop_limit());
        }
        _ => {}
    }
    match (decoded.layers.last(), decoded.network) {
        (Some(Layer::Tcp(tcp)), _) => words.field("its sequence number", tcp.sequence_number()),
        (Some(Layer::Udp(udp)), _) => {
            words.field("its UDP length", bytes(udp.length().into()));
        }
        // eight bytes of what IP carries are enough: no whole TCP header
        (_, Some(network)) if network.protocol == 6 && network.fragment.is_none() => {
            let mut cursor = Cursor::new(decoded.payload);
            if let (Ok(_), Ok(sequence)) = (cursor.u32(), cursor.u32()) {
                words.field("its sequence number", sequence);
            }
        }
        _ => {}
    }
}
