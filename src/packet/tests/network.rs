//! The network layer and what it carries.

use super::*;

#[test]
fn ip_protocols_that_are_not_decoded() {
    let expected = [
        (2, "igmp", "IGMP (IP protocol 2) is not decoded"),
        (50, "esp", "ESP (IP protocol 50): encrypted"),
        (132, "sctp", "SCTP (IP protocol 132) is not decoded"),
        (33, "dccp", "DCCP (IP protocol 33) is not decoded"),
        (200, "data", "IP protocol 200 is not decoded"),
    ];
    for (number, layer, why) in expected {
        let bytes = ipv6(number, b"payload");
        let decoded = whole(LinkType::RAW, &bytes);
        assert_eq!(stop(&decoded), (layer, 40, StopKind::Unknown, why.to_owned()));
        assert_eq!(decoded.payload, b"payload");
        assert_eq!(decoded.network.unwrap().protocol, number);
    }
}

#[test]
fn ip_in_ip() {
    let inner = ip_packet(b"tunnelled");
    let bytes = ipv6(4, &inner);
    let decoded = whole(LinkType::RAW, &bytes);
    assert_eq!(names(&decoded), "ipv6:ip:tcp");
    assert_eq!(decoded.network.unwrap().source.to_string(), "10.0.0.2");
    assert_eq!(decoded.payload, b"tunnelled");
    let mut onion = inner;
    for _ in 0..30 {
        onion = ipv6(if onion.len() < 100 { 4 } else { 41 }, &onion);
    }
    assert_eq!(stop(&whole(LinkType::RAW, &onion)).0, "nesting");
}

#[test]
fn authentication_headers() {
    let mut bytes = ip_packet(b"signed");
    let tcp = bytes.split_off(20);
    bytes[9] = 51;
    bytes[3] += 16;
    bytes.extend([6, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9]);
    bytes.extend(tcp);
    let decoded = whole(LinkType::RAW, &bytes);
    assert_eq!((names(&decoded).as_str(), decoded.payload), ("ip:ah:tcp", &b"signed"[..]));
    assert_eq!(decoded.network.unwrap().protocol, 6);
    assert!(!decoded.network.unwrap().checksum_ok);
}

#[test]
fn ipv6_extension_headers() {
    let udp = [0, 1, 0, 2, 0, 9, 0, 0, b'x'];
    let chain = [
        [43, 0, 5, 2, 0, 0, 1, 0],
        [60, 0, 0, 0, 0, 0, 0, 0],
        [44, 0, 1, 4, 0, 0, 0, 0],
        [17, 0, 0, 0, 0, 0, 0, 9],
    ];
    let bytes = ipv6(0, &[&chain.concat()[..], &udp].concat());
    let decoded = whole(LinkType::RAW, &bytes);
    let all = "ipv6:ipv6.hopopts:ipv6.routing:ipv6.dstopts:ipv6.fraghdr:udp";
    assert_eq!(names(&decoded), all);
    let network = decoded.network.unwrap();
    // an atomic fragment (RFC 6946) is none
    assert_eq!((network.protocol, network.identification, network.fragment), (17, Some(9), None));
    assert_eq!(decoded.payload, b"x");
    let late = ipv6(60, &[0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0]);
    let decoded = whole(LinkType::RAW, &late);
    assert_eq!((stop(&decoded).0, stop(&decoded).1), ("ipv6.hopopts", 48));
    assert_eq!(names(&decoded), "ipv6:ipv6.dstopts:ipv6.hopopts");
    let cut = ipv6(43, &[17, 3, 0, 0, 0, 0, 0, 0]);
    let decoded = whole(LinkType::RAW, &cut);
    let why = "32 bytes needed, the packet has 8".to_owned();
    assert_eq!(stop(&decoded), ("ipv6.routing", 40, StopKind::Malformed, why));
}

#[test]
fn fragments_are_pieces() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &[7; 64]).fragment(1, 24);
    let packets = capture.packets();
    for (n, packet) in packets.iter().enumerate() {
        let decoded = decode(packet);
        assert_eq!(names(&decoded), "eth:ip");
        let fragment = decoded.network.unwrap().fragment.unwrap();
        assert_eq!(fragment, Fragment { offset: u32::try_from(n).unwrap() * 24, more: n < 2 });
        assert_eq!(decoded.payload.len(), 24);
        assert!(decoded.udp().is_none() && decoded.transport_payload().is_none());
        assert_eq!(transport_checksum_ok(&decoded), None);
    }
    // destination options behind the fragment header belong to the piece
    let bytes = ipv6(44, &[60, 0, 0, 1, 0, 0, 0, 5, 17, 0, 1, 4, 0, 0, 0, 0]);
    let decoded = whole(LinkType::RAW, &bytes);
    assert_eq!((decoded.payload.len(), decoded.network.unwrap().protocol), (8, 60));
    let again =
        decode_reassembled(decoded.network.unwrap(), decoded.payload, decoded.encapsulation, None);
    assert_eq!(again.network.unwrap().protocol, 17);
    assert_eq!(stop(&again).0, "udp");
}

#[test]
fn udp_lengths() {
    let udp = |length: u8| {
        let rest = [0, 1, 0, 2, 0, length, 0, 0, b'a', b'b', b'c', b'd'];
        let bytes = ipv6(17, &rest);
        let decoded = whole(LinkType::RAW, &bytes);
        assert_eq!(decoded.udp().unwrap().destination_port(), 2);
        (String::from_utf8_lossy(decoded.payload).into_owned(), decoded.missing)
    };
    assert_eq!(udp(12), ("abcd".into(), 0));
    assert_eq!(udp(10), ("ab".into(), 0));
    // a length that cannot be does not count
    for length in [0, 7, 99] {
        assert_eq!(udp(length), ("abcd".into(), 0));
    }
}

#[test]
fn checksums() {
    let wrong = |v6: bool, n: usize, build: fn(&mut Capture)| {
        let bytes = frame(|c| {
            if v6 {
                c.udp((Ipv6Addr::LOCALHOST, 1), (Ipv6Addr::LOCALHOST, 2), b"odd");
            } else {
                build(c);
            }
        });
        assert_eq!(transport_checksum_ok(&whole(LinkType::ETHERNET, &bytes)), Some(true));
        let mut changed = bytes;
        changed[n] ^= 1;
        transport_checksum_ok(&whole(LinkType::ETHERNET, &changed))
    };
    let udp = |c: &mut Capture| {
        c.udp(CLIENT, SERVER, b"odd");
    };
    assert_eq!(wrong(false, 44, udp), Some(false));
    assert_eq!(wrong(true, 64, udp), Some(false));
    let mut none = frame(udp);
    none[40..42].fill(0);
    assert_eq!(transport_checksum_ok(&whole(LinkType::ETHERNET, &none)), None);
    none[24] ^= 1;
    assert!(!whole(LinkType::ETHERNET, &none).network.unwrap().checksum_ok);
    // a source route under way: the checksum is that of the last destination
    let routed = ipv6(43, &[17, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 8, 1, 1]);
    assert_eq!(transport_checksum_ok(&whole(LinkType::RAW, &routed)), None);
}

#[test]
fn a_header_cut_by_the_snapshot_length_leaves_no_payload() {
    // an IPv6 packet of 28 bytes of TCP, 20 of which were captured
    let mut tcp = vec![0; 28];
    tcp[12] = 0x60;
    let bytes = ipv6(6, &tcp);
    let captured = &bytes[..60];
    let decoded = decode_bytes(LinkType::RAW, captured, 68);
    assert_eq!((decoded.payload, decoded.payload_offset, decoded.missing), (&[][..], 64, 4));
    assert!(decoded.stop.is_none());
}

proptest! {
    /// Whatever the bytes: no panic, and what is reported lies within the packet.
    #[test]
    fn any_bytes(
        link in prop::sample::select(vec![0u16, 1, 12, 101, 108, 113, 228, 229, 276, 105]),
        seed in 0usize..6,
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        more in 0u32..100,
    ) {
        // mostly near something real, so that deep layers are reached
        let starts: [&[u8]; 6] = [
            &[],
            &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6],
            &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 80, 0, 1],
            &[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4],
            &[0x60, 0, 0, 0, 0, 90, 44, 1],
            &[0x46, 0, 0, 90, 0, 0, 0, 0, 64, 4],
        ];
        for (byte, real) in bytes.iter_mut().zip(starts[seed]) {
            *byte = *real;
        }
        let on_wire = u32::try_from(bytes.len()).unwrap() + more;
        let decoded = decode_bytes(LinkType(link), &bytes, on_wire);
        let end = decoded.payload_offset + decoded.payload.len();
        let payload = bytes.get(decoded.payload_offset..end);
        prop_assert_eq!(decoded.payload, payload.unwrap_or_default());
        prop_assert!(end + usize::try_from(decoded.missing).unwrap() <= bytes.len() + more as usize);
        let headers: usize = decoded.layers.iter().map(Layer::header_len).sum();
        prop_assert!(headers <= decoded.payload_offset);
        if let Some(stop) = &decoded.stop {
            prop_assert_eq!(stop.offset, decoded.payload_offset);
        }
        prop_assert!(protocols(&decoded).count() <= 200);
        let _ = transport_checksum_ok(&decoded);
        if let Some(network) = decoded.network {
            let _ = decode_reassembled(network, decoded.payload, decoded.encapsulation, None);
        }
    }
}
