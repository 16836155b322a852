//! What a connection travels in.

use schemars::JsonSchema;
use serde::Serialize;

use crate::packet::{self, Encapsulation};

/// IEEE 802.1Q identifiers.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct VlanTags {
    /// The outermost tag's.
    pub outer: u16,
    /// The second tag's, for QinQ.
    pub inner: Option<u16>,
}

/// The tunnel that a connection was seen in, the innermost where there are several.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tunnel {
    /// What kind it is, by Wireshark's name: `gre`, `vxlan`, `ip` for IP in IP.
    pub kind: &'static str,
    /// Its number, where the kind has one that is the same in both directions: a VXLAN or GENEVE
    /// network, a GRE key, a PPPoE session.
    pub id: Option<u32>,
    /// The addresses of its two ends, the lower one first, where they tell it from others.
    pub ends: Option<[String; 2]>,
}

impl VlanTags {
    /// Of what a connection travels in.
    pub(super) fn of(encapsulation: &Encapsulation) -> Option<Self> {
        let inner = encapsulation.vlan.inner;
        encapsulation.vlan.outer.map(|outer| Self { outer, inner })
    }
}

impl Tunnel {
    /// Of what a connection travels in.
    pub(super) fn of(encapsulation: &Encapsulation) -> Option<Self> {
        let packet::Tunnel { kind, id, ends, .. } = encapsulation.tunnel?;
        let ends = ends.map(|(a, b)| [a.to_string(), b.to_string()]);
        Some(Self { kind: kind.name(), id, ends })
    }
}
