//! The first fixtures that an expert would write: each broke at least one tool that was tried.
//!
//! The conversations are made by hand, through the whole pipeline; numbers are those of the list
//! of traps.

use std::net::SocketAddr;

use urltrace::flow::event::SegmentKind;
use urltrace::packet::build::Capture;
use urltrace::protocol::http::message::Framing;
use urltrace::report::{FORMATS, format::Options};
use urltrace::time::TimeDelta;
use urltrace::trace::exchange::State;
use urltrace::trace::{ConnectionId, EntityId, Exchange, Trace};

use crate::support::{completed_of, dns, trace_of};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 10], 80);
const RESOLVER: ([u8; 4], u16) = ([192, 0, 2, 53], 53);

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n").into_bytes()
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Status and decoded bytes of every exchange.
fn answers(trace: &Trace) -> Vec<(Option<u16>, Option<u64>)> {
    let decoded = |exchange: &Exchange| exchange.response_end.as_ref()?.body.decoded;
    trace.exchanges.iter().map(|exchange| (exchange.status(), decoded(exchange))).collect()
}

fn millis(time: Option<TimeDelta>) -> Option<i64> {
    time.map(|time| time.as_nanos() / 1_000_000)
}

fn only(trace: &Trace) -> &Exchange {
    let [exchange] = &trace.exchanges[..] else { panic!("{} exchanges", trace.exchanges.len()) };
    exchange
}

#[test]
fn trap_01_padding_of_short_frames_is_no_data() {
    let mut capture = Capture::new();
    capture.padded();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&get("/")).ack().server(&ok("four")).ack();
    tcp.client(&get("/next")).ack().server(&ok("fives")).ack().close();
    assert!(capture.packets().iter().all(|packet| packet.data.len() >= 60));
    let trace = trace_of(&capture);
    assert_eq!(answers(&trace), [(Some(200), Some(4)), (Some(200), Some(5))]);
    let counters = &trace.connections[0].counters;
    assert_eq!(counters.to_server.bytes, (get("/").len() + get("/next").len()) as u64);
    assert_eq!(counters.to_client.bytes, (ok("four").len() + ok("fives").len()) as u64);
    assert_eq!((counters.to_server.gaps, counters.to_server.out_of_order), (0, 0));
    assert!(trace.anomalies.is_empty(), "{:?}", trace.anomalies);
}

#[test]
fn trap_02_three_requests_on_one_connection() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake();
    for path in ["/one", "/two", "/three"] {
        tcp.client(&get(path)).ack().wait(20).server(&ok(path)).ack();
    }
    tcp.close();
    let trace = trace_of(&capture);
    assert_eq!(trace.exchanges.len(), 3);
    for (nth, exchange) in trace.exchanges.iter().enumerate() {
        assert_eq!(exchange.state(), State::Whole);
        assert_eq!(exchange.opens_connection, nth == 0, "only the first opens it");
        assert_eq!(exchange.timings.connect.is_some(), nth == 0, "and only it waited for that");
        assert_eq!(exchange.timings.dns, None, "nothing was looked up");
        assert_eq!(millis(exchange.timings.wait), Some(22));
    }
    let urls: Vec<_> = trace.exchanges.iter().map(|exchange| exchange.url.as_deref()).collect();
    let wanted = ["http://a.test/one", "http://a.test/two", "http://a.test/three"];
    assert_eq!(urls, wanted.map(Some));
}

#[test]
fn trap_03_chunked_then_another_on_the_same_connection() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        4\r\nwiki\r\n6;x=y\r\npedia \r\n0\r\nDigest: d\r\n\r\n";
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&get("/")).ack().server(chunked).ack();
    tcp.client(&get("/next")).ack().server(&ok("abc")).ack().close();
    let trace = trace_of(&capture);
    assert_eq!(answers(&trace), [(Some(200), Some(10)), (Some(200), Some(3))]);
    let end = trace.exchanges[0].response_end.as_ref().unwrap();
    assert_eq!((end.body.framing, end.body.encoded), (Framing::Chunked, 10));
    let head = chunked.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(end.body.wire, (chunked.len() - head) as u64);
    assert_eq!(end.trailers.get("digest"), Some("d"));
}

#[test]
fn trap_04_interim_responses_and_responses_without_a_body() {
    let early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&get("/")).ack().wait(50).server(early).ack();
    tcp.wait(100).server(&ok("page")).ack();
    tcp.client(b"HEAD /big HTTP/1.1\r\nHost: a.test\r\n\r\n").ack();
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").ack();
    tcp.client(&get("/same")).ack();
    tcp.server(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 300\r\nETag: \"e\"\r\n\r\n").ack();
    tcp.client(&get("/last")).ack().server(&ok("end")).ack().close();
    let trace = trace_of(&capture);
    let statuses: Vec<_> = trace.exchanges.iter().map(Exchange::status).collect();
    assert_eq!(statuses, [200, 200, 304, 200].map(Some));
    assert!(trace.exchanges.iter().all(|exchange| exchange.state() == State::Whole));
    let [first, head, same, last] = &trace.exchanges[..] else { panic!() };
    assert_eq!(
        first.informational.iter().filter_map(|head| head.status).collect::<Vec<_>>(),
        [103]
    );
    assert_eq!(millis(first.timings.wait), Some(154), "until the final response");
    for bodiless in [head, same] {
        let body = &bodiless.response_end.as_ref().unwrap().body;
        assert_eq!((body.wire, body.framing), (0, Framing::None));
    }
    assert_eq!(last.response_end.as_ref().unwrap().body.decoded, Some(3));
}

#[test]
fn trap_07_nanoseconds_of_a_pcapng_file_are_kept() {
    let mut capture = Capture::new();
    capture.step(TimeDelta::from_nanos(12_345_678));
    capture.tcp(CLIENT, SERVER).handshake().client(&get("/")).server(&ok("x")).close();
    let mut file = Vec::new();
    file.extend(block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xff; 8]]));
    // link type Ethernet, no snapshot length, if_tsresol 9, end of options
    file.extend(block(1, &[&[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]]));
    for packet in capture.packets() {
        let ticks = packet.at.as_nanos().cast_unsigned();
        let length = u32::try_from(packet.data.len()).unwrap().to_le_bytes();
        let (high, low) = ((ticks >> 32) as u32, (ticks & 0xffff_ffff) as u32);
        let head = [[0; 4], high.to_le_bytes(), low.to_le_bytes(), length, length].concat();
        file.extend(block(6, &[&head, &packet.data]));
    }
    let (packets, _) = urltrace::capture::read_all(file.into()).unwrap();
    let times = |packets: &[urltrace::capture::source::Packet]| {
        packets.iter().map(|packet| packet.at).collect::<Vec<_>>()
    };
    assert_eq!(times(&packets), times(&capture.packets()), "to the nanosecond");
    let mut records = urltrace::capture::memory::Memory::new(
        packets.into_iter().map(urltrace::capture::source::Record::Packet),
    );
    let trace = crate::support::run(&mut records, 2).trace;
    let exchange = only(&trace);
    assert_eq!(exchange.timings.wait, Some(TimeDelta::from_nanos(12_345_678)));
    assert_eq!(exchange.timings.connect, Some(TimeDelta::from_nanos(2 * 12_345_678)));
}

/// A pcapng block, padded to four bytes.
fn block(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    let mut body = parts.concat();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

#[test]
fn trap_08_a_repeated_question_counts_from_the_first() {
    let asker = ([192, 0, 2, 2], 40_000);
    let mut capture = Capture::new();
    capture.udp(asker, RESOLVER, &dns::query(7, "a.test"));
    capture.wait(4999).udp(asker, RESOLVER, &dns::query(7, "a.test"));
    capture.wait(19).udp(RESOLVER, asker, &dns::answer(7, "a.test", &[SERVER.0]));
    capture.tcp(CLIENT, SERVER).handshake().client(&get("/")).ack().server(&ok("x")).close();
    let trace = trace_of(&capture);
    let [lookup] = &trace.lookups[..] else { panic!("{} lookups", trace.lookups.len()) };
    assert_eq!(lookup.attempts.len(), 2);
    assert_eq!(millis(lookup.duration()), Some(5020));
    assert_eq!(millis(only(&trace).timings.dns), Some(5020));
    assert_eq!(only(&trace).started.frame.0, 1, "it began with the first question");
}

#[test]
fn trap_08_also_with_another_port_and_identifier() {
    let mut capture = Capture::new();
    capture.udp(([192, 0, 2, 2], 40_000), RESOLVER, &dns::query(7, "a.test"));
    let again = ([192, 0, 2, 2], 40_001);
    capture.wait(4999).udp(again, RESOLVER, &dns::query(8, "a.test"));
    capture.wait(19).udp(RESOLVER, again, &dns::answer(8, "a.test", &[SERVER.0]));
    capture.tcp(CLIENT, SERVER).handshake().client(&get("/")).ack().server(&ok("x")).close();
    let trace = trace_of(&capture);
    assert_eq!(trace.lookups.len(), 1, "{:?}", trace.lookups);
    assert_eq!(millis(only(&trace).timings.dns), Some(5020));
}

#[test]
fn an_answer_that_comes_twice_is_one_lookup() {
    let asker = ([192, 0, 2, 2], 40_000);
    let mut capture = Capture::new();
    capture.udp(asker, RESOLVER, &dns::query(7, "a.test"));
    capture.wait(19).udp(RESOLVER, asker, &dns::answer(7, "a.test", &[SERVER.0]));
    // the network brought it twice: no copy of the capture's, for it has a number of its own
    capture.wait(19).udp(RESOLVER, asker, &dns::answer(7, "a.test", &[SERVER.0]));
    let trace = trace_of(&capture);
    assert_eq!(trace.lookups.len(), 1, "{:#?}", trace.lookups);
    assert_eq!(millis(trace.lookups[0].duration()), Some(20));
}

#[test]
fn trap_09_a_lost_syn_is_part_of_connect() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.syn().wait(999).syn().wait(19).syn_ack().ack_client();
    tcp.client(&get("/")).ack().server(&ok("x")).close();
    let trace = trace_of(&capture);
    let [connection] = &trace.connections[..] else { panic!("{}", trace.connections.len()) };
    assert_eq!(connection.syns.len(), 2);
    let handshake = connection.handshake.as_ref().unwrap();
    assert_eq!((handshake.syn.frame.0, handshake.syn_attempts), (1, 2));
    assert_eq!(millis(only(&trace).timings.connect), Some(1021), "from the first SYN");
    assert_eq!(millis(Some(handshake.server_half())), Some(20), "measured from the second one");
}

#[test]
fn trap_10_a_reused_port_is_a_new_connection() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&get("/old")).ack().server(&ok("old")).ack();
    // no FIN, no RST: the client forgot it, and begins anew with other numbers
    tcp.wait(60_000).isn(77_000_000, 88_000_000);
    tcp.handshake().client(&get("/new")).ack().server(&ok("newer")).ack().close();
    let trace = trace_of(&capture);
    assert_eq!(trace.connections.len(), 2);
    assert!(trace.connections.iter().all(|connection| connection.handshake.is_some()));
    assert_eq!(answers(&trace), [(Some(200), Some(3)), (Some(200), Some(5))]);
    let [old, new] = &trace.exchanges[..] else { panic!() };
    assert_ne!(old.connection, new.connection);
    assert_eq!(millis(new.timings.connect), Some(2));
    let kinds = trace.connections.iter().flat_map(|connection| &connection.segments);
    assert!(!kinds.into_iter().any(|note| matches!(note.kind, SegmentKind::Retransmission)));
}

#[test]
fn trap_14_a_request_without_a_response_has_none() {
    for end in ["nothing", "rst", "fin"] {
        let mut capture = Capture::new();
        let mut tcp = capture.tcp(CLIENT, SERVER);
        tcp.handshake().client(&get("/")).ack();
        match end {
            "rst" => tcp.rst_server(),
            "fin" => tcp.close_server(),
            _ => &mut tcp,
        };
        let trace = trace_of(&capture);
        let exchange = only(&trace);
        assert_eq!(exchange.state(), State::NoResponse, "{end}");
        assert_eq!(exchange.status(), None, "{end}");
        assert_eq!((exchange.timings.wait, exchange.timings.receive), (None, None), "{end}");
    }
}

#[test]
fn the_oldest_http_has_no_status() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(b"GET /old\r\n").server(b"<html></html>").close_server();
    let trace = trace_of(&capture);
    let exchange = only(&trace);
    assert_eq!((exchange.state(), exchange.status()), (State::Whole, None));
    let format = FORMATS.iter().find(|format| format.name == "requests").unwrap();
    let mut text = Vec::new();
    format.reporter.write(&trace, &Options::default(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("no status (HTTP/0.9)"), "{text}");
}

#[test]
fn a_request_that_is_read_after_its_response_is_one_exchange_with_it() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    let post = b"POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\nabc";
    tcp.handshake().client(post).client(b"def").server(&ok("hello"));
    tcp.client(&get("/b")).server(&ok("you")).wait(10).ack();
    // The end of the body never comes: for a few milliseconds the next request waits behind the
    // hole, while its response is read.
    capture.lose(5);
    let trace = trace_of(&capture);
    assert_eq!(answers(&trace), [(Some(200), Some(5)), (Some(200), Some(3))]);
    let urls: Vec<Option<&str>> = trace.exchanges.iter().map(|e| e.url.as_deref()).collect();
    assert_eq!(urls, [Some("http://a.test/a"), Some("http://a.test/b")]);
    assert!(trace.exchanges.iter().all(|exchange| exchange.over));
}

#[test]
fn a_response_whose_request_was_not_captured_has_none() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake().client(&get("/")).server(&ok("hello")).wait(10);
    tcp.client(&get("/b")).server(&ok("you"));
    capture.lose(4);
    let trace = trace_of(&capture);
    let states: Vec<State> = trace.exchanges.iter().map(Exchange::state).collect();
    assert_eq!(states, [State::NoRequest, State::Whole]);
    assert_eq!(answers(&trace), [(Some(200), Some(5)), (Some(200), Some(3))]);
    // known before the connection is over: the next request is not its own
    assert!(trace.exchanges.iter().all(|exchange| exchange.over));
}

#[test]
fn a_capture_of_the_servers_side_is_told_while_it_lasts() {
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, SERVER);
    tcp.handshake();
    (0..20).for_each(|_| {
        tcp.client(&get("/")).server(&ok("hello"));
    });
    capture.tcp(([192, 0, 2, 2], 50_001), SERVER).handshake();
    (0..20).rev().for_each(|n| {
        capture.lose(4 + 2 * n);
    });
    let told = completed_of(&capture);
    let later = told.iter().position(|id| *id == EntityId::Handshake(ConnectionId(1))).unwrap();
    let is_exchange = |id: &&EntityId| matches!(id, EntityId::Exchange(_));
    assert_eq!(told[..later].iter().filter(is_exchange).count(), 20 - 16, "all but the last 16");
    assert_eq!(told.iter().filter(is_exchange).count(), 20);
}

#[test]
fn trap_16_spare_sockets_and_other_programs_are_no_part_of_the_page() {
    let spare = ([192, 0, 2, 2], 50_001);
    let other = ([192, 0, 2, 2], 50_002);
    let metadata = ([198, 51, 100, 70], 80);
    let page = b"GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Browser/1\r\n\
        Upgrade-Insecure-Requests: 1\r\nAccept: text/html\r\n\r\n";
    let poll = b"GET /poll HTTP/1.1\r\nHost: metadata.test\r\nUser-Agent: curl/8\r\n\r\n";
    let picture = b"GET /a.png HTTP/1.1\r\nHost: a.test\r\nUser-Agent: Browser/1\r\n\
        Referer: http://a.test/\r\n\r\n";
    let mut capture = Capture::new();
    capture.tcp(CLIENT, SERVER).syn();
    capture.tcp(spare, SERVER).syn();
    capture.tcp(CLIENT, SERVER).syn_ack().ack_client().client(page).ack();
    capture.tcp(spare, SERVER).syn_ack().ack_client();
    capture.tcp(other, metadata).handshake().client(poll).ack().server(&ok("m")).close();
    capture.tcp(CLIENT, SERVER).server(&ok("<img src=a.png>")).ack();
    capture.tcp(CLIENT, SERVER).client(picture).ack().server(&ok("png")).ack().close();
    capture.wait(9000).tcp(spare, SERVER).close();
    let trace = trace_of(&capture);
    let [visit] = &trace.visits[..] else { panic!("{:#?}", trace.visits) };
    let on_page: Vec<_> = trace.exchanges_of(visit).map(|e| e.url.as_deref().unwrap()).collect();
    assert_eq!(on_page, ["http://a.test/", "http://a.test/a.png"]);
    let polled =
        trace.exchanges.iter().find(|e| e.url.as_deref() == Some("http://metadata.test/poll"));
    assert_eq!(polled.unwrap().visit, None, "background traffic");
    let unused = trace
        .connections
        .iter()
        .find(|c| SocketAddr::new(c.client.ip, c.client.port) == spare.into());
    assert!(unused.unwrap().exchanges.is_empty(), "nothing is invented for it");
}
