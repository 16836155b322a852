//! Which request a response answers: the k-th final response answers the k-th request (RFC 9112
//! §9.3.2), as long as none was lost on the way to us.

use std::collections::VecDeque;

use crate::anomaly::{Anomaly, Class};
use crate::limits::Limits;
use crate::protocol::http::message::MessageId;
use crate::protocol::websocket::Offer;
use crate::time::Stamp;

/// A request without its final response yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) id: MessageId,
    pub(super) method: Box<str>,
    /// What its `Upgrade` field asks for.
    pub(super) upgrade: Option<Box<str>>,
    /// The client's settings of HTTP/2, where it asks for that.
    pub(super) settings: Option<Box<[u8]>>,
    /// What it offers, where it asks for a WebSocket.
    pub(super) offer: Option<Box<Offer>>,
    /// It is of HTTP/0.9: a bare body will answer it.
    pub(super) is_bare: bool,
    /// Its first byte.
    pub(super) first: Stamp,
    /// The last byte of its head.
    pub(super) last: Stamp,
}

impl Pending {
    /// True where a positive answer ends HTTP on this connection.
    pub(super) fn may_switch(&self) -> bool {
        self.upgrade.is_some() || self.method.eq_ignore_ascii_case("CONNECT")
    }
}

/// The requests of a connection that wait for their responses.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    queue: VecDeque<Pending>,
    next: u32,
    /// A response whose request has not come has this number, told with its 1xx already.
    half_orphan: Option<(MessageId, Stamp)>,
    /// Final responses whose requests had not come, and when the first byte of each came.
    orphans: VecDeque<(MessageId, Stamp)>,
    /// Bytes of responses that are missing since the last response, beyond the one they began in.
    lost: u64,
    /// The client was seen to send requests before earlier ones were answered.
    pipelines: bool,
    /// Requests may have been lost, at any time.
    missed_requests: bool,
    /// Requests may have been lost while others waited, since the last response.
    lost_requests: bool,
    full: bool,
}

impl Pairing {
    /// Bytes of memory that the requests take, about.
    pub(super) fn held(&self) -> usize {
        self.queue.capacity() * (size_of::<Pending>() + 16)
    }

    /// The number of a request whose first byte came at `first`, and whether it waits for its
    /// final response.
    ///
    /// A request that was on its way before a response, but could be read only after it since it
    /// stood behind a hole, is that response's request.
    pub(super) fn number_request(&mut self, first: Stamp) -> (MessageId, bool) {
        let before = |orphan: &(MessageId, Stamp)| first.frame < orphan.1.frame;
        if self.queue.is_empty() {
            if let Some((id, _)) = self.orphans.pop_front_if(|orphan| before(orphan)) {
                return (id, false);
            }
            if let Some((id, _)) = self.half_orphan.take_if(|orphan| before(orphan)) {
                return (id, true);
            }
        }
        self.orphans.clear();
        (self.number(), true)
    }

    /// The next number: exchanges are numbered as they become known, by their request, or by
    /// their response where the request has not come.
    fn number(&mut self) -> MessageId {
        let id = MessageId { stream: 0, nth: self.next };
        self.next = self.next.saturating_add(1);
        id
    }

    /// A request waits. At the bound the oldest is given up: it waits in vain, most likely since
    /// the capture has one direction only.
    pub(super) fn push(&mut self, pending: Pending, limits: &Limits) -> Option<Anomaly> {
        self.queue.push_back(pending);
        if self.queue.len() <= limits.http_pipeline {
            return None;
        }
        self.queue.pop_front();
        let text = format!("more than {} requests without a response", limits.http_pipeline);
        let told = std::mem::replace(&mut self.full, true);
        (!told).then(|| Anomaly::new("http.pipeline-full", Class::Limit, text))
    }

    /// Bytes are missing in which whole responses may have been.
    pub(super) const fn lose_responses(&mut self, bytes: u64) {
        self.lost = self.lost.saturating_add(bytes);
    }

    /// Bytes are missing in which whole requests may have been.
    pub(super) fn lose_requests(&mut self) {
        self.missed_requests = true;
        self.lost_requests |= !self.queue.is_empty();
    }

    /// A response was whole with its byte at `last`: requests on their way before that are
    /// pipelined.
    pub(super) fn answered(&mut self, last: Stamp) {
        if let Some(next) = self.queue.front() {
            self.pipelines |= next.first.frame < last.frame;
        }
    }

    /// True where a response makes sense now: a request waits, or may have been missed.
    pub(super) fn expects_response(&self, from_the_start: bool) -> bool {
        !self.queue.is_empty()
            || self.missed_requests
            || self.lost > 0
            || !from_the_start
            || self.next == 0
    }

    /// The request that the next response answers, if it was captured.
    pub(super) fn front(&self) -> Option<&Pending> {
        self.queue.front()
    }

    /// True where a waiting request may turn the connection into something else.
    pub(super) fn may_switch(&self) -> bool {
        self.queue.iter().any(Pending::may_switch)
    }

    /// The exchange that an interim response belongs to, whose first byte came at `first`.
    pub(super) fn interim(&mut self, first: Stamp, say: impl FnMut(Anomaly)) -> MessageId {
        self.skip_lost(first, say);
        if let Some(front) = self.queue.front() {
            return front.id;
        }
        if let Some((id, _)) = self.half_orphan {
            return id;
        }
        let id = self.number();
        self.half_orphan = Some((id, first));
        id
    }

    /// The exchange that a final response belongs to, whose first byte came at `first`, and its
    /// request.
    pub(super) fn take(
        &mut self,
        first: Stamp,
        say: impl FnMut(Anomaly),
    ) -> (MessageId, Option<Pending>) {
        self.skip_lost(first, say);
        if let Some(pending) = self.queue.pop_front() {
            return (pending.id, Some(pending));
        }
        let orphan = self.half_orphan.take().unwrap_or_else(|| (self.number(), first));
        if self.orphans.len() >= ORPHANS {
            self.orphans.pop_front();
        }
        self.orphans.push_back(orphan);
        (orphan.0, None)
    }

    /// After a hole: gives up the requests whose responses were in it.
    ///
    /// A client that does not pipeline sends a request only once the one before is answered, so
    /// the response belongs to the last request that was on its way before it. Of a client that
    /// does, nobody can know.
    fn skip_lost(&mut self, first: Stamp, mut say: impl FnMut(Anomaly)) {
        let lost = std::mem::take(&mut self.lost);
        let lost_requests = std::mem::take(&mut self.lost_requests);
        if lost < SHORTEST_RESPONSE || self.queue.is_empty() {
            return;
        }
        let sent = self.queue.iter().take_while(|p| p.first.frame < first.frame).count();
        let room = usize::try_from(lost / SHORTEST_RESPONSE).unwrap_or(usize::MAX);
        let same_packet = self
            .queue
            .iter()
            .zip(self.queue.iter().skip(1))
            .any(|(a, b)| b.first.frame <= a.last.frame);
        if sent < 2 && !lost_requests {
            return;
        }
        if self.pipelines || same_packet || lost_requests {
            let text = format!(
                "{lost} bytes of responses are missing while {} requests waited: which of them \
                 the next response answers cannot be told",
                self.queue.len()
            );
            say(Anomaly::new("http.pairing-unknown", Class::Lost, text));
            return;
        }
        for _ in 0..room.min(sent - 1) {
            if let Some(pending) = self.queue.pop_front() {
                let text = format!(
                    "the response to the {} request of frame {} was not captured",
                    pending.method, pending.first.frame
                );
                say(Anomaly::new("http.response-lost", Class::Lost, text));
            }
        }
    }
}

/// Responses that may still find their request: there are two holes at a time, at most.
const ORPHANS: usize = 16;

/// `HTTP/1.1 200` and two line ends.
const SHORTEST_RESPONSE: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn stamp(frame: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(frame.cast_signed()), FrameNo(frame))
    }

    fn request(pairing: &mut Pairing, frame: u64) -> Option<Anomaly> {
        let (id, waits) = pairing.number_request(stamp(frame));
        if !waits {
            return None;
        }
        let (first, last) = (stamp(frame), stamp(frame));
        let method = "GET".into();
        let pending = Pending {
            id,
            method,
            upgrade: None,
            settings: None,
            offer: None,
            is_bare: false,
            first,
            last,
        };
        pairing.push(pending, &Limits { http_pipeline: 4, ..Limits::default() })
    }

    fn response(pairing: &mut Pairing, frame: u64) -> (u32, bool, Vec<&'static str>) {
        let mut said = Vec::new();
        let (id, pending) = pairing.take(stamp(frame), |a| said.push(a.id));
        pairing.answered(stamp(frame));
        (id.nth, pending.is_some(), said)
    }

    #[test]
    fn responses_answer_in_order_and_orphans_have_their_own_number() {
        let mut pairing = Pairing::default();
        assert_eq!(response(&mut pairing, 1), (0, false, vec![]));
        request(&mut pairing, 2);
        request(&mut pairing, 2);
        assert_eq!(response(&mut pairing, 3), (1, true, vec![]));
        assert_eq!(response(&mut pairing, 3), (2, true, vec![]));
        assert_eq!(pairing.interim(stamp(4), |_| ()).nth, 3);
        assert_eq!(response(&mut pairing, 4), (3, false, vec![]));
    }

    #[test]
    fn a_lost_response_does_not_make_the_others_slip() {
        let mut pairing = Pairing::default();
        request(&mut pairing, 1);
        pairing.lose_responses(300);
        request(&mut pairing, 3);
        assert_eq!(response(&mut pairing, 4), (1, true, vec!["http.response-lost"]));
        request(&mut pairing, 5);
        assert_eq!(response(&mut pairing, 6), (2, true, vec![]));
        // Too small for a whole response.
        request(&mut pairing, 7);
        pairing.lose_responses(10);
        request(&mut pairing, 8);
        assert_eq!(response(&mut pairing, 9), (3, true, vec![]));
    }

    #[test]
    fn a_request_that_is_read_late_finds_its_response() {
        let mut pairing = Pairing::default();
        assert_eq!(response(&mut pairing, 5), (0, false, vec![]));
        assert_eq!(pairing.number_request(stamp(4)), (MessageId { stream: 0, nth: 0 }, false));
        assert_eq!(pairing.interim(stamp(7), |_| ()).nth, 1);
        request(&mut pairing, 6);
        assert_eq!(response(&mut pairing, 8), (1, true, vec![]));
        assert_eq!(response(&mut pairing, 9), (2, false, vec![]));
        assert_eq!(pairing.number_request(stamp(10)), (MessageId { stream: 0, nth: 3 }, true));
    }

    #[test]
    fn with_pipelining_it_is_said_that_nobody_can_know() {
        let mut pairing = Pairing::default();
        request(&mut pairing, 1);
        request(&mut pairing, 1);
        request(&mut pairing, 2);
        pairing.lose_responses(300);
        assert_eq!(response(&mut pairing, 4), (0, true, vec!["http.pairing-unknown"]));
    }

    #[test]
    fn waiting_requests_are_bounded() {
        let mut pairing = Pairing::default();
        let told: Vec<_> = (1..9).filter_map(|frame| request(&mut pairing, frame)).collect();
        assert_eq!((told.len(), pairing.queue.len()), (1, 4));
        assert_eq!(response(&mut pairing, 9).0, 4);
    }
}
