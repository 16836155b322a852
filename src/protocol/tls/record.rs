//! Records: how TLS cuts what it says into pieces (RFC 8446 §5.1, RFC 5246 §6.2.1).
//!
//! Takes the bytes of a direction, gives records that are whole, each byte with its two stamps.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use crate::protocol::buffer::{Span, StreamBuffer};
use crate::protocol::tls::names::Version;
use crate::time::{Frames, Stamp};

/// What a record carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ContentType(pub(super) u8);

impl ContentType {
    pub(super) const CHANGE_CIPHER_SPEC: Self = Self(20);
    pub(super) const ALERT: Self = Self(21);
    pub(super) const HANDSHAKE: Self = Self(22);
    pub(super) const APPLICATION_DATA: Self = Self(23);
    /// RFC 6520.
    pub(super) const HEARTBEAT: Self = Self(24);
}

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header(pub(super) [u8; Self::LEN]);

impl Header {
    /// Its bytes.
    pub(super) const LEN: usize = 5;

    /// What a record may have at most: TLS 1.2 leaves 2,048 bytes beside 2^14 of plaintext
    /// (RFC 5246 §6.2.3), TLS 1.3 has 256.
    const LONGEST: usize = (1 << 14) + 2048;

    pub(super) const fn content(self) -> ContentType {
        ContentType(self.0[0])
    }

    pub(super) const fn version(self) -> Version {
        Version(u16::from_be_bytes([self.0[1], self.0[2]]))
    }

    /// Bytes of the body.
    pub(super) fn length(self) -> usize {
        usize::from(u16::from_be_bytes([self.0[3], self.0[4]]))
    }

    /// The head at the front of some bytes; none where there are too few, or it is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let header = Self(*bytes.first_chunk()?);
        let [kind, major, minor, ..] = header.0;
        let is_one = matches!(kind, 20..=24) && major == 3 && minor <= 4;
        (is_one && header.length() <= Self::LONGEST).then_some(header)
    }

    /// Likewise, of a record that an encrypted connection goes on with: never empty, and of a
    /// version that is still spoken.
    pub(super) fn of_protected(bytes: &[u8]) -> Option<Self> {
        Self::of(bytes).filter(|header| {
            header.version() >= Version::TLS_1_0 && header.version() <= Version::TLS_1_2
        })
    }
}

/// A whole record.
pub(super) struct Record {
    pub(super) header: Header,
    /// What follows the head.
    pub(super) body: BytesMut,
    /// When the body's bytes came, in order.
    pub(super) pieces: Pieces,
    /// When head and body came.
    pub(super) span: Span,
    /// The frames that carried them.
    pub(super) frames: Frames,
}

/// What came at the front of a buffer.
pub(super) enum Cut {
    /// A record.
    Whole(Box<Record>),
    /// The beginning of one, or nothing.
    Short,
    /// Something else.
    NotOne,
}

impl Record {
    /// Takes the record at the front of what has come.
    pub(super) fn cut(buffer: &mut StreamBuffer) -> Cut {
        let head = buffer.peek(Header::LEN);
        if head.len() < Header::LEN {
            return if is_beginning(&head) { Cut::Short } else { Cut::NotOne };
        }
        let Some(header) = Header::of(&head) else { return Cut::NotOne };
        drop(head);
        if buffer.len() < Header::LEN + header.length() {
            return Cut::Short;
        }
        let mut frames = Frames::default();
        let Some(head) = buffer.skip(Header::LEN, &mut frames) else { return Cut::Short };
        let mut body = BytesMut::with_capacity(header.length());
        let mut pieces = Pieces(SmallVec::with_capacity(buffer.chunks().len().min(SEGMENTS)));
        let rest = buffer.read_stamped(header.length(), &mut frames, |part, arrived, _| {
            body.extend_from_slice(part);
            pieces.push(part.len(), arrived);
        });
        let span = rest.map_or(head, |rest| head.to(rest));
        Cut::Whole(Box::new(Self { header, body, pieces, span, frames }))
    }

    /// Its bytes on the wire.
    pub(super) fn size(&self) -> usize {
        Header::LEN + self.header.length()
    }
}

/// The longest record in segments of usual size, with one cut at either end.
const SEGMENTS: usize = 14;

/// Could these few bytes be the beginning of a head?
fn is_beginning(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|kind| matches!(kind, 20..=24))
        && bytes.get(1).is_none_or(|major| *major == 3)
}

/// When the bytes of a body came: runs of bytes of one packet.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(SmallVec<[(u32, Stamp); 3]>);

impl Pieces {
    /// All at once.
    pub(super) fn one(length: usize, span: Span) -> Self {
        let mut pieces = Self::default();
        pieces.push(length, span.first);
        pieces
    }

    fn push(&mut self, length: usize, arrived: Stamp) {
        // a record is far below 4 GiB
        self.0.push((u32::try_from(length).unwrap_or(u32::MAX), arrived));
    }

    /// Cuts `text`, which stands in the body from `start` on, where packets were cut. Each part
    /// keeps the packet that it arrived in; none could be read before the record was `done`.
    pub(super) fn split(
        &self,
        text: &Bytes,
        start: usize,
        span: Span,
    ) -> impl Iterator<Item = (Bytes, Stamp, Stamp)> {
        let end = start + text.len();
        let mut at = 0;
        // the head belongs to what it heads
        let mut first = Some(span.first);
        self.0.iter().filter_map(move |&(length, arrived)| {
            let piece = at..at + length as usize;
            at = piece.end;
            let part: Range<usize> = piece.start.max(start)..piece.end.min(end);
            (part.start < part.end).then(|| {
                let part = text.slice(part.start - start..part.end - start);
                (part, first.take().unwrap_or(arrived), span.done)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{FrameNo, Timestamp};

    fn stamp(n: u64) -> Stamp {
        Stamp::new(Timestamp::from_nanos(n.cast_signed()), FrameNo(n))
    }

    fn buffer(packets: &[&[u8]]) -> StreamBuffer {
        let mut buffer = StreamBuffer::default();
        for (n, packet) in (1..).zip(packets) {
            buffer.push(Bytes::copy_from_slice(packet), stamp(n), stamp(n + 10));
        }
        buffer
    }

    #[test]
    fn a_record_is_cut_when_it_is_whole_and_its_bytes_keep_their_packets() {
        let packets: [&[u8]; 4] = [&[23, 3], &[3, 0, 6, b'a'], b"bcd", b"ef\x16"];
        let mut buffer = buffer(&packets);
        let Cut::Whole(record) = Record::cut(&mut buffer) else { panic!("whole") };
        assert_eq!((&record.body[..], record.size(), buffer.len()), (&b"abcdef"[..], 11, 1));
        assert_eq!((record.span.first, record.span.done), (stamp(1), stamp(14)));
        assert_eq!(record.frames.len(), 4);
        let mut parts = Vec::new();
        let text = Bytes::from_static(b"BCDE");
        for (part, at, done) in record.pieces.split(&text, 1, record.span) {
            assert_eq!(done, stamp(14));
            parts.push((part, at.frame.0));
        }
        assert_eq!(parts, [(Bytes::from_static(b"BCD"), 1), (Bytes::from_static(b"E"), 4)]);
        assert!(matches!(Record::cut(&mut buffer), Cut::Short));
    }

    #[test]
    fn what_is_no_record_is_told_from_what_is_short() {
        let short: [&[u8]; 4] = [&[], &[22], &[20, 3], &[23, 3, 3, 0, 2, 1]];
        for bytes in short {
            assert!(matches!(Record::cut(&mut buffer(&[bytes])), Cut::Short), "{bytes:?}");
        }
        let others: [&[u8]; 4] = [b"G", &[22, 4], &[19, 3, 3, 0, 0], &[23, 3, 3, 0x49, 0]];
        for bytes in others {
            assert!(matches!(Record::cut(&mut buffer(&[bytes])), Cut::NotOne), "{bytes:?}");
        }
    }
}
