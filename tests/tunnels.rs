//! Visits inside tunnels, through the whole pipeline.

use urltrace::packet::TunnelKind;
use urltrace::packet::build::Capture;

use crate::support::trace_of;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 80], 80);

fn visit(capture: &mut Capture, path: &str) {
    let get = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n");
    let body = "x".repeat(3000);
    let ok = format!("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n{body}");
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(get.as_bytes()).ack().server(ok.as_bytes()).ack().close();
}

#[test]
fn the_same_connection_in_two_networks_is_two() {
    let mut capture = Capture::new();
    visit(capture.vxlan(Some(7)), "/seven");
    visit(capture.vxlan(Some(8)), "/eight");
    let trace = trace_of(&capture);
    let networks: Vec<_> =
        trace.connections.iter().map(|one| one.encapsulation.tunnel.unwrap()).collect();
    assert_eq!(networks.iter().map(|one| one.id).collect::<Vec<_>>(), [Some(7), Some(8)]);
    assert!(networks.iter().all(|one| one.kind == TunnelKind::Vxlan));
    let urls: Vec<_> = trace.exchanges.iter().map(|one| one.url.as_deref().unwrap()).collect();
    assert_eq!(urls, ["http://a.test/seven", "http://a.test/eight"]);
    assert!(trace.exchanges.iter().all(|one| one.status() == Some(200)));
    let frames = |name| trace.protocols.iter().find(|one| one.name == name).unwrap().packets;
    assert_eq!(frames("eth"), trace.capture.packets, "each packet once, though it has two");
    assert_eq!(frames("vxlan"), trace.capture.packets);
}

#[test]
fn a_tunnel_whose_packets_are_fragmented_is_put_together() {
    let mut capture = Capture::new();
    visit(capture.vxlan(Some(7)), "/");
    let whole = trace_of(&capture);
    // the response's first segment, in two or three pieces
    let longest = capture.packets().iter().position(|packet| packet.data.len() > 1400).unwrap();
    capture.fragment(longest + 1, 800);
    let trace = trace_of(&capture);
    let [exchange] = &trace.exchanges[..] else { panic!("one request") };
    let end = exchange.response_end.as_ref().unwrap();
    assert_eq!((exchange.status(), end.body.decoded), (Some(200), Some(3000)));
    assert_eq!(trace.connections.len(), 1);
    let bytes = |trace: &urltrace::trace::Trace| trace.connections[0].counters.to_client.bytes;
    assert_eq!(bytes(&trace), bytes(&whole));
    assert!(trace.anomalies.is_empty(), "{:?}", trace.anomalies);
}
