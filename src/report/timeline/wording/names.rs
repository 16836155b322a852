//! What is said of questions: for hardware addresses and for names.

use std::net::IpAddr;

use crate::report::text::escape::escape;
use crate::report::text::ink::Tone;
use crate::report::text::units;
use crate::report::text::words;
use crate::report::timeline::wording::forms::{Wording, one, with_asides};
use crate::trace::lookup::{Lookup, Outcome, Resolution};
use crate::trace::model::Trace;
use crate::trace::neighbor::{Neighbor, NeighborKind};
use crate::trace::waterfall::Phase;

pub(super) fn neighbor(neighbor: &Neighbor) -> Wording {
    let target = neighbor.target;
    let what = match neighbor.kind {
        NeighborKind::Resolution => format!("who has {target}?"),
        NeighborKind::UnaskedReply => format!("{target} answers, though nobody asked"),
        NeighborKind::Announcement => format!("{target} announces itself"),
        NeighborKind::Probe => format!("is {target} free?"),
        NeighborKind::Router => format!("{target} says that it is a router"),
    };
    let requests = neighbor.requests.len() as u64;
    let (result, tone) = match (neighbor.reply, neighbor.kind) {
        (None, NeighborKind::Probe) => (one("no reply: free"), Tone::Good),
        (None, _) => {
            let times = units::count(requests, "request", "requests");
            (vec![format!("no reply to {times}"), "no reply".to_owned()], Tone::Bad)
        }
        (Some((_, mac)), kind) => {
            let mut asides = Vec::new();
            if neighbor.gateway {
                asides.push("the gateway".to_owned());
            }
            if requests > 1 {
                asides.push(format!("after {requests} requests"));
            }
            let others = neighbor.more_replies.iter().filter(|(_, other)| *other != mac);
            let conflict = others.map(|(_, other)| format!("conflict: {other} too")).next();
            let taken = kind == NeighborKind::Probe;
            let tone = if conflict.is_some() || taken { Tone::Bad } else { Tone::Plain };
            asides.extend(conflict);
            for (prefix, length) in &neighbor.prefixes {
                asides.push(format!("prefix {prefix}/{length}"));
            }
            let first = if taken { format!("taken by {mac}") } else { mac.to_string() };
            (with_asides(&first, &asides), tone)
        }
    };
    Wording {
        kind: words::method(neighbor.method).to_owned(),
        phase: Some(Phase::Neighbor),
        what: vec![what, target.to_string()],
        result,
        tone,
        ..Wording::default()
    }
}

pub(super) fn lookup(trace: &Trace, resolution: &Resolution) -> Wording {
    let lookups: Vec<&Lookup> =
        resolution.lookups.iter().filter_map(|id| trace.lookup(*id)).collect();
    let name = escape(&resolution.name);
    let flavor = lookups.first().map_or("DNS", |lookup| words::flavor(lookup.flavor));
    let (result, tone) = lookup_result(resolution, &lookups);
    Wording {
        kind: flavor.to_owned(),
        phase: Some(Phase::Dns),
        what: vec![format!("{name} {}", words::types(&lookups)), name.into_owned()],
        result,
        tone,
        ..Wording::default()
    }
}

fn lookup_result(resolution: &Resolution, lookups: &[&Lookup]) -> (Vec<String>, Tone) {
    let answered: Vec<&&Lookup> =
        lookups.iter().filter(|lookup| lookup.outcome() == Outcome::Answered).collect();
    let attempts = lookups.iter().map(|lookup| lookup.attempts.len()).max().unwrap_or(0);
    if answered.is_empty() {
        let Some((long, short)) = lookups.iter().find_map(|lookup| words::failure(lookup)) else {
            return (Vec::new(), Tone::Plain);
        };
        let no_data = lookups.iter().all(|lookup| lookup.outcome() == Outcome::NoData);
        let mut all: Vec<String> =
            lookups.iter().filter_map(|lookup| words::failure(lookup)).map(|(l, _)| l).collect();
        all.dedup();
        let mut forms = vec![all.join("; "), long, short];
        if no_data {
            let types = words::types(lookups).replace(' ', " or ");
            forms = vec![
                format!("no {types} record, though the name exists"),
                format!("no {types} record"),
                "no record".to_owned(),
            ];
        }
        forms.dedup();
        return (forms, if no_data { Tone::Warn } else { Tone::Bad });
    }
    let mut addresses: Vec<IpAddr> = answered.iter().flat_map(|l| l.addresses()).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    let mut heads: Vec<String> = Vec::new();
    if let Some(first) = addresses.first() {
        let all = addresses.iter().take(4).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = addresses.len() - 1;
        match more {
            0 => heads.push(first.to_string()),
            1..=3 => heads.extend([all, format!("{first} +{more}")]),
            _ => heads.extend([format!("{all} +{}", more - 3), format!("{first} +{more}")]),
        }
    } else {
        let records = answered.iter().filter_map(|lookup| {
            let answer = lookup.answer.as_ref()?;
            answer.records.iter().find(|record| record.rtype == lookup.rtype)
        });
        heads.extend(records.map(|record| words::record_data(&record.data)).take(1));
    }
    let mut asides = Vec::new();
    if attempts > 1 {
        asides.push(format!("{attempts} queries"));
    }
    let alias = answered.iter().find_map(|lookup| {
        let records = &lookup.answer.as_ref()?.records;
        let named = records.iter().find(|record| record.rtype == lookup.rtype)?;
        (!named.name.eq_ignore_ascii_case(&lookup.name)).then(|| escape(&named.name).into_owned())
    });
    asides.extend(
        answered
            .iter()
            .find_map(|lookup| lookup.ttl())
            .map(|ttl| format!("TTL {}", units::ttl(ttl))),
    );
    asides.extend(
        answered
            .iter()
            .find_map(|l| l.source())
            .map(|source| words::source_word(source).to_owned()),
    );
    asides.extend(alias.map(|alias| format!("as {alias}")));
    if resolution.asked_for.is_some() {
        asides.insert(0, "passed on by this host".to_owned());
    }
    let unanswered =
        lookups.iter().filter(|lookup| lookup.outcome() == Outcome::Unanswered).map(|l| l.rtype);
    for rtype in unanswered {
        asides.insert(0, format!("{rtype}: no answer"));
    }
    let mut forms: Vec<String> = heads.first().map_or(Vec::new(), |h| with_asides(h, &asides));
    forms.extend(heads.into_iter().skip(1));
    (forms, Tone::Plain)
}
