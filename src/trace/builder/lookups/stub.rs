//! A resolver on the client's own host (systemd-resolved, dnsmasq): what programs ask it over
//! loopback it passes on, or answers from its cache.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::protocol::dns::message::{Flavor, Message};

/// From where programs ask a resolver on their own host. What is seen of it was captured on that
/// host, whatever its other addresses.
pub(super) const LOCAL: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// True for a question that may be one that was asked over loopback, passed on.
pub(super) fn may_be_passed_on(message: &Message) -> bool {
    let ends = [message.client.ip, message.resolver.ip];
    message.flavor == Flavor::Dns && !ends.iter().any(IpAddr::is_loopback)
}
