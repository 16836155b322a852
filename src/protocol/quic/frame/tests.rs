use proptest::prelude::*;

use super::*;
use crate::protocol::quic::testing as write;

fn read(payload: &[u8]) -> Vec<Result<Frame<'_>, Fault>> {
    Reader::new(payload).collect()
}

fn written(write: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn fault(payload: &[u8]) -> Anomaly {
    let mut faults = Reader::new(payload).filter_map(Result::err);
    let fault = faults.next().unwrap();
    assert_eq!(faults.next(), None);
    fault.into()
}

/// One frame of each type, with its name.
fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let plain = |kind, fields: &[u64]| written(|out| write::plain(kind, fields, out));
    vec![
        ("PADDING", vec![0; 3]),
        ("PING", vec![1]),
        ("ACK", written(|out| write::ack(900, 70, 3, &[(0, 5), (100, 0)], None, out))),
        ("ACK", written(|out| write::ack(900, 70, 3, &[(0, 5)], Some([7, 0, 20_000]), out))),
        ("RESET_STREAM", plain(4, &[8, 0x10c, 70_000])),
        ("STOP_SENDING", plain(5, &[8, 0x10c])),
        ("CRYPTO", written(|out| write::crypto(1_200, b"hello", out))),
        ("NEW_TOKEN", written(|out| write::new_token(b"token", out))),
        ("STREAM", written(|out| write::stream(4, 0, false, b"abc", out))),
        ("STREAM", written(|out| write::stream(4, 70_000, true, b"", out))),
        ("STREAM", written(|out| write::last_stream(4, 0, true, b"abc", out))),
        ("MAX_DATA", plain(0x10, &[1 << 40])),
        ("MAX_STREAM_DATA", plain(0x11, &[4, 70_000])),
        ("MAX_STREAMS", plain(0x12, &[128])),
        ("MAX_STREAMS", plain(0x13, &[1 << 60])),
        ("DATA_BLOCKED", plain(0x14, &[70_000])),
        ("STREAM_DATA_BLOCKED", plain(0x15, &[4, 70_000])),
        ("STREAMS_BLOCKED", plain(0x16, &[100])),
        ("STREAMS_BLOCKED", plain(0x17, &[100])),
        ("NEW_CONNECTION_ID", written(|out| write::new_connection_id(3, 1, &[7; 8], [9; 16], out))),
        ("RETIRE_CONNECTION_ID", plain(0x19, &[2])),
        ("PATH_CHALLENGE", written(|out| write::path_challenge(*b"12345678", out))),
        ("PATH_RESPONSE", written(|out| write::path_response(*b"12345678", out))),
        ("CONNECTION_CLOSE", written(|out| write::connection_close(10, Some(6), b"why", out))),
        ("CONNECTION_CLOSE", written(|out| write::connection_close(0x100, None, b"", out))),
        ("HANDSHAKE_DONE", vec![0x1e]),
        ("IMMEDIATE_ACK", vec![0x1f]),
        ("DATAGRAM", written(|out| write::datagram(b"abc", out))),
        ("DATAGRAM", written(|out| write::last_datagram(b"abc", out))),
        ("ACK_FREQUENCY", plain(0xaf, &[1, 10, 25_000, 3])),
        ("unknown", plain(0x21, &[])),
    ]
}

#[test]
fn each_frame_has_its_name_and_ends_where_it_ends() {
    for (name, bytes) in every_kind() {
        let mut reader = Reader::new(&bytes);
        let frame = reader.next().unwrap().unwrap();
        assert_eq!((frame.name(), reader.offset()), (name, bytes.len()), "{frame:?}");
        assert_eq!(reader.next(), None);
        let asks = !["PADDING", "ACK", "CONNECTION_CLOSE"].contains(&name);
        assert_eq!(frame.is_ack_eliciting(), asks, "{name}");
        assert_eq!(name_of(frame.kind()).unwrap_or("unknown"), name);
    }
}

#[test]
fn fields_are_where_the_rfc_has_them() {
    let payload = written(|out| {
        write::plain(0x04, &[8, 0x10c, 70_000], out);
        write::plain(0x05, &[12, 0x10a], out);
        write::new_token(b"token", out);
        write::plain(0x11, &[4, 70_000], out);
        write::plain(0x13, &[3], out);
        write::plain(0x16, &[100], out);
        write::new_connection_id(3, 1, &[7; 8], [9; 16], out);
        write::connection_close(10, Some(6), b"why", out);
        write::connection_close(0x100, None, b"", out);
        write::plain(0xaf, &[1, 10, 25_000, 3], out);
    });
    let id = ConnectionId::new(&[7; 8]).unwrap();
    let close = Close { code: 10, is_application: false, frame: Some(6), reason: b"why" };
    let of_application = Close { code: 0x100, is_application: true, frame: None, reason: b"" };
    let wanted = [
        Frame::ResetStream { id: 8, code: 0x10c, size: 70_000 },
        Frame::StopSending { id: 12, code: 0x10a },
        Frame::NewToken { token: b"token" },
        Frame::MaxStreamData { id: 4, limit: 70_000 },
        Frame::MaxStreams { one_way: true, limit: 3 },
        Frame::StreamsBlocked { one_way: false, limit: 100 },
        Frame::NewConnectionId { sequence: 3, retire_prior_to: 1, id, token: &[9; 16] },
        Frame::ConnectionClose(close),
        Frame::ConnectionClose(of_application),
        Frame::AckFrequency { sequence: 1, threshold: 10, max_delay: 25_000, reordering: 3 },
    ];
    assert_eq!(read(&payload), wanted.map(Ok));
}

#[test]
fn data_says_where_it_stands() {
    let payload = written(|out| {
        write::crypto(1_200, b"hello", out);
        write::padding(2, out);
        write::stream(4, 0, false, b"abc", out);
        write::datagram(b"de", out);
        write::last_stream(8, 70_000, true, b"fgh", out);
    });
    let wanted = [
        Frame::Crypto { offset: 1_200, data: b"hello", range: 4..9 },
        Frame::Padding { length: 2 },
        Frame::Stream { id: 4, offset: 0, fin: false, data: b"abc", range: 14..17 },
        Frame::Datagram { data: b"de", range: 19..21 },
        Frame::Stream { id: 8, offset: 70_000, fin: true, data: b"fgh", range: 27..30 },
    ];
    assert_eq!(read(&payload), wanted.map(Ok));
}

#[test]
fn zeros_are_one_frame() {
    for length in 1..70 {
        let payload = [&[1][..], &vec![0; length], &[1]].concat();
        assert_eq!(
            read(&payload),
            [Ok(Frame::Ping), Ok(Frame::Padding { length }), Ok(Frame::Ping)]
        );
    }
    assert_eq!(read(&[0; 1200]), [Ok(Frame::Padding { length: 1200 })]);
    assert_eq!(read(&[]), []);
}

#[test]
fn ranges_come_from_the_highest_down() {
    let payload = written(|out| write::ack(900, 70, 3, &[(0, 5), (100, 0)], Some([1, 2, 3]), out));
    let [Ok(Frame::Ack(ack))] = read(&payload)[..] else { panic!("one ACK") };
    assert_eq!(ack.ranges().collect::<Vec<_>>(), [897..=900, 890..=895, 788..=788]);
    assert_eq!((ack.largest, ack.delay, ack.count, ack.ecn), (900, 70, 2, Some([1, 2, 3])));
    let payload = written(|out| write::ack(5, 0, 5, &[], None, out));
    let [Ok(Frame::Ack(ack))] = read(&payload)[..] else { panic!("one ACK") };
    assert_eq!(ack.ranges().collect::<Vec<_>>(), [0..=5]);
}

#[test]
fn numbers_below_zero_are_said_and_the_rest_is_read() {
    for (first, ranges) in [(6, &[][..]), (2, &[(2, 0)]), (2, &[(0, 2)]), (0, &[(9, 0), (1, 1)])] {
        let payload = written(|out| {
            write::ack(5, 0, first, ranges, None, out);
            out.push(1);
        });
        assert_eq!(read(&payload).last(), Some(&Ok(Frame::Ping)));
        let fault = fault(&payload);
        assert_eq!((fault.id, fault.reference), ("quic.frame", Some("RFC 9000 §19.3")));
        assert!(fault.text.ends_with("has ranges of packet numbers below 0"), "{}", fault.text);
    }
}

/// As many turns as there are bytes at most, or this does not end.
#[test]
fn a_count_is_not_believed() {
    let most = (1 << 62) - 1;
    let payload = written(|out| {
        write::plain(0x02, &[most, most, most, 0], out);
        out.resize(out.len() + 60_000, 0);
    });
    assert!(matches!(read(&payload)[..], [Err(Fault { how: How::Short(_), .. })]));
    for payload in [written(|out| write::plain(0x06, &[0, most], out)), vec![0x31; 9]] {
        assert!(matches!(read(&payload)[..], [Err(Fault { offset: 0, how: How::Short(_), .. })]));
    }
}

#[test]
fn a_frame_cut_anywhere_is_said_to_be() {
    for (name, bytes) in every_kind() {
        let open = ["PADDING", "STREAM", "DATAGRAM"].contains(&name);
        for length in 1..bytes.len() {
            let payload = [&[0, 1][..], &bytes[..length]].concat();
            let frames = read(&payload);
            assert_eq!(frames[..2], [Ok(Frame::Padding { length: 1 }), Ok(Frame::Ping)]);
            match frames[2..] {
                [Err(Fault { offset: 2, how: How::Short(short), .. })] => {
                    assert!(short.offset + short.left == payload.len(), "{name} {short:?}");
                }
                [Ok(_)] => assert!(open, "{name} of {length} bytes"),
                _ => panic!("{name} of {length} bytes: {frames:?}"),
            }
        }
    }
    let short = fault(&[0, 0x1a, 1, 2]);
    let text = "a frame PATH_CHALLENGE at offset 1 of a packet's payload ends early: 8 bytes \
                needed at offset 2, 2 left";
    assert_eq!((&*short.text, short.reference), (text, Some("RFC 9000 §19.17")));
}

#[test]
fn what_is_unknown_ends_the_reading() {
    let payload = written(|out| {
        write::plain(0x01, &[], out);
        write::plain(0x4752_1234, &[], out);
        write::plain(0x01, &[], out);
    });
    assert_eq!(read(&payload), [Ok(Frame::Ping), Ok(Frame::Unknown { kind: 0x4752_1234 })]);
}

#[test]
fn a_type_may_be_longer_than_it_needs_and_is_read() {
    let payload = [0x40, 0x01, 0x80, 0, 0, 0x1e];
    let long = |kind, offset| Err(Fault { kind, offset, how: How::Long });
    let wanted = [long(1, 0), Ok(Frame::Ping), long(0x1e, 2), Ok(Frame::HandshakeDone)];
    assert_eq!(read(&payload), wanted);
    assert_eq!(fault(&payload[..2]).reference, Some("RFC 9000 §12.4"));
}

#[test]
fn values_that_cannot_be_are_said_and_the_rest_is_read() {
    let most = (1 << 62) - 1;
    let frames = [
        (written(|out| write::new_token(b"", out)), "has no token"),
        (written(|out| write::crypto(most, b"a", out)), "reaches beyond 2^62 - 1 bytes"),
        (written(|out| write::stream(0, most, true, b"a", out)), "reaches beyond 2^62 - 1 bytes"),
        (written(|out| write::plain(0x12, &[(1 << 60) + 1], out)), "counts more than 2^60 streams"),
        (written(|out| write::plain(0x17, &[most], out)), "counts more than 2^60 streams"),
        (
            written(|out| write::new_connection_id(1, 0, &[], [0; 16], out)),
            "has a connection ID that is not of 1 to 20 bytes",
        ),
        (
            written(|out| write::new_connection_id(1, 0, &[1; 21], [0; 16], out)),
            "has a connection ID that is not of 1 to 20 bytes",
        ),
        (
            written(|out| write::new_connection_id(1, 2, &[1; 20], [0; 16], out)),
            "retires connection IDs that come later than its own",
        ),
    ];
    for (mut payload, how) in frames {
        payload.push(0x1e);
        assert_eq!(read(&payload).last(), Some(&Ok(Frame::HandshakeDone)));
        assert!(fault(&payload).text.ends_with(how), "{}", fault(&payload).text);
    }
    let whole = written(|out| write::crypto(most - 1, b"a", out));
    assert!(matches!(read(&whole)[..], [Ok(Frame::Crypto { .. })]), "the last byte there can be");
}

/// A number of each length.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 2..64u32).prop_map(|(number, shift)| number >> shift)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn acknowledged_is_what_was_acknowledged(
        mut lowest in number(),
        delay in number(),
        gaps in prop::collection::vec((0..1_000u64, 0..1_000u64), 1..20),
    ) {
        lowest >>= 1;
        // (numbers not acknowledged below, numbers acknowledged), from the lowest up
        let mut wanted = Vec::new();
        for (gap, length) in gaps {
            wanted.push(lowest..=lowest + length);
            lowest += length + gap + 2;
        }
        wanted.reverse();
        let ranges: Vec<_> = wanted
            .windows(2)
            .map(|pair| (pair[0].start() - pair[1].end() - 2, pair[1].end() - pair[1].start()))
            .collect();
        let (largest, first) = (*wanted[0].end(), wanted[0].end() - wanted[0].start());
        let payload = written(|out| write::ack(largest, delay, first, &ranges, None, out));
        let frames = read(&payload);
        let [Ok(Frame::Ack(ack))] = frames[..] else { panic!("{frames:?}") };
        prop_assert_eq!(ack.ranges().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn data_is_read_as_it_was_written(
        pieces in prop::collection::vec((number(), number(), any::<bool>(), bytes()), 0..10),
        last in bytes(),
    ) {
        let payload = written(|out| {
            for (id, offset, fin, data) in &pieces {
                write::stream(*id, offset >> 1, *fin, data, out);
                write::crypto(offset >> 1, data, out);
                write::datagram(data, out);
            }
            write::last_datagram(&last, out);
        });
        let mut reader = Reader::new(&payload);
        for (id, offset, fin, data) in &pieces {
            let frame = reader.next();
            let Some(Ok(Frame::Stream { id: i, offset: o, fin: f, data: d, range })) = frame else {
                panic!("{frame:?}")
            };
            prop_assert_eq!((i, o, f, d), (*id, offset >> 1, *fin, &data[..]));
            prop_assert_eq!(&payload[range], d);
            let frame = reader.next();
            let Some(Ok(Frame::Crypto { offset: o, data: d, range })) = frame else {
                panic!("{frame:?}")
            };
            prop_assert_eq!((o, d, &payload[range]), (offset >> 1, &data[..], &data[..]));
            let frame = reader.next();
            let Some(Ok(Frame::Datagram { data: d, range })) = frame else { panic!("{frame:?}") };
            prop_assert_eq!((d, &payload[range]), (&data[..], &data[..]));
        }
        let frame = reader.next();
        let Some(Ok(Frame::Datagram { data, .. })) = frame else { panic!("{frame:?}") };
        prop_assert_eq!(data, last);
        prop_assert_eq!(reader.next(), None);
    }

    #[test]
    fn any_bytes_are_read_to_the_end(payload in bytes()) {
        let mut reader = Reader::new(&payload);
        let mut before = 0;
        while let Some(read) = reader.next() {
            let is_long = matches!(read, Err(Fault { how: How::Long, .. }));
            prop_assert!(reader.offset() > before || is_long);
            if let Ok(Frame::Ack(ack)) = &read {
                prop_assert_eq!(ack.ranges().count() as u64, ack.count + 1);
            }
            before = reader.offset();
        }
        prop_assert_eq!(before, payload.len());
    }
}
