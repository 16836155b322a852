use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::protocol::dns::message::Name;
use crate::time::{FrameNo, Stamp, Timestamp};

fn envelope(flavor: Flavor, missing: u32) -> Envelope {
    let end = |host, port| Endpoint::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), port);
    Envelope {
        flavor,
        over: Carrier::Udp,
        sender: end(1, 53),
        receiver: end(2, 40_000),
        span: Span::at(Stamp::new(Timestamp::from_nanos(5), FrameNo(1))),
        missing,
    }
}

fn read_as(flavor: Flavor, bytes: &[u8], missing: u32) -> Reading {
    read(bytes, &envelope(flavor, missing), &Limits::default())
}

fn message(bytes: &[u8]) -> Message {
    let reading = read_as(Flavor::Dns, bytes, 0);
    assert_eq!((reading.fault, reading.trailing), (None, 0));
    reading.message.unwrap()
}

/// A header with flags and counts, and the question `www.example.com` of a type at offset 12.
fn asked(flags: u16, rtype: u16, counts: [u16; 3]) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34];
    bytes.extend(flags.to_be_bytes());
    bytes.extend(1u16.to_be_bytes());
    bytes.extend(counts.into_iter().flat_map(u16::to_be_bytes));
    bytes.extend(b"\x03www\x07example\x03com\0");
    bytes.extend(rtype.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

/// Adds a record of class IN with the name at offset 12.
fn record(bytes: &mut Vec<u8>, rtype: u16, ttl: u32, data: &[u8]) {
    bytes.extend([0xc0, 12]);
    bytes.extend(rtype.to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(ttl.to_be_bytes());
    bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend(data);
}

fn answer(rtype: u16, data: &[u8]) -> RecordData {
    let mut bytes = asked(0x8180, rtype, [1, 0, 0]);
    record(&mut bytes, rtype, 300, data);
    message(&bytes).answers.remove(0).data
}

fn other(rtype: u16, data: &[u8]) -> String {
    match answer(rtype, data) {
        RecordData::Other(text) => text.into_string(),
        data => panic!("{data:?}"),
    }
}

fn named(name: &str) -> Name {
    name.into()
}

#[test]
fn a_query_is_asked_by_its_sender() {
    let query = message(&asked(0x0120, 28, [0, 0, 0]));
    assert_eq!((query.id, query.opcode, query.size), (0x1234, 0, 33));
    assert!(query.flags.recursion_desired && query.flags.authentic_data && !query.flags.response);
    assert_eq!((query.client.port, query.resolver.port), (53, 40_000));
    let question = &query.questions[0];
    assert_eq!(&*question.name, "www.example.com");
    assert_eq!((question.rtype, question.class), (RecordType::AAAA, Class::IN));
    let response = message(&asked(0x8183, 1, [0, 0, 0]));
    assert_eq!((response.client.port, response.resolver.port), (40_000, 53));
    assert_eq!(response.rcode, Rcode::NXDOMAIN);
    assert!(response.flags.recursion_available && !response.incomplete);
}

#[test]
fn a_chain_of_names_ends_in_addresses() {
    let mut bytes = asked(0x8580, 1, [3, 1, 0]);
    record(&mut bytes, 5, 60, b"\x03cdn\xc0\x10");
    record(&mut bytes, 1, 30, &[192, 0, 2, 7]);
    record(&mut bytes, 28, 30, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    let mut soa = b"\x02ns\xc0\x10\x04host\xc0\x10".to_vec();
    for number in [2026u32, 1, 2, 3, 900] {
        soa.extend(number.to_be_bytes());
    }
    record(&mut bytes, 6, 900, &soa);
    let message = message(&bytes);
    assert!(message.flags.authoritative);
    assert_eq!(message.answers[0].data, RecordData::Name(named("cdn.example.com")));
    assert_eq!(message.answers[0].ttl, 60);
    assert_eq!(message.answers[1].data, RecordData::A(Ipv4Addr::new(192, 0, 2, 7)));
    assert_eq!(message.answers[2].data, RecordData::Aaaa("2001:db8::9".parse().unwrap()));
    assert_eq!(
        message.authority[0].data,
        RecordData::Soa {
            mname: named("ns.example.com"),
            rname: named("host.example.com"),
            serial: 2026,
            minimum: 900,
        }
    );
}

#[test]
fn each_type_has_its_form() {
    assert_eq!(
        answer(15, b"\x00\x0a\x04mail\xc0\x10"),
        RecordData::Mx { preference: 10, exchange: named("mail.example.com") }
    );
    assert_eq!(answer(2, b"\x02ns\0"), RecordData::Name(named("ns")));
    assert_eq!(answer(12, b"\0"), RecordData::Name(named(".")));
    assert_eq!(answer(39, b"\x01d\0"), RecordData::Name(named("d")));
    assert_eq!(
        answer(16, b"\x03a b\x02\"\x01"),
        RecordData::Txt(vec!["a b".into(), "\\\"\\001".into()])
    );
    assert_eq!(answer(99, b"\x06v=spf1"), RecordData::Txt(vec!["v=spf1".into()]));
    assert_eq!(
        answer(33, b"\x00\x01\x00\x02\x1f\x90\x01h\0"),
        RecordData::Srv { priority: 1, weight: 2, port: 8080, target: named("h") }
    );
    assert_eq!(
        answer(65, b"\x00\x01\0\x00\x01\x00\x06\x02h3\x02h2\x00\x04\x00\x04\xc0\x00\x02\x01"),
        RecordData::Svcb {
            priority: 1,
            target: named("."),
            params: vec![("alpn".into(), "h3,h2".into()), ("ipv4hint".into(), "192.0.2.1".into()),],
        }
    );
    assert_eq!(other(257, b"\x00\x05issueca.example"), "0 issue \"ca.example\"");
    assert_eq!(other(43, b"\x12\x34\x0d\x02\xab\xcd"), "4660 13 2 abcd");
    assert_eq!(other(13, b"\x03x\x1b[\x02os"), "\"x\\027[\" \"os\"");
    assert_eq!(other(44, b"\x02\x01\xa6\xb9"), "2 1 A6B9");
    assert_eq!(other(4321, b"\x01\x02"), "\\# 2 0102");
    assert_eq!(other(10, b"\x01"), "\\# 1 01");
}

#[test]
fn options_stand_apart_and_extend_the_code() {
    let mut bytes = asked(0x8180, 1, [0, 0, 2]);
    // OPT: root, 41, 1232 bytes, extended code 1, version 0, DO
    bytes.extend(b"\0\x00\x29\x04\xd0\x01\x00\x80\x00\x00\x08\x00\x0c\x00\x04\0\0\0\0");
    record(&mut bytes, 1, 1, &[10, 0, 0, 1]);
    let message = message(&bytes);
    let edns = message.edns.unwrap();
    assert_eq!((edns.udp_size, edns.version, edns.dnssec_ok), (1232, 0, true));
    assert_eq!(edns.options, [(12, "padding, 4 bytes".into())]);
    assert_eq!(message.rcode, Rcode(16));
    assert_eq!(message.additional.len(), 1);
}

#[test]
fn mdns_uses_the_top_bit_of_the_class() {
    let mut bytes = asked(0x8400, 1, [1, 0, 0]);
    let class = bytes.len() - 2;
    bytes[class] = 0x80;
    record(&mut bytes, 1, 120, &[10, 0, 0, 1]);
    bytes[class + 6] = 0x80;
    let message = read_as(Flavor::Mdns, &bytes, 0).message.unwrap();
    assert!(message.questions[0].unicast_response && message.answers[0].cache_flush);
    assert_eq!((message.questions[0].class, message.answers[0].class), (Class::IN, Class::IN));
    let plain = read_as(Flavor::Dns, &bytes, 0).message.unwrap();
    assert!(!plain.questions[0].unicast_response);
    assert_eq!(plain.questions[0].class, Class(0x8001));
}

#[test]
fn what_comes_before_a_cut_is_kept() {
    let mut bytes = asked(0x8180, 1, [2, 0, 0]);
    record(&mut bytes, 1, 30, &[192, 0, 2, 1]);
    let first = bytes.len();
    record(&mut bytes, 1, 30, &[192, 0, 2, 2]);
    for cut in 0..bytes.len() {
        let (kept, gone) = bytes.split_at(cut);
        let reading = read_as(Flavor::Dns, kept, u32::try_from(gone.len()).unwrap());
        assert_eq!(reading.fault, None, "cut at {cut}");
        let Some(message) = reading.message else {
            assert!(cut < Header::LEN);
            continue;
        };
        assert!(message.incomplete);
        assert_eq!(message.size as usize, bytes.len());
        assert_eq!(message.questions.len(), usize::from(cut >= 33), "cut at {cut}");
        assert_eq!(message.answers.len(), usize::from(cut >= first), "cut at {cut}");
        // the same bytes, all that were sent
        let fault = read_as(Flavor::Dns, kept, 0).fault.unwrap();
        assert!(matches!(fault, Fault::Malformed { error: ParseError::ShortInput, .. }));
    }
}

#[test]
fn names_that_go_in_circles_are_refused() {
    let mut bytes = asked(0x8180, 1, [1, 0, 0]);
    let offset = bytes.len();
    let itself = u8::try_from(offset).unwrap();
    bytes.extend([0xc0, itself, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4]);
    let reading = read_as(Flavor::Dns, &bytes, 0);
    let Some(Fault::Malformed { offset: at, what: "record", .. }) = reading.fault else {
        panic!("{:?}", reading.fault)
    };
    assert_eq!(at, offset);
    let message = reading.message.unwrap();
    assert!(message.incomplete && message.questions.len() == 1);
    // a cut elsewhere does not excuse it
    assert!(read_as(Flavor::Dns, &bytes, 9).fault.is_some());
}

#[test]
fn data_that_breaks_its_type_is_kept_as_bytes() {
    let mut bytes = asked(0x8180, 1, [2, 0, 0]);
    record(&mut bytes, 1, 30, &[1, 2, 3]);
    record(&mut bytes, 1, 30, &[192, 0, 2, 2]);
    let reading = read_as(Flavor::Dns, &bytes, 0);
    assert!(matches!(reading.fault, Some(Fault::Malformed { offset: 45, .. })));
    let message = reading.message.unwrap();
    assert!(!message.incomplete);
    assert_eq!(message.answers[0].data, RecordData::Other("\\# 3 010203".into()));
    assert_eq!(message.answers[1].data, RecordData::A(Ipv4Addr::new(192, 0, 2, 2)));
}

#[test]
fn an_update_deletes_records_without_data() {
    // RFC 2136 §2.5.2: delete all A records of a name, class ANY
    let mut bytes = asked(0x2800, 6, [0, 1, 0]);
    bytes.extend(b"\xc0\x0c\x00\x01\x00\xff\0\0\0\0\0\0");
    let message = message(&bytes);
    assert_eq!((message.opcode, message.questions[0].rtype), (5, RecordType::SOA));
    assert_eq!(message.authority[0].class, Class(255));
    assert_eq!(message.authority[0].data, RecordData::Other("\\# 0".into()));
}

#[test]
fn names_have_a_bound_and_bytes_behind_records_are_counted() {
    let mut bytes = asked(0x8180, 1, [3, 0, 0]);
    for host in 0..3 {
        record(&mut bytes, 1, 30, &[10, 0, 0, host]);
    }
    bytes.extend([0; 7]);
    assert_eq!(read_as(Flavor::Dns, &bytes, 0).trailing, 7);
    let limits = Limits { dns_names: 3 * "www.example.com".len(), ..Limits::default() };
    let reading = read(&bytes, &envelope(Flavor::Dns, 0), &limits);
    assert_eq!(reading.fault, Some(Fault::LongNames));
    let message = reading.message.unwrap();
    assert_eq!(message.answers.len(), 2);
    assert!(message.incomplete);
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_as(Flavor::Mdns, &bytes, 0);
    }

    #[test]
    fn no_change_of_a_message_is_too_strange(
        at in proptest::collection::vec((0usize..120, any::<u8>()), 1..6),
        rtype in prop_oneof![0u16..70, 250u16..260],
        data in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = asked(0x8180, rtype, [1, 0, 1]);
        record(&mut bytes, rtype, 300, &data);
        record(&mut bytes, 41, 0, &data);
        read_as(Flavor::Dns, &bytes, 0);
        for (place, value) in at {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
        }
        let reading = read_as(Flavor::Dns, &bytes, 0);
        if let Some(message) = reading.message {
            let shown = format!("{message:?}");
            prop_assert!(!shown.contains(|c: char| c.is_control()), "{shown:?}");
        }
    }
}

/// One line of a zone file each (RFC 1035 §5, and the RFC of each type), without brackets.
#[test]
fn dnssec_and_rarer_types_have_their_form_too() {
    let key = [0xab; 6];
    assert_eq!(other(48, &[&[1, 1, 3, 13], &key[..]].concat()), "257 3 13 q6urq6ur");
    assert_eq!(other(60, &[&[1, 1, 3, 13], &key[..]].concat()), "257 3 13 q6urq6ur");
    assert_eq!(other(59, b"\x12\x34\x0d\x02\xab\xcd"), "4660 13 2 abcd");
    let mut rrsig = vec![0, 1, 13, 2, 0, 0, 14, 16];
    rrsig.extend(1_700_000_000_u32.to_be_bytes());
    rrsig.extend(1_690_000_000_u32.to_be_bytes());
    rrsig.extend(b"\x12\x34\x07example\0");
    rrsig.extend(key);
    assert_eq!(
        other(46, &rrsig),
        "A 13 2 3600 20231114221320 20230722042640 4660 example. q6urq6ur"
    );
    assert_eq!(other(47, b"\x04next\0\x00\x02\x40\x01"), "next. A MX");
    assert_eq!(
        other(50, b"\x01\x01\x00\x05\x02\xaa\xbb\x05hello\x00\x01\x40"),
        "1 1 5 AABB D1IMOR3F A"
    );
    assert_eq!(other(51, b"\x01\x00\x00\x0a\x00"), "1 0 10 -");
    assert_eq!(other(52, b"\x03\x01\x01\xab\xcd"), "3 1 1 ABCD");
    assert_eq!(
        other(35, b"\x00\x64\x00\x0a\x01U\x07E2U+sip\x05!^.*!\x01r\0"),
        "100 10 \"U\" \"E2U+sip\" \"!^.*!\" r."
    );
    assert_eq!(other(17, b"\x04mail\0\x03txt\0"), "mail. txt.");
    assert_eq!(other(14, b"\x01a\0\x01b\0"), "a. b.");
    assert_eq!(other(61, &key), "q6urq6ur");
    assert_eq!(other(45, b"\x0a\x01\x02\xc0\x00\x02\x01\xab\xab\xab"), "10 1 2 192.0.2.1 q6ur");
    assert_eq!(
        other(63, &[&[0, 0, 0, 9, 1, 1], &[0xab; 48][..]].concat()),
        format!("9 1 1 {}", "AB".repeat(48))
    );
}
