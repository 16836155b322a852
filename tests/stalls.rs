//! Wait and receive in parts: that they add up for every exchange there is, and name what
//! happened.

use std::collections::BTreeMap;

use etherparse::{SlicedPacket, TransportSlice};
use proptest::prelude::*;
use serde_json::Value;

use urltrace::capture::source::{PacketSource, Record};
use urltrace::packet::build::Capture;
use urltrace::report::{FORMATS, format::Options};
use urltrace::time::TimeDelta;
use urltrace::trace::exchange::State;
use urltrace::trace::stall::{Cause, Part, Repair};
use urltrace::trace::{Attribution, Trace};

use crate::support::{Fixture, fixtures, run_file, shared, trace_of, visits_in};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 10], 80);

/// What a phase has to be: the sum of its parts, which follow each other.
fn adds_up(phase: Option<TimeDelta>, parts: &[Part]) -> Result<(), String> {
    let sum = parts.iter().map(|part| part.to.since(part.from));
    let sum = sum.fold(TimeDelta::ZERO, |sum, part| sum + part);
    let follows = parts.windows(2).all(|two| two[0].to == two[1].from);
    let lasts = parts.iter().all(|part| part.from < part.to);
    if phase.unwrap_or_default() == sum && follows && lasts {
        return Ok(());
    }
    Err(format!("{phase:?} is not {sum:?}: {parts:?}"))
}

/// How many exchanges there are, all of whose phases are the sum of their parts.
fn all_add_up(name: &str, trace: &Trace) -> usize {
    for exchange in &trace.exchanges {
        let Attribution { wait, receive } = Attribution::of(trace, exchange);
        let both = [(exchange.timings.wait, wait), (exchange.timings.receive, receive)];
        for (phase, parts) in both {
            if let Err(why) = adds_up(phase, &parts) {
                panic!("{name}: exchange {}: {why}", exchange.id.0);
            }
        }
    }
    trace.exchanges.len()
}

fn every_visit() -> Vec<Fixture> {
    let elsewhere = shared("visits").map(|folder| visits_in(&folder)).unwrap_or_default();
    fixtures().into_iter().chain(elsewhere).collect()
}

#[test]
fn parts_add_up_in_every_visit() {
    let mut exchanges = 0;
    for visit in every_visit() {
        let outcome = run_file(&visit.capture, 2);
        assert!(outcome.error.is_none(), "{}: {:?}", visit.name, outcome.error);
        exchanges += all_add_up(&visit.name, &outcome.trace);
    }
    assert!(exchanges > 300, "only {exchanges}");
}

#[test]
fn what_is_written_adds_up() {
    let written = |trace: &Trace, name: &str| -> Value {
        let format = FORMATS.iter().find(|format| format.name == name).unwrap();
        let mut text = Vec::new();
        format.reporter.write(trace, &Options::default(), &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    for visit in fixtures().iter().filter(|visit| visit.name.contains("loss")) {
        let trace = run_file(&visit.capture, 2).trace;
        let (json, har) = (written(&trace, "json"), written(&trace, "har"));
        let of_json = json["exchanges"].as_array().unwrap().iter().map(|e| (e, &e["stalls"]));
        let of_har = har["log"]["entries"].as_array().unwrap().iter().map(|e| (e, &e["_stalls"]));
        let mut compared = 0;
        for (entry, stalls) in of_json.chain(of_har) {
            for phase in ["wait", "receive"] {
                let parts = stalls[phase].as_array().unwrap();
                let sum: f64 = parts.iter().map(|part| part["ms"].as_f64().unwrap()).sum();
                let whole = entry["timings"][phase].as_f64().unwrap_or(0.0);
                assert!((sum - whole).abs() < 1e-6, "{}: {phase} {whole}: {parts:?}", visit.name);
                compared += 1;
            }
        }
        assert_eq!(compared, trace.exchanges.len() * 4);
    }
}

#[test]
fn every_request_of_a_lossy_visit_is_whole() {
    let names = ["loss", "one-loss", "06-loss"];
    let lossy = every_visit().into_iter().filter(|visit| names.contains(&visit.name.as_str()));
    for visit in lossy {
        let trace = run_file(&visit.capture, 2).trace;
        let plain = trace.exchanges.iter().filter(|exchange| exchange.url.is_some());
        for exchange in plain {
            assert_eq!(exchange.state(), State::Whole, "{}: {:?}", visit.name, exchange.url);
        }
    }
}

/// The server's segments of a capture in their order, by the client's port: frame, sequence number
/// and payload length.
fn segments(visit: &Fixture) -> BTreeMap<u16, Vec<(u64, u32, usize)>> {
    let mut source = urltrace::capture::open(&visit.capture).unwrap();
    let mut found: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    while let Some(record) = source.next_record().unwrap() {
        let Record::Packet(packet) = record else { continue };
        let sliced = SlicedPacket::from_ethernet(&packet.data).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { continue };
        if tcp.source_port() == 80 && !tcp.payload().is_empty() {
            let segment = (packet.frame.0, tcp.sequence_number(), tcp.payload().len());
            found.entry(tcp.destination_port()).or_default().push(segment);
        }
    }
    found
}

/// The one segment that was lost is found by its sequence number alone, and the attribution
/// names the frame that brought it again.
#[test]
fn one_lost_segment_is_named() {
    let visit = fixtures().into_iter().find(|visit| visit.name == "one-loss").unwrap();
    let mut repaired = Vec::new();
    for segments in segments(&visit).values() {
        for (nth, (frame, seq, _)) in segments.iter().enumerate() {
            let before = &segments[..nth];
            if let Some((opened, ..)) = before.iter().find(|(_, earlier, _)| earlier > seq) {
                repaired.push((*opened, *frame));
            }
        }
    }
    let [(opened, frame)] = repaired[..] else { panic!("not one loss: {repaired:?}") };

    let trace = run_file(&visit.capture, 2).trace;
    let parts = trace.exchanges.iter().flat_map(|exchange| {
        let Attribution { wait, receive } = Attribution::of(&trace, exchange);
        wait.into_iter().chain(receive).map(|part| (exchange.id.0, part))
    });
    let losses: Vec<_> =
        parts.filter(|(_, part)| matches!(part.cause, Cause::Loss(_) | Cause::Unknown)).collect();
    let [(exchange, loss)] = &losses[..] else { panic!("{losses:?}") };
    assert_eq!(*exchange, 1, "the picture");
    assert_eq!(loss.cause, Cause::Loss(Repair::Fast));
    let frames: Vec<u64> = loss.frames.iter().map(|frame| frame.0).collect();
    assert_eq!(frames, [opened, frame]);
    let took = loss.to.since(loss.from);
    assert!(took > THERE_AND_BACK - MILLISECOND, "{took:?}");
    let receive = trace.exchanges[1].timings.receive.unwrap();
    assert!(receive - took < MILLISECOND, "all of {receive:?} but what came before the hole");
}

/// A server of HTTP/2 whose client allows eight bytes at a time: what it waits for is not itself.
#[test]
fn a_flow_control_window_that_is_used_up_is_named() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\x08";
    let request = b"\0\0\x0b\x01\x05\0\0\0\x01\x82\x86\x84\x41\x06h.test";
    let head = b"\0\0\x01\x01\x04\0\0\0\x01\x88";
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&[&preface[..], settings, request].concat()).ack();
    tcp.server(&[&head[..], b"\0\0\x08\0\0\0\0\0\x0112345678"].concat()).ack().wait(40);
    tcp.client(b"\0\0\x04\x08\0\0\0\0\x01\0\0\0\x08").ack();
    tcp.server(b"\0\0\x02\0\x01\0\0\0\x01ok").ack().close();
    let trace = trace_of(&capture);
    let [exchange] = &trace.exchanges[..] else { panic!("one request") };
    let parts = Attribution::of(&trace, exchange).receive;
    let blocked: Vec<&Part> =
        parts.iter().filter(|part| part.cause == Cause::StreamWindow).collect();
    let [blocked] = &blocked[..] else { panic!("{parts:?}") };
    assert!(blocked.to.since(blocked.from) >= TimeDelta::from_millis(40), "{blocked:?}");
    assert_eq!(adds_up(exchange.timings.receive, &parts), Ok(()));
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A request on stream 3 while 50 segments of stream 1 come, the last `pause` ms before the answer;
/// then its body, with ten segments of stream 1 between. What its phases went to.
fn beside_another(pause: i64) -> [String; 2] {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let get = |stream| frame(1, 5, stream, b"\x82\x86\x84\x41\x06h.test");
    let ok = |stream| frame(1, 4, stream, b"\x88");
    // each as large as a segment may be
    let data = |stream, is_last| frame(0, is_last, stream, &[b'x'; 1451]);
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    tcp.client(&[&preface[..], &frame(4, 0, 0, b""), &get(1)].concat()).wait(18).ack_server();
    tcp.server(&ok(1)).ack_client().client(&get(3));
    for _ in 0..50 {
        tcp.server(&data(1, 0));
    }
    tcp.wait(pause).server(&ok(3)).server(&data(3, 0));
    for _ in 0..10 {
        tcp.server(&data(1, 0));
    }
    tcp.server(&data(3, 1)).ack().server(&data(1, 1)).ack().close();
    let trace = trace_of(&capture);
    let [mut wait, mut receive] = [told(&trace, |of| of.wait), told(&trace, |of| of.receive)];
    [wait.remove(1), receive.remove(1)]
}

#[test]
fn what_other_streams_take_is_named() {
    let [wait, receive] = beside_another(0);
    assert_eq!(wait, "1 Network 8,9 + 49 Streams 9,58 + 1 Server 8,59");
    assert_eq!(receive, "1 Data  + 10 Streams 60,70 + 1 Data ");
    let [wait, _] = beside_another(100);
    assert_eq!(
        wait, "1 Network 8,9 + 150 Server 8,59",
        "the connection was free, and nothing came"
    );
}

/// Twice the delay of the visit's wire.
const THERE_AND_BACK: TimeDelta = TimeDelta::from_millis(40);

const MILLISECOND: TimeDelta = TimeDelta::from_millis(1);

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n").into_bytes()
}

fn ok(length: usize) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend(vec![b'x'; length]);
    bytes
}

/// The parts of one phase of each exchange in words: milliseconds and cause.
fn told(trace: &Trace, phase: impl Fn(Attribution) -> Vec<Part>) -> Vec<String> {
    all_add_up("made by hand", trace);
    let line = |part: &Part| {
        let took = part.to.since(part.from).as_millis_f64();
        let frames: Vec<String> = part.frames.iter().map(ToString::to_string).collect();
        format!("{took} {:?} {}", part.cause, frames.join(","))
    };
    let of_exchange = |exchange| phase(Attribution::of(trace, exchange));
    let exchanges = trace.exchanges.iter();
    exchanges.map(|e| of_exchange(e).iter().map(line).collect::<Vec<_>>().join(" + ")).collect()
}

/// A connection captured at the client, 20 ms from the server.
fn open(capture: &mut Capture) -> urltrace::packet::build::Connection<'_> {
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.syn().wait(19).syn_ack().ack_client();
    tcp
}

#[test]
fn the_way_and_the_server_share_the_wait() {
    let mut capture = Capture::new();
    open(&mut capture).client(&get("/")).wait(69).server(&ok(3)).ack().close();
    assert_eq!(told(&trace_of(&capture), |of| of.wait), ["20 Network 1,2 + 50 Server 4,5"]);
}

#[test]
fn no_round_trip_is_known_midway() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    tcp.client(&get("/one")).wait(69).server(&ok(3)).ack();
    tcp.client(&get("/two")).wait(19).ack_server().wait(9).server(&ok(3)).ack().close();
    capture.lose(1).lose(1).lose(1);
    assert_eq!(
        told(&trace_of(&capture), |of| of.wait),
        ["70 Network 1,2", "20 Network 4,5 + 10 Server 4,6"],
        "what the first answer took is all that is known, until an acknowledgment comes sooner"
    );
}

#[test]
fn requests_ahead_of_their_turn_wait_for_the_response_before() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    tcp.client(&get("/one")).client(&get("/two")).wait(18).ack_server();
    tcp.wait(99).server(&ok(3)).wait(29).server(&ok(3)).ack().close();
    assert_eq!(
        told(&trace_of(&capture), |of| of.wait),
        ["20 Network 1,2 + 100 Server 4,7", "119 Queued 7 + 30 Server 5,8"]
    );
}

#[test]
fn each_exchange_has_the_stalls_of_its_own_time() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    tcp.client(&get("/one")).wait(19).server(&ok(4000)).client_acks(1460);
    tcp.wait(249).server_at(1460, &ok(4000)[1460..2920]).ack();
    tcp.client(&get("/two")).wait(19).server(&ok(4000)).ack().close();
    capture.lose(6);
    assert_eq!(
        told(&trace_of(&capture), |of| of.receive),
        ["2 Data  + 251 Loss(Timeout) 6,8", "2 Data "]
    );
}

#[test]
fn a_lost_request_is_recovered_in_the_wait() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    tcp.client(&get("/")).wait(249).client_at(0, &get("/")).wait(29).server(&ok(3)).ack().close();
    assert_eq!(
        told(&trace_of(&capture), |of| of.wait),
        ["250 Loss(Timeout) 4,5 + 20 Network 1,2 + 10 Server 4,6"]
    );
}

#[test]
fn an_answer_that_may_have_been_lost_is_not_laid_to_the_server() {
    let told_where = |lost: bool| {
        let mut capture = Capture::new();
        let mut tcp = open(&mut capture);
        for _ in 0..8 {
            tcp.client(&get("/")).wait(19).ack_server().server(&ok(3)).ack();
        }
        tcp.client(&get("/")).wait(19).ack_server().wait(9).server(&ok(3)).wait(289);
        let tail = u32::try_from(8 * ok(3).len()).unwrap();
        tcp.server_at(tail, &ok(3)).ack().close();
        // numbers of its own for the server's packets
        let mut id = 0_u8;
        for frame in 1..=capture.packets().len() {
            capture.edit(frame, |bytes| {
                if bytes[26..30] == SERVER.0 {
                    id += 1;
                    bytes[18..20].copy_from_slice(&[1, id]);
                }
            });
        }
        if lost {
            capture.lose(4 + 8 * 4 + 2);
        }
        told(&trace_of(&capture), |of| of.wait).pop().unwrap()
    };
    assert_eq!(told_where(false), "20 Network 1,2 + 10 Server 36,38");
    assert_eq!(told_where(true), "20 Network 1,2 + 300 Unknown 36,38");
}

#[test]
fn a_lost_head_is_recovered_in_the_wait() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    let response = ok(6000);
    tcp.client(&get("/")).wait(29).server(&response).client_acks(0).client_acks(0).client_acks(0);
    tcp.client_acks(0).wait(19).server_at(0, &response[..1460]).ack().close();
    capture.lose(5);
    assert_eq!(
        told(&trace_of(&capture), |of| of.wait),
        ["20 Network 1,2 + 11 Server 4,13 + 27 Loss(Fast) 5,13"]
    );
}

#[test]
fn a_closed_window_and_flights_in_the_receive() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    let response = ok(8000);
    tcp.client(&get("/")).wait(19).server(&response[..2920]).ack_client();
    tcp.wait(19).server(&response[2920..5840]).client_window(0).ack_client();
    tcp.wait(99).client_window(500).ack_client().wait(19).server(&response[5840..]).ack().close();
    assert_eq!(
        told(&trace_of(&capture), |of| of.receive),
        ["1 Data  + 21 CongestionWindow 6,7,8 + 2 Data  + 120 ReceiveWindow 10,11,12 + 1 Data "]
    );
}

#[test]
fn a_server_that_drips_is_idle() {
    let mut capture = Capture::new();
    let mut tcp = open(&mut capture);
    let response = ok(300);
    tcp.client(&get("/")).wait(19).server(&response[..100]).ack_client();
    tcp.wait(99).server(&response[100..200]).ack_client().wait(49).server(&response[200..]).ack();
    assert_eq!(told(&trace_of(&capture), |of| of.receive), ["152 Idle 5,7,9"]);
}

/// What happens next on a connection.
#[derive(Clone, Debug)]
enum Step {
    Request,
    Respond(usize),
    Again(bool, u16),
    Acknowledge(bool),
    Wait(u16),
    Window(u16),
    /// The clock is set, perhaps back.
    Clock(u16),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Request),
        4 => (0..9000_usize).prop_map(Step::Respond),
        1 => (any::<bool>(), any::<u16>()).prop_map(|(to, at)| Step::Again(to, at)),
        2 => any::<bool>().prop_map(Step::Acknowledge),
        3 => (0..400_u16).prop_map(Step::Wait),
        1 => prop::sample::select(&[0, 10, 500][..]).prop_map(Step::Window),
        1 => any::<u16>().prop_map(Step::Clock),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn parts_add_up_whatever_happens(
        steps in prop::collection::vec(any_step(), 1..30),
        lost in prop::collection::vec(1..60_usize, 0..8),
        swapped in prop::collection::vec((1..60_usize, 1..60_usize), 0..4),
    ) {
        let mut capture = Capture::new();
        let mut tcp = open(&mut capture);
        for step in steps {
            match step {
                Step::Request => tcp.client(&get("/")),
                Step::Respond(length) => tcp.server(&ok(length)),
                Step::Again(true, at) => tcp.client_at(at.into(), b"GET / HTTP/1.1\r\n"),
                Step::Again(false, at) => tcp.server_at(at.into(), &[b'x'; 700]),
                Step::Acknowledge(true) => tcp.ack_client(),
                Step::Acknowledge(false) => tcp.ack_server(),
                Step::Wait(time) => tcp.wait(time.into()),
                Step::Clock(time) => tcp.at(TimeDelta::from_millis(time.into())),
                Step::Window(window) => tcp.client_window(window).ack_client(),
            };
        }
        tcp.close();
        for frame in lost {
            capture.lose(frame);
        }
        for (one, other) in swapped {
            capture.swap(one, other);
        }
        all_add_up("made by chance", &trace_of(&capture));
    }
}
