//! DNS questions, as the document has them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::dns::message::{Carrier, Class, Flags, Flavor, Rcode, RecordType};
use crate::report::json::record::Record;
use crate::report::json::refusal::Refusal;
use crate::report::json::value::{Endpoint, FrameList, Millis, Moment, Text};
use crate::time::Frames;
use crate::trace::lookup as model;
use crate::trace::{LookupId, Trace};

/// One question (a name and a type) of one client, however often it had to ask.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Lookup<'a> {
    /// Its place in `lookups`, from 0.
    pub id: u32,
    /// The entry of `resolutions` that it is part of.
    pub resolution: u32,
    /// DNS, mDNS or LLMNR.
    pub flavor: LookupFlavor,
    /// Who asked.
    pub client: IpAddr,
    /// The name as sent, without the dot at its end.
    pub name: &'a str,
    /// The type, such as `A`.
    #[serde(rename = "type")]
    pub rtype: Text<RecordType>,
    /// The class, such as `IN`.
    pub class: Text<Class>,
    /// The transaction identifier of the attempt that was answered, else of the first.
    pub transaction_id: Option<u16>,
    /// Who was asked in that attempt.
    pub resolver: Option<Endpoint>,
    /// Every query with its response, in order.
    pub attempts: Vec<Attempt<'a>>,
    /// What came of it.
    pub outcome: LookupOutcome,
    /// The response code, such as `NOERROR`; null without a response.
    pub rcode: Option<Text<Rcode>>,
    /// The answer section.
    pub answers: Vec<Record<'a>>,
    /// The addresses in it.
    pub addresses: Vec<IpAddr>,
    /// The authority section.
    pub authority: Vec<Record<'a>>,
    /// The additional section, without OPT.
    pub additional: Vec<Record<'a>>,
    /// What OPT says (RFC 6891).
    pub edns: Option<Edns<'a>>,
    /// AA: an authority for the name answered; null without a response.
    pub authoritative: Option<bool>,
    /// All flags of the response.
    pub flags: Option<DnsFlags>,
    /// Where the answer comes from, in words.
    pub source: Option<&'static str>,
    /// How long the (negative) answer may be kept, in seconds.
    pub ttl: Option<u32>,
    /// True where records of the response are missing: cut off or malformed.
    pub incomplete: bool,
    /// The first query (or the response, where no query was captured).
    pub started: Option<Moment>,
    /// When the answer was there.
    pub finished: Option<Moment>,
    /// From the first query to the answer.
    pub duration_ms: Option<Millis>,
    /// The frames that it was seen in.
    pub frames: FrameList<'a>,
}

/// One query and its response.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Attempt<'a> {
    /// Transaction identifier.
    pub transaction_id: u16,
    /// Who asked.
    pub client: Endpoint,
    /// Who was asked.
    pub resolver: Endpoint,
    /// What carried it.
    pub over: LookupCarrier,
    /// The entry of `exchanges` that carried it, over HTTPS; null otherwise.
    pub exchange: Option<u32>,
    /// The query; null where only the response was captured.
    pub query: Option<Moment>,
    /// The response.
    pub response: Option<Moment>,
    /// What it said.
    pub rcode: Option<Text<Rcode>>,
    /// It was truncated: the client has to ask again over TCP.
    pub truncated: bool,
    /// From the query to the response.
    pub duration_ms: Option<Millis>,
    /// What the network said of it in the resolver's place.
    pub network_error: Option<Refusal<'a>>,
}

/// Which protocol with the format of DNS.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupFlavor {
    /// DNS.
    Dns,
    /// Multicast DNS (RFC 6762).
    Mdns,
    /// Link-Local Multicast Name Resolution (RFC 4795).
    Llmnr,
}

/// What carries a DNS message.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupCarrier {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS (RFC 7858).
    Tls,
    /// QUIC (RFC 9250).
    Quic,
    /// HTTPS (RFC 8484).
    Https,
}

/// What came of a lookup.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookupOutcome {
    /// Records of the type asked for.
    Answered,
    /// The name exists, the type does not (RFC 2308 §2.2).
    NoData,
    /// The name does not exist.
    Nxdomain,
    /// The server said that it failed; see `rcode`.
    Failed,
    /// Truncated, and never asked again over TCP.
    Truncated,
    /// No response in this capture.
    Unanswered,
}

/// The flags of a response (RFC 1035 §4.1.1, RFC 4035 §3).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct DnsFlags {
    /// AA: the responder is an authority for the name.
    pub authoritative: bool,
    /// TC: cut to fit the datagram.
    pub truncated: bool,
    /// RD: the client wants others to be asked.
    pub recursion_desired: bool,
    /// RA: the responder asks others.
    pub recursion_available: bool,
    /// AD: validated by DNSSEC.
    pub authentic_data: bool,
    /// CD: not to be validated.
    pub checking_disabled: bool,
}

/// What OPT says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Edns<'a> {
    /// Largest datagram that the sender takes, in bytes.
    pub udp_size: u16,
    /// Version.
    pub version: u8,
    /// DO: DNSSEC records are wanted.
    pub dnssec_ok: bool,
    /// Options.
    pub options: Vec<EdnsOption<'a>>,
}

/// One EDNS option.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EdnsOption<'a> {
    /// Its code.
    pub code: u16,
    /// What it says, in words.
    pub text: &'a str,
}

/// The parallel questions (A, AAAA, HTTPS) of one client for one name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Resolution<'a> {
    /// Its place in `resolutions`, from 0.
    pub id: u32,
    /// Who asked.
    pub client: IpAddr,
    /// The name, in lower case.
    pub name: &'a str,
    /// Its questions: entries of `lookups`.
    pub lookups: Vec<u32>,
    /// The first query of any of them.
    pub started: Moment,
    /// The last answer.
    pub finished: Option<Moment>,
    /// From the first query to the last answer.
    pub duration_ms: Option<Millis>,
    /// Questions without an answer.
    pub open: u32,
    /// The entry of `resolutions` that this one was asked for: a resolver on the client's own host
    /// (systemd-resolved, dnsmasq) passed a program's question on. Inferred: the same question was
    /// open on loopback.
    pub asked_for: Option<u32>,
    /// The frames that it was seen in.
    pub frames: FrameList<'static>,
}

impl<'a> From<&'a model::Lookup> for Lookup<'a> {
    fn from(lookup: &'a model::Lookup) -> Self {
        let settled = lookup.answer.as_ref().and_then(|answer| {
            lookup.attempts.iter().find(|attempt| attempt.response == Some(answer.at))
        });
        let told = settled.or_else(|| lookup.attempts.first());
        let answer = lookup.answer.as_deref();
        Self {
            id: lookup.id.0,
            resolution: lookup.resolution.0,
            flavor: match lookup.flavor {
                Flavor::Dns => LookupFlavor::Dns,
                Flavor::Mdns => LookupFlavor::Mdns,
                Flavor::Llmnr => LookupFlavor::Llmnr,
            },
            client: lookup.client,
            name: &lookup.name,
            rtype: Text(lookup.rtype),
            class: Text(lookup.class),
            transaction_id: told.map(|attempt| attempt.transaction_id),
            resolver: told.map(|attempt| attempt.resolver.into()),
            attempts: lookup.attempts.iter().map(Attempt::from).collect(),
            outcome: match lookup.outcome() {
                model::Outcome::Answered => LookupOutcome::Answered,
                model::Outcome::NoData => LookupOutcome::NoData,
                model::Outcome::NxDomain => LookupOutcome::Nxdomain,
                model::Outcome::Failed(_) => LookupOutcome::Failed,
                model::Outcome::Truncated => LookupOutcome::Truncated,
                model::Outcome::Unanswered => LookupOutcome::Unanswered,
            },
            rcode: answer.map(|answer| Text(answer.rcode)),
            answers: answer.map_or_else(Vec::new, |answer| records(&answer.records)),
            addresses: lookup.addresses().collect(),
            authority: answer.map_or_else(Vec::new, |answer| records(&answer.authority)),
            additional: answer.map_or_else(Vec::new, |answer| records(&answer.additional)),
            edns: answer.and_then(|answer| answer.edns.as_ref()).map(|edns| Edns {
                udp_size: edns.udp_size,
                version: edns.version,
                dnssec_ok: edns.dnssec_ok,
                options: edns
                    .options
                    .iter()
                    .map(|(code, text)| EdnsOption { code: *code, text })
                    .collect(),
            }),
            authoritative: answer.map(|answer| answer.flags.authoritative),
            flags: answer.map(|answer| DnsFlags::from(answer.flags)),
            source: lookup.source().map(source),
            ttl: lookup.ttl(),
            incomplete: answer.is_some_and(|answer| answer.incomplete),
            started: lookup.started().map(Moment::from),
            finished: lookup.finished().map(Moment::from),
            duration_ms: lookup.duration().map(Millis),
            frames: FrameList::from(&lookup.frames),
        }
    }
}

impl<'a> From<&'a model::Attempt> for Attempt<'a> {
    fn from(attempt: &'a model::Attempt) -> Self {
        let took = attempt.query.zip(attempt.response);
        Self {
            transaction_id: attempt.transaction_id,
            client: attempt.client.into(),
            resolver: attempt.resolver.into(),
            over: match attempt.over {
                Carrier::Udp => LookupCarrier::Udp,
                Carrier::Tcp => LookupCarrier::Tcp,
                Carrier::Tls => LookupCarrier::Tls,
                Carrier::Quic => LookupCarrier::Quic,
                Carrier::Https(_) => LookupCarrier::Https,
            },
            exchange: attempt.exchange.map(|id| id.0),
            query: attempt.query.map(Moment::from),
            response: attempt.response.map(Moment::from),
            rcode: attempt.rcode.map(Text),
            truncated: attempt.truncated,
            duration_ms: took.map(|(from, to)| Millis(to.at.since(from.at).at_least_zero())),
            network_error: attempt.refusal.as_deref().map(Refusal::from),
        }
    }
}

impl From<Flags> for DnsFlags {
    fn from(flags: Flags) -> Self {
        Self {
            authoritative: flags.authoritative,
            truncated: flags.truncated,
            recursion_desired: flags.recursion_desired,
            recursion_available: flags.recursion_available,
            authentic_data: flags.authentic_data,
            checking_disabled: flags.checking_disabled,
        }
    }
}

impl<'a> Resolution<'a> {
    /// A resolution as the document has it; its frames are those of its lookups.
    pub fn of(trace: &'a Trace, resolution: &'a model::Resolution) -> Self {
        let lookups = || resolution.lookups.iter().copied();
        let frames: Frames =
            lookups().filter_map(|id| trace.lookup(id)).flat_map(|l| l.frames.iter()).collect();
        let finished = resolution.finished;
        Self {
            id: resolution.id.0,
            client: resolution.client,
            name: &resolution.name,
            lookups: lookups().map(|LookupId(id)| id).collect(),
            started: resolution.started.into(),
            finished: finished.map(Moment::from),
            duration_ms: finished
                .map(|last| Millis(last.at.since(resolution.started.at).at_least_zero())),
            open: resolution.open,
            asked_for: resolution.asked_for.map(|id| id.0),
            frames: FrameList::from(frames),
        }
    }
}

fn records(records: &[crate::protocol::dns::message::Record]) -> Vec<Record<'_>> {
    records.iter().map(Record::from).collect()
}

/// What the flags tell about where an answer comes from.
const fn source(source: model::Source) -> &'static str {
    match source {
        model::Source::Authority => "an authority for the name (AA)",
        model::Source::Resolver => "a resolver (RA), from its cache or by asking an authority",
        model::Source::Other => "a server that is no authority and does not ask others",
    }
}
