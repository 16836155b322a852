//! Bytes become events: one folder a protocol, one row in [`PROTOCOLS`].

pub mod analyzer;
pub mod arp;
pub mod budget;
pub mod buffer;
pub mod configuration;
mod crypto;
pub mod detect;
pub mod dhcp;
pub mod dhcpv6;
pub mod dns;
pub mod event;
pub mod hold;
pub mod http;
pub mod http1;
pub mod http2;
pub mod http3;
pub mod icmp;
pub mod ndp;
pub mod neighbor;
pub mod nested;
pub mod quic;
pub mod refusal;
pub mod repeated;
pub mod routes;
pub mod secrets;
pub mod session;
pub mod sessions;
pub mod socks;
pub mod tls;
pub mod websocket;

use crate::protocol::analyzer::Protocol;

/// The protocols, in the order in which they are tried.
pub static PROTOCOLS: &[&Protocol] = &[
    &http1::PROTOCOL,
    &http2::PROTOCOL,
    &http3::PROTOCOL,
    &tls::PROTOCOL,
    &socks::PROTOCOL,
    &quic::PROTOCOL,
    &dns::DNS,
    &dns::MDNS,
    &dns::LLMNR,
    &dhcp::PROTOCOL,
    &dhcpv6::PROTOCOL,
    &arp::ARP,
    &icmp::ICMP,
    &icmp::ICMPV6,
];
