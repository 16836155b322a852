//! The rows of a connection: how it was opened and secured, where it went on, how it was closed.

use crate::flow::event::{Role, Transport};
use crate::time::{FrameNo, Frames, Stamp, Timestamp};
use crate::trace::connection::Connection;
use crate::trace::quic::Quic;
use crate::trace::row::{Phase, Row, Subject};
use crate::trace::securing::Outcome;
use crate::trace::tls::Tls;

/// The row of an opening. None where another row tells it all: a datagram flow of DNS, or a
/// connection with exchanges that is older than the capture.
pub(super) fn open_row(connection: &Connection) -> Option<Row> {
    if let Some(row) = connection.quic.as_deref().and_then(|quic| quic_row(connection, quic)) {
        return Some(row);
    }
    if let Some((syn, ack)) = connection.connect() {
        let handshake = connection.handshake.as_deref()?;
        let proof = [handshake.syn_answered, handshake.syn_ack, ack];
        let frames = connection.syns.iter().copied().chain([syn]).chain(proof);
        let frames = frames.map(|stamp| stamp.frame).collect();
        let row = Row::new(Subject::Connect(connection.id), syn, Some(ack), frames);
        let row = row.then(Phase::Connect, syn.at, ack.at);
        // with TLS its row shows what came of it
        let idle = is_unused(connection) && connection.tls.is_none();
        return Some(if idle { row.then(Phase::Idle, ack.at, closing(connection)) } else { row });
    }
    if let Some(syn) = connection.syns.first().copied() {
        let end = connection.refused;
        let last = connection.syns.last().copied().unwrap_or(syn);
        let to = end.unwrap_or_else(|| connection.last.max(last));
        let stamps = connection.syns.iter().copied().chain(end);
        let frames = stamps.map(|stamp| stamp.frame).collect();
        let row = Row::new(Subject::Connect(connection.id), syn, end, frames);
        return Some(row.then(Phase::Connect, syn.at, to.at));
    }
    let told = !connection.exchanges.is_empty()
        || connection.transport == Transport::Udp && connection.carries_lookups()
        || connection.role == Role::Syn && connection.transport == Transport::Tcp;
    if told {
        return None;
    }
    let (opened, last) = (connection.opened, connection.last);
    let frames = connection.frames.clone();
    let row = Row::new(Subject::Flow(connection.id), opened, Some(last), frames);
    Some(row.then(Phase::Idle, opened.at, last.at))
}

/// The row of QUIC's handshake, which opens and secures at once; none where it is older than the
/// capture.
fn quic_row(connection: &Connection, quic: &Quic) -> Option<Row> {
    let start = connection.attempted()?;
    let tls = connection.tls.as_deref();
    let outcome = tls.map_or(Outcome::Unknown, |tls| Outcome::of(connection, tls));
    let given_up = quic.given_up().filter(|_| outcome == Outcome::Unanswered).map(|(at, _)| at);
    let end = outcome.ended().or(given_up);
    let negotiated = quic.negotiations.iter().map(|said| said.at);
    let told = negotiated.chain(quic.retry.map(|retry| retry.at)).chain(quic.answered).chain(end);
    let mut frames: Frames = [start.frame].into_iter().collect();
    frames.insert_all(told.map(|stamp| stamp.frame));
    frames.insert_all(handshake_frames(tls, end));
    let to = end.map_or(connection.last.at, |end| end.at);
    let row = Row::new(Subject::Connect(connection.id), start, end, frames);
    let row = row.then(Phase::Connect, start.at, to);
    let is_idle = matches!(outcome, Outcome::Open(_)) && is_unused(connection);
    Some(if is_idle { row.then(Phase::Idle, to, closing(connection)) } else { row })
}

/// The frames of the messages of TLS up to the end of the handshake.
fn handshake_frames(tls: Option<&Tls>, end: Option<Stamp>) -> impl Iterator<Item = FrameNo> {
    let messages = tls.into_iter().flat_map(|tls| &tls.messages);
    let shaking = messages.filter(move |m| end.is_none_or(|end| m.span.first <= end));
    shaking.flat_map(|message| message.frames.iter())
}

/// The row of a way: from its first packet until it was proved.
pub(super) fn path_row(connection: &Connection, nth: u32) -> Option<Row> {
    let quic = connection.quic.as_deref()?;
    let path = quic.paths.get(nth as usize)?;
    let proof = quic.validated(nth as usize);
    let end = proof.map(|proof| proof.answered);
    let stamps = [Some(path.at), proof.map(|proof| proof.asked), end];
    let frames = stamps.into_iter().flatten().map(|stamp| stamp.frame);
    let mut proven = Frames::default();
    proven.insert_all(frames);
    let row = Row::new(Subject::Path(connection.id, nth), path.at, end, proven);
    Some(row.then(Phase::Connect, path.at.at, end.unwrap_or(path.at).at))
}

/// No request was seen on it.
fn is_unused(connection: &Connection) -> bool {
    connection.exchanges.is_empty() && !connection.carries_lookups() && !has_estimates(connection)
}

/// What it carried stays closed, and looks like requests.
fn has_estimates(connection: &Connection) -> bool {
    connection.tls.as_ref().is_some_and(|tls| !tls.estimates.is_empty())
}

/// When it began to close, or its last packet.
fn closing(connection: &Connection) -> Timestamp {
    let given_up = connection.quic.as_ref().and_then(|quic| quic.given_up());
    if let Some((at, _)) = given_up {
        return at.at;
    }
    connection.closing.first().map_or(connection.last, |step| step.at).at
}

/// The row of a TLS handshake: from the ClientHello, or the first message that there is, to the end.
/// None where the connection is older than the capture and no handshake came, and for QUIC, which is
/// opened by it.
pub(super) fn tls_row(connection: &Connection) -> Option<Row> {
    let tls = connection.tls.as_deref().filter(|_| connection.quic.is_none())?;
    let first = tls.messages.iter().map(|message| message.span.first).min();
    let start = tls.started().or(first)?;
    let outcome = Outcome::of(connection, tls);
    let end = outcome.ended();
    let mut frames = Frames::default();
    frames.insert_all(handshake_frames(Some(tls), end).chain(end.map(|end| end.frame)));
    let to = end.map_or(connection.last.at, |end| end.at);
    let row =
        Row::new(Subject::Tls(connection.id), start, end, frames).then(Phase::Ssl, start.at, to);
    let is_idle = matches!(outcome, Outcome::Open(_)) && is_unused(connection);
    Some(if is_idle { row.then(Phase::Idle, to, closing(connection)) } else { row })
}

/// The row of an estimate: from the first record up to the last one down.
pub(super) fn estimate_row(connection: &Connection, nth: u32) -> Option<Row> {
    let estimate = connection.tls.as_deref()?.estimates.get(nth as usize)?;
    let (sent, received) = (&estimate.sent, estimate.received.as_ref());
    let mut frames = sent.frames.clone();
    frames.insert_all(received.into_iter().flat_map(|received| received.frames.iter()));
    let start = sent.span.first;
    let end = received.map(|received| received.span.done);
    let row = Row::new(Subject::Estimate(connection.id, nth), start, end, frames);
    let Some(received) = received else {
        return Some(row.then(Phase::Send, start.at, sent.span.last.at));
    };
    let first = received.span.ready.at;
    let asked = sent.span.last.at.min(first);
    let row = row.then(Phase::Send, start.at, asked).then(Phase::Wait, asked, first);
    Some(row.then(Phase::Receive, first, received.span.done.at))
}

/// The first and the last step of a close; none where the row of the opening tells it.
fn closed(connection: &Connection) -> Option<(Stamp, Stamp)> {
    let Some(quic) = connection.quic.as_deref() else {
        return Some((connection.closing.first()?.at, connection.closing.last()?.at));
    };
    let outcome = connection.tls.as_deref().map(|tls| Outcome::of(connection, tls));
    let is_told =
        matches!(outcome, Some(Outcome::GivenUp(_) | Outcome::Reset(..) | Outcome::Unanswered));
    let (first, _) = quic.given_up().filter(|_| !is_told)?;
    Some((first, quic.last_close()?))
}

pub(super) fn close_row(connection: &Connection) -> Option<Row> {
    // A RST that answers the SYN is told by the row of the opening.
    if connection.refused.is_some() {
        return None;
    }
    let (first, last) = closed(connection)?;
    let steps = connection.closing.iter().map(|step| step.at);
    let quic = connection.quic.as_deref();
    let closes = quic.into_iter().flat_map(|quic| quic.closes.iter().map(|close| close.at));
    let reset = quic.and_then(|quic| quic.reset).map(|reset| reset.at);
    let mut frames = Frames::default();
    frames.insert_all(steps.chain(closes).chain(reset).map(|stamp| stamp.frame));
    let row = Row::new(Subject::Close(connection.id), first, Some(last), frames);
    Some(row.then(Phase::Close, first.at, last.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    #[test]
    fn a_close_is_told_once_by_the_opening_that_it_ended_or_by_a_row_of_its_own() {
        let mut refused = over_quic().connections[5].clone();
        assert_eq!(close_row(&refused), None, "the row of the opening tells it");
        assert_eq!(open_row(&refused).and_then(|row| row.end), Some(refused.last));
        let quic = refused.quic.as_mut().unwrap();
        (quic.answered, quic.closes[0].by) = (None, crate::flow::event::Direction::ToServer);
        assert_eq!(close_row(&refused), None, "it was given up, for nothing came");
        assert_eq!(open_row(&refused).and_then(|row| row.end), Some(refused.last));
        // the end of the handshake is not in the capture
        refused.tls.as_mut().unwrap().data.to_server = Some(refused.opened);
        assert_eq!(open_row(&refused).and_then(|row| row.end), None);
        assert_eq!(close_row(&refused).and_then(|row| row.end), Some(refused.last));
    }
}
