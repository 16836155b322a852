//! One JSON object a line, each written as soon as its entity is complete.
//!
//! Takes a trace and the name of an entity in it, gives a line. The first key, `event`, says what
//! kind of entity it is; the others are those of the JSON document, with the same types. After
//! all entities come the visits and notes, which are known last, and one `summary`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::format::{Options, Reporter};
use crate::report::json::capture::{Anomaly, Capture, Note, Protocol};
use crate::report::json::connection::{Connection, Opening};
use crate::report::json::exchange::Exchange;
use crate::report::json::lookup::{Lookup, Resolution};
use crate::report::json::neighbor::Neighbor;
use crate::report::json::quic::Quic;
use crate::report::json::tls::Tls;
use crate::report::json::visit::Visit;
use crate::report::json::{SCHEMA_VERSION, printable, schema_of};
use crate::report::selection::{self, Selection};
use crate::time::FrameNo;
use crate::trace::{EntityId, Trace};

/// Writes a whole trace as lines, in the order in which its entities were complete.
#[derive(Clone, Copy, Debug)]
pub struct Ndjson;

/// One line: an entity of the JSON document with the key `event` before its own.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
#[schemars(title = "urltrace event")]
pub enum Line<'a> {
    /// A hardware address was asked for and found (or not), or announced.
    Neighbor(Neighbor<'a>),
    /// A DNS question was answered, or given up.
    Lookup(Lookup<'a>),
    /// All parallel questions for one name were answered, or given up; told again where another
    /// one joined them later.
    Resolution(Resolution<'a>),
    /// A connection is open, or was refused. One that is never answered is told by its
    /// `connection` line alone.
    Handshake(Opening<'a>),
    /// The TLS handshake of a connection is over, or never will be.
    Tls(Box<Secured<'a>>),
    /// A connection is over.
    Connection(Box<Connection<'a>>),
    /// A request has its response whole, or will never have it. Its visit is told as far as it
    /// is known then; the visits themselves, at the end, list all their exchanges.
    Exchange(Box<Exchange<'a>>),
    /// Something was not as it should be. `id` is the kind, `class` why it is one.
    Anomaly(Anomaly<'a>),
    /// A page.
    Visit(Visit<'a>),
    /// What a protocol without entities of its own said.
    Note(Note<'a>),
    /// The last line: what was captured.
    Summary(Box<Summary<'a>>),
}

/// How a connection was secured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Secured<'a> {
    /// The entry of `connections`.
    pub connection: u32,
    /// QUIC, as far as it is known then; null where TLS is on TCP.
    pub quic: Option<Quic<'a>>,
    /// What was agreed, and how, as far as it is known then.
    #[serde(flatten)]
    pub tls: Tls<'a>,
}

/// What was captured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary<'a> {
    /// The version of this form, the same as that of the JSON document.
    pub schema_version: &'static str,
    /// What wrote it: `urltrace`.
    pub generator: &'static str,
    /// In how many places `***` stands for the value of a cookie or an authorization, or for a
    /// password in a URL; null where they were kept (`--keep-credentials`).
    pub blanked: Option<u64>,
    /// The capture in numbers.
    pub capture: Capture<'a>,
    /// Packets and bytes of each protocol.
    pub protocols: Vec<Protocol>,
}

impl<'a> Line<'a> {
    /// The line of an entity; none where the trace has no such entity.
    pub fn of(trace: &'a Trace, entity: EntityId) -> Option<Self> {
        Some(match entity {
            EntityId::Neighbor(id) => Self::Neighbor(trace.neighbor(id)?.into()),
            EntityId::Lookup(id) => Self::Lookup(trace.lookup(id)?.into()),
            EntityId::Resolution(id) => {
                Self::Resolution(Resolution::of(trace, trace.resolution(id)?))
            }
            EntityId::Handshake(id) => Self::Handshake(Opening::of(trace, trace.connection(id)?)),
            EntityId::Secured(id) => {
                let connection = trace.connection(id)?;
                let (quic, tls) = (Quic::of(trace, connection), Tls::of(connection)?);
                Self::Tls(Box::new(Secured { connection: id.0, quic, tls }))
            }
            // they stand with their connection
            EntityId::Path(..) => return None,
            EntityId::Connection(id) => {
                Self::Connection(Box::new(Connection::of(trace, trace.connection(id)?)))
            }
            EntityId::Exchange(id) => {
                Self::Exchange(Box::new(Exchange::of(trace, trace.exchange(id)?)))
            }
            EntityId::Anomaly(nth) => Self::Anomaly(trace.anomalies.get(nth as usize)?.into()),
        })
    }
}

/// The line of an entity, without a line end; none where the trace has no such entity.
pub fn line(trace: &Trace, entity: EntityId) -> Option<String> {
    String::from_utf8(printable::to_vec(&Line::of(trace, entity)?).ok()?).ok()
}

/// The JSON Schema (2020-12) of one line, generated from its types.
pub fn json_schema() -> String {
    schema_of::<Line<'_>>()
}

impl Reporter for Ndjson {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let selection = Selection::of(trace, options);
        for entity in completed(trace, &selection) {
            if let Some(line) = Line::of(trace, entity) {
                write_line(&line, out)?;
            }
        }
        write_end(trace, &selection, out)
    }

    /// A line at once; but which entities belong to one visit is known only in the end.
    fn completed(
        &self,
        trace: &Trace,
        entity: EntityId,
        options: &Options,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if options.visit.is_some() || !selection::concerns(trace, entity, options) {
            return Ok(());
        }
        match Line::of(trace, entity) {
            Some(line) => write_line(&line, out),
            None => Ok(()),
        }
    }

    fn finish(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        if options.visit.is_some() {
            return self.write(trace, options, out);
        }
        write_end(trace, &Selection::of(trace, options), out)
    }
}

/// Writes what is known at the end: visits, notes, the summary.
fn write_end(trace: &Trace, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    for visit in trace.visits.iter().filter(|visit| selection.visit(visit.id)) {
        write_line(&Line::Visit(Visit::of(trace, visit)), out)?;
    }
    for note in trace.notes.iter().filter(|note| selection.flow(note.flow)) {
        write_line(&Line::Note(note.into()), out)?;
    }
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        generator: "urltrace",
        blanked: trace.blanked,
        capture: (&trace.capture).into(),
        protocols: trace.protocols.iter().map(Protocol::from).collect(),
    };
    write_line(&Line::Summary(Box::new(summary)), out)?;
    out.flush()
}

/// Writes a whole line at once: who reads along never sees half of one.
fn write_line(line: &Line<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = printable::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// The selected entities in the order of the frames that completed them. What one frame
/// completed goes from the bottom up, as [`EntityId`] is ordered, but a connection ends after all
/// that happened on it.
fn completed(trace: &Trace, selection: &Selection) -> Vec<EntityId> {
    let mut entities: Vec<(FrameNo, EntityId)> = Vec::new();
    entities.extend(
        trace
            .neighbors
            .iter()
            .map(|neighbor| (last(neighbor.frames.bounds()), EntityId::Neighbor(neighbor.id))),
    );
    for lookup in trace.lookups.iter().filter(|lookup| selection.lookup(lookup.id)) {
        let answered = lookup.finished().map(|at| at.frame);
        let frame = answered.unwrap_or_else(|| last(lookup.frames.bounds()));
        entities.push((frame, EntityId::Lookup(lookup.id)));
    }
    for resolution in trace.resolutions.iter().filter(|r| selection.resolution(r.id)) {
        let end = resolution.finished.unwrap_or(resolution.started);
        entities.push((end.frame, EntityId::Resolution(resolution.id)));
    }
    for connection in trace.connections.iter().filter(|c| selection.connection(c.id)) {
        let open = connection.handshake.as_ref().map(|handshake| handshake.ack);
        let opened = open.or(connection.refused);
        entities.extend(opened.map(|at| (at.frame, EntityId::Handshake(connection.id))));
        let secured = connection.tls.as_ref().map(|tls| tls.done().unwrap_or(connection.last));
        entities.extend(secured.map(|at| (at.frame, EntityId::Secured(connection.id))));
        entities.push((connection.last.frame, EntityId::Connection(connection.id)));
    }
    for exchange in trace.exchanges.iter().filter(|exchange| selection.exchange(exchange.id)) {
        entities.push((exchange.ended().frame, EntityId::Exchange(exchange.id)));
    }
    let anomalies = trace.anomalies.iter().zip(0..).filter(|(said, _)| selection.flow(said.flow));
    entities.extend(anomalies.map(|(said, nth)| (said.at.frame, EntityId::Anomaly(nth))));
    entities.sort_unstable_by_key(|&(frame, entity)| {
        (frame, matches!(entity, EntityId::Connection(_)), entity)
    });
    entities.into_iter().map(|(_, entity)| entity).collect()
}

fn last(bounds: Option<(FrameNo, FrameNo)>) -> FrameNo {
    bounds.map_or(FrameNo(0), |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::secured;

    #[test]
    fn a_handshake_of_tls_has_its_line_when_it_is_over_before_that_of_its_connection() {
        let trace = secured();
        let mut out = Vec::new();
        Ndjson.write(&trace, &Options::default(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut told = Vec::new();
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(validator.is_valid(&line), "{line}");
            let id = if line["event"] == "connection" { &line["id"] } else { &line["connection"] };
            if *id == 0 {
                told.push(line["event"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(told, ["handshake", "tls", "exchange", "connection"]);
    }
}
