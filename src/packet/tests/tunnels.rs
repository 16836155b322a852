//! Packets within packets, and the link types of old.

use std::net::IpAddr;

use super::*;
use crate::packet::ports;

/// Kind and number of a tunnel.
type Inside = Option<(TunnelKind, Option<u32>)>;

const OUTER: [[u8; 4]; 2] = [[198, 51, 100, 1], [203, 0, 113, 1]];

/// An IPv4 packet between the ends of a tunnel.
fn outer(protocol: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + rest.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend(OUTER.concat());
    packet.extend(rest);
    packet
}

fn udp(destination: u16, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + rest.len()).unwrap();
    let ports = [40_000, destination, length, 0].map(u16::to_be_bytes);
    outer(17, &[&ports.concat(), rest].concat())
}

fn llc(kind: u16) -> Vec<u8> {
    [&[0xaa, 0xaa, 3, 0, 0, 0], &kind.to_be_bytes()[..]].concat()
}

fn wlan(first: u8, flags: u8) -> Vec<u8> {
    [&[first, flags, 0, 0], &[2; 6][..], &[4; 6], &[6; 6], &[0, 0]].concat()
}

fn tunnel(decoded: &Decoded<'_>) -> Inside {
    decoded.encapsulation.tunnel.map(|tunnel| (tunnel.kind, tunnel.id))
}

#[test]
fn every_tunnel_leads_to_the_inner_packet() {
    let ip = ip_packet(b"hello");
    let frame = ethernet(0x800, &ip);
    let with = |header: &[u8], rest: &[u8]| [header, rest].concat();
    let erspan_2 = [0x10, 0x64, 0, 7, 0, 0, 0, 1];
    let cases: [(&str, Vec<u8>, Inside); 17] = [
        ("ip:ip:tcp", outer(4, &ip), Some((TunnelKind::Ip, None))),
        (
            "ip:etherip:eth:ip:tcp",
            outer(97, &with(&[0x30, 0], &frame)),
            Some((TunnelKind::Ip, None)),
        ),
        ("ip:gre:ip:tcp", outer(47, &with(&[0, 0, 8, 0], &ip)), Some((TunnelKind::Gre, None))),
        (
            "ip:gre:eth:ip:tcp",
            outer(47, &with(&[0x20, 0, 0x65, 0x58, 0, 0, 9, 0], &frame)),
            Some((TunnelKind::Gre, Some(0x900))),
        ),
        (
            "ip:gre:ppp:ip:tcp",
            outer(47, &with(&[0x30, 1, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0x21], &ip)),
            Some((TunnelKind::Gre, None)),
        ),
        (
            "ip:gre:erspan:eth:ip:tcp",
            outer(47, &with(&[0, 0, 0x88, 0xbe], &frame)),
            Some((TunnelKind::Erspan, None)),
        ),
        (
            "ip:gre:erspan:eth:ip:tcp",
            outer(47, &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1], &erspan_2[..], &frame].concat()),
            Some((TunnelKind::Erspan, None)),
        ),
        (
            "ip:gre:ip:tcp",
            outer(47, &with(&[0, 0, 0x88, 0x3e, 1, 2, 3, 4], &ip)),
            Some((TunnelKind::Gre, None)),
        ),
        ("ip:mpls:ip:tcp", outer(137, &with(&[0, 1, 1, 64], &ip)), Some((TunnelKind::Mpls, None))),
        (
            "ip:udp:vxlan:eth:ip:tcp",
            udp(ports::VXLAN, &with(&[8, 0, 0, 1, 0, 0, 5, 0], &frame)),
            Some((TunnelKind::Vxlan, Some(5))),
        ),
        (
            "ip:udp:vxlan:ip:tcp",
            udp(ports::VXLAN_GPE, &with(&[0x0c, 0, 0, 1, 0, 0, 5, 0], &ip)),
            Some((TunnelKind::Vxlan, Some(5))),
        ),
        (
            "ip:udp:geneve:ip:tcp",
            udp(ports::GENEVE, &with(&[1, 0, 8, 0, 0, 0, 6, 0, 1, 2, 3, 4], &ip)),
            Some((TunnelKind::Geneve, Some(6))),
        ),
        (
            "ip:udp:gtp:ip:tcp",
            udp(ports::GTP_U, &with(&[0x30, 255, 0, 60, 0, 0, 0, 7], &ip)),
            Some((TunnelKind::Gtp, None)),
        ),
        (
            "ip:udp:l2tp:ppp:ip:tcp",
            udp(ports::L2TP, &with(&[0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21], &ip)),
            Some((TunnelKind::L2tp, None)),
        ),
        (
            "ip:udp:mpls:ip:tcp",
            udp(ports::MPLS, &with(&[0, 1, 1, 64], &ip)),
            Some((TunnelKind::Mpls, None)),
        ),
        (
            "ip:gre:ip:udp:vxlan:eth:ip:tcp",
            outer(
                47,
                &with(&[0, 0, 8, 0], &udp(ports::VXLAN, &with(&[8, 0, 0, 0, 0, 0, 5, 0], &frame))),
            ),
            Some((TunnelKind::Vxlan, Some(5))),
        ),
        ("ip:tcp", ip.clone(), None),
    ];
    for (expected, bytes, inside) in cases {
        let decoded = whole(LinkType::RAW, &bytes);
        assert_eq!(names(&decoded), expected);
        assert_eq!(decoded.payload, b"hello", "{expected}");
        assert_eq!(decoded.payload_offset, bytes.len() - 5, "{expected}");
        assert_eq!(tunnel(&decoded), inside, "{expected}");
        assert_eq!(decoded.network.unwrap().source, IpAddr::from([10, 0, 0, 2]), "{expected}");
        assert_eq!(transport_checksum_ok(&decoded), Some(true), "{expected}");
        for cut in 0..bytes.len() {
            decode_bytes(LinkType::RAW, &bytes[..cut], 2000);
        }
    }
}

#[test]
fn what_is_no_tunnel_stays_a_datagram() {
    let cases: [(u16, &[u8]); 7] = [
        (ports::VXLAN, &[0; 40]),
        (ports::GENEVE, &[0x80; 40]),
        (ports::GTP_U, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]),
        (ports::L2TP, &[0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]),
        (ports::TEREDO, b"no packet"),
        (ports::MPLS, &[0, 1, 1, 64, 0x90]),
        (443, &[0x60; 60]),
    ];
    for (port, payload) in cases {
        let bytes = udp(port, payload);
        let decoded = whole(LinkType::RAW, &bytes);
        assert_eq!((names(&decoded).as_str(), decoded.payload), ("ip:udp", payload), "{port}");
        assert_eq!(decoded.encapsulation, Encapsulation::default());
    }
}

#[test]
fn what_a_tunnel_does_not_decode_is_named() {
    let cisco = outer(47, &[0, 0, 0x20, 0, 2, 180]);
    assert_eq!(names(&whole(LinkType::RAW, &cisco)), "ip:gre:cdp");
}

#[test]
fn teredo_is_told_by_its_addresses() {
    let mut six = ipv6(17, &[0, 1, 0, 2, 0, 9, 0, 0, b'x']);
    six[8..12].copy_from_slice(&[0x20, 0x01, 0, 0]);
    for port in [ports::TEREDO, 50_000] {
        let bytes = udp(port, &six);
        assert_eq!(names(&whole(LinkType::RAW, &bytes)), "ip:udp:teredo:ipv6:udp");
    }
}

#[test]
fn the_tags_of_a_tunnel_are_those_of_its_inner_frame() {
    let inner = ethernet(0x8100, &[&[0, 9, 8, 0], &ip_packet(b"in")[..]].concat());
    let vxlan = udp(ports::VXLAN, &[&[8, 0, 0, 0, 0, 0, 5, 0], &inner[..]].concat());
    let bytes = ethernet(0x8100, &[&[0, 7, 8, 0], &vxlan[..]].concat());
    let decoded = whole(LinkType::ETHERNET, &bytes);
    assert_eq!(names(&decoded), "eth:vlan:ip:udp:vxlan:eth:vlan:ip:tcp");
    assert_eq!(decoded.encapsulation.vlan, Vlan { outer: Some(9), inner: None });
}

#[test]
fn from_point_to_point() {
    let ip = ip_packet(b"hello");
    let with = |header: &[u8]| [header, &ip].concat();
    let length = u16::try_from(ip.len() + 2).unwrap().to_be_bytes();
    let session = [&[0x11, 0, 0, 3, length[0], length[1], 0, 0x21], &ip[..], b"padding"].concat();
    let pseudowire = [&[0, 1, 1, 64, 0, 0, 0, 0], &ethernet(0x800, &ip)[..]].concat();
    let backbone = [&[0, 0, 0, 7], &ethernet(0x800, &ip)[..]].concat();
    let macsec = [&[0, 0, 0, 0, 0, 1, 8, 0], &ip[..], &[0; 16]].concat();
    let cases: [(&str, LinkType, Vec<u8>); 20] = [
        ("eth:pppoes:ppp:ip:tcp", LinkType::ETHERNET, ethernet(0x8864, &session)),
        ("pppoes:ppp:ip:tcp", LinkType::PPPOE, session.clone()),
        (
            "eth:mpls:ip:tcp",
            LinkType::ETHERNET,
            ethernet(0x8847, &with(&[0, 1, 0, 64, 0, 2, 1, 64])),
        ),
        ("eth:mpls:pwethcw:eth:ip:tcp", LinkType::ETHERNET, ethernet(0x8847, &pseudowire)),
        ("eth:ieee8021ah:eth:ip:tcp", LinkType::ETHERNET, ethernet(0x88e7, &backbone)),
        ("eth:vntag:ip:tcp", LinkType::ETHERNET, ethernet(0x8926, &with(&[0, 0, 0, 1, 8, 0]))),
        ("eth:cmd:ip:tcp", LinkType::ETHERNET, ethernet(0x8909, &with(&[1, 1, 0, 1, 0, 0, 8, 0]))),
        ("eth:macsec:ip:tcp", LinkType::ETHERNET, ethernet(0x88e5, &macsec)),
        ("ppp:ip:tcp", LinkType::PPP, with(&[0xff, 3, 0, 0x21])),
        ("ppp:ip:tcp", LinkType::PPP_HDLC, with(&[0xff, 3, 0, 0x21])),
        ("chdlc:ip:tcp", LinkType::PPP_HDLC, with(&[0x0f, 0, 8, 0])),
        ("chdlc:ip:tcp", LinkType::CISCO_HDLC, with(&[0x8f, 0, 8, 0])),
        ("ppp_hdlc:ppp:ip:tcp", LinkType::PPP_WITH_DIRECTION, with(&[0, 0xff, 3, 0x21])),
        ("fr:ip:tcp", LinkType::FRAME_RELAY, with(&[0x18, 0x41, 3, 0xcc])),
        ("fr:ip:tcp", LinkType::FRAME_RELAY, with(&[0x18, 0x41, 8, 0])),
        ("fr:ip:tcp", LinkType::FRAME_RELAY, with(&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0])),
        ("slip:ip:tcp", LinkType::SLIP, with(&[0; 16])),
        ("enc:ip:tcp", LinkType::ENC, with(&[0; 12])),
        ("pflog:ip:tcp", LinkType::PFLOG, [&[45, 2], &[0; 46][..], &ip].concat()),
        ("ipnet:ip:tcp", LinkType::IPNET, with(&[0; 24])),
    ];
    for (expected, link, bytes) in cases {
        let decoded = whole(link, &bytes);
        assert_eq!(names(&decoded), expected);
        assert_eq!(decoded.payload, b"hello", "{expected}");
        for cut in 0..bytes.len() {
            decode_bytes(link, &bytes[..cut], 2000);
        }
    }
    let bytes = ethernet(0x8864, &session);
    assert_eq!(tunnel(&whole(LinkType::ETHERNET, &bytes)), Some((TunnelKind::Pppoe, Some(3))));
}

#[test]
fn links_with_llc_and_wireless_ones() {
    let ip = ip_packet(b"hello");
    let snap = [&llc(0x800), &ip[..]].concat();
    let with = |header: &[u8]| [header, &snap].concat();
    let radiotap = [0, 0, 9, 0, 2, 0, 0, 0, 0x10];
    let ppi = [0, 0, 8, 0, 105, 0, 0, 0];
    let mut subframe = vec![0; 14];
    subframe[12..].copy_from_slice(&u16::try_from(snap.len()).unwrap().to_be_bytes());
    let qos = [&wlan(0x88, 1)[..], &[0x80, 0]].concat();
    let aggregate = [&qos[..], &subframe, &snap, b"the next one"].concat();
    let pktap = [&[12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], &ethernet(0x800, &ip)[..]].concat();
    let attribute = u16::try_from(ip.len() + 4).unwrap().to_le_bytes();
    let nflog = [&[2, 0, 0, 5, attribute[0], attribute[1], 9, 0], &ip[..]].concat();
    let cases: [(&str, LinkType, Vec<u8>); 14] = [
        ("llc:ip:tcp", LinkType::ATM_RFC1483, snap.clone()),
        ("llc:ip:tcp", LinkType::ATM_CLIP, snap.clone()),
        ("ip:tcp", LinkType::ATM_CLIP, ip.clone()),
        ("atm:llc:ip:tcp", LinkType::SUNATM, with(&[2, 0, 0, 5])),
        ("fddi:llc:ip:tcp", LinkType::FDDI, with(&[0x50; 13])),
        ("tr:llc:ip:tcp", LinkType::TOKEN_RING, with(&[0x10; 14])),
        ("wlan:llc:ip:tcp", LinkType::IEEE802_11, with(&wlan(0x08, 1))),
        (
            "radiotap:wlan:llc:ip:tcp",
            LinkType::IEEE802_11_RADIOTAP,
            [&radiotap, &wlan(0x08, 2)[..], &snap, b"fcs!"].concat(),
        ),
        ("ppi:wlan:llc:ip:tcp", LinkType::PPI, [&ppi, &wlan(0x08, 2)[..], &snap].concat()),
        (
            "wlancap:wlan:llc:ip:tcp",
            LinkType::IEEE802_11_AVS,
            [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 8], &wlan(0x08, 2)[..], &snap].concat(),
        ),
        ("wlan:llc:ip:tcp", LinkType::IEEE802_11, aggregate),
        ("pktap:eth:ip:tcp", LinkType::PKTAP, pktap),
        ("nflog:ip:tcp", LinkType::NFLOG, nflog),
        ("eth:llc:eth:ip:tcp", LinkType::ETHERNET, {
            let bridged =
                [&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0], &ethernet(0x800, &ip)[..]].concat();
            ethernet(u16::try_from(bridged.len()).unwrap(), &bridged)
        }),
    ];
    for (expected, link, bytes) in cases {
        let decoded = whole(link, &bytes);
        assert_eq!(names(&decoded), expected);
        assert_eq!(decoded.payload, b"hello", "{expected}");
        for cut in 0..bytes.len() {
            decode_bytes(link, &bytes[..cut], 2000);
        }
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let cases: [(LinkType, Vec<u8>, &str); 7] = [
        (
            LinkType::IEEE802_11,
            [&wlan(0x08, 0x41)[..], &[0; 20]].concat(),
            "encrypted by the wireless LAN",
        ),
        (
            LinkType::IEEE802_11,
            [&wlan(0x08, 0x05)[..], &[0; 20]].concat(),
            "a fragment of a wireless frame; these are not put together",
        ),
        (LinkType::ETHERNET, ethernet(0x88e5, &[0x0c; 40]), "encrypted by MACsec"),
        (
            LinkType::ETHERNET,
            ethernet(0x8847, &[0, 1, 1, 64, 0x90, 0]),
            "the labels do not say what they carry, and it is not IP",
        ),
        (LinkType::PPP, vec![0xc0, 0x21, 1], "LCP (PPP protocol 0xc021) is not decoded"),
        (LinkType::CISCO_HDLC, vec![0x8f, 0, 0x80, 0x35], "SLARP is not decoded"),
        (
            LinkType::FRAME_RELAY,
            vec![0x18, 0x41, 3, 0x99, 0],
            "network layer identifier 0x99 is not decoded",
        ),
    ];
    for (link, bytes, why) in cases {
        let (_, _, kind, said) = stop(&whole(link, &bytes));
        assert_eq!((kind, said.as_str()), (StopKind::Unknown, why));
    }
    let beacon = wlan(0x80, 0);
    assert_eq!(whole(LinkType::IEEE802_11, &beacon).stop, None);
    let offer = ethernet(0x8863, &[0x11, 7, 0, 0, 0, 2, 1, 1]);
    let decoded = whole(LinkType::ETHERNET, &offer);
    assert_eq!((names(&decoded).as_str(), decoded.payload.len()), ("eth:pppoed", 2));
}

#[test]
fn an_onion_of_tunnels_ends() {
    let mut onion = ip_packet(b"core");
    for _ in 0..30 {
        onion = outer(47, &[&[0, 0, 8, 0], &onion[..]].concat());
    }
    assert_eq!(stop(&whole(LinkType::RAW, &onion)).0, "nesting");
}
