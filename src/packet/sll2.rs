//! LINKTYPE_LINUX_SLL2: the header of Linux cooked captures, version 2, which also names the
//! device.

use crate::address::MacAddr;

/// A checked view of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sll2<'p> {
    header: &'p [u8; Sll2::LEN],
}

impl<'p> Sll2<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 20;

    /// The view at the start of `bytes`; none where they are too few.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self { header })
    }

    /// The EtherType of what follows, or a Linux number below 1536.
    pub const fn protocol(self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// The index of the device on the machine that captured.
    pub const fn interface_index(self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// The ARPHRD_ type of the device.
    pub const fn hardware_type(self) -> u16 {
        u16::from_be_bytes([self.header[8], self.header[9]])
    }

    /// To us 0, broadcast 1, multicast 2, to someone else 3, from us 4.
    pub const fn packet_type(self) -> u16 {
        self.header[10] as u16
    }

    /// The sender's link address, where it is one of six bytes.
    pub const fn sender(self) -> Option<MacAddr> {
        let [_, _, _, _, _, _, _, _, _, _, _, length, address @ .., _, _] = *self.header;
        if length == 6 { Some(MacAddr(address)) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_from_its_place() {
        let bytes = [8, 6, 0, 0, 0, 0, 1, 2, 0, 1, 3, 6, 2, 1, 0, 0, 0, 9, 0xaa, 0xbb, 0];
        let sll = Sll2::new(&bytes).unwrap();
        assert_eq!(sll.protocol(), 0x806);
        assert_eq!(sll.interface_index(), 258);
        assert_eq!(sll.hardware_type(), 1);
        assert_eq!(sll.packet_type(), 3);
        assert_eq!(sll.sender(), Some(MacAddr([2, 1, 0, 0, 0, 9])));
        assert_eq!(Sll2::new(&bytes[..19]), None);
    }
}
