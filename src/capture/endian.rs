//! Byte order of a capture file: that of the machine that wrote it.
//!
//! Takes bytes from a [`Cursor`], gives numbers; never guesses the order.

use crate::cursor::{Cursor, Short};

/// The order in which a file's numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Endian {
    /// As FileInfo::format says it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Little => "little-endian",
            Self::Big => "big-endian",
        }
    }

    /// A 16-bit number.
    #[inline]
    pub(super) fn u16(self, bytes: &mut Cursor<'_>) -> Result<u16, Short> {
        bytes.array().map(|b| match self {
            Self::Little => u16::from_le_bytes(*b),
            Self::Big => u16::from_be_bytes(*b),
        })
    }

    /// A 32-bit number.
    #[inline]
    pub(super) fn u32(self, bytes: &mut Cursor<'_>) -> Result<u32, Short> {
        bytes.array().map(|b| match self {
            Self::Little => u32::from_le_bytes(*b),
            Self::Big => u32::from_be_bytes(*b),
        })
    }

    /// A 64-bit number.
    #[inline]
    pub(super) fn u64(self, bytes: &mut Cursor<'_>) -> Result<u64, Short> {
        bytes.array().map(|b| match self {
            Self::Little => u64::from_le_bytes(*b),
            Self::Big => u64::from_be_bytes(*b),
        })
    }

    /// A signed 64-bit number in two's complement.
    pub(super) fn i64(self, bytes: &mut Cursor<'_>) -> Result<i64, Short> {
        self.u64(bytes).map(u64::cast_signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(Endian::Little.u16(&mut Cursor::new(&bytes)), Ok(0x0201));
        assert_eq!(Endian::Big.u32(&mut Cursor::new(&bytes)), Ok(0x0102_0304));
        assert_eq!(Endian::Little.u64(&mut Cursor::new(&bytes)), Ok(0x0807_0605_0403_0201));
        assert_eq!(Endian::Big.i64(&mut Cursor::new(&[0xff; 8])), Ok(-1));
        assert!(Endian::Big.u32(&mut Cursor::new(&bytes[..3])).is_err());
    }
}
