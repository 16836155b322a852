//! Real visits against what the browser says about them: every request, status, size and page
//! right, every time within the browser's own floor of noise.

use urltrace::trace::Trace;

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
];

/// Visits recorded elsewhere that plain HTTP can be judged by.
const SHARED: &[&str] = &["01-seed-http", "02-h1-rich", "06-loss", "08-dns-trouble"];

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
    for visit in visits {
        let outcome = run_file(&visit.capture, 2);
        assert!(outcome.error.is_none(), "{}: {:?}", visit.name, outcome.error);
        let truth = Truth::read(&visit.truth);
        let mut score = score::requests(&entry::of_trace(&outcome.trace), &truth, plain_http);
        score::sockets(&mut score, &outcome.trace, &truth);
        println!("{}: {}", visit.name, score.summary());
        wrong.extend(score.wrong.iter().map(|line| format!("{}: {line}", visit.name)));
        wrong.extend(score.late(BOUNDS).iter().map(|line| format!("{}: {line}", visit.name)));
        wrong.extend(background(visit, &outcome.trace, &truth));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
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

/// TLS is not read yet.
fn plain_http(request: &Request) -> bool {
    request.url.starts_with("http://")
}
