//! The streams of a connection: which are open, and how far their two messages are.

use std::collections::{BTreeMap, VecDeque};

use crate::anomaly::Anomaly;
use crate::flow::event::Direction;
use crate::limits::Limits;
use crate::protocol::http::message::MessageId;
use crate::protocol::http::stream::messages::{HELD, Side, Stream};
use crate::protocol::http2::faults;
use crate::protocol::http2::queue::Queue;
use crate::time::Stamp;

/// The streams of a connection that are not over.
#[derive(Default)]
pub(super) struct Streams {
    open: BTreeMap<u32, Stream>,
    /// The lowest and the highest number whose beginning was seen since the last hole, of those that
    /// the client begins (odd) and of those that the server does.
    begun: [Option<(u32, u32)>; 2],
    /// Those that ended last, for what is still on its way then.
    ended: VecDeque<u32>,
    told_full: bool,
    /// The request of HTTP/1 that is the first stream.
    upgraded: Option<MessageId>,
    /// How many of the client's may be open.
    pub(super) queue: Queue,
}

impl Streams {
    /// The exchange of a stream.
    pub(super) fn exchange(&self, stream: u32) -> MessageId {
        let own = MessageId { stream: u64::from(stream), nth: 0 };
        self.upgraded.filter(|_| stream == FIRST).unwrap_or(own)
    }

    /// The connection was HTTP/1 before: the request that changed that is the first stream
    /// (RFC 7540 §3.2), and keeps its name.
    pub(super) fn upgraded(&mut self, request: MessageId, is_head: bool) {
        self.upgraded = Some(request);
        self.open.insert(FIRST, Stream { request: Side::Over, is_head, ..Stream::default() });
    }

    /// A stream that is open.
    pub(super) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        self.open.get_mut(&id)
    }

    /// Before a stream begins: at the bound the oldest is given up, and its number is told.
    pub(super) fn make_room(
        &mut self,
        id: u32,
        limits: &Limits,
        say: impl FnOnce(Anomaly),
    ) -> Option<u32> {
        let begins = !self.open.contains_key(&id) && !self.is_over(id);
        if !begins || self.open.len() < limits.http_streams {
            return None;
        }
        if !std::mem::replace(&mut self.told_full, true) {
            say(faults::many_streams(limits));
        }
        self.open.pop_first().map(|(oldest, _)| oldest)
    }

    /// The stream of a message that begins; none where the stream is over.
    pub(super) fn begin(&mut self, id: u32, way: Direction) -> Option<&mut Stream> {
        if self.is_over(id) {
            return None;
        }
        if way == Direction::ToServer || id.is_multiple_of(2) {
            let begun = self.begun.get_mut(usize::from(id.is_multiple_of(2)))?;
            *begun = Some(begun.map_or((id, id), |(low, high)| (low.min(id), high.max(id))));
        }
        Some(self.open.entry(id).or_default())
    }

    /// True where a stream was seen to begin, and is not open any more. Numbers ascend (RFC 9113
    /// §5.1.1); those below the first that was seen may have begun before the capture.
    pub(super) fn is_over(&self, id: u32) -> bool {
        let begun = self.begun.get(usize::from(id.is_multiple_of(2))).copied().flatten();
        let is_begun = begun.is_some_and(|(low, high)| (low..=high).contains(&id));
        (is_begun || self.ended.contains(&id)) && !self.open.contains_key(&id)
    }

    /// Forgets a stream if both of its messages are over.
    pub(super) fn settle(&mut self, id: u32, now: Stamp) {
        if self.open.get(&id).is_some_and(Stream::is_over) {
            self.open.remove(&id);
            if self.ended.len() >= ENDED {
                self.ended.pop_front();
            }
            self.ended.push_back(id);
            if !id.is_multiple_of(2) {
                self.queue.ends(now);
            }
        }
    }

    /// Frames are missing: streams may have begun and ended unseen, and how many are open is not
    /// known.
    pub(super) fn missed(&mut self) {
        self.begun = [None; 2];
        self.queue = Queue::default();
    }

    /// True where more DATA may go this way on a stream, or with 0 on any.
    pub(super) fn has_open(&self, way: Direction, id: u32) -> bool {
        let is_open = |stream: &Stream| match way {
            Direction::ToServer => matches!(stream.request, Side::Open(_)),
            Direction::ToClient => !matches!(stream.response, Side::Over),
        };
        match id {
            0 => self.open.values().any(is_open),
            _ => self.open.get(&id).is_some_and(is_open),
        }
    }

    /// True where another stream than this is open.
    pub(super) fn has_other(&self, id: u64) -> bool {
        let is_open = u32::try_from(id).is_ok_and(|id| self.open.contains_key(&id));
        self.open.len() > usize::from(is_open)
    }

    /// Bytes of memory that they take, about.
    pub(super) fn held(&self) -> usize {
        self.open.len().saturating_mul(HELD)
    }

    /// All that are open, by number.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Stream)> {
        self.open.iter_mut().map(|(id, stream)| (*id, stream))
    }
}

/// Streams that ended last and are remembered: of one that is given up, a round trip of DATA comes.
const ENDED: usize = 32;

/// The stream that an upgrade begins.
const FIRST: u32 = 1;
