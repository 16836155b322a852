//! Pairs DNS queries and responses, finds repeats, and gathers parallel questions for one name.

mod addresses;
mod doubts;
mod hosts;
mod pending;
mod refused;
mod rules;
mod stub;

pub(super) use refused::refused;

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use crate::protocol::dns::message::{Flavor, Message, Name, Question, Record, RecordType};
use crate::time::{Frames, Stamp, TimeDelta};
use crate::trace::builder::bounds::{Bound, Bounds, Place};
use crate::trace::builder::lookups::addresses::Addresses;
use crate::trace::builder::lookups::doubts::{
    other_case, other_transaction, says_other, second_answer,
};
use crate::trace::builder::lookups::pending::{Asked, Pending, Query};
use crate::trace::builder::lookups::rules::{is_final, is_repeat, is_waiting, multicast};
use crate::trace::id::next_index;
use crate::trace::id::{ExchangeId, LookupId, ResolutionId};
use crate::trace::lookup::{Answer, Attempt};
use crate::trace::lookup::{Lookup, Resolution};
use crate::trace::model::{EntityId, Trace};

/// A client's question: client, flavor, name in lower case, type.
type Key = (IpAddr, Flavor, Name, RecordType);

/// Questions for one name that begin within this time of each other are one resolution; browsers
/// send A, AAAA and HTTPS within a millisecond or two.
const PARALLEL: TimeDelta = TimeDelta::from_millis(100);

/// Types that are asked for together: a browser asks for three.
const TOGETHER: usize = 64;

/// Questions of one response that are answered: DNS has one (RFC 9619).
const ANSWERED: usize = 4;

/// What pairs DNS messages.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    pending: Pending,
    latest: HashMap<Key, LookupId>,
    resolutions: HashMap<(IpAddr, Flavor, Name), ResolutionId>,
    pub(super) addresses: Addresses,
    /// Resolutions that were told as complete: each is told once.
    told: HashSet<ResolutionId>,
    /// The exchange that carried the message that is taken.
    carried_by: Option<ExchangeId>,
}

impl Lookups {
    /// Takes one message, which an exchange may have carried.
    pub(super) fn message(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        mut place: Place<'_>,
        message: Message,
        exchange: Option<ExchangeId>,
    ) {
        self.carried_by = exchange;
        if message.opcode != 0 {
            return;
        }
        if message.questions.len() > bounds.limits.dns_questions {
            bounds.reached(trace, place.here(), Bound::Questions);
        }
        if message.flags.response {
            self.response(trace, bounds, place, message);
        } else {
            for question in message.questions.iter().take(bounds.limits.dns_questions) {
                self.query(trace, bounds, place.here(), &message, question);
            }
        }
    }

    /// The resolution of a client that gave `address` before `at`, the latest; only those of `host`
    /// where that is given.
    pub(super) fn of_address(
        &self,
        trace: &Trace,
        client: IpAddr,
        address: IpAddr,
        host: Option<&str>,
        at: Stamp,
    ) -> Option<ResolutionId> {
        self.addresses.find(trace, client, address, host, at)
    }

    /// The resolution of a program on this host that waits for what is asked now.
    fn asked_for(
        &self,
        trace: &Trace,
        message: &Message,
        name: &Name,
        rtype: RecordType,
    ) -> Option<ResolutionId> {
        let mut clients = stub::LOCAL.into_iter().filter(|_| stub::may_be_passed_on(message));
        clients.find_map(|client| {
            let id = self.latest.get(&(client, message.flavor, name.clone(), rtype))?;
            let lookup = trace.lookup(*id)?;
            is_waiting(lookup, message.span.done).then_some(lookup.resolution)
        })
    }

    const fn attempt(&self, message: &Message) -> Attempt {
        Attempt {
            transaction_id: message.id,
            client: message.client,
            resolver: message.resolver,
            over: message.over,
            exchange: self.carried_by,
            query: None,
            response: None,
            rcode: None,
            truncated: false,
            refusal: None,
        }
    }

    fn query(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        mut place: Place<'_>,
        message: &Message,
        question: &Question,
    ) {
        let at = message.span.done;
        let name: Name = question.name.to_ascii_lowercase().into();
        let key = (message.client.ip, message.flavor, name.clone(), question.rtype);
        let repeat = self.latest.get(&key).and_then(|id| trace.lookup(*id));
        let repeat = repeat.filter(|lookup| is_repeat(lookup, message, at)).map(|l| l.id);
        let id = repeat.or_else(|| {
            let id = self.begin(trace, bounds, place.here(), message, question, &name)?;
            self.latest.insert(key, id);
            Some(id)
        });
        let Some(id) = id else { return };
        let Some(lookup) = trace.lookups.get_mut(id.0 as usize) else { return };
        if lookup.attempts.len() >= bounds.limits.listed {
            bounds.reached(trace, place, Bound::Listed);
            return;
        }
        lookup.frames.push(at.frame);
        lookup.attempts.push(Attempt { query: Some(at), ..self.attempt(message) });
        let query = Query {
            lookup: id,
            attempt: lookup.attempts.len() - 1,
            transaction: message.id,
            at,
            cased: (question.name != name).then(|| question.name.clone()),
        };
        let asked = Asked::of(message, question, name);
        if !self.pending.insert(asked, query, bounds.limits.lookups_pending) {
            bounds.reached(trace, place, Bound::Pending);
        }
    }

    fn begin(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        place: Place<'_>,
        message: &Message,
        question: &Question,
        name: &Name,
    ) -> Option<LookupId> {
        // the name stands in the lookup, in the resolution and in two indices
        if trace.lookups.len() >= bounds.limits.lookups || !bounds.keep(4 * name.len()) {
            bounds.reached(trace, place, Bound::Lookups);
            return None;
        }
        let (client, at) = (message.client.ip, message.span.done);
        let asked_for = self.asked_for(trace, message, name, question.rtype);
        let id = LookupId(next_index(trace.lookups.len()));
        let key = (client, message.flavor, name.clone());
        let together = self.resolutions.get(&key).and_then(|id| trace.resolution(*id));
        let together = together.filter(|resolution| {
            let types = resolution.lookups.iter().filter_map(|id| trace.lookup(*id));
            let same_type = types.clone().any(|lookup| lookup.rtype == question.rtype);
            let last = types.filter_map(Lookup::started).max();
            let near = last.is_none_or(|last| at.at.since(last.at) <= PARALLEL);
            let has_room = resolution.lookups.len() < TOGETHER;
            !same_type && has_room && (near || resolution.open > 0)
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
                asked_for: None,
            });
            self.resolutions.insert(key, id);
            id
        });
        if let Some(resolution) = trace.resolutions.get_mut(resolution.0 as usize) {
            resolution.lookups.push(id);
            resolution.open += 1;
            resolution.asked_for = resolution.asked_for.or(asked_for);
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
        Some(id)
    }

    fn response(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        mut place: Place<'_>,
        message: Message,
    ) {
        let asked: Vec<Question> = if message.questions.is_empty() {
            // mDNS responses carry no question (RFC 6762 §6): the first record tells what for.
            let first = message.answers.first();
            first.map(Record::as_question).into_iter().collect()
        } else {
            message.questions.iter().take(ANSWERED).cloned().collect()
        };
        let mut message = Some(message);
        let last = asked.len().saturating_sub(1);
        for (nth, question) in asked.into_iter().enumerate() {
            // The records move into the last question's answer; nearly always there is one.
            let part = if nth == last { message.take() } else { message.clone() };
            if let Some(part) = part {
                self.answer(trace, bounds, place.here(), part, &question);
            }
        }
    }

    fn answer(
        &mut self,
        trace: &mut Trace,
        bounds: &mut Bounds,
        mut place: Place<'_>,
        mut message: Message,
        question: &Question,
    ) {
        let at = message.span.done;
        let name: Name = question.name.to_ascii_lowercase().into();
        let asked = Asked::of(&message, question, name.clone());
        let found = self.pending.take(&asked, message.id);
        if let Some(query) = &found {
            let sent = query.cased.as_ref().unwrap_or(&name);
            if message.flavor == Flavor::Dns && *sent != question.name {
                bounds.anomaly(trace, place.here(), other_case(sent, question, query.at));
            }
        }
        let found = found.map(|query| (query.lookup, query.attempt));
        let found = found.or_else(|| multicast(trace, &message, &name));
        if found.is_none() {
            if let Some(id) = self.answered(trace, &message, &name, question.rtype) {
                // The network brought the answer twice: that is no other lookup.
                let Some(lookup) = trace.lookups.get_mut(id.0 as usize) else { return };
                if lookup.frames.len() < bounds.limits.frames_listed {
                    lookup.frames.push(at.frame);
                }
                let other = lookup.answer.as_ref().filter(|answer| says_other(answer, &message));
                if let Some(first) = other.map(|answer| answer.at) {
                    bounds.anomaly(trace, place, second_answer(question, first));
                }
                return;
            }
            if let Some(query) = self.pending.like(&asked).filter(|_| message.flavor == Flavor::Dns)
            {
                // Somebody guesses, or the answer to a query that we did not see: not this one's.
                let anomaly = other_transaction(question, message.id, query);
                bounds.anomaly(trace, place, anomaly);
                return;
            }
        }
        let (id, nth) = if let Some(found) = found {
            found
        } else {
            let begun = self.begin(trace, bounds, place.here(), &message, question, &name);
            let Some(id) = begun else { return };
            self.latest.insert((message.client.ip, message.flavor, name, question.rtype), id);
            if let Some(lookup) = trace.lookups.get_mut(id.0 as usize) {
                lookup.attempts.push(self.attempt(&message));
            }
            (id, 0)
        };
        if !bounds.keep(weight(&message)) {
            message.answers.clear();
            message.authority.clear();
            message.additional.clear();
            message.incomplete = true;
            bounds.reached(trace, place.here(), Bound::Text);
        }
        let completed = place.completed;
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
        for address in lookup.addresses() {
            self.addresses.note(client, address, resolution);
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

/// An attempt of which neither query nor response is known yet.
/// About how many bytes the records of a response take.
const fn weight(message: &Message) -> usize {
    let records = message.answers.len() + message.authority.len() + message.additional.len();
    records * (size_of::<Record>() + 32)
}
