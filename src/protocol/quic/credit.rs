//! Flow control of one direction (RFC 9000 §4): how many bytes its sender may send on each stream and
//! on all, and how many streams it may begin. Where it has used up what it may, it waits.

use std::collections::BTreeMap;

use crate::flow::event::Direction;
use crate::protocol::quic::parameters::Parameters;
use crate::time::Stamp;

/// What one end may send.
#[derive(Debug, Default)]
pub(super) struct Credit {
    /// On all streams together; none where that is not known.
    all: Window,
    sent: u64,
    /// On each stream of a kind, by its two last bits, until more is allowed.
    initial: [Option<u64>; 4],
    streams: BTreeMap<u64, Window>,
    /// How many of them are used up.
    used_up: usize,
    /// How many streams it may begin: both ways, and one way.
    begun: [Window; 2],
}

/// How far a sender may go.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    limit: Option<u64>,
    /// The packet that used it up.
    full: Option<Stamp>,
    /// The frame that gave room again.
    opened: Option<Stamp>,
}

/// A time in which a sender had no window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) from: Stamp,
    pub(super) to: Stamp,
    pub(super) opened: Option<Stamp>,
}

impl Credit {
    /// What the other end allows with its transport parameters; `way` is that of this sender.
    pub(super) fn allow(&mut self, way: Direction, by_other: &Parameters) {
        self.all.limit = self.all.limit.max(Some(by_other.initial_max_data.unwrap_or(0)));
        // "local" and "remote" are those that the other end begins, and that this one does
        let ours = u64::from(way == Direction::ToClient);
        for (kind, limit) in (0u64..).zip(&mut self.initial) {
            let is_ours = kind & 1 == ours;
            let allowed = match (kind & 2 != 0, is_ours) {
                (true, true) => by_other.initial_max_stream_data_uni,
                (true, false) => None,
                (false, true) => by_other.initial_max_stream_data_bidi_remote,
                (false, false) => by_other.initial_max_stream_data_bidi_local,
            };
            *limit = Some(allowed.unwrap_or(0));
        }
        let [both, one] = &mut self.begun;
        both.limit = both.limit.max(by_other.initial_max_streams_bidi);
        one.limit = one.limit.max(by_other.initial_max_streams_uni);
    }

    /// New bytes went out on a stream, up to `end`: times in which the stream, and all, had to wait.
    pub(super) fn sent(
        &mut self,
        id: u64,
        (fresh, end): (u64, u64),
        at: Stamp,
    ) -> [Option<Blocked>; 2] {
        self.sent = self.sent.saturating_add(fresh);
        let sent = self.sent;
        let limit = self.initial.get((id & 3) as usize).copied().flatten();
        let of_all = self.all.used(sent, at);
        let of_stream = match self.streams.get_mut(&id) {
            Some(window) => {
                let was = usize::from(window.full.is_some());
                let blocked = window.used(end, at);
                self.used_up =
                    (self.used_up + usize::from(window.full.is_some())).saturating_sub(was);
                blocked
            }
            // most streams never come near: nothing is kept of them
            None if limit.is_some_and(|limit| end >= limit) => {
                let mut window = Window { limit, ..Window::default() };
                let blocked = window.used(end, at);
                self.keep(id, window);
                blocked
            }
            None => None,
        };
        [of_stream, of_all]
    }

    /// More bytes may go out on all streams.
    pub(super) fn more(&mut self, limit: u64, at: Stamp) {
        self.all.raise(limit, at);
    }

    /// More bytes may go out on one stream.
    pub(super) fn more_of(&mut self, id: u64, limit: u64, at: Stamp) {
        if let Some(window) = self.streams.get_mut(&id) {
            window.raise(limit, at);
        } else {
            self.keep(id, Window { limit: Some(limit), ..Window::default() });
        }
    }

    /// More streams may begin.
    pub(super) fn more_streams(&mut self, is_one_way: bool, limit: u64, at: Stamp) {
        let [both, one] = &mut self.begun;
        if is_one_way { one } else { both }.raise(limit, at);
    }

    /// A stream begins: the time in which as many as may be had begun.
    pub(super) fn began(&mut self, id: u64, at: Stamp) -> Option<Blocked> {
        let [both, one] = &mut self.begun;
        if id & 2 != 0 { one } else { both }.used((id >> 2) + 1, at)
    }

    /// A stream is over.
    pub(super) fn ended(&mut self, id: u64) {
        let window = self.streams.remove(&id);
        self.gone(window);
    }

    /// True where a stream that is open, or all together, may send no more, or were told that they
    /// may and have sent nothing since.
    pub(super) const fn is_used_up(&self) -> bool {
        self.all.full.is_some() || self.used_up > 0
    }

    /// Bytes of memory that it takes, about.
    pub(super) fn held(&self) -> usize {
        self.streams.len() * (size_of::<Window>() + 32)
    }

    fn keep(&mut self, id: u64, window: Window) {
        // the oldest are the likeliest to be over
        if self.streams.len() >= KEPT {
            let oldest = self.streams.pop_first().map(|(_, window)| window);
            self.gone(oldest);
        }
        self.used_up += usize::from(window.full.is_some());
        self.streams.insert(id, window);
    }

    const fn gone(&mut self, window: Option<Window>) {
        if let Some(Window { full: Some(_), .. }) = window {
            self.used_up = self.used_up.saturating_sub(1);
        }
    }
}

/// Streams whose windows are followed: those that are open, for the most part.
const KEPT: usize = 4096;

impl Window {
    /// So much of it is used.
    fn used(&mut self, end: u64, at: Stamp) -> Option<Blocked> {
        let blocked = match (self.full, self.opened) {
            (Some(from), opened @ Some(_)) => Some(Blocked { from, to: at, opened }),
            _ => None,
        };
        if blocked.is_some() || self.full.is_none() {
            let is_full = self.limit.is_some_and(|limit| end >= limit);
            (self.full, self.opened) = (is_full.then_some(at), None);
        }
        blocked
    }

    fn raise(&mut self, limit: u64, at: Stamp) {
        if self.limit.is_none_or(|before| limit > before) {
            self.limit = Some(limit);
            if self.full.is_some() {
                self.opened.get_or_insert(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(frame.cast_signed()), FrameNo(frame))
    }

    fn blocked(from: u64, opened: u64, to: u64) -> Blocked {
        Blocked { from: at(from), to: at(to), opened: Some(at(opened)) }
    }

    /// What a client allows a server.
    fn parameters() -> Parameters {
        Parameters {
            initial_max_data: Some(1000),
            initial_max_stream_data_bidi_local: Some(400),
            initial_max_stream_data_bidi_remote: Some(300),
            initial_max_stream_data_uni: Some(200),
            initial_max_streams_bidi: Some(0),
            initial_max_streams_uni: Some(1),
            ..Parameters::default()
        }
    }

    #[test]
    fn a_stream_waits_for_its_own_window() {
        let mut credit = Credit::default();
        credit.allow(Direction::ToClient, &parameters());
        assert_eq!(credit.sent(0, (300, 300), at(1)), [None, None]);
        assert!(!credit.is_used_up());
        assert_eq!(credit.sent(0, (100, 400), at(2)), [None, None]);
        assert!(credit.is_used_up());
        credit.more_of(0, 800, at(5));
        credit.more_of(0, 900, at(6));
        assert_eq!(credit.sent(0, (100, 500), at(8)), [Some(blocked(2, 5, 8)), None]);
        // streams that the server begins have other limits
        assert_eq!(credit.sent(3, (200, 200), at(9)), [None, None]);
        credit.more_of(3, 800, at(11));
        assert_eq!(credit.sent(3, (50, 250), at(12)), [Some(blocked(9, 11, 12)), None]);
        assert!(!credit.is_used_up());
        credit.more(5000, at(13));
        assert_eq!(credit.sent(3, (550, 800), at(14)), [None, None]);
        assert!(credit.is_used_up());
        credit.ended(3);
        assert!(!credit.is_used_up());
        assert_eq!(credit.streams.len(), 1);
    }

    #[test]
    fn all_wait_for_the_window_of_the_connection() {
        let mut credit = Credit::default();
        credit.allow(Direction::ToClient, &parameters());
        for (id, n) in [(0, 1), (4, 2), (8, 3)] {
            assert_eq!(credit.sent(id, (300, 300), at(n)), [None, None]);
        }
        assert_eq!(credit.sent(12, (100, 100), at(4)), [None, None]);
        credit.more(5000, at(9));
        assert_eq!(credit.sent(0, (1, 301), at(10)), [None, Some(blocked(4, 9, 10))]);
    }

    #[test]
    fn a_stream_that_may_not_begin_waits() {
        let mut credit = Credit::default();
        credit.allow(
            Direction::ToServer,
            &Parameters { initial_max_streams_bidi: Some(2), ..Parameters::default() },
        );
        assert_eq!((credit.began(0, at(1)), credit.began(4, at(2))), (None, None));
        credit.more_streams(false, 3, at(7));
        assert_eq!(credit.began(8, at(9)), Some(blocked(2, 7, 9)));
        credit.more_streams(true, 10, at(10));
        assert_eq!(credit.began(2, at(11)), None);
    }

    #[test]
    fn windows_of_streams_that_never_end_make_room_for_later_ones() {
        let mut credit = Credit::default();
        credit.allow(Direction::ToServer, &parameters());
        for id in 0..2 * KEPT as u64 {
            credit.more_of(4 * id, 500, at(1));
        }
        assert_eq!(credit.streams.len(), KEPT);
        let newest = 4 * (2 * KEPT as u64 - 1);
        assert_eq!(credit.sent(newest, (500, 500), at(2)), [None, None]);
        credit.more_of(newest, 800, at(5));
        assert_eq!(credit.sent(newest, (100, 600), at(6)), [Some(blocked(2, 5, 6)), None]);
    }

    #[test]
    fn what_is_not_known_blocks_nobody() {
        let mut credit = Credit::default();
        assert_eq!(credit.sent(0, (1 << 40, 1 << 40), at(1)), [None, None]);
        assert_eq!(credit.began(0, at(1)), None);
    }
}
