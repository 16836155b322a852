//! TCP (RFC 9293 §3.1): a header of 20 bytes, its options, and what it carries.

/// A checked view of the header and of what follows.
///
/// The snapshot length may have cut its options, or all that stands behind its first 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcp<'p> {
    header: &'p [u8; Tcp::LEN],
    bytes: &'p [u8],
}

impl<'p> Tcp<'p> {
    /// The length of a header without options, in bytes.
    pub const LEN: usize = 20;

    /// The view at the start of `bytes`; none where they are too few.
    #[inline]
    pub fn new(bytes: &'p [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self { header, bytes })
    }

    /// Where the segment is from.
    #[inline]
    pub const fn source_port(&self) -> u16 {
        let [a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// Where it goes.
    #[inline]
    pub const fn destination_port(&self) -> u16 {
        let [_, _, a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The number of its first byte, or of its SYN.
    #[inline]
    pub const fn sequence_number(&self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// The number of the next byte that its sender waits for; valid with the ACK flag.
    #[inline]
    pub const fn acknowledgment_number(&self) -> u32 {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// The length that the header says it has, in bytes: 0 to 60, of which 20 are the least.
    #[inline]
    pub const fn header_len(&self) -> usize {
        ((self.header[12] >> 4) as usize) * 4
    }

    /// AE (RFC 9768), which was NS (RFC 3540).
    pub const fn ns(&self) -> bool {
        self.header[12] & 0x01 != 0
    }

    /// CWR (RFC 3168 §6.1.2).
    pub const fn cwr(&self) -> bool {
        self.header[13] & 0x80 != 0
    }

    /// ECE (RFC 3168 §6.1.3).
    pub const fn ece(&self) -> bool {
        self.header[13] & 0x40 != 0
    }

    /// The urgent pointer is valid.
    pub const fn urg(&self) -> bool {
        self.header[13] & 0x20 != 0
    }

    /// The acknowledgment number is valid.
    #[inline]
    pub const fn ack(&self) -> bool {
        self.header[13] & 0x10 != 0
    }

    /// The receiver is to have what was sent so far.
    pub const fn psh(&self) -> bool {
        self.header[13] & 0x08 != 0
    }

    /// Breaks the connection off.
    #[inline]
    pub const fn rst(&self) -> bool {
        self.header[13] & 0x04 != 0
    }

    /// Begins a connection.
    #[inline]
    pub const fn syn(&self) -> bool {
        self.header[13] & 0x02 != 0
    }

    /// Its sender has no more to say.
    #[inline]
    pub const fn fin(&self) -> bool {
        self.header[13] & 0x01 != 0
    }

    /// The receive window of its sender, before scaling.
    #[inline]
    pub const fn window_size(&self) -> u16 {
        let [.., a, b, _, _, _, _] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The sum over pseudo header, header and payload.
    #[inline]
    pub const fn checksum(&self) -> u16 {
        let [.., a, b, _, _] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// Where urgent bytes end, from the sequence number on; valid with the URG flag.
    pub const fn urgent_pointer(&self) -> u16 {
        let [.., a, b] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The options, as far as they were captured.
    #[inline]
    pub fn options(&self) -> &'p [u8] {
        let end = self.header_len().min(self.bytes.len());
        self.bytes.get(Self::LEN..end).unwrap_or_default()
    }

    /// True where not all of its options were captured.
    #[inline]
    pub const fn is_cut(&self) -> bool {
        self.bytes.len() < self.header_len()
    }

    /// The captured bytes of the segment, from its header on.
    pub const fn slice(&self) -> &'p [u8] {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use etherparse::{TcpHeader, TcpSlice};

    use super::*;

    /// A header with options, and a payload.
    fn segment() -> Vec<u8> {
        let mut header = TcpHeader::new(443, 50_000, 0x1234_5678, 29_200);
        header.acknowledgment_number = 0x9abc_def0;
        header.checksum = 0xbeef;
        header.urgent_pointer = 7;
        header.set_options_raw(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]).unwrap();
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend_from_slice(b"hello");
        bytes
    }

    #[test]
    fn agrees_with_etherparse_on_every_field_and_flag() {
        let mut bytes = segment();
        for flags in 0..512_u16 {
            let [high, low] = flags.to_be_bytes();
            bytes[12] = bytes[12] & 0xf0 | high;
            bytes[13] = low;
            let (ours, theirs) = (Tcp::new(&bytes).unwrap(), TcpSlice::from_slice(&bytes).unwrap());
            let flags = [ours.ns(), ours.cwr(), ours.ece(), ours.urg(), ours.ack()];
            assert_eq!(
                flags,
                [theirs.ns(), theirs.cwr(), theirs.ece(), theirs.urg(), theirs.ack()]
            );
            let flags = [ours.psh(), ours.rst(), ours.syn(), ours.fin()];
            assert_eq!(flags, [theirs.psh(), theirs.rst(), theirs.syn(), theirs.fin()]);
        }
        let (ours, theirs) = (Tcp::new(&bytes).unwrap(), TcpSlice::from_slice(&bytes).unwrap());
        assert_eq!(ours.source_port(), theirs.source_port());
        assert_eq!(ours.destination_port(), theirs.destination_port());
        assert_eq!(ours.sequence_number(), theirs.sequence_number());
        assert_eq!(ours.acknowledgment_number(), theirs.acknowledgment_number());
        assert_eq!(ours.header_len(), theirs.header_len());
        assert_eq!(ours.window_size(), theirs.window_size());
        assert_eq!(ours.checksum(), theirs.checksum());
        assert_eq!(ours.urgent_pointer(), theirs.urgent_pointer());
        assert_eq!(ours.options(), theirs.options());
        assert_eq!(ours.slice(), theirs.slice());
        assert!(!ours.is_cut());
    }

    #[test]
    fn options_are_there_as_far_as_they_were_captured() {
        let bytes = segment();
        let cut = Tcp::new(&bytes[..23]).unwrap();
        assert_eq!((cut.options(), cut.is_cut(), cut.header_len()), (&[1, 1, 8][..], true, 32));
        assert!(!Tcp::new(&bytes[..32]).unwrap().is_cut());
        assert!(Tcp::new(&bytes[..20]).unwrap().options().is_empty());
        assert_eq!(Tcp::new(&bytes[..19]), None);
    }
}
