//! Where packets of a connection were captured another time.

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::MacAddr;
use crate::flow::event::{self, Direction};
use crate::report::json::encapsulation::{Tunnel, VlanTags};
use crate::report::json::value::{End, FrameList, Text};
use crate::trace::connection::Connection;

/// A place where packets of one direction were captured another time: another interface, the
/// other side of a router, inside and outside a tunnel.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sighting<'a> {
    /// Who sent those packets.
    pub from: End,
    /// The interface, an index into `capture.interfaces`.
    pub interface: u32,
    /// The sender's link address there.
    pub source_mac: Option<Text<MacAddr>>,
    /// The receiver's link address there.
    pub destination_mac: Option<Text<MacAddr>>,
    /// The VLAN there.
    pub vlan: Option<VlanTags>,
    /// The tunnel there.
    pub tunnel: Option<Tunnel>,
    /// TTL (hop limit) there; each router on the way takes one off.
    pub ttl: u8,
    /// The frames of the copies.
    pub frames: FrameList<'a>,
}

impl<'a> Sighting<'a> {
    /// All those of a connection.
    pub(super) fn all(connection: &'a Connection) -> Vec<Self> {
        let of = |direction: Direction| {
            let sightings = connection.counters.of(direction).sightings.iter();
            sightings.map(move |sighting| Self::new(direction, sighting))
        };
        of(Direction::ToServer).chain(of(Direction::ToClient)).collect()
    }

    fn new(direction: Direction, sighting: &'a event::Sighting) -> Self {
        let macs = sighting.macs;
        Self {
            from: End::sending(direction),
            interface: sighting.interface,
            source_mac: macs.map(|macs| Text(macs.source)),
            destination_mac: macs.and_then(|macs| macs.destination).map(Text),
            vlan: VlanTags::of(&sighting.encapsulation),
            tunnel: Tunnel::of(&sighting.encapsulation),
            ttl: sighting.ttl,
            frames: FrameList::from(&sighting.frames),
        }
    }
}
