//! The small values that every entity is made of: times, durations, frames, addresses.
//!
//! One rule for each kind, the same everywhere in the document.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::address;
use crate::flow::event;
use crate::time::{Frames, Stamp, TimeDelta, Timestamp};

/// A moment: nanoseconds since the Unix epoch, as a string, since 2^53 is less than today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nanos(pub Timestamp);

impl Serialize for Nanos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.as_nanos())
    }
}

impl JsonSchema for Nanos {
    fn schema_name() -> Cow<'static, str> {
        "Nanos".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^-?[0-9]+$",
            "description": "A moment: whole nanoseconds since 1970-01-01T00:00:00Z, as a string, \
                            so that readers with 53-bit numbers lose nothing.",
        })
    }
}

/// A length of time in milliseconds. The shortest digits that name the number are those of its
/// nanoseconds for anything below eleven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millis(pub TimeDelta);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_millis_f64())
    }
}

impl JsonSchema for Millis {
    fn schema_name() -> Cow<'static, str> {
        "Millis".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "A length of time in milliseconds, exact to the nanosecond (up to six \
                            decimals).",
        })
    }
}

/// The frames that prove something: numbers from 1 in capture order, as Wireshark counts them.
#[derive(Clone, Debug)]
pub struct FrameList<'a>(pub Cow<'a, Frames>);

impl<'a> From<&'a Frames> for FrameList<'a> {
    fn from(frames: &'a Frames) -> Self {
        Self(Cow::Borrowed(frames))
    }
}

impl From<Frames> for FrameList<'_> {
    fn from(frames: Frames) -> Self {
        Self(Cow::Owned(frames))
    }
}

impl Serialize for FrameList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|frame| frame.0))
    }
}

impl JsonSchema for FrameList<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Frames".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": { "type": "integer", "minimum": 1 },
            "description": "The numbers of the frames that it was seen in, ascending, from 1 in \
                            capture order, as Wireshark counts them. Very long lists are cut.",
        })
    }
}

/// Anything that has one way to be written, as a string.
#[derive(Clone, Copy, Debug)]
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T> JsonSchema for Text<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// When, and in which frame.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Moment {
    /// When.
    pub time: Nanos,
    /// In which frame; 0 where no frame but a deadline told.
    pub frame: u64,
}

impl From<Stamp> for Moment {
    fn from(stamp: Stamp) -> Self {
        Self { time: Nanos(stamp.at), frame: stamp.frame.0 }
    }
}

/// An address and a port.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Endpoint {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl From<address::Endpoint> for Endpoint {
    fn from(end: address::Endpoint) -> Self {
        Self { ip: end.ip, port: end.port }
    }
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Who opened the connection.
    Client,
    /// Who was called.
    Server,
}

impl End {
    /// The end that sends in a direction.
    pub const fn sending(direction: event::Direction) -> Self {
        match direction {
            event::Direction::ToServer => Self::Client,
            event::Direction::ToClient => Self::Server,
        }
    }

    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A piece of a byte stream, counted from 0 for the first byte after the SYN.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct ByteRange {
    /// Its first byte.
    pub start: u64,
    /// The byte after its last.
    pub end: u64,
}

impl From<&std::ops::Range<u64>> for ByteRange {
    fn from(range: &std::ops::Range<u64>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn moments_keep_every_nanosecond() {
        let at = Timestamp::from_parts(1_763_776_487, 123_456_789);
        assert_eq!(json(&Nanos(at)), "\"1763776487123456789\"");
        assert_eq!(json(&Nanos(Timestamp::MIN)), "\"-9223372036854775808\"");
    }

    #[test]
    fn durations_keep_every_nanosecond() {
        for (nanos, text) in [
            (0, "0.0"),
            (1, "1e-6"),
            (12_345_678, "12.345678"),
            (100_000_001, "100.000001"),
            (86_400_000_000_001, "86400000.000001"),
            (-1_500_000, "-1.5"),
        ] {
            assert_eq!(json(&Millis(TimeDelta::from_nanos(nanos))), text);
        }
    }
}
