//! Finds the query that an ICMP error is about.

use crate::packet::quote::Quoted;
use crate::trace::model::Trace;
use crate::trace::refusal::Refusal;

/// Lookups that an error may be about: resolvers give up within seconds.
const LATEST: usize = 256;

/// The network did not deliver `about`: if that was a message of a lookup, the lookup is told so.
pub(in crate::trace::builder) fn refused(trace: &mut Trace, about: &Quoted, refusal: &Refusal) {
    let ends = [(about.source, about.destination), (about.destination, about.source)];
    for lookup in trace.lookups.iter_mut().rev().take(LATEST) {
        let mut attempts = lookup.attempts.iter_mut().rev();
        let attempt = attempts.find(|one| ends.contains(&(one.client, one.resolver)));
        if let Some(attempt) = attempt.filter(|attempt| attempt.refusal.is_none()) {
            attempt.refusal = Some(Box::new(refusal.clone()));
            lookup.frames.push(refusal.at.frame);
            return;
        }
    }
}
