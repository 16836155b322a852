//! The model becomes text and files: one format a file, one row in [`FORMATS`].

pub mod application;
pub mod connections;
pub mod format;
pub mod har;
pub mod json;
pub mod lookups;
pub mod ndjson;
pub mod outcome;
pub mod packets;
pub mod qlog;
pub mod requests;
pub mod selection;
pub mod slice;
pub mod summary;
pub mod text;
pub mod timeline;

use crate::report::format::Format;

/// What the trace can be written as: the views, which have no file ending, then the files.
pub static FORMATS: &[Format] = &[
    Format {
        name: "timeline",
        extension: None,
        about: "each visit as a waterfall of lookups, handshakes, requests and closes",
        reporter: &timeline::Timeline,
    },
    Format {
        name: "connections",
        extension: None,
        about: "one row a connection: handshake, round trip, packets, losses, close",
        reporter: &connections::Connections,
    },
    Format {
        name: "lookups",
        extension: None,
        about: "one row a DNS question: answer, TTL, who answered, attempts",
        reporter: &lookups::Lookups,
    },
    Format {
        name: "requests",
        extension: None,
        about: "one row a request: status, type, sizes, the time of each phase",
        reporter: &requests::Requests,
    },
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
    Format {
        name: "qlog",
        extension: Some("qlog"),
        about: "each QUIC connection packet by packet, for qvis; several take several files",
        reporter: &qlog::Qlog,
    },
];

#[cfg(test)]
pub(crate) mod fixture;
