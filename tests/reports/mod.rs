//! The machine-readable outputs, read back by readers that share no code with the writers.

mod captures;
mod conversation;
mod har;
mod har_reader;
mod json;
mod ndjson;
mod sample;

use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::trace::Trace;

/// What a format writes, as text.
fn written(format: &str, trace: &Trace, options: &Options) -> String {
    let format = FORMATS.iter().find(|row| row.name == format).expect("a row of the table");
    let mut out = Vec::new();
    format.reporter.write(trace, options, &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8")
}

/// What a format writes, read as JSON.
fn read(format: &str, trace: &Trace, options: &Options) -> serde_json::Value {
    serde_json::from_str(&written(format, trace, options)).expect("JSON")
}

#[test]
fn every_machine_format_says_its_own_ending() {
    for name in ["json", "ndjson", "har"] {
        let row = FORMATS.iter().find(|row| row.name == name).expect("a row of the table");
        assert_eq!(row.extension, Some(name));
    }
}
