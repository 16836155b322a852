//! Records of application data that stay closed: what they look like is estimated.

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::tls::connection::messages::say;
use crate::protocol::tls::connection::state::Connection;
use crate::protocol::tls::estimate::{Estimator, Inside};
use crate::protocol::tls::event::TlsEvent;
use crate::protocol::tls::names::Version;
use crate::protocol::tls::record::Record;

impl Connection {
    /// Bytes of the application that stay closed: they may be those of exchanges.
    pub(super) fn closed_data(&mut self, way: Direction, record: &Record, cx: &mut Context<'_>) {
        self.tell_data(way, record, cx);
        if self.refuses(self.sides.of(way).epoch) {
            return;
        }
        let Some(inside) = self.may_be_inside(cx) else { return };
        let is_13 = self.version().is_none_or(|version| version == Version::TLS_1_3);
        let estimator = self.estimator.get_or_insert_with(|| {
            let added = if is_13 { ADDED_1_3 } else { ADDED };
            Estimator::new(inside, added, is_13).into()
        });
        let size = record.header.length() as u64;
        if let Some(burst) = estimator.record(way, size, record.span, &record.frames) {
            say(TlsEvent::Estimate(burst), cx);
        }
    }

    /// The version of HTTP that may be inside; none where it is something else, or anything.
    fn may_be_inside(&self, cx: &Context<'_>) -> Option<Inside> {
        match self.alpn.as_deref() {
            Some("h2") => Some(Inside::Http2),
            Some(alpn) => alpn.starts_with("http/1").then_some(Inside::Http1),
            None => {
                let may_be = self.client.as_ref().is_none_or(|client| client.may_be_http);
                (may_be && WEB.contains(&cx.flow.server.port)).then_some(Inside::Either)
            }
        }
    }

    /// No more records come: what is left of the estimates is said.
    pub(super) fn end_estimates(&mut self, cx: &mut Context<'_>) {
        let last = self.estimator.take().and_then(|mut estimator| estimator.finish());
        if let Some(burst) = last {
            say(TlsEvent::Estimate(burst), cx);
        }
    }
}

/// Ports on which TLS without a name for what is in it is taken for HTTP.
const WEB: [u16; 2] = [443, 8443];

/// Bytes that TLS 1.3 adds to a record: the content type and a tag (RFC 8446 §5.2); all of its
/// usual suites have tags of 16.
const ADDED_1_3: u64 = 17;

/// Bytes that TLS 1.2 adds as a rule: a nonce of 8 and a tag of 16 (RFC 5288 §3).
const ADDED: u64 = 24;
