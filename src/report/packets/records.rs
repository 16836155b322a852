//! Where TLS records begin in the segments of a direction, as the view of packets remembers it.

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::limits::Limits;
use crate::packet::Decoded;
use crate::packet::describe::LayerText;
use crate::report::application::tls::{self, Known};

/// Directions in which records were seen.
#[derive(Debug, Default)]
pub(super) struct Records {
    ways: HashMap<Way, State>,
}

/// Who sends, and to whom.
type Way = (Endpoint, Endpoint);

#[derive(Clone, Debug, Default)]
struct State {
    /// The sequence numbers from the last segment that was told to the end of its last record.
    span: Option<(u32, u32)>,
    known: Known,
}

impl Records {
    /// The TLS records of a packet; none where it has none.
    pub(super) fn layer(&mut self, decoded: &Decoded<'_>) -> Option<LayerText> {
        let (tcp, network) = (decoded.tcp()?, decoded.network?);
        let source = Endpoint::new(network.source, tcp.source_port());
        let way = (source, Endpoint::new(network.destination, tcp.destination_port()));
        if tcp.syn() {
            self.ways.remove(&way);
        }
        if decoded.payload.is_empty() {
            return None;
        }
        let sequence = tcp.sequence_number();
        let state = self.ways.get(&way).cloned().unwrap_or_default();
        let place = state.span.map(|(from, to)| {
            (sequence.wrapping_sub(from).cast_signed(), to.wrapping_sub(sequence).cast_signed())
        });
        // what was sent again is told as if nothing were known, and changes nothing
        let is_again = place.is_some_and(|(behind, _)| behind < 0);
        let left = place.and_then(|(_, left)| usize::try_from(left).ok()).filter(|_| !is_again);
        let before = state.known.settled;
        let mut known = Known { left: left.unwrap_or(0), ..state.known };
        if left.is_none() {
            (known.message_left, known.begun) = (0, None);
        }
        let (layer, known) = tls::layer(decoded.payload, Some(known))?;
        if is_again {
            return Some(layer);
        }
        let length = decoded.payload.len().saturating_add(known.left);
        let end = sequence.wrapping_add(u32::try_from(length).unwrap_or(0));
        if self.ways.len() >= Limits::VEILED_WAYS && !self.ways.contains_key(&way) {
            self.ways.clear();
        }
        if known.settled != before {
            self.ways.entry((way.1, way.0)).or_default().known.settled = known.settled;
        }
        self.ways.insert(way, State { span: Some((sequence, end)), known });
        Some(layer)
    }
}
