//! The program as people run it: what it prints, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use urltrace::capture::source::CaptureSummary;
use urltrace::capture::write::Writer;

use crate::support::truth::{Request, Truth};
use crate::support::{Fixture, all_fixtures, fixtures, root};

const SEED: &str = "testdata/visits/seed/capture.pcap";

fn urltrace(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_urltrace"));
    command.current_dir(root()).args(arguments).env("TZ", "UTC").env_remove("NO_COLOR");
    command
}

fn run(arguments: &[&str]) -> Output {
    urltrace(arguments).stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A file in a folder that goes when it is dropped.
fn in_temp(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn a_capture_is_shown_and_the_exit_code_is_0() {
    let output = run(&[SEED]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    for words in ["http://www.seed.test/", "/one.png", "/two.png", "/three.png", "192.0.2.53"] {
        assert!(out(&output).contains(words), "no {words} in\n{}", out(&output));
    }
    assert_eq!(out(&run(&["-r", SEED])), out(&output), "-r FILE is FILE");
    assert!(!out(&output).contains('\x1b'), "no colours in a pipe");
    assert!(out(&run(&[SEED, "--color", "always"])).contains('\x1b'));
}

#[test]
fn every_view_shows_something_of_every_fixture() {
    for fixture in fixtures() {
        let path = fixture.capture.to_str().unwrap();
        for view in ["timeline", "packets", "connections", "lookups", "requests"] {
            let output = run(&[path, "--view", view]);
            assert_eq!(code(&output), Some(0), "{} {view}: {}", fixture.name, err(&output));
            let lines = out(&output).lines().count();
            let shown = view != "requests" || readable(&fixture);
            assert_eq!(lines > 3, shown, "{} {view}", fixture.name);
            let ascii = run(&[path, "--view", view, "--ascii"]);
            let other = out(&ascii).chars().find(|c| !c.is_ascii());
            assert_eq!(other, None, "{} {view} --ascii", fixture.name);
        }
    }
}

/// Whether some request of a visit is there to be read without a key log beside the capture.
fn readable(fixture: &Fixture) -> bool {
    // their keys are in the capture
    if matches!(fixture.name.as_str(), "late-keys" | "h3-late-keys") {
        return true;
    }
    let plain = |request: &Request| request.on_wire && request.url.starts_with("http:");
    Truth::read(&fixture.truth).requests.iter().any(plain)
}

#[test]
fn what_cannot_be_read_is_1_and_wrong_usage_is_2() {
    let missing = run(&["/nowhere/visit.pcap"]);
    assert_eq!(code(&missing), Some(1));
    assert!(err(&missing).contains("/nowhere/visit.pcap"), "{}", err(&missing));
    let (_folder, text) = in_temp("notes.txt", b"these are no packets at all\n");
    let foreign = run(&[text.to_str().unwrap()]);
    assert_eq!(code(&foreign), Some(1));
    assert!(err(&foreign).contains("not a capture"), "{}", err(&foreign));
    assert_eq!(code(&run(&["testdata"])), Some(1), "a folder");
    for usage in [
        &[][..],
        &["--no-such-option"],
        &[SEED, "--view", "sideways"],
        &[SEED, "-o", "-"],
        &[SEED, "-o", "visit.txt"],
        &[SEED, "--iface", "eth0"],
        &[SEED, "--duration", "5"],
        &[SEED, "--snaplen", "96"],
        &["--demo", "--no-promiscuous"],
        &[SEED, "--count", "0"],
    ] {
        let output = run(usage);
        assert_eq!(code(&output), Some(2), "{usage:?}: {}", err(&output));
        assert!(!err(&output).is_empty() && out(&output).is_empty(), "{usage:?}");
    }
}

#[test]
fn a_cut_file_is_3_and_all_before_the_cut_is_shown() {
    let whole = fs::read(root().join(SEED)).unwrap();
    let (_folder, cut) = in_temp("cut.pcap", &whole[..whole.len() / 2]);
    let (folder, report) = in_temp("cut.json", b"");
    let path = cut.to_str().unwrap();
    let output = run(&[path]);
    assert_eq!(code(&output), Some(3));
    assert!(out(&output).contains("http://www.seed.test/"), "what is before is shown");
    assert!(err(&output).contains("at byte "), "where: {}", err(&output));
    let output = run(&[path, "-o", report.to_str().unwrap()]);
    assert_eq!(code(&output), Some(3));
    let document = json(&report);
    let damage = document["capture"]["damage"].as_array().unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    let packets = document["capture"]["packets"].as_u64().unwrap();
    assert!((40..90).contains(&packets), "{packets} packets");
    drop(folder);
    // Nothing at all behind the file's header is an empty capture, and no damage.
    let (_folder, empty) = in_temp("empty.pcap", &whole[..24]);
    assert_eq!(code(&run(&[empty.to_str().unwrap()])), Some(0));
    let (_folder, nothing) = in_temp("nothing.pcap", b"");
    assert_eq!(code(&run(&[nothing.to_str().unwrap()])), Some(1));
}

#[test]
fn a_file_may_be_cut_anywhere() {
    let whole = fs::read(root().join(SEED)).unwrap();
    for length in [1, 3, 4, 23, 24, 25, 39, 40, 41, 81, 82, 83, 500, 5000, whole.len() - 1] {
        let (_folder, cut) = in_temp("cut.pcap", &whole[..length]);
        let output = run(&[cut.to_str().unwrap()]);
        let ended = code(&output);
        let expected = match length {
            24 | 82 => 0,
            // where not one packet can be read, nothing could be read at all
            0..82 => 1,
            _ => 3,
        };
        assert_eq!(ended, Some(expected), "{length} bytes: {}", err(&output));
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let mut child = urltrace(&["-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&fs::read(root().join(SEED)).unwrap()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    let rest = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(rest(out(&output)), rest(out(&run(&[SEED]))), "all but the name in the first line");
}

#[test]
fn a_reader_that_goes_is_no_failure() {
    let rich = "testdata/visits/rich/capture.pcapng";
    let ways: [&[&str]; 4] = [
        &[rich, "--view", "packets", "-vv"],
        &[rich, "-v"],
        &[rich, "-o", "-", "--format", "json"],
        &[rich, "-o", "-", "--format", "ndjson"],
    ];
    for arguments in ways {
        let mut child =
            urltrace(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        drop(reader);
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), Some(0), "{arguments:?}: {}", err(&output));
        assert!(err(&output).lines().count() < 2, "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn files_are_written_by_their_ending_and_nothing_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (json_file, har, lines) = (file("v.json"), file("v.har"), file("v.ndjson"));
    let output = run(&[SEED, "-o", &json_file, "-o", &har, "-o", &lines]);
    assert_eq!((code(&output), out(&output)), (Some(0), ""));
    assert_eq!(err(&output).lines().count(), 1, "one line: {}", err(&output));
    let quiet = run(&[SEED, "-q", "-o", &json_file]);
    assert_eq!((code(&quiet), out(&quiet), err(&quiet)), (Some(0), "", ""));
    let document = json(Path::new(&json_file));
    assert_eq!(document["exchanges"].as_array().unwrap().len(), 4);
    assert_eq!(json(Path::new(&har))["log"]["entries"].as_array().unwrap().len(), 4);
    let text = fs::read_to_string(&lines).unwrap();
    for line in text.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    let to_stdout = run(&[SEED, "-o", "-", "--format", "har"]);
    assert_eq!(out(&to_stdout), fs::read_to_string(&har).unwrap());
    let nowhere = run(&[SEED, "-o", "/nowhere/v.json"]);
    assert_eq!(code(&nowhere), Some(1));
    assert!(err(&nowhere).contains("/nowhere/v.json"));
}

#[test]
fn outputs_do_not_depend_on_threads_or_the_time_zone() {
    for fixture in fixtures() {
        let path = fixture.capture.to_str().unwrap();
        let all = ["json", "ndjson", "har"].map(|f| vec![path, "-o", "-", "--format", f]);
        let views =
            ["timeline", "connections", "packets"].map(|v| vec![path, "--view", v, "--utc"]);
        for arguments in all.into_iter().chain(views) {
            let of = |threads: &str, zone: &str| {
                let arguments = [&arguments[..], &["--threads", threads]].concat();
                let output = urltrace(&arguments).env("TZ", zone).output().unwrap();
                assert_eq!(code(&output), Some(0), "{arguments:?}");
                out(&output).to_owned()
            };
            let one = of("1", "UTC");
            assert!(one == of("2", "America/New_York"), "{arguments:?} at 2 threads");
            assert!(one == of("8", "Asia/Kolkata"), "{arguments:?} at 8 threads");
        }
    }
}

#[test]
fn the_json_document_is_as_its_schema_says() {
    let schema = run(&["--json-schema"]);
    assert_eq!(code(&schema), Some(0));
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for fixture in all_fixtures() {
        let output = run(&[fixture.capture.to_str().unwrap(), "-o", "-", "--format", "json"]);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|e| format!("{} at {}", e, e.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{}: {}", fixture.name, faults.join("\n"));
    }
}

#[test]
fn a_filter_leaves_only_what_matches_and_w_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("dns.pcapng");
    let written = written.to_str().unwrap();
    let output = run(&[SEED, "-f", "udp port 53", "-w", written]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert!(!out(&output).contains("/one.png"));
    let again = run(&[written, "-o", "-", "--format", "json"]);
    let document: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(document["capture"]["packets"], 4);
    assert_eq!(document["lookups"].as_array().unwrap().len(), 2);
    let bad = run(&[SEED, "-f", "porridge and milk"]);
    assert!(matches!(code(&bad), Some(1 | 2)));
    assert!(err(&bad).contains("porridge and milk"), "{}", err(&bad));
    // All of it, written and read again, is the same story.
    let copy = folder.path().join("all.pcapng");
    let copy = copy.to_str().unwrap();
    assert_eq!(code(&run(&[SEED, "-w", copy])), Some(0));
    let rest = |output: &Output| out(output).lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(rest(&run(&[copy])), rest(&run(&[SEED])));
}

#[test]
fn the_count_ends_the_reading() {
    let output = run(&[SEED, "--count", "12", "-o", "-", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &document["capture"]["packets"]), (Some(0), &Value::from(12)));
}

#[test]
fn several_files_are_one_capture() {
    let ipv6 = "testdata/visits/ipv6/capture.pcap";
    let output = run(&[SEED, ipv6, "-o", "-", "--format", "json"]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["capture"]["files"].as_array().unwrap().len(), 2);
    assert_eq!(document["visits"].as_array().unwrap().len(), 2);
}

#[test]
fn one_visit_or_host_can_be_asked_for() {
    let tabs = "testdata/visits/two-tabs/capture.pcapng";
    let second = run(&[tabs, "--visit", "2"]);
    assert_eq!(code(&second), Some(0));
    assert!(out(&second).contains("http://www.news.test/"));
    assert!(!out(&second).contains("api.garden.test"), "that is the first tab's");
    let host = run(&[tabs, "--host", "weather.test", "--view", "requests"]);
    assert!(out(&host).contains("tiles.weather.test") && !out(&host).contains("unruly.test"));
}

#[test]
fn the_demonstration_needs_nothing() {
    let mut demo = urltrace(&["--demo"]);
    let output = demo.current_dir("/").env_clear().stdin(Stdio::null()).output().unwrap();
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert!(out(&output).contains("http://") && out(&output).lines().count() > 10);
}

#[test]
fn help_man_page_and_completions_are_printed() {
    let help = run(&["--help"]);
    assert_eq!(code(&help), Some(0));
    for words in ["--demo", "--iface", "Exit codes", "Examples", "--view"] {
        assert!(out(&help).contains(words), "no {words} in --help");
    }
    assert!(out(&help).lines().all(|line| line.chars().count() <= 100));
    assert_eq!(code(&run(&["-h"])), Some(0));
    assert!(out(&run(&["--version"])).starts_with("urltrace "));
    let man = run(&["--man"]);
    assert!(code(&man) == Some(0) && out(&man).contains(".TH urltrace"));
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["--completions", shell]);
        assert!(code(&output) == Some(0) && out(&output).contains("urltrace"), "{shell}");
    }
}

/// A device needs rights: without them (or without the device) the program says what to do.
#[test]
fn a_device_that_is_not_there_is_1_with_advice() {
    let output = run(&["--iface", "no-such-device0"]);
    assert_eq!(code(&output), Some(1));
    assert!(err(&output).contains("no-such-device0"), "{}", err(&output));
}

#[test]
fn a_visit_that_is_not_there_is_a_failure() {
    let output = run(&[SEED, "--visit", "9"]);
    assert_eq!(code(&output), Some(1));
    assert!(err(&output).contains("no visit 9"), "{}", err(&output));
    assert_eq!(code(&run(&[SEED, "--visit", "1"])), Some(0));
}

#[test]
fn a_format_alone_goes_to_standard_output() {
    let output = run(&[SEED, "-q", "--format", "har"]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    let har: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(4));
    assert_eq!(out(&run(&[SEED, "-q", "--format", "har", "-o", "-"])), out(&output));
}

#[test]
fn no_file_is_emptied_when_there_is_nothing_to_read() {
    let (_folder, path) = in_temp("kept.har", b"kept");
    let output = run(&["no-such-capture.pcap", "-o", path.to_str().unwrap()]);
    assert_eq!(code(&output), Some(1));
    assert_eq!(fs::read(&path).unwrap(), b"kept");
}

#[test]
fn names_of_files_and_what_is_in_them_do_not_move_the_cursor_of_messages() {
    let name = "no\x1b[31m\u{9b}\u{202e}such.pcap";
    let (_folder, odd) = in_temp("odd\x1b[2J.pcapng", b"\n\r\r\n\x1c\0\0\0");
    for arguments in [&[name], &[odd.to_str().unwrap()], &["-i", "no\x1b[1m"] as &[&str]] {
        let output = run(arguments);
        let odd = err(&output).chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(odd, None, "{}", err(&output).escape_debug());
        assert!(err(&output).contains("\\x1b["), "{}", err(&output));
    }
}

#[test]
fn credentials_are_kept_where_that_is_asked_for() {
    let capture = crate::safety::with_secrets();
    let mut writer = Writer::new(Vec::new(), "memory").unwrap();
    for packet in capture.packets() {
        writer.packet(&packet, None).unwrap();
    }
    let bytes = writer.finish(&CaptureSummary::default()).unwrap();
    let (_folder, file) = in_temp("secrets.pcapng", &bytes);
    let file = file.to_str().unwrap();
    for arguments in [&["-v"] as &[&str], &["--view", "packets", "-vv"], &["--format", "har"]] {
        let arguments = [&[file], arguments].concat();
        let output = run(&arguments);
        assert!(!out(&output).contains("s3cr3t"), "{arguments:?}: {}", out(&output));
        let output = run(&[&arguments[..], &["--keep-credentials"]].concat());
        assert!(out(&output).contains("sid=s3cr3t-d"), "{arguments:?}: {}", out(&output));
    }
}

#[test]
fn a_part_of_the_packets_is_written_from_files_and_pipes_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let visit = "testdata/visits/two-tabs/capture.pcapng";
    let output = run(&[visit, "--visit", "2", "-o", &path("o.pcapng"), "-w", &path("w.pcapng")]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    assert!(out(&output).is_empty(), "{}", out(&output));
    let part = fs::read(path("o.pcapng")).unwrap();
    assert!(part == fs::read(path("w.pcapng")).unwrap(), "-w and -o write the same part");
    let whole = fs::metadata(root().join(visit)).unwrap().len();
    assert!(part.len() as u64 + 1000 < whole, "{} of {whole} bytes", part.len());
    // standard input can be read only once; what it is called is the one difference
    let mut child = urltrace(&["-", "--visit", "2", "-o", "-", "--format", "pcapng"]);
    child.stdin(fs::File::open(root().join(visit)).unwrap());
    let piped = child.output().unwrap();
    let packets = |bytes: Vec<u8>| {
        let (packets, _) = urltrace::capture::read_all(bytes.into()).unwrap();
        packets.into_iter().map(|packet| (packet.at, packet.data)).collect::<Vec<_>>()
    };
    assert!(packets(piped.stdout) == packets(part), "{}", String::from_utf8_lossy(&piped.stderr));
    // without a part, -w keeps all as it comes and -o adds comments
    let output = run(&["--demo", "-w", &path("all.pcapng"), "-o", &path("told.pcapng"), "-q"]);
    assert_eq!(code(&output), Some(0), "{}", err(&output));
    let (all, told) =
        (fs::read(path("all.pcapng")).unwrap(), fs::read(path("told.pcapng")).unwrap());
    assert!(told.len() > all.len() && packets(told) == packets(all));
}

#[test]
fn a_connection_narrows_every_view() {
    for view in ["timeline", "connections", "requests", "lookups"] {
        let one = run(&[SEED, "--connection", "2", "--view", view]);
        assert_eq!(code(&one), Some(0), "{}", err(&one));
        assert!(!out(&one).contains("/one.png"), "{view}: {}", out(&one));
        assert!(out(&one).len() < out(&run(&[SEED, "--view", view])).len() || view == "lookups");
    }
    assert!(out(&run(&[SEED, "--connection", "2"])).contains("/two.png"));
    let none = run(&[SEED, "--connection", "77"]);
    assert_eq!(code(&none), Some(1), "{}", err(&none));
    assert!(out(&none).contains("There is no connection 77: they are 0 to 3."), "{}", out(&none));
}

#[test]
fn what_is_read_is_never_written_over() {
    let bytes = fs::read(root().join(SEED)).unwrap();
    let (_folder, file) = in_temp("visit.pcapng", &bytes);
    let file = file.to_str().unwrap();
    for arguments in [[file, "-o", file], [file, "-w", file]] {
        let output = run(&arguments);
        assert_eq!(code(&output), Some(2), "{}", err(&output));
        assert!(fs::read(file).unwrap() == bytes);
    }
}
