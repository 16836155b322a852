//! Output is safe: nothing that a packet says reaches a terminal raw or breaks a file, and no
//! format gives credentials away. Each test goes over every row of `FORMATS`, so that a new one is
//! held by it.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::Value;

use urltrace::capture;
use urltrace::capture::memory::Memory;
use urltrace::capture::source::{
    CaptureSummary, Damage, FileInfo, InterfaceInfo, LinkType, Record,
};
use urltrace::packet::build::Capture;
use urltrace::pipeline::{self, Settings, Watch};
use urltrace::protocol::http::credentials::Credentials;
use urltrace::report::FORMATS;
use urltrace::report::format::Options;
use urltrace::report::packets::{Detail, PacketsView};
use urltrace::report::slice::Slice;
use urltrace::time::FrameNo;
use urltrace::trace::{EntityId, Trace};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 2], 50_000);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 80], 80);
const RESOLVER: ([u8; 4], u16) = ([192, 0, 2, 53], 53);

/// One output: what it is called, and what it wrote.
type Written = (String, Vec<u8>);

/// Everything that can be written of a capture: each format whole, live and in detail, for each
/// number of `-v`, and the packets.
fn written(capture: &Capture, summary: &CaptureSummary, credentials: Credentials) -> Vec<Written> {
    let records = || capture.packets().into_iter().map(Record::Packet);
    let mut told: Vec<EntityId> = Vec::new();
    let completed = |_: &Trace, ids: &[EntityId]| {
        told.extend_from_slice(ids);
        Ok(())
    };
    let watch = Watch { completed: Some(Box::new(completed)), ..Watch::default() };
    let settings = Settings { credentials, ..Settings::new(2) };
    let mut source = Memory::with_summary(records(), summary.clone());
    let outcome = pipeline::run(&mut source, &settings, watch);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let trace = outcome.trace;
    let mut all = Vec::new();
    for verbosity in 0..=2 {
        for format in FORMATS {
            for width in [None, Some(100)] {
                let options = Options { width, verbosity, ..Options::default() };
                let mut out = Vec::new();
                format.reporter.write(&trace, &options, &mut out).unwrap();
                all.push((format!("{} -v {verbosity} {width:?}", format.name), out));
            }
            let options = Options { live: true, verbosity, ..Options::default() };
            let mut out = Vec::new();
            for id in &told {
                format.reporter.completed(&trace, *id, &options, &mut out).unwrap();
            }
            format.reporter.finish(&trace, &options, &mut out).unwrap();
            all.push((format!("{} live -v {verbosity}", format.name), out));
        }
    }
    for detail in [Detail::Line, Detail::Layers, Detail::Bytes] {
        let mut view = PacketsView::new(detail, false, TimeZone::UTC).with(credentials);
        let mut out = Vec::new();
        for packet in capture.packets() {
            view.packet(&packet, &mut out).unwrap();
        }
        all.push((format!("packets {detail:?}"), out));
    }
    let mut source = Memory::with_summary(records(), summary.clone());
    let mut slice = Vec::new();
    Slice::of(&trace, &Options::default()).write(&mut source, &mut slice, "slice").unwrap();
    let (_, read) = capture::read_all(slice.into()).unwrap();
    // comments that were in the file already stay as they were, but for zeros at their end, which
    // a reader takes for padding
    let theirs: Vec<_> =
        summary.comments.iter().map(|(of, text)| (*of, text.trim_end_matches('\0'))).collect();
    let ours = read.comments.into_iter().filter(|(of, text)| !theirs.contains(&(*of, text)));
    let comments: Vec<String> = ours.map(|(_, text)| text + "\n").collect();
    all.push(("comments".to_owned(), comments.concat().into()));
    all
}

/// Nothing but text and line ends, and JSON where it should be.
fn assert_safe((name, bytes): &Written) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    let raw = text.chars().find(|c| {
        let is_control = c.is_control() && *c != '\n';
        let turns = matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        is_control || turns || matches!(c, '\u{2028}' | '\u{2029}')
    });
    assert_eq!(raw, None, "{name}:\n{}", text.escape_debug());
    let parses = |json: &str| {
        let parsed: Result<Value, _> = serde_json::from_str(json);
        parsed.unwrap_or_else(|e| panic!("{name}: {e}:\n{json}"));
    };
    match name.split(' ').next() {
        Some("json" | "har") => parses(text),
        Some("ndjson") => text.lines().for_each(parses),
        _ => {}
    }
}

/// What must not be printed: escape sequences, C0 and C1 controls, bidirectional controls,
/// separators, bytes that are no UTF-8, escapes of half a character.
const HOSTILE: &[u8] = b"\x1b[31m\x1b]0;t\x07\0\x08\x0b\x7f\xc2\x9b2J\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\xa8\xff\xfe\xc3\x28\\ud800\"'</script>";

/// A visit that says `odd` wherever a packet can say anything.
fn says(odd: &[u8]) -> Capture {
    let in_line: Vec<u8> = odd.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let with = |text: &str| {
        let pieces: Vec<&[u8]> = text.split('@').map(str::as_bytes).collect();
        pieces.join(in_line.as_slice())
    };
    let label = odd.get(..odd.len().min(63)).unwrap_or_default();
    let mut capture = Capture::new();
    for (id, rtype) in [(1, 1u8), (2, 16), (3, 65)] {
        let question = |flags: u8, answers: u8| {
            let mut message = vec![0, id, flags, 0x80, 0, 1, 0, answers, 0, 0, 0, 0];
            message.push(u8::try_from(label.len()).unwrap());
            message.extend(label);
            if !label.is_empty() {
                message.push(0);
            }
            message.extend([0, rtype, 0, 1]);
            message
        };
        let mut answer = question(0x81, 1);
        answer.extend([0xc0, 12, 0, rtype, 0, 1, 0, 0, 1, 44]);
        let data = match rtype {
            1 => SERVER.0.to_vec(),
            16 => [&[u8::try_from(label.len()).unwrap()], label].concat(),
            _ => [
                &[
                    0,
                    1,
                    0,
                    0,
                    1,
                    0,
                    u8::try_from(label.len() + 1).unwrap(),
                    u8::try_from(label.len()).unwrap(),
                ],
                label,
            ]
            .concat(),
        };
        answer.extend([0, u8::try_from(data.len()).unwrap()]);
        answer.extend(data);
        capture.udp(CLIENT, RESOLVER, &question(0x01, 0)).udp(RESOLVER, CLIENT, &answer);
    }
    capture
        .tcp(CLIENT, SERVER)
        .handshake()
        .client(&with("GET /a@?b=@ HTTP/1.1\r\nHost: www.@.test\r\nReferer: http://@/@\r\nX-@: @\r\nCookie: @=@; @\r\nUser-Agent: @\r\n\r\n"))
        .server(&with("HTTP/1.1 103 @\r\nLink: @\r\n\r\nHTTP/1.1 302 @\r\nLocation: /@\r\nContent-Type: @\r\nContent-Encoding: @\r\nSet-Cookie: @=@; path=@; expires=@\r\nX-Cache: HIT @\r\nTransfer-Encoding: chunked\r\nTrailer: @\r\n\r\n3;@\r\nabc\r\n0\r\n@: @\r\n\r\n"))
        .client(&with("GET /@ HTTP/1.1\r\nHost: @\r\nUpgrade: @\r\nConnection: Upgrade\r\n\r\n"))
        .server(&with("HTTP/1.1 101 @\r\nUpgrade: @\r\nConnection: Upgrade\r\n\r\n@"))
        .client(odd);
    let mut broken = capture.tcp((CLIENT.0, 50_001), SERVER);
    broken.handshake().client(&with("@ /\r\n\r\nGET / HTTP/1.0\r\n@\r\n@\r\n\r\n")).server(odd);
    broken.client(odd).close();
    capture
        .tcp((CLIENT.0, 50_002), SERVER)
        .handshake()
        .client(&with("CONNECT @:443 HTTP/1.1\r\nHost: @\r\n\r\n"))
        .server(odd);
    capture.udp(CLIENT, (SERVER.0, 9999), odd).raw(odd);
    capture
}

/// What a capture file says in `odd` words about itself.
fn described(odd: &str) -> CaptureSummary {
    let odd = || odd.to_owned();
    CaptureSummary {
        files: vec![FileInfo { name: odd(), format: odd(), bytes: None }],
        interfaces: vec![InterfaceInfo {
            name: Some(odd()),
            link: LinkType::ETHERNET,
            snaplen: 0,
            received: Some(1),
            dropped: Some(1),
            described: Vec::new(),
        }],
        damage: vec![Damage {
            file: odd(),
            offset: 1,
            after_frame: FrameNo(1),
            what: odd(),
            fatal: false,
        }],
        names: vec![(IpAddr::from(SERVER.0), odd())],
        comments: vec![(None, odd()), (Some(FrameNo(1)), odd())],
        skipped_blocks: 0,
    }
}

#[test]
fn nothing_that_a_packet_says_reaches_an_output_raw() {
    let capture = says(HOSTILE);
    let all = written(&capture, &described(&String::from_utf8_lossy(HOSTILE)), Credentials::Kept);
    all.iter().for_each(assert_safe);
    // it is told, escaped, and not left out
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        let forms = ["\\x1b[31m", "\\u001b[31m", "\\027[31m"];
        let is_escaped = forms.iter().any(|form| text.contains(form));
        let is_narrow = name.ends_with("Some(100)");
        // of what is not QUIC it says nothing: its own tests have what is
        let is_silent = name.starts_with("qlog") && text.is_empty();
        assert!(is_escaped || is_narrow || is_silent, "{name}:\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_bytes_are_safe(odd in proptest::collection::vec(any::<u8>(), 0..48), text in "\\PC*|.*") {
        for odd in [odd.as_slice(), text.as_bytes()] {
            for credentials in [Credentials::Blanked, Credentials::Kept] {
                let all = written(&says(odd), &described(&text), credentials);
                all.iter().for_each(assert_safe);
            }
        }
    }
}

/// Secrets in every place that has credentials, each its own.
pub(crate) fn with_secrets() -> Capture {
    let mut capture = Capture::new();
    capture
        .tcp(CLIENT, SERVER)
        .handshake()
        .client(b"GET /login?next=http://u:s3cr3t-a@h/ HTTP/1.1\r\nHost: u:s3cr3t-b@www.test\r\ncookie: s3cr3t-c; sid=s3cr3t-d; q=\"s3cr3t-e;s3cr3t-f\"\r\nAUTHORIZATION: Bearer s3cr3t-g\r\n")
        .client(b"Referer: http://u:s3cr3t-h@www.test/\r\nProxy-Authorization: s3cr3t-i\r\nCookie: long=")
        .client(b"s3cr3t-j\r\n\r\n")
        .server(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=s3cr3t-k\r\n\r\nHTTP/1.1 302 Found\r\nSet-Cookie: b=s3cr3t-l; Path=/; HttpOnly\r\nLocation: http://u:s3cr3t-m@www.test/next\r\nRefresh: 5; url=http://u:s3cr3t-n@www.test/\r\nLink: <//u:s3cr3t-o@www.test/>; rel=next\r\nContent-Location: http://u:s3cr3t-p@www.test/\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nSet-Cookie: c=s3cr3t-q\r\n\r\n")
        .close();
    capture
        .tcp((CLIENT.0, 50_001), SERVER)
        .handshake()
        .client(b"GET http://u:s3cr3t-r@www.test/next HTTP/1.1\r\nHost: www.test\r\nAuthorization: Basic s3cr3t-s\r\n\r\n")
        .server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie2: d=s3cr3t-t\r\n\r\n");
    capture
        .tcp((CLIENT.0, 50_002), SERVER)
        .handshake()
        .client(b"CONNECT u:s3cr3t-u@www.test:443 HTTP/1.1\r\nHost: www.test:443\r\n\r\n")
        .server(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        .server(b"Set-Cookie: e=s3cr3t-v\r\n\r\n");
    capture
}

/// The words of an output; those of a hex dump are put together again.
fn words((_, bytes): &Written) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let is_dump = |line: &&str| line.get(4..6) == Some("  ") && line.len() > 56;
    let dump = text.lines().filter(is_dump).filter_map(|line| line.get(56..));
    format!("{text}{}", dump.collect::<String>())
}

#[test]
fn no_output_has_credentials_unless_asked() {
    let capture = with_secrets();
    let secrets: Vec<String> = ('a'..='v').map(|c| format!("s3cr3t-{c}")).collect();
    for output in written(&capture, &CaptureSummary::default(), Credentials::Blanked) {
        let words = words(&output);
        let leaked: Vec<&String> = secrets.iter().filter(|s| words.contains(*s)).collect();
        assert!(leaked.is_empty(), "{}: {leaked:?} in\n{words}", output.0);
    }
    for output in written(&capture, &CaptureSummary::default(), Credentials::Kept) {
        let words = words(&output);
        let kept = secrets.iter().filter(|s| words.contains(*s)).count();
        let wanted = match output.0.as_str() {
            name if name.starts_with("json") || name.starts_with("ndjson") => 22,
            name if name.starts_with("har") => 19,
            "packets Layers" => 5,
            "timeline -v 1 None" | "packets Bytes" => 22,
            _ => 0,
        };
        assert!(kept >= wanted, "{}: {kept} of {wanted} in\n{words}", output.0);
        assert!(!words.contains("***"), "{}", output.0);
    }
}

#[test]
fn outputs_say_that_credentials_are_blanked_and_sizes_stay_true() {
    let capture = with_secrets();
    let of = |credentials| written(&capture, &CaptureSummary::default(), credentials);
    let (blanked, kept) = (of(Credentials::Blanked), of(Credentials::Kept));
    let parsed = |all: &[Written], name: &str| -> Value {
        let (_, bytes) = all.iter().find(|(row, _)| row.starts_with(name)).unwrap();
        serde_json::from_slice(bytes).unwrap()
    };
    let (har, open) = (parsed(&blanked, "har "), parsed(&kept, "har "));
    assert_eq!(har["log"]["_blanked"], 19);
    assert!(har["log"]["comment"].as_str().unwrap().contains("--keep-credentials"));
    assert!(open["log"]["_blanked"].is_null() && open["log"]["comment"].is_null());
    let request = &har["log"]["entries"][0]["request"];
    assert_eq!(request["cookies"][1]["name"], "sid");
    assert_eq!(request["cookies"][1]["value"], "***");
    let entries = |har: &Value| har["log"]["entries"].as_array().unwrap().clone();
    for (blanked, kept) in entries(&har).iter().zip(entries(&open)) {
        for size in ["/request/headersSize", "/response/headersSize", "/response/bodySize"] {
            assert_eq!(blanked.pointer(size), kept.pointer(size));
        }
    }
    assert_eq!(parsed(&blanked, "json ")["blanked"], 19);
    assert!(parsed(&kept, "json ")["blanked"].is_null());
    for name in ["timeline -v 1 None", "requests -v 0 None", "packets Layers", "packets Bytes"] {
        let (_, bytes) = blanked.iter().find(|(row, _)| row == name).unwrap();
        assert!(String::from_utf8_lossy(bytes).contains("--keep-credentials"), "{name}");
    }
}
