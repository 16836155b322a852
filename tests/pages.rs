//! Which page a request belongs to, where that is not as plain as a `Referer`.

use urltrace::packet::build::Capture;
use urltrace::trace::Trace;
use urltrace::trace::visit::Link;

use crate::support::trace_of;

const CLIENT: [u8; 4] = [192, 0, 2, 2];
const NAVIGATION: &str = "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n";

/// One request over a connection of its own.
struct Asked<'a> {
    host: &'a str,
    path: &'a str,
    fields: String,
    answer: &'a str,
}

impl<'a> Asked<'a> {
    fn page(host: &'a str, path: &'a str) -> Self {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        Self { host, path, fields: NAVIGATION.to_owned(), answer }
    }

    fn part(host: &'a str, path: &'a str, referer: &str) -> Self {
        let fields = format!("Referer: {referer}\r\nSec-Fetch-Dest: image\r\n");
        Self { fields, ..Self::page(host, path) }
    }
}

fn browse(asked: &[Asked<'_>]) -> Trace {
    let mut capture = Capture::new();
    for (port, asked) in (50_000..).zip(asked) {
        let server = if asked.host.starts_with("www") { 10 } else { 20 };
        let Asked { host, path, fields, answer } = asked;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");
        let ends = ((CLIENT, port), ([198, 51, 100, server], 80));
        let mut tcp = capture.tcp(ends.0, ends.1);
        tcp.handshake().client(request.as_bytes()).server(answer.as_bytes()).close();
    }
    trace_of(&capture)
}

/// The visit of each request, by its number.
fn visits(trace: &Trace) -> Vec<Option<u32>> {
    trace.exchanges.iter().map(|exchange| exchange.visit.map(|visit| visit.0)).collect()
}

#[test]
fn another_origin_is_told_no_more_than_the_origin_of_a_later_page() {
    let origin = "http://www.inn.test/";
    let trace = browse(&[
        Asked::page("www.inn.test", "/"),
        Asked::part("annex.inn.test", "/yard.png", origin),
        Asked::page("www.inn.test", "/again.html"),
        Asked::part("annex.inn.test", "/yard.png", origin),
        Asked::part("annex.inn.test", "/new.png", origin),
        // the same origin is told the whole URL: this one is of the first page
        Asked::part("www.inn.test", "/late.png", origin),
    ]);
    assert_eq!(visits(&trace), [Some(0), Some(0), Some(1), Some(1), Some(1), Some(0)]);
    assert_eq!(trace.exchanges[1].link, Link::Referer);
    assert_eq!(trace.exchanges[3].link, Link::Origin);
}

#[test]
fn a_document_that_is_asked_for_again_with_credentials_is_the_same_page() {
    let refused =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
    let page = || Asked::page("www.club.test", "/");
    let with = format!("{NAVIGATION}Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
    let trace = browse(&[
        Asked { answer: refused, ..page() },
        Asked { fields: with.clone(), ..page() },
        Asked { fields: with, ..page() },
    ]);
    // the third is a reload: the second was answered
    assert_eq!(visits(&trace), [Some(0), Some(0), Some(1)]);
    assert_eq!(trace.visits[0].document, Some(trace.exchanges[1].id));
    assert_eq!(trace.exchanges[1].redirected_from, None);
}
