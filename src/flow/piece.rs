//! What one packet brings to its flow, whatever the transport.

use bytes::Bytes;

use crate::flow::event::Direction;
use crate::packet::tcp::Tcp;
use crate::packet::{Decoded, Macs};
use crate::time::Stamp;

/// What one packet brings to its flow.
pub(super) struct Piece<'a> {
    /// Which way it went.
    pub(super) direction: Direction,
    /// When, in which frame.
    pub(super) stamp: Stamp,
    /// The memory that `payload` lies in.
    pub(super) block: &'a Bytes,
    /// What the flow carries: for ICMP and ARP the whole message.
    pub(super) payload: &'a [u8],
    /// Bytes that the snapshot length cut off its end.
    pub(super) missing: u32,
    /// Where and with which hop count it was captured.
    pub(super) place: Place,
    /// Index of the interface that captured it.
    pub(super) interface: u32,
    /// All its layers.
    pub(super) decoded: &'a Decoded<'a>,
}

impl Piece<'_> {
    /// The payload as a slice of the packet's memory.
    #[inline]
    pub(super) fn bytes(&self) -> Bytes {
        slice_of(self.block, self.payload)
    }

    /// IP identification, 0 where there is none.
    #[inline]
    pub(super) fn identification(&self) -> u32 {
        self.decoded.network.as_ref().and_then(|network| network.identification).unwrap_or(0)
    }

    /// TTL, or hop limit.
    #[inline]
    pub(super) fn ttl(&self) -> u8 {
        self.decoded.network.as_ref().map_or(0, |network| network.ttl)
    }

    /// Payload bytes on the wire.
    #[inline]
    pub(super) fn length(&self) -> u32 {
        u32::try_from(self.payload.len()).unwrap_or(u32::MAX).saturating_add(self.missing)
    }
}

/// A TCP segment as its connection sees it.
pub(super) struct Segment<'a> {
    /// What is common to all transports.
    pub(super) piece: Piece<'a>,
    /// Its header.
    pub(super) header: &'a Tcp<'a>,
    pub(super) seq: u32,
    /// The acknowledgment number, where the ACK flag is set.
    pub(super) ack: Option<u32>,
    pub(super) window: u16,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
}

impl<'a> Segment<'a> {
    #[inline]
    pub(super) fn new(piece: Piece<'a>, header: &'a Tcp<'a>) -> Self {
        Self {
            piece,
            header,
            seq: header.sequence_number(),
            ack: header.ack().then(|| header.acknowledgment_number()),
            window: header.window_size(),
            syn: header.syn(),
            fin: header.fin(),
            rst: header.rst(),
        }
    }

    /// True where none of SYN, FIN, RST is set.
    #[inline]
    pub(super) const fn is_plain(&self) -> bool {
        !(self.syn || self.fin || self.rst)
    }
}

/// Where a packet was captured: interface, hop count, link sender, VLAN and tunnel in one number. The same
/// packet captured twice differs here, unless the device itself doubled it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place(pub(super) u64);

impl Place {
    #[inline]
    pub(super) fn new(interface: u32, ttl: u8, macs: Option<Macs>, scope: u64) -> Self {
        let mut place = [0; 8];
        let [first, second, sender @ ..] = &mut place;
        [.., *first] = interface.to_be_bytes();
        *second = ttl;
        *sender = macs.map_or([0; 6], |macs| macs.source.0);
        Self(u64::from_be_bytes(place) ^ scope.wrapping_mul(SPREAD))
    }
}

/// An odd number without a pattern: small numbers of VLANs reach every bit.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// `part` of `block` without a copy. Where it lies elsewhere, which no caller means, it is copied.
#[inline]
fn slice_of(block: &Bytes, part: &[u8]) -> Bytes {
    let start = part.as_ptr().addr().wrapping_sub(block.as_ptr().addr());
    match start.checked_add(part.len()) {
        Some(end) if end <= block.len() => block.slice(start..end),
        _ => Bytes::copy_from_slice(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_shares_and_a_stranger_is_copied() {
        let block = Bytes::from(vec![1, 2, 3, 4]);
        let part = slice_of(&block, &block[1..3]);
        assert_eq!((part.as_ptr(), &part[..]), (block[1..].as_ptr(), &[2, 3][..]));
        assert_eq!(slice_of(&block, &[9, 9]), Bytes::from_static(&[9, 9]));
        assert!(slice_of(&block, &[]).is_empty());
    }
}
