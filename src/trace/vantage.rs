//! Where a connection was captured: at one of its ends, or on the way between them.
//!
//! A conclusion with its reason, from what the packets show: whose checksums the device had not
//! filled in yet, how long each side takes to answer, whose packets no router has passed on.
//! Where nothing tells, that is said.

use std::fmt;

use crate::flow::event::{Counters, Direction};
use crate::time::TimeDelta;
use crate::trace::connection::Connection;

/// Where a connection was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vantage {
    /// The conclusion.
    pub place: Place,
    /// What it rests on, as a clause.
    pub why: String,
}

/// A place on the way of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At or near the client.
    Client,
    /// At or near the server.
    Server,
    /// On the machine that both ends run on.
    Both,
    /// On the way, far from both.
    Between,
    /// Nothing tells.
    Unknown,
}

/// One side is near where the other takes so many times as long to answer.
const NEARER: i64 = 20;

/// Below this, what a machine does itself takes as long as the way.
const TOO_SHORT: TimeDelta = TimeDelta::from_nanos(500_000);

/// What systems write into the TTL of their packets at first.
const FIRST_TTLS: [u8; 3] = [64, 128, 255];

impl Vantage {
    /// Where a connection was captured.
    pub fn of(connection: &Connection) -> Self {
        let found = same_machine(connection)
            .or_else(|| checksums(connection))
            .or_else(|| halves(connection))
            .or_else(|| hops(connection));
        let (place, why) =
            found.unwrap_or_else(|| (Place::Unknown, "nothing tells how far the ends are".into()));
        Self { place, why }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "at or near the client",
            Self::Server => "at or near the server",
            Self::Both => "on the machine of both ends",
            Self::Between => "between the ends, near neither",
            Self::Unknown => "at an unknown place",
        })
    }
}

type Found = Option<(Place, String)>;

fn same_machine(connection: &Connection) -> Found {
    let is_same = connection.client.ip == connection.server.ip
        || connection.client.ip.is_loopback() && connection.server.ip.is_loopback();
    is_same.then(|| (Place::Both, "both ends have an address of the same machine".into()))
}

/// A device that fills in checksums does so behind the tap of the machine that sends.
fn checksums(connection: &Connection) -> Found {
    let wrong = |counters: &Counters| {
        counters.packets >= 2
            && u64::from(counters.bad_checksums).saturating_mul(2) > counters.packets
    };
    let (client, server) = (&connection.counters.to_server, &connection.counters.to_client);
    let place = match (wrong(client), wrong(server)) {
        (true, false) if server.bad_checksums == 0 => Place::Client,
        (false, true) if client.bad_checksums == 0 => Place::Server,
        _ => return None,
    };
    let who = if place == Place::Client { "client" } else { "server" };
    Some((place, format!("most checksums of the {who}'s packets are not filled in yet")))
}

/// The least time that the server and the client take to answer, seen from the capture.
fn sides(connection: &Connection) -> Option<(TimeDelta, TimeDelta)> {
    if let Some(quic) = connection.quic.as_deref() {
        return quic.shortest(Direction::ToServer).zip(quic.shortest(Direction::ToClient));
    }
    let of = |direction| {
        let measured = connection.measures.as_ref()?.round_trips.of(direction).as_ref();
        measured.map(|times| times.min)
    };
    let measured = of(Direction::ToServer).zip(of(Direction::ToClient));
    let handshake = connection.handshake.as_ref();
    measured.or_else(|| handshake.map(|shaken| (shaken.server_half(), shaken.client_half())))
}

fn halves(connection: &Connection) -> Found {
    let (server, client) = sides(connection)?;
    let far = server.max(client);
    if far < TOO_SHORT {
        return None;
    }
    let is_near =
        |near: TimeDelta, far: TimeDelta| near.as_nanos().saturating_mul(NEARER) < far.as_nanos();
    let place = if is_near(client, server) {
        Place::Client
    } else if is_near(server, client) {
        Place::Server
    } else {
        Place::Between
    };
    let (server, client) = (span(server), span(client));
    Some((place, format!("the client answers within {client}, the server within {server}")))
}

/// A time in words.
fn span(time: TimeDelta) -> String {
    let millis = time.as_millis_f64();
    if millis < 1.0 { format!("{:.0} µs", millis * 1000.0) } else { format!("{millis:.1} ms") }
}

fn hops(connection: &Connection) -> Found {
    let counters = &connection.counters;
    let (client, server) = (counters.to_server.ttl?, counters.to_client.ttl?);
    let is_first = |ttl: u8| FIRST_TTLS.contains(&ttl);
    let (place, who) = match (is_first(client), is_first(server)) {
        (true, false) => (Place::Client, "client"),
        (false, true) => (Place::Server, "server"),
        _ => return None,
    };
    let (own, other) = if place == Place::Client { (client, server) } else { (server, client) };
    Some((
        place,
        format!("no router has passed on the {who}'s packets (TTL {own}, the other's {other})"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    use crate::address::Endpoint;
    use crate::flow::event::{
        EndReason, FlowId, PerDirection, Role, RoundTrips, TcpMeasures, Transport,
    };
    use crate::packet::Encapsulation;
    use crate::time::{FrameNo, Frames, Stamp};
    use crate::trace::id::ConnectionId;

    fn connection() -> Connection {
        let end = |last, port| Endpoint::new(Ipv4Addr::new(192, 0, 2, last).into(), port);
        Connection {
            id: ConnectionId(0),
            flow: FlowId(FrameNo(1)),
            transport: Transport::Tcp,
            encapsulation: Encapsulation::default(),
            client: end(1, 50_000),
            server: end(2, 80),
            role: Role::Syn,
            protocol: None,
            client_mac: None,
            server_mac: None,
            opened: Stamp::default(),
            syns: Vec::new(),
            handshake: None,
            refused: None,
            segments: Vec::new(),
            gaps: Vec::new(),
            refusals: Vec::new(),
            stalls: Vec::new(),
            round_trips: Vec::new(),
            closing: Vec::new(),
            end: Some(EndReason::Fin),
            first_close: None,
            states: None,
            measures: None,
            last: Stamp::default(),
            counters: PerDirection::default(),
            frames: Frames::default(),
            tls: None,
            quic: None,
            multiplex: None,
            exchanges: Vec::new(),
            reach: None,
            resolution: None,
        }
    }

    fn measured(server_micros: i64, client_micros: i64, ttl: (u8, u8)) -> Vantage {
        let times = |micros: i64| {
            let time = TimeDelta::from_nanos(micros * 1000);
            Some(RoundTrips { count: 1, min: time, median: time, p95: time })
        };
        let hops = |ttl| Counters { ttl: Some(ttl), ..Counters::default() };
        Vantage::of(&Connection {
            measures: Some(Box::new(TcpMeasures {
                round_trips: PerDirection {
                    to_server: times(server_micros),
                    to_client: times(client_micros),
                },
            })),
            counters: PerDirection { to_server: hops(ttl.0), to_client: hops(ttl.1) },
            ..connection()
        })
    }

    #[test]
    fn the_side_that_answers_at_once_is_near() {
        assert_eq!(measured(20_000, 100, (57, 57)).place, Place::Client);
        assert_eq!(measured(100, 20_000, (57, 57)).place, Place::Server);
        let between = measured(20_000, 12_000, (57, 57));
        assert_eq!(between.place, Place::Between);
        assert_eq!(between.why, "the client answers within 12.0 ms, the server within 20.0 ms");
    }

    #[test]
    fn on_a_short_way_the_hops_tell_or_nothing() {
        assert_eq!(measured(90, 40, (64, 63)).place, Place::Client);
        assert_eq!(measured(90, 40, (127, 255)).place, Place::Server);
        assert_eq!(measured(90, 40, (64, 64)).place, Place::Unknown);
        assert_eq!(Vantage::of(&connection()).place, Place::Unknown);
    }

    #[test]
    fn checksums_come_first_and_one_machine_before_them() {
        let wrong = Counters { packets: 5, bad_checksums: 5, ..Counters::default() };
        let counters = PerDirection {
            to_server: Counters { packets: 5, ..Counters::default() },
            to_client: wrong,
        };
        let taken = Connection { counters, ..connection() };
        assert_eq!(Vantage::of(&taken).place, Place::Server);
        let here = Endpoint { ip: taken.client.ip, ..taken.server };
        assert_eq!(Vantage::of(&Connection { server: here, ..taken }).place, Place::Both);
    }
}
