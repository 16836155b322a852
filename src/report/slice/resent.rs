//! Which frame carried bytes first that are sent again.
//!
//! Takes the packets of a slice in order, looks only at connections that have retransmissions, and
//! remembers the last segments of each direction.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::flow::event::FlowKey;
use crate::flow::key;
use crate::limits::Limits;
use crate::packet::Decoded;
use crate::report::slice::members::{self, Members};
use crate::time::FrameNo;
use crate::trace::Trace;

/// What was sent by the connections that sent something again.
#[derive(Debug, Default)]
pub(super) struct Resent {
    ways: HashMap<(FlowKey, Endpoint), VecDeque<Segment>>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    sequence: u32,
    length: u32,
    frame: FrameNo,
}

impl Resent {
    /// For the connections that are in.
    pub(super) fn of(trace: &Trace, members: &Members) -> Self {
        let connections = trace.connections.iter().filter(|it| members.connection(it.id));
        let again = connections.filter(|connection| {
            connection.segments.iter().any(|segment| segment.kind.is_retransmission())
        });
        let ways = again.flat_map(|connection| {
            let key = members::key_of(connection);
            [connection.client, connection.server].map(|sender| ((key, sender), VecDeque::new()))
        });
        Self { ways: ways.collect() }
    }

    /// The frame that carried the first byte of a segment before, where that is still known; the
    /// segment is remembered under the number `frame`.
    pub(super) fn first_sent(&mut self, decoded: &Decoded<'_>, frame: FrameNo) -> Option<FrameNo> {
        let (network, tcp) = (decoded.network?, decoded.tcp()?);
        let sender = Endpoint::new(network.source, tcp.source_port());
        let segments = self.ways.get_mut(&(key::of_packet(decoded)?, sender))?;
        let length = u32::try_from(decoded.payload.len()).ok()?;
        let length = length.saturating_add(decoded.missing).saturating_add(u32::from(tcp.fin()));
        if length == 0 {
            return None;
        }
        let sequence = tcp.sequence_number();
        let before = segments.iter().find(|it| sequence.wrapping_sub(it.sequence) < it.length);
        let before = before.map(|segment| segment.frame);
        if segments.len() >= Limits::SEGMENTS_REMEMBERED {
            segments.pop_front();
        }
        segments.push_back(Segment { sequence, length, frame });
        before
    }
}
