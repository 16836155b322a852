//! Keys from the user's side: where they come from, what they open, and that nobody sees them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use urltrace::capture::keylog::{KeyLog, Keyed};
use urltrace::capture::memory::Memory;
use urltrace::capture::source::{PacketSource, Record};
use urltrace::report::format::{Options, Reporter};
use urltrace::report::har::Har;

use crate::support::{keyed, root, run, tools};

const VISIT: &str = "testdata/visits/https-redirect";

fn urltrace(arguments: &[&str], keys: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_urltrace"));
    command.current_dir(root()).args(arguments).env("TZ", "UTC").env_remove("SSLKEYLOGFILE");
    if let Some(keys) = keys {
        command.env("SSLKEYLOGFILE", keys);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

/// All records of a capture, with its secrets.
fn records(capture: &Path) -> Vec<Record> {
    let mut source = keyed(capture);
    std::iter::from_fn(|| source.next_record().unwrap()).collect()
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(all).unwrap()
}

fn capture() -> String {
    format!("{VISIT}/capture.pcap")
}

fn log() -> PathBuf {
    root().join(VISIT).join("keys.log")
}

fn har(arguments: &[&str], keys: Option<&Path>) -> String {
    let output = urltrace(&[arguments, &["--format", "har", "-o", "-"]].concat(), keys);
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

#[test]
fn the_log_that_is_named_counts_then_the_one_that_browsers_write() {
    let (capture, log, empty) = (capture(), log(), tempfile::NamedTempFile::new().unwrap());
    let named = har(&[&capture, "--keylog", log.to_str().unwrap()], None);
    assert!(named.contains("https://www.park.test/"));
    assert_eq!(named, har(&[&capture], Some(&log)));
    // the option comes first, and a variable that names nothing is no error
    let closed = har(&[&capture], None);
    assert!(!closed.contains("\"https://www.park.test/\""));
    assert_eq!(closed, har(&[&capture, "--keylog", empty.path().to_str().unwrap()], Some(&log)));
    assert_eq!(closed, har(&[&capture], Some(Path::new("/no/such/file"))));
    // one that is asked for must be there
    let missing = urltrace(&[&capture, "--keylog", "/no/such/file"], None);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing).contains("cannot read /no/such/file"), "{}", text(&missing));
}

#[test]
fn halves_of_a_log_are_one_and_broken_lines_are_counted() {
    let all = fs::read_to_string(log()).unwrap();
    let (even, odd): (Vec<_>, Vec<_>) = all.lines().enumerate().partition(|(nth, _)| nth % 2 == 0);
    let folder = tempfile::tempdir().unwrap();
    let half = |name: &str, lines: Vec<(usize, &str)>, more: &str| {
        let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
        let path = folder.path().join(name);
        fs::write(&path, lines.join("\n") + more).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let last = odd.last().unwrap().1.to_owned();
    let one = half("one", even, "\nwhat is this\nCLIENT_RANDOM 12\n");
    let two = half("two", odd, &format!("\n{last}"));
    let capture = capture();
    let output = urltrace(&[&capture, "--keylog", &one, "--keylog", &two], None);
    let told = text(&output);
    let line = told.lines().find(|line| line.starts_with("keys")).unwrap();
    assert_eq!(
        line,
        "keys       20 secrets opened 5 of 8 TLS connections · 2 lines are no key log's · 1 line repeats another"
    );
}

#[test]
fn a_capture_with_its_secrets_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (capture, log) = (capture(), log());
    let written = file("with-keys.pcapng");
    for output in ["-w", "-o"] {
        let told = urltrace(&[&capture, "--embed-secrets", output, &written], Some(&log));
        assert!(told.status.success(), "{}", text(&told));
        assert_eq!(har(&[&written], None), har(&[&capture], Some(&log)), "{output}");
    }
    // only what opened something of the part
    let part = file("part.pcapng");
    let told =
        urltrace(&[&capture, "--embed-secrets", "-w", &part, "--connection", "4"], Some(&log));
    assert!(told.status.success(), "{}", text(&told));
    let bytes = fs::read(&part).unwrap();
    let lines = bytes.windows(16).filter(|bytes| *bytes == b"TRAFFIC_SECRET_0");
    assert_eq!(lines.count(), 2);
    if tools::has("tshark") {
        let rows = tools::tshark(Path::new(&written), &["http2.headers.path"]);
        let paths = rows.iter().filter(|row| !row.concat().is_empty()).count();
        assert!(paths > 15, "tshark reads {paths} frames with requests");
    }
    let nowhere = urltrace(&[&capture, "--embed-secrets"], Some(&log));
    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere));
}

#[test]
fn a_client_hello_that_was_not_captured_costs_no_url() {
    let all = records(&root().join(capture()));
    let is_hello = |record: &Record| match record {
        Record::Packet(packet) => {
            packet.data.windows(6).any(|bytes| bytes[..3] == [22, 3, 1] && bytes[5] == 1)
        }
        _ => false,
    };
    let without = all.iter().filter(|record| !is_hello(record)).cloned().collect::<Vec<_>>();
    assert_eq!(all.len() - without.len(), 8, "the ClientHellos");
    let urls = |records: Vec<Record>| {
        let trace = run(&mut Memory::new(records), 2).trace;
        let urls = trace.exchanges.iter().filter_map(|exchange| exchange.url.clone());
        urls.collect::<Vec<_>>()
    };
    assert_eq!(urls(without), urls(all));
}

#[test]
fn a_log_that_is_written_while_packets_are_read_opens_the_same() {
    let packets: Vec<Record> = records(&root().join(capture()))
        .into_iter()
        .filter(|record| matches!(record, Record::Packet(_)))
        .collect();
    let har = |log: KeyLog, packets: &mut (dyn Iterator<Item = Record> + Send)| {
        let trace = run(&mut Keyed::new(Memory::new(packets), vec![log]), 2).trace;
        let mut written = Vec::new();
        Har.write(&trace, &Options::default(), &mut written).unwrap();
        let mut har: Value = serde_json::from_slice(&written).unwrap();
        let entries = har["log"]["entries"].as_array_mut().unwrap();
        // the numbers of exchanges follow the order in which they became known
        for entry in entries {
            entry["_exchange"] = Value::Null;
        }
        har
    };
    let at_once = har(KeyLog::open(log()).unwrap(), &mut packets.clone().into_iter());
    assert!(at_once.to_string().contains("https://static.park.test/"));
    // some bytes with every packet, cut anywhere, so that most keys come behind what they open
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.log");
    let mut growing = fs::File::create(&path).unwrap();
    let bytes = fs::read(log()).unwrap();
    let mut parts = bytes.chunks(bytes.len() / packets.len() + 1);
    let mut one_by_one = packets.into_iter().inspect(move |_| {
        growing.write_all(parts.next().unwrap_or_default()).unwrap();
    });
    let growing = har(KeyLog::follow(&path), &mut one_by_one);
    let (growing, at_once) = (entries_of(&growing), entries_of(&at_once));
    assert_eq!(growing.len(), at_once.len());
    for (late, early) in growing.iter().zip(at_once) {
        assert_eq!(late, early, "{}", early["request"]["url"]);
    }
}

fn entries_of(har: &Value) -> &[Value] {
    har["log"]["entries"].as_array().unwrap()
}

#[test]
fn no_output_has_a_secret() {
    let secrets = fs::read_to_string(log()).unwrap();
    let secrets: Vec<&str> = secrets.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert!(secrets.len() > 10);
    let capture = capture();
    for what in [
        &["-v"][..],
        &["--view", "packets", "-vv"],
        &["--view", "connections", "-v"],
        &["--format", "json", "-o", "-"],
        &["--format", "ndjson", "-o", "-"],
        &["--format", "har", "-o", "-"],
        &["--format", "pcapng", "-o", "-"],
    ] {
        let output = urltrace(&[&[capture.as_str()], what].concat(), Some(&log()));
        assert!(output.status.success());
        let told = String::from_utf8_lossy(&output.stdout).to_lowercase();
        assert!(told.len() > 100, "{what:?}");
        for secret in &secrets {
            assert!(!told.contains(secret), "{what:?} has {secret}");
        }
    }
}
