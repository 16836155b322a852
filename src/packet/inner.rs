//! What an encapsulation carries: where decoding goes on, from the top again.

use crate::capture::source::LinkType;
use crate::packet::piece::Piece;

/// A packet inside a packet. Layers only look down, so who finds one hands it back to
/// [`decode`](crate::packet::decode), which begins anew with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::packet) struct Inner<'p> {
    pub(in crate::packet) next: Next,
    pub(in crate::packet) piece: Piece<'p>,
}

/// How the bytes of an inner packet are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::packet) enum Next {
    /// As a captured packet of this link type: Ethernet, IP, PPP, 802.11, LLC.
    Link(LinkType),
    /// As what an EtherType announces.
    EtherType(u16),
}

impl<'p> Inner<'p> {
    /// As decoders give it back.
    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "decoders give an option back")]
    pub(in crate::packet) const fn link(link: LinkType, piece: Piece<'p>) -> Option<Self> {
        Some(Self { next: Next::Link(link), piece })
    }

    /// As decoders give it back.
    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "decoders give an option back")]
    pub(in crate::packet) const fn ether_type(kind: u16, piece: Piece<'p>) -> Option<Self> {
        Some(Self { next: Next::EtherType(kind), piece })
    }
}
