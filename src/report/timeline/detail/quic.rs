//! A QUIC connection step by step: handshake, ways, keys, what was counted, close.

use crate::flow::event::Direction;
use crate::protocol::quic::event::{CloseError, IssuedId, WayMeasures};
use crate::report::text::ink::Tone;
use crate::report::text::quic as words;
use crate::report::text::units;
use crate::report::text::words::sender;
use crate::report::timeline::detail::line::Line;
use crate::report::timeline::detail::{measures, tcp, tls};
use crate::time::{Stamp, TimeDelta};
use crate::trace::Trace;
use crate::trace::connection::Connection;
use crate::trace::quic::Quic;
use crate::trace::race::Race;
use crate::trace::stall::{Cause, Stall};
use crate::trace::upgrade::Known;

use Direction::{ToClient, ToServer};

/// The lines below the row of the handshake.
pub(super) fn opening(trace: &Trace, connection: &Connection, quic: &Quic) -> Vec<Line> {
    let start = connection.opened;
    let mut lines = Vec::new();
    first_packet(connection, quic, &mut lines);
    for said in &quic.negotiations {
        let text = format!(
            "the server does not speak that version, frame {}{}: it speaks {}",
            said.at.frame,
            after(said.at, start),
            words::listed(&said.versions)
        );
        lines.push(Line::new(text).in_tone(Tone::Warn));
    }
    if let [_, .., now] = quic.versions.as_slice() {
        let who = if quic.negotiations.is_empty() {
            format!("both ends go on with version {now} (RFC 9368)")
        } else {
            format!("the client begins anew with version {now} (RFC 9000 §6.2)")
        };
        lines.push(Line::new(who));
    }
    if let Some(retry) = quic.retry {
        let false_tag = retry.authentic == Some(false);
        let tag = if false_tag { ", with a false tag: not the server's" } else { "" };
        let text = format!(
            "Retry, frame {}{}: the client shall send a token of {} back, to show where it is{tag}",
            retry.at.frame,
            after(retry.at, start),
            units::count(retry.token.into(), "byte", "bytes"),
        );
        let tone = if false_tag { Tone::Bad } else { Tone::Warn };
        lines.push(Line::new(text).in_tone(tone));
    }
    if let Some(answered) = quic.answered {
        let (frame, after) = (answered.frame, after(answered, start));
        lines.push(Line::new(format!("first packet of the server, frame {frame}{after}")));
    } else if connection.unanswered() && connection.refusals.is_empty() {
        let text = "nothing came back: UDP to or from the server is dropped, or it speaks no QUIC";
        lines.push(Line::new(text).in_tone(Tone::Bad));
    }
    lines.extend(Known::of(trace, connection).map(|known| Line::new(words::known(trace, known))));
    let race = Race::of(trace, connection);
    lines.extend(race.and_then(|race| words::race(race).into_iter().next()).map(Line::new));
    lines.extend(tls::lines(connection));
    early(quic, &mut lines);
    if let Some(at) = quic.confirmed {
        let (frame, after) = (at.frame, after(at, start));
        lines.push(Line::new(format!("server HANDSHAKE_DONE, frame {frame}{after}: confirmed")));
    }
    for way in [ToServer, ToClient] {
        if let Some(parameters) = quic.parameters.of(way) {
            let said = words::parameters(parameters).join(", ");
            lines.push(Line::new(format!("the {} allows: {said}", sender(way))));
        }
    }
    if quic.answered.is_some() {
        lines.extend(measures::vantage(connection));
    }
    tcp::around(trace, connection, &mut lines);
    lines.extend(totals(trace, connection, quic));
    lines
}

fn first_packet(connection: &Connection, quic: &Quic, lines: &mut Vec<Line>) {
    let version = quic.versions.first().map(|version| format!(", version {version}"));
    let id = quic.original().map(|id| format!(", to connection ID {id}"));
    let own = quic.ids.iter().find(|issued| issued.by == ToServer && issued.sequence == Some(0));
    let own = own.map(|issued| format!(", from {}", issued.id));
    let said: String = [version, id, own].into_iter().flatten().collect();
    let frame = connection.opened.frame;
    lines.push(Line::new(format!("first packet of the client, frame {frame}{said}")));
}

fn early(quic: &Quic, lines: &mut Vec<Line>) {
    let text = match quic.early {
        Some(true) => "the server takes the client's early data (0-RTT)",
        Some(false) => "the server does not take the client's early data (0-RTT): sent again",
        None => return,
    };
    let tone = if quic.early == Some(true) { Tone::Plain } else { Tone::Warn };
    lines.push(Line::new(text).in_tone(tone));
}

fn after(at: Stamp, start: Stamp) -> String {
    if at == start {
        return String::new();
    }
    format!(" after {}", units::span(at.at.since(start.at)))
}

/// What a connection carried in its whole life, and what went wrong.
pub(super) fn totals(trace: &Trace, connection: &Connection, quic: &Quic) -> Vec<Line> {
    let mut lines = tcp::totals(trace, connection);
    for way in [ToServer, ToClient] {
        if let Some(measures) = &quic.measures {
            counted(way, measures.ways.of(way), &mut lines);
        }
        updates(quic, way, &mut lines);
        ids(quic, way, &mut lines);
    }
    for way in [ToServer, ToClient] {
        let spins = quic.spins.iter().filter(|spin| spin.direction == way);
        let least = spins.map(|spin| spin.acked.at.since(spin.sent.at).at_least_zero()).min();
        if let Some(least) = least {
            let (least, who) = (units::span(least), sender(way));
            lines.push(Line::new(format!("spin bit of the {who}: round trip {least} or more")));
        }
    }
    lines.extend(stalls(connection));
    lines
}

/// What was counted in one direction.
fn counted(way: Direction, measures: &WayMeasures, lines: &mut Vec<Line>) {
    let who = sender(way);
    let kinds = ["Initial", "0-RTT", "Handshake", "1-RTT"];
    let packets = kinds.into_iter().zip(measures.packets).filter(|(_, count)| *count > 0);
    let packets = packets.map(|(kind, count)| format!("{} {kind}", units::grouped(count)));
    let packets: Vec<String> = packets.collect();
    if packets.is_empty() {
        return;
    }
    // what is in packets that nobody opened is not known
    let (bytes, sealed) = (measures.stream_bytes, measures.sealed);
    let carried = units::count(bytes, "byte", "bytes");
    let carried = match (bytes, sealed) {
        (_, 0) => format!("; {carried} of streams"),
        (0, _) => format!(", {} of them not opened", units::grouped(sealed)),
        _ => format!(
            ", {} of them not opened; {carried} of streams in the others",
            units::grouped(sealed)
        ),
    };
    let trips = measures.round_trip.map(|(least, smoothed)| {
        let (least, smoothed) = (units::span(least), units::span(smoothed));
        format!("; round trip {least} at least, {smoothed} smoothed")
    });
    lines.push(Line::new(format!(
        "QUIC packets of the {who}: {}{carried}{}",
        packets.join(", "),
        trips.unwrap_or_default()
    )));
    let troubles = [
        (measures.lost, "lost"),
        (measures.missed, "not sent, or never seen here"),
        (measures.reordered, "overtaken by others"),
        (measures.duplicates, "came twice"),
    ];
    let troubles = troubles.into_iter().filter(|(count, _)| *count > 0);
    let troubles = troubles.map(|(count, what)| format!("{} {what}", units::grouped(count)));
    let mut troubles: Vec<String> = troubles.collect();
    if measures.resent_bytes > 0 {
        let bytes = units::count(measures.resent_bytes, "byte", "bytes");
        troubles.push(format!("{bytes} sent again"));
    }
    if !troubles.is_empty() {
        let text = format!("of the {who}: {}", troubles.join(", "));
        lines.push(Line::new(text).in_tone(Tone::Warn));
    }
}

/// Changes to new keys.
fn updates(quic: &Quic, way: Direction, lines: &mut Vec<Line>) {
    let of_way = || quic.key_updates.iter().filter(|update| update.by == way);
    let count = of_way().count() as u64;
    if count == 0 {
        return;
    }
    let frames: Vec<String> =
        of_way().take(SHOWN).map(|update| update.at.frame.to_string()).collect();
    let more = if count > SHOWN as u64 { ", …" } else { "" };
    let word = if count == 1 { "frame" } else { "frames" };
    let frames = frames.join(", ");
    let times = units::count(count, "key update", "key updates");
    lines.push(Line::new(format!("{times} of the {} ({word} {frames}{more})", sender(way))));
}

/// The connection IDs that one end gave the other.
fn ids(quic: &Quic, way: Direction, lines: &mut Vec<Line>) {
    let all: Vec<&IssuedId> =
        quic.ids.iter().filter(|id| id.by == way && id.sequence.is_some()).collect();
    let who = sender(way);
    if all.iter().all(|issued| issued.id.is_empty()) {
        let by_address = !all.is_empty();
        let text = format!("no connection ID reaches the {who}: its address does");
        lines.extend(by_address.then(|| Line::new(text)));
        return;
    }
    let shown: Vec<String> = all.iter().take(SHOWN).map(|issued| issued.id.to_string()).collect();
    let more = all.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = shown.join(", ");
    lines.push(Line::new(format!("connection IDs of the {who}: {shown}{more}")));
}

/// What held bytes up, and which stalls are of it.
type Kind = (&'static str, fn(&Stall) -> bool);

/// Times that streams were held up, by cause.
fn stalls(connection: &Connection) -> Vec<Line> {
    let causes: [Kind; 5] = [
        ("lost packets", |stall| matches!(stall.cause, Cause::Loss(_))),
        ("packets that others overtook", |stall| stall.cause == Cause::Reordering),
        ("flow control of their stream", |stall| {
            stall.cause == Cause::StreamWindow && stall.stream.is_some()
        }),
        ("flow control of the connection", |stall| {
            stall.cause == Cause::StreamWindow && stall.stream.is_none()
        }),
        ("the number of streams that are allowed", |stall| stall.cause == Cause::StreamLimit),
    ];
    let mut lines = Vec::new();
    for way in [ToServer, ToClient] {
        for (name, is_it) in causes {
            let of_cause =
                || connection.stalls.iter().filter(|it| it.direction == way && is_it(it));
            let longest = of_cause().map(|stall| stall.to.at.since(stall.from.at)).max();
            let Some(longest) = longest.filter(|longest| *longest > TimeDelta::ZERO) else {
                continue;
            };
            let times = units::count(of_cause().count() as u64, "time", "times");
            let (who, longest) = (sender(way), units::span(longest));
            let text = format!("bytes of the {who} held up {times} by {name}, {longest} at most");
            lines.push(Line::new(text).in_tone(Tone::Warn));
        }
    }
    lines
}

/// The lines below a way that was taken later.
pub(super) fn path(quic: &Quic, nth: u32) -> Vec<Line> {
    let Some(path) = quic.paths.get(nth as usize) else { return Vec::new() };
    let mut lines = vec![Line::new(format!(
        "first packet on this way: frame {}, {} → {}",
        path.at.frame, path.client, path.server
    ))];
    if let Some(proof) = quic.validated(nth as usize) {
        let took = units::span(proof.answered.at.since(proof.asked.at));
        lines.push(Line::new(format!(
            "PATH_CHALLENGE of the {}, frame {}, answered after {took}, frame {}",
            sender(!proof.by),
            proof.asked.frame,
            proof.answered.frame
        )));
    }
    lines
}

/// The lines below the row of a close.
pub(super) fn closing(connection: &Connection, quic: &Quic) -> Vec<Line> {
    let first = quic.given_up().map_or(connection.last, |(at, _)| at);
    let mut lines = Vec::new();
    for close in &quic.closes {
        let caused = match close.error {
            CloseError::Transport { frame: 0, .. } => String::new(),
            CloseError::Transport { frame, .. } => format!(", because of {}", words::frame(frame)),
            CloseError::Application(code) => format!(", code {code:#x} of the application"),
        };
        lines.push(Line::new(format!(
            "CONNECTION_CLOSE: {}{caused}, frame {}{}",
            words::close(close),
            close.at.frame,
            after(close.at, first)
        )));
    }
    if let Some(reset) = quic.reset {
        let (who, frame, after) = (sender(reset.by), reset.at.frame, after(reset.at, first));
        let text = format!("stateless reset of the {who}, frame {frame}{after} (RFC 9000 §10.3)");
        lines.push(Line::new(text).in_tone(Tone::Bad));
    }
    lines
}

/// Things of one kind that are told one by one.
const SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::over_quic;

    fn told(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn what_is_in_packets_that_nobody_opened_is_not_known() {
        let said = |stream_bytes, sealed| {
            let packets = [2, 0, 1, 30];
            let measures = WayMeasures { packets, sealed, stream_bytes, ..WayMeasures::default() };
            let mut lines = Vec::new();
            counted(ToServer, &measures, &mut lines);
            let told = told(&lines).concat();
            told.replace("QUIC packets of the client: 2 Initial, 1 Handshake, 30 1-RTT", "")
        };
        assert_eq!(said(0, 0), "; 0 bytes of streams");
        assert_eq!(said(700, 0), "; 700 bytes of streams");
        assert_eq!(said(0, 31), ", 31 of them not opened");
        assert_eq!(said(700, 3), ", 3 of them not opened; 700 bytes of streams in the others");
    }

    #[test]
    fn a_version_is_changed_by_both_ends_or_for_the_servers_sake() {
        let trace = over_quic();
        let said = |quic: &Quic| {
            let lines = opening(&trace, &trace.connections[4], quic);
            let told = told(&lines);
            let with = |what: &str| told.iter().position(|line| line.contains(what));
            (with("RFC 9368"), with("does not speak that"), with("begins anew with version 2"))
        };
        let mut quic = trace.connections[4].quic.clone().unwrap();
        assert_eq!(said(&quic), (None, Some(1), None));
        quic.versions.push(crate::protocol::quic::version::Version::V2);
        assert_eq!(said(&quic), (None, Some(1), Some(2)));
        quic.negotiations.clear();
        assert_eq!(said(&quic), (Some(1), None, None));
    }
}
