//! The contracts hold for what is read from real captures, too: every recorded visit.

use std::path::PathBuf;

use serde_json::Value;
use urltrace::capture;
use urltrace::pipeline::{self, Settings, Watch};
use urltrace::report::format::{Options, Reporter};
use urltrace::report::json::json_schema;
use urltrace::report::ndjson::Ndjson;
use urltrace::trace::Trace;

use crate::reports::har_reader::faults;
use crate::reports::{read, written};

/// The captures of the recorded visits.
fn captures() -> Vec<PathBuf> {
    let visits = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/visits");
    let mut captures: Vec<PathBuf> = visits
        .read_dir()
        .expect("testdata/visits")
        .flat_map(|visit| visit.expect("an entry").path().read_dir().expect("a folder"))
        .map(|file| file.expect("an entry").path())
        .filter(|file| file.file_stem().is_some_and(|stem| stem == "capture"))
        .collect();
    captures.sort();
    captures
}

/// The trace of a capture, and the lines that were written while it was read.
fn traced(path: &PathBuf) -> (Trace, String) {
    let mut lines = Vec::new();
    let options = Options::default();
    let watch = Watch {
        completed: Some(Box::new(|trace, all| {
            all.iter().try_for_each(|id| Ndjson.completed(trace, *id, &options, &mut lines))
        })),
        ..Watch::default()
    };
    let mut source = capture::open(path).expect("a capture");
    let settings = Settings::new(1);
    let trace = pipeline::run(&mut source, &settings, watch).trace;
    Ndjson.finish(&trace, &Options::default(), &mut lines).expect("a Vec takes everything");
    (trace, String::from_utf8(lines).expect("UTF-8"))
}

#[test]
fn recorded_visits_are_written_as_the_contracts_say() {
    let schema: Value = serde_json::from_str(&json_schema()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let captures = captures();
    assert!(!captures.is_empty());
    for path in captures {
        let name = path.display();
        let (trace, _) = traced(&path);
        let document = read("json", &trace, &Options::default());
        let wrong: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{name}");
        let har = read("har", &trace, &Options::default());
        assert_eq!(faults(&har), Vec::<String>::new(), "{name}");
        let asked = trace.exchanges.iter().filter(|exchange| exchange.request.is_some()).count();
        assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(asked), "{name}");
    }
}

/// What is written as things complete tells of the same entities as the whole report.
#[test]
fn lines_that_are_written_at_once_miss_nothing() {
    for path in captures() {
        let name = path.display();
        let (trace, at_once) = traced(&path);
        let whole = written("ndjson", &trace, &Options::default());
        let told = |lines: &str| -> Vec<String> {
            let mut told: Vec<String> = lines
                .lines()
                .map(|line| {
                    let line: Value = serde_json::from_str(line).expect("JSON");
                    let id = line.get("id").or_else(|| line.get("connection"));
                    format!("{} {}", line["event"], id.unwrap_or(&Value::Null))
                })
                .collect();
            told.sort();
            told.dedup();
            told
        };
        assert_eq!(told(&at_once), told(&whole), "{name}");
    }
}
