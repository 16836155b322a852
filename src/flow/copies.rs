//! Packets that were captured another time: what is counted of them, and where they were seen.

use crate::flow::event::{Counters, Sighting};
use crate::flow::piece::Piece;
use crate::time::Frames;

/// Places listed for one direction: a packet that passes more of them than this is in a loop.
const PLACES: usize = 16;

impl Counters {
    /// Counts a packet as a copy of one before it.
    #[cold]
    pub(super) fn copy(&mut self, piece: &Piece<'_>) {
        self.capture_duplicates = self.capture_duplicates.saturating_add(1);
        let ttl = piece.ttl();
        let (interface, decoded) = (piece.interface, piece.decoded);
        let at = self.sightings.iter().position(|sighting| {
            sighting.interface == interface
                && sighting.ttl == ttl
                && sighting.macs == decoded.macs
                && sighting.encapsulation == decoded.encapsulation
        });
        let frame = piece.stamp.frame;
        if let Some(sighting) = at.and_then(|at| self.sightings.get_mut(at)) {
            sighting.frames.push(frame);
        } else if self.sightings.len() < PLACES {
            let mut sighting = Sighting {
                interface,
                macs: decoded.macs,
                encapsulation: decoded.encapsulation,
                ttl,
                frames: Frames::default(),
            };
            sighting.frames.push(frame);
            self.sightings.push(sighting);
        }
    }
}
