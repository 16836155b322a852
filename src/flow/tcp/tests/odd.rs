//! Probes, copies and strangers.

use super::*;

#[test]
fn keep_alives_and_their_answers() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"abc").ack().wait(45_000);
        tcp.keep_alive_client().ack_server().wait(45_000);
        tcp.server_at(2, b"c").ack_client().client(b"GET");
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        [
            "< 0..3 @4 @4",
            "> KeepAlive 0..0 @6",
            "< KeepAliveAck 0..0 @7",
            "< KeepAlive 2..3 @8",
            "> KeepAliveAck 3..3 @9",
            "> 0..3 @10 @10",
        ]
    );
    let both = counters(&capture);
    assert_eq!((both.to_server.keep_alives, both.to_client.keep_alives), (1, 1));
    assert_eq!(both.to_client.retransmissions, 0);
}

#[test]
fn one_byte_sent_again_is_no_keep_alive() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"a").server_acks(0).wait(200).client_at(0, b"a");
    });
    capture.lose(5);
    assert_eq!(tell_but(&capture, &FRAME), ["> 0..1 @4 @4", "> TimeoutRetransmission 0..1 @5"]);
}

#[test]
fn a_keep_alive_is_the_first_to_be_seen() {
    let mut capture = capture(|tcp| {
        tcp.keep_alive_client().ack_server().client(b"GET");
    });
    assert_eq!(tell(&capture)[1], "> 0..3 @3 @3");
    // and the second
    capture.swap(1, 2);
    assert_eq!(tell(&capture)[1..3], ["> KeepAlive 0..0 @2", "> 0..3 @3 @3"]);
}

#[test]
fn a_closed_window_and_its_probes() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"abc").client_window(0).ack_client();
        tcp.wait(200).keep_alive_server().ack_client().wait(400).server(b"d");
        tcp.client_acks(3).client_window(500).client_acks(3).server_at(3, b"def");
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        [
            "< 0..3 @4 @4",
            "> ZeroWindow 3..3 @5",
            "< ZeroWindowProbe 2..2 @6",
            "> ZeroWindowProbeAck 3..3 @7",
            "< ZeroWindowProbe 3..4 @8",
            "< 3..4 @8 @8",
            "> ZeroWindowProbeAck 3..3 @9",
            "< 4..6 @11 @11",
            "< Retransmission 3..4 @11",
        ]
    );
    assert_eq!(counters(&capture).to_server.zero_windows, 1);
}

#[test]
fn padding_is_not_data() {
    let mut capture = Capture::new();
    capture.padded();
    capture.tcp(CLIENT, SERVER).handshake().client(b"GET").ack().close();
    let both = counters(&capture);
    assert_eq!((both.to_server.bytes, both.to_client.bytes), (3, 0));
    assert_eq!(both.to_server.retransmissions + both.to_client.retransmissions, 0);
}

#[test]
fn segments_of_64_kilobytes() {
    let capture = capture(|tcp| {
        tcp.mss(65_000).handshake().server(&vec![1; 130_000]).ack();
    });
    let both = counters(&capture);
    assert_eq!((both.to_client.bytes, both.to_client.segments), (130_000, 2));
    assert_eq!(both.to_client.gaps, 0);
}

#[test]
fn the_same_packet_captured_twice_is_no_retransmission() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK").ack();
    });
    // seen once more behind a router
    for frame in (1..=6).rev() {
        capture.duplicate(frame).edit(frame + 1, |bytes| bytes[14 + 8] -= 1);
    }
    assert_eq!(
        tell_but(&capture, &["open", "closed", "> end", "< end"]),
        ["syn 1 @1", "syn-ack 1 @3", "established @1 @3 @5", "> 0..3 @7 @7", "< 0..2 @9 @9"]
    );
    let both = counters(&capture);
    assert_eq!((both.to_server.capture_duplicates, both.to_client.capture_duplicates), (4, 2));
    assert_eq!(both.to_server.duplicate_acks, 0);
}

#[test]
fn a_segment_from_elsewhere_changes_nothing() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"abc").server(b"XXX").server(b"def");
    });
    capture.edit(5, |bytes| bytes[38] ^= 0x80).edit(6, |bytes| {
        let seq = u32::from_be_bytes(bytes[38..42].try_into().unwrap()) - 3;
        bytes[38..42].copy_from_slice(&seq.to_be_bytes());
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["< 0..3 @4 @4", "anomaly @5 tcp.out-of-window", "< 3..6 @6 @6"]
    );
}

#[test]
fn bytes_beyond_the_fin_are_left_out() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"abc").fin_server().ack_client().server(b"def");
    });
    assert_eq!(
        tell_but(&capture, &["open", "syn", "est", "closed", "> end", "< fin"]),
        ["< 0..3 @4 @4", "< end Fin @5"]
    );
}

#[test]
fn a_window_that_is_full_is_told_where_its_scale_is_known() {
    let fill = |begin: usize| {
        let mut capture = capture(|tcp| {
            tcp.client_window(2).handshake().client(b"GET").server(&[7; 255]).server(b"x");
        });
        (1..begin).for_each(|_| {
            capture.lose(1);
        });
        tell(&capture).into_iter().filter(|line| line.contains("WindowFull")).collect::<Vec<_>>()
    };
    assert_eq!(fill(1), ["< WindowFull 255..256 @6"], "2 << 7");
    assert!(fill(3).is_empty(), "without the SYNs nobody knows");
}
