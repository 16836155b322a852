//! What is kept and what is only counted: a capture can be as long as it likes, the model cannot.

use hashbrown::HashMap;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::FlowId;
use crate::limits::Limits;
use crate::time::Stamp;
use crate::trace::model::{EntityId, Noted, Trace};

/// How much of each kind is kept.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) limits: Limits,
    /// How often each kind of anomaly was said.
    said: HashMap<&'static str, usize>,
    /// Bytes of heads, names and records that are kept.
    text: usize,
}

/// A bound of the model.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    Connections,
    Silent,
    Lookups,
    Pending,
    Questions,
    Exchanges,
    Neighbors,
    Configurations,
    Notes,
    Text,
    Listed,
}

/// Where something happened, and who is told what it completed.
pub(super) struct Place<'a> {
    pub(super) at: Stamp,
    pub(super) flow: FlowId,
    pub(super) completed: &'a mut Vec<EntityId>,
}

impl Place<'_> {
    /// The same place, for whoever wants one of its own.
    pub(super) const fn here(&mut self) -> Place<'_> {
        Place { at: self.at, flow: self.flow, completed: self.completed }
    }
}

impl Bounds {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), ..Self::default() }
    }

    /// Lists an anomaly, or counts it where enough of its kind are listed.
    pub(super) fn anomaly(&mut self, trace: &mut Trace, place: Place<'_>, anomaly: Anomaly) {
        let most = self.limits.anomalies_of_a_kind;
        self.say(trace, place, most, anomaly);
    }

    /// Says that a bound was reached: the first time in words, then as a number.
    pub(super) fn reached(&mut self, trace: &mut Trace, place: Place<'_>, bound: Bound) {
        let (id, most, what) = self.words(bound);
        let text = format!("{most} {what}");
        self.say(trace, place, 1, Anomaly::new(id, Class::Limit, text));
    }

    /// Keeps so many bytes more; false where that would be too much.
    pub(super) const fn keep(&mut self, bytes: usize) -> bool {
        let text = self.text.saturating_add(bytes);
        if text > self.limits.model_text {
            return false;
        }
        self.text = text;
        true
    }

    fn say(&mut self, trace: &mut Trace, place: Place<'_>, most: usize, anomaly: Anomaly) {
        let said = self.said.entry(anomaly.id).or_default();
        *said = said.saturating_add(1);
        if *said > most {
            return unlisted(trace, anomaly.id, 1);
        }
        let nth = u32::try_from(trace.anomalies.len()).unwrap_or(u32::MAX);
        let Place { at, flow, completed } = place;
        trace.anomalies.push(Noted { at, flow, what: anomaly });
        completed.push(EntityId::Anomaly(nth));
    }

    const fn words(&self, bound: Bound) -> (&'static str, usize, &'static str) {
        let limits = &self.limits;
        match bound {
            Bound::Connections => (
                "trace.limit-connections",
                limits.connections,
                "connections are kept: more are only counted",
            ),
            Bound::Silent => (
                "trace.limit-silent",
                limits.silent_connections,
                "connections are kept: more of those that nobody answers are only counted",
            ),
            Bound::Lookups => {
                ("trace.limit-lookups", limits.lookups, "lookups are kept: more are only counted")
            }
            Bound::Pending => (
                "trace.limit-pending",
                limits.lookups_pending,
                "lookups wait for an answer: the oldest wait no more",
            ),
            Bound::Questions => (
                "dns.limit-questions",
                limits.dns_questions,
                "questions of one message are followed: more are not",
            ),
            Bound::Exchanges => (
                "trace.limit-exchanges",
                limits.exchanges,
                "requests are kept: more are only counted",
            ),
            Bound::Neighbors => (
                "trace.limit-neighbors",
                limits.neighbors,
                "questions for hardware addresses are kept: more are only counted",
            ),
            Bound::Configurations => (
                "trace.limit-configurations",
                limits.configurations,
                "configurations of hosts are kept: more are only counted",
            ),
            Bound::Notes => {
                ("trace.limit-notes", limits.notes, "notes are kept: more are only counted")
            }
            Bound::Text => (
                "trace.limit-text",
                limits.model_text,
                "bytes of heads, names and records are kept: more are left out",
            ),
            Bound::Listed => (
                "trace.limit-listed",
                limits.listed,
                "things of one kind are listed of one connection, lookup or request: more are not",
            ),
        }
    }
}

/// Counts anomalies of a kind that are not listed.
pub(super) fn unlisted(trace: &mut Trace, id: &'static str, more: u64) {
    let unlisted = &mut trace.capture.unlisted;
    match unlisted.iter_mut().find(|(kind, _)| *kind == id) {
        Some((_, count)) => *count = count.saturating_add(more),
        None => unlisted.push((id, more)),
    }
}
