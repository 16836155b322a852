//! FINs and RSTs.

use super::*;

#[test]
fn fin_with_data_and_before_it() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"abc").server(b"def");
    });
    capture.edit(5, |bytes| bytes[14 + 20 + 13] |= 0x01).swap(4, 5);
    assert_eq!(
        tell_but(&capture, &["open", "syn", "established", "closed", "> end"]),
        [
            "< fin @4 CLOSE-WAIT FIN-WAIT-1",
            "< 0..3 @5 @5",
            "< 3..6 @4 @5",
            "< OutOfOrder 0..3 @5",
            "< end Fin @5",
        ]
    );
}

#[test]
fn half_close_with_data_after() {
    let capture = capture(|tcp| {
        tcp.handshake().fin_client().ack_server().server(b"still").ack().fin_server().ack_client();
    });
    assert_eq!(
        tell_but(&capture, &["open", "syn", "established", "closed"]),
        [
            "> fin @4 FIN-WAIT-1 CLOSE-WAIT",
            "> end Fin @4",
            "> fin acked @5 FIN-WAIT-2 CLOSE-WAIT",
            "< 0..5 @6 @6",
            "< fin @8 TIME-WAIT LAST-ACK",
            "< end Fin @8",
            "< fin acked @9 TIME-WAIT CLOSED",
        ]
    );
}

#[test]
fn three_packets_close_too() {
    let capture = capture(|tcp| {
        tcp.handshake().fin_server().fin_client().ack_server();
    });
    assert_eq!(
        tell_but(&capture, &["open", "syn", "established", "closed", "> end", "< end"]),
        [
            "< fin @4 CLOSE-WAIT FIN-WAIT-1",
            "< fin acked @5 CLOSE-WAIT FIN-WAIT-2",
            "> fin @5 LAST-ACK TIME-WAIT",
            "> fin acked @6 CLOSED TIME-WAIT",
        ]
    );
}

#[test]
fn crossing_fins() {
    let mut capture = capture(|tcp| {
        tcp.handshake().fin_client().fin_server().ack_client().ack_server();
    });
    // the server's FIN was on its way before the client's came
    capture.edit(5, |bytes| {
        let ack = u32::from_be_bytes(bytes[42..46].try_into().unwrap()) - 1;
        bytes[42..46].copy_from_slice(&ack.to_be_bytes());
    });
    assert_eq!(
        tell_but(&capture, &["open", "syn", "established", "closed", "> end", "< end"]),
        [
            "> fin @4 FIN-WAIT-1 CLOSE-WAIT",
            "< fin @5 CLOSING CLOSING",
            "< fin acked @6 CLOSING TIME-WAIT",
            "> fin acked @7 TIME-WAIT TIME-WAIT",
        ]
    );
}

#[test]
fn a_fin_sent_again_is_a_retransmission() {
    let mut capture = capture(|tcp| {
        tcp.handshake().fin_client();
    });
    capture.duplicate(4).edit(5, |bytes| bytes[14 + 5] = 99);
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["> fin @4 FIN-WAIT-1 CLOSE-WAIT", "> Retransmission 0..0 @5"]
    );
}

#[test]
fn reset_and_data_after_it() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"abc").rst_client().server(b"def").rst_client();
    });
    let events = events(&capture, &Limits::default());
    let lines: Vec<String> = events.iter().map(line).collect();
    assert_eq!(
        lines[4..],
        [
            "< 0..3 @4 @4",
            "> rst @5",
            "> end Rst @5",
            "< end Rst @5",
            "closed @7 Rst frames [1, 2, 3, 4, 5, 6, 7]"
        ]
    );
    assert_eq!(closed(&events).counters.to_client.bytes, 6);
}

#[test]
fn refused_three_times() {
    let capture = capture(|tcp| {
        tcp.syn().rst_server().wait(500).isn(1_000_000, 5_000_000).syn().rst_server();
    });
    assert_eq!(
        tell_but(&capture, &["open", "closed", "> end", "< end"]),
        ["syn 1 @1", "< rst @2 refused", "syn 2 @3"]
    );
    assert_eq!(counters(&capture).to_server.retransmissions, 1);
}

#[test]
fn a_reset_from_elsewhere_is_not_believed() {
    let mut capture = capture(|tcp| {
        tcp.handshake().rst_server().server(b"abc");
    });
    capture.edit(4, |bytes| bytes[38] ^= 0x40);
    assert_eq!(tell_but(&capture, &FRAME), ["anomaly @4 tcp.rst-ignored", "< 0..3 @5 @5"]);
}

#[test]
fn a_reset_below_what_was_acknowledged_is_ignored() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"abc").ack().rst_server().server(b"def");
    });
    capture.edit(7, |bytes| {
        let seq = u32::from_be_bytes(bytes[38..42].try_into().unwrap()) - 3;
        bytes[38..42].copy_from_slice(&seq.to_be_bytes());
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["> 0..3 @4 @4", "< 0..3 @5 @5", "anomaly @7 tcp.rst-ignored", "< 3..6 @8 @8"]
    );
}
