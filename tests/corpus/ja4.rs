//! JA4 fingerprints as their authors' own program has them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{run, shared};

#[test]
fn ja4_is_what_its_authors_program_says() {
    let Some(folder) = shared("corpus") else { return };
    let mut compared = 0;
    for entry in fs::read_dir(folder.join("companions/ja4")).unwrap() {
        let companion = entry.unwrap().path();
        let capture = folder.join("ja4").join(companion.file_name().unwrap());
        let theirs = fingerprints(&companion);
        let mut source = urltrace::capture::open(&capture).unwrap();
        for connection in &run(&mut source, 2).trace.connections {
            let hello = connection.tls.as_ref().and_then(|tls| tls.client_hello());
            let Some(theirs) = theirs.get(&connection.client.port) else { continue };
            let ours = hello.map(|hello| &*hello.ja4);
            assert_eq!(ours, Some(theirs.as_str()), "{capture:?} {}", connection.client);
            compared += 1;
        }
    }
    println!("{compared} fingerprints compared");
    assert!(compared >= 15, "only {compared} fingerprints are compared");
}

/// Those of TLS over TCP (`t`), by the client's port.
fn fingerprints(companion: &std::path::Path) -> BTreeMap<u16, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(companion).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        for row in rows {
            let port = row["srcport"].as_str().and_then(|port| port.parse().ok());
            let ja4 = row["JA4.1"].as_str().filter(|ja4| ja4.starts_with('t'));
            if let (Some(port), Some(ja4)) = (port, ja4) {
                found.insert(port, ja4.to_owned());
            }
        }
    }
    found
}
