//! LINKTYPE_NFLOG: what Linux's packet filter logs, as a list of attributes.

/// A checked view of the header and all attributes before the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nflog<'p> {
    header: &'p [u8],
    /// Bytes of the packet, as its attribute says.
    length: usize,
}

impl<'p> Nflog<'p> {
    const FIXED: usize = 4;
    const PAYLOAD: u16 = 9;

    /// The view at the start of `bytes`; none where there is no packet among the attributes.
    ///
    /// Attributes are in the byte order of the machine that logged, which the header does not
    /// tell: it is the one in which the first length makes sense.
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        Self::read(bytes, u16::from_le_bytes).or_else(|| Self::read(bytes, u16::from_be_bytes))
    }

    fn read(bytes: &'p [u8], number: fn([u8; 2]) -> u16) -> Option<Self> {
        let mut at = Self::FIXED;
        loop {
            let &[l0, l1, k0, k1] = bytes.get(at..)?.first_chunk()?;
            let length = usize::from(number([l0, l1]));
            if length < 4 {
                return None;
            }
            if number([k0, k1]) & 0x7fff == Self::PAYLOAD {
                let header = bytes.get(..at + 4)?;
                return Some(Self { header, length: length - 4 });
            }
            at += length.next_multiple_of(4);
        }
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// Bytes of the packet that follows.
    pub const fn length(self) -> usize {
        self.length
    }

    /// The log's number.
    pub fn group(self) -> u16 {
        let group = self.header.get(2..4).and_then(|bytes| bytes.first_chunk());
        group.map_or(0, |bytes| u16::from_be_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packet_is_one_of_the_attributes() {
        let little = [2, 0, 0, 5, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0, 0x45, 0];
        let nflog = Nflog::new(&little).unwrap();
        assert_eq!((nflog.slice().len(), nflog.length(), nflog.group()), (16, 2, 5));
        let big = [2, 0, 0, 5, 0, 5, 0, 10, 0, 0, 0, 0, 0, 6, 0, 9, 0x45, 0];
        assert_eq!(Nflog::new(&big).unwrap().slice().len(), 16);
        assert_eq!(Nflog::new(&little[..15]), None);
        assert_eq!(Nflog::new(&[2, 0, 0, 5, 0, 0, 0, 0]), None);
    }
}
