//! An independent reader of HAR 1.2 that refuses what the specification does not have
//! (<http://www.softwareishard.com/blog/har-12-spec/>).
//!
//! It shares nothing with the writer: a document is a [`Value`], each object is checked against
//! the list of its fields, and then against the rules between them.

use serde_json::{Map, Value};

/// What a field of an object must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Text,
    Whole,
    /// A number that is not negative.
    Length,
    /// A number that is not negative, or -1.
    LengthOrNone,
    Flag,
    List,
    Object,
    /// ISO 8601 with a time zone.
    Date,
}

type Field = (&'static str, bool, Is);
const MUST: bool = true;
const MAY: bool = false;

const LOG: &[Field] = &[
    ("version", MUST, Is::Text),
    ("creator", MUST, Is::Object),
    ("browser", MAY, Is::Object),
    ("pages", MAY, Is::List),
    ("entries", MUST, Is::List),
    ("comment", MAY, Is::Text),
];
const CREATOR: &[Field] =
    &[("name", MUST, Is::Text), ("version", MUST, Is::Text), ("comment", MAY, Is::Text)];
const PAGE: &[Field] = &[
    ("startedDateTime", MUST, Is::Date),
    ("id", MUST, Is::Text),
    ("title", MUST, Is::Text),
    ("pageTimings", MUST, Is::Object),
    ("comment", MAY, Is::Text),
];
const PAGE_TIMINGS: &[Field] = &[
    ("onContentLoad", MAY, Is::LengthOrNone),
    ("onLoad", MAY, Is::LengthOrNone),
    ("comment", MAY, Is::Text),
];
const ENTRY: &[Field] = &[
    ("pageref", MAY, Is::Text),
    ("startedDateTime", MUST, Is::Date),
    ("time", MUST, Is::Length),
    ("request", MUST, Is::Object),
    ("response", MUST, Is::Object),
    ("cache", MUST, Is::Object),
    ("timings", MUST, Is::Object),
    ("serverIPAddress", MAY, Is::Text),
    ("connection", MAY, Is::Text),
    ("comment", MAY, Is::Text),
];
const REQUEST: &[Field] = &[
    ("method", MUST, Is::Text),
    ("url", MUST, Is::Text),
    ("httpVersion", MUST, Is::Text),
    ("cookies", MUST, Is::List),
    ("headers", MUST, Is::List),
    ("queryString", MUST, Is::List),
    ("postData", MAY, Is::Object),
    ("headersSize", MUST, Is::Whole),
    ("bodySize", MUST, Is::Whole),
    ("comment", MAY, Is::Text),
];
const RESPONSE: &[Field] = &[
    ("status", MUST, Is::Whole),
    ("statusText", MUST, Is::Text),
    ("httpVersion", MUST, Is::Text),
    ("cookies", MUST, Is::List),
    ("headers", MUST, Is::List),
    ("content", MUST, Is::Object),
    ("redirectURL", MUST, Is::Text),
    ("headersSize", MUST, Is::Whole),
    ("bodySize", MUST, Is::Whole),
    ("comment", MAY, Is::Text),
];
const COOKIE: &[Field] = &[
    ("name", MUST, Is::Text),
    ("value", MUST, Is::Text),
    ("path", MAY, Is::Text),
    ("domain", MAY, Is::Text),
    ("expires", MAY, Is::Date),
    ("httpOnly", MAY, Is::Flag),
    ("secure", MAY, Is::Flag),
    ("comment", MAY, Is::Text),
];
const PAIR: &[Field] =
    &[("name", MUST, Is::Text), ("value", MUST, Is::Text), ("comment", MAY, Is::Text)];
const CONTENT: &[Field] = &[
    ("size", MUST, Is::Length),
    ("compression", MAY, Is::Whole),
    ("mimeType", MUST, Is::Text),
    ("text", MAY, Is::Text),
    ("encoding", MAY, Is::Text),
    ("comment", MAY, Is::Text),
];
const CACHE: &[Field] = &[
    ("beforeRequest", MAY, Is::Object),
    ("afterRequest", MAY, Is::Object),
    ("comment", MAY, Is::Text),
];
const TIMINGS: &[Field] = &[
    ("blocked", MAY, Is::LengthOrNone),
    ("dns", MAY, Is::LengthOrNone),
    ("connect", MAY, Is::LengthOrNone),
    ("send", MUST, Is::Length),
    ("wait", MUST, Is::Length),
    ("receive", MUST, Is::Length),
    ("ssl", MAY, Is::LengthOrNone),
    ("comment", MAY, Is::Text),
];

/// All that is wrong with a document; empty for a good one.
pub(super) fn faults(document: &Value) -> Vec<String> {
    let mut faults = Faults::default();
    match document.as_object() {
        Some(document) if document.len() == 1 && document.contains_key("log") => {
            faults.log(&document["log"]);
        }
        _ => faults.0.push("the document is not {\"log\": ...}".to_owned()),
    }
    faults.0
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn log(&mut self, log: &Value) {
        let Some(log) = self.object("log", log, LOG) else { return };
        if log["version"] != "1.2" {
            self.0.push(format!("log.version is {}", log["version"]));
        }
        self.object("log.creator", &log["creator"], CREATOR);
        let mut pages: Vec<(String, i128)> = Vec::new();
        for (nth, page) in list(log.get("pages")).enumerate() {
            let place = format!("log.pages[{nth}]");
            let Some(page) = self.object(&place, page, PAGE) else { continue };
            self.object(&format!("{place}.pageTimings"), &page["pageTimings"], PAGE_TIMINGS);
            let id = page["id"].as_str().unwrap_or_default().to_owned();
            if pages.iter().any(|(other, _)| *other == id) {
                self.0.push(format!("{place}.id {id} is not unique"));
            }
            pages.push((id, nanos(&page["startedDateTime"]).unwrap_or_default()));
        }
        let mut before = i128::MIN;
        for (nth, entry) in list(log.get("entries")).enumerate() {
            let place = format!("log.entries[{nth}]");
            let started = self.entry(&place, entry, &pages).unwrap_or(before);
            if started < before {
                self.0.push(format!("{place} starts before the entry before it"));
            }
            before = started;
        }
    }

    fn entry(&mut self, place: &str, entry: &Value, pages: &[(String, i128)]) -> Option<i128> {
        let entry = self.object(place, entry, ENTRY)?;
        let started = nanos(&entry["startedDateTime"])?;
        if let Some(page) = entry.get("pageref").and_then(Value::as_str) {
            match pages.iter().find(|(id, _)| id == page) {
                None => self.0.push(format!("{place}.pageref {page} is no page")),
                Some((_, begin)) if started < *begin => {
                    self.0.push(format!("{place} starts before its page"));
                }
                Some(_) => {}
            }
        }
        if let Some(ip) = entry.get("serverIPAddress").and_then(Value::as_str)
            && ip.parse::<std::net::IpAddr>().is_err()
        {
            self.0.push(format!("{place}.serverIPAddress is {ip}"));
        }
        self.object(&format!("{place}.cache"), &entry["cache"], CACHE);
        self.message(&format!("{place}.request"), &entry["request"], REQUEST);
        self.message(&format!("{place}.response"), &entry["response"], RESPONSE);
        if let Some(timings) = self.object(&format!("{place}.timings"), &entry["timings"], TIMINGS)
        {
            self.sums(place, timings, entry["time"].as_f64()?);
        }
        Some(started)
    }

    /// `time` is the sum of the phases; `ssl` lies inside `connect`.
    fn sums(&mut self, place: &str, timings: &Map<String, Value>, time: f64) {
        let phase = |name: &str| timings.get(name).and_then(Value::as_f64).filter(|ms| *ms >= 0.0);
        let phases = ["blocked", "dns", "connect", "send", "wait", "receive"];
        let sum: f64 = phases.iter().filter_map(|name| phase(name)).sum();
        if (sum - time).abs() > 1e-6 {
            self.0.push(format!("{place}.time is {time}, its phases are {sum}"));
        }
        if phase("ssl").is_some_and(|ssl| phase("connect").is_none_or(|connect| ssl > connect)) {
            self.0.push(format!("{place}.timings.ssl is longer than connect"));
        }
    }

    fn message(&mut self, place: &str, message: &Value, fields: &[Field]) {
        let Some(message) = self.object(place, message, fields) else { return };
        for (list_name, fields) in [("cookies", COOKIE), ("headers", PAIR), ("queryString", PAIR)] {
            for (nth, one) in list(message.get(list_name)).enumerate() {
                self.object(&format!("{place}.{list_name}[{nth}]"), one, fields);
            }
        }
        for size in ["headersSize", "bodySize"] {
            if message[size].as_i64().is_some_and(|size| size < -1) {
                self.0.push(format!("{place}.{size} is {}", message[size]));
            }
        }
        let Some(content) = message.get("content") else { return };
        let Some(content) = self.object(&format!("{place}.content"), content, CONTENT) else {
            return;
        };
        let (size, body) = (content["size"].as_i64(), message["bodySize"].as_i64());
        let saved = content.get("compression").and_then(Value::as_i64);
        if let (Some(size), Some(body), Some(saved)) = (size, body, saved)
            && size - body != saved
        {
            self.0.push(format!("{place}.content.compression is {saved}, not {size} - {body}"));
        }
        if [204, 304].map(Value::from).contains(&message["status"]) && body.unwrap_or(0) > 0 {
            self.0.push(format!("{place}.bodySize is {body:?} where there is no body"));
        }
    }

    /// The object at `place`, with every field that it must have and none that HAR lacks.
    fn object<'v>(
        &mut self,
        place: &str,
        value: &'v Value,
        fields: &[Field],
    ) -> Option<&'v Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.0.push(format!("{place} is not an object"));
            return None;
        };
        for name in object.keys().filter(|name| !name.starts_with('_')) {
            if !fields.iter().any(|(known, ..)| known == name) {
                self.0.push(format!("{place}.{name} is not in HAR 1.2"));
            }
        }
        let faults_before = self.0.len();
        for (name, must, is) in fields {
            match object.get(*name) {
                None if *must => self.0.push(format!("{place}.{name} is missing")),
                Some(value) if !is.met_by(value) => {
                    self.0.push(format!("{place}.{name} is {value}, not {is:?}"));
                }
                _ => {}
            }
        }
        (self.0.len() == faults_before).then_some(object)
    }
}

impl Is {
    fn met_by(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Whole => value.is_i64() || value.is_u64(),
            Self::Length => value.as_f64().is_some_and(|number| number >= 0.0),
            Self::LengthOrNone => value.as_i64() == Some(-1) || Self::Length.met_by(value),
            Self::Flag => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::Date => nanos(value).is_some(),
        }
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A date of a document, in nanoseconds since the epoch.
pub(super) fn nanos(date: &Value) -> Option<i128> {
    Some(date.as_str()?.parse::<jiff::Timestamp>().ok()?.as_nanosecond())
}

#[test]
fn the_reader_finds_faults() {
    let good = serde_json::json!({"log": {
        "version": "1.2", "creator": {"name": "n", "version": "1"},
        "pages": [{"startedDateTime": "2025-11-22T01:54:47Z", "id": "p", "title": "",
            "pageTimings": {"onLoad": -1}}],
        "entries": [{"pageref": "p", "startedDateTime": "2025-11-22T01:54:47Z", "time": 3.5,
            "request": {"method": "GET", "url": "http://a/", "httpVersion": "HTTP/1.1",
                "cookies": [], "headers": [{"name": "a", "value": "b"}], "queryString": [],
                "headersSize": -1, "bodySize": 0},
            "response": {"status": 200, "statusText": "", "httpVersion": "HTTP/1.1",
                "cookies": [], "headers": [], "redirectURL": "", "headersSize": 3,
                "bodySize": 5, "content": {"size": 7, "compression": 2, "mimeType": ""}},
            "cache": {}, "_own": null,
            "timings": {"connect": 1.5, "ssl": 1, "send": 0, "wait": 2, "receive": 0, "dns": -1}}],
    }});
    assert_eq!(faults(&good), Vec::<String>::new());
    let spoilt: &[(&str, Value)] = &[
        ("/log/version", "1.1".into()),
        ("/log/creator/name", 1.into()),
        ("/log/pages/0/id", "q".into()),
        ("/log/pages/0/startedDateTime", "2025-11-22T01:54:48Z".into()),
        ("/log/entries/0/startedDateTime", "2025-11-22 01:54".into()),
        ("/log/entries/0/time", 4.0.into()),
        ("/log/entries/0/request/headers/0", serde_json::json!({"name": "a"})),
        ("/log/entries/0/request/bodySize", (-2).into()),
        ("/log/entries/0/response/content/compression", 1.into()),
        ("/log/entries/0/response/status", Value::Null),
        ("/log/entries/0/response/content/size", (-1).into()),
        ("/log/entries/0/cache", serde_json::json!({"odd": 1})),
        ("/log/entries/0/timings/ssl", 1.6.into()),
        ("/log/entries/0/timings/wait", (-1).into()),
        ("/log/entries/0/timings/dns", (-2).into()),
    ];
    for (place, value) in spoilt {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("a place in the document") = value.clone();
        assert!(!faults(&bad).is_empty(), "{place} = {value} was taken");
    }
    let mut twice = good;
    let entries = twice.pointer_mut("/log/entries").and_then(Value::as_array_mut).expect("a list");
    let mut earlier = entries[0].clone();
    earlier["startedDateTime"] = "2025-11-22T01:54:46Z".into();
    earlier.as_object_mut().expect("an object").remove("pageref");
    entries.push(earlier);
    assert_eq!(faults(&twice), ["log.entries[1] starts before the entry before it"]);
}
