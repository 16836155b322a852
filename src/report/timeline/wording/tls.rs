//! What is said of a TLS handshake.

use crate::flow::event::Direction;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::tls as words;
use crate::report::timeline::wording::forms::{Wording, with_parts};
use crate::trace::Trace;
use crate::trace::certificates;
use crate::trace::connection::Connection;
use crate::trace::resolver::Resolver;
use crate::trace::securing::Outcome;
use crate::trace::tls::Tls;
use crate::trace::waterfall::Phase;

pub(super) fn handshake(trace: &Trace, connection: &Connection) -> Option<Wording> {
    let tls = connection.tls.as_deref()?;
    let what = match tls.server_name() {
        Some(name) => {
            let name = escape(name).into_owned();
            vec![format!("handshake with {name}"), name]
        }
        None => {
            vec![format!("handshake with {}", connection.server), connection.server.to_string()]
        }
    };
    let (result, tone) = result(trace, connection, tls);
    Some(Wording {
        kind: "TLS".to_owned(),
        phase: Some(Phase::Ssl),
        what,
        result,
        tone,
        connection: Some(connection.id),
        ..Wording::default()
    })
}

/// What came of it: first what is remarkable, then what was agreed on.
fn result(trace: &Trace, connection: &Connection, tls: &Tls) -> (Vec<String>, Tone) {
    let outcome = Outcome::of(connection, tls);
    if let Some(forms) = words::failure(&outcome) {
        return (forms, Tone::Bad);
    }
    let doubt = worst_doubt(tls);
    let is_open = matches!(outcome, Outcome::Open(_));
    let is_unused = connection.never_used();
    let mut parts = Vec::new();
    parts.extend((!is_open).then(|| "end of the handshake not captured".to_owned()));
    parts.extend((is_open && is_unused).then(|| "never used".to_owned()));
    parts.extend(doubt.map(|doubt| format!("certificate {doubt}")));
    parts.extend(Resolver::of(trace, connection).map(words::resolver));
    parts.extend(words::agreed(tls));
    let tone = match (doubt, is_open && !is_unused) {
        (None, true) => Tone::Plain,
        _ => Tone::Warn,
    };
    (with_parts(&parts), tone)
}

/// The first doubt about the server's certificates that matters.
pub(super) fn worst_doubt(tls: &Tls) -> Option<&'static str> {
    let chain = tls.certificates(Direction::ToClient)?;
    let at = tls.certified(Direction::ToClient)?;
    let doubts = certificates::doubts(chain, tls.server_name(), at.at);
    let grave = doubts.into_iter().find(|(_, doubt)| words::is_grave(Direction::ToClient, *doubt));
    grave.map(|(_, doubt)| words::doubt(doubt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tls::message::Body;
    use crate::report::fixture::secured;

    #[test]
    fn what_is_remarkable_comes_first() {
        let mut trace = secured();
        let tls = trace.connections[4].tls.as_mut().unwrap();
        let Body::ClientHello(hello) = &mut tls.messages[0].body else { panic!("a hello") };
        hello.server_name = Some("dns.google".into());
        let said = |trace: &Trace, nth: usize| {
            let wording = handshake(trace, &trace.connections[nth]).unwrap();
            (wording.result.into_iter().next().unwrap_or_default(), wording.tone)
        };
        let (row, tone) = said(&trace, 4);
        let begins = "never used, DNS over HTTPS resolver of Google, TLSv1.3, resumed, 1-RTT, ";
        assert!(row.starts_with(begins), "{row}");
        assert_eq!(tone, Tone::Warn);
        trace.connections[4].server.port = 853;
        let tls = trace.connections[4].tls.as_mut().unwrap();
        let Body::ClientHello(hello) = &mut tls.messages[0].body else { panic!("a hello") };
        hello.server_name = None;
        let (row, _) = said(&trace, 4);
        assert!(row.starts_with("never used, DNS over TLS resolver, TLSv1.3, "), "{row}");
        assert!(said(&trace, 0).0.starts_with("certificate not valid yet, TLSv1.3, h2, "));
    }
}
