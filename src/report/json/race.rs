//! How a client came to QUIC, and what became of TCP beside it, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::json::value::Millis;
use crate::trace::connection::Connection;
use crate::trace::{Trace, race, upgrade};

/// How a client knew that a server speaks HTTP/3.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Upgrade {
    /// By what.
    pub by: UpgradeBy,
    /// For `https_record`: the entry of `lookups` whose answer offers it.
    pub lookup: Option<u32>,
    /// For `alt_svc`: the entry of `exchanges` whose response offers it.
    pub exchange: Option<u32>,
    /// True where it was learnt over the other version of IP: that it is the same client is
    /// concluded.
    pub inferred: bool,
}

/// By what a client knew it.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeBy {
    /// The HTTPS record of the name (RFC 9460).
    HttpsRecord,
    /// The `Alt-Svc` field of a response (RFC 7838).
    AltSvc,
    /// From before the capture: nothing that was read of it says so.
    EarlierKnowledge,
}

/// How a connection did beside another one to the same server, over QUIC or TCP.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Race {
    /// What came of it.
    pub result: RaceResult,
    /// The other one: an entry of `connections`.
    pub rival: u32,
    /// For `lost`: from its first packet until it was open, or given up. For `fell_back` and
    /// `stood_in`: from the first packet of QUIC to the first request over TCP.
    pub ms: Option<Millis>,
    /// For `lost` and `fell_back`: bytes of payload that were spent on it for nothing; null where
    /// it was used later.
    pub bytes: Option<u64>,
    /// True where the request that decides is an estimate, for what was sent stays closed.
    pub inferred: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RaceResult {
    /// Both were opened at once, and the first request went over this one.
    Won,
    /// Both were opened at once, and the first request went over the other one.
    Lost,
    /// QUIC was never open, and the other one, over TCP, was used in its place.
    FellBack,
    /// It was used in place of the other one, over QUIC, which was never open.
    StoodIn,
}

impl Upgrade {
    /// How the client of a connection knew it.
    pub(super) fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        let mut it =
            Self { by: UpgradeBy::EarlierKnowledge, lookup: None, exchange: None, inferred: false };
        match upgrade::Known::of(trace, connection)? {
            upgrade::Known::Record { lookup, is_inferred } => {
                (it.by, it.lookup) = (UpgradeBy::HttpsRecord, Some(lookup.0));
                it.inferred = is_inferred;
            }
            upgrade::Known::AltSvc { exchange, is_inferred } => {
                (it.by, it.exchange) = (UpgradeBy::AltSvc, Some(exchange.0));
                it.inferred = is_inferred;
            }
            upgrade::Known::Earlier => {}
        }
        Some(it)
    }
}

impl Race {
    /// How a connection did.
    pub(super) fn of(trace: &Trace, connection: &Connection) -> Option<Self> {
        let race = race::Race::of(trace, connection)?;
        let rival = race.rival().0;
        let (result, time, bytes) = match race {
            race::Race::Won { .. } => (RaceResult::Won, None, None),
            race::Race::Lost { spent, bytes, .. } => (RaceResult::Lost, Some(spent), bytes),
            race::Race::FellBack { after, bytes, .. } => {
                (RaceResult::FellBack, Some(after), Some(bytes))
            }
            race::Race::StoodIn { after, .. } => (RaceResult::StoodIn, Some(after), None),
        };
        let inferred = race.is_inferred();
        Some(Self { result, rival, ms: time.map(Millis), bytes, inferred })
    }
}
