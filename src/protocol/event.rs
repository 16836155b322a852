//! All that crosses threads: what the analyzers say, in one total order.
//!
//! A vocabulary, not a list of protocols: HTTP/1, 2 and 3 speak [`HttpEvent`], DNS over whatever
//! transport speaks lookup messages, ARP and NDP speak [`NeighborMessage`].

use std::ops::Range;

use crate::anomaly::Anomaly;
use crate::flow::event::{
    Closed, Direction, EndReason, FlowId, GapReason, Opened, RoundTrip, Stall, TcpEvent,
};
use crate::protocol::configuration::Configuration;
use crate::protocol::dns::message::Message;
use crate::protocol::http::message::HttpEvent;
use crate::protocol::http::multiplex::Multiplex;
use crate::protocol::neighbor::NeighborMessage;
use crate::protocol::quic::event::QuicEvent;
use crate::protocol::refusal::Refusal;
use crate::protocol::tls::event::TlsEvent;
use crate::time::{FrameNo, Stamp};

/// Where an event stands among all events. Total, with no thread in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    /// The frame that caused it.
    pub frame: FrameNo,
    /// What the frame did.
    pub phase: Phase,
    /// The flow.
    pub flow: FlowId,
    /// Its place among the events of that flow, frame and phase.
    pub index: u32,
}

/// What a frame did to cause an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Its time stamp let deadlines pass, before it was read.
    Tick,
    /// It was read.
    Packet,
    /// Secrets came behind it.
    Secrets,
    /// It was the last one of the capture.
    Finish,
}

/// One thing that became known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among all events.
    pub order: Order,
    /// When it became known: the packet that told, or the deadline that passed.
    pub at: Stamp,
    /// What.
    pub body: EventBody,
}

/// The kinds of things that can become known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventBody {
    /// The life of a flow.
    Connection(ConnectionEvent),
    /// A DNS message, query or response, over whatever transport.
    Lookup(Box<Message>),
    /// Who has which hardware address.
    Neighbor(NeighborMessage),
    /// A host is told its address, its routers, its DNS servers.
    Configuration(Box<Configuration>),
    /// The network did not deliver a packet.
    Refusal(Box<Refusal>),
    /// An HTTP message, or a part of one.
    Http(HttpEvent),
    /// What was said of a connection of many streams.
    Multiplex(Box<Multiplex>),
    /// The handshake of TLS, and what it says beside what it carries.
    Tls(Box<TlsEvent>),
    /// What QUIC says beside what it carries.
    Quic(Box<QuicEvent>),
    /// A protocol without words of its own.
    Note {
        /// Its name.
        protocol: &'static str,
        /// What it said.
        text: String,
    },
    /// Something was not as it should be.
    Anomaly(Anomaly),
    /// The same as was said before of the same packet.
    Unlisted {
        /// The kind of anomaly.
        id: &'static str,
        /// How often.
        count: u32,
    },
}

/// The life of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// It began.
    Opened(Box<Opened>),
    /// TCP's own doings.
    Tcp(TcpEvent),
    /// Bytes of it were held up.
    Stalled(Box<Stall>),
    /// A shorter round trip than those known before.
    RoundTrip(RoundTrip),
    /// What it carries.
    Protocol(&'static str),
    /// Bytes of it are missing.
    Gap {
        /// Which way.
        direction: Direction,
        /// Which bytes of the stream.
        range: Range<u64>,
        /// Why.
        reason: GapReason,
    },
    /// It is not a flow of its own: its packets are those of another one, whose client has moved
    /// (QUIC connections are known by their IDs, not by addresses). Nothing more is said of it.
    Joined(FlowId),
    /// One direction ended.
    Ended {
        /// Which way.
        direction: Direction,
        /// Why.
        reason: EndReason,
    },
    /// It is over, with all that was counted.
    Closed(Box<Closed>),
}
