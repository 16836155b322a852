//! WebSockets and event streams in every output: kinds, sizes and times, and nothing of what they
//! say.

use serde_json::json;
use urltrace::capture::memory::Memory;
use urltrace::capture::source::Record;
use urltrace::packet::build::Capture;
use urltrace::pipeline::{self, Settings, Watch};
use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::trace::Trace;

use crate::reports::json::document;
use crate::reports::{har_reader, read, written};

/// What messages say here.
const SAID: &str = "whisper";

const ASKS: &[u8] = b"GET /ws HTTP/1.1\r\nHost: a.test\r\nAccept: text/html\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const AGREES: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A WebSocket with a message each way, a ping that is answered, and a close; then a stream with
/// a comment and two events.
fn trace() -> Trace {
    let mut capture = Capture::new();
    let frame = |first: u8, payload: &[u8], mask: &[u8]| {
        let masked = if mask.is_empty() { 0 } else { 0x80 };
        let length = masked | u8::try_from(payload.len()).unwrap();
        [&[first, length], mask, payload].concat()
    };
    // a mask of zeros leaves the payload as it is
    let up = |first, payload: &[u8]| frame(first, payload, &[0; 4]);
    let down = |first, payload: &[u8]| frame(first, payload, &[]);
    capture
        .tcp(([192, 0, 2, 2], 50_000), ([198, 51, 100, 80], 80))
        .handshake()
        .client(ASKS)
        .server(AGREES)
        .client(&up(0x81, SAID.as_bytes()))
        .server(&down(0x82, SAID.as_bytes()))
        .server(&down(0x89, b"beat"))
        .client(&up(0x8a, b"beat"))
        .client(&up(0x88, b"\x03\xe9http://me:whisper@a.test/"))
        .server(&down(0x88, b"\x03\xe9"))
        .close();
    let stream =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 64\r\n\r\n";
    capture
        .tcp(([192, 0, 2, 2], 50_001), ([198, 51, 100, 80], 80))
        .handshake()
        .client(b"GET /events HTTP/1.1\r\nHost: a.test\r\n\r\n")
        .server(stream)
        .server(b": whisper\n\nevent: tick\nid: 1\ndata: whisper\n\n")
        .server(b"data: whisper\n\n    \n")
        .close();
    let mut source = Memory::new(capture.packets().into_iter().map(Record::Packet));
    let outcome = pipeline::run(&mut source, &Settings::new(2), Watch::default());
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    outcome.trace
}

#[test]
fn json_lists_them() {
    let document = document(&trace());
    let websocket = &document["exchanges"][0]["messages"];
    assert_eq!(websocket["kind"], "websocket");
    let list = websocket["list"].as_array().unwrap();
    let brief: Vec<_> = list
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let number = |name: &str| one[name].as_u64().unwrap();
            (text("by"), text("kind"), number("wire"), number("size"))
        })
        .collect();
    let one = |by: &str, kind: &str, wire, size| (by.to_owned(), kind.to_owned(), wire, size);
    assert_eq!(
        brief,
        [
            one("client", "text", 13, 7),
            one("server", "binary", 9, 7),
            one("server", "ping", 6, 4),
            one("client", "pong", 10, 4),
            one("client", "close", 33, 27),
            one("server", "close", 4, 2),
        ]
    );
    assert!(list[3]["round_trip_ms"].as_f64().unwrap() > 0.0);
    let sent = json!({"messages": 1, "control": 2, "wire": 56, "size": 38, "decoded": 38,
        "undecoded": 0});
    assert_eq!(websocket["sent"], sent);
    assert_eq!(websocket["closes"][0]["meaning"], "going away");
    assert_eq!(websocket["closes"][0]["reason"], "http://me:***@a.test/");
    assert_eq!(websocket["ended"], list[5]["done"]);
    assert_eq!(document["exchanges"][0]["visit"], json!(null), "it loads no page");
    let events = &document["exchanges"][1]["messages"];
    assert_eq!(events["kind"], "event_stream");
    let kinds: Vec<_> = events["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["kind"], &one["event"]))
        .collect();
    let (tick, none) = (json!("tick"), json!(null));
    let (comment, event) = (json!("comment"), json!("event"));
    assert_eq!(kinds, [(&comment, &none), (&event, &tick), (&event, &none)]);
    assert_eq!(events["list"][1]["has_id"], true);
    assert_eq!(events["received"]["messages"], 2);
}

#[test]
fn har_has_them_as_browsers_write_them() {
    let har = read("har", &trace(), &Options::default());
    assert_eq!(har_reader::faults(&har), Vec::<String>::new());
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries[0]["_resourceType"], "websocket");
    let messages = entries[0]["_webSocketMessages"].as_array().unwrap();
    let brief: Vec<_> =
        messages.iter().map(|one| (one["type"].as_str().unwrap(), &one["opcode"])).collect();
    let opcodes = [1, 2, 9, 10, 8, 8].map(|opcode| json!(opcode));
    let ways = ["send", "receive", "receive", "send", "send", "receive"];
    assert_eq!(brief, ways.into_iter().zip(&opcodes).collect::<Vec<_>>());
    // Chrome leaves a message out that has no data.
    assert_eq!(messages[0]["data"], "(text of 7 bytes, not kept)");
    let response = entries[0]["response"]["headers"].as_array().unwrap();
    assert!(!response.is_empty());
    assert_eq!(entries[1]["_resourceType"], "eventsource");
    assert!(entries[1].get("_webSocketMessages").is_none());
}

#[test]
fn the_timeline_tells_them_and_no_output_says_what_they_say() {
    let trace = trace();
    let options = Options { verbosity: 1, ..Options::default() };
    let timeline = written("timeline", &trace, &options);
    assert!(timeline.contains("WebSocket: 1 message sent, 1 received, closed by client after"));
    assert!(timeline.contains("server: binary, 7 bytes, frame"), "{timeline}");
    assert!(timeline.contains("text/event-stream, 2 events"), "{timeline}");
    assert!(timeline.contains("event tick, 7 bytes, frame"), "{timeline}");
    for format in FORMATS {
        for verbosity in 0..=2 {
            let options = Options { verbosity, ..Options::default() };
            let text = written(format.name, &trace, &options);
            assert!(!text.contains(SAID), "{} says it", format.name);
        }
    }
}
