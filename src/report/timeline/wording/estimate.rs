//! What is said of requests that stay closed.

use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::timeline::wording::forms::Wording;
use crate::trace::connection::Connection;
use crate::trace::waterfall::Phase;

/// A burst of records: all that is said of it is marked as an estimate.
pub(super) fn burst(connection: &Connection, nth: u32) -> Option<Wording> {
    let tls = connection.tls.as_deref()?;
    let estimate = tls.estimates.get(nth as usize)?;
    let host = match tls.server_name() {
        Some(name) => escape(name).into_owned(),
        None => connection.server.to_string(),
    };
    let requests = units::count(u64::from(estimate.requests), "request", "requests");
    let sent = units::bytes(estimate.sent.bytes);
    let result = match &estimate.received {
        Some(received) => {
            let received = units::bytes(received.bytes);
            vec![
                format!("~{sent} sent, ~{received} received (estimated: no keys)"),
                format!("~{sent} sent, ~{received} received"),
                format!("~{received}"),
            ]
        }
        None => vec![
            format!("~{sent} sent, nothing received (estimated: no keys)"),
            format!("~{sent} sent, nothing received"),
            format!("~{sent}"),
        ],
    };
    Some(Wording {
        kind: "~".to_owned(),
        phase: Some(Phase::Wait),
        what: vec![format!("~{requests} to {host}"), format!("~{requests}")],
        result,
        tone: Tone::Dim,
        connection: Some(connection.id),
        ..Wording::default()
    })
}
