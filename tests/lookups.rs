//! DNS over whole captures: responses that should not be believed, streams of several questions.

use std::net::Ipv4Addr;

use urltrace::packet::build::Capture;
use urltrace::report::format::Options;
use urltrace::report::selection::Selection;
use urltrace::trace::lookup::Outcome;
use urltrace::trace::placing::Placing;
use urltrace::trace::{Trace, VisitId};

use crate::support::{dns, trace_of};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 40_000);
const RESOLVER: ([u8; 4], u16) = ([192, 0, 2, 53], 53);
const ONE: [u8; 4] = [198, 51, 100, 1];
const TWO: [u8; 4] = [198, 51, 100, 2];

/// Kind and text of every anomaly.
fn said(trace: &Trace) -> Vec<(&str, &str)> {
    trace.anomalies.iter().map(|noted| (noted.what.id, &*noted.what.text)).collect()
}

const LOCAL: ([u8; 4], u16) = ([127, 0, 0, 1], 50_000);
const STUB: ([u8; 4], u16) = ([127, 0, 0, 53], 53);

/// A resolver on the client's host, as seen on the `any` device.
#[test]
fn what_a_local_resolver_passes_on_is_the_same_lookup_on_its_next_hop() {
    let mut capture = Capture::new();
    capture.udp(LOCAL, STUB, &dns::query(1, "www.a.test"));
    capture.udp(CLIENT, RESOLVER, &dns::query(2, "www.a.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(2, "www.a.test", &[ONE]));
    capture.udp(STUB, LOCAL, &dns::answer(1, "www.a.test", &[ONE]));
    page(&mut capture, 50_001);
    // the next visit: from the cache of the host
    capture.wait(20_000);
    capture.udp(LOCAL, STUB, &dns::query(3, "www.a.test"));
    capture.udp(STUB, LOCAL, &dns::answer(3, "www.a.test", &[ONE]));
    page(&mut capture, 50_002);
    let trace = trace_of(&capture);
    let [asked, passed_on, again] = &trace.resolutions[..] else { panic!("three") };
    assert_eq!((asked.asked_for, passed_on.asked_for), (None, Some(asked.id)));
    assert_eq!(again.asked_for, None);
    let used: Vec<_> = trace.exchanges.iter().map(|exchange| exchange.resolution).collect();
    assert_eq!(used, [Some(asked.id), Some(again.id)]);
    let dns = trace.exchanges[0].timings.dns.unwrap();
    assert_eq!(Some(dns), asked.finished.map(|end| end.at.since(asked.started.at)));
    let placing = Placing::of(&trace);
    let visits = [asked, passed_on, again].map(|one| placing.resolution(one.id));
    assert_eq!(visits, [Some(VisitId(0)), Some(VisitId(0)), Some(VisitId(1))]);
    let part = Options { visit: Some(VisitId(0)), ..Options::default() };
    let part = Selection::of(&trace, &part);
    assert_eq!([asked, passed_on, again].map(|one| part.resolution(one.id)), [true, true, false]);
}

#[test]
fn what_is_asked_long_after_a_question_that_nobody_answered_was_not_asked_for_it() {
    let mut capture = Capture::new();
    capture.udp(LOCAL, STUB, &dns::query(1, "www.a.test")).wait(60_000);
    capture.udp(CLIENT, RESOLVER, &dns::query(2, "www.a.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(2, "www.a.test", &[ONE]));
    page(&mut capture, 50_001);
    let trace = trace_of(&capture);
    assert!(trace.resolutions.iter().all(|resolution| resolution.asked_for.is_none()));
    assert_eq!(trace.exchanges[0].resolution, Some(trace.resolutions[1].id));
}

fn page(capture: &mut Capture, port: u16) {
    let mut tcp = capture.tcp((CLIENT.0, port), (ONE, 80));
    let request = "GET / HTTP/1.1\r\nHost: www.a.test\r\nAccept: text/html\r\n\r\n";
    tcp.handshake().client(request.as_bytes());
    tcp.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi");
    tcp.close();
}

#[test]
fn a_second_answer_with_something_else_is_a_doubt_with_both_frames() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &dns::query(7, "a.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[ONE]));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[TWO]));
    let trace = trace_of(&capture);
    let [lookup] = &trace.lookups[..] else { panic!("{} lookups", trace.lookups.len()) };
    assert_eq!(lookup.addresses().collect::<Vec<_>>(), [Ipv4Addr::from(ONE)], "the first counts");
    let [(kind, text)] = said(&trace)[..] else { panic!("{:?}", said(&trace)) };
    assert_eq!(kind, "dns.second-answer");
    assert!(text.starts_with("a.test A was answered in frame 2, and once more"), "{text}");
    assert_eq!(trace.anomalies[0].at.frame.0, 3);
    assert_eq!(lookup.frames.iter().map(|frame| frame.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_same_answer_twice_is_none() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &dns::query(7, "a.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[ONE, TWO]));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[TWO, ONE]));
    let trace = trace_of(&capture);
    assert_eq!((trace.lookups.len(), said(&trace)), (1, Vec::new()));
}

#[test]
fn a_guessed_identifier_answers_nothing() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &dns::query(7, "a.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(8, "a.test", &[TWO]));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[ONE]));
    let trace = trace_of(&capture);
    let [lookup] = &trace.lookups[..] else { panic!("{} lookups", trace.lookups.len()) };
    assert_eq!(lookup.addresses().collect::<Vec<_>>(), [Ipv4Addr::from(ONE)]);
    let [(kind, text)] = said(&trace)[..] else { panic!("{:?}", said(&trace)) };
    assert_eq!(kind, "dns.id-mismatch");
    assert!(text.contains("0x0008; the query in frame 1 has 0x0007"), "{text}");
}

/// What a resolver writes with random case (draft-vixie-dnsext-dns0x20) comes back as it was.
#[test]
fn a_name_in_another_case_is_noted() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, RESOLVER, &dns::query(7, "ExAmPle.tesT"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "ExAmPle.tesT", &[ONE]));
    capture.udp(CLIENT, RESOLVER, &dns::query(8, "oThEr.test"));
    capture.udp(RESOLVER, CLIENT, &dns::answer(8, "other.test", &[ONE]));
    let trace = trace_of(&capture);
    assert!(trace.lookups.iter().all(|lookup| lookup.outcome() == Outcome::Answered));
    let [(kind, text)] = said(&trace)[..] else { panic!("{:?}", said(&trace)) };
    assert_eq!(kind, "dns.case-mismatch");
    assert!(text.starts_with("oThEr.test was asked for in frame 3"), "{text}");
}

#[test]
fn a_response_without_a_question_seen_is_told_as_that() {
    let mut capture = Capture::new();
    capture.udp(RESOLVER, CLIENT, &dns::answer(7, "a.test", &[ONE]));
    let trace = trace_of(&capture);
    let [lookup] = &trace.lookups[..] else { panic!("{} lookups", trace.lookups.len()) };
    assert_eq!((lookup.attempts[0].query, lookup.duration()), (None, None));
    assert!(lookup.attempts[0].response.is_some());
}

/// RFC 7766 §6.2.1.1: questions are pipelined, answers come in any order.
#[test]
fn questions_are_pipelined_on_one_connection() {
    let stream = |messages: &[Vec<u8>]| -> Vec<u8> {
        let length = |message: &Vec<u8>| u16::try_from(message.len()).unwrap().to_be_bytes();
        messages.iter().flat_map(|message| [&length(message), &message[..]].concat()).collect()
    };
    let queries: Vec<Vec<u8>> =
        (1..=3).map(|nth| dns::query(nth, &format!("{nth}.test"))).collect();
    let answers: Vec<Vec<u8>> =
        [3, 1, 2].iter().map(|nth| dns::answer(*nth, &format!("{nth}.test"), &[ONE])).collect();
    let mut capture = Capture::new();
    let mut tcp = capture.tcp(CLIENT, RESOLVER);
    tcp.handshake().client(&stream(&queries)).ack();
    tcp.wait(5).server(&stream(&answers[..1])).ack().wait(5).server(&stream(&answers[1..])).ack();
    tcp.close();
    let trace = trace_of(&capture);
    let times: Vec<(&str, Option<i64>)> = trace
        .lookups
        .iter()
        .map(|lookup| (&*lookup.name, lookup.duration().map(|time| time.as_nanos() / 1_000_000)))
        .collect();
    assert_eq!(times, [("1.test", Some(14)), ("2.test", Some(14)), ("3.test", Some(7))]);
    assert_eq!(said(&trace), []);
}

/// What an HTTP message with a DNS message in it looks like.
fn over_http(head: &str, body: &[u8]) -> Vec<u8> {
    let fields = format!("Content-Type: application/dns-message\r\nContent-Length: {}", body.len());
    [format!("{head}\r\n{fields}\r\n\r\n").as_bytes(), body].concat()
}

#[test]
fn a_lookup_over_https_is_one_and_its_exchange_is_of_no_page() {
    let mut capture = Capture::new();
    let doh = ([192, 0, 2, 54], 80);
    let mut http = capture.tcp((CLIENT.0, 41_000), doh);
    let post = "POST /dns-query HTTP/1.1\r\nHost: dns.test\r\nAccept: application/dns-message";
    http.handshake().client(&over_http(post, &dns::query(0, "www.a.test")));
    http.server(&over_http("HTTP/1.1 200 OK", &dns::answer(0, "www.a.test", &[ONE])));
    // the question of RFC 8484 §4.1.1, for www.example.com
    let get = b"GET /dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB HTTP/1.1\r\n\
        Host: dns.test\r\nAccept: application/dns-message\r\n\r\n";
    http.client(get);
    http.server(&over_http("HTTP/1.1 200 OK", &dns::answer(0, "www.example.com", &[TWO])));
    page(&mut capture, 50_001);
    let trace = trace_of(&capture);
    let asked: Vec<_> = trace
        .lookups
        .iter()
        .map(|lookup| {
            let [attempt] = &lookup.attempts[..] else { panic!("{lookup:?}") };
            let exchange = attempt.exchange.map(|id| id.0);
            (&*lookup.name, attempt.over.name(), exchange, lookup.outcome())
        })
        .collect();
    let wanted = |name, exchange| (name, "HTTPS", Some(exchange), Outcome::Answered);
    assert_eq!(asked, [wanted("www.a.test", 0), wanted("www.example.com", 1)]);
    let visits: Vec<_> = trace.exchanges.iter().map(|exchange| exchange.visit).collect();
    assert_eq!(visits, [None, None, Some(VisitId(0))], "only the page is of a page");
    assert_eq!(trace.exchanges[2].resolution, Some(trace.lookups[0].resolution));
    assert_eq!(said(&trace), []);
}

#[test]
fn a_body_that_only_says_that_it_is_dns_is_malformed_and_no_lookup() {
    let mut capture = Capture::new();
    let mut http = capture.tcp((CLIENT.0, 41_000), ([192, 0, 2, 54], 80));
    http.handshake().client(&over_http("POST / HTTP/1.1\r\nHost: dns.test", b"no message"));
    http.server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let trace = trace_of(&capture);
    assert_eq!((trace.lookups.len(), said(&trace)[0].0), (0, "dns.malformed"));
}
