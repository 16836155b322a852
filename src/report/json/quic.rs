//! QUIC on a connection, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::{Direction, PerDirection};
use crate::protocol::quic::event as said;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::version::Version;
use crate::report::json::allowance::Parameters;
use crate::report::json::race::Upgrade;
use crate::report::json::value::{End, Endpoint, Millis, Moment, Text};
use crate::report::text;
use crate::trace::connection::Connection;
use crate::trace::{Trace, quic as model};

/// QUIC on a connection: what it agreed on besides TLS, which ways it took, how it was given up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Quic<'a> {
    /// The versions that its packets have, in order (`1`, `2`, `draft-29`).
    pub versions: Vec<Text<Version>>,
    /// Times that the server did not speak the client's version.
    pub version_negotiations: Vec<VersionNegotiation>,
    /// The server wanted to see first that the client is where it says it is.
    pub retry: Option<Retry>,
    /// The first packet of the server; null where none was captured.
    pub answered: Option<Moment>,
    /// How the client knew that the server speaks HTTP/3; null where it is not spoken, or nobody
    /// knows.
    pub upgrade: Option<Upgrade>,
    /// The destination of the client's first packets, of which the first keys are made.
    pub original_connection_id: Option<Text<ConnectionId>>,
    /// The connection IDs that the ends gave each other, in order.
    pub connection_ids: Vec<IssuedId>,
    /// What each end allows the other (transport parameters).
    pub parameters: Ends<'a>,
    /// The server's word that the handshake is over.
    pub confirmed: Option<Moment>,
    /// Whether the server took the client's early data; null where there was none, or nobody knows.
    pub early_data_accepted: Option<bool>,
    /// The ways that it took after the first one.
    pub paths: Vec<Path>,
    /// Changes to new keys.
    pub key_updates: Vec<KeyUpdate>,
    /// How the ends gave it up: each may say why.
    pub closes: Vec<Close<'a>>,
    /// One end knew nothing of the connection any more.
    pub stateless_reset: Option<Reset>,
    /// The shortest round trips, without what acknowledgments were held back for.
    pub shortest_round_trips: Trips,
    /// Likewise by the spin bit (RFC 9000 §17.4).
    pub spin_round_trips: Trips,
    /// What was counted in each direction; null while it is not over.
    pub counted: Option<Counted>,
}

/// The server does not speak the client's version.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VersionNegotiation {
    /// When it said so.
    pub at: Moment,
    /// Those that it speaks.
    pub versions: Vec<Text<Version>>,
}

/// A Retry (RFC 9000 §8.1.2).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Retry {
    /// When.
    pub at: Moment,
    /// Bytes of the token.
    pub token_bytes: u32,
    /// Whether it authenticates; null where that cannot be told.
    pub authentic: Option<bool>,
}

/// A connection ID.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct IssuedId {
    /// Who is reached by it.
    pub of: End,
    /// Its number; null for the one that the client made up for the server.
    pub sequence: Option<u64>,
    /// The ID in hexadecimal digits, or `empty`.
    pub id: Text<ConnectionId>,
    /// When it was said.
    pub at: Moment,
}

/// What each end allows the other; null where that was not seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ends<'a> {
    /// The client.
    pub client: Option<Parameters<'a>>,
    /// The server.
    pub server: Option<Parameters<'a>>,
}

/// Another way of packets.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Path {
    /// Its first packet.
    pub at: Moment,
    /// The client's address on it.
    pub client: Endpoint,
    /// The server's.
    pub server: Endpoint,
    /// True where the client moved on purpose; false where a device on the way may have changed its
    /// address.
    pub new_connection_id: bool,
    /// When it was proved by the answer to a challenge; null where it was not.
    pub validated: Option<Moment>,
}

/// One end went on with new keys.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct KeyUpdate {
    /// Who.
    pub by: End,
    /// Its first packet with them.
    pub at: Moment,
    /// How manieth it is, from 1.
    pub nth: u32,
}

/// One end gave the connection up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Close<'a> {
    /// Who.
    pub by: End,
    /// When.
    pub at: Moment,
    /// Whose error it is.
    pub kind: CloseKind,
    /// Its number.
    pub code: u64,
    /// Its name.
    pub error: String,
    /// The frame that gave it, by name; null where none did.
    pub frame_type: Option<String>,
    /// What else it says.
    pub reason: &'a str,
}

/// Whose error closes a connection.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseKind {
    /// QUIC's.
    Transport,
    /// That of the protocol that it carries.
    Application,
}

/// A stateless reset.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// Who sent it.
    pub by: End,
    /// When.
    pub at: Moment,
}

/// Round trips around the capturing machine; null where none was measured.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Trips {
    /// From here to the server and back.
    pub to_server_ms: Option<Millis>,
    /// From here to the client and back.
    pub to_client_ms: Option<Millis>,
}

/// What was counted in each direction.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counted {
    /// From the client to the server.
    pub to_server: Way,
    /// From the server to the client.
    pub to_client: Way,
}

/// What was counted in one direction.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Way {
    /// Initial packets.
    pub initial: u64,
    /// 0-RTT packets.
    pub zero_rtt: u64,
    /// Handshake packets.
    pub handshake: u64,
    /// 1-RTT packets.
    pub one_rtt: u64,
    /// Of all of them, those that could not be opened.
    pub sealed: u64,
    /// Packets that their sender gave up.
    pub lost: u64,
    /// Packets that never came here though later ones did.
    pub missed: u64,
    /// Packets that came behind later ones.
    pub reordered: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Bytes of streams in the packets that were opened, each counted once.
    pub stream_bytes: u64,
    /// Bytes of streams that were sent again.
    pub resent_bytes: u64,
    /// The shortest round trip to the receiver of this direction and back.
    pub least_rtt_ms: Option<Millis>,
    /// The smoothed one at the end (RFC 9002 §5.3).
    pub smoothed_rtt_ms: Option<Millis>,
}

impl<'a> Quic<'a> {
    /// QUIC on a connection; none where it has none.
    pub fn of(trace: &'a Trace, connection: &'a Connection) -> Option<Self> {
        let quic = connection.quic.as_deref()?;
        let paths = (0..).zip(&quic.paths).map(|(nth, path)| Path {
            at: path.at.into(),
            client: path.client.into(),
            server: path.server.into(),
            new_connection_id: path.has_new_id,
            validated: quic.validated(nth).map(|proof| proof.answered.into()),
        });
        Some(Self {
            versions: quic.versions.iter().copied().map(Text).collect(),
            version_negotiations: quic.negotiations.iter().map(VersionNegotiation::from).collect(),
            retry: quic.retry.map(Retry::from),
            answered: quic.answered.map(Moment::from),
            upgrade: Upgrade::of(trace, connection),
            original_connection_id: quic.original().map(Text),
            connection_ids: quic.ids.iter().map(IssuedId::from).collect(),
            parameters: Ends {
                client: quic.parameters.to_server.as_deref().map(Parameters::from),
                server: quic.parameters.to_client.as_deref().map(Parameters::from),
            },
            confirmed: quic.confirmed.map(Moment::from),
            early_data_accepted: quic.early,
            paths: paths.collect(),
            key_updates: quic.key_updates.iter().map(KeyUpdate::from).collect(),
            closes: quic.closes.iter().map(Close::from).collect(),
            stateless_reset: quic
                .reset
                .map(|reset| Reset { by: End::sending(reset.by), at: reset.at.into() }),
            shortest_round_trips: shortest(
                &quic.round_trips.iter().map(|one| (one.trip.direction, Millis(one.time()))),
            ),
            spin_round_trips: shortest(&quic.spins.iter().map(|spin| {
                let time = spin.acked.at.since(spin.sent.at).at_least_zero();
                (spin.direction, Millis(time))
            })),
            counted: quic.measures.as_deref().map(|measures| {
                let PerDirection { to_server, to_client } = &measures.ways;
                Counted { to_server: to_server.into(), to_client: to_client.into() }
            }),
        })
    }
}

fn shortest(trips: &(impl Iterator<Item = (Direction, Millis)> + Clone)) -> Trips {
    let of = |way| {
        let ours = trips.clone().filter(|(direction, _)| *direction == way);
        ours.map(|(_, time)| time).min_by_key(|time| time.0)
    };
    Trips { to_server_ms: of(Direction::ToServer), to_client_ms: of(Direction::ToClient) }
}

impl From<&model::Negotiation> for VersionNegotiation {
    fn from(said: &model::Negotiation) -> Self {
        Self { at: said.at.into(), versions: said.versions.iter().copied().map(Text).collect() }
    }
}

impl From<model::Retry> for Retry {
    fn from(retry: model::Retry) -> Self {
        Self { at: retry.at.into(), token_bytes: retry.token, authentic: retry.authentic }
    }
}

impl From<&said::IssuedId> for IssuedId {
    fn from(issued: &said::IssuedId) -> Self {
        let said::IssuedId { by, sequence, id, at } = *issued;
        Self { of: End::sending(by), sequence, id: Text(id), at: at.into() }
    }
}

impl From<&model::KeyUpdate> for KeyUpdate {
    fn from(update: &model::KeyUpdate) -> Self {
        Self { by: End::sending(update.by), at: update.at.into(), nth: update.nth }
    }
}

impl<'a> From<&'a said::Close> for Close<'a> {
    fn from(close: &'a said::Close) -> Self {
        let (kind, code, frame) = match close.error {
            said::CloseError::Transport { error, frame } => (CloseKind::Transport, error.0, frame),
            said::CloseError::Application(code) => (CloseKind::Application, code, 0),
        };
        Self {
            by: End::sending(close.by),
            at: close.at.into(),
            kind,
            code,
            error: text::quic::error(close.error),
            frame_type: (frame != 0).then(|| text::quic::frame(frame)),
            reason: &close.reason,
        }
    }
}

impl From<&said::WayMeasures> for Way {
    fn from(way: &said::WayMeasures) -> Self {
        let [initial, zero_rtt, handshake, one_rtt] = way.packets;
        Self {
            initial,
            zero_rtt,
            handshake,
            one_rtt,
            sealed: way.sealed,
            lost: way.lost,
            missed: way.missed,
            reordered: way.reordered,
            duplicates: way.duplicates,
            stream_bytes: way.stream_bytes,
            resent_bytes: way.resent_bytes,
            least_rtt_ms: way.round_trip.map(|(least, _)| Millis(least)),
            smoothed_rtt_ms: way.round_trip.map(|(_, smoothed)| Millis(smoothed)),
        }
    }
}
