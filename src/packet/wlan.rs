//! IEEE 802.11 frames (IEEE 802.11-2020 §9.2): who sent data to whom, and where it begins.

use crate::address::MacAddr;

/// A checked view of a frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wlan<'p> {
    header: &'p [u8],
}

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WlanKind {
    /// Beacons, probes, authentication, association and so on.
    Management,
    /// Acknowledgments, requests to send and so on.
    Control,
    /// Data; false where it is empty (a "null" frame, for power saving).
    Data(bool),
    /// Not known.
    Extension,
}

impl<'p> Wlan<'p> {
    /// The view at the start of `bytes`, or how many bytes it needs. `is_padded` where the
    /// card aligned the data to four bytes.
    pub fn new(bytes: &'p [u8], is_padded: bool) -> Result<Self, usize> {
        let &[first, flags] = bytes.first_chunk().ok_or(2_usize)?;
        let length = match (first >> 2 & 3, first >> 4) {
            (2, subtype) => {
                let is_qos = subtype & 8 != 0;
                let fourth = if flags & 3 == 3 { 6 } else { 0 };
                let control = if is_qos && flags & 0x80 != 0 { 4 } else { 0 };
                let length = 24 + fourth + if is_qos { 2 } else { 0 } + control;
                if is_padded { usize::next_multiple_of(length, 4) } else { length }
            }
            (0, _) => 24,
            // clear to send, acknowledgment
            (1, 0xc | 0xd) => 10,
            (1, _) => 16,
            _ => 2,
        };
        bytes.get(..length).map(|header| Self { header }).ok_or(length)
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    fn control(self) -> [u8; 2] {
        self.header.first_chunk().copied().unwrap_or_default()
    }

    fn flags(self) -> u8 {
        let [_, flags] = self.control();
        flags
    }

    /// Type and subtype, as the frame control field has them.
    pub fn type_and_subtype(self) -> (u8, u8) {
        let [first, _] = self.control();
        (first >> 2 & 3, first >> 4)
    }

    /// What kind of frame it is.
    pub fn kind(self) -> WlanKind {
        match self.type_and_subtype() {
            (0, _) => WlanKind::Management,
            (1, _) => WlanKind::Control,
            (2, subtype) => WlanKind::Data(subtype & 4 == 0),
            _ => WlanKind::Extension,
        }
    }

    /// True where the body is encrypted.
    pub fn is_protected(self) -> bool {
        self.flags() & 0x40 != 0
    }

    /// True where it was sent before.
    pub fn is_retry(self) -> bool {
        self.flags() & 0x08 != 0
    }

    /// True where it is a fragment of a frame.
    pub fn is_fragment(self) -> bool {
        let number = self.header.get(22).is_some_and(|low| low & 0x0f != 0);
        self.flags() & 0x04 != 0 || number
    }

    /// True where the body is several frames, one behind the other (A-MSDU).
    pub fn is_aggregate(self) -> bool {
        let (_, subtype) = self.type_and_subtype();
        let at = if self.flags() & 3 == 3 { 30 } else { 24 };
        subtype & 8 != 0 && self.header.get(at).is_some_and(|qos| qos & 0x80 != 0)
    }

    fn address(self, at: usize) -> Option<MacAddr> {
        let bytes = self.header.get(at..)?.first_chunk()?;
        Some(MacAddr(*bytes))
    }

    /// The station that shall take it up, and the one that sent it, where the frame says: the
    /// ends of this hop (§9.2.4.3).
    pub fn hop(self) -> (Option<MacAddr>, Option<MacAddr>) {
        let has_second = !matches!(self.type_and_subtype(), (1, 0xc | 0xd) | (3, _));
        (self.address(4), self.address(10).filter(|_| has_second))
    }

    /// The access point's own address, which names its cell (table 9-30).
    pub fn cell(self) -> Option<MacAddr> {
        match (self.type_and_subtype(), self.flags() & 3) {
            ((0, _), _) | ((2, _), 0) => self.address(16),
            ((2, _), 1) => self.address(4),
            ((2, _), 2) => self.address(10),
            _ => None,
        }
    }

    /// The number of the frame, and of the fragment of it; control frames have none.
    pub fn sequence(self) -> Option<(u16, u16)> {
        let bytes = self.header.get(22..)?.first_chunk()?;
        let word = u16::from_le_bytes(*bytes);
        matches!(self.type_and_subtype(), (0 | 2, _)).then_some((word >> 4, word & 0x0f))
    }

    /// The traffic identifier of a QoS frame: its priority.
    pub fn priority(self) -> Option<u8> {
        let at = if self.flags() & 3 == 3 { 30 } else { 24 };
        let is_qos = matches!(self.type_and_subtype(), (2, subtype) if subtype & 8 != 0);
        self.header.get(at).filter(|_| is_qos).map(|qos| qos & 0x0f)
    }

    /// Who sent it and to whom, the access points on the way left out (table 9-30); none where
    /// the frame does not say.
    pub fn ends(self) -> Option<(MacAddr, MacAddr)> {
        let (first, second, third) = (self.address(4)?, self.address(10)?, self.address(16)?);
        Some(match self.flags() & 3 {
            0 => (second, first),
            1 => (second, third),
            2 => (third, first),
            _ => (self.address(24)?, third),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, flags: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![first, flags, 0, 0];
        for address in 1..=3 {
            bytes.extend([address; 6]);
        }
        bytes.resize(length, 0);
        bytes
    }

    fn ends(bytes: &[u8]) -> (u8, u8) {
        let (source, destination) = Wlan::new(bytes, false).unwrap().ends().unwrap();
        (source.0[0], destination.0[0])
    }

    #[test]
    fn the_flags_say_which_address_is_whose() {
        assert_eq!(ends(&frame(0x08, 0, 24)), (2, 1));
        assert_eq!(ends(&frame(0x08, 1, 24)), (2, 3));
        assert_eq!(ends(&frame(0x08, 2, 24)), (3, 1));
        let mut four = frame(0x08, 3, 30);
        four[24] = 4;
        assert_eq!(ends(&four), (4, 3));
    }

    #[test]
    fn the_length_depends_on_the_kind() {
        let length = |first, flags, padded| {
            Wlan::new(&frame(first, flags, 60), padded).unwrap().slice().len()
        };
        assert_eq!(length(0x08, 0, false), 24);
        assert_eq!(length(0x88, 0, false), 26);
        assert_eq!(length(0x88, 0, true), 28);
        assert_eq!(length(0x88, 0x80, false), 30);
        assert_eq!(length(0x88, 0x83, false), 36);
        assert_eq!(length(0x80, 0, false), 24);
        assert_eq!(length(0xd4, 0, false), 10);
        assert_eq!(length(0xb4, 0, false), 16);
        assert_eq!(Wlan::new(&frame(0x88, 0, 24), false), Err(26));
    }

    #[test]
    fn the_hop_the_cell_and_the_numbers() {
        let mut bytes = frame(0x88, 1, 26);
        (bytes[22], bytes[24]) = (0x35, 6);
        let view = Wlan::new(&bytes, false).unwrap();
        let mac = |byte| Some(MacAddr([byte; 6]));
        assert_eq!((view.hop(), view.cell()), ((mac(1), mac(2)), mac(1)));
        assert_eq!((view.sequence(), view.priority()), (Some((3, 5)), Some(6)));
        let ack = frame(0xd4, 0, 10);
        let view = Wlan::new(&ack, false).unwrap();
        assert_eq!((view.hop(), view.cell()), ((mac(1), None), None));
        assert_eq!((view.sequence(), view.priority()), (None, None));
    }

    #[test]
    fn what_the_body_is() {
        let wlan = |first, flags| frame(first, flags, 60);
        let bytes = wlan(0x48, 0);
        assert_eq!(Wlan::new(&bytes, false).unwrap().kind(), WlanKind::Data(false));
        let bytes = wlan(0x08, 0x48);
        let view = Wlan::new(&bytes, false).unwrap();
        assert!(view.is_protected() && view.is_retry() && !view.is_fragment());
        let mut bytes = wlan(0x88, 0);
        bytes[24] = 0x80;
        bytes[22] = 1;
        let view = Wlan::new(&bytes, false).unwrap();
        assert!(view.is_aggregate() && view.is_fragment());
    }
}
