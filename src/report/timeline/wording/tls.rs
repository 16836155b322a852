//! What is said of a TLS handshake.

use crate::flow::event::Direction;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::tls as words;
use crate::report::timeline::wording::forms::{Wording, with_parts};
use crate::trace::certificates;
use crate::trace::connection::Connection;
use crate::trace::securing::Outcome;
use crate::trace::tls::Tls;
use crate::trace::waterfall::Phase;

pub(super) fn handshake(connection: &Connection) -> Option<Wording> {
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
    let (result, tone) = result(connection, tls);
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

fn result(connection: &Connection, tls: &Tls) -> (Vec<String>, Tone) {
    let outcome = Outcome::of(connection, tls);
    if let Some(forms) = words::failure(&outcome) {
        return (forms, Tone::Bad);
    }
    let mut parts = words::agreed(tls);
    let doubt = worst_doubt(tls);
    let first = usize::from(!parts.is_empty());
    if let Some(doubt) = doubt {
        parts.insert(first, format!("certificate {doubt}"));
    }
    let is_unused = connection.end.is_some()
        && connection.exchanges.is_empty()
        && tls.data.to_server.is_none()
        && tls.early.is_none();
    let is_open = matches!(outcome, Outcome::Open(_));
    if is_open && is_unused {
        parts.insert(first, "never used".to_owned());
    }
    if !is_open {
        parts.insert(first, "end of the handshake not captured".to_owned());
    }
    let tone = match (doubt, is_open && !is_unused) {
        (None, true) => Tone::Plain,
        _ => Tone::Warn,
    };
    (with_parts(&parts), tone)
}

/// The first doubt about the server's certificates that matters.
fn worst_doubt(tls: &Tls) -> Option<&'static str> {
    let chain = tls.certificates(Direction::ToClient)?;
    let at = tls.certified(Direction::ToClient)?;
    let doubts = certificates::doubts(chain, tls.server_name(), at.at);
    let grave = doubts.into_iter().find(|(_, doubt)| words::is_grave(Direction::ToClient, *doubt));
    grave.map(|(_, doubt)| words::doubt(doubt))
}
