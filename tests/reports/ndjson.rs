//! The lines against their schema, and their order.

use serde_json::Value;
use urltrace::report::format::{Options, Reporter};
use urltrace::report::ndjson::{Ndjson, json_schema, line};
use urltrace::trace::{ConnectionId, EntityId, ExchangeId, LookupId, Trace, VisitId};

use crate::reports::sample::{self, HOSTILE};
use crate::reports::{read, written};

/// The lines of a trace, each of which the schema has taken.
fn lines(trace: &Trace) -> Vec<Value> {
    let schema: Value = serde_json::from_str(&json_schema()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let text = written("ndjson", trace, &Options::default());
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{line}");
    }
    lines
}

#[test]
fn things_come_in_the_order_of_their_completion_and_the_summary_last() {
    let told: Vec<(String, Value)> = lines(&sample::visit())
        .iter()
        .map(|line| {
            let name = line["event"].as_str().expect("a name").to_owned();
            (name, line.get("connection").or_else(|| line.get("id")).cloned().unwrap_or_default())
        })
        .collect();
    let events: Vec<&str> = told.iter().map(|(event, _)| event.as_str()).collect();
    let expected = [
        "neighbor",
        "lookup",
        "lookup",
        "resolution",
        "handshake",
        "exchange",
        "exchange",
        "anomaly",
        "exchange",
        "connection",
        "handshake",
        "exchange",
        "exchange",
        "connection",
        "handshake",
        "connection",
        "visit",
        "note",
        "summary",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_line_has_the_keys_of_the_document() {
    let trace = sample::visit();
    let document = read("json", &trace, &Options::default());
    let text = line(&trace, EntityId::Exchange(ExchangeId(1))).expect("a line");
    assert!(text.starts_with("{\"event\":\"exchange\",") && !text.contains('\n'));
    let mut told: Value = serde_json::from_str(&text).expect("JSON");
    told.as_object_mut().expect("an object").remove("event");
    assert_eq!(told, document["exchanges"][1]);
    assert_eq!(line(&trace, EntityId::Exchange(ExchangeId(99))), None);
}

#[test]
fn a_handshake_is_told_before_its_connection_is_over() {
    let trace = sample::visit();
    let text = line(&trace, EntityId::Handshake(ConnectionId(0))).expect("a line");
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&told["event"], &told["connection"]), (&"handshake".into(), &0.into()));
    assert_eq!(told["frames"], serde_json::json!([7, 8, 9]));
}

#[test]
fn hostile_text_stays_on_its_line() {
    let trace = sample::hostile();
    let lines = lines(&trace);
    assert_eq!(lines.len(), self::lines(&sample::visit()).len());
    let lookup = lines.iter().find(|line| line["event"] == "lookup").expect("a lookup");
    assert_eq!(lookup["name"], HOSTILE);
}

/// What is written while the capture runs, and then at its end.
fn told(options: &Options) -> Vec<String> {
    let trace = sample::visit();
    let mut out = Vec::new();
    for entity in [
        EntityId::Lookup(LookupId(0)),
        EntityId::Handshake(ConnectionId(1)),
        EntityId::Exchange(ExchangeId(0)),
        EntityId::Exchange(ExchangeId(3)),
        EntityId::Anomaly(0),
    ] {
        Ndjson.completed(&trace, entity, options, &mut out).expect("a Vec takes everything");
    }
    Ndjson.finish(&trace, options, &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn what_is_told_at_once_and_at_the_end_is_what_the_whole_report_tells() {
    let whole = written("ndjson", &sample::visit(), &Options::default());
    let told = told(&Options::default());
    assert!(told.iter().all(|line| whole.lines().any(|other| other == line)));
    assert_eq!(told.len(), 5 + 3);
}

#[test]
fn a_host_is_told_at_once_a_visit_in_the_end() {
    let typed = told(&Options { host: Some("192.0.2.9".to_owned()), ..Options::default() });
    let events = |lines: &[String]| -> Vec<Value> {
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.map(|line| line["event"].clone()).collect()
    };
    assert_eq!(events(&typed), ["handshake", "exchange", "note", "summary"]);
    let options = Options { visit: Some(VisitId(0)), ..Options::default() };
    let whole = written("ndjson", &sample::visit(), &options);
    assert_eq!(told(&options), whole.lines().collect::<Vec<_>>());
}
