//! One direction's progress: where it stopped, why, and with which packet it went on.
//!
//! Judged where the packets were captured, by what has passed there. Silences count between
//! packets that bring something: new bytes, or bytes that had to be sent again. Those are none
//! whose bytes were on their way by the sender's own clock. One is told by the first of these that
//! holds:
//! 1. the receiver's window was closed, or filled;
//! 2. it follows bytes that were sent again, and ends with their acknowledgment;
//! 3. the last segment was not full: its sender had no more;
//! 4. it ends when the acknowledgment of what was sent can have been there: the congestion window;
//! 5. it ends long after all was acknowledged: a sender with nothing in flight may send;
//! 6. it is longer than an answer takes, or segments have come faster, and nothing tells why.
//!
//! By the last two and 3 bytes were lost if the sender counted a packet that never came here.

use arrayvec::ArrayVec;

use crate::flow::event::{Direction, SegmentKind, StallCause};
use crate::flow::tcp::clock::Clock;
use crate::flow::tcp::count::Count;
use crate::flow::tcp::pace::Pace;
use crate::time::{Stamp, TimeDelta, Timestamp};

/// What is known of the bytes of one direction.
#[derive(Debug)]
pub(super) struct Watch {
    direction: Direction,
    /// The last packet that brought something.
    last: Option<Stamp>,
    /// Whether it was as large as segments get; none where that is not known.
    is_full: Option<bool>,
    /// What it was, where it brought bytes again.
    again: Option<SegmentKind>,
    /// The last packet that brought new bytes.
    newest: Stamp,
    /// Where the bytes begin that were sent since the last silence.
    flight: u64,
    /// The first acknowledgment of some of them, and the last one.
    released: Option<(Stamp, Stamp)>,
    /// The acknowledgment of all that was sent.
    acked_all: Option<Stamp>,
    /// The shortest time between full segments: how fast the path is at its best.
    spacing: Option<TimeDelta>,
    /// Bytes whose acknowledgment tells a round trip: the end of them, and their packet.
    timed: Option<(u64, Stamp)>,
    window: Window,
    /// The packet that opened a hole, or that filled the one before it.
    hole: Option<Stamp>,
    count: Count,
    clock: Clock,
    /// Bytes sent again that have not been acknowledged: they may turn out to be needless.
    pending: Option<Pending>,
}

/// What the receiver has room for.
#[derive(Debug, Default)]
struct Window {
    /// The end of it, as an offset of the stream.
    edge: Option<u64>,
    /// The same when the flight began, and when its last packet passed.
    edge_at_first: Option<u64>,
    edge_at_last: Option<u64>,
    closed: Option<Stamp>,
    opened: Option<Stamp>,
}

#[derive(Debug)]
struct Pending {
    found: Found,
    start: u64,
}

/// Any packet.
pub(super) struct Any {
    pub(super) at: Timestamp,
    /// Its IPv4 identification, 0 where there is none.
    pub(super) id: u16,
    /// Its sender's clock, where it says it.
    pub(super) clock: Option<u32>,
    /// It opens a hole, and says by that what is missing.
    pub(super) opens_hole: bool,
}

/// Bytes that passed.
pub(super) struct Passed {
    pub(super) at: Stamp,
    /// Where they begin.
    pub(super) start: u64,
    /// Payload bytes; a FIN may have none.
    pub(super) length: u32,
    /// The largest payload of the direction.
    pub(super) largest: u32,
    /// The end of all that was sent before.
    pub(super) highest: u64,
    /// The sender's clock, where it says it.
    pub(super) clock: Option<u32>,
}

/// An acknowledgment.
pub(super) struct Heard {
    pub(super) at: Stamp,
    /// Up to where.
    pub(super) acked: u64,
    /// It acknowledges more than those before it.
    pub(super) is_news: bool,
    /// The end of all that was sent.
    pub(super) highest: u64,
    /// The window field, where it means what it says (not in a SYN).
    pub(super) window: Option<u16>,
}

/// A stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) from: Stamp,
    pub(super) to: Stamp,
    pub(super) cause: StallCause,
}

/// What one packet ends: bytes sent again, then a silence in two parts.
pub(super) type Ended = ArrayVec<Found, 3>;

impl Watch {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            direction,
            last: None,
            is_full: None,
            again: None,
            newest: Stamp::default(),
            flight: 0,
            released: None,
            acked_all: None,
            spacing: None,
            timed: None,
            window: Window::default(),
            hole: None,
            count: Count::default(),
            clock: Clock::default(),
            pending: None,
        }
    }

    /// Any packet of the sender.
    #[inline]
    pub(super) fn passed(&mut self, packet: &Any) {
        self.count.note(packet.id, packet.at, packet.opens_hole);
        self.clock.note(packet.clock, packet.at);
    }

    /// New bytes.
    #[inline]
    pub(super) fn sent(&mut self, passed: &Passed, pace: &Pace) -> Ended {
        let mut ended = Ended::new();
        if let Some(last) = self.last {
            let gap = passed.at.at.since(last.at);
            if gap > pace.trips.silence() {
                self.silence(last, passed, pace, &mut ended);
            } else if self.is_full == Some(true) {
                self.spacing = Some(self.spacing.map_or(gap, |least| least.min(gap)));
            }
        } else {
            self.begin_flight(passed.start);
        }
        let end = passed.start.saturating_add(u64::from(passed.length));
        self.timed.get_or_insert((end, passed.at));
        self.last = Some(passed.at);
        self.newest = passed.at;
        self.is_full = is_full(passed, pace.full_segment(self.direction));
        self.again = None;
        self.acked_all = None;
        self.count.is_missing = false;
        self.clock.sent(passed.clock);
        self.window.edge_at_last = self.window.edge;
        if self.window.opened.is_some() {
            (self.window.closed, self.window.opened) = (None, None);
        }
        ended
    }

    /// Bytes that had passed, sent again for a reason.
    #[cold]
    pub(super) fn sent_again(
        &mut self,
        passed: &Passed,
        by: SegmentKind,
        filled: bool,
    ) -> Option<Found> {
        let before = self.pending.take().map(|pending| pending.found);
        // what fills a hole is told by the hole
        if let (Some(last), false) = (self.last, filled && self.hole.is_some()) {
            let cause = StallCause::SentAgain { by, newest: self.newest };
            let found = Found { from: last, to: passed.at, cause };
            self.pending = Some(Pending { found, start: passed.start });
        }
        // RFC 6298 §3: which copy is acknowledged is not known
        self.timed = None;
        self.clock.sent(passed.clock);
        self.last = Some(passed.at);
        self.is_full = None;
        self.again = Some(by);
        self.begin_flight(passed.start);
        before
    }

    /// Bytes that were overtaken, or are not worth a word.
    #[cold]
    pub(super) const fn overtaken(&mut self, at: Stamp) {
        self.last = Some(at);
    }

    /// Whether bytes wait behind a hole now, and what went on since. `by` is what the packet was
    /// that filled a hole.
    #[inline]
    pub(super) fn order(
        &mut self,
        at: Stamp,
        waits: bool,
        went_on: bool,
        by: Option<SegmentKind>,
    ) -> Option<Found> {
        let since = self.hole;
        if !waits {
            self.hole = None;
        } else if since.is_none() || went_on {
            self.hole = Some(at);
        }
        let (from, by) = (since.filter(|_| went_on)?, by?);
        Some(Found { from, to: at, cause: StallCause::Missing { by } })
    }

    /// The hole was given up: its bytes will not be captured.
    #[cold]
    pub(super) fn gave_up(&mut self, at: Stamp, waits: bool) -> Option<Found> {
        let from = self.hole?;
        self.hole = waits.then_some(at);
        Some(Found { from, to: at, cause: StallCause::NotCaptured })
    }

    /// An acknowledgment of the receiver.
    #[inline]
    pub(super) fn heard(&mut self, heard: &Heard, pace: &Pace) -> Option<Found> {
        let mut found = None;
        if heard.is_news {
            if self.pending.is_some() {
                found = self.confirmed(heard, pace);
            }
            if heard.acked > self.flight {
                let first = self.released.map_or(heard.at, |(first, _)| first);
                self.released = Some((first, heard.at));
            }
            if heard.acked >= heard.highest {
                self.acked_all = Some(heard.at);
            }
        }
        if let Some(field) = heard.window {
            if let Some(room) = pace.window(self.direction, field) {
                let edge = heard.acked.saturating_add(room);
                self.window.edge = Some(self.window.edge.map_or(edge, |known| known.max(edge)));
            }
            if field == 0 {
                self.window.closed.get_or_insert(heard.at);
                self.window.opened = None;
            } else if self.window.closed.is_some() {
                self.window.opened.get_or_insert(heard.at);
            }
        }
        found
    }

    /// The packet that an acknowledgment measures a round trip from.
    #[inline]
    pub(super) fn answered(&mut self, heard: &Heard) -> Option<Stamp> {
        let (_, sent) = self.timed.take_if(|(end, _)| heard.acked >= *end)?;
        Some(sent)
    }

    /// Bytes sent again are acknowledged. Sooner than they can have been there it was the first
    /// copy that arrived.
    #[cold]
    fn confirmed(&mut self, heard: &Heard, pace: &Pace) -> Option<Found> {
        let Pending { found, .. } = self.pending.take_if(|it| heard.acked > it.start)?;
        let took = heard.at.at.since(found.to.at);
        if pace.trips.back(self.direction).is_some_and(|back| took < back) {
            self.last = Some(found.from);
            self.again = None;
            return None;
        }
        Some(found)
    }

    #[cold]
    fn silence(&mut self, last: Stamp, passed: &Passed, pace: &Pace, ended: &mut Ended) {
        ended.extend(self.pending.take().map(|pending| pending.found));
        let to = passed.at;
        let gap = to.at.since(last.at);
        let is_usual = self.spacing.is_some_and(|spacing| gap <= spacing + spacing);
        if !is_usual && !self.clock.was_on_its_way(passed.clock, to, gap) {
            let (cause, until) = self.reason(last, passed, pace);
            let from = match cause {
                Some(StallCause::Window { closed: Some(closed), .. }) if closed.at > last.at => {
                    closed
                }
                _ => last,
            };
            let until = until.unwrap_or(to);
            ended.extend(cause.map(|cause| Found { from, to: until, cause }));
            if until != to {
                ended.push(Found { from: until, to, cause: StallCause::Idle });
            }
        }
        self.begin_flight(passed.start);
    }

    /// Why nothing came from `last` on, and up to when that holds, where it is not to the end.
    fn reason(
        &self,
        last: Stamp,
        passed: &Passed,
        pace: &Pace,
    ) -> (Option<StallCause>, Option<Stamp>) {
        let to = passed.at;
        let since = |stamp: Stamp| to.at.since(stamp.at);
        let (soonest, latest) =
            (pace.trips.soonest(self.direction), pace.trips.latest(self.direction));
        let is_late = |stamp: Stamp| latest.is_some_and(|latest| since(stamp) > latest);
        if let (Some(closed), Some(opened)) = (self.window.closed, self.window.opened) {
            let cause = StallCause::Window { closed: Some(closed), opened: Some(opened) };
            return (Some(cause), Some(opened).filter(|opened| is_late(*opened)));
        }
        let released = self.released.filter(|(first, last)| !(is_late(*first) && is_late(*last)));
        let unit = pace.full_segment(self.direction);
        if let (Some((_, opened)), true) = (released, self.is_filled(passed.highest, unit)) {
            return (Some(StallCause::Window { closed: None, opened: Some(opened) }), None);
        }
        if let (Some(by), Some(_)) = (self.again, released) {
            return (Some(StallCause::Repair { by }), None);
        }
        let is_missing = self.count.is_missing;
        let idle = match passed.start > passed.highest {
            _ if is_missing => StallCause::Vanished,
            // what is missing before it may have been sent at any time
            true => StallCause::Unknown,
            false => StallCause::Idle,
        };
        if self.is_full == Some(false) {
            return (Some(idle), None);
        }
        let answers = |stamp: &Stamp| {
            soonest.is_some_and(|soonest| since(*stamp) >= soonest) && !is_late(*stamp)
        };
        let acks = self.released.map_or([None; 2], |(first, last)| [Some(first), Some(last)]);
        let ack = acks.into_iter().flatten().find(answers);
        if let (Some(ack), Some(true)) = (ack, self.is_full) {
            return (Some(StallCause::Congestion { ack }), None);
        }
        if self.acked_all.is_some_and(is_late) {
            return (Some(idle), None);
        }
        // on a slow path segments come one by one, none of them late
        let is_long =
            self.spacing.is_some() || pace.trips.whole().is_none_or(|whole| since(last) > whole);
        let unknown = if is_missing { StallCause::Vanished } else { StallCause::Unknown };
        (is_long.then_some(unknown), None)
    }

    /// True where one more segment would not have fitted into the window that the sender knew.
    fn is_filled(&self, end: u64, unit: Option<u32>) -> bool {
        let (Some(first), Some(unit)) = (self.window.edge_at_first, unit) else { return false };
        // beyond the edge of the flight's beginning the sender knew a later one
        let edge = if end <= first { first } else { self.window.edge_at_last.unwrap_or(first) };
        end.saturating_add(u64::from(unit)) > edge
    }

    const fn begin_flight(&mut self, start: u64) {
        self.flight = start;
        self.released = None;
        self.window.edge_at_first = self.window.edge;
    }
}

/// Whether a packet is as large as segments of its direction get. A path may let less pass than
/// the ends offer, and several segments may have been captured as one.
fn is_full(passed: &Passed, unit: Option<u32>) -> Option<bool> {
    let (unit, length) = (unit?, passed.length);
    let is_whole = length > unit && length.is_multiple_of(unit);
    let is_largest = length >= passed.largest && length >= unit / 10 * 9;
    Some(is_whole || is_largest)
}
