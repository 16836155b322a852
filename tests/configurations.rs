//! What a host is told of its network, through the whole pipeline.

use std::net::IpAddr;

use urltrace::packet::build::Capture;
use urltrace::protocol::configuration::ConfiguredBy;

use crate::support::trace_of;

const CLIENT: [u8; 4] = [192, 0, 2, 9];
const ROUTER: [u8; 4] = [192, 0, 2, 1];
const NEAR: ([u8; 4], u16) = ([192, 0, 2, 80], 80);
const FAR: ([u8; 4], u16) = ([198, 51, 100, 80], 80);

/// An acknowledgment of `CLIENT` in 192.0.2.0/24.
fn acknowledgment() -> Vec<u8> {
    let mut bytes = vec![2, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(CLIENT);
    bytes.extend([0; 8]);
    bytes.extend([2, 0, 192, 0, 2, 9]);
    bytes.resize(236, 0);
    bytes.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 5, 1, 4, 255, 255, 255, 0, 3, 4]);
    bytes.extend(ROUTER);
    bytes.push(255);
    bytes
}

/// For each connection: whether its server is on the client's network.
fn reached(capture: &Capture) -> Vec<Option<bool>> {
    let trace = trace_of(capture);
    let tcp = trace.connections.iter().filter(|connection| connection.server.port == 80);
    tcp.map(|connection| connection.reach.map(|reach| reach.is_local)).collect()
}

#[test]
fn a_server_is_near_or_far_by_the_word_of_dhcp() {
    let mut capture = Capture::new();
    capture.udp((ROUTER, 67), (CLIENT, 68), &acknowledgment());
    capture.udp((ROUTER, 67), (CLIENT, 68), &acknowledgment());
    capture.tcp((CLIENT, 50_000), NEAR).handshake();
    capture.tcp((CLIENT, 50_001), FAR).handshake();
    capture.tcp(([192, 0, 2, 10], 50_002), FAR).handshake();
    assert_eq!(reached(&capture), [Some(true), Some(false), None]);
    let trace = trace_of(&capture);
    let [told] = &trace.configurations[..] else { panic!("told twice, listed once") };
    assert_eq!((told.what.by, told.at.frame.0), (ConfiguredBy::Dhcp, 1));
    assert_eq!(told.what.routers, [IpAddr::from(ROUTER)]);
}

#[test]
fn what_nobody_told_is_not_known() {
    let mut capture = Capture::new();
    capture.tcp((CLIENT, 50_000), NEAR).handshake();
    capture.udp((ROUTER, 67), (CLIENT, 68), &acknowledgment());
    assert_eq!(reached(&capture), [None]);
}
