//! A folder is a protocol, a file is an output, and one table row brings it to life: folders, rows
//! and fixtures are held against each other, so that none is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use urltrace::protocol::PROTOCOLS;
use urltrace::report::FORMATS;

use crate::support::{all_fixtures, root, run_file};

/// Folders of `src/protocol` that are no protocol of their own, and why.
const SHARED_FOLDERS: &[(&str, &str)] = &[
    ("crypto", "ciphers and hashes that TLS and QUIC share"),
    ("http", "the semantics that all versions of HTTP share"),
    ("ndp", "read by icmpv6, which carries it"),
    ("session", "the tests of session.rs"),
    ("websocket", "what follows an opening handshake of HTTP, which alone can tell it"),
];

/// Rows whose folder has another name: one folder reads several, and HTTP/1 is called `http`, as
/// Wireshark has it, while the folder of that name is what all versions share.
const OTHER_FOLDER: &[(&str, &str)] =
    &[("mdns", "dns"), ("llmnr", "dns"), ("icmpv6", "icmp"), ("http", "http1")];

/// Protocols that no recorded visit shows; tests build their packets by hand.
const NOT_RECORDED: &[&str] = &["mdns", "llmnr", "dhcp", "dhcpv6", "socks"];

/// Files of `src/report` that are no format.
const SHARED_FILES: &[&str] = &[
    "mod",
    "application",
    "fixture",
    "format",
    "snapshots",
    "outcome",
    "packets",
    "selection",
    "slice",
    "summary",
    "text",
];

fn folder_of(protocol: &str) -> &str {
    OTHER_FOLDER.iter().find(|(row, _)| *row == protocol).map_or(protocol, |(_, folder)| folder)
}

/// The names in a folder of `src`, without those that hold only tests.
fn names_in(folder: &str, files: bool) -> BTreeSet<String> {
    let path = root().join("src").join(folder);
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let wanted = entries.filter(|path| path.is_dir() || files);
    wanted.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_protocol_folder_has_its_row_and_every_row_its_folder() {
    let folders = names_in("protocol", false);
    let rows: BTreeSet<&str> = PROTOCOLS.iter().map(|row| folder_of(row.name)).collect();
    for folder in &folders {
        let shared = SHARED_FOLDERS.iter().any(|(name, _)| name == folder);
        assert!(
            shared != rows.contains(folder.as_str()),
            "src/protocol/{folder} has no row in PROTOCOLS (or is listed as shared and has one)"
        );
    }
    for row in PROTOCOLS {
        let folder = folder_of(row.name);
        assert!(folders.contains(folder), "{} has no folder src/protocol/{folder}", row.name);
    }
    for (name, _) in SHARED_FOLDERS {
        assert!(folders.contains(*name), "the shared folder {name} is gone: take it off the list");
    }
}

#[test]
fn protocols_can_be_told_apart() {
    let mut names = BTreeSet::new();
    let mut ports = BTreeMap::new();
    for row in PROTOCOLS {
        assert!(names.insert(row.name), "two rows are called {}", row.name);
        assert!(!row.transports.is_empty(), "nothing can carry {}", row.name);
        for transport in row.transports {
            for port in row.ports {
                let before = ports.insert((*transport, *port), row.name);
                assert!(before.is_none(), "{before:?} and {} share port {port}", row.name);
            }
        }
    }
}

#[test]
fn every_protocol_is_in_a_fixture() {
    let mut seen = BTreeSet::new();
    for fixture in all_fixtures() {
        let trace = run_file(&fixture.capture, 2).trace;
        seen.extend(trace.protocols.iter().map(|count| count.name));
        seen.extend(trace.connections.iter().filter_map(|connection| connection.protocol));
    }
    for row in PROTOCOLS {
        let recorded = !NOT_RECORDED.contains(&row.name);
        assert_eq!(seen.contains(row.name), recorded, "{} in fixtures; seen: {seen:?}", row.name);
    }
}

#[test]
fn every_report_file_has_its_row() {
    let files = names_in("report", true);
    let mut names = BTreeSet::new();
    let mut extensions = BTreeSet::new();
    for format in FORMATS {
        assert!(names.insert(format.name), "two formats are called {}", format.name);
        if let Some(extension) = format.extension {
            assert!(extensions.insert(extension), "two formats end in .{extension}");
        }
        assert!(files.contains(format.name), "{} has no src/report/{0}", format.name);
        assert!(!format.about.is_empty(), "{} has nothing to say for --help", format.name);
    }
    for file in files.iter().filter(|file| !SHARED_FILES.contains(&file.as_str())) {
        assert!(names.contains(file.as_str()), "src/report/{file} has no row in FORMATS");
    }
}
