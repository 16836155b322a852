//! VXLAN: Ethernet in UDP with the number of its network (RFC 7348 §5), and the generic extension
//! that names what it carries (draft-ietf-nvo3-vxlan-gpe).

/// A checked view of the eight bytes.
///
/// Invariant: the flag that makes the network number valid is set. What is reserved is ignored,
/// as the RFC asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vxlan<'p> {
    header: &'p [u8; Vxlan::LEN],
}

impl<'p> Vxlan<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 8;
    const VALID: u8 = 0x08;

    /// The view at the start of `bytes`; none where they are too few or no VXLAN.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<{ Vxlan::LEN }>()?;
        (header[0] & Self::VALID != 0).then_some(Self { header })
    }

    /// VXLAN network identifier: 24 bits.
    pub const fn network(self) -> u32 {
        u32::from_be_bytes([0, self.header[4], self.header[5], self.header[6]])
    }

    /// What the generic extension says that it carries; 0 where it says nothing.
    pub const fn next_protocol(self) -> u8 {
        if self.header[0] & 0x04 == 0 { 0 } else { self.header[3] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_counts_where_it_is_valid() {
        let vxlan = Vxlan::new(&[8, 0xff, 0xff, 1, 0x12, 0x34, 0x56, 0xff, 9]).unwrap();
        assert_eq!((vxlan.network(), vxlan.next_protocol()), (0x12_3456, 0));
        assert_eq!(Vxlan::new(&[0x0c, 0, 0, 1, 0, 0, 0, 0]).unwrap().next_protocol(), 1);
        assert_eq!(Vxlan::new(&[0, 0, 0, 0, 0, 0, 1, 0]), None);
        assert_eq!(Vxlan::new(&[8, 0, 0, 0, 0, 0, 1]), None);
    }
}
