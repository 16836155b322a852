//! What held bytes up.
//!
//! Captured at the client: the handshake's round trip is 20 ms to the server and 1 ms to the
//! client. Every segment takes 1 ms.

use super::*;
use crate::flow::story::stalls;

/// A full segment.
const FULL: [u8; 1460] = [7; 1460];

fn open<'c, 't>(tcp: &'t mut Connection<'c>) -> &'t mut Connection<'c> {
    tcp.syn().wait(19).syn_ack().ack_client()
}

#[test]
fn nothing_held_up() {
    let capture = capture(|tcp| {
        open(tcp).client(b"GET").wait(19).server(&FULL).server(&FULL).server(b"end").ack();
    });
    assert_eq!(stalls(&capture), [""; 0]);
}

#[test]
fn a_hole_until_it_is_filled() {
    let mut capture = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).server(&FULL).server(&FULL).server(&FULL);
        tcp.client_acks(1460).client_acks(1460).client_acks(1460).client_acks(1460);
        tcp.wait(20).server_at(1460, &FULL).ack();
    });
    capture.lose(5);
    assert_eq!(stalls(&capture), ["< @5 @12 27 ms missing until FastRetransmission"]);
}

#[test]
fn holes_one_after_the_other() {
    let mut capture = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).server(&FULL).server(&FULL).server(&FULL);
        tcp.client_sacks(1460, &[2920..4380, 5840..7300]);
        tcp.wait(20).server_at(1460, &FULL).wait(9).server_at(4380, &FULL).ack();
    });
    capture.lose(5).lose(6);
    assert_eq!(
        stalls(&capture),
        [
            "< @5 @8 24 ms missing until FastRetransmission",
            "< @8 @9 10 ms missing until FastRetransmission"
        ]
    );
}

#[test]
fn overtaken_is_not_lost() {
    let mut capture = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).server(&FULL).ack();
    });
    capture.swap(4, 5);
    assert_eq!(stalls(&capture), ["< @4 @5 1 ms missing until OutOfOrder"]);
}

#[test]
fn a_hole_of_the_capture_is_no_loss() {
    let mut capture = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).server(&FULL).ack_client().wait(60).server(b"end");
    });
    capture.lose(5);
    assert_eq!(
        stalls(&capture),
        ["< @5 @7 4 ms not captured", "< @5 @7 62 ms idle"],
        "given up 3 ms after the acknowledgment"
    );
}

#[test]
fn a_request_that_is_sent_again() {
    let needed = capture(|tcp| {
        open(tcp).client(b"GET").wait(250).client_at(0, b"GET").wait(499).client_at(0, b"GET");
        tcp.wait(19).server(b"OK");
    });
    assert_eq!(
        stalls(&needed),
        [
            "> @4 @5 251 ms TimeoutRetransmission of @4",
            "> @5 @6 500 ms TimeoutRetransmission of @4"
        ]
    );
    let needless = capture(|tcp| {
        open(tcp).client(b"GET").wait(250).client_at(0, b"GET").wait(4).server(b"OK");
    });
    assert_eq!(
        stalls(&needless),
        [""; 0],
        "the answer comes too soon to be one to the second copy"
    );
}

#[test]
fn seen_at_the_server_what_was_lost_behind_it_is_sent_again() {
    let capture = capture(|tcp| {
        tcp.syn().syn_ack().wait(19).ack_client();
        tcp.client(b"GET").server(&FULL).server(&FULL).wait(250);
        tcp.server_at(0, &FULL).wait(19).client_acks(2920).server(&FULL);
    });
    assert_eq!(
        stalls(&capture),
        [
            "< @6 @7 251 ms TimeoutRetransmission of @6",
            "< @7 @9 21 ms waits for the ACK of TimeoutRetransmission"
        ]
    );
}

#[test]
fn a_closed_window_holds_the_sender_until_it_opens() {
    let capture = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).client_window(0).ack_client();
        tcp.wait(300).client_window(500).ack_client().wait(19).server(&FULL);
        tcp.ack_client().client_window(0).ack_client().wait(50).client_window(500).ack_client();
        tcp.wait(99).server(&FULL);
    });
    assert_eq!(
        stalls(&capture),
        [
            "< @6 @8 321 ms window closed @6 opened @7",
            "< @10 @11 51 ms window closed @10 opened @11",
            "< @11 @12 100 ms idle",
        ],
        "the third part is longer than the way takes"
    );
}

#[test]
fn a_full_window_holds_the_sender_too() {
    // 23 × 128 bytes: two segments
    let capture = capture(|tcp| {
        tcp.client_window(23);
        open(tcp).client(b"GET").wait(19).server(&FULL).server(&FULL).ack_client();
        tcp.wait(19).server(&FULL).server(&FULL).ack_client();
    });
    assert_eq!(stalls(&capture), ["< @6 @8 21 ms window closed @0 opened @7"]);
}

#[test]
fn flights_of_one_round_trip() {
    let capture = capture(|tcp| {
        open(tcp).client(b"GET").wait(19).server(&FULL).ack_client().server(&FULL).ack_client();
        tcp.wait(17).server(&FULL).server(&FULL).server(&FULL).server(b"end").ack_client();
    });
    assert_eq!(stalls(&capture), ["< @7 @9 19 ms congestion window until @6"]);
}

#[test]
fn a_sender_that_has_no_more_is_idle() {
    let small = capture(|tcp| {
        open(tcp).server(&FULL).server(b"so far").ack_client().wait(17).server(&FULL);
    });
    assert_eq!(stalls(&small), ["< @5 @7 19 ms idle"], "the segment was not full");
    let late = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).ack_client().wait(100).server(&FULL);
    });
    assert_eq!(stalls(&late), ["< @5 @7 102 ms idle"], "all was acknowledged long before");
    let mut holed = capture(|tcp| {
        open(tcp)
            .server(&FULL)
            .ack_client()
            .wait(100)
            .server(&FULL)
            .server(&FULL)
            .client_acks(4380);
    });
    holed.lose(6);
    assert_eq!(stalls(&holed)[0], "< @4 @6 103 ms unknown", "it may have sent what is missing");
    let silent = capture(|tcp| {
        open(tcp).server(&FULL).server(&FULL).wait(100).server(&FULL);
    });
    assert_eq!(stalls(&silent), ["< @5 @6 101 ms unknown"], "nothing was");
}

#[test]
fn a_lost_tail_shows_in_the_count_of_packets() {
    let say = |lost: bool| {
        let mut capture = capture(|tcp| {
            open(tcp).client(b"GET").wait(19).server(b"a").wait(9).server(b"b").wait(9);
            for _ in 0..7 {
                tcp.server(&FULL);
            }
            tcp.server(b"end");
        });
        // numbers of its own for the server's packets
        for id in 1..=14_u8 {
            capture.edit(id.into(), |bytes| bytes[18..20].copy_from_slice(&[1, id]));
        }
        if lost {
            capture.lose(14);
        }
        let mut tcp = capture.tcp(CLIENT, SERVER);
        tcp.wait(250).server_at(2 + 7 * 1460, b"end").client_acks(5 + 7 * 1460);
        let last = capture.packets().len() - 1;
        capture.edit(last, |bytes| bytes[18..20].copy_from_slice(&[1, 15]));
        stalls(&capture).pop().unwrap()
    };
    assert_eq!(say(true), "< @13 @14 252 ms vanished");
    assert_eq!(say(false), "< @14 @15 251 ms TailLossProbe of @14");
}

#[test]
fn a_slow_link_is_no_stall() {
    let capture = capture(|tcp| {
        open(tcp).client(b"GET").wait(19);
        for _ in 0..20 {
            tcp.server(&FULL).wait(11);
        }
    });
    assert_eq!(stalls(&capture), [""; 0], "segments come one by one");
}

#[test]
fn shorter_round_trips_than_the_handshakes() {
    let capture = capture(|tcp| {
        tcp.syn().wait(99).syn_ack().ack_client();
        tcp.client(b"GET").wait(94).server(b"OK").client(b"GET").wait(49).ack_server();
        tcp.client(b"GET").wait(9).client_at(6, b"GET").wait(5).ack_server();
    });
    assert_eq!(stalls(&capture)[0], "> round trip @6 @7 50 ms");
    assert!(!stalls(&capture).iter().skip(1).any(|line| line.contains("round trip")));
}

#[test]
fn met_midway_a_round_trip_is_learnt() {
    let mut capture = capture(|tcp| {
        tcp.handshake().client(b"GET").wait(19).ack_server().wait(99).server(b"OK");
    });
    capture.lose(1).lose(1).lose(1);
    assert_eq!(stalls(&capture), ["> round trip @1 @2 20 ms"]);
}

#[test]
fn what_is_listed_is_bounded() {
    let capture = capture(|tcp| {
        open(tcp);
        for _ in 0..Limits::STALLS_LISTED + 10 {
            tcp.server(b"x").wait(30);
        }
    });
    assert_eq!(stalls(&capture).len(), Limits::STALLS_LISTED);
    let limit = tell(&capture).into_iter().filter(|line| line.ends_with("tcp.limit-stalls limit"));
    assert_eq!(limit.count(), 1);
}
