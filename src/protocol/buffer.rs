//! Ordered, unread bytes of one direction, each chunk with its two stamps.
//!
//! Takes chunks from reassembly (or from a parent's decryption), gives them to an analyzer that
//! only peeks and takes. Never copies unless a take spans several chunks.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use crate::time::{Frames, Stamp};

/// When a run of bytes came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The packet that carried the first byte.
    pub first: Stamp,
    /// When the first byte could be read: later than `first` where a hole was before it.
    pub ready: Stamp,
    /// The packet that carried the last byte.
    pub last: Stamp,
    /// When the last byte could be read: the run is whole then.
    pub done: Stamp,
}

impl Span {
    /// The span of something that one packet carried.
    pub const fn at(stamp: Stamp) -> Self {
        Self { first: stamp, ready: stamp, last: stamp, done: stamp }
    }

    /// From the beginning of `self` to the end of `later`.
    #[must_use]
    pub const fn to(self, later: Self) -> Self {
        Self { last: later.last, done: later.done, ..self }
    }
}

#[derive(Clone, Debug)]
struct Chunk {
    bytes: Bytes,
    arrived: Stamp,
    delivered: Stamp,
}

/// The unread bytes of one direction.
///
/// Invariants: no chunk is empty; `len` is the sum of the chunks' lengths.
#[derive(Clone, Debug, Default)]
pub struct StreamBuffer {
    chunks: VecDeque<Chunk>,
    len: usize,
    consumed: u64,
}

impl StreamBuffer {
    /// Adds bytes at the end.
    pub fn push(&mut self, bytes: Bytes, arrived: Stamp, delivered: Stamp) {
        if !bytes.is_empty() {
            self.len += bytes.len();
            self.chunks.push_back(Chunk { bytes, arrived, delivered });
        }
    }

    /// Bytes unread.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory that what is unread takes: many small pieces take more than their bytes.
    pub fn held(&self) -> usize {
        self.len + self.chunks.len() * size_of::<Chunk>()
    }

    /// True where nothing is unread.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the first unread byte stands, counted in bytes read before it.
    pub const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The first unread bytes that lie together; empty only where nothing is unread.
    pub fn front(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| &chunk.bytes)
    }

    /// The first unread bytes, `max` at most: borrowed where they lie together.
    pub fn peek(&self, max: usize) -> Cow<'_, [u8]> {
        let front = self.front();
        let wanted = max.min(self.len);
        if let Some(head) = front.get(..wanted) {
            return Cow::Borrowed(head);
        }
        let mut joined = Vec::with_capacity(wanted);
        for chunk in &self.chunks {
            let part = chunk.bytes.len().min(wanted - joined.len());
            joined.extend(chunk.bytes.iter().take(part));
            if joined.len() == wanted {
                break;
            }
        }
        Cow::Owned(joined)
    }

    /// The chunks of unread bytes in order.
    pub fn chunks(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.chunks.iter().map(|chunk| &*chunk.bytes)
    }

    /// The unread bytes from the `at`-th on, chunk by chunk: for a search that goes on where it
    /// stopped. Walks back from the end, so that it costs what is new, not what waits.
    pub fn chunks_from(&self, at: usize) -> impl Iterator<Item = &[u8]> {
        let (mut index, mut start) = (self.chunks.len(), self.len);
        while let Some(chunk) = self.chunks.get(index.wrapping_sub(1))
            && start > at
        {
            index -= 1;
            start = start.saturating_sub(chunk.bytes.len());
        }
        let mut skip = at.saturating_sub(start);
        self.chunks
            .range(index..)
            .map(move |chunk| chunk.bytes.get(std::mem::take(&mut skip)..).unwrap_or(&[]))
    }

    /// When the first unread byte came, and when it could be read.
    pub fn first_stamps(&self) -> Option<(Stamp, Stamp)> {
        self.chunks.front().map(|chunk| (chunk.arrived, chunk.delivered))
    }

    /// Takes the first `n` bytes, or nothing where there are fewer (or `n` is 0).
    pub fn take(&mut self, n: usize, frames: &mut Frames) -> Option<(Bytes, Span)> {
        if n == 0 || n > self.len {
            return None;
        }
        let whole = self.chunks.front_mut().filter(|chunk| chunk.bytes.len() >= n);
        if let Some(chunk) = whole {
            let bytes = chunk.bytes.slice(..n);
            let span = self.skip(n, frames)?;
            return Some((bytes, span));
        }
        let mut joined = BytesMut::with_capacity(n);
        let span = self.read(n, frames, |part| joined.extend_from_slice(part))?;
        Some((joined.freeze(), span))
    }

    /// Reads past the first `n` bytes without looking at them.
    pub fn skip(&mut self, n: usize, frames: &mut Frames) -> Option<Span> {
        self.read(n, frames, |_| {})
    }

    /// Reads the first `n` bytes piece by piece, without a copy; nothing where there are fewer
    /// (or `n` is 0).
    pub fn read(
        &mut self,
        n: usize,
        frames: &mut Frames,
        mut each: impl FnMut(&[u8]),
    ) -> Option<Span> {
        self.read_stamped(n, frames, |part, _, _| each(part))
    }

    /// Likewise, with the stamps of each piece: when it arrived, and when it could be read.
    pub fn read_stamped(
        &mut self,
        n: usize,
        frames: &mut Frames,
        mut each: impl FnMut(&[u8], Stamp, Stamp),
    ) -> Option<Span> {
        if n == 0 || n > self.len {
            return None;
        }
        let mut span: Option<Span> = None;
        let mut left = n;
        while left > 0 {
            let chunk = self.chunks.front_mut()?;
            let (arrived, delivered) = (chunk.arrived, chunk.delivered);
            let part = chunk.bytes.len().min(left);
            if part < chunk.bytes.len() {
                each(chunk.bytes.get(..part)?, arrived, delivered);
                chunk.bytes.advance(part);
            } else {
                // Taken out, not split: the block behind it is counted once.
                each(&self.chunks.pop_front()?.bytes, arrived, delivered);
            }
            frames.push(arrived.frame);
            let here = Span { first: arrived, ready: delivered, last: arrived, done: delivered };
            span = Some(span.map_or(here, |span| span.to(here)));
            left -= part;
        }
        self.len -= n;
        self.consumed += n as u64;
        span
    }

    /// Forgets all unread bytes.
    pub fn clear(&mut self) {
        self.consumed += self.len as u64;
        self.chunks.clear();
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn stamp(n: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(n.cast_signed() * 10), FrameNo(n))
    }

    #[test]
    fn one_chunk_is_not_copied_and_many_are_joined() {
        let mut buffer = StreamBuffer::default();
        let block = Bytes::from_static(b"abcdef");
        buffer.push(block.clone(), stamp(2), stamp(3));
        buffer.push(Bytes::from_static(b"ghi"), stamp(1), stamp(3));
        let mut frames = Frames::default();
        let (bytes, span) = buffer.take(4, &mut frames).unwrap();
        assert_eq!(bytes.as_ptr(), block.as_ptr());
        assert_eq!((span.first, span.done), (stamp(2), stamp(3)));
        assert_eq!(&*buffer.peek(9), b"efghi");
        assert_eq!(buffer.chunks_from(0).collect::<Vec<_>>(), [&b"ef"[..], b"ghi"]);
        assert_eq!(buffer.chunks_from(3).collect::<Vec<_>>(), [b"hi"]);
        assert_eq!(buffer.chunks_from(2).collect::<Vec<_>>(), [b"ghi"]);
        assert_eq!(buffer.chunks_from(5).count(), 0);
        let (bytes, span) = buffer.take(5, &mut frames).unwrap();
        assert_eq!(&*bytes, b"efghi");
        assert_eq!((span.first, span.last, span.done), (stamp(2), stamp(1), stamp(3)));
        assert!(buffer.is_empty() && buffer.take(1, &mut frames).is_none());
        assert_eq!(buffer.consumed(), 9);
    }
}
