//! The one way our own codecs cut bytes: checked reads that move forward and never past the end.

use std::fmt;

/// Reads big-endian values from the front of a byte slice.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    read: usize,
}

/// There were fewer bytes than the value needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// Where the value begins, in bytes from the cursor's start.
    pub offset: usize,
    /// Bytes the value needs.
    pub needed: usize,
    /// Bytes that were left.
    pub left: usize,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes needed at offset {}, {} left", self.needed, self.offset, self.left)
    }
}

impl std::error::Error for Short {}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, read: 0 }
    }

    /// Bytes read so far.
    pub const fn offset(&self) -> usize {
        self.read
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True at the end.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Short> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(Short {
            offset: self.read,
            needed: n,
            left: self.rest.len(),
        })?;
        self.rest = tail;
        self.read += n;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Short> {
        let short = Short { offset: self.read, needed: N, left: self.rest.len() };
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(short)?;
        self.rest = tail;
        self.read += N;
        Ok(head)
    }

    /// A cursor over the next `n` bytes: a list is read in its own, so it cannot run over.
    pub fn sub(&mut self, n: usize) -> Result<Self, Short> {
        self.take(n).map(Self::new)
    }

    /// An 8-bit number.
    pub fn u8(&mut self) -> Result<u8, Short> {
        self.array::<1>().map(|[b]| *b)
    }

    /// A 16-bit number in network order.
    pub fn u16(&mut self) -> Result<u16, Short> {
        self.array().map(|b| u16::from_be_bytes(*b))
    }

    /// A 32-bit number in network order.
    pub fn u32(&mut self) -> Result<u32, Short> {
        self.array().map(|b| u32::from_be_bytes(*b))
    }

    /// A number of 1, 2, 4 or 8 bytes, as its first two bits say (RFC 9000 §16): at most 2^62 - 1.
    pub fn varint(&mut self) -> Result<u64, Short> {
        let short = |needed| Short { offset: self.read, needed, left: self.rest.len() };
        let first = *self.rest.first().ok_or_else(|| short(1))?;
        let length = 1usize << (first >> 6);
        let bytes = self.rest.get(..length).ok_or_else(|| short(length))?;
        let number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        self.take(length)?;
        Ok(number & (u64::MAX >> (66 - 8 * length)))
    }

    /// A 64-bit number in network order.
    pub fn u64(&mut self) -> Result<u64, Short> {
        self.array().map(|b| u64::from_be_bytes(*b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_to_the_end_and_never_past_it() {
        let mut cursor = Cursor::new(&[1, 0, 2, 0, 0, 0, 3, 9, 9]);
        assert_eq!(cursor.u8(), Ok(1));
        assert_eq!(cursor.u16(), Ok(2));
        assert_eq!(cursor.u32(), Ok(3));
        assert_eq!(cursor.u64(), Err(Short { offset: 7, needed: 8, left: 2 }));
        assert_eq!(cursor.sub(2).map(|s| s.rest().to_vec()), Ok(vec![9, 9]));
        assert!(cursor.is_empty());
        assert_eq!(cursor.offset(), 9);
        assert!(cursor.take(1).is_err());
    }

    /// RFC 9000 §A.1.
    #[test]
    fn numbers_of_variable_length() {
        let bytes = [
            0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c, 0x9d, 0x7f, 0x3e, 0x7d, 0x7b, 0xbd,
            0x25, 0x40, 0x25, 0x80, 0, 1,
        ];
        let mut cursor = Cursor::new(&bytes);
        for number in [151_288_809_941_952_652, 494_878_333, 15_293, 37, 37] {
            assert_eq!(cursor.varint(), Ok(number));
        }
        assert_eq!(cursor.varint(), Err(Short { offset: 17, needed: 4, left: 3 }));
        assert_eq!(cursor.offset(), 17);
        assert_eq!(Cursor::new(&[]).varint(), Err(Short { offset: 0, needed: 1, left: 0 }));
    }
}
