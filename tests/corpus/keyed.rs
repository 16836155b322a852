//! Captures by others that have keys, in a key log beside them or inside: what they open is what
//! tshark opens with the same keys, frame by frame.
//!
//! Compared are the names, protocols, versions and ciphers of all hellos, that of TLS 1.3's
//! encrypted one too, and the heads of HTTP/1 and HTTP/2. What differs stands in
//! `tests/corpus/keyed.tsv`, with who is right.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use urltrace::flow::event::Transport;
use urltrace::protocol::http::message::Version;
use urltrace::protocol::tls::message::{Body, Message};
use urltrace::trace::Trace;
use urltrace::trace::exchange::Exchange;

use crate::corpus::agreement::Agreement;
use crate::corpus::compare::Found;
use crate::corpus::differences::List;
use crate::support::facts::{CorpusFile, corpus, printable};
use crate::support::tools::{has, tshark_trees};
use crate::support::{run, shared};

/// What is compared. Each value begins with the frame in which it was whole.
const CLASSES: [&str; 8] =
    [NAMES, PROTOCOLS, VERSIONS, CIPHERS, REQUESTS, STATUSES, H2_REQUESTS, H2_STATUSES];

/// Whom a ClientHello asks for.
const NAMES: &str = "tls-names";
/// The protocols that a client offers, and the one that the server chooses.
const PROTOCOLS: &str = "tls-protocols";
/// The versions that a client offers, and the one that the server chooses.
const VERSIONS: &str = "tls-versions";
/// The cipher suites that a client offers, and the one that the server chooses.
const CIPHERS: &str = "tls-ciphers";
/// Method, host and target.
const REQUESTS: &str = "http1-requests";
const STATUSES: &str = "http1-statuses";
/// Stream, method, authority and path.
const H2_REQUESTS: &str = "http2-requests";
/// Stream and status.
const H2_STATUSES: &str = "http2-statuses";

/// What was found, by class.
#[derive(Default)]
struct Told(BTreeMap<&'static str, Vec<String>>);

#[test]
fn what_keys_open_is_what_tshark_opens_with_them() {
    let Some(folder) = shared("corpus") else { return };
    if !has("tshark") {
        return;
    }
    let files = corpus(&folder, &["keylog", "dsb"]);
    assert!(files.len() >= 15, "only {} captures with keys", files.len());
    let (mut differences, mut agreement) = (Vec::new(), Agreement::default());
    for file in &files {
        let mut found = Found::new(&file.name);
        let trace = run(&mut file.open().unwrap(), 2).trace;
        let (ours, theirs) = (ours(&trace), theirs(file));
        for class in CLASSES {
            found.lists(class, ours.of(class), theirs.of(class));
        }
        differences.extend(found.differences);
        agreement.merge(&found.agreement);
    }
    let list = List::read("tests/corpus/keyed.tsv");
    list.judge(&differences, &mut agreement);
    println!("{} captures with keys\n{}", files.len(), agreement.table());
    list.explains(&differences);
}

impl Told {
    fn say(&mut self, class: &'static str, frame: impl Display, value: &str) {
        let line = printable(&format!("{frame} {value}"));
        self.0.entry(class).or_default().push(line);
    }

    fn say_some(&mut self, class: &'static str, frame: impl Display, value: Option<&str>) {
        if let Some(value) = value {
            self.say(class, frame, value);
        }
    }

    fn of(&self, class: &str) -> &[String] {
        self.0.get(class).map_or(&[], Vec::as_slice)
    }
}

fn ours(trace: &Trace) -> Told {
    let mut told = Told::default();
    for connection in trace.connections.iter().filter(|it| it.transport == Transport::Tcp) {
        let messages = connection.tls.iter().flat_map(|tls| &tls.messages);
        messages.for_each(|message| our_hello(message, &mut told));
        let exchanges = connection.exchanges.iter().filter_map(|id| trace.exchange(*id));
        exchanges.for_each(|exchange| our_heads(exchange, &mut told));
    }
    told
}

fn our_hello(message: &Message, told: &mut Told) {
    let frame = message.span.done.frame;
    let number = |number: u16| format!("{number:#06x}");
    match &message.body {
        // tshark has other fields for those of SSL 2.0's form
        Body::ClientHello(hello) if !hello.ssl2 => {
            let versions = std::iter::once(&hello.legacy_version).chain(&hello.versions);
            let versions: Vec<String> = versions.map(|version| number(version.0)).collect();
            let suites: Vec<String> = hello.cipher_suites.iter().map(|it| number(it.0)).collect();
            told.say_some(NAMES, frame, hello.server_name.as_deref());
            if !hello.alpn.is_empty() {
                told.say(PROTOCOLS, frame, &format!("offers {}", hello.alpn.join(",")));
            }
            told.say(VERSIONS, frame, &format!("offers {}", versions.join(",")));
            told.say(CIPHERS, frame, &format!("offers {}", suites.join(",")));
        }
        Body::ServerHello(hello) => {
            told.say_some(PROTOCOLS, frame, hello.alpn.as_deref());
            told.say(VERSIONS, frame, &number(hello.version.0));
            told.say(CIPHERS, frame, &number(hello.cipher_suite.0));
        }
        Body::EncryptedExtensions(said) => told.say_some(PROTOCOLS, frame, said.alpn.as_deref()),
        _ => {}
    }
}

fn our_heads(exchange: &Exchange, told: &mut Told) {
    let stream = exchange.message.stream;
    if let Some(head) = &exchange.request {
        let host = head.fields.get("host").filter(|_| stream == 0);
        let parts =
            [head.method.as_deref(), host.or(head.authority.as_deref()), head.target.as_deref()];
        let frame = head.span.done.frame;
        if stream == 0 {
            told.say(REQUESTS, frame, &parts.map(Option::unwrap_or_default).join(" "));
        } else {
            let words = parts.map(|part| part.unwrap_or("?")).join(" ");
            told.say(H2_REQUESTS, frame, &format!("stream {stream} {words}"));
        }
    }
    for head in exchange.informational.iter().chain(exchange.response.as_deref()) {
        let status = head.status.map_or_else(|| "?".to_owned(), |status| status.to_string());
        let frame = head.span.done.frame;
        if head.version == Version::Http2 {
            // after an upgrade, what led to it is answered on stream 1
            let stream = stream.max(1);
            told.say(H2_STATUSES, frame, &format!("stream {stream} {status}"));
        } else {
            told.say(STATUSES, frame, &status);
        }
    }
}

fn theirs(file: &CorpusFile) -> Told {
    let filter = "tcp and (tls.handshake or http or http2)";
    let mut told = Told::default();
    for layers in tshark_trees(&file.path, file.keys.as_deref(), filter, "frame tls http http2") {
        let frame = text(&layers["frame"]["frame.number"]).to_owned();
        for hello in nodes(&layers["tls"], "tls.handshake") {
            their_hello(hello, &frame, &mut told);
        }
        for head in nodes(&layers, "http") {
            their_head(head, &frame, &mut told);
        }
        for stream in nodes(&layers["http2"], "http2.stream") {
            their_http2_head(stream, &frame, &mut told);
        }
    }
    told
}

fn their_hello(hello: &Value, frame: &str, told: &mut Told) {
    let all = |field: &str| {
        let values = nodes(hello, &format!("tls.handshake.{field}"));
        values.into_iter().map(|value| text(value).to_owned()).collect::<Vec<_>>()
    };
    let protocols = all("extensions_alpn_str");
    let (mut versions, ciphers) = (all("version"), all("ciphersuite"));
    let more = all("extensions.supported_version");
    match text(&hello["tls.handshake.type"]) {
        "1" => {
            told.say_some(NAMES, frame, all("extensions_server_name").first().map(String::as_str));
            if !protocols.is_empty() {
                told.say(PROTOCOLS, frame, &format!("offers {}", protocols.join(",")));
            }
            versions.extend(more);
            told.say(VERSIONS, frame, &format!("offers {}", versions.join(",")));
            told.say(CIPHERS, frame, &format!("offers {}", ciphers.join(",")));
        }
        "2" => {
            told.say(VERSIONS, frame, more.first().unwrap_or(&versions[0]));
            told.say(CIPHERS, frame, &ciphers[0]);
            told.say_some(PROTOCOLS, frame, protocols.first().map(String::as_str));
        }
        // what of TLS 1.3 only keys show: EncryptedExtensions
        "8" => told.say_some(PROTOCOLS, frame, protocols.first().map(String::as_str)),
        _ => {}
    }
}

fn their_head(head: &Value, frame: &str, told: &mut Told) {
    let first = |field: &str| nodes(head, field).first().map(|value| text(value));
    if let Some(method) = first("http.request.method") {
        let parts = [Some(method), first("http.host"), first("http.request.uri")];
        told.say(REQUESTS, frame, &parts.map(Option::unwrap_or_default).join(" "));
    } else if let Some(status) = first("http.response.code") {
        told.say(STATUSES, frame, status);
    }
}

fn their_http2_head(stream: &Value, frame: &str, told: &mut Told) {
    let first = |field: &str| nodes(stream, field).first().map(|value| text(value));
    // what is pushed has the number of its own stream
    let promised = first("http2.push_promise.promised_stream_id");
    let number = promised.or_else(|| first("http2.streamid")).unwrap_or_default();
    if let Some(method) = first("http2.headers.method") {
        let parts = [Some(method), first("http2.headers.authority"), first("http2.headers.path")];
        let words = parts.map(|part| part.unwrap_or("?")).join(" ");
        told.say(H2_REQUESTS, frame, &format!("stream {number} {words}"));
    } else if let Some(status) = first("http2.headers.status") {
        told.say(H2_STATUSES, frame, &format!("stream {number} {status}"));
    }
}

/// All that stands under a name in a tree, but for what is within another one of that name.
fn nodes<'a>(tree: &'a Value, name: &str) -> Vec<&'a Value> {
    match tree {
        Value::Object(members) => {
            let found = members.iter().flat_map(|(key, value)| match value {
                Value::Array(items) if key == name => items.iter().collect(),
                value if key == name => vec![value],
                value => nodes(value, name),
            });
            found.collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| nodes(item, name)).collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
