//! The model becomes text and files: one format a file, one row in [`FORMATS`].

pub mod format;
pub mod har;
pub mod json;
pub mod ndjson;
pub mod outcome;
pub mod packets;
pub mod selection;

use crate::report::format::Format;

/// What the trace can be written as.
pub static FORMATS: &[Format] = &[
    Format {
        name: "json",
        extension: Some("json"),
        about: "the whole model as one JSON document, described by --json-schema",
        reporter: &json::Json,
    },
    Format {
        name: "ndjson",
        extension: Some("ndjson"),
        about: "one JSON object a line, in the order in which things completed",
        reporter: &ndjson::Ndjson,
    },
    Format {
        name: "har",
        extension: Some("har"),
        about: "HTTP Archive 1.2, for browsers' developer tools and everything that reads HAR",
        reporter: &har::Har,
    },
];
