//! Queries that wait for their response, the oldest first to be given up.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::address::Endpoint;
use crate::protocol::dns::message::{Carrier, Message, Name, Question, RecordType};
use crate::time::Stamp;
use crate::trace::id::LookupId;

/// What a query and its response have in common but for the transaction: both ends, the carrier
/// and the question, its name in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    client: Endpoint,
    resolver: Endpoint,
    over: Carrier,
    name: Name,
    rtype: RecordType,
}

/// Queries for the same thing between the same ends that wait, the latest: clients ask three times.
const SAME: usize = 16;

/// A query that waits.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) lookup: LookupId,
    /// Its place among the attempts of the lookup.
    pub(super) attempt: usize,
    pub(super) transaction: u16,
    pub(super) at: Stamp,
    /// The name as it was sent, where that is not all lower case.
    pub(super) cased: Option<Name>,
}

/// Queries that wait.
///
/// Invariant: `waiting` queries are in `queries`, each under its key once; `order` has the key and
/// the frame of each of them, and of some that wait no more.
#[derive(Debug, Default)]
pub(super) struct Pending {
    queries: HashMap<Asked, Vec<Query>>,
    order: VecDeque<(Stamp, Asked)>,
    waiting: usize,
}

impl Asked {
    pub(super) fn of(message: &Message, question: &Question, name: Name) -> Self {
        Self {
            client: message.client,
            resolver: message.resolver,
            over: message.over,
            name,
            rtype: question.rtype,
        }
    }
}

impl Pending {
    /// One query more. False where the oldest had to go for it.
    pub(super) fn insert(&mut self, asked: Asked, query: Query, most: usize) -> bool {
        self.order.push_back((query.at, asked.clone()));
        let queries = self.queries.entry(asked).or_default();
        // a transaction that begins again is another query
        let before = queries.len();
        queries.retain(|other| other.transaction != query.transaction);
        if queries.len() >= SAME {
            queries.remove(0);
        }
        self.waiting -= before - queries.len();
        queries.push(query);
        self.waiting += 1;
        let had_room = self.waiting <= most.max(1);
        while self.waiting > most.max(1) || self.order.len() > 4 * most.max(1) {
            let Some((at, asked)) = self.order.pop_front() else { break };
            self.forget(&asked, |query| query.at == at);
        }
        had_room
    }

    /// Takes the query of a transaction.
    pub(super) fn take(&mut self, asked: &Asked, transaction: u16) -> Option<Query> {
        self.forget(asked, |query| query.transaction == transaction)
    }

    /// A query that asks the same, of whatever transaction.
    pub(super) fn like(&self, asked: &Asked) -> Option<&Query> {
        self.queries.get(asked)?.last()
    }

    fn forget(&mut self, asked: &Asked, which: impl FnMut(&Query) -> bool) -> Option<Query> {
        let queries = self.queries.get_mut(asked)?;
        let taken = queries.remove(queries.iter().position(which)?);
        self.waiting = self.waiting.saturating_sub(1);
        if queries.is_empty() {
            self.queries.remove(asked);
        }
        Some(taken)
    }
}
