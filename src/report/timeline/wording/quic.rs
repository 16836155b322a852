//! What is said of QUIC connections: how they were opened, where they went on, how they were closed.

use crate::flow::event::Direction;
use crate::protocol::quic::version::Version;
use crate::report::text::ink::Tone;
use crate::report::text::{quic as words, tls, units, words as common};
use crate::report::timeline::wording::connection::opens;
use crate::report::timeline::wording::forms::{Wording, one, with_parts};
use crate::report::timeline::wording::tls::worst_doubt;
use crate::trace::connection::Connection;
use crate::trace::model::Trace;
use crate::trace::quic::Quic;
use crate::trace::race::Race;
use crate::trace::resolver::Resolver;
use crate::trace::securing::Outcome;
use crate::trace::waterfall::Phase;

/// The handshake, which opens and secures at once.
pub(super) fn handshake(trace: &Trace, connection: &Connection, quic: &Quic) -> Wording {
    let race = Race::of(trace, connection);
    let (result, tone) = match failed(connection, quic, race) {
        Some(forms) => (forms, Tone::Bad),
        None => opened(trace, connection, quic, race),
    };
    Wording { what: opens(trace, connection), result, tone, ..of(connection, Phase::Connect) }
}

fn of(connection: &Connection, phase: Phase) -> Wording {
    Wording {
        kind: "QUIC".to_owned(),
        phase: Some(phase),
        connection: Some(connection.id),
        ..Wording::default()
    }
}

/// Why it was not opened, the longest form first; none where it was.
fn failed(connection: &Connection, quic: &Quic, race: Option<Race>) -> Option<Vec<String>> {
    let forms = if let Some(refusal) = connection.unreachable() {
        vec![common::refusal(refusal), refusal.reason.clone(), "unreachable".to_owned()]
    } else if connection.unanswered() {
        let sent = connection.counters.to_server.packets;
        let sent = units::count(sent, "packet", "packets");
        vec![
            format!("no answer to {sent}: QUIC is blocked, or nobody speaks it"),
            "no answer".into(),
        ]
    } else {
        let tls = connection.tls.as_deref();
        let outcome = tls.map(|tls| Outcome::of(connection, tls));
        let failure = || outcome.as_ref().and_then(tls::failure);
        no_version(connection, quic).or_else(failure)?
    };
    let Some(race) = race else { return Some(forms) };
    let told = words::race(race);
    let long = forms.iter().zip(&told).map(|(form, told)| format!("{form}, {told}"));
    Some(long.chain(forms.iter().skip(told.len() - 1).cloned()).collect())
}

/// The server does not speak the client's version, and the client none of the server's.
fn no_version(connection: &Connection, quic: &Quic) -> Option<Vec<String>> {
    let said = quic.negotiations.last().filter(|_| connection.connect().is_none())?;
    let speaks = words::listed(&said.versions);
    Some(vec![format!("no common version: the server speaks {speaks}"), "no common version".into()])
}

/// `v1`; the name of a draft stands alone.
fn version(version: Version) -> String {
    let name = version.to_string();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("v{name}") } else { name }
}

/// What came of it: first what is remarkable, then what was agreed on.
fn opened(
    trace: &Trace,
    connection: &Connection,
    quic: &Quic,
    race: Option<Race>,
) -> (Vec<String>, Tone) {
    let tls = connection.tls.as_deref();
    let doubt = tls.and_then(worst_doubt);
    let is_open = connection.connect().is_some();
    let is_unused = connection.never_used();
    let is_lost = matches!(race, Some(Race::Lost { .. }));
    let mut parts = Vec::new();
    parts.extend((!is_open).then(|| "end of the handshake not captured".to_owned()));
    parts.extend((is_open && is_unused).then(|| "never used".to_owned()));
    parts.extend(race.map(words::race).into_iter().filter_map(|forms| forms.into_iter().next()));
    parts.extend((!quic.negotiations.is_empty()).then(|| "after version negotiation".to_owned()));
    parts.extend(quic.retry.map(|_| "after Retry".to_owned()));
    parts.extend(doubt.map(|doubt| format!("certificate {doubt}")));
    parts.extend(Resolver::of(trace, connection).map(tls::resolver));
    parts.extend(quic.version().map(version));
    parts.extend(tls.into_iter().flat_map(tls::agreed));
    let tone = match (doubt, is_open && !is_unused && !is_lost) {
        (None, true) => Tone::Plain,
        _ => Tone::Warn,
    };
    (with_parts(&parts), tone)
}

/// The client went on from another address.
pub(super) fn path(connection: &Connection, nth: u32) -> Option<Wording> {
    let quic = connection.quic.as_deref()?;
    let path = quic.paths.get(nth as usize)?;
    let (client, server) = (path.client, path.server);
    let before = nth.checked_sub(1).and_then(|before| quic.paths.get(before as usize));
    let old =
        before.map_or((connection.client, connection.server), |path| (path.client, path.server));
    let from = if path.client == old.0 { String::new() } else { format!("{} → ", old.0) };
    let to = if server == old.1 { String::new() } else { format!(", server {server}") };
    let how = if path.has_new_id { "migration" } else { "new address" };
    let what = vec![format!("{how}: {from}{client}{to}"), format!("{how} to {client}")];
    let proof = quic.validated(nth as usize);
    let why = if path.has_new_id {
        "the client moved on purpose (new connection ID)"
    } else {
        "same connection ID: a NAT on the way gave it another address, or the client moved"
    };
    let proved = match proof {
        Some(_) => "path proved".to_owned(),
        None => "path not proved".to_owned(),
    };
    let result = vec![format!("{proved}, {why}"), proved];
    let tone = if proof.is_some() { Tone::Note } else { Tone::Warn };
    Some(Wording { what, result, tone, ..of(connection, Phase::Connect) })
}

/// How it was given up.
pub(super) fn close(connection: &Connection, quic: &Quic) -> Wording {
    let reset = quic.reset.filter(|reset| quic.close().is_none_or(|close| reset.at < close.at));
    if let Some(reset) = reset {
        let who = common::sender(reset.by);
        let what = one(format!("reset by {who}"));
        let long = format!("stateless reset: the {who} knows nothing of the connection any more");
        let result = vec![long, "stateless reset".to_owned()];
        return Wording { what, result, tone: Tone::Bad, ..of(connection, Phase::Close) };
    }
    let Some(close) = quic.close() else { return of(connection, Phase::Close) };
    let what = one(format!("close by {}", common::sender(close.by)));
    let other = match close.by {
        Direction::ToServer => Direction::ToClient,
        Direction::ToClient => Direction::ToServer,
    };
    let error = words::error(close.error);
    let reason = words::short_reason(close);
    let answered = quic.closes.iter().any(|close| close.by == other);
    let answered = answered.then(|| "closed by both sides".to_owned());
    let parts: Vec<String> = [error].into_iter().chain(reason).chain(answered).collect();
    let tone = if words::is_usual(close.error) { Tone::Plain } else { Tone::Bad };
    Wording { what, result: with_parts(&parts), tone, ..of(connection, Phase::Close) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_as_people_write_them() {
        for (number, name) in [(1, "v1"), (0x6b33_43cf, "v2"), (0xff00_001d, "draft-29")] {
            assert_eq!(version(Version(number)), name);
        }
    }
}
