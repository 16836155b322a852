//! `--view connections`: one row for each TCP connection and UDP flow.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::flow::event::{Counters, Direction, EndReason, Transport};
use crate::protocol::quic::event::WayMeasures;
use crate::report::format::{Options, Reporter};
use crate::report::text::escape::escape;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Cell, Column, Grid};
use crate::report::text::ink::Tone;
use crate::report::text::{numbers, quic, table, tls as security, units, words};
use crate::time::TimeDelta;
use crate::trace::Trace;
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::id::{ConnectionId, VisitId};
use crate::trace::quic::Quic;
use crate::trace::securing::Outcome;
use crate::trace::upgrade;
use crate::trace::waterfall::{Subject, Waterfall};

/// Writes the connections.
pub struct Connections;

impl Reporter for Connections {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let filter = Filter::of(options);
        let of_visit = options.visit.map(|id| of_visit(trace, id));
        let has_tls = trace.connections.iter().any(|connection| connection.tls.is_some());
        let columns: Vec<Column> =
            COLUMNS.into_iter().filter(|column| has_tls || column.title != TLS).collect();
        let mut grid = Grid::new(&columns);
        let mut questions = 0;
        for connection in &trace.connections {
            let wanted = of_visit.as_ref().is_none_or(|ids| ids.contains(&connection.id));
            if !wanted || !filter.connection(trace, connection) {
                continue;
            }
            if is_question(connection) && options.verbosity == 0 {
                questions += 1;
            } else {
                let mut cells = cells(trace, connection);
                if has_tls {
                    cells.insert(BEFORE_TLS, tls(connection));
                }
                grid.push(cells);
            }
        }
        let mut note = NOTE.to_owned();
        if questions > 0 {
            let flows = units::count(questions, "UDP flow", "UDP flows");
            note = format!("{note}; {flows} of DNS left out, see --view lookups, or -v");
        }
        table::write(&grid, &note, "No connections in this capture.", options, out)
    }
}

const NOTE: &str = "start since the capture began, rtt (server side + client side of the capture) in \
ms; → from client to server, ← back: packets, and bytes of data; lost: rtx sent again, ooo \
out of order, dup duplicate ACKs, zwin zero windows, gap bytes missing in the capture, lost packets of QUIC; frames as \
Wireshark numbers them: 3–6 all of them, 3…6 some of them";

/// The title of the column of TLS, which is there where a connection has TLS.
const TLS: &str = "tls";

/// The columns before it.
const BEFORE_TLS: usize = 7;

const COLUMNS: [Column; 18] = [
    table::number("#", 0),
    table::number("start", 6),
    table::word("", 0),
    table::path("client", 21),
    table::path("server", 21),
    table::words("name", 10, 8),
    table::word("carries", 9),
    table::words(TLS, 8, 10),
    table::number_in_words("rtt", 11),
    table::number("→ packets", 11),
    table::number("→ bytes", 3),
    table::number("← packets", 12),
    table::number("← bytes", 1),
    table::number("requests", 5),
    table::words("lost", 8, 0),
    table::words("closed", 15, 2),
    table::number("lasted", 4),
    table::word("frames", 7),
];

/// The connections that carry a visit or are told with it.
fn of_visit(trace: &Trace, id: VisitId) -> BTreeSet<ConnectionId> {
    let waterfall = Waterfall::of(trace);
    let rows = waterfall.of_visit(id).iter().filter_map(|row| match row.subject {
        Subject::Connect(id)
        | Subject::Tls(id)
        | Subject::Flow(id)
        | Subject::Estimate(id, _)
        | Subject::Path(id, _)
        | Subject::Close(id) => Some(id),
        Subject::Exchange(id) => trace.exchange(id).map(|exchange| exchange.connection),
        Subject::Neighbor(_) | Subject::Lookup(_) => None,
    });
    rows.collect()
}

/// True for datagrams that ask for names: the lookups tell them better.
fn is_question(connection: &Connection) -> bool {
    connection.carries_lookups() && connection.transport == Transport::Udp
}

fn cells(trace: &Trace, connection: &Connection) -> Vec<Cell> {
    let name = upgrade::name(trace, connection);
    let (to_server, to_client) = (&connection.counters.to_server, &connection.counters.to_client);
    let start = connection.opened.at.since(trace.origin());
    let requests = connection.exchanges.len() as u64;
    vec![
        Cell::new(words::connection_number(connection.id)),
        Cell::new(units::position(start)),
        Cell::new(words::transport(connection.transport)),
        Cell::new(connection.client.to_string()),
        Cell::new(connection.server.to_string()),
        Cell::new(name.map_or(String::new(), |name| escape(name).into_owned())),
        Cell::new(connection.protocol.unwrap_or("")),
        round_trip(connection),
        Cell::new(units::grouped(to_server.packets)),
        Cell::new(units::grouped(to_server.bytes)),
        Cell::new(units::grouped(to_client.packets)),
        Cell::new(units::grouped(to_client.bytes)),
        Cell::new(if requests > 0 { units::grouped(requests) } else { String::new() }),
        lost(connection),
        Cell::new(closed(connection)),
        Cell::new(units::span(connection.last.at.since(connection.opened.at))),
        Cell::new(numbers::short(&connection.frames)).in_tone(Tone::Dim),
    ]
}

/// What was agreed in TLS, or what went wrong.
fn tls(connection: &Connection) -> Cell {
    let Some(tls) = connection.tls.as_deref() else { return Cell::new("") };
    let outcome = Outcome::of(connection, tls);
    if let Outcome::GivenUp(close) = outcome {
        return Cell::new(quic::error(close.error)).in_tone(Tone::Bad);
    }
    if let Some(forms) = security::failure(&outcome) {
        // what it means stands in the timeline
        let forms = forms.into_iter().filter(|form| !form.contains(" (")).collect();
        return Cell { forms, tone: Tone::Bad };
    }
    let parts = security::agreed(tls);
    let forms = (1..=parts.len())
        .rev()
        .map(|count| parts.iter().take(count).map(String::as_str).collect::<Vec<_>>().join(", "));
    Cell { forms: forms.collect(), tone: Tone::Plain }
}

/// The round trip of the handshake; of QUIC the shortest ones.
fn halves(connection: &Connection) -> Option<(TimeDelta, TimeDelta)> {
    if let Some(quic) = &connection.quic {
        return quic.shortest(Direction::ToServer).zip(quic.shortest(Direction::ToClient));
    }
    let handshake = connection.handshake.as_ref()?;
    Some((handshake.server_half(), handshake.client_half()))
}

fn round_trip(connection: &Connection) -> Cell {
    if let Some((server, client)) = halves(connection) {
        let (sum, server, client) =
            (units::millis(server + client), units::millis(server), units::millis(client));
        let long = format!("{sum} ({server} + {client})");
        return Cell { forms: vec![long, sum], tone: Tone::Plain };
    }
    if connection.refused.is_some() {
        return Cell::new("refused").in_tone(Tone::Bad);
    }
    if connection.unreachable().is_some() {
        return Cell::new("unreachable").in_tone(Tone::Bad);
    }
    if connection.unanswered() {
        return Cell::new("no answer").in_tone(Tone::Bad);
    }
    Cell::new(if connection.transport == Transport::Tcp { "not seen" } else { "" })
}

fn lost(connection: &Connection) -> Cell {
    let count = |of: fn(&Counters) -> u64| {
        of(&connection.counters.to_server) + of(&connection.counters.to_client)
    };
    let measures = connection.quic.as_ref().and_then(|quic| quic.measures.as_deref());
    let of_quic = |of: fn(&WayMeasures) -> u64| {
        measures.map_or(0, |all| of(&all.ways.to_server) + of(&all.ways.to_client))
    };
    let kinds = [
        ("lost", of_quic(|way| way.lost)),
        ("ooo", of_quic(|way| way.reordered)),
        ("rtx", count(|c| c.retransmissions.into())),
        ("ooo", count(|c| c.out_of_order.into())),
        ("dup", count(|c| c.duplicate_acks.into())),
        ("zwin", count(|c| c.zero_windows.into())),
        ("gap", count(|c| c.gap_bytes)),
    ];
    let kinds = kinds.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = kinds.map(|(name, count)| format!("{name} {count}")).collect();
    Cell::new(parts.join(", ")).in_tone(Tone::Warn)
}

/// Who ended it.
fn closed(connection: &Connection) -> String {
    let has_begun = |quic: &&Quic| quic.answered.is_some() || connection.attempted().is_none();
    if let Some(quic) = connection.quic.as_deref().filter(has_begun) {
        return match (quic.given_up(), quic.reset, connection.end) {
            (Some((at, by)), Some(reset), _) if reset.at == at => {
                format!("reset by {}", words::sender(by))
            }
            (Some((_, by)), ..) => format!("by {}", words::sender(by)),
            (None, _, Some(EndReason::CaptureEnd) | None) => "still open".to_owned(),
            (None, _, Some(_)) => "gone quiet".to_owned(),
        };
    }
    if connection.transport != Transport::Tcp
        || connection.refused.is_some()
        || connection.unanswered()
    {
        return String::new();
    }
    let reset = connection.closing.iter().find(|step| step.kind == CloseKind::Rst);
    if let Some(step) = reset {
        return format!("reset by {}", words::sender(step.direction));
    }
    match (connection.first_close, connection.end) {
        (Some(first), _) => format!("by {}", words::sender(first)),
        (None, Some(EndReason::CaptureEnd) | None) => "still open".to_owned(),
        (None, Some(_)) => "gone quiet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::event::PerDirection;
    use crate::report::fixture::{drawn, keeps_to_every_width, over_quic, secured};

    #[test]
    fn shop_to_a_pipe() {
        insta::assert_snapshot!(drawn(&Connections, &Options::default()));
    }

    #[test]
    fn shop_at_every_width() {
        keeps_to_every_width(&Connections);
        let options = Options { width: Some(110), ..Options::default() };
        insta::assert_snapshot!(drawn(&Connections, &options));
    }

    #[test]
    fn connections_with_tls_say_what_was_agreed() {
        let mut out = Vec::new();
        Connections.write(&secured(), &Options::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn quic_has_its_round_trips_losses_and_closes() {
        let mut out = Vec::new();
        Connections.write(&over_quic(), &Options::default(), &mut out).unwrap();
        insta::assert_snapshot!("quic", String::from_utf8(out).unwrap());
    }

    #[test]
    fn of_quic_that_is_older_than_the_capture_the_close_is_told_and_no_failure() {
        let mut older = over_quic().connections[0].clone();
        let quic = older.quic.as_mut().unwrap();
        (quic.answered, quic.retry) = (None, None);
        older.tls.as_mut().unwrap().finished = PerDirection::default();
        older.tls.as_mut().unwrap().messages.clear();
        assert_eq!(closed(&older), "by client");
        assert_eq!(tls(&older).tone, Tone::Plain);
    }

    #[test]
    fn only_one_host() {
        let options = Options { host: Some("third.test".into()), ..Options::default() };
        let text = drawn(&Connections, &options);
        assert!(text.contains("third.test") && !text.contains("shop.test"), "{text}");
    }
}
