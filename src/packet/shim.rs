//! Short headers of which only the length and what follows matter here: link types of old, and
//! tags between Ethernet's addresses and its type.

use crate::packet::piece::Piece;

/// A checked view of such a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shim<'p> {
    kind: ShimKind,
    header: &'p [u8],
}

/// The kinds of short headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShimKind {
    /// Cisco's HDLC: address, control, EtherType.
    CiscoHdlc,
    /// Frame Relay (ITU-T Q.922, RFC 2427).
    FrameRelay,
    /// SLIP as BSD's BPF shows it.
    Slip,
    /// FDDI.
    Fddi,
    /// Token Ring (IEEE 802.5), its source route included.
    TokenRing,
    /// ATM of SunATM devices.
    SunAtm,
    /// The packet filter of the BSDs.
    Pflog,
    /// OpenBSD's encapsulation device.
    Enc,
    /// Solaris' IP observability device.
    Ipnet,
    /// Which way a PPP packet went.
    PppDirection,
    /// macOS' packet tap, which names the process.
    Pktap,
    /// VN-Tag of virtual network cards.
    VnTag,
    /// The service tag of a provider's backbone bridge (IEEE 802.1ah).
    BackboneTag,
    /// Cisco MetaData.
    MetaData,
    /// MACsec (IEEE 802.1AE).
    Macsec,
    /// EtherIP (RFC 3378).
    EtherIp,
    /// The control word of an Ethernet pseudowire (RFC 4448 §4.6).
    ControlWord,
}

impl ShimKind {
    /// The name that Wireshark has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CiscoHdlc => "chdlc",
            Self::FrameRelay => "fr",
            Self::Slip => "slip",
            Self::Fddi => "fddi",
            Self::TokenRing => "tr",
            Self::SunAtm => "atm",
            Self::Pflog => "pflog",
            Self::Enc => "enc",
            Self::Ipnet => "ipnet",
            Self::PppDirection => "ppp_hdlc",
            Self::Pktap => "pktap",
            Self::VnTag => "vntag",
            Self::BackboneTag => "ieee8021ah",
            Self::MetaData => "cmd",
            Self::Macsec => "macsec",
            Self::EtherIp => "etherip",
            Self::ControlWord => "pwethcw",
        }
    }

    /// Its full name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CiscoHdlc => "Cisco HDLC",
            Self::FrameRelay => "Frame Relay",
            Self::Slip => "SLIP",
            Self::Fddi => "FDDI",
            Self::TokenRing => "Token Ring",
            Self::SunAtm => "ATM",
            Self::Pflog => "packet filter log",
            Self::Enc => "OpenBSD encapsulation",
            Self::Ipnet => "Solaris IPNET",
            Self::PppDirection => "PPP direction",
            Self::Pktap => "macOS packet tap",
            Self::VnTag => "VN-Tag",
            Self::BackboneTag => "802.1ah service tag",
            Self::MetaData => "Cisco MetaData",
            Self::Macsec => "MACsec",
            Self::EtherIp => "EtherIP",
            Self::ControlWord => "pseudowire control word",
        }
    }
}

impl<'p> Shim<'p> {
    /// The header of `kind` at the start of `piece`, or how many bytes it needs.
    pub(in crate::packet) fn new(kind: ShimKind, piece: Piece<'p>) -> Result<Self, usize> {
        let length = length(kind, piece.bytes)?;
        piece.bytes.get(..length).map(|header| Self { kind, header }).ok_or(length)
    }

    /// Which header it is.
    pub const fn kind(self) -> ShimKind {
        self.kind
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// The EtherType of what follows a tag.
    pub(in crate::packet) fn ether_type(self) -> Option<u16> {
        let is_first = self.kind == ShimKind::MetaData
            && self.header.first().is_some_and(|version| *version != META_DATA_VERSION);
        self.u16_at(if is_first { 0 } else { self.header.len().checked_sub(2)? })
    }

    /// The two bytes at `at` in network order.
    pub(in crate::packet) fn u16_at(self, at: usize) -> Option<u16> {
        self.header.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }
}

const META_DATA_VERSION: u8 = 1;

/// The length of a header of `kind`, or how many bytes must be seen to know it.
fn length(kind: ShimKind, bytes: &[u8]) -> Result<usize, usize> {
    let byte = |at: usize| bytes.get(at).copied().ok_or(at + 1);
    Ok(match kind {
        ShimKind::PppDirection => 1,
        ShimKind::EtherIp => 2,
        ShimKind::CiscoHdlc | ShimKind::SunAtm | ShimKind::BackboneTag | ShimKind::ControlWord => 4,
        ShimKind::Enc => 12,
        ShimKind::Fddi => 13,
        ShimKind::Slip => 16,
        ShimKind::Ipnet => 24,
        // the address ends with the first byte whose low bit is set
        ShimKind::FrameRelay => {
            let mut last = 0;
            while byte(last)? & 1 == 0 && last < 3 {
                last += 1;
            }
            last + 1
        }
        // the high bit of the source address announces a route, whose first byte has its length
        ShimKind::TokenRing if byte(8)? & 0x80 == 0 => 14,
        ShimKind::TokenRing => 14 + usize::from(byte(14)? & 0x1f).max(2),
        ShimKind::Pflog => usize::from(byte(0)?).next_multiple_of(4).max(4),
        ShimKind::Pktap => {
            let length = *bytes.first_chunk::<4>().ok_or(4_usize)?;
            usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX).max(12)
        }
        // version, length in words, options, EtherType; in GRE the EtherType comes first
        ShimKind::MetaData if byte(0)? == META_DATA_VERSION => 4 + usize::from(byte(1)?) * 4,
        ShimKind::MetaData => 4 + usize::from(byte(3)?) * 4,
        // a channel identifier of eight bytes where the flag says so
        ShimKind::Macsec if byte(0)? & 0x20 != 0 => 14,
        ShimKind::VnTag | ShimKind::Macsec => 6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shim(kind: ShimKind, bytes: &[u8]) -> Result<usize, usize> {
        Shim::new(kind, Piece::whole(bytes, bytes.len())).map(|shim| shim.slice().len())
    }

    #[test]
    fn lengths_that_the_header_tells() {
        assert_eq!(shim(ShimKind::FrameRelay, &[0x18, 0x41, 3]), Ok(2));
        assert_eq!(shim(ShimKind::FrameRelay, &[0, 0, 0, 1, 3]), Ok(4));
        assert_eq!(shim(ShimKind::FrameRelay, &[0, 0]), Err(3));
        assert_eq!(shim(ShimKind::TokenRing, &[0; 14]), Ok(14));
        let mut routed = [0; 20];
        (routed[8], routed[14]) = (0x80, 6);
        assert_eq!(shim(ShimKind::TokenRing, &routed), Ok(20));
        assert_eq!(shim(ShimKind::TokenRing, &routed[..19]), Err(20));
        let mut log = [0; 64];
        log[0] = 61;
        assert_eq!(shim(ShimKind::Pflog, &log), Ok(64));
        let mut tap = [0; 108];
        tap[0] = 108;
        assert_eq!(shim(ShimKind::Pktap, &tap), Ok(108));
        for bytes in [[1, 1, 0, 1, 0, 0, 8, 0], [8, 0, 1, 1, 0, 1, 0, 0]] {
            let tag = Shim::new(ShimKind::MetaData, Piece::whole(&bytes, 8)).unwrap();
            assert_eq!((tag.slice().len(), tag.ether_type()), (8, Some(0x800)));
        }
        assert_eq!(shim(ShimKind::Macsec, &[0x20; 14]), Ok(14));
        assert_eq!(shim(ShimKind::Macsec, &[0; 6]), Ok(6));
    }

    #[test]
    fn no_bytes_are_too_few_for_all() {
        use ShimKind::*;
        let all = [
            CiscoHdlc,
            FrameRelay,
            Slip,
            Fddi,
            TokenRing,
            SunAtm,
            Pflog,
            Enc,
            Ipnet,
            PppDirection,
            Pktap,
            VnTag,
            BackboneTag,
            MetaData,
            Macsec,
            EtherIp,
            ControlWord,
        ];
        for kind in all {
            assert!(shim(kind, &[]).is_err_and(|needed| needed > 0), "{kind:?}");
            assert!(!kind.name().is_empty() && !kind.title().is_empty());
        }
    }
}
