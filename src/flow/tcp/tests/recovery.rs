//! Why bytes are sent again.
//!
//! The round trip of these connections is 2 ms.

use super::*;

/// What is the same in all of them.
const LEFT_OUT: [&str; 8] =
    ["open", "syn", "established", "closed", "> end", "< end", "> duplicate", "< 0"];

#[test]
fn three_duplicate_acknowledgments_make_it_fast() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").server(b"dd").server(b"ee");
        tcp.client_acks(2).client_acks(2).client_acks(2).client_acks(2);
        tcp.wait(2).server_at(2, b"bb");
    });
    capture.lose(5);
    assert_eq!(
        tell_but(&capture, &LEFT_OUT),
        [
            "< 2..4 @12 @12",
            "< 4..6 @5 @12",
            "< 6..8 @6 @12",
            "< 8..10 @7 @12",
            "< FastRetransmission 2..4 @12",
        ]
    );
    let counters = counters(&capture).to_client;
    assert_eq!((counters.retransmissions, counters.fast_retransmissions), (1, 1));
}

#[test]
fn bytes_reported_beyond_a_hole_make_it_fast_and_all_that_is_repaired_with_it() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").server(b"dd");
        tcp.client_sacks(0, &[7..8, 6..7]).wait(4);
        tcp.server_at(0, b"aa").server_at(2, b"bb").server_at(4, b"cc");
    });
    capture.lose(4).lose(4).lose(4);
    let fast = ["< FastRetransmission 0..2 @6", "< FastRetransmission 2..4 @7"];
    let lines = tell_but(&capture, &LEFT_OUT);
    assert_eq!(lines[..2], [fast[0], "< 2..4 @7 @7"]);
    assert_eq!(lines[2], fast[1]);
    assert_eq!(counters(&capture).to_client.fast_retransmissions, 3);
}

#[test]
fn silence_and_then_the_first_byte_again_is_a_timeout() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").wait(300);
        tcp.server_at(0, b"aa").client_acks(2).server_at(2, b"bb").client_acks(4);
        tcp.wait(600).server(b"dd").wait(400).server_at(4, b"dd");
    });
    assert_eq!(
        tell_but(&capture, &LEFT_OUT),
        [
            "< 2..4 @5 @5",
            "< TimeoutRetransmission 0..2 @6",
            "< TimeoutRetransmission 2..4 @8",
            "< 4..6 @10 @10",
            "< TimeoutRetransmission 4..6 @11",
        ],
    );
}

/// The second that the SYN-ACK was late is none of the round trip.
#[test]
fn a_repeated_syn_ack_makes_no_round_trip_longer() {
    let capture = capture(|tcp| {
        tcp.syn().syn_ack().wait(1000).syn_ack().ack_client();
        tcp.server(b"aa").server(b"bb").wait(300).server_at(0, b"aa");
    });
    let mut lost = capture.clone();
    lost.lose(5);
    assert_eq!(tell_but(&lost, &LEFT_OUT), ["< 2..4 @5 @6", "< TimeoutRetransmission 0..2 @6"],);
    let handshake = handshake(&capture);
    assert_eq!((handshake.syn_ack_attempts, handshake.client_half().as_nanos()), (2, 1_000_000));
}

#[test]
fn the_tail_again_before_the_timer_is_a_probe() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").client_acks(2).wait(20);
        tcp.server_at(4, b"cc").wait(250).server_at(2, b"bb");
    });
    assert_eq!(
        tell_but(&capture, &LEFT_OUT),
        [
            "< 2..4 @5 @5",
            "< 4..6 @6 @6",
            "< TailLossProbe 4..6 @8",
            "< TimeoutRetransmission 2..4 @9",
        ]
    );
    let counters = counters(&capture).to_client;
    assert_eq!((counters.tail_loss_probes, counters.timeout_retransmissions), (1, 1));
}

#[test]
fn what_fits_no_rule_has_no_name() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").server(b"cc").wait(20).server_at(2, b"bb");
    });
    assert_eq!(tell_but(&capture, &LEFT_OUT)[2..], ["< Retransmission 2..4 @7"]);
}

#[test]
fn the_clock_tells_late_bytes_from_those_sent_again() {
    let late = |clock: u32| {
        let mut capture = capture(|tcp| {
            tcp.handshake().server_clock(100, 1).server(b"aa").server_clock(101, 1).server(b"bb");
            tcp.server_clock(102, 1).server(b"cc").server_clock(clock, 1).wait(50);
            tcp.server_at(2, b"bb");
        });
        capture.lose(5);
        tell_but(&capture, &LEFT_OUT).pop().unwrap()
    };
    assert_eq!(late(101), "< OutOfOrder 2..4 @6", "50 ms late, but sent before");
    assert_eq!(late(150), "< Retransmission 2..4 @6");
}

#[test]
fn the_count_of_packets_tells_too() {
    let late = |id: u16, wait: i64| {
        let mut capture = capture(|tcp| {
            tcp.handshake().server(b"aa").server(b"bb").server(b"cc").wait(wait);
            tcp.server_at(2, b"bb");
        });
        capture.lose(5).edit(6, |bytes| bytes[18..20].copy_from_slice(&id.to_be_bytes()));
        tell_but(&capture, &LEFT_OUT).pop().unwrap()
    };
    assert_eq!(late(5, 50), "< OutOfOrder 2..4 @6", "50 ms late, but sent as the fifth");
    assert_eq!(late(7, 0), "< Retransmission 2..4 @6", "1 ms late, but sent as the seventh");
}

#[test]
fn an_acknowledgment_tells_what_was_sent_and_not_captured() {
    let behind = |wait: i64| {
        let mut capture = capture(|tcp| {
            tcp.handshake().client(b"GET").ack().server(b"aa").ack_server();
            tcp.wait(wait).server_at(0, b"aa");
        });
        capture.lose(6);
        // the sender's count of packets would tell
        for frame in 1..=7 {
            capture.edit(frame, |bytes| bytes[18..20].fill(0));
        }
        tell_but(&capture, &LEFT_OUT)
    };
    assert_eq!(behind(300), ["> 0..3 @4 @4", "< TimeoutRetransmission 0..2 @7"]);
    assert_eq!(behind(0), ["> 0..3 @4 @4", "< OutOfOrder 0..2 @7"]);
}

#[test]
fn two_segments_in_flight_can_cause_but_one_duplicate() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").ack_client().server(b"bb").server(b"cc");
        tcp.client_acks(2).wait(2).server_at(2, b"bb");
    });
    capture.lose(6);
    assert_eq!(tell_but(&capture, &LEFT_OUT)[2..], ["< FastRetransmission 2..4 @8"]);
}

#[test]
fn the_receiver_reports_that_a_retransmission_was_needless() {
    let capture = capture(|tcp| {
        tcp.handshake().server(b"aa").server(b"bb").wait(300).server_at(0, b"aa");
        tcp.client_acks(4).client_sacks(4, &[0..2, 0..2]);
    });
    assert_eq!(
        tell_but(&capture, &LEFT_OUT)[1..],
        ["< TimeoutRetransmission 0..2 @6", "> DuplicateSack 0..2 @8"]
    );
    let counters = counters(&capture).to_client;
    assert_eq!((counters.retransmissions, counters.spurious_retransmissions), (1, 1));
}

#[test]
fn an_echo_from_before_tells_that_the_original_had_arrived() {
    let answered = |echo: u32| {
        let capture = capture(|tcp| {
            tcp.handshake().server_clock(100, 1).server(b"aa").wait(300);
            tcp.server_clock(400, 1).server_at(0, b"aa").client_clock(2, echo).ack_client();
        });
        let times = events(&capture, &Limits::default());
        let times = closed(&times).measures.clone().unwrap().round_trips.to_client.unwrap();
        (tell_but(&capture, &LEFT_OUT)[1..].to_vec(), counters(&capture).to_client, times.count)
    };
    let (lines, counters, times) = answered(100);
    assert_eq!(lines, ["> OriginalAcked 0..2 @6"]);
    assert_eq!((counters.spurious_retransmissions, times), (1, 1), "only the handshake is timed");
    let (lines, counters, times) = answered(400);
    assert!(lines.is_empty());
    assert_eq!((counters.spurious_retransmissions, times), (0, 2), "and the copy");
}

#[test]
fn a_copy_that_the_receiver_had_too_was_made_by_the_network() {
    let mut capture = capture(|tcp| {
        tcp.handshake().server(b"aa").ack_client().client_sacks(2, &[0..2, 0..2]);
    });
    capture.duplicate(4);
    let counters = counters(&capture).to_client;
    assert_eq!((counters.capture_duplicates, counters.network_duplicates), (0, 1));
    assert_eq!(counters.retransmissions, 0);
}
