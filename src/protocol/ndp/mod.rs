//! Neighbor Discovery (RFC 4861): who has which IPv6 address on the link, and who is a router.
//!
//! Takes ICMPv6 messages of types 133 to 137, gives what they say in the words that ARP uses.
//! ICMPv6 carries it and calls it: it has no flow of its own.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::icmpv6::{Icmpv6PayloadSlice, NdpOptionReadError, NdpOptionSlice};
use etherparse::{Icmpv6Slice, Icmpv6Type};

use crate::address::{Endpoint, MacAddr};
use crate::protocol::neighbor::{Binding, Method, NeighborMessage};

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// Something about neighbours.
    Neighbor(NeighborMessage),
    /// Something else, in words.
    Words(String),
}

/// Reads a message that `sender` sent to `receiver`: for solicitations and advertisements of
/// neighbours, asker and target. Nothing where it is not Neighbor Discovery.
///
/// The second part tells what was wrong with its options; those before it are read.
pub fn read(
    message: &Icmpv6Slice<'_>,
    sender: Endpoint,
    receiver: Endpoint,
) -> Option<(Said, Option<String>)> {
    let payload = match message.payload_slice() {
        Ok(payload) => payload,
        Err(error) if (133..=137).contains(&message.type_u8()) => {
            return Some((Said::Words("cut off".to_owned()), Some(error.to_string())));
        }
        Err(_) => return None,
    };
    let method = Method::Ndp;
    Some(match payload {
        Icmpv6PayloadSlice::NeighborSolicitation(solicitation) => {
            let (options, fault) = options(solicitation.options_iterator());
            let target = IpAddr::V6(solicitation.target_address());
            // RFC 4861 §4.3: from no address where the sender has none yet
            let said = if sender.ip.is_unspecified() {
                NeighborMessage::Probe { method, asker_mac: options.source, target }
            } else {
                NeighborMessage::Request {
                    method,
                    asker_ip: sender.ip,
                    asker_mac: options.source,
                    target,
                    // it must be there in a multicast, and may be left out otherwise
                    unicast: options.source.is_none() && fault.is_none(),
                }
            };
            (Said::Neighbor(said), fault)
        }
        Icmpv6PayloadSlice::NeighborAdvertisement(advertisement) => {
            let (options, fault) = options(advertisement.options_iterator());
            let Icmpv6Type::NeighborAdvertisement(header) = message.icmp_type() else {
                return None;
            };
            let ip = IpAddr::V6(advertisement.target_address());
            let said = match options.target {
                // RFC 4861 §4.4: an answer to one machine may leave it out
                None => Said::Words(format!("{ip} is there; no hardware address given")),
                Some(mac) if header.solicited => Said::Neighbor(NeighborMessage::Reply {
                    method,
                    owner: Binding { ip, mac },
                    told: (!receiver.ip.is_multicast()).then_some(receiver.ip),
                    solicited: true,
                    router: Some(header.router),
                }),
                Some(mac) => Said::Neighbor(NeighborMessage::Announcement {
                    method,
                    owner: Binding { ip, mac },
                }),
            };
            (said, fault)
        }
        Icmpv6PayloadSlice::RouterAdvertisement(advertisement) => {
            let (options, fault) = options(advertisement.options_iterator());
            let Icmpv6Type::RouterAdvertisement(header) = message.icmp_type() else { return None };
            let said = NeighborMessage::Router {
                ip: sender.ip,
                mac: options.source,
                prefixes: options.prefixes,
                lifetime: header.router_lifetime,
                dns: resolvers(message.payload()),
            };
            (Said::Neighbor(said), fault)
        }
        Icmpv6PayloadSlice::RouterSolicitation(solicitation) => {
            let (_, fault) = options(solicitation.options_iterator());
            (Said::Words("is there a router?".to_owned()), fault)
        }
        Icmpv6PayloadSlice::Redirect(redirect) => {
            let (_, fault) = options(redirect.options_iterator());
            let (to, through) = (redirect.destination_address(), redirect.target_address());
            let text = if to == through {
                format!("redirect: {to} is on this link")
            } else {
                format!("redirect: reach {to} through {through}")
            };
            (Said::Words(text), fault)
        }
        _ => return None,
    })
}

/// What the options say that concerns neighbours.
#[derive(Default)]
struct Options {
    source: Option<MacAddr>,
    target: Option<MacAddr>,
    /// Those on this link.
    prefixes: Vec<(IpAddr, u8)>,
}

fn options<'a>(
    list: impl Iterator<Item = Result<NdpOptionSlice<'a>, NdpOptionReadError>>,
) -> (Options, Option<String>) {
    let mut options = Options::default();
    for option in list {
        match option {
            Ok(NdpOptionSlice::SourceLinkLayerAddress(source)) => {
                options.source = options.source.or_else(|| mac(source.link_layer_address()));
            }
            Ok(NdpOptionSlice::TargetLinkLayerAddress(target)) => {
                options.target = options.target.or_else(|| mac(target.link_layer_address()));
            }
            Ok(NdpOptionSlice::PrefixInformation(prefix)) if prefix.on_link() => {
                let ip = IpAddr::V6(Ipv6Addr::from(prefix.prefix()));
                options.prefixes.push((ip, prefix.prefix_length()));
            }
            Ok(_) => {}
            Err(error) => return (options, Some(error.to_string())),
        }
    }
    (options, None)
}

/// The DNS servers of a router advertisement (RFC 8106 §5.1): behind two timers, an option of
/// type 25 with a lifetime and addresses.
fn resolvers(payload: &[u8]) -> Vec<IpAddr> {
    const RDNSS: u8 = 25;
    const MOST: usize = 16;
    let mut all = Vec::new();
    let mut options = payload.get(8..).unwrap_or_default();
    while let &[kind, words, ..] = options {
        let Some((option, rest)) = options.split_at_checked(usize::from(words) * 8) else { break };
        if option.is_empty() {
            break;
        }
        if kind == RDNSS {
            let (addresses, _) = option.get(8..).unwrap_or_default().as_chunks::<16>();
            all.extend(addresses.iter().map(|octets| IpAddr::from(*octets)));
        }
        options = rest;
    }
    all.truncate(MOST);
    all
}

/// Ethernet addresses fill their option of 8 bytes (RFC 2464 §6).
fn mac(bytes: &[u8]) -> Option<MacAddr> {
    <[u8; 6]>::try_from(bytes).ok().map(MacAddr)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 7]);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn said(bytes: &[u8], from: &str, to: &str) -> (Said, Option<String>) {
        let slice = Icmpv6Slice::from_slice(bytes).unwrap();
        read(&slice, Endpoint::new(ip(from), 0), Endpoint::new(ip(to), 0)).unwrap()
    }

    /// Type, the word behind the checksum, addresses, options.
    fn message(kind: u8, word: u32, addresses: &[&str], options: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![kind, 0, 0, 0];
        bytes.extend(word.to_be_bytes());
        for address in addresses {
            bytes.extend(address.parse::<Ipv6Addr>().unwrap().octets());
        }
        bytes.extend(options.concat());
        bytes
    }

    #[test]
    fn a_solicitation_asks_or_checks_that_nobody_has_it() {
        let source = [1, 1, 2, 0, 0, 0, 0, 7];
        let request = |asker_mac, unicast| {
            Said::Neighbor(NeighborMessage::Request {
                method: Method::Ndp,
                asker_ip: ip("fe80::1"),
                asker_mac,
                target: ip("fe80::2"),
                unicast,
            })
        };
        let bytes = message(135, 0, &["fe80::2"], &[&source]);
        assert_eq!(said(&bytes, "fe80::1", "fe80::2"), (request(Some(MAC), false), None));
        let bytes = message(135, 0, &["fe80::2"], &[]);
        assert_eq!(said(&bytes, "fe80::1", "fe80::2"), (request(None, true), None));
        let probe =
            NeighborMessage::Probe { method: Method::Ndp, asker_mac: None, target: ip("fe80::2") };
        assert_eq!(said(&bytes, "::", "fe80::2"), (Said::Neighbor(probe), None));
    }

    #[test]
    fn an_advertisement_answers_or_announces() {
        let target = [2, 1, 2, 0, 0, 0, 0, 7];
        let owner = Binding { ip: ip("fe80::2"), mac: MAC };
        let bytes = message(136, 0xe000_0000, &["fe80::2"], &[&target]);
        let reply = |told| {
            Said::Neighbor(NeighborMessage::Reply {
                method: Method::Ndp,
                owner,
                told,
                solicited: true,
                router: Some(true),
            })
        };
        assert_eq!(said(&bytes, "fe80::2", "fe80::1").0, reply(Some(ip("fe80::1"))));
        assert_eq!(said(&bytes, "fe80::2", "ff02::1").0, reply(None));
        let bytes = message(136, 0x2000_0000, &["fe80::2"], &[&target]);
        let announcement = NeighborMessage::Announcement { method: Method::Ndp, owner };
        assert_eq!(said(&bytes, "fe80::2", "ff02::1").0, Said::Neighbor(announcement));
        let bytes = message(136, 0x4000_0000, &["fe80::2"], &[]);
        let words = Said::Words("fe80::2 is there; no hardware address given".to_owned());
        assert_eq!(said(&bytes, "fe80::2", "fe80::1").0, words);
    }

    #[test]
    fn a_router_gives_its_prefixes() {
        let mut prefix = vec![3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0];
        prefix.extend(ip6("2001:db8:7::"));
        let mut elsewhere = prefix.clone();
        elsewhere[3] = 0x40;
        let source = [1, 1, 2, 0, 0, 0, 0, 7];
        let mtu = [5, 1, 0, 0, 0, 0, 5, 0xdc];
        // hop limit 64, no flags, lifetime 1800 s; then two timers
        let timers = [0; 8];
        let options: [&[u8]; 5] = [&timers, &mtu, &prefix, &elsewhere, &source];
        let bytes = message(134, 0x4000_0708, &[], &options);
        let router = NeighborMessage::Router {
            ip: ip("fe80::2"),
            mac: Some(MAC),
            prefixes: vec![(ip("2001:db8:7::"), 64)],
            lifetime: 1800,
            dns: Vec::new(),
        };
        assert_eq!(said(&bytes, "fe80::2", "ff02::1"), (Said::Neighbor(router), None));
    }

    fn ip6(text: &str) -> [u8; 16] {
        text.parse::<Ipv6Addr>().unwrap().octets()
    }

    #[test]
    fn an_option_without_length_ends_the_list() {
        let options: [&[u8]; 2] = [&[1, 1, 2, 0, 0, 0, 0, 7], &[1, 0, 0, 0, 0, 0, 0, 0]];
        let (said, fault) = said(&message(135, 0, &["fe80::2"], &options), "fe80::1", "fe80::2");
        let Said::Neighbor(NeighborMessage::Request { asker_mac, .. }) = said else {
            panic!("{said:?}")
        };
        assert_eq!(asker_mac, Some(MAC));
        assert!(fault.is_some());
    }

    #[test]
    fn redirects_and_other_messages() {
        let bytes = message(137, 0, &["fe80::9", "2001:db8::1"], &[]);
        let words = Said::Words("redirect: reach 2001:db8::1 through fe80::9".to_owned());
        assert_eq!(said(&bytes, "fe80::2", "fe80::1"), (words, None));
        let echo = message(128, 0, &[], &[]);
        let nobody = Endpoint::new(ip("::"), 0);
        assert_eq!(read(&Icmpv6Slice::from_slice(&echo).unwrap(), nobody, nobody), None);
    }
}
