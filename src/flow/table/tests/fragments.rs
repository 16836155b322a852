//! Fragments on their way to a flow.

use super::*;

#[test]
fn fragments_become_a_datagram() {
    let v4 = ["10.0.0.1:53", "10.0.0.2:50000"];
    let v6 = ["[2001:db8::1]:53", "[2001:db8::2]:50000"];
    for ends in [v4, v6] {
        let [source, destination] = ends.map(|end| end.parse::<std::net::SocketAddr>().unwrap());
        let mut capture = Capture::new();
        let payload: Vec<u8> = (0..3000u32).map(|n| (n % 251) as u8).collect();
        capture.udp(source, destination, &payload).fragment(1, 1480).swap(1, 3);
        let events = events(&capture, &Limits::default());
        let found = events.iter().find_map(|event| match &event.body {
            FlowBody::Datagram { bytes, missing, .. } => Some((bytes.to_vec(), *missing)),
            _ => None,
        });
        assert_eq!(found, Some((payload, 0)));
        let closed = closed(&events)[0];
        assert_eq!(closed.frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(closed.counters.to_client.bad_checksums, 0);
    }
}

#[test]
fn a_fragmented_segment_is_part_of_its_connection() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(&[7; 1000]).ack();
    capture.fragment(4, 512);
    assert_eq!(
        tell_but(&capture, &["open", "syn", "est", "> end", "< end"]),
        ["> 0..1000 @5 @5", "closed @6 CaptureEnd frames [1, 2, 3, 4, 5, 6]"]
    );
}

#[test]
fn fragments_lost_doubled_and_late() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &[1; 2000]).fragment(1, 1200).duplicate(1);
    assert!(tell(&capture).contains(&"> @3 datagram 2000".to_owned()), "a copy does no harm");
    capture.lose(3).wait(61_000).udp(CLIENT, RESOLVER, b"x");
    assert_eq!(
        tell(&capture)[..2],
        ["open @3 10.0.0.2:50000 10.0.0.1:53 FirstSender", "> @3 datagram 1"]
    );
    let limits = Limits::default();
    let lines = tick(&capture, &limits, TimeDelta::from_secs(1), TimeDelta::from_secs(1));
    assert_eq!(lines[0], "60000 anomaly @3 ip.fragment-timeout");
    assert_eq!(
        tell(&capture)[2],
        "anomaly @3 ip.fragment-timeout",
        "at the latest with the capture"
    );
}

#[test]
fn of_overlapping_fragments_the_first_counts() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &[1; 2000]).fragment(1, 1200).duplicate(1);
    capture.edit(2, |bytes| bytes[100] = 9);
    let events = events(&capture, &Limits::default());
    let lines: Vec<String> = events.iter().map(line).collect();
    assert_eq!(lines[2], "anomaly @3 ip.fragment-conflict");
    assert!(matches!(&events[1].body, FlowBody::Datagram { bytes, .. } if bytes[..] == [1; 2000]));
}

#[test]
fn a_cut_fragment_gives_what_is_before_the_cut() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &[1; 1500]).fragment(1, 1000).snaplen(14 + 20 + 900);
    assert_eq!(tell(&capture)[1], "> @2 datagram 892 +608");
}

#[test]
fn fragments_have_a_bound() {
    let mut capture = Capture::new();
    for port in 0..20 {
        let at = capture.len() + 1;
        capture.udp(([10, 0, 0, 2], 40_000 + port), RESOLVER, &[1; 2000]);
        capture.fragment(at, 1200).lose(at + 1);
    }
    // one IP identification each
    for frame in 1..=20 {
        capture.edit(frame, |bytes| bytes[14 + 5] = frame.to_le_bytes()[0]);
    }
    let limits = Limits { fragmented_packets: 5, ..Limits::default() };
    let lines: Vec<String> = events(&capture, &limits).iter().map(line).collect();
    assert_eq!(lines.iter().filter(|line| line.contains("ip.limit-fragments")).count(), 15);
    let limits = Limits { fragment_bytes: 2500, ..Limits::default() };
    let lines: Vec<String> = events(&capture, &limits).iter().map(line).collect();
    assert_eq!(lines.iter().filter(|line| line.contains("ip.limit-fragments")).count(), 19);
}
