//! When flows are over, and how much they may hold.

use super::*;

#[test]
fn flows_that_are_over_leave_nothing_behind() {
    let mut capture = Capture::new();
    for turn in 1..2000 {
        capture.tcp(CLIENT, SERVER).isn(turn * 7919, 9).syn().rst_server();
    }
    let mut table = FlowTable::new(&Limits::default());
    let mut out = Vec::new();
    for packet in capture.packets() {
        table.push(&packet, &decode(&packet), &mut out);
    }
    assert_eq!((closed(&out).len(), table.len()), (1998, 1));
    assert!(table.deadlines.len() < 200);
}

#[test]
fn idle_flows_end_at_their_deadline_in_its_order() {
    let mut capture = Capture::new();
    capture.udp(OTHER, RESOLVER, b"b").udp(CLIENT, RESOLVER, b"a");
    capture.tcp(CLIENT, SERVER).handshake().close();
    capture.udp(OTHER, RESOLVER, b"b");
    let limits = Limits { tcp_closed: TimeDelta::from_secs(60), ..Limits::default() };
    let lines = |step| {
        let mut lines =
            tick(&capture, &limits, TimeDelta::from_millis(step), TimeDelta::from_secs(300));
        lines.retain(|line| line.contains("closed"));
        lines
    };
    let expected = [
        "60008 closed @10 Fin frames [3, 4, 5, 6, 7, 8, 9]",
        "120001 closed @10 Idle frames [2]",
        "120009 closed @10 Idle frames [1, 10]",
    ];
    for step in [1000, 7777, 200_000] {
        assert_eq!(lines(step), expected, "whatever the ticks");
    }
}

#[test]
fn a_packet_after_the_deadline_is_of_a_new_flow() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"a").wait(119_000).udp(CLIENT, RESOLVER, b"b");
    capture.wait(120_000).udp(CLIENT, RESOLVER, b"c");
    assert_eq!(
        tell(&capture)[3..5],
        ["closed @3 Idle frames [1, 2]", "open @3 10.0.0.2:50000 10.0.0.1:53 FirstSender"]
    );
}

#[test]
fn a_hole_is_given_up_at_its_time_without_a_packet() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().server(b"aa").server(b"bb").ack_client();
    capture.lose(4);
    let limits = Limits::default();
    let lines = tick(&capture, &limits, TimeDelta::from_millis(50), TimeDelta::from_millis(100));
    assert_eq!(
        lines[lines.len() - 3..],
        ["8 < gap 0..2 NotCaptured @5", "8 < 2..4 @4 @5", "8 < @4 @5 4 ms not captured"],
        "captured at 5 ms, acknowledged at 5 ms and due 3 ms later"
    );
}

#[test]
fn the_longest_idle_makes_room() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, b"a").udp(OTHER, RESOLVER, b"b").udp(CLIENT, RESOLVER, b"c");
    capture.udp(SERVER, CLIENT, b"new");
    let limits = Limits { flows_per_shard: 2, ..Limits::default() };
    let lines: Vec<String> = events(&capture, &limits).iter().map(line).collect();
    assert_eq!(
        lines[5..8],
        [
            "anomaly @4 flow.limit-flows limit",
            "closed @4 Evicted frames [2]",
            "open @4 10.0.0.2:50000 10.0.0.1:80 Port",
        ]
    );
}

#[test]
fn too_much_held_in_one_stream_gives_up_its_first_hole() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().server_at(10, &[1; 500]).server_at(1000, &[2; 600]);
    let limits = Limits { held_per_stream: 1000, ..Limits::default() };
    let lines: Vec<String> = events(&capture, &limits).iter().map(line).collect();
    assert_eq!(
        lines[4..7],
        ["anomaly @5 tcp.limit-held limit", "< gap 0..10 OverBudget @5", "< 10..510 @4 @5"]
    );
}

#[test]
fn too_much_held_in_all_takes_from_the_greatest_holder() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake();
    capture.tcp(OTHER, SERVER).handshake().server_at(10, &[1; 500]);
    capture.tcp(CLIENT, SERVER).server_at(10, &[1; 400]).server_at(500, &[1; 300]);
    let limits = Limits { held_per_shard: 1200, ..Limits::default() };
    let events = events(&capture, &limits);
    let gaps: Vec<(FlowId, String)> = events
        .iter()
        .filter(|event| line(event).contains("OverBudget"))
        .map(|event| (event.flow, line(event)))
        .collect();
    assert_eq!(gaps, [(FlowId(FrameNo(1)), "< gap 0..10 OverBudget @9".to_owned())]);
}

#[test]
fn listed_frames_have_a_bound() {
    let mut capture = Capture::new();
    for _ in 0..5 {
        capture.udp(CLIENT, RESOLVER, b"a").wait(10);
    }
    let limits = Limits { frames_listed: 3, ..Limits::default() };
    let events = events(&capture, &limits);
    let lines: Vec<String> = events.iter().map(line).collect();
    assert_eq!(lines.last().unwrap(), "closed @5 CaptureEnd frames [1, 2, 3]");
    assert_eq!(lines.iter().filter(|line| line.contains("limit-frames")).count(), 1);
    assert_eq!(closed(&events)[0].counters.to_server.packets, 5);
}
