//! `--view lookups`: one row for each DNS question.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::protocol::dns::message::RecordType;
use crate::report::format::{Options, Reporter};
use crate::report::text::escape::escape;
use crate::report::text::filter::Filter;
use crate::report::text::grid::{Cell, Column, Grid};
use crate::report::text::ink::Tone;
use crate::report::text::{numbers, table, units, words};
use crate::trace::Trace;
use crate::trace::id::{ResolutionId, VisitId};
use crate::trace::lookup::{Lookup, Outcome};
use crate::trace::waterfall::{Subject, Waterfall};

/// Writes the lookups.
pub struct Lookups;

impl Reporter for Lookups {
    fn write(&self, trace: &Trace, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let filter = Filter::of(options);
        let of_visit = options.visit.map(|id| of_visit(trace, id));
        let mut grid = Grid::new(&COLUMNS);
        for lookup in &trace.lookups {
            let wanted = of_visit.as_ref().is_none_or(|ids| ids.contains(&lookup.resolution));
            let resolution = trace.resolution(lookup.resolution);
            if wanted && resolution.is_some_and(|resolution| filter.resolution(trace, resolution)) {
                grid.push(cells(trace, lookup));
            }
        }
        table::write(&grid, NOTE, "No lookups in this capture.", options, out)
    }
}

const NOTE: &str = "start since the capture began, and took, in ms from the first query to the answer; \
questions with the same # were asked together; by: authority is a server that knows the name \
itself, resolver one that asks others or remembers";

const COLUMNS: [Column; 11] = [
    table::number("#", 6),
    table::number("start", 5),
    table::number("took", 0),
    table::word("", 7),
    table::path("name", 16),
    table::word("type", 0),
    table::words("answer", 14, 0),
    table::word("by", 2),
    table::number("ttl", 1),
    table::number("tries", 3),
    table::word("frames", 4),
];

fn of_visit(trace: &Trace, id: VisitId) -> BTreeSet<ResolutionId> {
    let waterfall = Waterfall::of(trace);
    let rows = waterfall.of_visit(id).iter().filter_map(|row| match row.subject {
        Subject::Lookup(id) => Some(id),
        _ => None,
    });
    rows.collect()
}

fn cells(trace: &Trace, lookup: &Lookup) -> Vec<Cell> {
    let start = lookup.started().map(|start| start.at.since(trace.origin()));
    let queries = lookup.attempts.iter().filter(|attempt| attempt.query.is_some()).count();
    let stream = lookup.attempts.iter().rev().find(|attempt| attempt.over.is_stream());
    let tries = match stream {
        Some(attempt) => format!("{queries} {}", attempt.over.name()),
        None => queries.to_string(),
    };
    let source = lookup.source().map_or("", words::source_word);
    vec![
        Cell::new(words::resolution_number(lookup.resolution)),
        Cell::new(start.map_or(String::new(), units::position)),
        Cell::new(lookup.duration().map_or_else(|| "–".to_owned(), units::millis)),
        Cell::new(words::flavor(lookup.flavor)),
        Cell::new(escape(&lookup.name)),
        Cell::new(lookup.rtype.to_string()),
        answer(lookup),
        Cell::new(source),
        Cell::new(lookup.ttl().map_or(String::new(), units::ttl)),
        Cell::new(tries),
        Cell::new(numbers::short(&lookup.frames)).in_tone(Tone::Dim),
    ]
}

/// What was answered, each record of the type asked for; the alias chain before it.
fn answer(lookup: &Lookup) -> Cell {
    if let Some((long, short)) = words::failure(lookup) {
        let tone = match lookup.outcome() {
            Outcome::NoData => Tone::Plain,
            _ => Tone::Bad,
        };
        return Cell { forms: vec![long, short], tone };
    }
    let records = lookup.answer.iter().flat_map(|answer| &answer.records);
    let (aliases, direct): (Vec<_>, Vec<_>) = records
        .partition(|record| record.rtype == RecordType::CNAME && lookup.rtype != RecordType::CNAME);
    let direct =
        direct.iter().filter(|r| r.rtype == lookup.rtype || lookup.rtype == RecordType::ANY);
    let direct: Vec<String> = direct.map(|record| words::record_data(&record.data)).collect();
    let all = direct.join(", ");
    let first = match direct.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => format!("{first} +{}", rest.len()),
        _ => all.clone(),
    };
    let mut forms = Vec::new();
    if !aliases.is_empty() {
        let chain = aliases.iter().map(|record| words::record_data(&record.data));
        forms.push(format!("{} → {all}", chain.collect::<Vec<_>>().join(" → ")));
    }
    forms.extend([all, first]);
    forms.dedup();
    Cell { forms, tone: Tone::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{drawn, keeps_to_every_width};

    #[test]
    fn shop_to_a_pipe() {
        insta::assert_snapshot!(drawn(&Lookups, &Options::default()));
    }

    #[test]
    fn shop_at_every_width() {
        keeps_to_every_width(&Lookups);
        let options = Options { width: Some(110), ..Options::default() };
        insta::assert_snapshot!(drawn(&Lookups, &options));
    }

    #[test]
    fn only_one_host() {
        let options = Options { host: Some("third.test".into()), ..Options::default() };
        let text = drawn(&Lookups, &options);
        assert!(text.contains("third.test") && !text.contains("shop.test"), "{text}");
    }
}
