//! The model becomes text and files: one format a file, one row in [`FORMATS`].

pub mod connections;
pub mod format;
pub mod har;
pub mod json;
pub mod lookups;
pub mod ndjson;
pub mod outcome;
pub mod packets;
pub mod requests;
pub mod selection;
pub mod summary;
pub mod text;
pub mod timeline;

use crate::report::format::Format;

/// What the trace can be written as: the views of a terminal first, then the files.
pub static FORMATS: &[Format] = &[
    timeline::FORMAT,
    connections::FORMAT,
    lookups::FORMAT,
    requests::FORMAT,
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
