//! `--view connections`: one row for each TCP connection and UDP flow.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::flow::event::{Counters, Direction, EndReason, Transport};
use crate::report::format::{Options, Reporter};
use crate::report::text::escape::escape;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Cell, Column, Grid};
use crate::report::text::ink::Tone;
use crate::report::text::{numbers, table, units, words};
use crate::trace::Trace;
use crate::trace::connection::{CloseKind, Connection};
use crate::trace::id::{ConnectionId, VisitId};
use crate::trace::waterfall::{Subject, Waterfall};

/// Writes the connections.
pub struct Connections;

impl Reporter for Connections {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let filter = Filter::of(options);
        let of_visit = options.visit.map(|id| of_visit(trace, id));
        let mut grid = Grid::new(&COLUMNS);
        for connection in &trace.connections {
            let wanted = of_visit.as_ref().is_none_or(|ids| ids.contains(&connection.id));
            if wanted && filter.connection(trace, connection) {
                grid.push(cells(trace, connection));
            }
        }
        table::write(&grid, NOTE, "No connections in this capture.", options, out)
    }
}

const NOTE: &str = "start since the capture began, rtt (server side + client side of the capture) and \
lasted in ms; → from client to server, ← back: packets, and bytes of data; lost: rtx sent again, ooo \
out of order, dup duplicate ACKs, zwin zero windows, gap bytes missing in the capture; frames as \
Wireshark numbers them: 3–6 all of them, 3…6 some of them";

const COLUMNS: [Column; 15] = [
    table::number("#", 0),
    table::number("start", 6),
    table::word("", 0),
    table::words("client"),
    table::words("server"),
    table::words("name"),
    table::word("carries", 7),
    table::number("rtt", 0),
    table::number("→ packets", 9),
    table::number("→ bytes", 3),
    table::number("← packets", 10),
    table::number("← bytes", 2),
    table::number("requests", 5),
    table::words("lost"),
    table::words("closed"),
];

/// The connections that carry a visit or are told with it.
fn of_visit(trace: &Trace, id: VisitId) -> BTreeSet<ConnectionId> {
    let waterfall = Waterfall::of(trace);
    let rows = waterfall.of_visit(id).iter().filter_map(|row| match row.subject {
        Subject::Connect(id) | Subject::Flow(id) | Subject::Close(id) => Some(id),
        Subject::Exchange(id) => trace.exchange(id).map(|exchange| exchange.connection),
        Subject::Neighbor(_) | Subject::Lookup(_) => None,
    });
    rows.collect()
}

fn cells(trace: &Trace, connection: &Connection) -> Vec<Cell> {
    let name = connection.resolution.and_then(|id| trace.resolution(id));
    let (to_server, to_client) = (&connection.counters.to_server, &connection.counters.to_client);
    let start = connection.opened.at.since(trace.origin());
    let requests = connection.exchanges.len() as u64;
    let (lost, closed) = (lost(connection), closed(connection));
    vec![
        Cell::new(words::connection_number(connection.id)),
        Cell::new(units::position(start)),
        Cell::new(words::transport(connection.transport)),
        Cell::new(connection.client.to_string()),
        Cell::new(connection.server.to_string()),
        Cell::new(name.map_or(String::new(), |name| escape(&name.name).into_owned())),
        Cell::new(connection.protocol.unwrap_or("")),
        round_trip(connection),
        Cell::new(units::grouped(to_server.packets)),
        Cell::new(units::grouped(to_server.bytes)),
        Cell::new(units::grouped(to_client.packets)),
        Cell::new(units::grouped(to_client.bytes)),
        Cell::new(if requests > 0 { units::grouped(requests) } else { String::new() }),
        lost,
        closed,
    ]
}

fn round_trip(connection: &Connection) -> Cell {
    if let Some(handshake) = &connection.handshake {
        let (server, client) = (handshake.server_half(), handshake.client_half());
        let (sum, server, client) =
            (units::millis(server + client), units::millis(server), units::millis(client));
        let long = format!("{sum} ({server} + {client})");
        return Cell { forms: vec![long], tone: Tone::Plain };
    }
    if connection.refused.is_some() {
        return Cell::new("refused").in_tone(Tone::Bad);
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
    let kinds = [
        ("rtx", count(|c| c.retransmissions)),
        ("ooo", count(|c| c.out_of_order)),
        ("dup", count(|c| c.duplicate_acks)),
        ("zwin", count(|c| c.zero_windows)),
        ("gap", count(|c| c.gap_bytes)),
    ];
    let kinds = kinds.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = kinds.map(|(name, count)| format!("{name} {count}")).collect();
    Cell::new(parts.join(", ")).in_tone(Tone::Warn)
}

fn closed(connection: &Connection) -> Cell {
    let lasted = units::span(connection.last.at.since(connection.opened.at));
    let frames = numbers::short(&connection.frames);
    let reset = connection.closing.iter().find(|step| step.kind == CloseKind::Rst);
    let who = |way: Direction| words::sender(way);
    let how = if connection.refused.is_some() {
        String::new()
    } else if let Some(step) = reset {
        format!("reset by {}", who(step.direction))
    } else if let Some(first) = connection.first_close {
        format!("by {}", who(first))
    } else {
        match connection.end {
            Some(EndReason::CaptureEnd) | None if connection.transport == Transport::Tcp => {
                "open at the end".to_owned()
            }
            Some(EndReason::Idle | EndReason::Evicted | EndReason::Reused) => {
                "gone quiet".to_owned()
            }
            _ => String::new(),
        }
    };
    let head = if how.is_empty() { lasted.clone() } else { format!("{how} after {lasted}") };
    Cell { forms: vec![format!("{head}, frames {frames}"), head, how], tone: Tone::Plain }
}
