//! WebSockets and event streams inside TLS, against what the browser itself counted.

use std::fs;

use serde_json::Value;

use urltrace::protocol::http::message::{MessageKind, StreamMessage};
use urltrace::report::text::words::sender;

use crate::support::{root, run_file};

/// How long after a packet the browser's own clock may note what it brought, in seconds: half the
/// round trip of the lab, and what its threads take on a busy machine.
const LATE: f64 = 0.05;

#[test]
fn every_message_that_the_browser_counted_is_found_with_its_size_and_time() {
    let folder = root().join("testdata/visits/websocket");
    let truth = fs::read_to_string(folder.join("truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let trace = run_file(&folder.join("capture.pcap"), 2).trace;
    let mut compared = 0;
    let theirs = truth["requests"].as_array().unwrap();
    let with = |name: &'static str| theirs.iter().filter(move |request| request[name].is_array());
    let ours = |is_websocket: bool| {
        let of_kind = trace.exchanges.iter().filter(move |exchange| {
            exchange.messages.is_some() && exchange.switched.is_some() == is_websocket
        });
        of_kind.map(|exchange| {
            let listed = &exchange.messages.as_ref().unwrap().listed;
            listed.iter().filter(|message| message.kind.is_data()).collect::<Vec<_>>()
        })
    };
    for (request, ours) in with("messages").zip(ours(true)) {
        let theirs = request["messages"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{}", request["url"]);
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!(theirs["from"], sender(ours.direction));
            assert_eq!(theirs["opcode"].as_u64(), ours.kind.opcode().map(u64::from));
            same(ours, theirs);
            compared += 1;
        }
    }
    for (request, ours) in with("events").zip(ours(false)) {
        let theirs = request["events"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{}", request["url"]);
        for (ours, theirs) in ours.iter().zip(theirs) {
            let MessageKind::Event { name, has_id, .. } = &ours.kind else { panic!("{ours:?}") };
            assert_eq!(theirs["name"], name.as_deref().unwrap_or("message"));
            assert!(has_id, "{}", theirs["id"]);
            same(ours, theirs);
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared}");
}

#[test]
fn a_websocket_on_a_stream_waits_for_its_answer_once_it_has_asked() {
    let capture = root().join("testdata/visits/websocket-h2/capture.pcap");
    let trace = run_file(&capture, 2).trace;
    let asked = trace
        .exchanges
        .iter()
        .filter(|exchange| exchange.request.as_ref().is_some_and(|request| request.is("CONNECT")));
    let mut compared = 0;
    for exchange in asked {
        let [send, wait] = [exchange.timings.send, exchange.timings.wait].map(Option::unwrap);
        // one packet; then the lab's round trip of 20 ms
        assert!(send.as_millis_f64() < 1.0, "{send:?}");
        assert!((20.0..40.0).contains(&wait.as_millis_f64()), "{wait:?}");
        compared += 1;
    }
    assert_eq!(compared, 3);
}

/// Size and time of a message by both.
fn same(ours: &StreamMessage, theirs: &Value) {
    assert_eq!(theirs["size"].as_u64(), ours.decoded);
    let late = theirs["at"].as_f64().map(|at| at - ours.span.done.at.as_nanos() as f64 / 1e9);
    assert!(late.is_some_and(|late| late.abs() < LATE), "{late:?} s: {ours:?}");
}
