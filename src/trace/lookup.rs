//! One DNS question with all its attempts, and the questions that were asked together.

use std::net::IpAddr;

use crate::address::Endpoint;
use crate::protocol::dns::message::{
    Carrier, Class, Edns, Flags, Flavor, Name, Rcode, Record, RecordData, RecordType,
};
use crate::time::{Frames, Stamp, TimeDelta};
use crate::trace::id::{ExchangeId, LookupId, ResolutionId};
use crate::trace::refusal::Refusal;

/// One question (a name and a type) of one client, however often it had to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Its place in the arena.
    pub id: LookupId,
    /// The questions it was asked together with.
    pub resolution: ResolutionId,
    /// DNS, mDNS or LLMNR.
    pub flavor: Flavor,
    /// Who asked.
    pub client: IpAddr,
    /// The name as sent.
    pub name: Name,
    /// The type.
    pub rtype: RecordType,
    /// The class.
    pub class: Class,
    /// Every query with its response, in order; the first is what time counts from.
    pub attempts: Vec<Attempt>,
    /// The response that settled it.
    pub answer: Option<Box<Answer>>,
    /// The frames that prove it.
    pub frames: Frames,
}

/// One query and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Transaction identifier.
    pub transaction_id: u16,
    /// Who asked.
    pub client: Endpoint,
    /// Who was asked.
    pub resolver: Endpoint,
    /// UDP, TCP, or what is in it.
    pub over: Carrier,
    /// The exchange that carried it, over HTTPS.
    pub exchange: Option<ExchangeId>,
    /// The query; none where only the response was captured.
    pub query: Option<Stamp>,
    /// The response.
    pub response: Option<Stamp>,
    /// What it said.
    pub rcode: Option<Rcode>,
    /// It was truncated: the client has to ask again over TCP.
    pub truncated: bool,
    /// The network did not deliver the query (or the response).
    pub refusal: Option<Box<Refusal>>,
}

/// What a response said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it was whole.
    pub at: Stamp,
    /// The response code.
    pub rcode: Rcode,
    /// The flags.
    pub flags: Flags,
    /// The answer section.
    pub records: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
    /// The additional section, without OPT.
    pub additional: Vec<Record>,
    /// The OPT pseudo-record.
    pub edns: Option<Edns>,
    /// True where records are missing.
    pub incomplete: bool,
}

/// What came of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Records of the type asked for.
    Answered,
    /// The name exists, the type does not (RFC 2308 §2.2).
    NoData,
    /// The name does not exist.
    NxDomain,
    /// The server said that it failed.
    Failed(Rcode),
    /// Truncated, and never asked again over TCP.
    Truncated,
    /// No response in this capture.
    Unanswered,
}

/// Where an answer comes from, as far as the response tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// AA: an authority for the name answered.
    Authority,
    /// Not AA, but RA: a resolver answered, from its cache or by asking an authority.
    Resolver,
    /// Neither: a server that is not an authority and does not ask others.
    Other,
}

impl Lookup {
    /// What the network said of its last query, where no answer came.
    pub fn refusal(&self) -> Option<&Refusal> {
        let last = self.attempts.last().filter(|_| self.answer.is_none())?;
        last.refusal.as_deref()
    }

    /// The first query (or the response, where no query was captured).
    pub fn started(&self) -> Option<Stamp> {
        let first = self.attempts.first()?;
        first.query.or(first.response)
    }

    /// When the answer was there.
    pub fn finished(&self) -> Option<Stamp> {
        self.answer.as_ref().map(|answer| answer.at)
    }

    /// From the first query to the answer.
    pub fn duration(&self) -> Option<TimeDelta> {
        let asked = self.attempts.first()?.query?;
        Some(self.finished()?.at.since(asked.at).at_least_zero())
    }

    /// What came of it.
    pub fn outcome(&self) -> Outcome {
        let Some(answer) = &self.answer else { return Outcome::Unanswered };
        match answer.rcode {
            Rcode::NOERROR if answer.records.iter().any(|r| r.rtype == self.rtype) => {
                Outcome::Answered
            }
            Rcode::NOERROR if answer.flags.truncated => Outcome::Truncated,
            Rcode::NOERROR if self.rtype == RecordType::ANY && !answer.records.is_empty() => {
                Outcome::Answered
            }
            Rcode::NOERROR => Outcome::NoData,
            Rcode::NXDOMAIN => Outcome::NxDomain,
            other => Outcome::Failed(other),
        }
    }

    /// Where the answer comes from.
    pub fn source(&self) -> Option<Source> {
        let flags = self.answer.as_ref()?.flags;
        Some(if flags.authoritative {
            Source::Authority
        } else if flags.recursion_available {
            Source::Resolver
        } else {
            Source::Other
        })
    }

    /// The addresses of the answer.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let records = self.answer.iter().flat_map(|answer| &answer.records);
        records.filter_map(|record| match record.data {
            RecordData::A(ip) => Some(IpAddr::V4(ip)),
            RecordData::Aaaa(ip) => Some(IpAddr::V6(ip)),
            _ => None,
        })
    }

    /// How long the (negative) answer may be kept, in seconds: the least TTL of the records; for
    /// a negative answer the lesser of the SOA's TTL and minimum (RFC 2308 §5).
    pub fn ttl(&self) -> Option<u32> {
        let answer = self.answer.as_ref()?;
        let negative = answer.authority.iter().find_map(|record| match record.data {
            RecordData::Soa { minimum, .. } => Some(record.ttl.min(minimum)),
            _ => None,
        });
        match self.outcome() {
            Outcome::Answered => answer.records.iter().map(|record| record.ttl).min(),
            Outcome::NoData | Outcome::NxDomain => negative,
            Outcome::Failed(_) | Outcome::Truncated | Outcome::Unanswered => None,
        }
    }
}

/// The parallel questions (A, AAAA, HTTPS) of one client for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Its place in the arena.
    pub id: ResolutionId,
    /// Who asked.
    pub client: IpAddr,
    /// The name, in lower case.
    pub name: Name,
    /// Its questions.
    pub lookups: Vec<LookupId>,
    /// The first query of any of them.
    pub started: Stamp,
    /// The last answer so far.
    pub finished: Option<Stamp>,
    /// Questions without an answer yet.
    pub open: u32,
    /// The resolution that this one was asked for: a resolver on the client's own host passed it
    /// on. Inferred: the same question was open on loopback.
    pub asked_for: Option<ResolutionId>,
}
