//! PPP: one or two bytes that name a protocol, after HDLC's address and control where they have
//! not been compressed away (RFC 1661 §2, §6.5, §6.6; RFC 1662).

use crate::packet::names;

/// A checked view of the header: one to four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ppp<'p> {
    header: &'p [u8],
    protocol: u16,
}

impl<'p> Ppp<'p> {
    /// The view at the start of `bytes`, or how many bytes it needs.
    pub fn new(bytes: &'p [u8]) -> Result<Self, usize> {
        let skipped = if bytes.starts_with(&[0xff, 0x03]) { 2 } else { 0 };
        let first = *bytes.get(skipped).ok_or(skipped + 1)?;
        // the low bit is set in the last byte of a protocol number
        let (length, protocol) = if first & 1 == 1 {
            (skipped + 1, u16::from(first))
        } else {
            let second = *bytes.get(skipped + 1).ok_or(skipped + 2)?;
            (skipped + 2, u16::from_be_bytes([first, second]))
        };
        bytes.get(..length).map(|header| Self { header, protocol }).ok_or(length)
    }

    /// The header's bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// The protocol of what follows (IANA's PPP numbers).
    pub const fn protocol(self) -> u16 {
        self.protocol
    }

    /// Its short and full name.
    pub const fn protocol_name(self) -> (&'static str, &'static str) {
        names::ppp(self.protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_compressed() {
        let cases: [(&[u8], usize, u16); 4] = [
            (&[0xff, 0x03, 0x00, 0x21, 9], 4, 0x21),
            (&[0xff, 0x03, 0x21, 9], 3, 0x21),
            (&[0xc0, 0x21, 9], 2, 0xc021),
            (&[0x57, 9], 1, 0x57),
        ];
        for (bytes, length, protocol) in cases {
            let ppp = Ppp::new(bytes).unwrap();
            assert_eq!((ppp.slice().len(), ppp.protocol()), (length, protocol));
            assert_eq!(Ppp::new(&bytes[..length - 1]), Err(length.max(1)).or(Err(length)));
        }
        assert_eq!(Ppp::new(&[]), Err(1));
    }
}
