//! What was not captured, or not from the beginning.

use super::*;

#[test]
fn a_sender_that_does_not_count_its_syn() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").ack();
    });
    capture.edit(4, |bytes| {
        let seq = u32::from_be_bytes(bytes[38..42].try_into().unwrap()) - 1;
        bytes[38..42].copy_from_slice(&seq.to_be_bytes());
    });
    assert_eq!(tell_but(&capture, &FRAME)[0], "> 0..3 @4 @4");
}

#[test]
fn a_handshake_captured_behind_its_data() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK").ack();
    });
    capture.swap(1, 4).swap(2, 5);
    assert_eq!(tell(&capture).iter().filter(|line| line.starts_with("open")).count(), 1);
}

#[test]
fn a_hole_that_was_acknowledged_is_given_up_after_a_moment() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").ack_client();
        tcp.wait(10).server(b"dd");
    });
    capture.lose(5);
    assert_eq!(
        tell_but(&capture, &FRAME),
        [
            "< 0..2 @4 @4",
            "> AckedUnseen 2..4 @6",
            "< gap 2..4 NotCaptured @7",
            "< 4..6 @5 @7",
            "< 6..8 @7 @7",
        ]
    );
    let gap = events(&capture, &Limits::default())
        .into_iter()
        .find(|event| line(event).starts_with("< gap"));
    let grace = Limits::default().tcp_ack_grace;
    let acked = capture.packets()[5].at;
    assert_eq!(gap.unwrap().at.at, acked + grace, "stamped when it was due");
}

#[test]
fn an_acknowledgment_before_its_bytes_is_forgiven() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").ack_client();
    });
    capture.swap(4, 5);
    assert_eq!(tell_but(&capture, &FRAME), ["> AckedUnseen 0..2 @4", "< 0..2 @5 @5"]);
    assert_eq!(counters(&capture).to_client.retransmissions, 0);
}

#[test]
fn bytes_never_captured_at_the_end() {
    let mut acked = capture(|tcp| {
        tcp.handshake().server(b"aa").ack_client();
    });
    acked.lose(4);
    assert_eq!(
        tell_but(&acked, &["open", "syn", "est", "closed", "> end"]),
        ["> AckedUnseen 0..2 @4", "< gap 0..2 NotCaptured @4", "< end CaptureEnd @4"]
    );
    let mut lost = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").fin_server();
    });
    lost.lose(4);
    assert_eq!(
        tell_but(&lost, &["open", "syn", "est", "closed", "> end"]),
        [
            "< fin @5 CLOSE-WAIT FIN-WAIT-1",
            "< gap 0..2 NeverSent @5",
            "< 2..4 @4 @5",
            "< end Fin @5"
        ]
    );
}

#[test]
fn the_snapshot_length_cuts_bytes_but_not_the_sequence() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(&[7; 1000]).server(&[8; 6]).ack();
    });
    capture.snaplen(14 + 20 + 20 + 100);
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["< 0..100 @4 @4", "< gap 100..1000 Truncated @4", "< 1000..1006 @5 @5"]
    );
    assert_eq!(counters(&capture).to_client.bytes, 1006);
}

#[test]
fn the_snapshot_length_cuts_options() {
    let mut capture = capture(|tcp| {
        let options = [TcpOptionElement::WindowScale(7)];
        tcp.syn_options(&options, &options).handshake().client(b"GET").server(&[7; 1000]).close();
    });
    assert!(!handshake(&capture).client_options.is_cut);
    capture.snaplen(14 + 20 + 20);
    let options = handshake(&capture).client_options;
    assert_eq!((options.window_scale, options.is_cut), (None, true));
    assert_eq!(options.shift_towards(options), None, "not known, rather than not scaled");
    let both = counters(&capture);
    assert_eq!((both.to_server.packets, both.to_server.bytes), (5, 3));
    assert_eq!((both.to_client.packets, both.to_client.bytes), (4, 1000));
    assert_eq!(both.to_server.bad_checksums, 0, "a sum over a part says nothing");
}

#[test]
fn met_midway() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"gone").server(b"gone").client(b"GET").server(b"OK").ack();
    });
    for _ in 0..5 {
        capture.lose(1);
    }
    assert_eq!(
        tell(&capture)[..3],
        ["open @1 10.0.0.2:50000 10.0.0.1:80 Port", "> 0..3 @1 @1", "< 0..2 @2 @2"]
    );
    // the client's acknowledgment is first: bytes on their way are no hole
    capture.lose(1).swap(1, 2);
    assert_eq!(tell(&capture)[..2], ["open @1 10.0.0.2:50000 10.0.0.1:80 Port", "< 0..2 @2 @2"]);
}

#[test]
fn met_midway_with_an_earlier_byte_overtaken() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc");
    });
    capture.lose(1).lose(1).lose(1).swap(1, 2);
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["< 0..2 @1 @1", "< Retransmission 0..0 @2", "< 2..4 @3 @3"],
        "what came before offset 0 is lost once that was given out"
    );
}

#[test]
fn only_one_direction_is_captured() {
    let capture = capture(|tcp| {
        tcp.client(b"GET").wait(20).client_acks(1000).wait(20).client_acks(5000).wait(20);
        tcp.client(b"GET");
    });
    assert_eq!(
        tell_but(&capture, &["closed", "> end", "< end"]),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 Port",
            "> 0..3 @1 @1",
            "> AckedUnseen 0..1000 @2",
            "> 3..6 @4 @4",
            "< gap 0..5000 NotCaptured @4",
        ]
    );
}

#[test]
fn the_syn_was_not_captured() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK").ack();
    });
    capture.lose(1);
    assert_eq!(
        tell_but(&capture, &["closed", "> end", "< end"]),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 SynAck",
            "syn-ack 1 @1",
            "> 0..3 @3 @3",
            "< 0..2 @4 @4",
        ]
    );
}

#[test]
fn the_syn_was_captured_after_its_answer() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET");
    });
    capture.swap(1, 2);
    assert_eq!(
        tell_but(&capture, &["closed", "> end", "< end"]),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 SynAck",
            "syn-ack 1 @1",
            "syn 1 @2",
            "established @2 @1 @3",
            "> 0..3 @4 @4"
        ]
    );
}

#[test]
fn the_syn_ack_was_not_captured() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK").ack();
    });
    capture.lose(2);
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["> 0..3 @3 @3", "< 0..2 @4 @4"],
        "no handshake is invented"
    );
}

#[test]
fn both_open_at_once() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).isn(100, 900).syn();
    capture.tcp(SERVER, CLIENT).isn(900, 100).syn();
    capture.tcp(SERVER, CLIENT).syn_ack();
    capture.tcp(CLIENT, SERVER).syn_ack().client(b"hello");
    assert_eq!(
        tell(&capture)[..7],
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 Syn",
            "syn 1 @1",
            "anomaly @2 tcp.simultaneous-open",
            "syn-ack 1 @4",
            "established @1 @4 @4",
            "> 0..5 @5 @5",
            "> end CaptureEnd @5",
        ]
    );
    let handshake = handshake(&capture);
    assert_eq!((handshake.ack.frame.0, handshake.ack_seq, handshake.ack_ack), (4, 900, 101));
}

#[test]
fn the_client_acknowledges_another_syn_ack() {
    let mut capture = capture(|tcp| {
        tcp.isn(100, 900).syn().syn_ack();
    });
    capture.tcp(CLIENT, SERVER).isn(100, 0x8000_0000).syn_ack().ack_client().server(b"OK");
    assert_eq!(
        tell_but(&capture, &["open", "closed", "> end", "< end"]),
        ["syn 1 @1", "syn-ack 1 @2", "syn-ack 2 @3", "established @1 @2 @4", "< 0..2 @5 @5"]
    );
}
