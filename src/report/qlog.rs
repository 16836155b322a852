//! qlog: what was said on each QUIC connection, packet by packet, for qvis and its like.
//!
//! Takes a trace, gives a JSON text sequence (RFC 7464) for each connection, as
//! draft-ietf-quic-qlog-main-schema has it: one record with what is true of all, then one for each
//! event in order of time. Versions and names are those of qlog 0.3 (draft-02), which tools read:
//! later drafts call `transport:` `quic:`. A sequence holds one connection, so that several take
//! several files. The place is the network, and the side whose story is told the client: what it
//! sends is `packet_sent`.

mod event;
mod frame;

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::report::format::{Options, Reporter};
use crate::report::json::printable;
use crate::report::selection::Selection;
use crate::time::Timestamp;
use crate::trace::connection::Connection;
use crate::trace::{ConnectionId, Trace};

/// Writes qlog.
#[derive(Clone, Copy, Debug)]
pub struct Qlog;

impl Reporter for Qlog {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        for id in self.files(trace, options).into_iter().flatten() {
            if let Some(connection) = trace.connection(id) {
                sequence(trace, connection, out)?;
            }
        }
        out.flush()
    }

    fn needs_quic_packets(&self) -> bool {
        true
    }

    fn files(&self, trace: &Trace, options: &Options) -> Option<Vec<ConnectionId>> {
        let selection = Selection::of(trace, options);
        let quic = trace.connections.iter().filter(|connection| connection.quic.is_some());
        let quic = quic.filter(|connection| selection.connection(connection.id));
        Some(quic.map(|connection| connection.id).collect())
    }
}

/// Writes one connection.
fn sequence(trace: &Trace, connection: &Connection, out: &mut dyn Write) -> io::Result<()> {
    record(&header(trace, connection), out)?;
    for (_, event) in event::all(trace, connection) {
        record(&event, out)?;
    }
    Ok(())
}

/// One record of a sequence: RS, a JSON text, LF (RFC 7464 §2.2).
fn record(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\x1e")?;
    printable::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// What is true of all events.
fn header(trace: &Trace, connection: &Connection) -> Value {
    let original = connection.quic.as_ref().and_then(|quic| quic.original());
    let group = original.map_or_else(|| connection.flow.to_string(), |id| id.to_string());
    // of a connection that is older than the capture it is not known
    let original = original.map(|_| group.clone());
    let file = trace.capture.source.files.first().map(|file| file.name.as_str());
    let ends = format!("{} → {}", connection.client, connection.server);
    let is_http3 = connection.protocol == Some("http3");
    let protocols = if is_http3 { json!(["QUIC", "HTTP3"]) } else { json!(["QUIC"]) };
    let since = connection.opened.at.since(Timestamp::default());
    let mut fields = json!({
        "group_id": group,
        "protocol_type": protocols,
        "time_format": "relative",
        "reference_time": since.as_millis_f64(),
    });
    if let (Some(fields), Some(original)) = (fields.as_object_mut(), original) {
        fields.insert("ODCID".to_owned(), original.into());
    }
    json!({
        "qlog_version": "0.3",
        "qlog_format": "JSON-SEQ",
        "title": format!("connection {}: {ends}", connection.id.0),
        "code_version": "urltrace",
        "trace": {
            "title": file.unwrap_or_default(),
            "vantage_point": { "type": "network", "flow": "client" },
            "common_fields": fields,
        },
    })
}

#[cfg(test)]
mod tests;
