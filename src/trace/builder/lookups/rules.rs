//! When a query repeats another, when an answer is the last word, whom a multicast answers.

use crate::protocol::dns::message::{
    Flavor, Message, Name, Question, Rcode, Record, RecordData, RecordType,
};
use crate::time::{Stamp, TimeDelta};
use crate::trace::id::LookupId;
use crate::trace::lookup::{Answer, Lookup};
use crate::trace::model::Trace;

/// A client that gets no answer asks again within this time; later it is a new question. Stub
/// resolvers wait 5 s and try 2 to 5 times (resolv.conf(5): timeout, attempts).
const REPEAT: TimeDelta = TimeDelta::from_secs(30);

/// After a failure (SERVFAIL, REFUSED) the next server is asked within this time.
const FAILOVER: TimeDelta = TimeDelta::from_secs(5);

/// A multicast response answers whoever asked for that name last.
pub(super) fn multicast(
    trace: &Trace,
    message: &Message,
    name: &Name,
) -> Option<(LookupId, usize)> {
    if message.flavor == Flavor::Dns {
        return None;
    }
    let types = message.answers.iter().map(|record| record.rtype).chain([RecordType::ANY]);
    let clients = trace.resolutions.iter().rev().take(64).filter(|r| r.name == *name);
    let mut open = clients.flat_map(|r| &r.lookups).filter_map(|id| trace.lookup(*id));
    let types: Vec<RecordType> = types.collect();
    let lookup = open.find(|lookup| {
        lookup.flavor == message.flavor && lookup.answer.is_none() && types.contains(&lookup.rtype)
    })?;
    Some((lookup.id, lookup.attempts.len().saturating_sub(1)))
}

impl Record {
    pub(super) fn as_question(&self) -> Question {
        Question {
            name: self.name.clone(),
            rtype: self.rtype,
            class: self.class,
            unicast_response: false,
        }
    }

    /// The name that an alias leads to.
    pub fn alias(&self) -> Option<&Name> {
        match &self.data {
            RecordData::Name(name) if self.rtype == RecordType::CNAME => Some(name),
            _ => None,
        }
    }
}

/// A truncated answer is asked again over TCP; a failure may be asked again elsewhere.
pub(super) fn is_final(answer: &Answer) -> bool {
    !answer.flags.truncated && !is_failure(answer.rcode)
}

fn is_failure(rcode: Rcode) -> bool {
    !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN)
}

/// True where a query asks again what `lookup` asked, because it got no (good) answer.
pub(super) fn is_repeat(lookup: &Lookup, message: &Message, at: Stamp) -> bool {
    let last = lookup.attempts.iter().filter_map(|attempt| attempt.query).next_back();
    let Some(last) = last else { return false };
    let since = at.at.since(last.at);
    match &lookup.answer {
        None => since <= REPEAT,
        Some(answer) if answer.flags.truncated => message.over.is_stream() && since <= REPEAT,
        Some(answer) if is_failure(answer.rcode) => since <= FAILOVER,
        Some(_) => false,
    }
}

/// True where a question still waits for its answer, as far as its client does.
pub(super) fn is_waiting(lookup: &Lookup, at: Stamp) -> bool {
    let last = lookup.attempts.iter().filter_map(|attempt| attempt.query).next_back();
    lookup.answer.is_none() && last.is_some_and(|last| at.at.since(last.at) <= REPEAT)
}
