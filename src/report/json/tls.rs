//! TLS on a connection, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::{self, PerDirection};
use crate::protocol::quic::event::{Close, CloseError};
use crate::protocol::tls::event as words;
use crate::report::json::certificate::Certificate;
use crate::report::json::estimate::EstimatedExchange;
use crate::report::json::hello::{ClientHello, ServerHello};
use crate::report::json::session::{Renegotiated, Resumed};
use crate::report::json::value::{FrameList, Millis, Moment, Text};
use crate::report::text;
use crate::time::TimeDelta;
use crate::trace::connection::Connection;
use crate::trace::securing::{self, Outcome};
use crate::trace::tls as model;

/// TLS on a connection: what was agreed, and how.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tls<'a> {
    /// How the handshake ended.
    pub outcome: TlsOutcome,
    /// What went wrong, in words; null where nothing did.
    pub failure: Option<String>,
    /// The version that is spoken, such as `TLSv1.3`.
    pub version: Option<Text<crate::protocol::tls::names::Version>>,
    /// The cipher suite by IANA's name.
    pub cipher_suite: Option<Text<crate::protocol::tls::suite::CipherSuite>>,
    /// The group of the key exchange by IANA's name.
    pub group: Option<Text<crate::protocol::tls::names::Group>>,
    /// The protocol inside that was agreed on (ALPN), where that could be read.
    pub alpn: Option<&'a str>,
    /// Whom the client asked for (SNI). With an encrypted ClientHello that is not opened, the
    /// public name.
    pub server_name: Option<&'a str>,
    /// Whether keys were agreed on anew on the same connection (TLS 1.2 and before); null where they
    /// were not.
    pub renegotiated: Option<Renegotiated>,
    /// How an earlier session is gone on with; null where it is not, or that is not known.
    pub resumed: Option<Resumed>,
    /// Round trips between the ClientHello and the client's first data, as the messages show.
    pub round_trips: Option<u8>,
    /// What became of data that was sent before the handshake was over.
    pub early_data: Option<EarlyData>,
    /// The first byte of the ClientHello.
    pub started: Option<Moment>,
    /// When the client could send its request: its own Finished, and in a full handshake before
    /// TLS 1.3 the server's, unless it does not wait for that (False Start, RFC 7918).
    pub done: Option<Moment>,
    /// True where that was concluded from the first encrypted packet after the other side's
    /// messages, which cannot be read without keys.
    pub done_inferred: bool,
    /// From the one to the other.
    pub duration_ms: Option<Millis>,
    /// Where that time went.
    pub parts: Option<Parts>,
    /// What the client offers: its first ClientHello.
    pub client_hello: Option<ClientHello<'a>>,
    /// What the server chose.
    pub server_hello: Option<ServerHello>,
    /// The server's request for another ClientHello.
    pub hello_retry_request: Option<ServerHello>,
    /// The certificates that the server sent, its own first; null where they were not seen.
    pub server_certificates: Option<Vec<Certificate<'a>>>,
    /// Likewise of the client.
    pub client_certificates: Option<Vec<Certificate<'a>>>,
    /// The messages in order, those after the handshake too, up to a bound.
    pub messages: Vec<Step>,
    /// The alerts in order, up to a bound.
    pub alerts: Vec<Alert>,
    /// The first packet with data of the application, each way.
    pub first_data: FirstData,
    /// What is known of its keys.
    pub keys: Option<KeyState>,
    /// What its records look like where no keys open them, in order, up to a bound. Estimates: none
    /// of it is in `exchanges`.
    pub estimated_exchanges: Vec<EstimatedExchange<'a>>,
}

/// How a TLS handshake ended.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsOutcome {
    /// Both sides can send.
    Open,
    /// One side said what was wrong.
    Alert,
    /// The connection was reset.
    Reset,
    /// The connection was closed.
    Closed,
    /// The server never answered.
    Unanswered,
    /// Its end is not in the capture.
    Unknown,
}

/// What became of data that was sent before the handshake was over (0-RTT).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EarlyData {
    /// The client said that it would send some; none was seen.
    Offered,
    /// It was sent; whether it was accepted could not be read.
    Sent,
    /// The server took it.
    Accepted,
    /// The server did not.
    Rejected,
}

/// Where the time of a handshake went. The sum is the whole.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Parts {
    /// On the way: a round trip of the connection for each time that the sides took turns.
    pub network_ms: Millis,
    /// The server, before it began to answer.
    pub server_ms: Millis,
    /// The client, before it went on.
    pub client_ms: Millis,
    /// From the first to the last byte of the messages of one turn.
    pub transfer_ms: Millis,
}

/// One message of a handshake.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Who sent it.
    pub from: Side,
    /// What it is, such as `Client Hello`; `encrypted` where it could not be opened.
    pub message: String,
    /// Its first byte.
    pub first: Moment,
    /// Its last byte.
    pub last: Moment,
    /// Its bytes, with its header.
    pub bytes: u32,
    /// True where it was encrypted, whether it could be opened or not.
    pub encrypted: bool,
    /// The frames that carried it.
    pub frames: FrameList<'static>,
}

/// Who sent something.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// An alert (RFC 8446 §6).
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alert {
    /// Who sent it.
    pub from: Side,
    /// When.
    pub at: Moment,
    /// `warning` or `fatal`; null where it could not be read.
    pub level: Option<String>,
    /// Its name in the RFC, such as `unknown_ca`.
    pub description: Option<String>,
    /// What that means.
    pub meaning: Option<&'static str>,
    /// True where it was encrypted.
    pub encrypted: bool,
}

/// The first packet with data of the application, each way.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct FirstData {
    /// Before the handshake was over (0-RTT).
    pub early: Option<Moment>,
    /// From the client.
    pub to_server: Option<Moment>,
    /// From the server.
    pub to_client: Option<Moment>,
}

/// What is known of the keys of a connection. No secret is ever in this document.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// There is no key log.
    NoLog,
    /// The key log does not know this connection.
    NotInLog,
    /// Its beginning was not captured.
    NoHello,
    /// They were found, and open its records.
    Found,
    /// They were found, and do not open its records.
    Wrong,
    /// They were found; the version or the cipher suite is not read.
    Unsupported,
    /// None are needed.
    NotEncrypted,
}

impl<'a> Tls<'a> {
    /// TLS of a connection; none where it has none.
    pub fn of(connection: &'a Connection) -> Option<Self> {
        let tls = connection.tls.as_deref()?;
        let outcome = Outcome::of(connection, tls);
        let (started, done) = (tls.started(), tls.done());
        let duration = started.zip(done).map(|(from, to)| to.at.since(from.at).at_least_zero());
        let certificates = |way| Certificate::chain(tls, way);
        let moment = |stamp: Option<crate::time::Stamp>| stamp.map(Moment::from);
        Some(Self {
            outcome: TlsOutcome::from(&outcome),
            failure: text::tls::failure(&outcome).and_then(|forms| forms.into_iter().next()),
            version: tls.version().map(Text),
            cipher_suite: tls.cipher_suite().map(Text),
            group: tls.group().map(Text),
            alpn: tls.alpn(),
            server_name: tls.server_name(),
            renegotiated: tls.renegotiated().map(Renegotiated::from),
            resumed: tls.resumed().map(Resumed::from),
            round_trips: tls.round_trips(),
            early_data: EarlyData::of(tls),
            started: moment(started),
            done: moment(done),
            done_inferred: done.is_some() && is_inferred(&tls.finished),
            duration_ms: duration.map(Millis),
            parts: securing::Split::of(connection, tls).map(Parts::from),
            client_hello: tls.client_hello().map(ClientHello::from),
            server_hello: tls.server_hello().map(ServerHello::from),
            hello_retry_request: tls.retry().map(ServerHello::from),
            server_certificates: certificates(event::Direction::ToClient),
            client_certificates: certificates(event::Direction::ToServer),
            messages: tls.messages.iter().map(|message| Step::of(message, tls)).collect(),
            alerts: tls.alerts.iter().map(Alert::from).collect(),
            first_data: FirstData {
                early: moment(tls.early),
                to_server: moment(tls.data.to_server),
                to_client: moment(tls.data.to_client),
            },
            keys: tls.keys.map(KeyState::from),
            estimated_exchanges: tls.estimates.iter().map(EstimatedExchange::from).collect(),
        })
    }
}

fn is_inferred(finished: &PerDirection<Option<model::Finished>>) -> bool {
    finished.to_server.is_some_and(|finished| finished.inferred)
}

impl Step {
    fn of(message: &crate::protocol::tls::message::Message, tls: &model::Tls) -> Self {
        Self {
            from: message.direction.into(),
            message: text::tls::step(message, tls),
            first: message.span.first.into(),
            last: message.span.last.into(),
            bytes: message.size,
            encrypted: message.encrypted,
            frames: message.frames.clone().into(),
        }
    }
}

impl From<&words::Alert> for Alert {
    fn from(alert: &words::Alert) -> Self {
        Self {
            from: alert.direction.into(),
            at: alert.at.into(),
            level: alert.said.map(|(level, _)| level.to_string()),
            description: alert.said.map(|(_, what)| what.to_string()),
            meaning: text::tls::meaning(alert),
            encrypted: alert.encrypted,
        }
    }
}

impl From<event::Direction> for Side {
    fn from(direction: event::Direction) -> Self {
        match direction {
            event::Direction::ToServer => Self::Client,
            event::Direction::ToClient => Self::Server,
        }
    }
}

impl From<&Outcome<'_>> for TlsOutcome {
    fn from(outcome: &Outcome<'_>) -> Self {
        match outcome {
            Outcome::Open(_) => Self::Open,
            Outcome::Failed(_) => Self::Alert,
            Outcome::Reset(..) => Self::Reset,
            Outcome::GivenUp(close) if is_alert(close) => Self::Alert,
            Outcome::Closed(..) | Outcome::GivenUp(_) => Self::Closed,
            Outcome::Unanswered => Self::Unanswered,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// On QUIC an alert is an error that closes the connection (RFC 9001 §4.8).
const fn is_alert(close: &Close) -> bool {
    match close.error {
        CloseError::Transport { error, .. } => error.alert().is_some(),
        CloseError::Application(_) => false,
    }
}

impl EarlyData {
    fn of(tls: &model::Tls) -> Option<Self> {
        let offered = tls.client_hello().is_some_and(|hello| hello.early_data);
        match (tls.early, tls.early_accepted()) {
            (Some(_), Some(true)) => Some(Self::Accepted),
            (Some(_), Some(false)) => Some(Self::Rejected),
            (Some(_), None) => Some(Self::Sent),
            (None, _) => offered.then_some(Self::Offered),
        }
    }
}

impl From<securing::Split> for Parts {
    fn from(split: securing::Split) -> Self {
        let millis = |time: TimeDelta| Millis(time);
        Self {
            network_ms: millis(split.network),
            server_ms: millis(split.server),
            client_ms: millis(split.client),
            transfer_ms: millis(split.transfer),
        }
    }
}

impl From<words::Keys> for KeyState {
    fn from(keys: words::Keys) -> Self {
        match keys {
            words::Keys::NoLog => Self::NoLog,
            words::Keys::NotInLog => Self::NotInLog,
            words::Keys::NoHello => Self::NoHello,
            words::Keys::Found => Self::Found,
            words::Keys::Wrong => Self::Wrong,
            words::Keys::Unsupported => Self::Unsupported,
            words::Keys::NotEncrypted => Self::NotEncrypted,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::report::fixture::secured;
    use crate::report::format::{Options, Reporter};
    use crate::report::json::{Json, json_schema};

    #[test]
    fn tls_is_told_as_the_schema_says() {
        let mut out = Vec::new();
        Json.write(&secured(), &Options::default(), &mut out).unwrap();
        let document: Value = serde_json::from_slice(&out).unwrap();
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        jsonschema::validate(&schema, &document).unwrap();
        let tls = |nth: usize| &document["connections"][nth]["tls"];
        let first = tls(0);
        assert_eq!(first["outcome"], "open");
        assert_eq!(first["version"], "TLSv1.3");
        assert_eq!(first["parts"]["server_ms"], 3.0);
        assert_eq!(first["client_hello"]["cipher_suites"][0], "GREASE (0x1a1a)");
        assert_eq!(first["messages"][3]["message"], "Certificate");
        let certificate = &first["server_certificates"][0];
        assert_eq!(certificate["doubts"], json!(["not valid yet", "signed by itself"]));
        assert_eq!(tls(1)["alerts"][0]["description"], "unknown_ca");
        assert_eq!(tls(3)["outcome"], "unanswered");
        assert_eq!(tls(4)["done_inferred"], true);
        assert_eq!(tls(4)["resumed"], "pre_shared_key");
        assert_eq!(document["exchanges"][0]["timings"]["ssl"], 24.1);
    }
}
