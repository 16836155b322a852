//! Handshakes of which anyone can see the steps, through the whole program.

use crate::capture::memory::Memory;
use crate::capture::source::Record;
use crate::packet::build::Capture;
use crate::pipeline::{self, Settings, Watch};
use crate::protocol::tls::vectors::{self, bytes};
use crate::trace::Trace;
use crate::trace::securing::Outcome;
use crate::trace::tls::Tls;

/// What is said, by whom: true for the client.
fn traced(steps: &[(bool, Vec<u8>)]) -> Trace {
    let mut capture = Capture::new();
    let mut web = capture.tcp(([192, 0, 2, 2], 50_000), ([192, 0, 2, 1], 443));
    web.handshake();
    for (from_client, bytes) in steps {
        if *from_client {
            web.client(bytes);
        } else {
            web.server(bytes);
        }
    }
    web.close();
    let mut source = Memory::new(capture.packets().into_iter().map(Record::Packet));
    let outcome = pipeline::run(&mut source, &Settings::new(1), Watch::default());
    assert!(outcome.error.is_none());
    outcome.trace
}

fn record(content: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[content, 3, 3, high, low], body].concat()
}

fn steps_of(tls: &Tls) -> Vec<String> {
    let name = |way| if way == crate::flow::event::Direction::ToServer { 'c' } else { 's' };
    let text = tls.messages.iter().map(|m| format!("{} {:?}", name(m.direction), m.kind));
    text.collect()
}

/// The ServerHello of RFC 8446 §4.1.4 that asks for another ClientHello.
fn retry() -> Vec<u8> {
    let mut hello = bytes(vectors::SERVER_HELLO);
    let random = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
    hello.splice(6..38, bytes(random));
    hello
}

#[test]
fn a_second_client_hello_behind_a_retry_is_in_the_clear_whatever_dummy_comes_before_it() {
    let client = record(22, &bytes(vectors::CLIENT_HELLO));
    let dummy = record(20, &[1]);
    let trace = traced(&[
        (true, client.clone()),
        (false, [record(22, &retry()), dummy.clone()].concat()),
        (true, [dummy.clone(), client].concat()),
        (false, [record(22, &bytes(vectors::SERVER_HELLO)), record(23, &[9; 900])].concat()),
        (true, [dummy, record(23, &[9; 53])].concat()),
        (true, record(23, &[9; 200])),
    ]);
    let tls = trace.connections[0].tls.as_ref().unwrap();
    assert!(tls.retry().is_some());
    assert_eq!(tls.server_name(), Some("server"));
    assert_eq!(tls.round_trips(), Some(2));
    let hellos = steps_of(tls).iter().filter(|step| step.contains("(1)")).count();
    assert_eq!(hellos, 2, "{:?}", steps_of(tls));
    let done = tls.finished.to_server.unwrap();
    assert!(done.inferred && tls.finished.to_client.is_none());
    assert!(matches!(Outcome::of(&trace.connections[0], tls), Outcome::Open(_)));
    assert_eq!(trace.connections[0].protocol, Some("tls"));
}

#[test]
fn a_record_too_short_for_a_finished_is_the_alert_that_ends_a_handshake() {
    let trace = traced(&[
        (true, record(22, &bytes(vectors::CLIENT_HELLO))),
        (false, [record(22, &bytes(vectors::SERVER_HELLO)), record(23, &[9; 900])].concat()),
        (true, record(23, &[9; 19])),
    ]);
    let tls = trace.connections[0].tls.as_ref().unwrap();
    assert_eq!(tls.finished.to_server, None);
    assert_eq!(tls.alerts.len(), 1);
    assert!(tls.alerts[0].encrypted && tls.alerts[0].said.is_none());
    assert!(matches!(Outcome::of(&trace.connections[0], tls), Outcome::Failed(_)));
}

#[test]
fn a_client_that_gives_up_may_say_so_in_the_clear() {
    let trace = traced(&[
        (true, record(22, &bytes(vectors::CLIENT_HELLO))),
        (false, [record(22, &bytes(vectors::SERVER_HELLO)), record(23, &[9; 900])].concat()),
        (true, record(21, &[2, 45])),
    ]);
    let tls = trace.connections[0].tls.as_ref().unwrap();
    let said = tls.alerts[0].said.map(|(_, what)| what.to_string());
    assert_eq!(said.as_deref(), Some("certificate_expired"));
    assert!(!tls.alerts[0].encrypted && tls.failure().is_some());
}
