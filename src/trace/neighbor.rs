//! One question for a hardware address and its answer, or one announcement.

use std::net::IpAddr;

use crate::address::MacAddr;
use crate::protocol::neighbor::{Binding, Method};
use crate::time::{Frames, Stamp, TimeDelta};
use crate::trace::id::NeighborId;

/// Who was asked for which hardware address, and who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// Its place in the arena.
    pub id: NeighborId,
    /// ARP or NDP.
    pub method: Method,
    /// What it was.
    pub kind: NeighborKind,
    /// Who asked (for an announcement: nobody).
    pub asker: Option<(IpAddr, Option<MacAddr>)>,
    /// The address in question.
    pub target: IpAddr,
    /// Each request; the second and later ones are retries.
    pub requests: Vec<Stamp>,
    /// The first reply (or the announcement itself).
    pub reply: Option<(Stamp, MacAddr)>,
    /// Further replies: another hardware address here is a conflict.
    pub more_replies: Vec<(Stamp, MacAddr)>,
    /// True where the owner is a router by its own word (NDP).
    pub router: Option<bool>,
    /// True where `reply`'s hardware address also carries traffic for addresses that are not
    /// its own: the gateway. Inferred from the packets.
    pub gateway: bool,
    /// Routers only: the on-link prefixes that they announce.
    pub prefixes: Vec<(IpAddr, u8)>,
    /// The frames that prove it.
    pub frames: Frames,
}

/// What a neighbour entity stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeighborKind {
    /// A request with or without a reply.
    Resolution,
    /// A reply that nobody in this capture asked for.
    UnaskedReply,
    /// An announcement (gratuitous ARP, unsolicited advertisement).
    Announcement,
    /// Is this address free?
    Probe,
    /// A router advertisement.
    Router,
}

impl Neighbor {
    /// When it began.
    pub fn started(&self) -> Option<Stamp> {
        self.requests.first().copied().or_else(|| self.reply.map(|(at, _)| at))
    }

    /// From the first request to the first reply.
    pub fn duration(&self) -> Option<TimeDelta> {
        let (asked, (answered, _)) = (self.requests.first()?, self.reply.as_ref()?);
        Some(answered.at.since(asked.at).at_least_zero())
    }

    /// The address and its owner, where one answered.
    pub fn binding(&self) -> Option<Binding> {
        self.reply.map(|(_, mac)| Binding { ip: self.target, mac })
    }
}
