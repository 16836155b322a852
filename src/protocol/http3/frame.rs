//! The head of a frame (RFC 9114 §7.1), and the kinds of frames and streams.

use crate::cursor::Cursor;
use crate::flow::event::Direction;

/// Bytes of a frame's head at most.
pub(super) const HEAD: usize = 16;

/// What stands before a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// What kind of frame.
    pub(super) kind: Kind,
    /// Bytes of payload.
    pub(super) length: u64,
    /// Bytes of the head itself.
    pub(super) size: usize,
}

/// What kind of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u64);

impl Kind {
    pub(super) const DATA: Self = Self(0);
    pub(super) const HEADERS: Self = Self(1);
    pub(super) const CANCEL_PUSH: Self = Self(3);
    pub(super) const SETTINGS: Self = Self(4);
    pub(super) const PUSH_PROMISE: Self = Self(5);
    pub(super) const GOAWAY: Self = Self(7);
    /// RFC 9412 §2.
    pub(super) const ORIGIN: Self = Self(0xc);
    pub(super) const MAX_PUSH_ID: Self = Self(0xd);
    /// No frame: what begins a stream of WebTransport (draft-ietf-webtrans-http3 §4.2).
    pub(super) const WEBTRANSPORT: Self = Self(0x41);
    /// Of a request (RFC 9218 §7.2).
    pub(super) const PRIORITY_UPDATE: Self = Self(0xf_0700);
    /// Of a push.
    pub(super) const PRIORITY_UPDATE_PUSH: Self = Self(0xf_0701);

    /// True for a kind that HTTP/2 has, and HTTP/3 must not have (RFC 9114 §7.2.8).
    pub(super) const fn is_of_http2(self) -> bool {
        matches!(self.0, 0x2 | 0x6 | 0x8 | 0x9)
    }

    /// True for a kind that belongs on the control stream.
    pub(super) const fn is_of_control(self) -> bool {
        matches!(
            self,
            Self::CANCEL_PUSH
                | Self::SETTINGS
                | Self::GOAWAY
                | Self::ORIGIN
                | Self::MAX_PUSH_ID
                | Self::PRIORITY_UPDATE
                | Self::PRIORITY_UPDATE_PUSH
        )
    }

    /// The only end that may say it, where that is one, by the way that it is sent (RFC 9114 §7.2.7,
    /// RFC 9218 §7.2, RFC 9412 §2).
    pub(super) const fn way(self) -> Option<Direction> {
        match self {
            Self::MAX_PUSH_ID | Self::PRIORITY_UPDATE | Self::PRIORITY_UPDATE_PUSH => {
                Some(Direction::ToServer)
            }
            Self::ORIGIN => Some(Direction::ToClient),
            _ => None,
        }
    }

    /// True for a kind that belongs on the stream of a message.
    pub(super) const fn is_of_message(self) -> bool {
        matches!(self, Self::DATA | Self::HEADERS | Self::PUSH_PROMISE)
    }
}

/// What a stream in one direction is for (RFC 9114 §6.2, RFC 9204 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamKind(pub(super) u64);

impl StreamKind {
    pub(super) const CONTROL: Self = Self(0);
    pub(super) const PUSH: Self = Self(1);
    pub(super) const ENCODER: Self = Self(2);
    pub(super) const DECODER: Self = Self(3);
    /// draft-ietf-webtrans-http3 §4.1.
    pub(super) const WEBTRANSPORT: Self = Self(0x54);
}

impl Head {
    /// The head at the front of some bytes; none where it is not whole.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let kind = Kind(cursor.varint().ok()?);
        let length = cursor.varint().ok()?;
        Some(Self { kind, length, size: cursor.offset() })
    }

    /// Bytes of the whole frame; none where that is more than is ever held.
    pub(super) fn whole(self, most: usize) -> Option<usize> {
        let length = usize::try_from(self.length).ok().filter(|length| *length <= most)?;
        length.checked_add(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_taken_apart() {
        let head = Head::of(b"\x01\x40\x41").unwrap();
        assert_eq!((head.kind, head.length, head.size), (Kind::HEADERS, 0x41, 3));
        let head = Head::of(b"\x80\x0f\x07\x00\x05rest").unwrap();
        assert_eq!((head.kind, head.length, head.size), (Kind::PRIORITY_UPDATE, 5, 5));
        assert_eq!((Head::of(b"\x01\x40"), Head::of(b"")), (None, None));
        let head = Head::of(b"\x00\xff\xff\xff\xff\xff\xff\xff\xff").unwrap();
        assert_eq!((head.length, head.whole(1 << 20)), ((1 << 62) - 1, None));
    }
}
