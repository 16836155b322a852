//! IEEE 802.2 LLC with the SNAP extension: what carries an EtherType in IEEE 802.3 frames
//! (RFC 1042).

/// A checked view of the eight bytes.
///
/// Invariant: both service access points are SNAP's (0xaa) and the control field is UI (0x03).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Llc<'p> {
    header: &'p [u8; Llc::LEN],
}

impl<'p> Llc<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 8;

    /// The view at the start of `bytes`; none where they are too few or not SNAP.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        let header = bytes.first_chunk()?;
        header.starts_with(&[0xaa, 0xaa, 0x03]).then_some(Self { header })
    }

    /// Who gave out the number that follows; 0 is EtherType.
    pub const fn organization(self) -> [u8; 3] {
        [self.header[3], self.header[4], self.header[5]]
    }

    /// The protocol within the organization.
    pub const fn protocol(self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snap_and_only_snap() {
        let llc = Llc::new(&[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 9]).unwrap();
        assert_eq!(llc.organization(), [0, 0, 0x0c]);
        assert_eq!(llc.protocol(), 0x2000);
        assert_eq!(Llc::new(&[0x42, 0x42, 3, 0, 0, 0, 8, 0]), None);
        assert_eq!(Llc::new(&[0xaa, 0xaa, 3, 0, 0, 0, 8]), None);
    }
}
