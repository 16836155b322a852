//! What hosts were told about their network.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::MacAddr;
use crate::protocol::configuration::ConfiguredBy;
use crate::report::json::value::{Moment, Text};
use crate::trace::configuration as model;

/// An address and what comes with it, as DHCP, DHCPv6 or a router told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Configuration<'a> {
    /// When it was told.
    pub told: Moment,
    /// Who tells it.
    pub by: ConfigurationSource,
    /// The hardware address that it is for; null where it is for all on the link.
    pub mac: Option<Text<MacAddr>>,
    /// The address that is given; null where hosts make their own from a prefix.
    pub address: Option<IpAddr>,
    /// The networks on this link.
    pub networks: Vec<Network>,
    /// The routers that lead elsewhere.
    pub routers: &'a [IpAddr],
    /// The DNS servers to ask.
    pub dns_servers: &'a [IpAddr],
    /// The domain that short names are completed with.
    pub domain: Option<&'a str>,
    /// How long it holds, in seconds.
    pub lifetime_s: Option<u32>,
    /// The server, or the router that advertises.
    pub server: Option<IpAddr>,
}

/// How a configuration comes to a host.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigurationSource {
    /// DHCP.
    Dhcp,
    /// DHCPv6.
    Dhcpv6,
    /// An IPv6 router advertisement.
    RouterAdvertisement,
}

/// A network on the link.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Network {
    /// Its address.
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix_length: u8,
}

/// Whether a connection stays on the client's network, as a configuration says.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Reach {
    /// The configuration, an index into `configurations`.
    pub configuration: u32,
    /// The client's network.
    pub network: Network,
    /// True where the server is in it: no router is between them.
    pub local: bool,
}

impl<'a> From<&'a model::Configured> for Configuration<'a> {
    fn from(configured: &'a model::Configured) -> Self {
        let what = &configured.what;
        Self {
            told: configured.at.into(),
            by: match what.by {
                ConfiguredBy::Dhcp => ConfigurationSource::Dhcp,
                ConfiguredBy::Dhcpv6 => ConfigurationSource::Dhcpv6,
                ConfiguredBy::Router => ConfigurationSource::RouterAdvertisement,
            },
            mac: what.mac.map(Text),
            address: what.address,
            networks: what.networks.iter().map(|network| Network::from(*network)).collect(),
            routers: &what.routers,
            dns_servers: &what.dns,
            domain: what.domain.as_deref(),
            lifetime_s: what.lifetime,
            server: what.server,
        }
    }
}

impl From<(IpAddr, u8)> for Network {
    fn from((address, prefix_length): (IpAddr, u8)) -> Self {
        Self { address, prefix_length }
    }
}

impl From<model::Reach> for Reach {
    fn from(reach: model::Reach) -> Self {
        Self {
            configuration: reach.configuration,
            network: reach.network.into(),
            local: reach.is_local,
        }
    }
}
