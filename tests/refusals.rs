//! ICMP errors, through the whole pipeline: each belongs to what it is about.

use std::net::IpAddr;

use urltrace::packet::build::Capture;
use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::trace::Trace;
use urltrace::trace::lookup::Outcome;

use crate::support::{dns, trace_of};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 10], 80);
const RESOLVER: ([u8; 4], u16) = ([192, 0, 2, 53], 53);
const ROUTER: [u8; 4] = [192, 0, 2, 1];

#[test]
fn a_connection_that_a_router_refuses() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).syn();
    capture.unreachable(ROUTER, 1, 13);
    // another connection of the same host is not concerned
    capture.tcp((CLIENT.0, 50_001), SERVER).handshake();
    let trace = trace_of(&capture);
    let [refused, open] = &trace.connections[..] else { panic!("two connections") };
    let refusal = refused.unreachable().unwrap();
    assert_eq!(refusal.reason, "communication administratively prohibited");
    assert_eq!((refusal.from, refusal.at.frame.0), (IpAddr::from(ROUTER), 2));
    assert!(open.refusals.is_empty() && open.unreachable().is_none());
}

#[test]
fn a_lookup_whose_resolver_does_not_listen() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &dns::query(7, "www.example.com"));
    capture.unreachable(RESOLVER.0, 1, 3);
    capture.udp((CLIENT.0, 50_001), RESOLVER, &dns::query(8, "other.example.com"));
    let trace = trace_of(&capture);
    let [refused, other] = &trace.lookups[..] else { panic!("two lookups") };
    assert_eq!(refused.outcome(), Outcome::Unanswered);
    assert_eq!(refused.refusal().unwrap().reason, "port unreachable");
    assert_eq!(refused.frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [1, 2]);
    assert!(other.refusal().is_none());
}

#[test]
fn a_path_with_a_smaller_mtu() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(&[7; 1460]);
    let quoted = capture.packets()[3].data[14..42].to_vec();
    capture.icmp(ROUTER, CLIENT.0, 3, 4, [0, 0, 5, 0x78], &quoted);
    let trace = trace_of(&capture);
    let [refusal] = &trace.connections[0].refusals[..] else { panic!("one error") };
    assert_eq!(refusal.mtu, Some(1400));
    assert!(trace.connections[0].unreachable().is_none(), "it was open before");
}

#[test]
fn a_datagram_of_a_protocol_that_nobody_named() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, (SERVER.0, 9999), b"anybody?").unreachable(SERVER.0, 1, 3);
    let trace = trace_of(&capture);
    let [connection] = &trace.connections[..] else { panic!("one flow") };
    assert_eq!(connection.refusals[0].reason, "port unreachable");
    let text = timeline(&trace);
    assert!(text.contains("port unreachable, 1 packet, 8 B"), "{text}");
}

#[test]
fn an_error_about_nothing_that_was_seen_is_only_a_note() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).syn();
    capture.unreachable(ROUTER, 1, 1).lose(1);
    let trace = trace_of(&capture);
    assert!(trace.connections.is_empty());
    let about = "TCP from 192.0.2.2:50000 to 198.51.100.10:80";
    assert_eq!(trace.notes[0].what, ("icmp", format!("host unreachable: {about}")));
    let text = timeline(&trace);
    assert!(
        text.contains(&format!("noted      icmp: host unreachable: {about} (frame 1)")),
        "{text}"
    );
}

#[test]
fn what_is_said_often_is_shown_once_and_not_without_end() {
    let mut capture = Capture::new();
    for port in 0..20 {
        capture.udp((CLIENT.0, 2000 + port), (SERVER.0, 9999), b"anybody?");
        capture.unreachable(SERVER.0, 2 * usize::from(port) + 1, 3);
    }
    capture.udp(CLIENT, (SERVER.0, 9999), b"anybody?");
    for _ in 0..3 {
        capture.unreachable(SERVER.0, 41, 3);
    }
    let text = timeline(&trace_of(&capture));
    assert_eq!(text.matches("noted ").count(), 9, "{text}");
    assert!(text.contains("13 more: -v shows them"), "{text}");
}

fn timeline(trace: &Trace) -> String {
    let format = FORMATS.iter().find(|format| format.name == "timeline").unwrap();
    let mut text = Vec::new();
    format.reporter.write(trace, &Options::default(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}
