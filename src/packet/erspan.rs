//! ERSPAN: what a switch mirrors, carried in GRE (Cisco; draft-foschiano-erspan-03).

/// A checked view of the header; of no bytes in type I.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erspan<'p> {
    header: &'p [u8],
}

impl<'p> Erspan<'p> {
    /// GRE's protocol number of types I and II.
    pub(in crate::packet) const TYPE_II: u16 = 0x88be;
    /// GRE's protocol number of type III.
    pub(in crate::packet) const TYPE_III: u16 = 0x22eb;

    /// Type I: GRE without sequence numbers, and no header at all.
    pub const fn without_header() -> Self {
        Self { header: &[] }
    }

    /// The header at the start of `bytes`, or how many bytes it needs.
    pub fn new(bytes: &'p [u8]) -> Result<Self, usize> {
        let first = bytes.first().ok_or(8_usize)?;
        let length = if first >> 4 == 2 {
            // the last bit of type III announces eight bytes of the platform's own
            let flags = bytes.get(11).ok_or(12_usize)?;
            if flags & 1 == 1 { 20 } else { 12 }
        } else {
            8
        };
        bytes.get(..length).map(|header| Self { header }).ok_or(length)
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// 1, 2 or 3; 0 for a version that is not known.
    pub fn kind(self) -> u8 {
        match self.header.first().map(|first| first >> 4) {
            None => 1,
            Some(version @ 1..=2) => version + 1,
            Some(_) => 0,
        }
    }

    /// The VLAN of the mirrored frame, where it was not tagged.
    pub fn vlan(self) -> Option<u16> {
        let [a, b, ..] = *self.header.first_chunk::<2>()?;
        Some(u16::from_be_bytes([a, b]) & 0x0fff)
    }

    /// The mirror session: 10 bits.
    pub fn session(self) -> Option<u16> {
        let [_, _, a, b] = *self.header.first_chunk::<4>()?;
        Some(u16::from_be_bytes([a, b]) & 0x03ff)
    }

    /// True where the mirrored frame had been cut to fit.
    pub fn is_cut(self) -> bool {
        self.header.get(2).is_some_and(|b| b & 0x04 != 0)
    }

    /// What was mirrored: 0 for Ethernet, 2 for IP (type III only).
    pub fn frame_type(self) -> u8 {
        match (self.kind(), self.header.get(10)) {
            (3, Some(b)) => b >> 2 & 0x1f,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_types() {
        let one = Erspan::without_header();
        assert_eq!((one.kind(), one.slice().len(), one.session()), (1, 0, None));
        let bytes = [0x10, 0x64, 0x04, 0x07, 0, 0, 0, 1, 9];
        let two = Erspan::new(&bytes).unwrap();
        assert_eq!((two.kind(), two.slice().len()), (2, 8));
        assert_eq!((two.vlan(), two.session(), two.is_cut()), (Some(0x64), Some(7), true));
        let mut bytes = [0; 24];
        bytes[0] = 0x20;
        bytes[10] = 2 << 2;
        let three = Erspan::new(&bytes).unwrap();
        assert_eq!((three.kind(), three.slice().len(), three.frame_type()), (3, 12, 2));
        bytes[11] = 1;
        assert_eq!(Erspan::new(&bytes).unwrap().slice().len(), 20);
        assert_eq!(Erspan::new(&bytes[..19]), Err(20));
        assert_eq!(Erspan::new(&bytes[..11]), Err(12));
        assert_eq!(Erspan::new(&[]), Err(8));
    }
}
