//! One direction of a connection: what was sent in it, by which frames.

use std::collections::VecDeque;

use crate::limits::Limits;
use crate::packet::tcp::Tcp;
use crate::packet::{Decoded, Layer};
use crate::time::Stamp;

/// What is remembered of one direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The sequence number that counts as 0, as Wireshark counts: the SYN's, or the one before
    /// the first that was seen.
    pub(super) zero: Option<u32>,
    /// The window scale of its SYN, and where that was; a SYN may have none.
    pub(super) scale: Option<(Option<u8>, Stamp)>,
    /// The end of all that was sent.
    next: Option<u32>,
    /// Up to where the other end has acknowledged it.
    acked: Option<u32>,
    segments: VecDeque<Segment>,
    recent: VecDeque<(Print, Stamp)>,
}

/// Bytes that were sent.
#[derive(Clone, Copy, Debug)]
struct Segment {
    sequence: u32,
    length: u32,
    at: Stamp,
}

/// What a packet and its copies have in common.
type Print = [u64; 3];

/// Packets among which the original of a copy is looked for: those that `flow` compares.
const RECENT: usize = 16;

impl Way {
    /// The packet that this one is a copy of; remembers it, if it is none.
    pub(super) fn original(
        &mut self,
        at: Stamp,
        decoded: &Decoded<'_>,
        is_copy: bool,
    ) -> Option<Stamp> {
        let print = print(decoded)?;
        if is_copy {
            return self.recent.iter().rev().find(|it| it.0 == print).map(|it| it.1);
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((print, at));
        None
    }

    /// The packet that carried the first byte of a segment before, where that is still known.
    pub(super) fn sent_before(&self, sequence: u32, length: u32) -> Option<Stamp> {
        let first = |it: &&Segment| sequence.wrapping_sub(it.sequence) < it.length;
        self.segments.iter().find(first).filter(|_| length > 0).map(|it| it.at)
    }

    /// Remembers a segment; says by how many more are remembered now.
    pub(super) fn sent(&mut self, sequence: u32, length: u32, at: Stamp) -> usize {
        let end = sequence.wrapping_add(length);
        if self.next.is_none_or(|next| is_after(end, next)) {
            self.next = Some(end);
        }
        if length == 0 {
            return 0;
        }
        let before = self.segments.len();
        if before >= Limits::SEGMENTS_REMEMBERED {
            self.segments.pop_front();
        }
        self.segments.push_back(Segment { sequence, length, at });
        self.segments.len().saturating_sub(before)
    }

    /// The last segment that an acknowledgment covers and those before it did not, and whether
    /// its bytes were sent more than once.
    pub(super) fn acknowledged(&mut self, ack: u32) -> Option<(Stamp, bool)> {
        if self.acked.is_some_and(|acked| !is_after(ack, acked)) {
            return None;
        }
        let before = self.acked.replace(ack);
        let end = |it: &Segment| it.sequence.wrapping_add(it.length);
        let is_news = |it: &&Segment| {
            !is_after(end(it), ack) && before.is_none_or(|before| is_after(end(it), before))
        };
        let mut last: Option<&Segment> = None;
        for segment in self.segments.iter().rev().filter(is_news) {
            if last.is_none_or(|last| is_after(end(segment), end(last))) {
                last = Some(segment);
            }
            if end(segment) == ack {
                break;
            }
        }
        let last = last?;
        let byte = end(last).wrapping_sub(1);
        let carried = |it: &&Segment| byte.wrapping_sub(it.sequence) < it.length;
        Some((last.at, self.segments.iter().filter(carried).count() > 1))
    }

    /// Bytes sent that are not acknowledged yet, where an acknowledgment was seen.
    pub(super) fn in_flight(&self) -> Option<u32> {
        let flight = self.next?.wrapping_sub(self.acked?);
        (flight < 1 << 31).then_some(flight)
    }

    /// A number in this direction's bytes, from the beginning.
    pub(super) fn relative(&self, sequence: u32) -> Option<u32> {
        self.zero.map(|zero| sequence.wrapping_sub(zero))
    }

    /// Forgets the segments.
    pub(super) fn forget(&mut self) {
        self.segments = VecDeque::new();
    }

    /// How many segments are remembered.
    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }
}

/// What a segment takes of the sequence numbers: its bytes, and one each for SYN and FIN.
pub(super) fn length(decoded: &Decoded<'_>, tcp: &Tcp<'_>) -> u32 {
    let length = u32::try_from(decoded.payload.len()).unwrap_or(u32::MAX);
    let flags = u32::from(tcp.syn()) + u32::from(tcp.fin());
    length.saturating_add(decoded.missing).saturating_add(flags)
}

/// RFC 9293 §3.4: sequence numbers come round.
const fn is_after(one: u32, other: u32) -> bool {
    one.wrapping_sub(other).cast_signed() > 0
}

fn print(decoded: &Decoded<'_>) -> Option<Print> {
    let length = decoded.payload.len() as u64;
    let id = u64::from(decoded.network?.identification.unwrap_or(0));
    match decoded.layers.last()? {
        Layer::Tcp(tcp) => {
            let numbers = [tcp.sequence_number(), tcp.acknowledgment_number()];
            let [sequence, ack] = numbers.map(u64::from);
            let rest = u64::from(tcp.checksum()) << 32 | u64::from(tcp.window_size());
            Some([sequence << 32 | ack, rest, id << 32 | length])
        }
        Layer::Udp(udp) => {
            let first = decoded.payload.first_chunk::<8>().map_or(0, |it| u64::from_be_bytes(*it));
            Some([u64::from(udp.checksum()), first, id << 32 | length])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn at(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(0), FrameNo(frame))
    }

    #[test]
    fn numbers_come_round() {
        let mut way = Way { zero: Some(u32::MAX - 9), ..Way::default() };
        let start = u32::MAX - 8;
        way.sent(start, 100, at(1));
        way.sent(start.wrapping_add(100), 100, at(2));
        assert_eq!((way.relative(start), way.in_flight()), (Some(1), None));
        assert_eq!(way.acknowledged(start.wrapping_add(100)), Some((at(1), false)));
        assert_eq!(way.in_flight(), Some(100));
        // an older one, and the same again
        assert_eq!(way.acknowledged(start.wrapping_add(50)), None);
        assert_eq!(way.acknowledged(start.wrapping_add(100)), None);
        assert_eq!(way.acknowledged(start.wrapping_add(200)), Some((at(2), false)));
        assert_eq!(way.in_flight(), Some(0));
    }

    #[test]
    fn of_bytes_sent_twice_it_is_not_known_which_are_acknowledged() {
        let mut way = Way::default();
        way.sent(1, 10, at(1));
        assert_eq!(way.sent_before(1, 10), Some(at(1)));
        assert_eq!((way.sent_before(11, 10), way.sent_before(1, 0)), (None, None));
        way.sent(1, 20, at(2));
        assert_eq!(way.acknowledged(11), Some((at(1), true)));
        assert_eq!(way.acknowledged(21), Some((at(2), false)));
    }

    #[test]
    fn only_the_last_segments_are_remembered() {
        let mut way = Way::default();
        let most = u32::try_from(Limits::SEGMENTS_REMEMBERED).unwrap();
        let more: usize = (0..=most).map(|n| way.sent(n * 10, 10, at(u64::from(n)))).sum();
        assert_eq!((more, way.segments()), (Limits::SEGMENTS_REMEMBERED, more));
        assert_eq!((way.sent_before(0, 10), way.sent_before(10, 10)), (None, Some(at(1))));
        way.forget();
        assert_eq!((way.segments(), way.sent_before(10, 10)), (0, None));
    }
}
