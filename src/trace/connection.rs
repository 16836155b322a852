//! One flow: how it was opened, what it carried, what went wrong, how it was closed.

use std::ops::Range;

use crate::address::{Endpoint, MacAddr};
use crate::flow::event::{
    Counters, Direction, EndReason, FlowId, GapReason, Handshake, PerDirection, Role, RoundTrip,
    SegmentKind, TcpMeasures, TcpState, Transport,
};
use crate::packet::Encapsulation;
use crate::protocol::dns::message::Flavor;
use crate::time::{FrameNo, Frames, Stamp, TimeDelta};
use crate::trace::configuration::Reach;
use crate::trace::id::{ConnectionId, ExchangeId, ResolutionId};
use crate::trace::multiplex::Multiplex;
use crate::trace::quic::Quic;
use crate::trace::refusal::Refusal;
use crate::trace::stall::Stall;
use crate::trace::tls::Tls;

/// One TCP connection or UDP flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its place in the arena.
    pub id: ConnectionId,
    /// The flow's name: the frame that opened it.
    pub flow: FlowId,
    /// TCP or UDP.
    pub transport: Transport,
    /// The VLAN and the tunnel that it was seen in.
    pub encapsulation: Encapsulation,
    /// The client.
    pub client: Endpoint,
    /// The server.
    pub server: Endpoint,
    /// How the client was found out.
    pub role: Role,
    /// What it carries (`http`, `dns`), where that was recognised.
    pub protocol: Option<&'static str>,
    /// Hardware address on the client's side of the link.
    pub client_mac: Option<MacAddr>,
    /// Hardware address on the server's side of the link: the server's own, or the gateway's.
    pub server_mac: Option<MacAddr>,
    /// Its first packet.
    pub opened: Stamp,
    /// The SYNs; the second and later ones are retries.
    pub syns: Vec<Stamp>,
    /// The handshake, where it was seen whole.
    pub handshake: Option<Box<Handshake>>,
    /// The RST that answered the SYN: refused.
    pub refused: Option<Stamp>,
    /// Segments worth a word, in order, up to a bound.
    pub segments: Vec<SegmentNote>,
    /// What held bytes up, as it became known, up to a bound.
    pub stalls: Vec<Stall>,
    /// Round trips of TCP's data between the capture and the server, each shorter than the
    /// handshake's and than those before.
    pub round_trips: Vec<RoundTrip>,
    /// Bytes that are missing.
    pub gaps: Vec<GapNote>,
    /// What the network said of its packets (ICMP), up to a bound.
    pub refusals: Vec<Refusal>,
    /// FINs, their acknowledgments and RSTs, in order.
    pub closing: Vec<CloseStep>,
    /// Why it is over; none while it is not.
    pub end: Option<EndReason>,
    /// Who closed first.
    pub first_close: Option<Direction>,
    /// The states of client and server in the end, for TCP.
    pub states: Option<(TcpState, TcpState)>,
    /// What was measured, for TCP; known when it is over.
    pub measures: Option<Box<TcpMeasures>>,
    /// Its last packet so far.
    pub last: Stamp,
    /// What was counted in each direction; complete when it is over.
    pub counters: PerDirection<Counters>,
    /// Its frames; complete when it is over.
    pub frames: Frames,
    /// TLS on it, or in QUIC.
    pub tls: Option<Box<Tls>>,
    /// QUIC on it.
    pub quic: Option<Box<Quic>>,
    /// What was said of it, where it carries many streams.
    pub multiplex: Option<Box<Multiplex>>,
    /// Its exchanges in order.
    pub exchanges: Vec<ExchangeId>,
    /// Whether client and server are on one network; none where nobody told the client which it is
    /// in.
    pub reach: Option<Reach>,
    /// The lookup whose answer led to its server address, the latest before it was opened.
    pub resolution: Option<ResolutionId>,
}

/// A segment worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentNote {
    /// When.
    pub at: Stamp,
    /// Which way.
    pub direction: Direction,
    /// What it was.
    pub kind: SegmentKind,
    /// Its place in the stream.
    pub range: Range<u64>,
}

/// Bytes that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapNote {
    /// When they were given up.
    pub at: Stamp,
    /// Which way.
    pub direction: Direction,
    /// Their place in the stream.
    pub range: Range<u64>,
    /// Why they are missing.
    pub reason: GapReason,
}

/// A step of the close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseStep {
    /// When.
    pub at: Stamp,
    /// FIN, ACK of a FIN, or RST.
    pub kind: CloseKind,
    /// Which way the FIN or RST went (for an ACK: that of the FIN that it acknowledges).
    pub direction: Direction,
    /// The state of the FIN's or RST's sender afterwards.
    pub sender: TcpState,
    /// The state of its receiver afterwards.
    pub receiver: TcpState,
}

/// What closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseKind {
    /// No more to say.
    Fin,
    /// That was heard.
    FinAck,
    /// At once.
    Rst,
}

impl Connection {
    /// How long it took to open, as its client felt it: from the first SYN to its ACK, and with
    /// QUIC, which opens and secures a connection at once, from the client's first packet to its
    /// Finished.
    pub fn connect(&self) -> Option<(Stamp, Stamp)> {
        if self.quic.is_some() {
            return self.attempted().zip(self.tls.as_ref()?.done());
        }
        self.handshake.as_ref().map(|handshake| (handshake.syn, handshake.ack))
    }

    /// The first packet with which its client began to open it; none where that is older than the
    /// capture, or nothing tells.
    pub fn attempted(&self) -> Option<Stamp> {
        let Some(quic) = self.quic.as_deref() else {
            let syn = self.handshake.as_ref().map(|handshake| handshake.syn);
            return self.syns.first().copied().or(syn);
        };
        let asked = self.tls.as_ref().and_then(|tls| tls.started());
        // of a first packet that could not be opened the server's answer may tell
        let told = quic.negotiations.first().map(|said| said.at);
        let told = told.or_else(|| quic.retry.map(|retry| retry.at));
        asked.or(told).map(|_| self.opened)
    }

    /// A way to the server and back, from the capture: the shortest one that was known at a frame,
    /// with the packets that show it.
    pub fn round_trip(&self, known: FrameNo) -> Option<(TimeDelta, [FrameNo; 2])> {
        let shown = |sent: Stamp, acked: Stamp, time| (time, [sent.frame, acked.frame]);
        if let Some(quic) = self.quic.as_deref() {
            let measured = quic.round_trips.iter().filter(|measured| {
                measured.trip.direction == Direction::ToServer && measured.trip.acked.frame <= known
            });
            let measured =
                measured.map(|one| shown(one.trip.sent, one.trip.acked, one.time())).min();
            let first = self.attempted().zip(quic.answered);
            let first = first.filter(|(_, answered)| answered.frame <= known);
            let first =
                first.map(|(sent, back)| shown(sent, back, back.at.since(sent.at).at_least_zero()));
            return measured.into_iter().chain(first).min();
        }
        let of_data = self.round_trips.iter().rev().find(|trip| trip.acked.frame <= known);
        let of_data = of_data.map(|trip| (trip.sent, trip.acked));
        let handshake = self.handshake.as_deref().filter(|shaken| shaken.ack.frame <= known);
        let handshake = handshake.map(|shaken| (shaken.syn_answered, shaken.syn_ack));
        let (sent, back) = of_data.or(handshake)?;
        Some(shown(sent, back, back.at.since(sent.at).at_least_zero()))
    }

    /// When it was ready for its first request: open, and secured where it has TLS.
    pub fn ready(&self) -> Option<Stamp> {
        let (_, ack) = self.connect()?;
        let secured = self.tls.as_ref().and_then(|tls| tls.done());
        Some(secured.map_or(ack, |secured| secured.max(ack)))
    }

    /// True where it is told by the lookups that it carries.
    pub fn carries_lookups(&self) -> bool {
        self.protocol.and_then(Flavor::of_name).is_some()
    }

    /// True where it is over and nobody asked for anything on it: neither end said anything, or
    /// nothing within TLS, or they got no further than the settings of HTTP/2 or HTTP/3, as where a
    /// browser connects ahead of need. False where that cannot be told.
    pub fn never_used(&self) -> bool {
        if self.end.is_none() || !self.exchanges.is_empty() || self.carries_lookups() {
            return false;
        }
        let is_silent = self.counters.to_server.bytes == 0 && self.counters.to_client.bytes == 0;
        let is_only_secured = self.tls.as_ref().is_some_and(|tls| {
            tls.started().is_some() && tls.data.to_server.is_none() && tls.early.is_none()
        });
        // from its first byte on, and all of it
        let is_begun = match &self.quic {
            Some(_) => self.attempted().is_some(),
            None => matches!(self.role, Role::Syn | Role::SynAck),
        };
        let is_whole = is_begun && self.gaps.is_empty();
        let has_settings = self.multiplex.as_ref().is_some_and(|said| !said.settings.is_empty());
        is_silent || is_only_secured || (is_whole && has_settings)
    }

    /// What the network answered to its SYN, or to the first packets of QUIC, in the server's place.
    pub fn unreachable(&self) -> Option<&Refusal> {
        let is_attempt = match self.quic.as_deref() {
            Some(quic) => self.has_tried(quic),
            None => self.transport == Transport::Tcp && self.handshake.is_none(),
        };
        self.refusals.first().filter(|_| is_attempt)
    }

    /// True where its client wanted to open it, with a SYN or the first packets of QUIC, and
    /// nothing ever came back.
    pub fn unanswered(&self) -> bool {
        if let Some(quic) = self.quic.as_deref() {
            return self.end.is_some() && self.has_tried(quic);
        }
        self.transport == Transport::Tcp
            && self.role == Role::Syn
            && self.handshake.is_none()
            && self.refused.is_none()
            && self.is_silent_server()
    }

    /// True where the client began with QUIC, with packets that only a beginning has, and nothing
    /// came back.
    fn has_tried(&self, quic: &Quic) -> bool {
        !quic.versions.is_empty() && quic.answered.is_none() && self.is_silent_server()
    }

    const fn is_silent_server(&self) -> bool {
        self.counters.to_client.packets == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::message::Version;
    use crate::report::fixture::{over_quic, secured};
    use crate::time::{FrameNo, Timestamp};
    use crate::trace::multiplex::Settings;

    #[test]
    fn a_connection_of_quic_that_is_older_than_the_capture_was_not_tried_in_vain() {
        let mut trace = over_quic();
        let blocked = &mut trace.connections[2];
        blocked.end = Some(EndReason::Idle);
        assert!(blocked.unanswered());
        // one direction was captured, from somewhere in its middle on
        let older = Quic { versions: Vec::new(), ..*blocked.quic.clone().unwrap() };
        (blocked.quic, blocked.tls) = (Some(Box::new(older)), None);
        assert!(!blocked.unanswered());
        let (at, from) = (blocked.last, blocked.server.ip);
        blocked.refusals = vec![Refusal { at, from, reason: "port unreachable".into(), mtu: None }];
        assert!(blocked.unreachable().is_none());
    }

    #[test]
    fn a_connection_over_quic_on_which_only_settings_were_sent_was_never_used() {
        let mut trace = over_quic();
        let used = &mut trace.connections[0];
        used.exchanges.clear();
        let at = used.last;
        used.tls.as_mut().unwrap().data.to_server = Some(at);
        assert!(!used.never_used(), "nobody knows what was sent");
        let (by, version) = (Direction::ToServer, Version::Http3);
        let settings = vec![Settings { at, by, version, values: vec![(1, 65_536)] }];
        used.multiplex = Some(Box::new(Multiplex { settings, ..Multiplex::default() }));
        assert!(used.never_used());
        used.tls.as_mut().unwrap().messages.clear();
        used.quic.as_mut().unwrap().retry = None;
        assert!(!used.never_used(), "what was asked before the capture is not known");
    }

    #[test]
    fn a_connection_that_got_no_further_than_settings_was_never_used() {
        // TLS 1.3 without keys, on which nothing was sent
        let idle = secured().connections[4].clone();
        assert!(idle.never_used());
        let open = Connection { end: None, ..idle.clone() };
        assert!(!open.never_used(), "it is not over");
        let mut closed = idle.clone();
        closed.counters.to_server.bytes = 700;
        assert!(closed.never_used(), "a handshake is no use");
        let at = Stamp::new(Timestamp::from_nanos(1), FrameNo(1));
        closed.tls.as_mut().unwrap().data.to_server = Some(at);
        assert!(!closed.never_used(), "nobody knows what was sent");
        let (by, version) = (Direction::ToServer, Version::Http2);
        let settings = Settings { at, by, version, values: vec![(4, 1 << 20)] };
        let multiplex = Multiplex { settings: vec![settings], ..Multiplex::default() };
        let open = Connection { multiplex: Some(Box::new(multiplex)), ..closed };
        assert!(open.never_used(), "it is known: settings, and no request");
        let range = 100..200;
        let (direction, reason) = (Direction::ToServer, GapReason::NotCaptured);
        let holed = Connection { gaps: vec![GapNote { at, direction, range, reason }], ..open };
        assert!(!holed.never_used(), "a request may have been in the hole");
    }
}
