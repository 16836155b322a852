//! The JSON document against its schema and against the visit that it tells of.

use serde_json::{Value, json};
use urltrace::report::format::Options;
use urltrace::report::json::json_schema;
use urltrace::trace::{Trace, VisitId};

use crate::reports::sample::{self, HOSTILE, T0};
use crate::reports::{read, written};

/// The document of a trace, which the schema has taken.
pub(super) fn document(trace: &Trace) -> Value {
    let document = read("json", trace, &Options::default());
    let schema: Value = serde_json::from_str(&json_schema()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(faults, Vec::<String>::new());
    document
}

#[test]
fn an_empty_trace_has_every_key() {
    let document = document(&Trace::default());
    for key in [
        "schema_version",
        "capture",
        "protocols",
        "neighbors",
        "lookups",
        "connections",
        "exchanges",
        "visits",
        "anomalies",
    ] {
        assert!(!document[key].is_null(), "{key}");
    }
    assert_eq!(document["capture"]["first"], Value::Null);
    assert_eq!(document["schema_version"], "1.0");
}

#[test]
fn the_schema_refuses_other_documents() {
    let schema: Value = serde_json::from_str(&json_schema()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let good = read("json", &sample::visit(), &Options::default());
    assert!(validator.is_valid(&good));
    for (place, value) in [
        ("/capture/first", json!(1_763_776_487)),
        ("/connections/0/transport", json!("sctp")),
        ("/connections/0/handshake/syn", json!(null)),
        ("/connections/0/client/ip", json!(7)),
        ("/exchanges/0/frames", json!([0])),
        ("/exchanges/0/timings/dns", json!("4.25")),
        ("/lookups/0/answers/0/data", json!({"address": 1})),
        ("/visits", json!({})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("a place in the document") = value;
        assert!(!validator.is_valid(&bad), "{place} was taken");
    }
    let mut bad = good;
    bad.as_object_mut().expect("an object").remove("anomalies");
    assert!(!validator.is_valid(&bad));
}

#[test]
fn every_entity_lists_its_frames() {
    let document = document(&sample::visit());
    for kind in [
        "neighbors",
        "lookups",
        "resolutions",
        "connections",
        "exchanges",
        "visits",
        "anomalies",
        "configurations",
        "notes",
    ] {
        for entity in document[kind].as_array().expect("a list") {
            let frames = entity["frames"].as_array().expect("a list");
            assert!(!frames.is_empty(), "{kind}: {entity}");
        }
    }
    assert_eq!(document["visits"][0]["frames"].as_array().map(Vec::len), Some(13));
}

#[test]
fn hostile_text_stays_text() {
    let trace = sample::hostile();
    let document = document(&trace);
    assert_eq!(document["exchanges"][0]["method"], HOSTILE);
    assert_eq!(document["lookups"][0]["name"], HOSTILE);
    assert_eq!(document["capture"]["files"][0]["name"], HOSTILE);
    assert_eq!(document["lookups"][1]["authority"][0]["data"]["strings"][1], HOSTILE);
    assert!(!written("json", &trace, &Options::default()).contains('\u{1b}'));
}

#[test]
fn a_connection_tells_its_whole_life() {
    let document = document(&sample::visit());
    let site = &document["connections"][0];
    let moment = |micros: i64| json!((T0 + micros * 1000).to_string());
    let handshake = json!({
        "syn": {"time": moment(6000), "frame": 7, "seq": u32::MAX, "ack": null},
        "syn_ack": {"time": moment(26_000), "frame": 8, "seq": 7000, "ack": 0},
        "ack": {"time": moment(26_100), "frame": 9, "seq": 0, "ack": 7001},
        "syn_attempts": 1, "syn_ack_attempts": 1, "duration_ms": 20.1,
        "early_data_bytes": 0, "ecn": null, "multipath": false,
    });
    assert_eq!(site["handshake"], handshake);
    let rtt = json!({"server_half_ms": 20.0, "client_half_ms": 0.1, "total_ms": 20.1});
    assert_eq!(site["rtt"], rtt);
    let times = json!({"count": 4, "min_ms": 20.0, "median_ms": 21.0, "p95_ms": 60.0});
    assert_eq!(site["round_trips"], json!({"to_server": times, "to_client": null}));
    let why = "the client answers within 100 µs, the server within 20.0 ms";
    assert_eq!(site["vantage"], json!({"place": "client", "why": why}));
    assert_eq!(
        site["client"],
        json!({"ip": "10.0.0.2", "port": 50_000, "mac": "02:00:00:00:00:02"})
    );
    assert_eq!(site["address_source"], "lookup 0");
    assert_eq!(site["host"], "www.shop.test");
    let close = &site["close"];
    assert_eq!((&close["first"], &close["reason"]), (&json!("server"), &json!("fin")));
    let states: Vec<_> = close["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|step| [&step["kind"], &step["from"], &step["client_state"], &step["server_state"]])
        .collect();
    assert_eq!(states[0], ["fin", "server", "CLOSE-WAIT", "FIN-WAIT-1"]);
    assert_eq!(states[1], ["fin_ack", "client", "CLOSE-WAIT", "FIN-WAIT-2"]);
    assert_eq!(states[2], ["fin", "client", "LAST-ACK", "TIME-WAIT"]);
    assert_eq!(states[3], ["fin_ack", "server", "CLOSED", "TIME-WAIT"]);
    for direction in ["to_server", "to_client"] {
        for count in [
            "packets",
            "bytes",
            "retransmissions",
            "out_of_order",
            "duplicate_acks",
            "gaps",
            "zero_windows",
            "keep_alives",
        ] {
            assert!(site["directions"][direction][count].is_u64(), "{direction}.{count}");
        }
    }
    assert_eq!(site["segments"][0]["kind"], "duplicate_ack");
    assert_eq!(site["segments"][0]["repeat"], 3);
    let refused = &document["connections"][2];
    assert_eq!((&refused["handshake"], &refused["rtt"]), (&Value::Null, &Value::Null));
    assert_eq!(refused["refused"], json!({"time": moment(50_500), "frame": 35}));
    let typed = document["connections"][1]["address_source"].as_str().expect("words");
    assert!(typed.starts_with("not looked up in this capture"), "{typed}");
}

#[test]
fn a_lookup_tells_question_and_answer() {
    let document = document(&sample::visit());
    let [found, none] = [&document["lookups"][0], &document["lookups"][1]];
    assert_eq!((&found["name"], &found["type"]), (&json!("www.Shop.test"), &json!("A")));
    assert_eq!(found["transaction_id"], 1);
    assert_eq!(found["resolver"], json!({"ip": "10.0.0.1", "port": 53}));
    assert_eq!((&found["rcode"], &found["outcome"]), (&json!("NOERROR"), &json!("answered")));
    assert_eq!(found["answers"][0]["data"], json!({"address": "10.1.0.80"}));
    assert_eq!((&found["authoritative"], &found["ttl"]), (&json!(false), &json!(300)));
    assert_eq!(found["duration_ms"], 4.0);
    assert!(found["source"].as_str().is_some_and(|words| words.contains("cache")));
    assert_eq!((&none["outcome"], &none["ttl"]), (&json!("no_data"), &json!(60)));
    assert_eq!(document["resolutions"][0]["duration_ms"], 4.25);
    assert_eq!(document["resolutions"][0]["frames"], json!([3, 4, 5, 6]));
}

#[test]
fn an_exchange_tells_what_happened_and_nothing_else() {
    let document = document(&sample::visit());
    let exchanges = &document["exchanges"];
    let page = &exchanges[1];
    assert_eq!((&page["connection"], &page["stream"]), (&json!(0), &json!(0)));
    assert_eq!((&page["method"], &page["status"]), (&json!("GET"), &json!(200)));
    let sizes = json!({"head": 300, "wire": 1045, "encoded": 1000, "decoded": 4000,
        "promised": null});
    assert_eq!(page["sizes"]["response"], sizes);
    assert_eq!((&page["timings"]["dns"], &page["timings"]["wait"]), (&Value::Null, &json!(12.0)));
    assert_eq!((&page["link"], &page["redirected_from"]), (&json!("document"), &json!(0)));
    assert_eq!((&page["reused_connection"], &page["visit"]), (&json!(true), &json!(0)));
    assert_eq!(page["informational"][0]["status"], 103);
    assert_eq!(page["trouble"], Value::Null);
    let groups: Vec<_> = page["response"]["headers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|field| field["group"].as_str().expect("a word"))
        .collect();
    assert_eq!(groups, ["representation", "representation", "response"]);
    let parts = json!({"scheme": "http", "user_info": null, "host": "www.shop.test", "port": 80,
        "path": "/home", "query": null, "default_file": false});
    assert_eq!(page["url_parts"], parts);
    let unanswered = &exchanges[3];
    assert_eq!((&unanswered["status"], &unanswered["response"]), (&Value::Null, &Value::Null));
    assert_eq!(unanswered["state"], "no_response");
    assert_eq!(unanswered["sizes"]["response"], Value::Null);
    assert_eq!(unanswered["timings"]["wait"], Value::Null);
    let orphan = &exchanges[4];
    assert_eq!((&orphan["method"], &orphan["url"]), (&Value::Null, &Value::Null));
    assert_eq!((&orphan["state"], &orphan["status"]), (&json!("no_request"), &json!(200)));
}

#[test]
fn a_part_keeps_the_numbers_of_the_whole() {
    let trace = sample::visit();
    let ids = |options: &Options, kind: &str| -> Vec<u64> {
        let document = read("json", &trace, options);
        let entities = document[kind].as_array().cloned().expect("a list");
        entities.iter().filter_map(|entity| entity["id"].as_u64()).collect()
    };
    let visit = Options { visit: Some(VisitId(0)), ..Options::default() };
    assert_eq!(ids(&visit, "exchanges"), [0, 1, 2]);
    assert_eq!(ids(&visit, "connections"), [0]);
    assert_eq!(ids(&visit, "lookups"), [0, 1]);
    let typed = Options { host: Some("192.0.2.9".to_owned()), ..Options::default() };
    assert_eq!(ids(&typed, "exchanges"), [3, 4]);
    assert_eq!(ids(&typed, "connections"), [1]);
    assert_eq!(ids(&typed, "lookups"), Vec::<u64>::new());
    assert_eq!(ids(&typed, "visits"), Vec::<u64>::new());
    assert_eq!(read("json", &trace, &typed)["anomalies"], json!([]));
    let site = Options { host: Some("10.1.0.80".to_owned()), ..Options::default() };
    assert_eq!(ids(&site, "connections"), [0, 2]);
    assert_eq!(ids(&site, "lookups"), [0, 1]);
    assert_eq!(ids(&site, "visits"), [0]);
}
