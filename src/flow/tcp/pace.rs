//! The pace of a connection: how soon an answer can be there, how large a segment and a window
//! are. Seen from where it was captured.

use crate::flow::event::{Direction, Handshake, PerDirection, TcpOptions};
use crate::flow::trips::Trips;

/// How fast a connection can be, and in what steps.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pub(super) trips: Trips,
    client: TcpOptions,
    server: TcpOptions,
}

/// Timestamps take so much of each segment (RFC 7323 appendix A).
const TIMESTAMPS: u32 = 12;

impl Pace {
    /// What a handshake tells.
    pub(super) const fn of(handshake: &Handshake) -> Self {
        Self {
            trips: Trips::new(PerDirection {
                to_server: Some(handshake.server_half()),
                to_client: Some(handshake.client_half()),
            }),
            client: handshake.client_options,
            server: handshake.server_options,
        }
    }

    /// Payload of a full segment in this direction, as the receiver's MSS bounds it.
    pub(super) fn full_segment(&self, direction: Direction) -> Option<u32> {
        if self.client.is_cut || self.server.is_cut {
            return None;
        }
        let less = if self.client.timestamps && self.server.timestamps { TIMESTAMPS } else { 0 };
        let mss = match direction {
            Direction::ToServer => self.server.mss,
            Direction::ToClient => self.client.mss,
        };
        Some(u32::from(mss?).saturating_sub(less)).filter(|payload| *payload > 0)
    }

    /// Bytes of a window that the receiver of this direction offers (RFC 7323 §2.2), where the
    /// handshake told how it counts.
    pub(super) fn window(&self, direction: Direction, field: u16) -> Option<u64> {
        let (own, other) = match direction {
            Direction::ToServer => (self.server, self.client),
            Direction::ToClient => (self.client, self.server),
        };
        own.mss?;
        Some(u64::from(field) << own.shift_towards(other)?)
    }
}
