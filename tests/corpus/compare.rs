//! One capture against its facts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use urltrace::address::Endpoint;
use urltrace::flow::event::Transport;
use urltrace::protocol::dns::message::{Carrier, Flavor, Message};
use urltrace::protocol::event::EventBody;
use urltrace::protocol::http::message::Version;
use urltrace::trace::Trace;

use crate::corpus::agreement::{Agreement, Sight};
use crate::corpus::hellos;
use crate::corpus::http2;
use crate::corpus::layers;
use crate::corpus::quic;
use crate::corpus::rules::{self, Case, Rule, Ruled};
use crate::corpus::tcp;
use crate::support::facts::{Conversation, CorpusFile, Facts, Heard, conversation, printable};
use crate::support::{run, stages};

/// Values that only one side has, in one class of one capture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    pub(super) capture: String,
    pub(super) class: &'static str,
    /// What only we found.
    pub(super) ours: String,
    /// What only tshark found.
    pub(super) theirs: String,
    /// How many values that are.
    pub(super) values: u64,
    pub(super) sight: Sight,
}

/// Values listed of one side of a difference; more are only counted.
const LISTED: usize = 3;

pub(super) fn compare(file: &CorpusFile) -> Found {
    let facts = file.facts();
    let mut found = Found::new(&file.name);
    let mut source = match file.open() {
        Ok(source) => source,
        Err(error) => {
            let theirs =
                if facts.packets() > 0 { vec![facts.packets().to_string()] } else { vec![] };
            let ours = theirs.iter().map(|_| error.to_string()).collect::<Vec<_>>();
            found.lists("packets", &ours, &theirs);
            return found;
        }
    };
    let trace = run(&mut source, 2).trace;
    let packets = [trace.capture.packets, facts.packets()].map(|packets| [packets.to_string()]);
    found.lists("packets", &packets[0], &packets[1]);
    layers::compare(&mut found, &facts, file);
    tcp::compare(&mut found, &facts, &trace);
    http(&mut found, &facts, &trace);
    websocket(&mut found, &facts, &trace);
    hellos::compare(&mut found, &facts, &trace);
    http2::compare(&mut found, &facts, &trace);
    quic::compare(&mut found, &facts, &trace);
    dns(&mut found, &facts, file);
    found
}

/// What was found in one capture.
pub(super) struct Found {
    capture: String,
    pub(super) differences: Vec<Difference>,
    pub(super) agreement: Agreement,
    pub(super) ruled: Ruled,
}

impl Found {
    pub(super) fn new(capture: &str) -> Self {
        Self {
            capture: capture.to_owned(),
            differences: Vec::new(),
            agreement: Agreement::default(),
            ruled: Ruled::new(),
        }
    }

    /// Notes two numbers of one conversation, named by its first frame, with how many values that
    /// are and how many of them equal. What a rule explains is counted there, the rest is listed.
    pub(super) fn numbers(
        &mut self,
        class: &'static str,
        first: u64,
        case: &Case<'_>,
        (values, equal): (u64, u64),
    ) {
        self.agreement.note(class, Sight::Open, values, equal);
        let Case { ours, theirs, .. } = case;
        if ours == theirs {
            return;
        }
        if let Some(rule) = rules::explains(class, case) {
            return self.ruled(class, rule, values - equal);
        }
        let differ = (values - equal, Sight::Open);
        self.add(class, differ, format!("{first}: {ours}"), format!("{first}: {theirs}"));
    }

    /// A rule leaves so many values out of the comparison.
    pub(super) fn left_out(&mut self, rule: &Rule, values: u64) {
        *self.ruled.entry(rule.name).or_default() += values;
    }

    /// A rule explains so many values of a class.
    pub(super) fn ruled(&mut self, class: &'static str, rule: &Rule, values: u64) {
        self.agreement.ruled(class, rule.right, values);
        *self.ruled.entry(rule.name).or_default() += values;
    }

    fn add(
        &mut self,
        class: &'static str,
        (values, sight): (u64, Sight),
        ours: String,
        theirs: String,
    ) {
        let capture = self.capture.clone();
        self.differences.push(Difference { capture, class, ours, theirs, values, sight });
    }

    /// Notes what only one side has.
    pub(super) fn lists(&mut self, class: &'static str, ours: &[String], theirs: &[String]) {
        self.seen(class, Sight::Open, ours, theirs);
    }

    /// Notes what only one side has of what everybody can see, or of what only decryption shows.
    pub(super) fn seen(
        &mut self,
        class: &'static str,
        sight: Sight,
        ours: &[String],
        theirs: &[String],
    ) {
        let [mut only_ours, mut only_theirs] =
            [(ours, theirs), (theirs, ours)].map(|(of, without)| {
                let mut left = counted(without);
                let only = of.iter().filter(|value| match left.get_mut(value.as_str()) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        false
                    }
                    _ => true,
                });
                only.cloned().collect::<Vec<_>>()
            });
        only_ours.sort();
        only_theirs.sort();
        let equal = (ours.len() - only_ours.len()) as u64;
        // what differs is one value, where both sides have one
        let differ = only_ours.len().max(only_theirs.len()) as u64;
        self.agreement.note(class, sight, equal + differ, equal);
        if differ > 0 {
            self.add(class, (differ, sight), brief(&only_ours), brief(&only_theirs));
        }
    }
}

fn counted(values: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value.as_str()).or_default() += 1;
    }
    counts
}

/// The first few values and how many there are.
fn brief(values: &[String]) -> String {
    let listed: Vec<String> =
        values.iter().take(LISTED).map(|value| value.chars().take(80).collect()).collect();
    let text = listed.join(" | ");
    if values.len() > LISTED { format!("{text} | … ({} in all)", values.len()) } else { text }
}

pub(super) type Said = BTreeMap<Conversation, Vec<String>>;

fn http(found: &mut Found, facts: &Facts, trace: &Trace) {
    let mut requests = Said::new();
    let mut responses = Said::new();
    // of HTTP/3 tshark's facts have no fields
    for connection in trace.connections.iter().filter(|connection| connection.quic.is_none()) {
        let end = |end: Endpoint| format!("{} {}", end.ip, end.port);
        let ends = conversation(end(connection.client), end(connection.server));
        let exchanges = connection.exchanges.iter().filter_map(|id| trace.exchange(*id));
        // tshark tells those of HTTP/2 and HTTP/3 elsewhere, and by stream.
        let is_tcp = connection.transport == Transport::Tcp;
        let exchanges = exchanges.filter(|exchange| is_tcp && exchange.message.stream == 0);
        for exchange in exchanges {
            if let Some(head) = &exchange.request {
                let host = head.fields.get("host").unwrap_or_default();
                let line = [head.method.as_deref(), Some(host), head.target.as_deref()];
                let words = printable(&line.map(Option::unwrap_or_default).join(" "));
                requests.entry(ends.clone()).or_default().push(words);
            }
            let heads = exchange.informational.iter().chain(exchange.response.as_deref());
            for head in heads.filter(|head| head.version != Version::Http2) {
                responses
                    .entry(ends.clone())
                    .or_default()
                    .push(head.status.unwrap_or_default().to_string());
            }
        }
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let theirs = facts.http("http_requests", |row| {
        printable(&format!("{} {} {}", text(row["method"]), text(row["host"]), text(row["uri"])))
    });
    said(found, "http-requests", &requests, theirs);
    let theirs = facts.http("http_responses", |row| row["status"].to_string());
    said(found, "http-responses", &responses, theirs);
}

fn websocket(found: &mut Found, facts: &Facts, trace: &Trace) {
    let Some(theirs) = facts.websocket() else { return };
    let messages = trace.exchanges.iter().filter_map(|exchange| exchange.messages.as_deref());
    let ours = messages.flat_map(|messages| &messages.listed).filter_map(|message| {
        let opcode = message.kind.opcode()?;
        Some(format!("{} {opcode} {}", message.span.done.frame, message.size))
    });
    found.lists("websocket", &ours.collect::<Vec<_>>(), &theirs);
}

/// Compares what was said in each conversation, in order, with either of tshark's answers.
pub(super) fn said(found: &mut Found, class: &'static str, ours: &Said, theirs: Option<Heard>) {
    let Some(Heard { default, ordered, encrypted }) = theirs else { return };
    let [mut open, mut hidden] = [(); 2].map(|()| (Vec::new(), Vec::new()));
    let mut disordered = Vec::new();
    let conversations: BTreeSet<&Conversation> =
        ours.keys().chain(default.keys()).chain(ordered.keys()).collect();
    for conversation in conversations {
        let (sight, (only_ours, only_theirs)) = if encrypted.contains(conversation) {
            (Sight::Encrypted, &mut hidden)
        } else {
            (Sight::Open, &mut open)
        };
        let said = |by: &Said| by.get(conversation).cloned().unwrap_or_default();
        let (ours, default, ordered) = (said(ours), said(&default), said(&ordered));
        if ours == default || ours == ordered {
            let equal = ours.len() as u64;
            found.agreement.note(class, sight, equal, equal);
            continue;
        }
        // The one that is nearer to ours by its length.
        let near = |theirs: &Vec<String>| theirs.len().abs_diff(ours.len());
        let theirs = if near(&ordered) < near(&default) { ordered } else { default };
        if counted(&ours) == counted(&theirs) {
            disordered.push(format!("{} and {}", conversation.0, conversation.1));
        }
        only_ours.extend(ours);
        only_theirs.extend(theirs);
    }
    for (sight, (ours, theirs)) in [(Sight::Open, open), (Sight::Encrypted, hidden)] {
        found.seen(class, sight, &ours, &theirs);
    }
    found.lists(class, &disordered, &[]);
}

fn dns(found: &mut Found, facts: &Facts, file: &CorpusFile) {
    let Some(theirs) = facts.dns(|row| (row["via"] == "quic", their_message(row))) else { return };
    let (hidden, theirs): (Vec<_>, Vec<_>) = theirs.into_iter().partition(|(hidden, _)| *hidden);
    let [hidden, theirs] =
        [hidden, theirs].map(|of| of.into_iter().map(|(_, line)| line).collect::<Vec<_>>());
    let mut source = urltrace::capture::open(&file.path).unwrap();
    let events = stages::events(&mut source);
    let ours = events.iter().filter_map(|event| match &event.body {
        EventBody::Lookup(message) => Some(our_message(message)),
        _ => None,
    });
    found.lists("dns", &ours.collect::<Vec<_>>(), &theirs);
    found.seen("dns", Sight::Encrypted, &[], &hidden);
}

/// Flavor, carrier, identifier, kind, code, questions and answers of a message in one line.
fn our_message(message: &Message) -> String {
    let flavor = match message.flavor {
        Flavor::Dns => "dns",
        Flavor::Mdns => "mdns",
        Flavor::Llmnr => "llmnr",
    };
    let over = match message.over {
        Carrier::Udp => "udp",
        Carrier::Tcp => "tcp",
        Carrier::Tls => "tls",
        Carrier::Quic => "quic",
        Carrier::Https(_) => "https",
    };
    let rcode = message.flags.response.then_some(message.rcode.0 & 15);
    let questions = message.questions.iter().map(|question| {
        (name(&question.name), u64::from(question.rtype.0), u64::from(question.class.0))
    });
    let answers = message
        .answers
        .iter()
        .map(|record| (name(&record.name), u64::from(record.rtype.0), u64::from(record.ttl)));
    let (questions, answers): (Vec<_>, Vec<_>) = (questions.collect(), answers.collect());
    line(
        flavor,
        over,
        u64::from(message.id),
        message.opcode.into(),
        rcode.map(u64::from),
        (&questions, &answers),
    )
}

fn their_message(row: &BTreeMap<&str, &Value>) -> String {
    let records = |column: &str| {
        let rows = row[column].as_array().unwrap().iter();
        let rows = rows.map(|record| {
            let number = |nth: usize| record[nth].as_u64().unwrap_or_default();
            (name(record[0].as_str().unwrap_or_default()), number(1), number(2))
        });
        rows.collect::<Vec<_>>()
    };
    let text = |column: &str| row[column].as_str().unwrap_or_default();
    let number = |column: &str| row[column].as_u64();
    let questions = records("questions[name,type,class]");
    let answers = records("answers[name,type,ttl,data]");
    let rcode = number("rcode").filter(|_| number("qr") == Some(1)).map(|rcode| rcode & 15);
    let (id, opcode) = (number("id").unwrap_or(0), number("opcode").unwrap_or(0));
    line(text("proto"), text("via"), id, opcode, rcode, (&questions, &answers))
}

type Records = [(String, u64, u64)];

fn line(
    flavor: &str,
    over: &str,
    id: u64,
    opcode: u64,
    rcode: Option<u64>,
    (questions, answers): (&Records, &Records),
) -> String {
    let list = |records: &Records| {
        // The facts have no name for answers of type SRV: tshark splits it.
        let name = |name: &String, kind: u64| if kind == 33 { "" } else { name }.to_owned();
        let texts =
            records.iter().map(|(of, kind, last)| format!("{}/{kind}/{last}", name(of, *kind)));
        texts.collect::<Vec<_>>().join(",")
    };
    let what = rcode.map_or_else(|| "query".to_owned(), |rcode| format!("response {rcode}"));
    let (questions, answers) = (list(questions), list(answers));
    format!("{flavor}/{over} {id:#x} {opcode} {what} {questions} -> {answers}")
}

fn name(text: &str) -> String {
    if text == "<Root>" { ".".to_owned() } else { printable(text) }
}
