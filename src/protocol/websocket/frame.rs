//! The head of one frame (RFC 6455 §5.2).

use std::fmt;

use crate::cursor::Cursor;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(pub u8);

impl Opcode {
    /// More of the message before.
    pub const CONTINUATION: Self = Self(0);
    /// Text.
    pub const TEXT: Self = Self(1);
    /// Bytes.
    pub const BINARY: Self = Self(2);
    /// No more will be said.
    pub const CLOSE: Self = Self(8);
    /// Are you there?
    pub const PING: Self = Self(9);
    /// Yes.
    pub const PONG: Self = Self(10);

    /// True for the upkeep of the connection, which may stand between the frames of a message.
    pub const fn is_control(self) -> bool {
        self.0 & 8 != 0
    }

    /// True where the RFC says what it means.
    pub const fn is_known(self) -> bool {
        matches!(self.0, 0..=2 | 8..=10)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CONTINUATION => f.write_str("continuation"),
            Self::TEXT => f.write_str("text"),
            Self::BINARY => f.write_str("binary"),
            Self::CLOSE => f.write_str("close"),
            Self::PING => f.write_str("ping"),
            Self::PONG => f.write_str("pong"),
            Self(other) => write!(f, "opcode {other}"),
        }
    }
}

/// The head of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// It is the last frame of its message.
    pub is_last: bool,
    /// RSV1: the message is compressed, where that was agreed on (RFC 7692 §6).
    pub is_compressed: bool,
    /// RSV2 and RSV3, which no registered extension uses.
    pub reserved: u8,
    /// What it is for.
    pub opcode: Opcode,
    /// What the payload is masked with; frames of clients are (§5.3).
    pub mask: Option<[u8; 4]>,
    /// Bytes of payload.
    pub payload: u64,
    /// The length is written in as few bytes as it needs.
    pub is_minimal: bool,
}

/// Bytes of a head, 2 to 14.
pub type HeadSize = usize;

impl Head {
    /// The longest head there is.
    pub const LONGEST: HeadSize = 14;

    /// The head at the front of some bytes; none where it is not whole.
    pub fn read(bytes: &[u8]) -> Option<(Self, HeadSize)> {
        let mut cursor = Cursor::new(bytes);
        let (first, second) = (cursor.u8().ok()?, cursor.u8().ok()?);
        let (payload, is_minimal) = match second & 0x7f {
            126 => {
                let long = cursor.u16().ok()?;
                (u64::from(long), long > 125)
            }
            127 => {
                let long = cursor.u64().ok()?;
                (long, long > u64::from(u16::MAX))
            }
            short => (u64::from(short), true),
        };
        let mask = if second & 0x80 == 0 { None } else { Some(*cursor.array().ok()?) };
        let head = Self {
            is_last: first & 0x80 != 0,
            is_compressed: first & 0x40 != 0,
            reserved: first >> 4 & 3,
            opcode: Opcode(first & 0x0f),
            mask,
            payload,
            is_minimal,
        };
        Some((head, cursor.offset()))
    }

    /// True where the length is one that a frame can have: the highest bit must be 0 (§5.2).
    pub const fn has_length(&self) -> bool {
        self.payload >> 63 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Head, usize) {
        for end in 0..bytes.len() {
            assert_eq!(Head::read(&bytes[..end]), None, "cut at {end}");
        }
        Head::read(bytes).unwrap()
    }

    #[test]
    fn lengths_have_three_forms() {
        // RFC 6455 §5.7
        let (head, size) = read(&[0x81, 0x05]);
        assert_eq!((head.opcode, head.payload, size), (Opcode::TEXT, 5, 2));
        assert!(head.is_last && head.mask.is_none() && head.is_minimal);
        let (head, size) = read(&[0x82, 0x7e, 0x01, 0x00]);
        assert_eq!((head.opcode, head.payload, size), (Opcode::BINARY, 256, 4));
        let (head, size) = read(&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!((head.payload, size, head.is_minimal), (65_536, 10, true));
        let (head, size) = read(&[0x01, 0xff, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4]);
        assert_eq!((head.mask, size, head.is_minimal), (Some([1, 2, 3, 4]), Head::LONGEST, false));
        assert!(!head.is_last && head.has_length());
        let (head, _) = read(&[0x82, 0x7e, 0, 125]);
        assert!(!head.is_minimal);
        let (head, _) = read(&[0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!head.has_length());
    }

    #[test]
    fn bits_and_opcodes_are_told() {
        let (head, _) = read(&[0xf9, 0]);
        assert_eq!((head.is_compressed, head.reserved, head.opcode), (true, 3, Opcode::PING));
        assert!(Opcode::PING.is_control() && !Opcode::TEXT.is_control());
        assert!(Opcode::PONG.is_known() && !Opcode(3).is_known() && !Opcode(11).is_known());
        assert_eq!(
            (Opcode::CLOSE.to_string(), Opcode(5).to_string().as_str()),
            ("close".into(), "opcode 5")
        );
    }
}
