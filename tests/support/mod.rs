//! What the tests have in common: where captures lie, how to run them, how to judge the result.

pub(crate) mod conversation;
pub(crate) mod dns;
pub(crate) mod entry;
pub(crate) mod facts;
pub(crate) mod floods;
pub(crate) mod score;
pub(crate) mod stages;
pub(crate) mod tools;
pub(crate) mod truth;

use std::fs;
use std::path::{Path, PathBuf};

use urltrace::capture::Files;
use urltrace::capture::keylog::{KeyLog, Keyed};
use urltrace::capture::memory::Memory;
use urltrace::capture::source::{PacketSource, Record};
use urltrace::packet::build::Capture;
use urltrace::pipeline::{self, Outcome, Settings, Watch};
use urltrace::trace::{EntityId, Trace};

/// A visit, or a conversation of other clients, that the lab recorded.
pub(crate) struct Fixture {
    /// The folder's name.
    pub(crate) name: String,
    /// What was on the wire.
    pub(crate) capture: PathBuf,
    /// What the browser says; of a conversation, what its clients say.
    pub(crate) truth: PathBuf,
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All visits of `testdata/visits`, by name.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let fixtures = visits_in(&root().join("testdata/visits"));
    assert!(fixtures.len() >= 7, "testdata/visits has only {} visits", fixtures.len());
    fixtures
}

/// All conversations of `testdata/conversations`, by name.
pub(crate) fn conversations() -> Vec<Fixture> {
    let fixtures = recorded(&root().join("testdata/conversations"), "facts.json");
    assert!(fixtures.len() >= 6, "testdata/conversations has only {}", fixtures.len());
    fixtures
}

/// Visits and conversations: every capture that the lab recorded.
pub(crate) fn all_fixtures() -> Vec<Fixture> {
    fixtures().into_iter().chain(conversations()).collect()
}

/// All visits of a folder, by name.
pub(crate) fn visits_in(folder: &Path) -> Vec<Fixture> {
    recorded(folder, "truth.json")
}

fn recorded(folder: &Path, truth: &str) -> Vec<Fixture> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut fixtures: Vec<Fixture> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let capture = ["capture.pcap", "capture.pcapng"].map(|file| path.join(file));
            let capture = capture.into_iter().find(|file| file.exists());
            let capture = capture.unwrap_or_else(|| panic!("{name} has no capture"));
            Fixture { name, capture, truth: path.join(truth) }
        })
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

/// A folder of `shared`, which lies beside the project (or beside the folder of its work trees)
/// where there is one. Says so where there is none: a test is never skipped in silence.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let above = root().ancestors().skip(1).take(2);
    let found = above.map(|dir| dir.join("shared").join(folder)).find(|dir| dir.is_dir());
    if found.is_none() {
        println!("SKIPPED: there is no ../shared/{folder} beside the project");
    }
    found
}

/// Runs a capture file to its end, with the key log that lies beside it.
pub(crate) fn run_file(path: &Path, threads: usize) -> Outcome {
    run(&mut keyed(path), threads)
}

/// Runs a capture file to its end, with no other keys than those in it.
pub(crate) fn run_alone(path: &Path) -> Outcome {
    run(&mut urltrace::capture::open(path).unwrap(), 2)
}

/// A capture file, with the key log that lies beside it.
pub(crate) fn keyed(path: &Path) -> Keyed<Files> {
    let log = Some(path.with_file_name("keys.log")).filter(|log| log.exists());
    let logs = log.map(|log| KeyLog::open(log).unwrap()).into_iter().collect();
    Keyed::new(urltrace::capture::open(path).unwrap(), logs)
}

/// Runs a source to its end.
pub(crate) fn run(source: &mut dyn PacketSource, threads: usize) -> Outcome {
    let settings = Settings::new(threads);
    pipeline::run(source, &settings, Watch::default())
}

/// What a capture made by hand completes, in order.
pub(crate) fn completed_of(capture: &Capture) -> Vec<EntityId> {
    let mut source = Memory::new(capture.packets().into_iter().map(Record::Packet));
    let settings = Settings::new(2);
    let mut told = Vec::new();
    let completed = |_: &Trace, ids: &[EntityId]| {
        told.extend_from_slice(ids);
        Ok(())
    };
    let watch = Watch { completed: Some(Box::new(completed)), ..Watch::default() };
    assert!(pipeline::run(&mut source, &settings, watch).error.is_none());
    told
}

/// The trace of a capture made by hand.
pub(crate) fn trace_of(capture: &Capture) -> Trace {
    let mut source = Memory::new(capture.packets().into_iter().map(Record::Packet));
    let outcome = run(&mut source, 2);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    outcome.trace
}
