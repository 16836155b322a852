//! L2TP: PPP in UDP (RFC 2661 §3.1).

use crate::cursor::{Cursor, Short};

/// A checked view of the header of a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L2tp<'p> {
    header: &'p [u8],
    tunnel: u16,
    session: u16,
}

impl<'p> L2tp<'p> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;

    /// The view at the start of `bytes`; none where they are too few, of another version than 2,
    /// or a control message.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        Self::read(bytes).ok().flatten()
    }

    fn read(bytes: &'p [u8]) -> Result<Option<Self>, Short> {
        let mut cursor = Cursor::new(bytes);
        let flags = cursor.u16()?;
        if flags & Self::CONTROL != 0 || flags & 0x000f != 2 {
            return Ok(None);
        }
        if flags & Self::LENGTH != 0 {
            cursor.u16()?;
        }
        let (tunnel, session) = (cursor.u16()?, cursor.u16()?);
        if flags & Self::SEQUENCE != 0 {
            cursor.u32()?;
        }
        if flags & Self::OFFSET != 0 {
            let offset = cursor.u16()?;
            cursor.take(usize::from(offset))?;
        }
        let header = bytes.get(..cursor.offset());
        Ok(header.map(|header| Self { header, tunnel, session }))
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// The receiver's number of the tunnel.
    pub const fn tunnel(self) -> u16 {
        self.tunnel
    }

    /// The receiver's number of the session.
    pub const fn session(self) -> u16 {
        self.session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_say_what_follows() {
        let plain = L2tp::new(&[0, 2, 0, 7, 0, 8, 0xff]).unwrap();
        assert_eq!((plain.slice().len(), plain.tunnel(), plain.session()), (6, 7, 8));
        let all = [0x4a, 2, 0, 20, 0, 7, 0, 8, 0, 1, 0, 2, 0, 2, 0xaa, 0xaa, 0xff];
        assert_eq!(L2tp::new(&all).unwrap().slice().len(), 16);
        for cut in 0..16 {
            assert_eq!(L2tp::new(&all[..cut]), None);
        }
    }

    #[test]
    fn control_and_version_3_are_not_data() {
        assert_eq!(L2tp::new(&[0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(L2tp::new(&[0, 3, 0, 0, 0, 0, 0, 1]), None);
    }
}
