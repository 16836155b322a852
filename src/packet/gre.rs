//! GRE: an EtherType and what of checksum, routes, key and numbers the flags announce (RFC 2784,
//! RFC 2890, RFC 1701), and PPTP's own version of it (RFC 2637 §4.1).

use crate::cursor::{Cursor, Short};

/// A checked view of the header with all that its flags announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gre<'p> {
    header: &'p [u8],
    flags: u16,
    protocol: u16,
    key: Option<u32>,
    sequence: Option<u32>,
}

impl<'p> Gre<'p> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;

    /// The view at the start of `bytes`, or how many bytes it needs at least.
    pub fn new(bytes: &'p [u8]) -> Result<Self, usize> {
        let mut cursor = Cursor::new(bytes);
        let needed = |short: Short| short.offset.saturating_add(short.needed);
        let flags = cursor.u16().map_err(needed)?;
        let protocol = cursor.u16().map_err(needed)?;
        let has = |flag| flags & flag != 0;
        if has(Self::CHECKSUM | Self::ROUTING) {
            cursor.u32().map_err(needed)?;
        }
        let key = if has(Self::KEY) { Some(cursor.u32().map_err(needed)?) } else { None };
        let sequence = if has(Self::SEQUENCE) { Some(cursor.u32().map_err(needed)?) } else { None };
        if flags & 7 == 1 && has(Self::ACKNOWLEDGMENT) {
            cursor.u32().map_err(needed)?;
        }
        // RFC 1701: source routes, up to an empty one
        while has(Self::ROUTING) {
            let [family_hi, family_lo, _, length] = *cursor.array().map_err(needed)?;
            cursor.take(usize::from(length)).map_err(needed)?;
            if (family_hi, family_lo, length) == (0, 0, 0) {
                break;
            }
        }
        let length = cursor.offset();
        let header = bytes.get(..length).ok_or(length)?;
        Ok(Self { header, flags, protocol, key, sequence })
    }

    /// The header's bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// 0, or 1 for PPTP's.
    pub const fn version(self) -> u16 {
        self.flags & 7
    }

    /// The EtherType of what follows.
    pub const fn protocol(self) -> u16 {
        self.protocol
    }

    /// The key; the upper half is a length in version 1.
    pub const fn key(self) -> Option<u32> {
        self.key
    }

    /// The sequence number.
    pub const fn sequence(self) -> Option<u32> {
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_say_what_follows() {
        let plain = Gre::new(&[0, 0, 8, 0, 0x45]).unwrap();
        assert_eq!((plain.slice().len(), plain.protocol(), plain.key()), (4, 0x800, None));
        let all = [0xb0, 0, 0x65, 0x58, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 1];
        let gre = Gre::new(&all).unwrap();
        assert_eq!((gre.slice().len(), gre.key(), gre.sequence()), (16, Some(7), Some(9)));
        for cut in 0..16 {
            assert!(Gre::new(&all[..cut]).unwrap_err() > cut);
        }
    }

    #[test]
    fn pptp_has_an_acknowledgment() {
        let bytes = [0x30, 0x81, 0x88, 0x0b, 0, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0x21];
        let gre = Gre::new(&bytes).unwrap();
        assert_eq!((gre.version(), gre.slice().len(), gre.key()), (1, 16, Some(0x4_0001)));
    }

    #[test]
    fn routes_end_with_an_empty_one() {
        let bytes = [0x40, 0, 8, 0, 0, 0, 0, 0, 0, 2, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, 0x45];
        assert_eq!(Gre::new(&bytes).unwrap().slice().len(), 20);
        assert_eq!(Gre::new(&bytes[..16]), Err(20));
    }
}
