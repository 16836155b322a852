//! The flow-control windows of DATA that goes one way (RFC 9113 §5.2), and the times in which its
//! sender had none.
//!
//! Windows are known only where all that changes them was seen: of a connection that the capture
//! does not have from its first byte on, or that lost a piece, nothing is told.

use std::collections::BTreeMap;

use crate::flow::event::Direction;
use crate::protocol::http::multiplex::Blocked;
use crate::time::Stamp;

/// The windows of one direction.
pub(super) struct Windows {
    way: Direction,
    is_known: bool,
    /// What a new stream begins with.
    initial: i64,
    connection: Window,
    /// Of open streams on which DATA went, or which were given more.
    streams: BTreeMap<u32, Window>,
}

struct Window {
    room: i64,
    /// The DATA that used it up, where there is none.
    since: Option<Stamp>,
}

impl Windows {
    /// The windows of a connection that begins, where that was seen.
    pub(super) const fn new(way: Direction, is_known: bool) -> Self {
        let connection = Window::new(INITIAL);
        Self { way, is_known, initial: INITIAL, connection, streams: BTreeMap::new() }
    }

    /// True where all that was said this way has been seen.
    pub(super) const fn is_known(&self) -> bool {
        self.is_known
    }

    /// From here on nobody knows how much room there is.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.way, false);
    }

    /// DATA of so many bytes was sent. Where its stream is not open (any more), it counts for the
    /// connection alone (RFC 9113 §5.1).
    pub(super) fn sent(&mut self, stream: u32, bytes: u32, at: Stamp, is_open: bool) {
        if !self.is_known {
            return;
        }
        self.connection.take(bytes, at);
        if is_open {
            self.streams.entry(stream).or_insert_with(|| Window::new(self.initial)).take(bytes, at);
        }
    }

    /// A stream has no more DATA.
    pub(super) fn ended(&mut self, stream: u32) {
        self.streams.remove(&stream);
    }

    /// The receiver gave a stream, or with 0 the connection, more room. `is_open` where the stream
    /// has more DATA to come, or some stream has.
    pub(super) fn gave(
        &mut self,
        stream: u32,
        bytes: u32,
        at: Stamp,
        is_open: bool,
    ) -> Option<Blocked> {
        if !self.is_known {
            return None;
        }
        let window = match stream {
            0 => &mut self.connection,
            _ if is_open => self.streams.entry(stream).or_insert_with(|| Window::new(self.initial)),
            _ => return None,
        };
        let from = window.give(i64::from(bytes))?;
        let stream = (stream != 0).then(|| u64::from(stream));
        is_open.then_some(Blocked { way: self.way, stream, from, to: Some(at) })
    }

    /// The receiver changed what streams begin with: those that are open change by as much
    /// (RFC 9113 §6.9.2).
    pub(super) fn resize(&mut self, initial: u32, at: Stamp, mut say: impl FnMut(Blocked)) {
        let more = i64::from(initial) - self.initial;
        self.initial = i64::from(initial);
        for (stream, window) in &mut self.streams {
            if let Some(from) = window.give(more) {
                let stream = Some(u64::from(*stream));
                say(Blocked { way: self.way, stream, from, to: Some(at) });
            }
        }
    }

    /// The connection is over: the windows that are still used up.
    pub(super) fn finish(&mut self, mut say: impl FnMut(Blocked)) {
        let way = self.way;
        if let Some(from) = self.connection.since.take() {
            say(Blocked { way, stream: None, from, to: None });
        }
        for (stream, window) in std::mem::take(&mut self.streams) {
            if let Some(from) = window.since {
                say(Blocked { way, stream: Some(u64::from(stream)), from, to: None });
            }
        }
    }
}

impl Window {
    const fn new(room: i64) -> Self {
        Self { room, since: None }
    }

    fn take(&mut self, bytes: u32, at: Stamp) {
        self.room = self.room.saturating_sub(i64::from(bytes));
        if self.room <= 0 && bytes > 0 {
            self.since = Some(at);
        }
    }

    /// Gives since when there was no room, where there is some now.
    fn give(&mut self, bytes: i64) -> Option<Stamp> {
        self.room = self.room.saturating_add(bytes);
        if self.room > 0 { self.since.take() } else { None }
    }
}

/// RFC 9113 §6.9.2.
const INITIAL: i64 = 65_535;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(frame.cast_signed()), FrameNo(frame))
    }

    #[test]
    fn a_window_that_is_used_up_blocks_until_there_is_more() {
        let mut windows = Windows::new(Direction::ToClient, true);
        windows.sent(1, 65_535, at(5), true);
        let blocked = |stream, to| Blocked { way: Direction::ToClient, stream, from: at(5), to };
        assert_eq!(windows.gave(1, 1000, at(7), true), Some(blocked(Some(1), Some(at(7)))));
        assert_eq!(windows.gave(1, 1000, at(8), true), None);
        assert_eq!(windows.gave(0, 1, at(9), true), Some(blocked(None, Some(at(9)))));
        windows.sent(3, 1, at(5), true);
        let mut left = Vec::new();
        windows.finish(|blocked| left.push(blocked));
        assert_eq!(left, [blocked(None, None)]);
    }

    #[test]
    fn a_new_beginning_changes_open_streams_by_as_much() {
        let mut windows = Windows::new(Direction::ToClient, true);
        windows.resize(100, at(1), |_| panic!("nothing was blocked"));
        windows.sent(1, 100, at(2), true);
        windows.sent(3, 50, at(3), true);
        let mut said = Vec::new();
        windows.resize(150, at(4), |blocked| said.push(blocked));
        let one =
            Blocked { way: Direction::ToClient, stream: Some(1), from: at(2), to: Some(at(4)) };
        assert_eq!(said, [one]);
    }

    #[test]
    fn of_what_was_not_seen_from_the_start_nothing_is_told() {
        let mut windows = Windows::new(Direction::ToClient, true);
        windows.sent(1, 65_535, at(1), true);
        windows.forget();
        windows.sent(1, 65_535, at(2), true);
        assert_eq!(windows.gave(0, 1, at(3), true), None);
        windows.finish(|_| panic!("nothing is known"));
    }

    #[test]
    fn a_stream_that_is_over_does_not_wait() {
        let mut windows = Windows::new(Direction::ToServer, true);
        windows.sent(1, 65_535, at(1), true);
        windows.ended(1);
        assert_eq!(windows.gave(1, 5, at(2), false), None);
        assert_eq!(windows.gave(0, 5, at(2), false), None);
    }

    #[test]
    fn data_of_no_open_stream_counts_for_the_connection_and_is_not_remembered() {
        let mut windows = Windows::new(Direction::ToClient, true);
        for stream in 0..65_535 {
            windows.sent(2 * stream + 1, 1, at(u64::from(stream)), false);
        }
        assert!(windows.streams.is_empty());
        assert!(windows.gave(0, 1, at(70_000), true).is_some());
    }
}
