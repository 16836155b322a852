//! The head of a frame (RFC 9113 §4.1), and whether nine bytes can be one.

use crate::cursor::Cursor;

/// The bytes of a frame's head.
pub(super) const HEAD: usize = 9;

/// What stands before a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of payload.
    pub(super) length: u32,
    /// What kind of frame.
    pub(super) kind: Kind,
    /// What the bits of this byte mean depends on the kind.
    pub(super) flags: u8,
    /// The stream, or 0 for the connection.
    pub(super) stream: u32,
}

/// What kind of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u8);

impl Kind {
    pub(super) const DATA: Self = Self(0);
    pub(super) const HEADERS: Self = Self(1);
    pub(super) const PRIORITY: Self = Self(2);
    pub(super) const RST_STREAM: Self = Self(3);
    pub(super) const SETTINGS: Self = Self(4);
    pub(super) const PUSH_PROMISE: Self = Self(5);
    pub(super) const PING: Self = Self(6);
    pub(super) const GOAWAY: Self = Self(7);
    pub(super) const WINDOW_UPDATE: Self = Self(8);
    pub(super) const CONTINUATION: Self = Self(9);
    /// RFC 7838 §4.
    pub(super) const ALTSVC: Self = Self(0xa);
    /// RFC 8336 §2.
    pub(super) const ORIGIN: Self = Self(0xc);
    /// RFC 9218 §7.1.
    pub(super) const PRIORITY_UPDATE: Self = Self(0x10);
}

/// Stream numbers have 31 bits.
pub(super) const STREAM: u32 = 0x7fff_ffff;

/// END_STREAM of DATA and HEADERS.
pub(super) const END_STREAM: u8 = 0x1;
/// ACK of SETTINGS and PING.
pub(super) const ACK: u8 = 0x1;
/// END_HEADERS of HEADERS, PUSH_PROMISE and CONTINUATION.
pub(super) const END_HEADERS: u8 = 0x4;
/// PADDED of DATA, HEADERS and PUSH_PROMISE.
pub(super) const PADDED: u8 = 0x8;
/// PRIORITY of HEADERS.
pub(super) const PRIORITY: u8 = 0x20;

impl Head {
    /// The head at the front of some bytes; none where there are fewer than nine.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let length = u32::from(cursor.u8().ok()?) << 16 | u32::from(cursor.u16().ok()?);
        let kind = Kind(cursor.u8().ok()?);
        let flags = cursor.u8().ok()?;
        let stream = cursor.u32().ok()? & STREAM;
        Some(Self { length, kind, flags, stream })
    }

    /// Bytes of the whole frame.
    pub(super) const fn size(self) -> u32 {
        self.length.saturating_add(9)
    }

    /// True where the flag is set.
    pub(super) const fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Could a frame begin here? For places where nobody knows: a kind that is in use, with the
/// length, flags and stream that it may have. Of bytes that are none, one in millions passes.
pub(super) fn is_plausible(bytes: &[u8]) -> bool {
    let Some(head) = Head::of(bytes) else { return false };
    let reserved = bytes.get(5).is_none_or(|byte| byte & 0x80 != 0);
    let Some(rule) = rule_of(head.kind) else { return false };
    let length = head.length;
    let length_fits = match rule.length {
        Length::Exactly(wanted) => length == wanted,
        Length::AtLeast(least) => (least..=LARGEST).contains(&length),
        Length::Settings if head.flags == ACK => length == 0,
        Length::Settings => length.is_multiple_of(6) && length <= 6 * MANY_SETTINGS,
    };
    let stream_fits = match rule.on {
        On::Connection => head.stream == 0,
        On::Stream => (1..=HIGHEST).contains(&head.stream),
        On::Either => head.stream <= HIGHEST,
    };
    // An empty DATA frame is there to end its stream; all zeros are not.
    let is_empty = head.kind == Kind::DATA && length == 0 && !head.has(END_STREAM);
    !reserved && !is_empty && head.flags & !rule.flags == 0 && length_fits && stream_fits
}

/// What a kind of frame may look like.
struct Rule {
    length: Length,
    flags: u8,
    on: On,
}

enum Length {
    Exactly(u32),
    AtLeast(u32),
    /// Whole settings, or nothing where they are acknowledged.
    Settings,
}

enum On {
    Connection,
    Stream,
    Either,
}

const fn rule_of(kind: Kind) -> Option<Rule> {
    let (length, flags, on) = match kind {
        Kind::DATA => (Length::AtLeast(0), END_STREAM | PADDED, On::Stream),
        Kind::HEADERS => {
            (Length::AtLeast(1), END_STREAM | END_HEADERS | PADDED | PRIORITY, On::Stream)
        }
        Kind::PRIORITY => (Length::Exactly(5), 0, On::Stream),
        Kind::RST_STREAM => (Length::Exactly(4), 0, On::Stream),
        Kind::SETTINGS => (Length::Settings, ACK, On::Connection),
        Kind::PUSH_PROMISE => (Length::AtLeast(5), END_HEADERS | PADDED, On::Stream),
        Kind::PING => (Length::Exactly(8), ACK, On::Connection),
        Kind::GOAWAY => (Length::AtLeast(8), 0, On::Connection),
        Kind::WINDOW_UPDATE => (Length::Exactly(4), 0, On::Either),
        Kind::CONTINUATION => (Length::AtLeast(1), END_HEADERS, On::Stream),
        Kind::ALTSVC => (Length::AtLeast(2), 0, On::Either),
        Kind::ORIGIN => (Length::AtLeast(2), 0, On::Connection),
        Kind::PRIORITY_UPDATE => (Length::AtLeast(4), 0, On::Connection),
        _ => return None,
    };
    Some(Rule { length, flags, on })
}

/// RFC 9113 §4.2: what may be sent until the other side allows more, which few do.
const LARGEST: u32 = 16_384;

/// More streams than any connection has lived through.
const HIGHEST: u32 = 1 << 24;

/// More settings in one frame than are defined, twice.
const MANY_SETTINGS: u32 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_apart() {
        let head = Head::of(b"\x00\x40\x01\x01\x25\x80\x00\x00\x03").unwrap();
        assert_eq!((head.length, head.kind, head.stream), (0x4001, Kind::HEADERS, 3));
        assert!(head.has(END_HEADERS) && head.has(PRIORITY) && !head.has(PADDED));
        assert_eq!(Head::of(b"\x00\x40\x01\x01\x25\x80\x00\x00"), None);
    }

    #[test]
    fn frames_are_known_from_other_bytes() {
        let frames: [&[u8]; 6] = [
            b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
            b"\x00\x00\x00\x04\x01\x00\x00\x00\x00",
            b"\x00\x40\x00\x00\x00\x00\x00\x00\x05",
            b"\x00\x00\x00\x00\x01\x00\x00\x00\x05",
            b"\x00\x00\x04\x08\x00\x00\x00\x00\x00",
            b"\x00\x01\x00\x01\x25\x00\x00\x00\x01",
        ];
        for frame in frames {
            assert!(is_plausible(frame), "{frame:x?}");
        }
        let others: [&[u8]; 9] = [
            b"\x00\x00\x00\x00\x00\x00\x04\x00\x00",
            b"GET / HTT",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
            b"\x00\x00\x11\x04\x00\x00\x00\x00\x00",
            b"\x00\x00\x06\x04\x00\x00\x00\x00\x01",
            b"\x00\x40\x01\x00\x00\x00\x00\x00\x05",
            b"\x00\x00\x08\x00\x00\x00\x00\x00\x00",
            b"\x00\x00\x08\x00\x00\x80\x00\x00\x01",
            b"\x00\x00\x08\x0d\x00\x00\x00\x00\x01",
        ];
        for other in others {
            assert!(!is_plausible(other), "{other:x?}");
        }
    }
}
