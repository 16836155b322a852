//! A connection's whole life, as the document has it.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::address::MacAddr;
use crate::flow::event;
use crate::report::json::close::Close;
use crate::report::json::configuration::Reach;
use crate::report::json::encapsulation::{Tunnel, VlanTags};
use crate::report::json::handshake::{Handshake, Options, Rtt};
use crate::report::json::measures::{RoundTrips, Vantage};
use crate::report::json::multiplex::Multiplex;
use crate::report::json::quic::Quic;
use crate::report::json::race::Race;
use crate::report::json::refusal::Refusal;
use crate::report::json::resolver::Resolver;
use crate::report::json::segment::{Counters, Gap, Segment};
use crate::report::json::sighting::Sighting;
use crate::report::json::tls::Tls;
use crate::report::json::value::{Endpoint, FrameList, Millis, Moment, Text};
use crate::time::Stamp;
use crate::trace::connection as model;
use crate::trace::{ExchangeId, Trace};

/// One TCP connection or UDP flow.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Connection<'a> {
    /// Its place in `connections`, from 0.
    pub id: u32,
    /// The frame that opened it: what anomalies and notes name it by.
    pub flow: u64,
    /// What carries it.
    pub transport: Transport,
    /// The VLAN that it was seen in.
    pub vlan: Option<VlanTags>,
    /// The tunnel that it was seen in.
    pub tunnel: Option<Tunnel>,
    /// Whether it stays on the client's network, where the client was told which that is.
    pub reach: Option<Reach>,
    /// The client.
    pub client: Peer,
    /// The server.
    pub server: Peer,
    /// How it is known which end is the client.
    pub client_by: ClientBy,
    /// What it carries (`http`, `dns`), where that was recognised.
    pub protocol: Option<&'static str>,
    /// Its first packet.
    pub opened: Moment,
    /// Its last packet.
    pub last: Moment,
    /// From its first to its last packet.
    pub duration_ms: Millis,
    /// The SYNs; the second and later ones are retries.
    pub syns: Vec<Moment>,
    /// The three-way handshake; null where it was not seen whole.
    pub handshake: Option<Handshake>,
    /// The round trip, from the handshake.
    pub rtt: Option<Rtt>,
    /// Round trips of the handshake and of all data, for TCP; complete when it is over.
    pub round_trips: Option<RoundTrips>,
    /// Where it was captured, for TCP and QUIC.
    pub vantage: Option<Vantage>,
    /// What both ends offered in the handshake.
    pub options: Option<Options>,
    /// The RST that answered the SYN.
    pub refused: Option<Moment>,
    /// True where a SYN, or the first packets of QUIC, were sent and nothing ever came back.
    pub unanswered: bool,
    /// TLS on it, or in QUIC; null where it has none.
    pub tls: Option<Tls<'a>>,
    /// QUIC on it; null where it has none.
    pub quic: Option<Quic<'a>>,
    /// How it did beside another one to the same server, over QUIC or TCP; null where there was
    /// none at the same time.
    pub race: Option<Race>,
    /// The resolver that it leads to over TLS; null where it leads to none that is known.
    pub resolver: Option<Resolver>,
    /// How it was closed; null while it is open.
    pub close: Option<Close>,
    /// What was counted in each direction.
    pub directions: Directions,
    /// Segments worth a word, in order, up to a bound.
    pub segments: Vec<Segment>,
    /// Bytes that are missing.
    pub missing: Vec<Gap>,
    /// What the network said of its packets, the first few.
    pub network_errors: Vec<Refusal<'a>>,
    /// Where its packets were captured another time.
    pub captured_again: Vec<Sighting<'a>>,
    /// What was said of it, where it carries many streams (HTTP/2, HTTP/3); null where nothing was.
    pub multiplex: Option<Multiplex<'a>>,
    /// Its exchanges: entries of `exchanges`, in order.
    pub exchanges: Vec<u32>,
    /// The entry of `resolutions` whose answer led to its server address.
    pub resolution: Option<u32>,
    /// The name that was looked up.
    pub host: Option<&'a str>,
    /// Where the server's address comes from, in words: `lookup 3` (an entry of `lookups`), or
    /// none in this capture. Null for a flow that is itself a lookup: its server is configured.
    pub address_source: Option<Cow<'static, str>>,
    /// The frames that it was seen in.
    pub frames: FrameList<'a>,
}

/// How a connection began: what is told as soon as it is open, or cannot be opened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Opening<'a> {
    /// The entry of `connections`.
    pub connection: u32,
    /// What carries it.
    pub transport: Transport,
    /// The client.
    pub client: Peer,
    /// The server.
    pub server: Peer,
    /// The SYNs; the second and later ones are retries.
    pub syns: Vec<Moment>,
    /// The three-way handshake; null where it was not seen whole.
    pub handshake: Option<Handshake>,
    /// The round trip, from the handshake.
    pub rtt: Option<Rtt>,
    /// What both ends offered in the handshake.
    pub options: Option<Options>,
    /// The RST that answered the SYN.
    pub refused: Option<Moment>,
    /// True where a SYN, or the first packets of QUIC, were sent and nothing ever came back.
    pub unanswered: bool,
    /// The name that was looked up.
    pub host: Option<&'a str>,
    /// Where the server's address comes from, in words: `lookup 3` (an entry of `lookups`), or
    /// none in this capture. Null for a flow that is itself a lookup: its server is configured.
    pub address_source: Option<Cow<'static, str>>,
    /// The frames of the handshake.
    pub frames: FrameList<'static>,
}

/// What carries a flow.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ARP.
    Arp,
    /// ICMP for IPv4.
    Icmpv4,
    /// ICMPv6.
    Icmpv6,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Peer {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
    /// The hardware address on this end's side of the link: its own, or a gateway's.
    pub mac: Option<Text<MacAddr>>,
}

/// How it is known which end is the client.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientBy {
    /// It sent the SYN.
    Syn,
    /// It received the SYN-ACK; the SYN was not captured.
    SynAck,
    /// The other end has the well-known port; the beginning was not captured.
    Port,
    /// It sent first; nothing else is known.
    FirstSender,
}

/// What was counted in each direction.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Directions {
    /// From the client to the server.
    pub to_server: Counters,
    /// From the server to the client.
    pub to_client: Counters,
}

impl<'a> Connection<'a> {
    /// A connection as the document has it.
    pub fn of(trace: &'a Trace, connection: &'a model::Connection) -> Self {
        let handshake = connection.handshake.as_deref();
        let opened = connection.opened;
        Self {
            id: connection.id.0,
            flow: connection.flow.0.0,
            transport: connection.transport.into(),
            vlan: VlanTags::of(&connection.encapsulation),
            tunnel: Tunnel::of(&connection.encapsulation),
            reach: connection.reach.map(Reach::from),
            client: Peer::new(connection.client.into(), connection.client_mac),
            server: Peer::new(connection.server.into(), connection.server_mac),
            client_by: connection.role.into(),
            protocol: connection.protocol,
            opened: opened.into(),
            last: connection.last.into(),
            duration_ms: Millis(connection.last.at.since(opened.at).at_least_zero()),
            syns: connection.syns.iter().copied().map(Moment::from).collect(),
            handshake: handshake.map(Handshake::from),
            rtt: handshake.map(Rtt::from),
            round_trips: connection.measures.as_deref().map(RoundTrips::from),
            vantage: Vantage::of(connection),
            options: handshake.map(Options::from),
            refused: connection.refused.map(Moment::from),
            unanswered: connection.unanswered(),
            tls: Tls::of(connection),
            quic: Quic::of(trace, connection),
            race: Race::of(trace, connection),
            resolver: Resolver::of(trace, connection),
            close: Close::of(connection),
            directions: Directions {
                to_server: (&connection.counters.to_server).into(),
                to_client: (&connection.counters.to_client).into(),
            },
            segments: connection.segments.iter().map(Segment::from).collect(),
            missing: connection.gaps.iter().map(Gap::from).collect(),
            network_errors: connection.refusals.iter().map(Refusal::from).collect(),
            captured_again: Sighting::all(connection),
            multiplex: connection.multiplex.as_deref().map(Multiplex::from),
            exchanges: connection.exchanges.iter().map(|&ExchangeId(id)| id).collect(),
            resolution: connection.resolution.map(|id| id.0),
            host: host(trace, connection),
            address_source: address_source(trace, connection),
            frames: FrameList::from(&connection.frames),
        }
    }
}

impl<'a> Opening<'a> {
    /// How a connection began.
    pub fn of(trace: &'a Trace, connection: &'a model::Connection) -> Self {
        let handshake = connection.handshake.as_deref();
        let replies = handshake.into_iter().flat_map(|h| [h.syn, h.syn_ack, h.ack]);
        let stamps = connection.syns.iter().copied().chain(replies).chain(connection.refused);
        let frames = stamps.map(|stamp: Stamp| stamp.frame).collect();
        Self {
            connection: connection.id.0,
            transport: connection.transport.into(),
            client: Peer::new(connection.client.into(), connection.client_mac),
            server: Peer::new(connection.server.into(), connection.server_mac),
            syns: connection.syns.iter().copied().map(Moment::from).collect(),
            handshake: handshake.map(Handshake::from),
            rtt: handshake.map(Rtt::from),
            options: handshake.map(Options::from),
            refused: connection.refused.map(Moment::from),
            unanswered: connection.unanswered(),
            host: host(trace, connection),
            address_source: address_source(trace, connection),
            frames: FrameList(Cow::Owned(frames)),
        }
    }
}

impl Peer {
    fn new(end: Endpoint, mac: Option<MacAddr>) -> Self {
        Self { ip: end.ip, port: end.port, mac: mac.map(Text) }
    }
}

impl From<event::Transport> for Transport {
    fn from(transport: event::Transport) -> Self {
        match transport {
            event::Transport::Tcp => Self::Tcp,
            event::Transport::Udp => Self::Udp,
            event::Transport::Arp => Self::Arp,
            event::Transport::Icmpv4 => Self::Icmpv4,
            event::Transport::Icmpv6 => Self::Icmpv6,
        }
    }
}

impl From<event::Role> for ClientBy {
    fn from(role: event::Role) -> Self {
        match role {
            event::Role::Syn => Self::Syn,
            event::Role::SynAck => Self::SynAck,
            event::Role::Port => Self::Port,
            event::Role::FirstSender => Self::FirstSender,
        }
    }
}

/// The name whose lookup led to the server.
fn host<'a>(trace: &'a Trace, connection: &model::Connection) -> Option<&'a str> {
    let resolution = trace.resolution(connection.resolution?)?;
    Some(&resolution.name)
}

/// Where the server's address comes from: the very question whose answer has it, where the
/// capture holds one.
fn address_source(trace: &Trace, connection: &model::Connection) -> Option<Cow<'static, str>> {
    if connection.carries_lookups() {
        return None;
    }
    let Some(resolution) = connection.resolution else {
        return Some("not looked up in this capture (cache, hosts file or typed address)".into());
    };
    let questions = trace.resolution(resolution).map_or(&[][..], |resolution| &resolution.lookups);
    let answered = questions
        .iter()
        .filter_map(|id| trace.lookup(*id))
        .find(|lookup| lookup.addresses().any(|ip| ip == connection.server.ip));
    let source = match answered {
        Some(lookup) => format!("lookup {}", lookup.id.0),
        None => format!("resolution {}", resolution.0),
    };
    Some(source.into())
}
