//! When a body came, piece by piece: what waterfalls draw, and what tells a stream that trickles
//! from one that came at once.

use crate::time::Timestamp;

/// A piece of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it could be read.
    pub at: Timestamp,
    /// Its bytes, as encoded.
    pub bytes: u64,
}

/// The pieces of a body in order: one for each packet, or frame, that brought some of it.
///
/// Invariant: at most [`Self::MOST`] are kept. Where more come, two and two become one that counts
/// as come when its later half had, so that the sums are right to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunks {
    list: Vec<Chunk>,
}

impl Chunks {
    /// Pieces kept of one body: as many as a waterfall has columns, or a megabyte packets.
    pub const MOST: usize = 1024;

    /// Bytes came.
    pub fn push(&mut self, at: Timestamp, bytes: u64) {
        if bytes == 0 {
            return;
        }
        if let Some(last) = self.list.last_mut().filter(|last| last.at == at) {
            last.bytes = last.bytes.saturating_add(bytes);
            return;
        }
        if self.list.len() >= Self::MOST {
            self.halve();
        }
        self.list.push(Chunk { at, bytes });
    }

    /// The pieces, in order.
    pub fn iter(&self) -> impl Iterator<Item = Chunk> + '_ {
        self.list.iter().copied()
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// True where there is none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Gives back what was reserved and not used.
    pub fn shrink(&mut self) {
        self.list.shrink_to_fit();
    }

    fn halve(&mut self) {
        let pairs = self.list.chunks(2).filter_map(|pair| {
            let bytes = pair.iter().fold(0u64, |sum, chunk| sum.saturating_add(chunk.bytes));
            pair.last().map(|last| Chunk { at: last.at, bytes })
        });
        self.list = pairs.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_moment_are_one_and_of_many_none_is_lost() {
        let at = Timestamp::from_nanos;
        let mut chunks = Chunks::default();
        for (time, bytes) in [(1, 10), (1, 5), (2, 0), (3, 7)] {
            chunks.push(at(time), bytes);
        }
        let pieces: Vec<(i64, u64)> = chunks.iter().map(|c| (c.at.as_nanos(), c.bytes)).collect();
        assert_eq!(pieces, [(1, 15), (3, 7)]);
        for time in 4..10_000 {
            chunks.push(at(time), 1);
        }
        assert!(chunks.len() <= Chunks::MOST && chunks.len() > Chunks::MOST / 2 - 1);
        assert_eq!(chunks.iter().map(|chunk| chunk.bytes).sum::<u64>(), 22 + 9_996);
        assert_eq!(chunks.iter().last().unwrap().at, at(9_999));
        assert!(chunks.iter().is_sorted_by_key(|chunk| chunk.at));
    }
}
