//! Packets of a part, written with comments: what is in the file, and what is said of it.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;

use urltrace::capture;
use urltrace::capture::memory::Memory;
use urltrace::capture::source::{CaptureSummary, Packet, Record, Secrets};
use urltrace::flow::event::{Counters, PerDirection};
use urltrace::packet::build::Capture;
use urltrace::report::format::Options;
use urltrace::report::slice::Slice;
use urltrace::time::FrameNo;
use urltrace::trace::{Connection, ConnectionId, Exchange, Timings, Trace, VisitId};

use crate::support::facts::{CorpusFile, corpus};
use crate::support::{all_fixtures, dns, fixtures, run, run_alone, run_file, shared, tools};

/// A slice of a capture file: its bytes.
fn slice(path: &Path, trace: &Trace, options: &Options) -> Bytes {
    let mut out = Vec::new();
    let mut source = capture::open(path).unwrap();
    let count = Slice::of(trace, options).write(&mut source, &mut out, "slice").unwrap();
    let bytes = Bytes::from(out);
    assert_eq!(count, read(&bytes).0.len() as u64);
    bytes
}

fn read(bytes: &Bytes) -> (Vec<Packet>, CaptureSummary) {
    let (packets, summary) = capture::read_all(bytes.clone()).unwrap();
    assert_eq!(summary.damage, []);
    (packets, summary)
}

fn trace_of(bytes: &Bytes) -> Trace {
    let outcome = run(&mut capture::open_memory(bytes.clone()).unwrap(), 2);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    outcome.trace
}

fn of_visit(nth: usize) -> Options {
    Options { visit: Some(VisitId(u32::try_from(nth).unwrap())), ..Options::default() }
}

/// All of an exchange that does not depend on how frames and entities are numbered.
fn told(exchange: &Exchange) -> (Option<&str>, Option<u16>, Timings, i64, String) {
    let sizes = exchange.response_end.as_ref().map(|end| (end.body.wire, end.body.decoded));
    let state = format!("{:?} {sizes:?} {:?}", exchange.state(), exchange.link);
    let began = exchange.started.at.as_nanos();
    (exchange.url.as_deref(), exchange.status(), exchange.timings, began, state)
}

/// What was counted of a connection, without the frames among it.
fn counted(connection: &Connection) -> PerDirection<Counters> {
    let mut counters = connection.counters.clone();
    counters.to_server.sightings.clear();
    counters.to_client.sightings.clear();
    counters
}

#[test]
fn a_visit_alone_tells_the_same_as_in_the_whole() {
    for fixture in fixtures() {
        let whole = run_alone(&fixture.capture).trace;
        for (nth, visit) in whole.visits.iter().enumerate() {
            let bytes = slice(&fixture.capture, &whole, &of_visit(nth));
            let part = trace_of(&bytes);
            let all: Vec<_> = part.exchanges.iter().map(told).collect();
            for exchange in whole.exchanges_of(visit) {
                let told = told(exchange);
                assert!(all.contains(&told), "{} visit {nth}: {told:?} in {all:#?}", fixture.name);
            }
        }
    }
}

#[test]
fn all_packets_of_a_connection_are_in_and_none_of_another() {
    for fixture in all_fixtures() {
        let whole = run_alone(&fixture.capture).trace;
        let (packets, _) = capture_of(&fixture.capture);
        for connection in &whole.connections {
            let options = Options { connection: Some(connection.id), ..Options::default() };
            let bytes = slice(&fixture.capture, &whole, &options);
            let part = trace_of(&bytes);
            let same: Vec<_> = part
                .connections
                .iter()
                .filter(|it| (it.client, it.server) == (connection.client, connection.server))
                .collect();
            let [same] = same.as_slice() else { panic!("{}: {same:?}", fixture.name) };
            assert_eq!(counted(same), counted(connection), "{}", fixture.name);
            assert_eq!(same.closing.len(), connection.closing.len());
            assert_eq!(same.segments.len(), connection.segments.len());
            // each as it was, in its order
            let mut left = packets.iter();
            for packet in read(&bytes).0 {
                let is_it = |it: &&Packet| it.at == packet.at && it.data == packet.data;
                let original = left.find(is_it).expect("a packet of the capture");
                assert_eq!(original.orig_len, packet.orig_len);
            }
            let others = part.connections.iter().filter(|it| it.protocol != Some("dns"));
            assert!(others.count() <= 1, "{}: {:?}", fixture.name, part.connections);
        }
    }
}

fn capture_of(path: &Path) -> (Vec<Packet>, CaptureSummary) {
    capture::read_all(std::fs::read(path).unwrap().into()).unwrap()
}

#[test]
fn without_a_selection_all_packets_are_written_as_they_were() {
    for fixture in fixtures() {
        let whole = run_alone(&fixture.capture).trace;
        let (packets, summary) = capture_of(&fixture.capture);
        let (written, told) = read(&slice(&fixture.capture, &whole, &Options::default()));
        assert_eq!(packets.len(), written.len(), "{}", fixture.name);
        for (packet, written) in packets.iter().zip(&written) {
            assert_eq!((packet.at, packet.orig_len), (written.at, written.orig_len));
            assert_eq!((packet.link, &packet.data), (written.link, &written.data));
        }
        assert_eq!(told.names, summary.names);
        let names = |summary: &CaptureSummary| -> BTreeSet<Option<String>> {
            summary.interfaces.iter().map(|interface| interface.name.clone()).collect()
        };
        assert!(names(&told).is_subset(&names(&summary)), "{}", fixture.name);
        // of QUIC read without its keys there is less to say
        let least = if fixture.name.starts_with("h3-") { 10 } else { 11 };
        assert!(told.comments.len() >= least, "{}: {:?}", fixture.name, told.comments);
    }
}

#[test]
fn connections_of_the_collection_are_the_same_alone() {
    let Some(folder) = shared("corpus") else { return };
    let small = |file: &CorpusFile| file.path.metadata().unwrap().len() < 48 << 10;
    let (mut same, mut other) = (0, Vec::new());
    for file in corpus(&folder, &["tcp", "frags4", "vlan"]).iter().filter(|file| small(file)) {
        let Ok(mut source) = capture::open(&file.path) else { continue };
        let whole = run(&mut source, 2).trace;
        for connection in whole.connections.iter().take(3) {
            let options = Options { connection: Some(connection.id), ..Options::default() };
            let part = trace_of(&slice(&file.path, &whole, &options));
            let is_same = part.connections.iter().any(|it| counted(it) == counted(connection));
            same += u64::from(is_same);
            other.extend((!is_same).then(|| format!("{} {:?}", file.name, connection.id)));
        }
    }
    assert!(other.is_empty(), "{same} are, {} are not:\n{}", other.len(), other.join("\n"));
    assert!(same > 500, "only {same} connections");
}

#[test]
fn wireshark_shows_the_comments() {
    if !tools::has("tshark") {
        return;
    }
    let fixtures = fixtures();
    let loss = fixtures.iter().find(|fixture| fixture.name == "loss").unwrap();
    let whole = run_file(&loss.capture, 2).trace;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slice.pcapng");
    std::fs::write(&path, slice(&loss.capture, &whole, &of_visit(0))).unwrap();
    let comments =
        tools::tshark(&path, &["frame.number", "frame.comment", "tcp.analysis.retransmission"]);
    let (_, summary) = capture::read_all(std::fs::read(&path).unwrap().into()).unwrap();
    let ours = |frame: u64| -> Vec<&str> {
        let of_frame = summary.comments.iter().filter(|(at, _)| *at == Some(FrameNo(frame)));
        of_frame.map(|(_, text)| text.as_str()).collect()
    };
    let mut again = 0;
    for row in &comments {
        let [frame, shown, resent] = row.as_slice() else { panic!("{row:?}") };
        let ours = ours(frame.parse().unwrap());
        for comment in &ours {
            assert!(shown.contains(comment), "frame {frame}: {comment:?} in {shown:?}");
        }
        let told = ours
            .iter()
            .find(|comment| comment.contains("retransmission") && comment.contains(" of frame "));
        again += usize::from(told.is_some() && !resent.is_empty());
    }
    assert!(again > 0, "retransmissions are told: {comments:#?}");
    let said = |words: &str| summary.comments.iter().any(|(_, text)| text.contains(words));
    for words in [
        "request 0 starts here: GET http://",
        "response 0 whole",
        "starts here: SYN to",
        "lookup 0 starts here",
    ] {
        assert!(said(words), "{words}: {:#?}", summary.comments);
    }
}

#[test]
fn a_connection_that_is_not_there_gives_an_empty_file() {
    let fixture = &fixtures()[0];
    let whole = run_file(&fixture.capture, 1).trace;
    let options = Options { connection: Some(ConnectionId(9999)), ..Options::default() };
    assert!(read(&slice(&fixture.capture, &whole, &options)).0.is_empty());
}

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 80], 80);
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: www.test\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A slice of a capture made by hand, whose file says `summary` of itself: the frames that are in
/// it, by the numbers of the whole, and the comments, by those of the slice.
fn cut(
    capture: &Capture,
    summary: &CaptureSummary,
    options: &Options,
) -> (Vec<u64>, Vec<(u64, String)>, CaptureSummary) {
    let records = || {
        let secrets = Record::Secrets(Secrets { kind: 0x544c_534b, data: Bytes::from("CLIENT 1") });
        [secrets].into_iter().chain(capture.packets().into_iter().map(Record::Packet))
    };
    let mut source = Memory::with_summary(records(), summary.clone());
    let outcome = run(&mut source, 2);
    let mut source = Memory::with_summary(records(), summary.clone());
    let mut out = Vec::new();
    Slice::of(&outcome.trace, options).write(&mut source, &mut out, "slice").unwrap();
    let mut again = capture::open_memory(out.clone().into()).unwrap();
    let first = again.next_record().unwrap();
    assert!(matches!(first, Some(Record::Secrets(it)) if &*it.data == b"CLIENT 1"));
    let (packets, summary) = read(&out.into());
    let all = capture.packets();
    let frames = packets.iter().map(|it| {
        let same = all.iter().find(|packet| packet.at == it.at && packet.data == it.data);
        same.unwrap().frame.0
    });
    let comments =
        summary.comments.iter().map(|(at, text)| (at.map_or(0, |at| at.0), text.clone()));
    (frames.collect(), comments.collect(), summary)
}

fn of_connection(id: u32) -> Options {
    Options { connection: Some(ConnectionId(id)), ..Options::default() }
}

#[test]
fn ports_that_are_used_again_are_another_connection() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(GET).server(OK).close();
    let first = capture.len() as u64;
    capture.wait(20_000);
    capture
        .tcp(CLIENT, SERVER)
        .isn(7_000_000, 8_000_000)
        .handshake()
        .client(GET)
        .server(OK)
        .close();
    let all = capture.len() as u64;
    let frames = |id| cut(&capture, &CaptureSummary::default(), &of_connection(id)).0;
    assert_eq!(frames(0), (1..=first).collect::<Vec<_>>());
    assert_eq!(frames(1), (first + 1..=all).collect::<Vec<_>>());
}

#[test]
fn what_icmp_and_fragments_say_of_a_connection_is_in() {
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).handshake().client(&[b'x'; 1200]);
    capture.udp(CLIENT, ([198, 51, 100, 9], 9), b"other").unreachable([192, 0, 2, 1], 5, 1);
    capture.unreachable([192, 0, 2, 1], 4, 1).fragment(4, 600);
    let (frames, ..) = cut(&capture, &CaptureSummary::default(), &of_connection(0));
    let total = capture.len() as u64;
    // SYN, SYN-ACK, ACK, three pieces, and the last: what the router says of the pieces
    assert_eq!(frames, [1, 2, 3, 4, 5, 6, total]);
}

#[test]
fn lookups_over_tcp_bring_their_connection() {
    let resolver = ([192, 0, 2, 53], 53);
    let with_length = |message: Vec<u8>| {
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        [length.as_slice(), &message].concat()
    };
    let mut capture = Capture::new();
    capture
        .tcp((CLIENT.0, 40_000), resolver)
        .handshake()
        .client(&with_length(dns::query(7, "www.test")))
        .server(&with_length(dns::answer(7, "www.test", &[SERVER.0])))
        .close();
    let lookup = capture.len() as u64;
    capture.udp((CLIENT.0, 40_001), resolver, &dns::query(8, "other.test"));
    capture.tcp(CLIENT, SERVER).handshake().client(GET).server(OK).close();
    let options = Options { host: Some("www.test".into()), ..Options::default() };
    let (frames, comments, _) = cut(&capture, &CaptureSummary::default(), &options);
    let all = capture.len() as u64;
    let wanted: Vec<u64> = (1..=all).filter(|frame| *frame != lookup + 1).collect();
    assert_eq!(frames, wanted);
    let said = |words: &str| comments.iter().any(|(_, text)| text.starts_with(words));
    assert!(said("DNS lookup 0 starts here: A www.test of 192.0.2.53:53"), "{comments:#?}");
    assert!(said("DNS lookup 0 answered after 1.0 ms: 198.51.100.80"), "{comments:#?}");
}

#[test]
fn comments_have_the_frame_numbers_of_the_slice_and_those_of_others_stay() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, ([198, 51, 100, 9], 9), b"other");
    let mut web = capture.tcp(CLIENT, SERVER);
    web.handshake().client(GET).server(OK).wait(300).server_at(0, OK).ack_server();
    let summary = CaptureSummary {
        names: vec![
            (SERVER.0.into(), "www.test".to_owned()),
            ([198, 51, 100, 9].into(), "other.test".to_owned()),
        ],
        comments: vec![
            (None, "of the whole".to_owned()),
            (Some(FrameNo(2)), "a SYN".to_owned()),
            (Some(FrameNo(1)), "of another".to_owned()),
        ],
        ..CaptureSummary::default()
    };
    let (frames, comments, told) = cut(&capture, &summary, &of_connection(0));
    assert_eq!(frames.first(), Some(&2));
    let of = |frame| -> Vec<&str> {
        let of_frame = comments.iter().filter(|(at, _)| *at == frame);
        of_frame.map(|(_, text)| text.as_str()).collect()
    };
    assert_eq!(of(0)[0], "of the whole");
    assert!(of(0)[1].starts_with("The packets of connection 0 in "), "{comments:#?}");
    assert_eq!(
        of(1),
        [
            "a SYN",
            "connection 0 starts here: SYN to 198.51.100.80:80",
            "frame 2 of the whole capture"
        ]
    );
    assert_eq!(of(4)[0], "request 0 starts here: GET http://www.test/");
    assert!(of(5)[0].starts_with("response 0 starts here: 200 OK, 1.0 ms after the request"));
    let again = comments.iter().find(|(_, text)| text.contains("retransmission")).unwrap();
    assert!(again.0 > 5 && again.1.ends_with(" of frame 5"), "{again:?}");
    assert_eq!(told.names, [summary.names[0].clone()]);
    assert!(!comments.iter().any(|(_, text)| text == "of another"));
}
