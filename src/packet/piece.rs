//! The part of a packet that has not been decoded yet, and how long it should be.

/// What is left to decode.
///
/// Invariant: `promised >= bytes.len()`. The difference was cut off by the snapshot length.
#[derive(Clone, Copy, Debug)]
pub(in crate::packet) struct Piece<'p> {
    /// The bytes that were captured.
    pub(in crate::packet) bytes: &'p [u8],
    /// Where they begin, in bytes from the packet's start.
    pub(in crate::packet) offset: usize,
    /// How many there should be, as the innermost length field says.
    pub(in crate::packet) promised: usize,
}

impl<'p> Piece<'p> {
    /// A whole packet that had `length` bytes on the wire.
    #[inline]
    pub(in crate::packet) fn whole(bytes: &'p [u8], length: usize) -> Self {
        Self { bytes, offset: 0, promised: length.max(bytes.len()) }
    }

    /// What follows its first `n` bytes; `n` is within `bytes`, else nothing follows.
    #[inline]
    pub(in crate::packet) fn after(self, n: usize) -> Self {
        Self {
            bytes: self.bytes.get(n..).unwrap_or_default(),
            offset: self.offset.saturating_add(n),
            promised: self.promised.saturating_sub(n),
        }
    }

    /// Cut to the length that a header says; what lies beyond it is padding. Where the header
    /// says more than was captured, the rest is missing.
    #[inline]
    pub(in crate::packet) fn cut(self, length: usize) -> Self {
        Self {
            bytes: self.bytes.get(..length).unwrap_or(self.bytes),
            offset: self.offset,
            promised: length,
        }
    }

    /// Bytes promised but not captured.
    #[inline]
    pub(in crate::packet) fn missing(self) -> u32 {
        u32::try_from(self.promised.saturating_sub(self.bytes.len())).unwrap_or(u32::MAX)
    }
}
