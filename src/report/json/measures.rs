//! What was measured of a TCP connection, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::{self, TcpMeasures, Transport};
use crate::report::json::value::Millis;
use crate::trace::connection::Connection;
use crate::trace::vantage;

/// Round trips around the capturing machine.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct RoundTrips {
    /// From here to the server and back; null where none was measured.
    pub to_server: Option<RoundTripTimes>,
    /// From here to the client and back.
    pub to_client: Option<RoundTripTimes>,
}

/// Times from a segment to its acknowledgment: those of the handshake and of data, without what
/// was sent again (RFC 6298 §3). What a receiver waits before it acknowledges is within.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct RoundTripTimes {
    /// How many were measured.
    pub count: u64,
    /// The least.
    pub min_ms: Millis,
    /// Half of them are not above it.
    pub median_ms: Millis,
    /// 95 of 100 are not above it.
    pub p95_ms: Millis,
}

/// Where a connection was captured: a conclusion with its reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Vantage {
    /// The conclusion.
    pub place: Place,
    /// What it rests on, in words.
    pub why: String,
}

/// A place on the way of a connection.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

impl From<&TcpMeasures> for RoundTrips {
    fn from(measures: &TcpMeasures) -> Self {
        let times = |times: event::RoundTrips| RoundTripTimes {
            count: times.count,
            min_ms: Millis(times.min),
            median_ms: Millis(times.median),
            p95_ms: Millis(times.p95),
        };
        Self {
            to_server: measures.round_trips.to_server.map(times),
            to_client: measures.round_trips.to_client.map(times),
        }
    }
}

impl Vantage {
    /// Where a connection of TCP or QUIC was captured.
    pub(super) fn of(connection: &Connection) -> Option<Self> {
        let is_known = connection.transport == Transport::Tcp || connection.quic.is_some();
        let vantage = is_known.then(|| vantage::Vantage::of(connection))?;
        let place = match vantage.place {
            vantage::Place::Client => Place::Client,
            vantage::Place::Server => Place::Server,
            vantage::Place::Both => Place::Both,
            vantage::Place::Between => Place::Between,
            vantage::Place::Unknown => Place::Unknown,
        };
        Some(Self { place, why: vantage.why })
    }
}
