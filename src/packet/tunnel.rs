//! The VLAN and the tunnel that a packet travels in: flows in different ones are different flows.

use std::net::IpAddr;

/// What a packet travels in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Encapsulation {
    /// Its VLAN tags; within a tunnel those of the inner packet.
    pub vlan: Vlan,
    /// The (innermost) tunnel.
    pub tunnel: Option<Tunnel>,
}

/// The VLAN that a packet belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlan {
    /// The outermost tag's VLAN identifier.
    pub outer: Option<u16>,
    /// The second tag's, for QinQ.
    pub inner: Option<u16>,
}

impl Encapsulation {
    /// A number that is equal for packets that travel in the same; 0 for those without any.
    #[inline]
    pub fn scope(&self) -> u64 {
        let tag = |id: Option<u16>| id.map_or(0, |id| u64::from(id) + 1);
        let tags = tag(self.vlan.outer) | tag(self.vlan.inner) << 32;
        self.tunnel.map_or(tags, |tunnel| mix(tunnel.scope ^ tags))
    }
}

/// The innermost tunnel around a packet, and a number for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tunnel {
    /// What kind it is.
    pub kind: TunnelKind,
    /// Its number where the kind has one that is the same in both directions: a VXLAN or GENEVE
    /// network identifier, a GRE key, a PPPoE session.
    pub id: Option<u32>,
    /// The two ends of the tunnel, the lower one first, where they tell it from others.
    pub ends: Option<(IpAddr, IpAddr)>,
    /// Equal for packets that are in the same tunnels, all levels of them.
    scope: u64,
}

/// The kinds of tunnels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TunnelKind {
    /// IP in IP, 6in4 and their like (RFC 2003, RFC 4213, RFC 2473).
    Ip,
    /// GRE (RFC 2784, RFC 2890), and NVGRE, where the key is a network (RFC 7637).
    Gre,
    /// A mirror session of a switch; packets of one connection may be in several sessions.
    Erspan,
    /// VXLAN (RFC 7348).
    Vxlan,
    /// GENEVE (RFC 8926).
    Geneve,
    /// GTP-U (3GPP TS 29.281). Its tunnel identifiers differ with the direction.
    Gtp,
    /// Teredo (RFC 4380). A client reaches its peers through changing relays.
    Teredo,
    /// L2TP (RFC 2661). Its session identifiers differ with the direction.
    L2tp,
    /// PPPoE (RFC 2516).
    Pppoe,
    /// MPLS in UDP (RFC 7510). Labels differ with the direction.
    Mpls,
}

impl TunnelKind {
    /// The name that Wireshark has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Gre => "gre",
            Self::Erspan => "erspan",
            Self::Vxlan => "vxlan",
            Self::Geneve => "geneve",
            Self::Gtp => "gtp",
            Self::Teredo => "teredo",
            Self::L2tp => "l2tp",
            Self::Pppoe => "pppoes",
            Self::Mpls => "mpls",
        }
    }

    /// True where the addresses of the tunnel's ends tell it from others of its kind. They do not
    /// where the number alone does (an overlay network spans many ends), nor where they change.
    const fn is_told_by_ends(self) -> bool {
        matches!(self, Self::Ip | Self::Gre | Self::Gtp | Self::L2tp | Self::Mpls)
    }
}

impl Tunnel {
    /// A tunnel within `outer` between `ends`, in any order.
    pub(in crate::packet) fn within(
        outer: Option<Self>,
        kind: TunnelKind,
        id: Option<u32>,
        ends: Option<(IpAddr, IpAddr)>,
    ) -> Self {
        let ends = ends.filter(|_| kind.is_told_by_ends());
        let ends = ends.map(|(a, b)| if a <= b { (a, b) } else { (b, a) });
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => u128::from(ip.to_bits()),
            IpAddr::V6(ip) => ip.to_bits(),
        };
        let (lo, hi) = ends.map_or((0, 0), |(lo, hi)| (number(lo), number(hi)));
        let parts = [
            outer.map_or(0, |outer| outer.scope),
            kind as u64 + 1,
            id.map_or(0, |id| u64::from(id) + 1),
            fold(lo),
            fold(hi),
        ];
        let scope = parts.into_iter().fold(0, |scope, part| mix(scope ^ part));
        Self { kind, id, ends, scope }
    }

    /// Equal for packets that are in the same tunnels, all levels of them.
    #[inline]
    pub const fn scope(&self) -> u64 {
        self.scope
    }
}

fn fold(number: u128) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "one half after the other")]
    let (high, low) = ((number >> 64) as u64, number as u64);
    mix(high) ^ low
}

/// Spreads every bit over all others (the finalizer of MurmurHash3).
const fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
    const C: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 3));

    fn tunnel(kind: TunnelKind, id: Option<u32>, ends: (IpAddr, IpAddr)) -> Tunnel {
        Tunnel::within(None, kind, id, Some(ends))
    }

    #[test]
    fn both_directions_are_in_one_tunnel() {
        let there = tunnel(TunnelKind::Ip, None, (A, B));
        assert_eq!(there, tunnel(TunnelKind::Ip, None, (B, A)));
        assert_eq!(there.ends, Some((A, B)));
    }

    #[test]
    fn kinds_numbers_ends_and_levels_part_tunnels() {
        let plain = tunnel(TunnelKind::Gre, None, (A, B));
        let all = [
            plain,
            tunnel(TunnelKind::Ip, None, (A, B)),
            tunnel(TunnelKind::Gre, Some(0), (A, B)),
            tunnel(TunnelKind::Gre, Some(1), (A, B)),
            tunnel(TunnelKind::Gre, None, (A, C)),
            Tunnel::within(Some(plain), TunnelKind::Gre, None, Some((A, B))),
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(one.scope(), other.scope(), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn an_overlay_network_is_its_number_wherever_it_ends() {
        let one = tunnel(TunnelKind::Vxlan, Some(7), (A, B));
        assert_eq!(one, tunnel(TunnelKind::Vxlan, Some(7), (B, C)));
        assert_ne!(one, tunnel(TunnelKind::Vxlan, Some(8), (A, B)));
    }
}
