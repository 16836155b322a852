//! Responses that should not be believed: another answer than the first, a transaction that was
//! not asked, a name in another case.

use crate::anomaly::{Anomaly, Class};
use crate::protocol::dns::message::{Message, Name, Question, Record};
use crate::time::Stamp;
use crate::trace::builder::lookups::pending::Query;
use crate::trace::lookup::Answer;

/// True where a second response to one query says something else than the first: another result,
/// or other data. The order of the records and their TTL may change.
pub(super) fn says_other(first: &Answer, second: &Message) -> bool {
    let differs = |a: &[Record], b: &[Record]| {
        let has = |all: &[Record], one: &Record| {
            all.iter().any(|other| (other.rtype, &other.data) == (one.rtype, &one.data))
        };
        let (a, b) = (a.get(..COMPARED).unwrap_or(a), b.get(..COMPARED).unwrap_or(b));
        !(a.iter().all(|record| has(b, record)) && b.iter().all(|record| has(a, record)))
    };
    let whole = !first.incomplete
        && !second.incomplete
        && !first.flags.truncated
        && !second.flags.truncated;
    whole && (first.rcode != second.rcode || differs(&first.records, &second.answers))
}

/// Records that are compared: each with each.
const COMPARED: usize = 256;

/// A second answer that is not the first.
pub(super) fn second_answer(question: &Question, first: Stamp) -> Anomaly {
    let text = format!(
        "{} {} was answered in frame {}, and once more with something else: one of the two may \
         be forged",
        question.name, question.rtype, first.frame
    );
    Anomaly::new("dns.second-answer", Class::Suspicious, text).citing("RFC 5452 §4")
}

/// A response whose transaction was not asked.
pub(super) fn other_transaction(question: &Question, id: u16, query: &Query) -> Anomaly {
    let text = format!(
        "a response for {} {} has identifier {id:#06x}; the query in frame {} has {:#06x}: it is \
         not believed",
        question.name, question.rtype, query.at.frame, query.transaction
    );
    Anomaly::new("dns.id-mismatch", Class::Suspicious, text).citing("RFC 5452 §9.1")
}

/// A response that repeats the name in another case.
pub(super) fn other_case(sent: &Name, question: &Question, query: Stamp) -> Anomaly {
    let text = format!(
        "{sent} was asked for in frame {}, and the response has {}: not the case that was sent",
        query.frame, question.name
    );
    Anomaly::new("dns.case-mismatch", Class::Suspicious, text).citing("RFC 4343 §4.1")
}
