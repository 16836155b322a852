mod closing;
mod missing;
mod odd;
mod opening;
mod recovery;
mod stalls;

use etherparse::TcpOptionElement;

use crate::flow::event::{
    Closed, Counters, FlowBody, FlowEvent, Handshake, PerDirection, RoundTrips, TcpEvent,
};
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
    let ok = |packets, bytes, largest, syns| Counters {
        packets,
        bytes,
        segments: 1,
        largest,
        syns,
        syn_acks: 1 - syns,
        fins: 1,
        ttl: Some(64),
        ..Counters::default()
    };
    assert_eq!(both, PerDirection { to_server: ok(6, 3, 3, 1), to_client: ok(4, 4, 4, 0) });
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
        ["< 0..2 @5 @5", "< 2..4 @4 @5", "< TimeoutRetransmission 0..2 @5"]
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
        ["< 0..2 @4 @4", "< TimeoutRetransmission 0..2 @5", "< SpuriousRetransmission 0..2 @7",]
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
fn round_trips_of_both_sides() {
    let capture = capture(|tcp| {
        tcp.syn().wait(9).syn_ack().wait(1).ack_client();
        for wait in [11, 19, 29, 8] {
            tcp.client(b"GET").wait(wait).ack_server();
        }
        tcp.server(b"OK").wait(2).ack_client().wait(300);
        // the second copy is answered: of which one nobody knows
        tcp.server(b"again").wait(300).server_at(2, b"again").ack_client();
    });
    let events = events(&capture, &Limits::default());
    let measures = closed(&events).measures.clone().unwrap();
    let millis = |time: TimeDelta| time.as_nanos() / 1_000_000;
    let told = |times: &Option<RoundTrips>| {
        times.map(|t| (t.count, millis(t.min), millis(t.median), millis(t.p95)))
    };
    assert_eq!(told(&measures.round_trips.to_server), Some((5, 9, 12, 30)));
    assert_eq!(told(&measures.round_trips.to_client), Some((2, 2, 2, 3)));
}
