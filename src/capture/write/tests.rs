use std::collections::HashMap;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::capture::read_all;
use crate::capture::source::Damage;
use crate::time::{FrameNo, Timestamp};

fn packet(frame: u64, at: i64, link: u16, interface: u32, more: u32, data: Vec<u8>) -> Packet {
    let orig_len = u32::try_from(data.len()).unwrap() + more;
    Packet {
        frame: FrameNo(frame),
        at: Timestamp::from_nanos(at),
        link: LinkType(link),
        interface,
        orig_len,
        data: data.into(),
    }
}

fn packets() -> impl Strategy<Value = Vec<(Packet, Option<String>)>> {
    let one = (
        0..i64::MAX,
        prop_oneof![Just(1u16), Just(101), Just(113), Just(276)],
        0..4u32,
        0..2000u32,
        prop::collection::vec(any::<u8>(), 0..70),
        prop::option::of("[^\0]{0,20}"),
    );
    prop::collection::vec(one, 0..30).prop_map(|list| {
        (1..)
            .zip(list)
            .map(|(n, (at, link, interface, more, data, comment))| {
                (packet(n, at, link, interface, more, data), comment)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(packets in packets()) {
        let mut writer = Writer::new(Vec::new(), "out.pcapng").unwrap();
        for (packet, comment) in &packets {
            writer.packet(packet, comment.as_deref()).unwrap();
        }
        let file = writer.finish(&CaptureSummary::default()).unwrap();
        let (read, summary) = read_all(file.into()).unwrap();
        prop_assert_eq!(summary.damage, Vec::<Damage>::new());
        prop_assert_eq!(read.len(), packets.len());
        let mut interfaces = HashMap::new();
        for (read, (packet, _)) in read.iter().zip(&packets) {
            prop_assert_eq!(read.frame, packet.frame);
            prop_assert_eq!(read.at, packet.at);
            prop_assert_eq!(read.link, packet.link);
            prop_assert_eq!(read.orig_len, packet.orig_len);
            prop_assert_eq!(&read.data, &packet.data);
            let same = *interfaces.entry((packet.interface, packet.link)).or_insert(read.interface);
            prop_assert_eq!(read.interface, same);
        }
        let comments: Vec<_> = packets
            .into_iter()
            .filter_map(|(packet, comment)| Some((Some(packet.frame), comment?)))
            .collect();
        prop_assert_eq!(summary.comments, comments);
    }

    #[test]
    fn any_bytes_are_read_to_an_end(
        tail in prop::collection::vec(any::<u8>(), 0..300),
        flips in prop::collection::vec((0usize..400, any::<u8>()), 0..6),
    ) {
        let mut writer = Writer::new(Vec::new(), "out.pcapng").unwrap();
        writer.packet(&packet(1, 5, 1, 0, 0, vec![7; 60]), Some("note")).unwrap();
        writer.packet(&packet(2, 6, 101, 1, 9, vec![8; 33]), None).unwrap();
        let mut file = writer.finish(&CaptureSummary::default()).unwrap();
        file.extend(&tail);
        for (at, value) in flips {
            let len = file.len();
            file[at % len] = value;
        }
        if let Ok((packets, summary)) = read_all(Bytes::from(file)) {
            for (n, packet) in (1..).zip(&packets) {
                prop_assert_eq!(packet.frame.0, n);
                prop_assert!(packet.data.len() <= packet.orig_len as usize);
                prop_assert!((packet.interface as usize) < summary.interfaces.len());
            }
        }
    }
}

#[test]
fn interfaces_counters_names_and_secrets() {
    let interface = |name: &str, link, dropped| InterfaceInfo {
        name: Some(name.to_owned()),
        link,
        snaplen: 96,
        received: Some(10),
        dropped,
        described: vec![(3, (*b"by the door").into()), (12, (*b"Linux").into())],
    };
    let summary = CaptureSummary {
        interfaces: vec![
            interface("eth0", LinkType::ETHERNET, Some(2)),
            interface("tun0", LinkType::RAW, None),
            interface("unused", LinkType::RAW, Some(9)),
        ],
        names: vec![
            ("10.0.0.1".parse().unwrap(), "web.test".to_owned()),
            ("fe80::1".parse().unwrap(), "router".to_owned()),
        ],
        ..Default::default()
    };
    let mut writer = Writer::new(Vec::new(), "out.pcapng").unwrap();
    let first = packet(1, 1, 101, 1, 0, vec![1]);
    assert!(!writer.knows(&first));
    writer.describe(&summary.interfaces);
    assert!(writer.knows(&first));
    writer.packet(&first, None).unwrap();
    writer
        .secrets(&Secrets { kind: 0x544c_534b, data: Bytes::from_static(b"CLIENT_RANDOM") })
        .unwrap();
    writer.packet(&packet(2, -5, 1, 0, 0, vec![2, 3]), None).unwrap();
    let file = writer.finish(&summary).unwrap();
    let (packets, read) = read_all(file.into()).unwrap();
    assert_eq!(packets[1].at, Timestamp::default(), "before the epoch there is nothing to write");
    assert_eq!(read.interfaces, [summary.interfaces[1].clone(), summary.interfaces[0].clone()]);
    assert_eq!(read.names, summary.names);
    assert_eq!((read.skipped_blocks, read.damage), (0, vec![]));
}

#[test]
fn a_file_that_cannot_be_written_says_which() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let Err(error) = Writer::new(Full, "out.pcapng") else { panic!("written") };
    assert!(error.to_string().starts_with("cannot write out.pcapng: "), "{error}");
    assert!(Writer::create(Path::new("/nonexistent/x.pcapng")).is_err());
}
