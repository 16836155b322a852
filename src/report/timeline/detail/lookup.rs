//! Every question of a lookup, every attempt, every record, and who answered.

use crate::protocol::dns::message::RecordData;
use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::text::words;
use crate::report::timeline::detail::line::Line;
use crate::trace::Trace;
use crate::trace::lookup::{Answer, Attempt, Lookup, Outcome, Resolution};

/// The lines below its row.
pub(super) fn lines(trace: &Trace, resolution: &Resolution) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(first) = resolution.asked_for.and_then(|id| trace.resolution(id)) {
        let frame = first.started.frame;
        lines.push(Line::new(format!(
            "passed on by a resolver on the client's own host, which was asked in frame {frame} \
             (inferred: that question was open)"
        )));
    }
    for lookup in resolution.lookups.iter().filter_map(|id| trace.lookup(*id)) {
        question(lookup, &mut lines);
    }
    lines
}

fn question(lookup: &Lookup, lines: &mut Vec<Line>) {
    let first = lookup.started();
    for (i, attempt) in lookup.attempts.iter().enumerate() {
        let head = if i == 0 {
            let name = escape(&lookup.name);
            format!("{} {} {name}: ", lookup.class, lookup.rtype)
        } else {
            let after = attempt.query.zip(first).map_or_else(String::new, |(query, first)| {
                format!(" after {}", units::span(query.at.since(first.at)))
            });
            format!("again{after}: ")
        };
        let last = i + 1 == lookup.attempts.len();
        let line = Line { depth: usize::from(i > 0), ..Line::new(head + &said(attempt, last)) };
        let bad = attempt.response.is_none();
        lines.push(if bad { line.in_tone(Tone::Bad) } else { line });
    }
    if let Some(answer) = &lookup.answer {
        answered(lookup, answer, lines);
    }
}

fn said(attempt: &Attempt, last: bool) -> String {
    let over = attempt.over.name();
    let id = attempt.transaction_id;
    let asked = match attempt.query {
        Some(query) => format!(
            "asked {} over {over} in frame {} (id 0x{id:04x})",
            attempt.resolver, query.frame
        ),
        None => {
            format!("question to {} over {over} not captured (id 0x{id:04x})", attempt.resolver)
        }
    };
    let Some(response) = attempt.response else {
        if let Some(refusal) = &attempt.refusal {
            return format!("{asked}: {}", words::refusal(refusal));
        }
        let end = if last { "no answer in this capture" } else { "no answer in time" };
        return format!("{asked}, {end}");
    };
    let after = attempt.query.map_or_else(String::new, |query| {
        format!(" after {}", units::span(response.at.since(query.at)))
    });
    let rcode = attempt.rcode.map_or_else(String::new, |rcode| format!(", {rcode}"));
    let cut = if attempt.truncated { ", truncated: to be asked over TCP" } else { "" };
    format!("{asked}, answered in frame {}{after}{rcode}{cut}", response.frame)
}

fn answered(lookup: &Lookup, answer: &Answer, lines: &mut Vec<Line>) {
    for record in &answer.records {
        lines.push(Line::below(words::record(record)));
    }
    if let Some((why, _)) = words::failure(lookup) {
        lines.push(Line::below(why).in_tone(Tone::Warn));
    }
    for record in &answer.authority {
        lines.push(Line::below(format!("authority: {}", words::record(record))));
    }
    for record in &answer.additional {
        lines.push(Line::below(format!("additional: {}", words::record(record))));
    }
    let negative = matches!(lookup.outcome(), Outcome::NoData | Outcome::NxDomain);
    if negative {
        let soa = answer.authority.iter().any(|r| matches!(r.data, RecordData::Soa { .. }));
        lines.push(Line::below(match (soa, lookup.ttl()) {
            (true, Some(ttl)) => {
                let ttl = units::ttl(ttl);
                format!("that it does not exist may be remembered for {ttl} (SOA, RFC 2308)")
            }
            _ => "no SOA: that it does not exist may not be remembered (RFC 2308)".to_owned(),
        }));
    }
    for (code, words) in answer.edns.iter().flat_map(|edns| &edns.options) {
        // cookies and padding tell nothing of the answer
        if !matches!(code, 10 | 12) {
            lines.push(Line::below(format!("EDNS: {}", escape(words))));
        }
    }
    if let Some(source) = lookup.source() {
        let valid = if answer.flags.authentic_data { "; validated by DNSSEC (AD)" } else { "" };
        lines.push(Line::below(format!("{}{valid}", words::source(source))));
    }
    if answer.incomplete {
        lines.push(Line::below("records are missing at the end of the answer").in_tone(Tone::Warn));
    }
}
