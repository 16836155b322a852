//! Pairs DNS queries and responses, finds repeats, and gathers parallel questions for one name.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use crate::address::Endpoint;
use crate::protocol::dns::message::{
    Carrier, Flavor, Message, Name, Question, Rcode, Record, RecordData, RecordType,
};
use crate::time::{Frames, Stamp, TimeDelta};
use crate::trace::id::next_index;
use crate::trace::id::{LookupId, ResolutionId};
use crate::trace::lookup::{Answer, Attempt};
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::model::{EntityId, Trace};

/// A client's question: client, flavor, name in lower case, type.
type Asked = (IpAddr, Flavor, Name, RecordType);

/// What pairs a response with its query: both ends, the carrier, the transaction and the question.
type Pending = (Endpoint, Endpoint, Carrier, u16, Name, RecordType);

/// A client that gets no answer asks again within this time; later it is a new question. Stub
/// resolvers wait 5 s and try 2 to 5 times (resolv.conf(5): timeout, attempts).
const REPEAT: TimeDelta = TimeDelta::from_secs(30);

/// After a failure (SERVFAIL, REFUSED) the next server is asked within this time.
const FAILOVER: TimeDelta = TimeDelta::from_secs(5);

/// Questions for one name that begin within this time of each other are one resolution; browsers
/// send A, AAAA and HTTPS within a millisecond or two.
const PARALLEL: TimeDelta = TimeDelta::from_millis(100);

/// What pairs DNS messages.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    pending: HashMap<Pending, (LookupId, usize)>,
    latest: HashMap<Asked, LookupId>,
    resolutions: HashMap<(IpAddr, Flavor, Name), ResolutionId>,
    /// Which resolutions of a client gave an address, in the order of their answers.
    by_address: HashMap<(IpAddr, IpAddr), Vec<ResolutionId>>,
    /// Resolutions that were told as complete: each is told once.
    told: HashSet<ResolutionId>,
}

impl Lookups {
    /// Takes one message.
    pub(super) fn message(
        &mut self,
        trace: &mut Trace,
        message: Message,
        completed: &mut Vec<EntityId>,
    ) {
        if message.opcode != 0 {
            return;
        }
        if message.flags.response {
            self.response(trace, message, completed);
        } else {
            for question in &message.questions {
                self.query(trace, &message, question);
            }
        }
    }

    /// The resolution of a client that gave `address` before `at`: that of `host` where one
    /// did, else the latest.
    pub(super) fn of_address(
        &self,
        trace: &Trace,
        client: IpAddr,
        address: IpAddr,
        host: Option<&str>,
        at: Stamp,
    ) -> Option<ResolutionId> {
        let all = self.by_address.get(&(client, address))?;
        let mut before = all.iter().rev().filter_map(|id| trace.resolution(*id));
        let known = |resolution: &&Resolution| resolution.started.at <= at.at;
        match host {
            None => before.find(known).map(|resolution| resolution.id),
            Some(host) => before
                .filter(known)
                .find(|resolution| resolution.name.eq_ignore_ascii_case(host))
                .map(|resolution| resolution.id),
        }
    }

    fn query(&mut self, trace: &mut Trace, message: &Message, question: &Question) {
        let at = message.span.done;
        let name: Name = question.name.to_ascii_lowercase().into();
        let client = message.client.ip;
        let asked = (client, message.flavor, name.clone(), question.rtype);
        let repeat = self.latest.get(&asked).and_then(|id| trace.lookup(*id));
        let repeat = repeat.filter(|lookup| is_repeat(lookup, message, at)).map(|l| l.id);
        let id = repeat.unwrap_or_else(|| self.begin(trace, message, question, &name, at));
        self.latest.insert(asked, id);
        let Some(lookup) = trace.lookups.get_mut(id.0 as usize) else { return };
        lookup.frames.push(at.frame);
        lookup.attempts.push(Attempt {
            transaction_id: message.id,
            client: message.client,
            resolver: message.resolver,
            over: message.over,
            query: Some(at),
            response: None,
            rcode: None,
            truncated: false,
        });
        let nth = lookup.attempts.len() - 1;
        let ends = (message.client, message.resolver);
        let key = (ends.0, ends.1, message.over, message.id, name, question.rtype);
        self.pending.insert(key, (id, nth));
    }

    fn begin(
        &mut self,
        trace: &mut Trace,
        message: &Message,
        question: &Question,
        name: &Name,
        at: Stamp,
    ) -> LookupId {
        let client = message.client.ip;
        let id = LookupId(next_index(trace.lookups.len()));
        let key = (client, message.flavor, name.clone());
        let together = self.resolutions.get(&key).and_then(|id| trace.resolution(*id));
        let together = together.filter(|resolution| {
            let types = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
            let same_type = types.clone().any(|lookup| lookup.rtype == question.rtype);
            let last = types.filter_map(Lookup::started).max();
            let near = last.is_none_or(|last| at.at.since(last.at) <= PARALLEL);
            !same_type && (near || resolution.open > 0)
        });
        let resolution = together.map(|resolution| resolution.id);
        let resolution = resolution.unwrap_or_else(|| {
            let id = ResolutionId(next_index(trace.resolutions.len()));
            trace.resolutions.push(Resolution {
                id,
                client,
                name: name.clone(),
                lookups: Vec::new(),
                started: at,
                finished: None,
                open: 0,
            });
            self.resolutions.insert(key, id);
            id
        });
        if let Some(resolution) = trace.resolutions.get_mut(resolution.0 as usize) {
            resolution.lookups.push(id);
            resolution.open += 1;
        }
        trace.lookups.push(Lookup {
            id,
            resolution,
            flavor: message.flavor,
            client,
            name: question.name.clone(),
            rtype: question.rtype,
            class: question.class,
            // nearly always one is enough
            attempts: Vec::with_capacity(1),
            answer: None,
            frames: Frames::default(),
        });
        id
    }

    fn response(&mut self, trace: &mut Trace, message: Message, completed: &mut Vec<EntityId>) {
        let asked: Vec<Question> = if message.questions.is_empty() {
            // mDNS responses carry no question (RFC 6762 §6): the first record tells what for.
            let first = message.answers.first();
            first.map(Record::as_question).into_iter().collect()
        } else {
            message.questions.clone()
        };
        let mut message = Some(message);
        let last = asked.len().saturating_sub(1);
        for (nth, question) in asked.into_iter().enumerate() {
            // The records move into the last question's answer; nearly always there is one.
            let part = if nth == last { message.take() } else { message.clone() };
            if let Some(part) = part {
                self.answer(trace, part, &question, completed);
            }
        }
    }

    fn answer(
        &mut self,
        trace: &mut Trace,
        message: Message,
        question: &Question,
        completed: &mut Vec<EntityId>,
    ) {
        let at = message.span.done;
        let name: Name = question.name.to_ascii_lowercase().into();
        let ends = (message.client, message.resolver);
        let key = (ends.0, ends.1, message.over, message.id, name.clone(), question.rtype);
        let found = self.pending.remove(&key).or_else(|| multicast(trace, &message, &name));
        if let (None, Some(id)) = (found, self.answered(trace, &message, &name, question.rtype)) {
            // The network brought the answer twice: that is no other lookup.
            if let Some(lookup) = trace.lookups.get_mut(id.0 as usize) {
                lookup.frames.push(at.frame);
            }
            return;
        }
        let (id, nth) = found.unwrap_or_else(|| {
            let id = self.begin(trace, &message, question, &name, at);
            self.latest.insert((ends.0.ip, message.flavor, name, question.rtype), id);
            if let Some(lookup) = trace.lookups.get_mut(id.0 as usize) {
                lookup.attempts.push(Attempt {
                    transaction_id: message.id,
                    client: ends.0,
                    resolver: ends.1,
                    over: message.over,
                    query: None,
                    response: None,
                    rcode: None,
                    truncated: false,
                });
            }
            (id, 0)
        });
        let Some(lookup) = trace.lookups.get_mut(id.0 as usize) else { return };
        lookup.frames.push(at.frame);
        if let Some(attempt) = lookup.attempts.get_mut(nth) {
            attempt.response = Some(at);
            attempt.rcode = Some(message.rcode);
            attempt.truncated = message.flags.truncated;
            attempt.resolver = message.resolver;
        }
        let settled = lookup.answer.as_ref().is_some_and(|answer| is_final(answer));
        if settled {
            return;
        }
        let first = lookup.answer.is_none();
        let answer = Answer {
            at,
            rcode: message.rcode,
            flags: message.flags,
            records: message.answers,
            authority: message.authority,
            additional: message.additional,
            edns: message.edns,
            incomplete: message.incomplete,
        };
        let final_now = is_final(&answer);
        lookup.answer = Some(Box::new(answer));
        let (client, resolution) = (lookup.client, lookup.resolution);
        let addresses: Vec<IpAddr> = lookup.addresses().collect();
        for address in addresses {
            let known = self.by_address.entry((client, address)).or_default();
            if known.last() != Some(&resolution) {
                known.push(resolution);
            }
        }
        if final_now {
            completed.push(EntityId::Lookup(id));
        }
        if let Some(resolution) = trace.resolutions.get_mut(resolution.0 as usize) {
            resolution.finished = resolution.finished.max(Some(at));
            if first {
                resolution.open = resolution.open.saturating_sub(1);
            }
            if resolution.open == 0 && final_now && self.told.insert(resolution.id) {
                completed.push(EntityId::Resolution(resolution.id));
            }
        }
    }

    /// Tells what was never answered, or only with a failure.
    pub(super) fn unanswered(&self, trace: &Trace, completed: &mut Vec<EntityId>) {
        for lookup in &trace.lookups {
            if lookup.answer.as_ref().is_none_or(|answer| !is_final(answer)) {
                completed.push(EntityId::Lookup(lookup.id));
            }
        }
        for resolution in &trace.resolutions {
            if !self.told.contains(&resolution.id) {
                completed.push(EntityId::Resolution(resolution.id));
            }
        }
    }

    /// The lookup that a response has answered already.
    fn answered(
        &self,
        trace: &Trace,
        message: &Message,
        name: &Name,
        rtype: RecordType,
    ) -> Option<LookupId> {
        let asked = (message.client.ip, message.flavor, name.clone(), rtype);
        let lookup = self.latest.get(&asked).and_then(|id| trace.lookup(*id))?;
        let same = lookup.attempts.iter().any(|attempt| {
            attempt.response.is_some()
                && attempt.transaction_id == message.id
                && (attempt.client, attempt.over) == (message.client, message.over)
                && attempt.resolver == message.resolver
        });
        (same && message.flavor != Flavor::Mdns).then_some(lookup.id)
    }
}

/// A multicast response answers whoever asked for that name last.
fn multicast(trace: &Trace, message: &Message, name: &Name) -> Option<(LookupId, usize)> {
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
    fn as_question(&self) -> Question {
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
fn is_final(answer: &Answer) -> bool {
    !answer.flags.truncated && !is_failure(answer.rcode)
}

fn is_failure(rcode: Rcode) -> bool {
    !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN)
}

/// True where a query asks again what `lookup` asked, because it got no (good) answer.
fn is_repeat(lookup: &Lookup, message: &Message, at: Stamp) -> bool {
    let last = lookup.attempts.iter().filter_map(|attempt| attempt.query).next_back();
    let Some(last) = last else { return false };
    let since = at.at.since(last.at);
    match &lookup.answer {
        None => since <= REPEAT,
        Some(answer) if answer.flags.truncated => message.over == Carrier::Tcp && since <= REPEAT,
        Some(answer) if is_failure(answer.rcode) => since <= FAILOVER,
        Some(_) => false,
    }
}
