//! DNS over whole captures: responses that should not be believed, streams of several questions.

use std::net::Ipv4Addr;

use urltrace::packet::build::Capture;
use urltrace::trace::Trace;
use urltrace::trace::lookup::Outcome;

use crate::support::{dns, trace_of};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 40_000);
const RESOLVER: ([u8; 4], u16) = ([192, 0, 2, 53], 53);
const ONE: [u8; 4] = [198, 51, 100, 1];
const TWO: [u8; 4] = [198, 51, 100, 2];

/// Kind and text of every anomaly.
fn said(trace: &Trace) -> Vec<(&str, &str)> {
    trace.anomalies.iter().map(|noted| (noted.what.id, &*noted.what.text)).collect()
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
