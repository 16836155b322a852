//! The streams of requests and pushes that are open: how far each way is read, and what waits.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::anomaly::Anomaly;
use crate::flow::event::{EndReason, GapReason, PerDirection};
use crate::limits::Limits;
use crate::protocol::analyzer::StreamReset;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http::stream::messages::{HELD, Side, Stream};
use crate::protocol::http3::faults;
use crate::protocol::http3::frame::Head;
use crate::protocol::http3::qpack::Need;
use crate::time::{Frames, Stamp};

/// A request, or a push, and its response.
#[derive(Default)]
pub(super) struct Exchange {
    /// Its two messages.
    pub(super) stream: Stream,
    /// Its two directions.
    pub(super) ways: PerDirection<Way>,
    /// Bytes of memory that it took when it was put away.
    held: usize,
}

/// One direction of a stream.
#[derive(Default)]
pub(super) struct Way {
    pub(super) state: State,
    /// Bytes that waited, and are not read yet.
    pub(super) own: StreamBuffer,
    pub(super) waiting: Option<Box<Waiting>>,
    /// The section that comes next is read with what is known.
    pub(super) is_forced: bool,
    /// Its head was passed over.
    pub(super) has_skipped: bool,
    /// Its trailers have come.
    pub(super) has_trailers: bool,
    /// Sections that referred to the table, and those of them that their receiver has read.
    pub(super) dynamic: u32,
    pub(super) acknowledged: u32,
}

/// What a direction is doing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum State {
    /// The next frame's head is on its way.
    #[default]
    Head,
    /// A field section is, and is read as a whole.
    Section(Head),
    /// The payload of DATA is, and is read as it comes: so many bytes are to come.
    Data(u64),
    /// So many bytes of a frame follow that nobody wants.
    Skip(u64),
    /// Where a frame begins is not known any more.
    Lost(GapReason),
    /// What follows is not of HTTP.
    Foreign,
}

/// What waits for entries of the table.
///
/// Invariant: `held` is its own size and the sum of what its inputs weigh.
pub(super) struct Waiting {
    /// For what.
    pub(super) need: Need,
    /// What was before it on its stream could be read then: it cannot be read earlier.
    pub(super) behind: Option<Stamp>,
    /// What came of its stream since.
    inputs: VecDeque<Input>,
    /// Bytes of memory that it takes.
    held: usize,
}

/// What comes of one direction of a stream.
pub(super) enum Input {
    /// Bytes: when they arrived, and when they could be read.
    Bytes(Bytes, Stamp, Stamp),
    /// So many bytes are missing.
    Gap(u64, GapReason),
    End(EndReason),
    Reset(StreamReset),
}

impl Waiting {
    pub(super) fn new(need: Need) -> Self {
        Self { need, behind: None, inputs: VecDeque::new(), held: size_of::<Self>() }
    }

    /// Bytes of memory that it takes.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Something more came; gives how much more memory it takes.
    pub(super) fn push(&mut self, input: Input) -> usize {
        let more = input.weight();
        self.held = self.held.saturating_add(more);
        self.inputs.push_back(input);
        more
    }

    /// What came first of it.
    pub(super) fn pop(&mut self) -> Option<Input> {
        let input = self.inputs.pop_front()?;
        self.held = self.held.saturating_sub(input.weight());
        Some(input)
    }

    /// What is left of another one is behind it; gives how much more memory it takes. Costs what is
    /// here, not what is behind: thousands of sections may wait, one behind the other.
    pub(super) fn before(&mut self, rest: Self) -> usize {
        let own = std::mem::replace(&mut self.inputs, rest.inputs);
        for input in own.into_iter().rev() {
            self.inputs.push_front(input);
        }
        let more = rest.held.saturating_sub(size_of::<Self>());
        self.held = self.held.saturating_add(more);
        more
    }
}

impl Input {
    /// Bytes of memory that it takes.
    fn weight(&self) -> usize {
        let bytes = if let Self::Bytes(bytes, ..) = self { bytes.len() } else { 0 };
        bytes.saturating_add(size_of::<Self>())
    }
}

/// Takes all bytes out of a buffer, packet by packet, without copying them.
pub(super) fn drain(buffer: &mut StreamBuffer, mut each: impl FnMut(Bytes, Stamp, Stamp)) {
    let mut frames = Frames::default();
    while let Some((arrived, delivered)) = buffer.first_stamps() {
        let length = buffer.front().len();
        let Some((bytes, _)) = buffer.take(length, &mut frames) else { return };
        each(bytes, arrived, delivered);
    }
}

/// The exchanges of a connection that are not over.
#[derive(Default)]
pub(super) struct Exchanges {
    open: BTreeMap<u64, Box<Exchange>>,
    /// The last of those that were given up for others.
    given_up: Option<u64>,
    /// Those that ended last, for what is still on its way then.
    ended: VecDeque<u64>,
    told_full: bool,
    held: usize,
}

impl Exchanges {
    /// Takes an exchange out to work on it; one that begins is new. None where it was given up.
    pub(super) fn take(&mut self, id: u64) -> Option<Box<Exchange>> {
        self.take_open(id).or_else(|| (!self.is_over(id)).then(Box::default))
    }

    /// Before an exchange is taken out that may begin: at the bound the oldest is given up, which
    /// may be that itself.
    pub(super) fn make_room(
        &mut self,
        id: u64,
        limits: &Limits,
        say: impl FnOnce(Anomaly),
    ) -> Option<(u64, Box<Exchange>)> {
        if self.open.len() < limits.http_streams || self.has(id) || self.is_over(id) {
            return None;
        }
        if !std::mem::replace(&mut self.told_full, true) {
            say(faults::many_streams(limits));
        }
        let oldest = self.open.first_key_value().map_or(id, |(first, _)| id.min(*first));
        self.given_up = Some(oldest);
        Some((oldest, self.take_open(oldest)?))
    }

    /// Takes an exchange out that is there.
    pub(super) fn take_open(&mut self, id: u64) -> Option<Box<Exchange>> {
        let exchange = self.open.remove(&id)?;
        self.held = self.held.saturating_sub(exchange.held);
        Some(exchange)
    }

    /// Puts an exchange back; forgets it where both of its messages are over.
    pub(super) fn put(&mut self, id: u64, mut exchange: Box<Exchange>) {
        if exchange.stream.is_over() {
            if self.ended.len() >= ENDED {
                self.ended.pop_front();
            }
            self.ended.push_back(id);
            return;
        }
        let Exchange { ways, .. } = &*exchange;
        exchange.held = HELD + ways.to_server.held() + ways.to_client.held();
        self.held = self.held.saturating_add(exchange.held);
        self.open.insert(id, exchange);
    }

    /// True where an exchange is open.
    pub(super) fn has(&self, id: u64) -> bool {
        self.open.contains_key(&id)
    }

    /// True where an exchange is open whose request has been told.
    pub(super) fn has_asked(&self, id: u64) -> bool {
        self.open.get(&id).is_some_and(|open| !matches!(open.stream.request, Side::Waiting))
    }

    /// True where an exchange was open, as far as is remembered.
    pub(super) fn is_over(&self, id: u64) -> bool {
        self.ended.contains(&id) || self.given_up.is_some_and(|last| id <= last)
    }

    /// True where another exchange than the one that is worked on is open.
    pub(super) fn has_other(&self) -> bool {
        !self.open.is_empty()
    }

    /// The numbers of those that are open, from one on.
    pub(super) fn numbers_from(&self, first: u64) -> Vec<u64> {
        self.open.range(first..).map(|(id, _)| *id).collect()
    }

    /// Bytes of memory that they take, about.
    pub(super) const fn held(&self) -> usize {
        self.held
    }
}

impl Way {
    fn held(&self) -> usize {
        self.own.held() + self.waiting.as_ref().map_or(0, |waiting| waiting.held())
    }
}

/// Exchanges that ended last and are remembered: of one that nobody wants any more, a round trip of
/// DATA comes.
const ENDED: usize = 256;
