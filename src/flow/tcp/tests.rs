use etherparse::TcpOptionElement;

use crate::flow::event::{Closed, Counters};
use crate::flow::event::{FlowBody, FlowEvent, Handshake, PerDirection, TcpEvent};
use crate::flow::story::{events, line, tell, tell_but};
use crate::limits::Limits;
use crate::packet::build::{Capture, Connection};
use crate::time::TimeDelta;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 80);

/// What is the same in most conversations.
const FRAME: [&str; 6] = ["open", "syn", "established", "closed", "> end", "< end"];

fn capture(say: impl FnOnce(&mut Connection<'_>)) -> Capture {
    let mut capture = Capture::new();
    say(&mut capture.tcp(CLIENT, SERVER));
    capture
}

fn closed(events: &[FlowEvent]) -> &Closed {
    let last = events.iter().rev().find_map(|event| match &event.body {
        FlowBody::Closed(closed) => Some(&**closed),
        _ => None,
    });
    last.unwrap()
}

fn counters(capture: &Capture) -> PerDirection<Counters> {
    closed(&events(capture, &Limits::default())).counters.clone()
}

fn handshake(capture: &Capture) -> Handshake {
    let events = events(capture, &Limits::default());
    let found = events.iter().find_map(|event| match &event.body {
        FlowBody::Tcp(TcpEvent::Established(handshake)) => Some((**handshake).clone()),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_whole_connection() {
    let capture = capture(|tcp| {
        tcp.handshake().client(b"GET").server(b"OK!!").ack().close();
    });
    assert_eq!(
        tell(&capture),
        [
            "open @1 10.0.0.2:50000 10.0.0.1:80 Syn",
            "syn 1 @1",
            "syn-ack 1 @2",
            "established @1 @2 @3",
            "> 0..3 @4 @4",
            "< 0..4 @5 @5",
            "> fin @7 FIN-WAIT-1 CLOSE-WAIT",
            "> end Fin @7",
            "> fin acked @8 FIN-WAIT-2 CLOSE-WAIT",
            "< fin @9 TIME-WAIT LAST-ACK",
            "< end Fin @9",
            "< fin acked @10 TIME-WAIT CLOSED",
            "closed @10 Fin frames [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
        ]
    );
    let both = counters(&capture);
    let ok = |packets, bytes, largest| Counters {
        packets,
        bytes,
        segments: 1,
        largest,
        ..Counters::default()
    };
    assert_eq!(both, PerDirection { to_server: ok(6, 3, 3), to_client: ok(4, 4, 4) });
}

#[test]
fn the_handshake_has_its_numbers_and_halves() {
    let capture = capture(|tcp| {
        tcp.isn(7, 9).syn().wait(9).syn_ack().wait(4).ack_client();
    });
    let handshake = handshake(&capture);
    assert_eq!((handshake.syn_seq, handshake.syn_ack_seq, handshake.syn_ack_ack), (7, 9, 8));
    assert_eq!((handshake.ack_seq, handshake.ack_ack), (8, 10));
    assert_eq!(handshake.server_half(), TimeDelta::from_millis(10));
    assert_eq!(handshake.client_half(), TimeDelta::from_millis(5));
    let options = handshake.client_options;
    assert_eq!((options.mss, options.window_scale), (Some(1460), Some(7)));
    assert!(options.sack_permitted && !options.timestamps);
}

#[test]
fn options_behind_unknown_ones_are_read() {
    let mut capture = capture(|tcp| {
        let options = [TcpOptionElement::Timestamp(1, 0), TcpOptionElement::WindowScale(8)];
        tcp.syn_options(&options, &options).handshake();
    });
    // kind 8, length 10 becomes the unknown kind 34 (RFC 7413)
    capture.edit(1, |bytes| bytes[14 + 20 + 20] = 34);
    let options = handshake(&capture).client_options;
    assert_eq!((options.window_scale, options.timestamps), (Some(8), false));
}

#[test]
fn a_syn_lost_on_the_way_is_sent_again_after_a_second() {
    let capture = capture(|tcp| {
        tcp.syn().wait(999).syn().syn_ack().ack_client();
    });
    assert_eq!(
        tell_but(&capture, &["open", "closed", "> end", "< end"]),
        ["syn 1 @1", "syn 2 @2", "syn-ack 1 @3", "established @2 @3 @4"]
    );
    let handshake = handshake(&capture);
    assert_eq!((handshake.syn.frame.0, handshake.syn_attempts), (1, 2));
    assert_eq!(handshake.server_half(), TimeDelta::from_millis(1));
    assert_eq!(counters(&capture).to_server.retransmissions, 1);
}

#[test]
fn refused() {
    let capture = capture(|tcp| {
        tcp.syn().rst_server();
    });
    assert_eq!(
        tell(&capture)[1..],
        [
            "syn 1 @1",
            "< rst @2 refused",
            "> end Rst @2",
            "< end Rst @2",
            "closed @2 Rst frames [1, 2]"
        ]
    );
}

#[test]
fn no_answer_at_all() {
    let capture = capture(|tcp| {
        tcp.syn().wait(1000).syn().wait(3000).syn();
    });
    assert_eq!(
        tell(&capture)[1..],
        [
            "syn 1 @1",
            "syn 2 @2",
            "syn 3 @3",
            "> end CaptureEnd @3",
            "< end CaptureEnd @3",
            "closed @3 CaptureEnd frames [1, 2, 3]"
        ]
    );
}

#[test]
fn data_with_the_syn_and_with_the_ack_of_the_handshake() {
    let mut early = capture(|tcp| {
        tcp.syn().client(b"early").syn_ack().client(b"more");
    });
    // the second segment becomes the SYN that carries its data (RFC 7413)
    early.lose(1).edit(1, |bytes| {
        bytes[14 + 20 + 13] = 0x02;
        let seq = u32::from_be_bytes(bytes[38..42].try_into().unwrap()) - 1;
        bytes[38..42].copy_from_slice(&seq.to_be_bytes());
    });
    assert_eq!(
        tell_but(&early, &["open", "closed", "> end", "< end"]),
        ["syn 1 @1", "> 0..5 @1 @1", "syn-ack 1 @2", "established @1 @2 @3", "> 5..9 @3 @3"]
    );
    let handshake = handshake(&early);
    assert_eq!(handshake.syn_ack_ack.wrapping_sub(handshake.syn_seq), 6, "the SYN and its data");
    assert_eq!(handshake.ack_seq, handshake.syn_ack_ack);
}

#[test]
fn reordered_segments_keep_their_arrival() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").ack();
    });
    capture.swap(4, 6);
    assert_eq!(
        tell_but(&capture, &FRAME),
        [
            "< OutOfOrder 2..4 @5",
            "< 0..2 @6 @6",
            "< 2..4 @5 @6",
            "< 4..6 @4 @6",
            "< OutOfOrder 0..2 @6",
        ]
    );
}

#[test]
fn a_hole_that_is_filled_late_was_sent_again() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").wait(200).server_at(0, b"aa");
    });
    capture.lose(4);
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["< 0..2 @5 @5", "< 2..4 @4 @5", "< Retransmission 0..2 @5"]
    );
}

#[test]
fn sent_again_before_and_after_the_acknowledgment() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"aa").wait(200).server_at(0, b"aa");
        tcp.ack_client().wait(200).server_at(0, b"aa");
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        ["< 0..2 @4 @4", "< Retransmission 0..2 @5", "< SpuriousRetransmission 0..2 @7",]
    );
    let counters = counters(&capture).to_client;
    assert_eq!((counters.retransmissions, counters.bytes), (2, 6));
}

#[test]
fn overlaps_equal_and_differing() {
    let equal = capture(|tcp| {
        tcp.handshake().server_at(2, b"cdef").server_at(0, b"abcd");
    });
    assert_eq!(tell_but(&equal, &FRAME), ["< 0..2 @5 @5", "< 2..6 @4 @5", "< OutOfOrder 0..4 @5"]);
    let differing = capture(|tcp| {
        tcp.handshake().server_at(2, b"cdef").server_at(0, b"abXY");
    });
    assert_eq!(
        tell_but(&differing, &FRAME)[2..],
        ["anomaly @5 tcp.overlap-conflict", "< OutOfOrder 0..4 @5"]
    );
}

#[test]
fn duplicate_acknowledgments_are_numbered() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").ack_client();
        tcp.client_acks(4).client_acks(4).server(b"cc").client_acks(4).client_acks(6);
    });
    assert_eq!(
        tell_but(&capture, &FRAME),
        [
            "< 0..2 @4 @4",
            "< 2..4 @5 @5",
            "> duplicate ack 1 4..4 @7",
            "> duplicate ack 2 4..4 @8",
            "< 4..6 @9 @9",
            "> duplicate ack 3 4..4 @10",
        ]
    );
    // a change of the window is news
    capture.edit(7, |bytes| bytes[14 + 20 + 14] = 1);
    assert_eq!(counters(&capture).to_server.duplicate_acks, 1);
}

#[test]
fn the_sequence_wraps() {
    let capture = capture(|tcp| {
        tcp.isn(u32::MAX - 2, u32::MAX).handshake().client(b"abcdef").server(b"xyz").ack().close();
    });
    assert_eq!(
        tell_but(&capture, &["open", "syn", "established", "closed", "> fin", "< fin"]),
        ["> 0..6 @4 @4", "< 0..3 @5 @5", "> end Fin @7", "< end Fin @9"]
    );
}

#[test]
fn five_gigabytes_of_stream() {
    let mut capture = Capture::new();
    let step = 0x2000_0000_u32;
    for turn in 0..10u32 {
        capture.tcp(CLIENT, SERVER).server_at(step.wrapping_mul(turn), b"x");
        capture.tcp(CLIENT, SERVER).client_acks(step.wrapping_mul(turn + 1)).wait(10);
    }
    let events = events(&capture, &Limits::default());
    let gaps = closed(&events).counters.to_client.gap_bytes;
    assert_eq!(gaps, u64::from(step) * 10 - 10);
}

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
        ["< 0..2 @4 @4", "< gap 2..4 NotCaptured @7", "< 4..6 @5 @7", "< 6..8 @7 @7",]
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
    assert_eq!(tell_but(&capture, &FRAME), ["> 0..1 @4 @4", "> Retransmission 0..1 @5"]);
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
            "< ZeroWindowProbe 3..4 @8",
            "< 3..4 @8 @8",
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
