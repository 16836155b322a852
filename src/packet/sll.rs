//! LINKTYPE_LINUX_SLL: the header of Linux cooked captures, version 1.
//!
//! etherparse has one too, but it refuses every device that is not Ethernet, loopback among
//! them: the very device that the `any` capture adds to the others.

use crate::address::MacAddr;

/// A checked view of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sll<'p> {
    header: &'p [u8; Sll::LEN],
}

impl<'p> Sll<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 16;

    /// The view at the start of `bytes`; none where they are too few.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self { header })
    }

    /// To us 0, broadcast 1, multicast 2, to someone else 3, from us 4.
    pub const fn packet_type(self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// The ARPHRD_ type of the device.
    pub const fn hardware_type(self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// The sender's link address, where it is one of six bytes.
    pub const fn sender(self) -> Option<MacAddr> {
        let [_, _, _, _, hi, lo, address @ .., _, _, _, _] = *self.header;
        if u16::from_be_bytes([hi, lo]) == 6 { Some(MacAddr(address)) } else { None }
    }

    /// The EtherType of what follows, or a Linux number below 1536.
    pub const fn protocol(self) -> u16 {
        u16::from_be_bytes([self.header[14], self.header[15]])
    }
}

/// What a cooked header says of the packet's way.
pub const fn packet_type_name(packet_type: u16) -> &'static str {
    match packet_type {
        0 => "to us",
        1 => "broadcast",
        2 => "multicast",
        3 => "to another host",
        4 => "from us",
        _ => "unknown",
    }
}

/// ARPHRD_IPGRE: the protocol is GRE's, which is an EtherType.
pub(in crate::packet) const HARDWARE_GRE: u16 = 778;
/// ARPHRD_IEEE80211_RADIOTAP: a radiotap header follows.
pub(in crate::packet) const HARDWARE_RADIOTAP: u16 = 803;

/// True where `protocol` of a cooked header is not an EtherType for devices of this ARPHRD_ type
/// (frame relay, GRE, radiotap, netlink).
pub const fn protocol_is_foreign(hardware_type: u16) -> bool {
    matches!(hardware_type, 770 | 778 | 803 | 824)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_from_its_place() {
        let bytes = [0, 4, 3, 4, 0, 6, 2, 0, 0, 0, 0, 9, 0xaa, 0xbb, 0x86, 0xdd, 0x60];
        let sll = Sll::new(&bytes).unwrap();
        assert_eq!(sll.packet_type(), 4);
        assert_eq!(packet_type_name(sll.packet_type()), "from us");
        assert_eq!(sll.hardware_type(), 772);
        assert_eq!(sll.sender(), Some(MacAddr([2, 0, 0, 0, 0, 9])));
        assert_eq!(sll.protocol(), 0x86dd);
    }

    #[test]
    fn an_address_of_another_length_is_no_mac() {
        let bytes = [0, 4, 0xff, 0xfe, 0, 0, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0];
        assert_eq!(Sll::new(&bytes).unwrap().sender(), None);
        assert_eq!(Sll::new(&bytes[..15]), None);
    }
}
