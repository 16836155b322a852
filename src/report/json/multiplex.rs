//! What was said of streams and of the connection that carries them, as the document has it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::flow::event::Direction;
use crate::protocol::http::chunks;
use crate::protocol::http::multiplex as protocol;
use crate::report::json::value::{Millis, Moment, Nanos};
use crate::trace::multiplex as model;

/// What was said of a connection of many streams; each list up to a bound.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Multiplex<'a> {
    /// SETTINGS, in order.
    pub settings: Vec<Settings>,
    /// GOAWAY: how the ends began to close.
    pub go_aways: Vec<GoAway<'a>>,
    /// PINGs that were answered.
    pub pings: Vec<Ping>,
    /// Times in which a sender had no flow-control window.
    pub blocked: Vec<Blocked>,
    /// What the ends said without asking for anything (ORIGIN, ALTSVC), in words.
    pub notes: Vec<Note<'a>>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// One SETTINGS frame.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Settings {
    /// When it was known.
    pub at: Moment,
    /// Who sent it.
    pub by: End,
    /// The settings, in order.
    pub values: Vec<Setting>,
}

/// A setting.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Setting {
    /// Its number.
    pub number: u64,
    /// Its name; null where it has none.
    pub name: Option<&'static str>,
    /// Its value.
    pub value: u64,
}

/// How an end began to close.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct GoAway<'a> {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: End,
    /// The last stream of the other end that was, or may have been, worked on; null where HTTP/3
    /// says that there is none.
    pub last_stream: Option<u64>,
    /// The error code; null in HTTP/3, which does not say it.
    pub code: Option<u64>,
    /// Its name; null where it has none.
    pub name: Option<&'static str>,
    /// What else it says, in its own words.
    pub text: &'a str,
}

/// A PING that was answered.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Ping {
    /// Who asked.
    pub by: End,
    /// When it was sent.
    pub sent: Moment,
    /// When the answer came.
    pub answered: Moment,
    /// Between the two.
    pub round_trip_ms: Millis,
}

/// A time in which a sender had no window.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Blocked {
    /// Who could not send DATA.
    pub sender: End,
    /// The stream; null where it was the window of the whole connection.
    pub stream: Option<u64>,
    /// The DATA that used the window up.
    pub from: Moment,
    /// The frame that gave room again; null where none did.
    pub to: Option<Moment>,
}

/// Something that was said, in words.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Note<'a> {
    /// When it was known.
    pub at: Moment,
    /// Who said it.
    pub by: End,
    /// What.
    pub text: &'a str,
}

/// A stream that was given up.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// Who gave it up.
    pub by: End,
    /// The error code.
    pub code: u64,
    /// Its name, such as `CANCEL`; null where it has none.
    pub name: Option<&'static str>,
    /// True where GOAWAY gave it up: the server has not worked on it, so it may be tried again.
    pub unprocessed: bool,
}

/// A request that left as soon as another stream ended, while as many as are allowed were open:
/// it waited. Concluded, not seen.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Queued {
    /// Since when as many were open: it waited from then on at most.
    pub since: Moment,
    /// When one of them ended.
    pub freed: Moment,
    /// How many may be open at once.
    pub limit: u32,
}

/// A piece of a body.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Chunk {
    /// When it could be read.
    pub at: Nanos,
    /// Its bytes, as encoded.
    pub bytes: u64,
}

impl From<Direction> for End {
    fn from(way: Direction) -> Self {
        match way {
            Direction::ToServer => Self::Client,
            Direction::ToClient => Self::Server,
        }
    }
}

impl<'a> From<&'a model::Multiplex> for Multiplex<'a> {
    fn from(known: &'a model::Multiplex) -> Self {
        Self {
            settings: known.settings.iter().map(Settings::from).collect(),
            go_aways: known.go_aways.iter().map(GoAway::from).collect(),
            pings: known.round_trips.iter().map(Ping::from).collect(),
            blocked: known.blocked.iter().map(Blocked::from).collect(),
            notes: known.notes.iter().map(Note::from).collect(),
        }
    }
}

impl From<&model::Settings> for Settings {
    fn from(said: &model::Settings) -> Self {
        let values = said.values.iter().map(|(number, value)| Setting {
            number: *number,
            name: protocol::setting_name(said.version, *number),
            value: *value,
        });
        Self { at: said.at.into(), by: said.by.into(), values: values.collect() }
    }
}

impl<'a> From<&'a protocol::GoAway> for GoAway<'a> {
    fn from(said: &'a protocol::GoAway) -> Self {
        Self {
            at: said.at.into(),
            by: said.by.into(),
            last_stream: said.last_stream,
            code: said.code.map(|code| code.0),
            name: said.code.and_then(protocol::ErrorCode::name),
            text: &said.text,
        }
    }
}

impl From<&protocol::RoundTrip> for Ping {
    fn from(known: &protocol::RoundTrip) -> Self {
        Self {
            by: known.by.into(),
            sent: known.sent.into(),
            answered: known.answered.into(),
            round_trip_ms: Millis(known.answered.at.since(known.sent.at).at_least_zero()),
        }
    }
}

impl From<&protocol::Blocked> for Blocked {
    fn from(blocked: &protocol::Blocked) -> Self {
        Self {
            sender: blocked.way.into(),
            stream: blocked.stream,
            from: blocked.from.into(),
            to: blocked.to.map(Into::into),
        }
    }
}

impl<'a> From<&'a model::Note> for Note<'a> {
    fn from(note: &'a model::Note) -> Self {
        Self { at: note.at.into(), by: note.by.into(), text: &note.text }
    }
}

impl From<protocol::Reset> for Reset {
    fn from(reset: protocol::Reset) -> Self {
        Self {
            by: reset.by.into(),
            code: reset.code.0,
            name: reset.code.name(),
            unprocessed: reset.unprocessed,
        }
    }
}

impl From<protocol::Queued> for Queued {
    fn from(queued: protocol::Queued) -> Self {
        Self { since: queued.since.into(), freed: queued.freed.into(), limit: queued.limit }
    }
}

impl From<chunks::Chunk> for Chunk {
    fn from(chunk: chunks::Chunk) -> Self {
        Self { at: Nanos(chunk.at), bytes: chunk.bytes }
    }
}
