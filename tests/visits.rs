//! Real visits against what the browser says about them: every request, status, size and page
//! right, every time within the browser's own floor of noise.

use serde_json::Value;

use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::trace::{Exchange, Trace};

use crate::support::truth::{Request, Truth};
use crate::support::{Fixture, entry, fixtures, run_file, score, shared, visits_in};

/// How far the median of a time may be from the browser's, in milliseconds. The browser's own
/// clock starts before the packet leaves and ends after it came, so none can be zero.
const BOUNDS: &[(&str, f64)] = &[
    ("sent", 3.0),
    ("wait", 4.0),
    ("receive", 4.0),
    ("netlog dns", 5.0),
    ("netlog connect", 5.0),
    ("netlog ssl", 5.0),
];

/// Where the browser's word is not that of the wire: visit, beginning of the line, and why. Each
/// must still be there: what is mended is taken off the list.
const BROWSER_IS_WRONG: &[(&str, &str, &str)] = &[
    ("loss", "GET http://www.garden.test/img/missing.png: 170 bytes encoded", COUNTED_DECODED),
    ("rich", "GET http://www.garden.test/img/missing.png: 170 bytes encoded", COUNTED_DECODED),
    ("two-tabs", "GET http://www.garden.test/img/missing.png: 170 bytes encoded", COUNTED_DECODED),
    ("02-h1-rich", "GET http://www.shop.test/img/missing.png: 170 bytes encoded", COUNTED_DECODED),
    (
        "03-redirect-h2-tls13",
        "GET https://www.shop.test/img/missing.png: 170 bytes encoded",
        COUNTED_DECODED,
    ),
    ("06-loss", "GET https://www.shop.test/img/missing.png: 170 bytes encoded", COUNTED_DECODED),
    (
        "https-redirect",
        "GET https://park.test/: 0 bytes encoded",
        "the browser reset the stream when it had the redirect's head; its net log counts the body \
         that came after that, which nobody read",
    ),
    ("resumption", "GET https://www.inn.test/again.html: connect of", OPENED_BEFORE),
    ("resumption", "GET https://www.inn.test/again.html: ssl of", OPENED_BEFORE),
    (
        "08-dns-trouble",
        "GET http://www.shop.test/api/json?n=30&page=2: 263 bytes encoded",
        "the wire has chunks of 253 and 10 bytes; DevTools told of the first only (259 with framing)",
    ),
];

const COUNTED_DECODED: &str = "for this error page DevTools gives the decoded length (548) less the \
     head as the length on the wire, where there is one chunk of 170 bytes";

const OPENED_BEFORE: &str = "the browser began to open the connection 9 ms before the navigation \
     that it opened it for, and so charges nobody; on the wire the request follows at once";

/// Visits whose browser was busy when they were recorded: its own end of a body is this much
/// behind the last packet of it and its ACK, and no packet tells. Milliseconds, instead of those
/// of [`BOUNDS`]; or for what HTTP/3 and TCP carried each by itself.
const BUSY_BROWSER: &[(&str, &str, f64)] = &[
    ("typical", "receive", 14.0),
    ("typical", "wait", 5.0),
    ("01-seed-http", "receive", 5.0),
    ("02-h1-rich", "receive", 6.5),
    ("03-redirect-h2-tls13", "wait", 5.0),
    // 71 requests in a second, most at once: the browser hands them to its HTTP/2 sessions up to 50
    // ms before they leave, and takes what comes as late.
    ("typical-https", "sent", 25.0),
    ("typical-https", "wait", 35.0),
    ("typical-https", "receive", 6.0),
    // On the wire the nearest server answers in 1.4 ms; the browser waits 15 to 75 ms for that.
    ("real-google", "tcp sent", 30.0),
    ("real-google", "tcp wait", 20.0),
    ("real-google", "tcp receive", 4.0),
    // Of four requests on two connections.
    ("real-google", "h3 sent", 40.0),
    ("real-google", "h3 wait", 72.0),
    ("real-google", "h3 receive", 17.0),
    // QUIC shows how busy: the browser acknowledges what came to it up to 58 ms later in the mean
    // of a connection, and says that it held back 20 ms of them at most.
    ("05-h3-quic", "wait", 15.0),
    ("05-h3-quic", "receive", 9.0),
    ("05-h3-quic", "netlog dns", 6.0),
    ("05-h3-quic", "netlog ssl", 9.0),
];

/// Visits recorded elsewhere.
const SHARED: &[&str] = &[
    "01-seed-http",
    "02-h1-rich",
    "03-redirect-h2-tls13",
    "05-h3-quic",
    "06-loss",
    "08-dns-trouble",
    "real-google",
];

#[test]
fn own_visits_are_as_the_browser_says() {
    judge_all(&fixtures());
}

#[test]
fn visits_recorded_elsewhere_are_as_the_browser_says() {
    let Some(folder) = shared("visits") else { return };
    let mut visits = visits_in(&folder);
    visits.retain(|visit| SHARED.contains(&visit.name.as_str()));
    assert_eq!(visits.len(), SHARED.len(), "in {}", folder.display());
    judge_all(&visits);
}

fn judge_all(visits: &[Fixture]) {
    let mut wrong = Vec::new();
    let names: Vec<&str> = visits.iter().map(|visit| visit.name.as_str()).collect();
    let known = BROWSER_IS_WRONG.iter().filter(|(visit, ..)| names.contains(visit));
    let mut stale: Vec<_> = known.collect();
    for visit in visits {
        let outcome = run_file(&visit.capture, 2);
        assert!(outcome.error.is_none(), "{}: {:?}", visit.name, outcome.error);
        let truth = Truth::read(&visit.truth);
        let mut score = score::requests(&entry::of_trace(&outcome.trace), &truth, is_readable);
        score::sockets(&mut score, &outcome.trace, &truth);
        println!("{}: {}", visit.name, score.summary());
        let in_har = score::requests(&entry::of_har(&har(&outcome.trace)), &truth, is_readable);
        println!("{} as HAR: {}", visit.name, in_har.summary());
        let bounds = bounds(&visit.name);
        let late = [score.late(&bounds), in_har.late(&bounds)];
        for line in score.wrong.iter().chain(&in_har.wrong).chain(late.iter().flatten()) {
            let known = |row: &&&(&str, &str, &str)| row.0 == visit.name && line.starts_with(row.1);
            match BROWSER_IS_WRONG.iter().find(|row| known(&row)) {
                Some(row) => {
                    println!("{}: {line} ({})", visit.name, row.2);
                    stale.retain(|other| *other != row);
                }
                None => wrong.push(format!("{}: {line}", visit.name)),
            }
        }
        wrong.extend(background(visit, &outcome.trace, &truth));
    }
    assert!(stale.is_empty(), "no longer so: {stale:#?}");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// The bounds of a visit: its own, and the usual ones of all other times.
fn bounds(visit: &str) -> Vec<(&'static str, f64)> {
    let own = BUSY_BROWSER.iter().filter(|row| row.0 == visit).map(|row| (row.1, row.2));
    let own: Vec<(&str, f64)> = own.collect();
    let is_own = |time: &str| {
        own.iter().any(|(name, _)| *name == time || name.split_once(' ') == Some(("h3", time)))
    };
    let usual = BOUNDS.iter().filter(|(time, _)| !is_own(time)).copied();
    usual.chain(own.iter().copied()).collect()
}

/// The trace as the HAR that urltrace writes.
fn har(trace: &Trace) -> Value {
    let format = FORMATS.iter().find(|format| format.name == "har").unwrap();
    let mut text = Vec::new();
    format.reporter.write(trace, &Options::default(), &mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// What other programs asked for is seen, and is on no page.
fn background(visit: &Fixture, trace: &Trace, truth: &Truth) -> Vec<String> {
    let entries = entry::of_trace(trace);
    let mut wrong = Vec::new();
    let mut expected: Vec<_> = truth.background.iter().collect();
    for entry in entries.iter().filter(|entry| entry.page.is_none()) {
        let found = expected.iter().position(|request| {
            entry::key(&request.method, &request.url) == entry.key && request.status == entry.status
        });
        if let Some(found) = found {
            expected.remove(found);
        }
    }
    for request in expected {
        wrong.push(format!("{}: no background {} {}", visit.name, request.method, request.url));
    }
    wrong
}

/// True for what is there to be read.
fn is_readable(request: &Request) -> bool {
    let is_from_before = request.connection_id == Some(BEFORE_THE_CAPTURE) && request.is_http3();
    request.readable.unwrap_or(true) && !is_from_before
}

/// The connection of `real-google` that began before the capture: which host is asked for on it is
/// said by entries of a table that nobody saw made.
const BEFORE_THE_CAPTURE: u64 = 87;

#[test]
fn every_request_of_a_connection_from_before_the_capture_has_a_row_and_none_a_made_up_url() {
    let Some(folder) = shared("visits") else { return };
    let visit = visits_in(&folder).into_iter().find(|visit| visit.name == "real-google").unwrap();
    let trace = run_file(&visit.capture, 2).trace;
    let truth = Truth::read(&visit.truth);
    let of_browser = truth.requests.iter().filter(|request| request.on_wire);
    let (before, others): (Vec<_>, Vec<_>) = of_browser.partition(|request| !is_readable(request));
    let unknown: Vec<_> =
        trace.exchanges.iter().filter(|exchange| exchange.url.is_none()).collect();
    let asked = |exchange: &&&Exchange| exchange.request.is_some();
    let asked: Vec<_> = unknown.iter().filter(asked).collect();
    assert_eq!((before.len(), others.len(), asked.len()), (28, 11, 28));
    let mut sizes: Vec<_> = before.iter().map(|request| request.body_encoded).collect();
    let end = |exchange: &&&Exchange| exchange.response_end.as_ref().map(|end| end.body.encoded);
    let mut ours: Vec<_> = asked.iter().map(end).collect();
    sizes.sort_unstable();
    ours.sort_unstable();
    // DevTools makes its numbers of those of packets and heads, and is some bytes off on four
    let pairs = ours.iter().zip(&sizes);
    let off = pairs.filter(|(ours, sizes)| ours.unwrap().abs_diff(sizes.unwrap()) > 8).count();
    assert_eq!(off, 0, "{ours:?} {sizes:?}");
    let of_page = others.len() + asked.len();
    let rows = trace.exchanges.len();
    assert_eq!((of_page, rows), (39, 43), "two questions of another program, each answered twice");
}
