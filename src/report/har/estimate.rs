//! Exchanges that stay closed: HAR has no entry without a URL and a method, so they have a list of
//! their own, `_estimated`, each with what is known of where it went.

use std::net::IpAddr;

use serde::Serialize;

use crate::report::har::date::{Digits, Iso};
use crate::report::json::estimate::EstimatedExchange;
use crate::report::json::value::Text;
use crate::report::selection::Selection;
use crate::trace::Trace;

/// One of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Estimated<'a> {
    started_date_time: Iso,
    /// Whom the client asked for (SNI).
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(rename = "serverIPAddress")]
    server: IpAddr,
    connection: Text<u32>,
    #[serde(flatten)]
    exchange: EstimatedExchange<'a>,
}

/// Those of the connections that are selected, in order of their start.
pub(super) fn all<'a>(trace: &'a Trace, selection: &Selection) -> Vec<Estimated<'a>> {
    let connections = trace.connections.iter().filter(|it| selection.connection(it.id));
    let mut all: Vec<Estimated<'a>> = connections
        .flat_map(|connection| {
            let tls = connection.tls.as_deref();
            let estimates = tls.into_iter().flat_map(|tls| &tls.estimates);
            estimates.map(move |estimate| Estimated {
                started_date_time: Iso { at: estimate.sent.span.first.at, digits: Digits::Nanos },
                host: tls.and_then(|tls| tls.server_name()),
                server: connection.server.ip,
                connection: Text(connection.id.0),
                exchange: estimate.into(),
            })
        })
        .collect();
    all.sort_by_key(|one| one.started_date_time.at);
    all
}
