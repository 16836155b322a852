//! GTP-U: a subscriber's packets between the nodes of a mobile network (3GPP TS 29.281 §5).

/// A checked view of the header of a packet that carries user data, with its extension headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gtp<'p> {
    base: &'p [u8; Gtp::BASE],
    header: &'p [u8],
}

impl<'p> Gtp<'p> {
    const BASE: usize = 8;
    /// Version 1, not GTP'.
    const VERSION: u8 = 0x30;
    /// G-PDU: user data.
    const USER_DATA: u8 = 255;

    /// The view at the start of `bytes`; none where they are too few, of another version, or
    /// what the nodes tell each other.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        let base = bytes.first_chunk::<{ Gtp::BASE }>()?;
        if base[0] & 0xf0 != Self::VERSION || base[1] != Self::USER_DATA {
            return None;
        }
        let mut length = Self::BASE;
        // sequence number, N-PDU number and the type of the next extension: all or none
        if base[0] & 0x07 != 0 {
            length += 4;
            let mut next = if base[0] & 0x04 == 0 { 0 } else { *bytes.get(length - 1)? };
            while next != 0 {
                let words = *bytes.get(length)?;
                if words == 0 {
                    return None;
                }
                length += usize::from(words) * 4;
                next = *bytes.get(length - 1)?;
            }
        }
        bytes.get(..length).map(|header| Self { base, header })
    }

    /// Its bytes, extension headers and all.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// Bytes of the message, its first eight not among them.
    pub const fn length(self) -> u16 {
        u16::from_be_bytes([self.base[2], self.base[3]])
    }

    /// The sequence number, where there is one.
    pub fn sequence(self) -> Option<u16> {
        let &[high, low] = self.header.get(8..10)?.first_chunk()?;
        (self.base[0] & 0x02 != 0).then(|| u16::from_be_bytes([high, low]))
    }

    /// The flow identifier for quality of service of a 5G session, and whether the packet goes up
    /// to the network (3GPP TS 38.415 §5.5.2); where that container is the first extension.
    pub fn session(self) -> Option<(u8, bool)> {
        const SESSION_CONTAINER: u8 = 0x85;
        let &[next, _, kind, flow] = self.header.get(11..15)?.first_chunk()?;
        let has_it = self.base[0] & 0x04 != 0 && next == SESSION_CONTAINER;
        has_it.then_some((flow & 0x3f, kind >> 4 == 1))
    }

    /// Tunnel endpoint identifier, given out by the receiver.
    pub const fn teid(self) -> u32 {
        u32::from_be_bytes([self.base[4], self.base[5], self.base[6], self.base[7]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_extensions() {
        let plain = [0x30, 255, 0, 1, 0, 0, 0, 7, 0x45];
        let gtp = Gtp::new(&plain).unwrap();
        assert_eq!((gtp.slice().len(), gtp.teid(), gtp.length()), (8, 7, 1));
        let extended = [0x34, 255, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0, 0x45];
        assert_eq!(Gtp::new(&extended).unwrap().slice().len(), 16);
        assert_eq!((gtp.sequence(), gtp.session()), (None, None));
        assert_eq!(Gtp::new(&extended).unwrap().session(), Some((9, false)));
        let numbered = [0x32, 255, 0, 5, 0, 0, 0, 7, 1, 2, 0, 0, 0x45];
        assert_eq!(Gtp::new(&numbered).unwrap().sequence(), Some(0x0102));
        for cut in 0..16 {
            assert_eq!(Gtp::new(&extended[..cut]), None);
        }
    }

    #[test]
    fn what_the_nodes_say_is_no_user_data() {
        assert_eq!(Gtp::new(&[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(Gtp::new(&[0x48, 255, 0, 0, 0, 0, 0, 0]), None);
        let endless = [0x34, 255, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0x85, 0, 0, 9, 0x85];
        assert_eq!(Gtp::new(&endless), None);
    }
}
