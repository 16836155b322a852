//! Which flows of UDP are QUIC, as the view of packets remembers it.

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::limits::Limits;
use crate::packet::Decoded;
use crate::packet::describe::LayerText;
use crate::protocol::quic::glance::{What, glance, is_surely, may_be};
use crate::protocol::quic::id::ConnectionId;
use crate::report::application::quic;

/// Directions in which packets with a long header were seen.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    /// What their senders want to be called.
    ways: HashMap<Way, ConnectionId>,
}

/// Who sends, and to whom.
type Way = (Endpoint, Endpoint);

impl Datagrams {
    /// The packets of QUIC in a datagram; none where it has none, or no long header said before
    /// that its flow is QUIC: short ones look like anything.
    pub(super) fn layer(&mut self, decoded: &Decoded<'_>) -> Option<LayerText> {
        let (udp, network) = (decoded.udp()?, decoded.network?);
        let source = Endpoint::new(network.source, udp.source_port());
        let destination = Endpoint::new(network.destination, udp.destination_port());
        let (way, back) = ((source, destination), (destination, source));
        let receiver = self.ways.get(&back).copied();
        let is_known = receiver.is_some() || self.ways.contains_key(&way);
        let is_it = is_surely(decoded.payload) || is_known && may_be(decoded.payload);
        if !is_it {
            return None;
        }
        let packets = || glance(decoded.payload, decoded.missing);
        let named = packets().find(|packet| !matches!(packet.what, What::Negotiation(_)));
        if let Some(head) = named.and_then(|packet| packet.head) {
            if self.ways.len() >= Limits::VEILED_WAYS && !self.ways.contains_key(&way) {
                self.ways.clear();
            }
            self.ways.insert(way, head.source);
        }
        Some(quic::layer(packets(), receiver))
    }
}
