//! What the ends of a connection of many streams say of the connection and its streams, beside the
//! messages: HTTP/2 (RFC 9113 §5, §6) and HTTP/3.

use std::fmt;

use crate::flow::event::Direction;
use crate::protocol::http::version::Version;
use crate::time::Stamp;

/// Something that was said of a connection of many streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Multiplex {
    /// SETTINGS: what one end wants of the other.
    Settings {
        /// Which way they were sent.
        by: Direction,
        /// Whose numbers they are: HTTP/3 has others than HTTP/2.
        version: Version,
        /// Each setting's number and value, in order.
        settings: Vec<(u64, u64)>,
    },
    /// GOAWAY: one end begins to close.
    GoAway(GoAway),
    /// PING and its answer.
    RoundTrip(RoundTrip),
    /// A sender had no window: it could not send DATA.
    Blocked(Blocked),
    /// DATA of one stream came to the client while others were open.
    Run(Run),
    /// What one end says without asking for anything, in words: ORIGIN (RFC 8336), ALTSVC
    /// (RFC 7838).
    Note {
        /// Which way it was sent.
        by: Direction,
        /// What.
        text: String,
    },
}

/// GOAWAY (RFC 9113 §6.8, RFC 9114 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// When.
    pub at: Stamp,
    /// Which way it was sent.
    pub by: Direction,
    /// The last stream of the other end that was, or may have been, worked on; of an HTTP/3 client
    /// the last push. None where HTTP/3 says that there is none.
    pub last_stream: Option<u64>,
    /// Why; none in HTTP/3, which does not say it.
    pub code: Option<ErrorCode>,
    /// What else it says, in its own words.
    pub text: Box<str>,
}

/// A PING that was answered (RFC 9113 §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Which way it was sent.
    pub by: Direction,
    /// When it was sent.
    pub sent: Stamp,
    /// When the answer came.
    pub answered: Stamp,
}

/// A time in which a sender had no flow-control window (RFC 9113 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Which way the DATA goes.
    pub way: Direction,
    /// The stream; none where it was the window of the whole connection.
    pub stream: Option<u64>,
    /// The DATA that used the window up.
    pub from: Stamp,
    /// The frame that gave room again; none where none did.
    pub to: Option<Stamp>,
}

/// DATA of one stream that came to the client with none of another between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The stream.
    pub stream: u64,
    /// The DATA before it, of whatever stream; its own first where nothing was before it.
    pub from: Stamp,
    /// Its last DATA.
    pub to: Stamp,
}

/// A request that left as soon as there was room for its stream: as many as the other end allows
/// were open until then (RFC 9113 §5.1.2). That it waited is concluded, not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Since when as many streams were open: it waited from then on at most.
    pub since: Stamp,
    /// When one of them ended.
    pub freed: Stamp,
    /// How many may be open at once.
    pub limit: u32,
}

/// How much a stream matters to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// RFC 9218 §4: urgency from 0 (most urgent) to 7, and whether parts of it are of use.
    Urgency {
        /// From 0, the most urgent, to 7.
        urgency: u8,
        /// Parts of it are of use: it may share the connection with others.
        incremental: bool,
    },
    /// RFC 7540 §5.3, which RFC 9113 has given up.
    Weight {
        /// From 1 to 256.
        weight: u16,
        /// The stream that it depends on.
        on: u64,
        /// It alone depends on that.
        exclusive: bool,
    },
}

/// A stream was given up (RST_STREAM, or GOAWAY before it was worked on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Which way that was sent: to the server by the client.
    pub by: Direction,
    /// Why.
    pub code: ErrorCode,
    /// True where the connection's GOAWAY gave it up: the server has not worked on it.
    pub unprocessed: bool,
}

/// Why a stream or a connection was given up (RFC 9113 §7, RFC 9114 §8.1, RFC 9204 §6): no number
/// means one thing in HTTP/2 and another in HTTP/3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub u64);

impl ErrorCode {
    /// Nothing is wrong.
    pub const NO_ERROR: Self = Self(0);
    /// The stream was refused before any work was done on it.
    pub const REFUSED_STREAM: Self = Self(7);
    /// Nobody wants the stream any more.
    pub const CANCEL: Self = Self(8);
    /// HTTP/3: the request was refused before any work was done on it.
    pub const H3_REQUEST_REJECTED: Self = Self(0x10b);
    /// HTTP/3: nobody wants the stream any more.
    pub const H3_REQUEST_CANCELLED: Self = Self(0x10c);

    /// Its name; none where it has none.
    pub fn name(self) -> Option<&'static str> {
        let (names, number) = match self.0 {
            0x33 => return Some("H3_DATAGRAM_ERROR"),
            0x100..0x200 => (HTTP3, self.0 - 0x100),
            0x200.. => (QPACK, self.0 - 0x200),
            number => (HTTP2, number),
        };
        names.get(usize::try_from(number).ok()?).copied()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {:#x}", self.0),
        }
    }
}

impl Priority {
    /// The value of a `Priority` field, or of PRIORITY_UPDATE (RFC 9218 §4): a dictionary of
    /// which `u` and `i` count. What is not there has its default.
    pub fn of_field(value: &str) -> Self {
        let (mut urgency, mut incremental) = (3, false);
        for item in value.split(',').map(str::trim) {
            let item = item.split(';').next().unwrap_or_default().trim_end();
            match item.split_once('=') {
                Some(("u", number)) => {
                    urgency = number.parse().ok().filter(|u| *u < 8).unwrap_or(3);
                }
                Some(("i", truth)) => incremental = truth == "?1",
                None if item == "i" => incremental = true,
                _ => {}
            }
        }
        Self::Urgency { urgency, incremental }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Urgency { urgency, incremental: false } => write!(f, "urgency {urgency}"),
            Self::Urgency { urgency, incremental: true } => {
                write!(f, "urgency {urgency}, incremental")
            }
            Self::Weight { weight, on, exclusive } => {
                let alone = if *exclusive { ", exclusive" } else { "" };
                write!(f, "weight {weight}, depends on stream {on}{alone}")
            }
        }
    }
}

/// The name of a setting in a version of HTTP; none where it has none.
pub fn setting_name(version: Version, number: u64) -> Option<&'static str> {
    Some(match (version, number) {
        (Version::Http3, 0x1) => "QPACK_MAX_TABLE_CAPACITY",
        (Version::Http3, 0x6) => "MAX_FIELD_SECTION_SIZE",
        (Version::Http3, 0x7) => "QPACK_BLOCKED_STREAMS",
        (_, 0x8) => "ENABLE_CONNECT_PROTOCOL",
        (Version::Http3, 0x33) => "H3_DATAGRAM",
        (Version::Http3, 0x276) => "H3_DATAGRAM (draft 00)",
        (Version::Http3, 0xff_d277) => "H3_DATAGRAM (draft 04)",
        (Version::Http3, 0x2b60_3742) => "ENABLE_WEBTRANSPORT",
        (Version::Http3, 0xc671_706a) => "WEBTRANSPORT_MAX_SESSIONS",
        // RFC 9114 §7.2.4.1
        (Version::Http3, number) if number % 0x1f == 0x21 % 0x1f && number >= 0x21 => "GREASE",
        (Version::Http3, _) => return None,
        (_, 1) => "HEADER_TABLE_SIZE",
        (_, 2) => "ENABLE_PUSH",
        (_, 3) => "MAX_CONCURRENT_STREAMS",
        (_, 4) => "INITIAL_WINDOW_SIZE",
        (_, 5) => "MAX_FRAME_SIZE",
        (_, 6) => "MAX_HEADER_LIST_SIZE",
        (_, 9) => "NO_RFC7540_PRIORITIES",
        _ => return None,
    })
}

/// RFC 9113 §7, by number.
const HTTP2: &[&str] = &[
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// RFC 9114 §8.1, from 0x100 on.
const HTTP3: &[&str] = &[
    "H3_NO_ERROR",
    "H3_GENERAL_PROTOCOL_ERROR",
    "H3_INTERNAL_ERROR",
    "H3_STREAM_CREATION_ERROR",
    "H3_CLOSED_CRITICAL_STREAM",
    "H3_FRAME_UNEXPECTED",
    "H3_FRAME_ERROR",
    "H3_EXCESSIVE_LOAD",
    "H3_ID_ERROR",
    "H3_SETTINGS_ERROR",
    "H3_MISSING_SETTINGS",
    "H3_REQUEST_REJECTED",
    "H3_REQUEST_CANCELLED",
    "H3_REQUEST_INCOMPLETE",
    "H3_MESSAGE_ERROR",
    "H3_CONNECT_ERROR",
    "H3_VERSION_FALLBACK",
];

/// RFC 9204 §6, from 0x200 on.
const QPACK: &[&str] =
    &["QPACK_DECOMPRESSION_FAILED", "QPACK_ENCODER_STREAM_ERROR", "QPACK_DECODER_STREAM_ERROR"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_settings_have_names() {
        assert_eq!(ErrorCode::CANCEL.to_string(), "CANCEL");
        assert_eq!(ErrorCode(13).to_string(), "HTTP_1_1_REQUIRED");
        assert_eq!(ErrorCode(0x1234).to_string(), "error 0x1234");
        for (code, name) in [
            (0x33, "H3_DATAGRAM_ERROR"),
            (0x10c, "H3_REQUEST_CANCELLED"),
            (0x110, "H3_VERSION_FALLBACK"),
            (0x111, "error 0x111"),
            (0x202, "QPACK_DECODER_STREAM_ERROR"),
            (0x203, "error 0x203"),
        ] {
            assert_eq!(ErrorCode(code).to_string(), name);
        }
        for (version, number, name) in [
            (Version::Http2, 3, Some("MAX_CONCURRENT_STREAMS")),
            (Version::Http2, 7, None),
            (Version::Http2, 0x21, None),
            (Version::Http3, 3, None),
            (Version::Http3, 7, Some("QPACK_BLOCKED_STREAMS")),
            (Version::Http3, 0x1f * 5 + 0x21, Some("GREASE")),
            (Version::Http3, 2, None),
        ] {
            assert_eq!(setting_name(version, number), name, "{version} {number}");
        }
    }

    #[test]
    fn priorities_are_read() {
        let cases = [
            ("u=1, i", "urgency 1, incremental"),
            ("i=?0;x=1,u=7", "urgency 7"),
            ("", "urgency 3"),
            ("u=9, x", "urgency 3"),
        ];
        for (value, words) in cases {
            assert_eq!(Priority::of_field(value).to_string(), words, "{value}");
        }
        let weight = Priority::Weight { weight: 220, on: 0, exclusive: true };
        assert_eq!(weight.to_string(), "weight 220, depends on stream 0, exclusive");
    }
}
