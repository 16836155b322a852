//! Who the two ends are: their connection IDs, and the ways of their packets (RFC 9000 §5.1, §9).

use bytes::Bytes;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::quic::connection::say::say;
use crate::protocol::quic::connection::state::{Connection, Waiting};
use crate::protocol::quic::event::{IssuedId, Path, QuicEvent};
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::packet::LONG;
use crate::time::Stamp;

impl Connection {
    /// A datagram came: on another way than those before?
    pub(super) fn on_path(&mut self, way: Direction, datagram: &Bytes, cx: &mut Context<'_>) {
        if way == Direction::ToClient {
            return;
        }
        let ends = match cx.path {
            Some(path) => (path.client, path.server),
            None => (cx.flow.client, cx.flow.server),
        };
        let is_same = self.path.replace(ends).is_none_or(|before| before == ends);
        if !is_same {
            let id = self.destination_of(datagram);
            let has_new_id = id.is_some() && id != self.destination;
            let (client, server) = ends;
            say(QuicEvent::Path(Path { at: cx.now, client, server, has_new_id }), cx);
        }
        if self.ids.len() > 1 {
            self.destination = self.destination_of(datagram).or(self.destination);
        }
    }

    /// The destination of the first packet of a datagram of the client.
    fn destination_of(&self, datagram: &[u8]) -> Option<ConnectionId> {
        let (first, rest) = datagram.split_first()?;
        if first & LONG == 0 {
            return ConnectionId::new(rest.get(..self.ways.to_server.id_length?)?);
        }
        let (length, rest) = rest.get(4..)?.split_first()?;
        ConnectionId::new(rest.get(..usize::from(*length))?)
    }

    /// One end can be reached under another connection ID.
    pub(super) fn issued(
        &mut self,
        by: Direction,
        sequence: Option<u64>,
        id: ConnectionId,
        cx: &mut Context<'_>,
    ) {
        if self.ids.contains(&id) && !id.is_empty() {
            return;
        }
        if self.ids.len() >= IDS {
            let oldest = self.ids.remove(0);
            cx.routes.remove(oldest.bytes(), cx.flow.id);
        }
        // what the client makes up for its first packet is no name yet: a copy of that packet begins
        // another connection
        if sequence.is_some() {
            cx.routes.add(id.bytes(), cx.flow.id);
        }
        self.ids.push(id);
        say(QuicEvent::Issued(IssuedId { by, sequence, id, at: cx.now }), cx);
    }

    /// What the server ends packets with once it knows nothing of the connection any more.
    pub(super) fn reset_token(&mut self, token: [u8; 16]) {
        if self.reset_tokens.len() >= IDS {
            self.reset_tokens.remove(0);
        }
        self.reset_tokens.push(token);
    }

    /// Is a packet that does not open the server's word that it knows nothing of the connection
    /// (RFC 9000 §10.3.1)?
    pub(super) fn stateless_reset(
        &mut self,
        by: Direction,
        packet: &Waiting,
        cx: &mut Context<'_>,
    ) -> bool {
        let is_reset = packet.bytes.last_chunk().is_some_and(|end| self.reset_tokens.contains(end));
        if is_reset {
            self.is_closed = true;
            say(QuicEvent::StatelessReset { by, at: packet.at }, cx);
        }
        is_reset
    }

    /// One end wants to know whether the other is there.
    pub(super) fn challenged(&mut self, way: Direction, data: [u8; 8], at: Stamp) {
        let waiting = self.challenges.of_mut(way);
        if waiting.len() >= CHALLENGES {
            waiting.remove(0);
        }
        waiting.push((data, at));
    }

    /// The other end is there.
    pub(super) fn proved(
        &mut self,
        by: Direction,
        data: [u8; 8],
        answered: Stamp,
        cx: &mut Context<'_>,
    ) {
        let waiting = self.challenges.of_mut(!by);
        let Some(place) = waiting.iter().position(|(asked, _)| *asked == data) else { return };
        let (_, asked) = waiting.remove(place);
        say(QuicEvent::Validated { by, asked, answered }, cx);
    }
}

/// Connection IDs of both ends that are followed, the last ones: each gives out up to eight at a
/// time.
const IDS: usize = 256;

/// Challenges of one end that wait for their answers.
const CHALLENGES: usize = 16;
