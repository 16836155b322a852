//! Every recorded visit, frame by frame, against tshark: layers, addresses, ports, streams,
//! retransmissions, DNS names, HTTP messages.
//!
//! tshark is a second opinion, not the truth: where it differs, [`ACCEPTED`] says why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use urltrace::capture::source::{PacketSource, Record};
use urltrace::flow::event::{SegmentKind, Transport};
use urltrace::packet::{self, Layer};
use urltrace::protocol::event::EventBody;
use urltrace::protocol::http::message::Version;
use urltrace::trace::Trace;

use crate::support::tools::{has, tshark};
use crate::support::{Fixture, all_fixtures, run_file, stages};

/// What differs and may: fixture, beginning of the line, why. What is mended is taken off.
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("aborted", "response frame 165", CUT_SHORT),
    ("dns-trouble", "response frame 202", CUT_SHORT),
    ("dns-trouble", "response frame 239", CUT_SHORT),
    ("dns-trouble", "response frame 210", UNTIL_CLOSE),
    ("dns-trouble", "response frame 212", UNTIL_CLOSE),
    ("dns-trouble", "response frame 226", UNTIL_CLOSE),
    ("dns-trouble", "response frame 228", UNTIL_CLOSE),
    ("h2c", "h2 method frame 175", CONTINUED),
    ("h2c", "h2 path frame 175", CONTINUED),
    ("h2c", "h2 authority frame 175", CONTINUED),
    ("h2c-midway", "h2 ", BEGAN_BEFORE),
    ("sessions", "request frame 178", REJECTED),
    ("sessions", "response frame 253", RENEGOTIATED),
    ("private-dns", "dns frame", PRIVATE_DNS),
    ("loss", "sent again or late frame 164", NETWORK_COPY),
    ("loss", "sent again or late frame 185", NETWORK_COPY),
    ("loss", "sent again or late frame 313", NETWORK_COPY),
    ("loss", "sent again or late frame 614", NETWORK_COPY),
    ("h3-alt-svc", "sent again or late frame 46", AFTER_RESET),
    ("late-keys", "h2 ", LATE_KEYS),
    ("late-keys", "request frame 70", LATE_KEYS),
    ("late-keys", "response frame 76", LATE_KEYS),
];

const CONTINUED: &str = "the header block goes on in CONTINUATION frames over several segments; \
     tshark shows none of its fields";

const BEGAN_BEFORE: &str = "the capture begins in the middle of the connection: tshark does not \
     find out that it is HTTP/2";

const REJECTED: &str = "a request in early data that the server rejected, and so never read";

const RENEGOTIATED: &str = "the response after TLS 1.2 was negotiated again: tshark does not put it \
     together";

const PRIVATE_DNS: &str = "messages are taken from what is read without keys; lookups over TLS and \
     over HTTPS are compared with what their client says";

const LATE_KEYS: &str = "tshark reads once, and meets the keys behind the packets that they open";

const CUT_SHORT: &str = "the response ends before its body does; tshark tells whole ones only";

const UNTIL_CLOSE: &str = "a body that ends with the connection: its last byte is in the earlier \
     frame, and the FIN, where tshark tells it, in the later one";

const AFTER_RESET: &str = "the server's FIN, again, after the client has reset the connection: \
     what comes then is of no connection any more";

const NETWORK_COPY: &str = "the same packet (IP identification) within 5 ms: it was sent once and \
     came twice, and we count it as a copy, not as sent again";

/// What heads of HTTP/2 say, and tshark's fields for it. It tells a head in the frame that makes
/// it whole, as we do.
const HTTP2: [(&str, &str); 4] = [
    ("h2 method", "http2.headers.method"),
    ("h2 authority", "http2.headers.authority"),
    ("h2 path", "http2.headers.path"),
    ("h2 status", "http2.headers.status"),
];

/// The fields asked for, in the order of the columns.
const FIELDS: [&str; 26] = [
    "frame.number",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "tcp.stream",
    "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order",
    "dns.id",
    "dns.flags.response",
    "dns.qry.name",
    "http.request.method",
    "http.host",
    "http.request.uri",
    "http.response.code",
    "http2.headers.method",
    "http2.headers.authority",
    "http2.headers.path",
    "http2.headers.status",
    "tcp.len",
    "tcp.flags.fin",
];

/// What one side says about a frame: what is said, and the value.
type Said = BTreeMap<(u64, &'static str), String>;

#[test]
fn every_fixture_is_read_as_tshark_reads_it() {
    if !has("tshark") {
        return;
    }
    let mut differences = Vec::new();
    let mut stale: Vec<_> = ACCEPTED.iter().collect();
    let (mut frames, mut values) = (0, 0);
    for fixture in all_fixtures() {
        let rows = tshark(&fixture.capture, &FIELDS);
        let (ours, theirs) = (ours(&fixture), theirs(&rows));
        frames += rows.len();
        values += theirs.len();
        let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
        for key in keys {
            let (a, b) = (ours.get(&key), theirs.get(&key));
            if a == b {
                continue;
            }
            let text = |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
            let line = format!("{} frame {}: ours {}, tshark's {}", key.1, key.0, text(a), text(b));
            let accepted =
                ACCEPTED.iter().find(|row| row.0 == fixture.name && line.starts_with(row.1));
            match accepted {
                Some(row) => stale.retain(|other| *other != row),
                None => differences.push(format!("{}: {line}", fixture.name)),
            }
        }
    }
    println!("{frames} frames, {values} values of tshark");
    assert!(stale.is_empty(), "no longer so: {stale:#?}");
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

fn theirs(rows: &[Vec<String>]) -> Said {
    let mut said = Said::new();
    let mut streams: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let column = |name: &str| {
            let nth = FIELDS.iter().position(|field| *field == name).unwrap();
            row.get(nth).map_or("", String::as_str)
        };
        // Those of the outermost packet: an ICMP error quotes another.
        let first = |name: &str| column(name).split(',').next().unwrap_or_default();
        let frame: u64 = column("frame.number").parse().unwrap();
        let mut say = |what, value: String| {
            if !value.is_empty() {
                said.insert((frame, what), value);
            }
        };
        say("layers", layers(column("frame.protocols")));
        let is_icmp = column("frame.protocols").contains("icmp");
        for (what, v4, v6) in [("source", "ip.src", "ipv6.src"), ("target", "ip.dst", "ipv6.dst")] {
            let address = if first(v4).is_empty() { first(v6) } else { first(v4) };
            say(what, address.to_owned());
        }
        if is_icmp {
            continue;
        }
        for transport in ["tcp", "udp"] {
            let port = |end: &str| first(&format!("{transport}.{end}port")).to_owned();
            if !port("src").is_empty() {
                say("ports", format!("{} to {}", port("src"), port("dst")));
            }
        }
        let stream = column("tcp.stream");
        if !stream.is_empty() {
            // A stream is named by its first frame: numbers are each side's own.
            let name = *streams.entry(stream.to_owned()).or_insert(frame);
            say("stream", name.to_string());
        }
        for (what, field) in HTTP2 {
            // heads of one frame in no order: tshark's is that of the bytes
            let mut values: Vec<&str> = column(field).split(',').collect();
            values.sort_unstable();
            say(what, values.join(","));
        }
        let again = column("tcp.analysis.retransmission").contains('1')
            || column("tcp.analysis.out_of_order").contains('1');
        let takes_numbers =
            first("tcp.len") != "0" || matches!(first("tcp.flags.fin"), "1" | "True");
        let again = again && takes_numbers;
        say("sent again or late", if again { "yes".into() } else { String::new() });
        if !column("dns.id").is_empty() {
            let kind = if column("dns.flags.response").contains(['1', 'T']) {
                "response"
            } else {
                "query"
            };
            say("dns", format!("{kind} {} {}", first("dns.id"), column("dns.qry.name")));
        }
        let (method, host, uri) = ("http.request.method", "http.host", "http.request.uri");
        if !column(method).is_empty() {
            say("request", format!("{} {} {}", column(method), column(host), column(uri)));
        }
        say("response", column("http.response.code").to_owned());
    }
    said
}

/// From the link to the transport; what is above is compared as what it says.
fn layers(protocols: &str) -> String {
    let names = protocols.split(':').filter(|name| *name != "ethertype");
    let mut kept = Vec::new();
    for name in names {
        // tshark names each extension header; one layer holds them all.
        kept.push(if name.starts_with("ipv6.") { "ipv6.exthdr" } else { name });
        if ["tcp", "udp", "arp", "icmp", "icmpv6"].contains(&name) {
            break;
        }
    }
    kept.join(":")
}

fn ours(fixture: &Fixture) -> Said {
    let mut said = Said::new();
    let mut source = urltrace::capture::open(&fixture.capture).unwrap();
    while let Some(record) = source.next_record().unwrap() {
        let Record::Packet(packet) = record else { continue };
        let decoded = packet::decode(&packet);
        let frame = packet.frame.0;
        let names: Vec<&str> = decoded.layers.iter().map(Layer::name).collect();
        said.insert((frame, "layers"), names.join(":"));
        if let Some(network) = decoded.network {
            said.insert((frame, "source"), network.source.to_string());
            said.insert((frame, "target"), network.destination.to_string());
        }
        let ports = decoded.tcp().map(|tcp| (tcp.source_port(), tcp.destination_port()));
        let ports =
            ports.or_else(|| decoded.udp().map(|udp| (udp.source_port(), udp.destination_port())));
        if let Some((source, destination)) = ports {
            said.insert((frame, "ports"), format!("{source} to {destination}"));
        }
    }
    flows(&mut said, &run_file(&fixture.capture, 2).trace);
    let mut source = urltrace::capture::open(&fixture.capture).unwrap();
    for event in stages::events(&mut source) {
        if let EventBody::Lookup(message) = event.body {
            let kind = if message.flags.response { "response" } else { "query" };
            let mut text = format!("{kind} {:#06x} ", message.id);
            let names: Vec<&str> = message.questions.iter().map(|q| &*q.name).collect();
            let _ = write!(text, "{}", names.join(","));
            said.insert((message.span.done.frame.0, "dns"), text);
        }
    }
    said
}

/// Streams, what was sent again, and HTTP.
fn flows(said: &mut Said, trace: &Trace) {
    let tcp = trace.connections.iter().filter(|c| c.transport == Transport::Tcp);
    for connection in tcp {
        for frame in connection.frames.iter() {
            said.insert((frame.0, "stream"), connection.opened.frame.to_string());
        }
        for note in &connection.segments {
            let again = note.kind.is_retransmission() || note.kind == SegmentKind::OutOfOrder;
            if again {
                said.insert((note.at.frame.0, "sent again or late"), "yes".to_owned());
            }
        }
    }
    let mut heads: BTreeMap<(u64, &str), Vec<String>> = BTreeMap::new();
    for exchange in &trace.exchanges {
        let asked = exchange.request.as_ref().map(|head| head.version);
        let version = asked.or_else(|| exchange.response.as_ref().map(|head| head.version));
        if version == Some(Version::Http3) {
            continue; // tshark 4.0 shows no header fields of HTTP/3
        }
        if let Some(head) = &exchange.request {
            let frame = head.span.done.frame.0;
            let whole = exchange.request_end.as_ref().map(|end| end.done.frame.0);
            if head.version == Version::Http2 {
                let values = [&head.method, &head.authority, &head.target];
                for ((what, _), value) in HTTP2.iter().zip(values) {
                    let of_frame = heads.entry((frame, what)).or_default();
                    of_frame.extend(value.as_ref().map(ToString::to_string));
                }
            } else if let Some(whole) = whole {
                // tshark tells a message of HTTP/1 in the frame that makes it whole.
                let host = head.fields.get("host").unwrap_or_default();
                let line = [head.method.as_deref(), Some(host), head.target.as_deref()];
                let text = line.map(Option::unwrap_or_default).join(" ");
                heads.entry((whole, "request")).or_default().push(text);
            }
        }
        let whole = exchange.response_end.as_ref().map(|end| end.done.frame.0);
        let early = exchange.informational.iter().map(|head| (head, Some(head.span.done.frame.0)));
        for (head, whole) in early.chain(exchange.response.as_deref().map(|head| (head, whole))) {
            let row = match (head.version, whole) {
                (Version::Http2, _) => (head.span.done.frame.0, HTTP2[3].0),
                (_, Some(whole)) => (whole, "response"),
                (_, None) => continue,
            };
            heads.entry(row).or_default().extend(head.status.map(|status| status.to_string()));
        }
    }
    for ((frame, what), mut values) in heads {
        if what.starts_with("h2 ") {
            values.sort_unstable();
        }
        said.insert((frame, what), values.join(","));
    }
}
