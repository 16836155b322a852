//! The whole model as one JSON document.
//!
//! Takes a trace, gives text. The document is a contract: its types live here, apart from the
//! model, and the schema that users are given ([`json_schema`]) is generated from them. Entities
//! are converted one at a time while they are written, so a large trace is not held twice.
//!
//! The rules, the same everywhere:
//! - a moment is a string of nanoseconds since the Unix epoch; a duration is a number of
//!   milliseconds, and its name ends in `_ms` (but for the phases of HAR, which have HAR's names);
//! - ids are places in the arrays, from 0; a document that was filtered keeps the numbers of the
//!   whole, so there an id is found by the entity's `id`;
//! - what did not happen, or is not known, is null, never 0;
//! - every entity lists the frames that it was seen in.

pub mod allowance;
pub mod capture;
pub mod certificate;
pub mod close;
pub mod configuration;
pub mod connection;
pub mod conversation;
pub mod encapsulation;
pub mod estimate;
pub mod exchange;
pub mod handshake;
pub mod hello;
pub mod lookup;
pub mod measures;
pub mod message;
pub mod multiplex;
pub mod neighbor;
pub(in crate::report) mod printable;
pub mod quic;
pub mod race;
pub mod record;
pub mod refusal;
pub mod resolver;
pub mod segment;
pub mod session;
pub mod sighting;
pub mod stall;
pub mod tls;
pub mod value;
pub mod visit;

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::report::format::{Options, Reporter};
use crate::report::selection::Selection;
use crate::trace::Trace;

/// The version of the document's form: the second number grows with additions, the first with
/// anything that could break a reader.
pub const SCHEMA_VERSION: &str = "1.0";

/// Writes the document.
#[derive(Clone, Copy, Debug)]
pub struct Json;

/// The story of a capture, as urltrace tells it: who was asked for which hardware address, which
/// name was looked up, which connection was opened, which request got which response.
///
/// Moments are strings of nanoseconds since the Unix epoch, durations are milliseconds. Ids are
/// places in the arrays, from 0; a filtered document keeps the numbers of the whole, and may name
/// what the filter left out. What did not happen or is not known is null.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "urltrace")]
pub struct Document<'a> {
    /// The version of this form.
    pub schema_version: &'static str,
    /// What wrote it: `urltrace`.
    pub generator: &'static str,
    /// In how many places `***` stands for the value of a cookie or an authorization, or for a
    /// password in a URL; null where they were kept (`--keep-credentials`).
    pub blanked: Option<u64>,
    /// What was captured.
    pub capture: capture::Capture<'a>,
    /// Packets and bytes of each protocol, outermost layers first.
    pub protocols: Vec<capture::Protocol>,
    /// Who was asked for which hardware address.
    pub neighbors: Each<'a, neighbor::Neighbor<'a>>,
    /// What hosts were told of their network.
    pub configurations: Each<'a, configuration::Configuration<'a>>,
    /// Every DNS question.
    pub lookups: Each<'a, lookup::Lookup<'a>>,
    /// Questions that were asked together for one name.
    pub resolutions: Each<'a, lookup::Resolution<'a>>,
    /// Every TCP connection, and every UDP flow that is more than a lookup.
    pub connections: Each<'a, connection::Connection<'a>>,
    /// Every request with its response.
    pub exchanges: Each<'a, exchange::Exchange<'a>>,
    /// Every page.
    pub visits: Each<'a, visit::Visit<'a>>,
    /// What was not as it should be, in order.
    pub anomalies: Each<'a, capture::Anomaly<'a>>,
    /// What protocols without entities of their own said, in order.
    pub notes: Each<'a, capture::Note<'a>>,
}

/// An array whose entries are made while it is written.
pub struct Each<'a, T> {
    entries: Box<dyn Fn() -> Box<dyn Iterator<Item = T> + 'a> + 'a>,
}

impl<'a, T> Each<'a, T> {
    fn new<I: Iterator<Item = T> + 'a>(entries: impl Fn() -> I + 'a) -> Self {
        Self { entries: Box::new(move || Box::new(entries())) }
    }
}

impl<T: Serialize> Serialize for Each<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.entries)())
    }
}

impl<T: JsonSchema> JsonSchema for Each<'_, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

impl<'a> Document<'a> {
    /// What of a trace is selected.
    pub fn of(trace: &'a Trace, selection: &'a Selection) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            generator: "urltrace",
            blanked: trace.blanked,
            capture: (&trace.capture).into(),
            protocols: trace.protocols.iter().map(capture::Protocol::from).collect(),
            neighbors: Each::new(|| trace.neighbors.iter().map(neighbor::Neighbor::from)),
            configurations: Each::new(|| {
                trace.configurations.iter().map(configuration::Configuration::from)
            }),
            lookups: Each::new(|| {
                let lookups = trace.lookups.iter();
                lookups.filter(|l| selection.lookup(l.id)).map(lookup::Lookup::from)
            }),
            resolutions: Each::new(|| {
                let resolutions = trace.resolutions.iter();
                let resolutions = resolutions.filter(|r| selection.resolution(r.id));
                resolutions.map(|r| lookup::Resolution::of(trace, r))
            }),
            connections: Each::new(|| {
                let connections = trace.connections.iter();
                let connections = connections.filter(|c| selection.connection(c.id));
                connections.map(|c| connection::Connection::of(trace, c))
            }),
            exchanges: Each::new(|| {
                let exchanges = trace.exchanges.iter();
                let exchanges = exchanges.filter(|e| selection.exchange(e.id));
                exchanges.map(|e| exchange::Exchange::of(trace, e))
            }),
            visits: Each::new(|| {
                let visits = trace.visits.iter().filter(|v| selection.visit(v.id));
                visits.map(|v| visit::Visit::of(trace, v))
            }),
            anomalies: Each::new(|| {
                let anomalies = trace.anomalies.iter().filter(|a| selection.flow(a.flow));
                anomalies.map(capture::Anomaly::from)
            }),
            notes: Each::new(|| {
                let notes = trace.notes.iter().filter(|n| selection.flow(n.flow));
                notes.map(capture::Note::from)
            }),
        }
    }
}

impl Reporter for Json {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let selection = Selection::of(trace, options);
        let mut buffered = io::BufWriter::with_capacity(1 << 16, out);
        printable::to_writer(&mut buffered, &Document::of(trace, &selection))?;
        buffered.write_all(b"\n")?;
        buffered.flush()
    }
}

/// The JSON Schema (2020-12) of the document, generated from its types.
pub fn json_schema() -> String {
    schema_of::<Document<'_>>()
}

/// The JSON Schema of what a type is written as, readable by people too.
pub(crate) fn schema_of<T: JsonSchema>() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}
