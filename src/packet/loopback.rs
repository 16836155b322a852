//! LINKTYPE_NULL and LINKTYPE_LOOP: four bytes that name an address family.

/// A checked view of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loopback<'p> {
    header: &'p [u8; Loopback::LEN],
}

impl<'p> Loopback<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 4;

    /// The view at the start of `bytes`; none where they are too few.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self { header })
    }

    /// The address family. NULL has it in the byte order of the machine that captured, LOOP in
    /// network order: families are small numbers, so the order is the one that makes it small.
    pub const fn family(self) -> u32 {
        let big = u32::from_be_bytes(*self.header);
        let little = u32::from_le_bytes(*self.header);
        if big < little { big } else { little }
    }

    /// The IP version that the family stands for. `AF_INET6` is 10 on Linux, 24 on NetBSD and
    /// OpenBSD, 28 on FreeBSD, 30 on Darwin.
    pub const fn ip_version(self) -> Option<u8> {
        match self.family() {
            2 => Some(4),
            10 | 24 | 28 | 30 => Some(6),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_in_either_byte_order() {
        for bytes in [[2, 0, 0, 0], [0, 0, 0, 2]] {
            assert_eq!(Loopback::new(&bytes).unwrap().ip_version(), Some(4));
        }
        for family in [10, 24, 28, 30] {
            assert_eq!(Loopback::new(&[family, 0, 0, 0]).unwrap().ip_version(), Some(6));
        }
        assert_eq!(Loopback::new(&[7, 0, 0, 0]).unwrap().ip_version(), None);
        assert_eq!(Loopback::new(&[7, 0, 0, 0]).unwrap().family(), 7);
        assert_eq!(Loopback::new(&[2, 0, 0]), None);
    }
}
