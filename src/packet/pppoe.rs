//! PPPoE: PPP over Ethernet, its discovery and its sessions (RFC 2516 §4).

/// A checked view of the six bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pppoe<'p> {
    header: &'p [u8; Pppoe::LEN],
}

impl<'p> Pppoe<'p> {
    /// Its length in bytes.
    pub const LEN: usize = 6;
    /// The code of a session's packets; all others are discovery.
    const SESSION: u8 = 0;

    /// The view at the start of `bytes`; none where they are too few.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self { header })
    }

    /// True where version and type are 1, the only ones there are.
    pub const fn is_known(self) -> bool {
        self.header[0] == 0x11
    }

    /// 0 for data of a session.
    pub const fn code(self) -> u8 {
        self.header[1]
    }

    /// The name of the code.
    pub const fn code_name(self) -> &'static str {
        match self.code() {
            Self::SESSION => "session data",
            0x09 => "PADI (who offers access?)",
            0x07 => "PADO (an offer)",
            0x19 => "PADR (request of a session)",
            0x65 => "PADS (confirms the session)",
            0xa7 => "PADT (ends the session)",
            _ => "unknown",
        }
    }

    /// True for data of a session: PPP follows.
    pub const fn is_session(self) -> bool {
        self.code() == Self::SESSION
    }

    /// The session; the same in both directions.
    pub const fn session(self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Bytes that follow, Ethernet's padding not among them.
    pub const fn length(self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_from_its_place() {
        let pppoe = Pppoe::new(&[0x11, 0, 0x12, 0x34, 0, 5, 9]).unwrap();
        assert!(pppoe.is_known() && pppoe.is_session());
        assert_eq!((pppoe.session(), pppoe.length()), (0x1234, 5));
        let offer = Pppoe::new(&[0x11, 7, 0, 0, 0, 0]).unwrap();
        assert_eq!((offer.is_session(), offer.code_name()), (false, "PADO (an offer)"));
        assert!(!Pppoe::new(&[0x21, 0, 0, 0, 0, 0]).unwrap().is_known());
        assert_eq!(Pppoe::new(&[0x11, 0, 0, 0, 0]), None);
    }
}
