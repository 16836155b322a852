//! Teredo: IPv6 in UDP, for hosts behind IPv4 NATs (RFC 4380 §5.1.1).

use std::net::Ipv4Addr;

use crate::cursor::{Cursor, Short};

/// A checked view of what stands before the IPv6 packet; often nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Teredo<'p> {
    header: &'p [u8],
}

impl<'p> Teredo<'p> {
    /// 2001:0::/32 (RFC 4380 §2.6).
    const PREFIX: [u8; 4] = [0x20, 0x01, 0, 0];

    /// The indications at the start of `bytes`; none where no IPv6 packet with a Teredo address
    /// follows that fills the rest (which may be cut: `promised` bytes were on the wire).
    pub fn new(bytes: &'p [u8], promised: usize) -> Option<Self> {
        let length = indications(bytes).ok()?;
        let (header, packet) = bytes.split_at_checked(length)?;
        let fixed = packet.first_chunk::<40>()?;
        let [version, _, _, _, hi, lo, ..] = *fixed;
        let payload = usize::from(u16::from_be_bytes([hi, lo]));
        // trailers may follow (RFC 6081 §4)
        let fits = payload.saturating_add(40).saturating_add(length) <= promised;
        let has_prefix = [8, 24].into_iter().any(|at| fixed.get(at..at + 4) == Some(&Self::PREFIX));
        // a client that asks for an address has none yet, and says so by an authentication
        let is_asking = !header.is_empty();
        (version >> 4 == 6 && fits && (has_prefix || is_asking)).then_some(Self { header })
    }

    /// Its bytes.
    pub const fn slice(self) -> &'p [u8] {
        self.header
    }

    /// Where the server saw the packet come from: port and address.
    pub fn origin(self) -> Option<(u16, Ipv4Addr)> {
        let [0, 0, hi, lo, address @ ..] = *self.header.last_chunk::<8>()? else { return None };
        // obfuscated, lest NATs on the way change them too
        Some((u16::from_be_bytes([!hi, !lo]), Ipv4Addr::from(address.map(|byte| !byte))))
    }
}

/// The length of an authentication and an origin indication, each of which may be missing.
fn indications(bytes: &[u8]) -> Result<usize, Short> {
    let mut cursor = Cursor::new(bytes);
    if bytes.starts_with(&[0, 1]) {
        cursor.u16()?;
        let (client, value) = (cursor.u8()?, cursor.u8()?);
        // identifier, value, nonce, confirmation
        cursor.take(usize::from(client) + usize::from(value) + 9)?;
    }
    if cursor.rest().starts_with(&[0, 0]) {
        cursor.take(8)?;
    }
    Ok(cursor.offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ipv6(source: [u8; 2]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, 59, 64];
        packet.extend([&source[..], &[0; 30]].concat());
        packet
    }

    #[test]
    fn an_address_of_its_own_tells_it() {
        let ours = ipv6([0x20, 0x01]);
        assert_eq!(Teredo::new(&ours, 40).unwrap().slice().len(), 0);
        assert_eq!(Teredo::new(&ipv6([0xfe, 0x80]), 40), None);
        assert_eq!(Teredo::new(&ours[..39], 40), None);
        assert_eq!(Teredo::new(&ours, 39), None);
    }

    #[test]
    fn indications_stand_before_it() {
        let origin = [0, 0, !0x12, !0x34, !192, !0, !2, !1];
        let with_origin = [&origin[..], &ipv6([0xfe, 0x80])].concat();
        let teredo = Teredo::new(&with_origin, 48).unwrap();
        assert_eq!(teredo.origin(), Some((0x1234, [192, 0, 2, 1].into())));
        let both = [&[0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0], &with_origin[..]].concat();
        assert_eq!(Teredo::new(&both, 61).unwrap().slice().len(), 21);
        assert_eq!(Teredo::new(&both[..20], 61), None);
    }
}
