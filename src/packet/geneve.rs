//! GENEVE: any EtherType in UDP with the number of its network and options (RFC 8926 §3.4).

/// A checked view of the header and its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geneve<'p> {
    base: &'p [u8; Geneve::BASE],
    header: &'p [u8],
}

impl<'p> Geneve<'p> {
    const BASE: usize = 8;

    /// The view at the start of `bytes`; none where they are too few or of another version.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        let base = bytes.first_chunk::<{ Geneve::BASE }>()?;
        let header = bytes.get(..Self::BASE + usize::from(base[0] & 0x3f) * 4)?;
        (base[0] >> 6 == 0).then_some(Self { base, header })
    }

    /// Its bytes, options and all.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// The EtherType of what follows.
    pub const fn protocol(self) -> u16 {
        u16::from_be_bytes([self.base[2], self.base[3]])
    }

    /// Virtual network identifier: 24 bits.
    pub const fn network(self) -> u32 {
        u32::from_be_bytes([0, self.base[4], self.base[5], self.base[6]])
    }

    /// True for packets that the tunnel's ends tell each other (OAM).
    pub const fn is_control(self) -> bool {
        self.base[1] & 0x80 != 0
    }

    /// Bytes of options.
    pub const fn options(self) -> usize {
        self.header.len().saturating_sub(Self::BASE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_part_of_the_header() {
        let bytes = [1, 0x80, 0x65, 0x58, 0, 0, 5, 0, 1, 2, 3, 0, 9];
        let geneve = Geneve::new(&bytes).unwrap();
        assert_eq!((geneve.slice().len(), geneve.options()), (12, 4));
        assert_eq!((geneve.protocol(), geneve.network()), (0x6558, 5));
        assert!(geneve.is_control());
        assert_eq!(Geneve::new(&bytes[..11]), None);
        assert_eq!(Geneve::new(&[0x40, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
