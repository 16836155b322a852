//! HAR against its specification and against the visit that it tells of.

use serde_json::{Value, json};
use urltrace::report::format::Options;
use urltrace::time::{TimeDelta, Timestamp};
use urltrace::trace::{ExchangeId, Trace, VisitId};

use crate::reports::har_reader::{faults, nanos};
use crate::reports::sample::{self, HOSTILE, T0};
use crate::reports::{read, written};

fn har(trace: &Trace) -> Value {
    let document = read("har", trace, &Options::default());
    assert_eq!(faults(&document), Vec::<String>::new());
    document["log"].clone()
}

fn entry<'v>(log: &'v Value, url: &str) -> &'v Value {
    let entries = log["entries"].as_array().expect("a list");
    entries.iter().find(|entry| entry["request"]["url"] == url).expect("an entry")
}

#[test]
fn an_empty_trace_is_a_valid_document() {
    let log = har(&Trace::default());
    assert_eq!(log["entries"], json!([]));
    assert_eq!(log["creator"]["name"], "urltrace");
}

#[test]
fn hostile_text_stays_text() {
    let trace = sample::hostile();
    let log = har(&trace);
    let first = &log["entries"][0];
    assert_eq!(first["request"]["method"], HOSTILE);
    assert_eq!(first["response"]["statusText"], HOSTILE);
    assert!(!written("har", &trace, &Options::default()).contains('\u{1b}'));
}

#[test]
fn phases_that_did_not_happen_are_minus_one_only_where_har_asks_for_it() {
    let log = har(&sample::visit());
    let redirect = entry(&log, "http://www.shop.test/?q=a%20b&q=&empty#top");
    let phases = json!({"blocked": 1.65, "dns": 4.25, "connect": 20.1, "ssl": -1,
        "send": 0.0, "wait": 20.0, "receive": 0.0});
    assert_eq!(redirect["timings"], phases);
    assert_eq!(redirect["time"], 46.0);
    let unanswered = entry(&log, "http://192.0.2.9:8080/telemetry");
    let phases = json!({"blocked": 0.05, "dns": -1, "connect": 1.05, "ssl": -1,
        "send": 0.1, "wait": 0.0, "receive": 0.0});
    assert_eq!(unanswered["timings"], phases);
}

#[test]
fn the_phases_before_a_request_end_at_its_first_byte() {
    let mut trace = sample::visit();
    // A clock that counts nanoseconds, and a start that says something else.
    let head = trace.exchanges[0].request.as_mut().expect("a head");
    head.span.first.at = head.span.first.at + TimeDelta::from_nanos(7);
    trace.exchanges[0].timings.dns = Some(TimeDelta::from_nanos(4_250_003));
    let log = har(&trace);
    for (nth, text) in [(0, "01:54:47.001000004Z"), (1, "01:54:47.040000000Z")] {
        let started = log["entries"][nth]["startedDateTime"].as_str().expect("a date");
        assert!(started.ends_with(text), "{started}");
    }
    for exchange in trace.exchanges.iter().filter(|exchange| exchange.url.is_some()) {
        let entry = entry(&log, exchange.url.as_deref().expect("a URL"));
        let before: f64 = ["blocked", "dns", "connect"]
            .iter()
            .filter_map(|phase| entry["timings"][phase].as_f64().filter(|ms| *ms >= 0.0))
            .sum();
        let started = nanos(&entry["startedDateTime"]).expect("a date");
        #[expect(clippy::cast_possible_truncation, reason = "less than a second in nanoseconds")]
        let sent = started + i128::from((before * 1e6).round() as i64);
        let first = exchange.request.as_ref().expect("a head").span.first.at;
        assert_eq!(sent, i128::from(first.as_nanos()), "{:?}", exchange.url);
    }
}

#[test]
fn entries_are_sorted_and_background_traffic_is_on_no_page() {
    let log = har(&sample::visit());
    let told: Vec<_> = log["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| (entry["_exchange"].clone(), entry["pageref"].clone()))
        .collect();
    let page = json!("page_1");
    let expected = [
        (json!(0), page.clone()),
        (json!(3), Value::Null),
        (json!(1), page.clone()),
        (json!(2), page.clone()),
    ];
    assert_eq!(told, expected);
    assert_eq!(log["pages"][0]["id"], page);
    assert_eq!(log["pages"][0]["title"], "http://www.shop.test/home");
    assert_eq!(log["pages"][0]["startedDateTime"], "2025-11-22T01:54:47.001000Z");
    assert_eq!(log["_responsesWithoutRequest"], 1);
}

#[test]
fn no_response_has_no_status_and_says_why() {
    let log = har(&sample::visit());
    let entry = entry(&log, "http://192.0.2.9:8080/telemetry");
    let response = &entry["response"];
    assert_eq!((&response["status"], &response["httpVersion"]), (&json!(0), &json!("")));
    assert_eq!(response["bodySize"], -1);
    assert_eq!(response["_error"], "no response: the capture ended");
    assert_eq!(entry["request"]["comment"], "the body of 77 bytes is not kept");
    assert_eq!(entry["serverIPAddress"], "192.0.2.9");
    assert_eq!(entry["_frames"], json!([30, 31]));
}

#[test]
fn sizes_are_counted_three_times() {
    let log = har(&sample::visit());
    let document = &entry(&log, "http://www.shop.test/home")["response"];
    assert_eq!((&document["bodySize"], &document["headersSize"]), (&json!(1000), &json!(300)));
    assert_eq!(document["_transferSize"], 1345);
    assert_eq!(
        document["content"],
        json!({"size": 4000, "compression": 3000, "mimeType": "text/html; charset=utf-8"})
    );
    assert_eq!(document["_informational"], json!([103]));
    let picture = &entry(&log, "http://www.shop.test/picture")["response"]["content"];
    assert_eq!(*picture, json!({"size": 500, "mimeType": "x-unknown", "_decodedUnknown": true}));
    let redirect = &entry(&log, "http://www.shop.test/?q=a%20b&q=&empty#top")["response"];
    assert_eq!((&redirect["bodySize"], &redirect["content"]["size"]), (&json!(0), &json!(0)));
    assert_eq!(redirect["redirectURL"], "/home");
}

#[test]
fn query_and_cookies_are_taken_apart() {
    let log = har(&sample::visit());
    let request = &entry(&log, "http://www.shop.test/?q=a%20b&q=&empty#top")["request"];
    let pair = |name: &str, value: &str| json!({"name": name, "value": value});
    assert_eq!(request["queryString"], json!([pair("q", "a b"), pair("q", ""), pair("empty", "")]));
    assert_eq!(request["cookies"], json!([pair("id", "7"), pair("theme", "dark")]));
    let set = &entry(&log, "http://www.shop.test/home")["response"]["cookies"];
    let cookie = json!([{"name": "id", "value": "8", "path": "/", "httpOnly": true,
        "secure": false, "expires": "2026-10-21T07:28:00Z"}]);
    assert_eq!(*set, cookie);
}

#[test]
fn a_visit_or_a_host_can_be_had_alone() {
    let trace = sample::visit();
    let options = Options { visit: Some(VisitId(0)), ..Options::default() };
    let urls = |options: &Options| -> Vec<Value> {
        let document = read("har", &trace, options);
        assert_eq!(faults(&document), Vec::<String>::new());
        let entries = document["log"]["entries"].as_array().cloned().expect("a list");
        entries.into_iter().map(|entry| entry["_exchange"].clone()).collect()
    };
    assert_eq!(urls(&options), [0, 1, 2]);
    let host = |host: &str| Options { host: Some(host.to_owned()), ..Options::default() };
    assert_eq!(urls(&host("shop.test")), [0, 1, 2]);
    assert_eq!(urls(&host("192.0.2.9")), [3]);
    assert_eq!(urls(&host("nowhere.test")), Vec::<Value>::new());
    let nothing = Options { visit: Some(VisitId(7)), ..host("shop.test") };
    assert_eq!(urls(&nothing), Vec::<Value>::new());
}

#[test]
fn times_at_the_ends_of_the_range_are_written() {
    let mut trace = sample::visit();
    for exchange in &mut trace.exchanges {
        if let Some(head) = &mut exchange.request {
            head.span.first.at = Timestamp::MIN;
        }
    }
    har(&trace);
    assert_eq!(T0 % 1000, 0);
}

#[test]
fn a_large_document_is_one_document() {
    let mut trace = sample::visit();
    let one = trace.exchanges[1].clone();
    for id in 0..3000_u32 {
        let mut exchange = one.clone();
        exchange.id = ExchangeId(id);
        let head = exchange.request.as_mut().expect("a head");
        // Not in the order of their numbers.
        let later = TimeDelta::from_nanos(i64::from(id.wrapping_mul(7919) % 3000) * 1000);
        head.span.first.at = head.span.first.at + later;
        trace.exchanges.push(exchange);
    }
    assert_eq!(har(&trace)["entries"].as_array().map(Vec::len), Some(3004));
    let text = written("har", &trace, &Options::default());
    assert_eq!(text, written("har", &trace, &Options::default()));
}
