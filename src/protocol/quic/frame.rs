//! The frames in a packet (RFC 9000 §19), and those of the extensions that browsers use.
//!
//! Takes the payload of an opened packet and gives its frames one by one. They borrow from it, and
//! nothing is allocated. Whether a frame may be in a packet of its kind is not looked at.

pub(super) mod ack;
pub(super) mod names;

use std::ops::Range;

use crate::anomaly::{Anomaly, Class};
use crate::cursor::{Cursor, Short};
use crate::protocol::quic::frame::ack::Ack;
use crate::protocol::quic::frame::names::row;
use crate::protocol::quic::id::ConnectionId;

pub use crate::protocol::quic::frame::names::name_of;

/// One frame. Error codes, offsets and limits are as they were sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// §19.1: zeros in a row, counted in bytes.
    Padding { length: usize },
    /// §19.2.
    Ping,
    /// §19.3.
    Ack(Ack<'a>),
    /// §19.4: no more is sent on a stream, which has so many bytes.
    ResetStream { id: u64, code: u64, size: u64 },
    /// §19.5.
    StopSending { id: u64, code: u64 },
    /// §19.6: bytes of the handshake, and where in the payload they stand.
    Crypto { offset: u64, data: &'a [u8], range: Range<usize> },
    /// §19.7.
    NewToken { token: &'a [u8] },
    /// §19.8: bytes of a stream, and where in the payload they stand.
    Stream { id: u64, offset: u64, fin: bool, data: &'a [u8], range: Range<usize> },
    /// §19.9: bytes that may be sent on all streams together.
    MaxData { limit: u64 },
    /// §19.10: bytes that may be sent on one stream.
    MaxStreamData { id: u64, limit: u64 },
    /// §19.11: streams that may be opened in all.
    MaxStreams { one_way: bool, limit: u64 },
    /// §19.12: there is more to send than the limit allows.
    DataBlocked { limit: u64 },
    /// §19.13.
    StreamDataBlocked { id: u64, limit: u64 },
    /// §19.14.
    StreamsBlocked { one_way: bool, limit: u64 },
    /// §19.15.
    NewConnectionId { sequence: u64, retire_prior_to: u64, id: ConnectionId, token: &'a [u8; 16] },
    /// §19.16.
    RetireConnectionId { sequence: u64 },
    /// §19.17.
    PathChallenge { data: &'a [u8; 8] },
    /// §19.18.
    PathResponse { data: &'a [u8; 8] },
    /// §19.19.
    ConnectionClose(Close<'a>),
    /// §19.20.
    HandshakeDone,
    /// RFC 9221 §4: bytes that are not sent again, and where in the payload they stand.
    Datagram { data: &'a [u8], range: Range<usize> },
    /// draft-ietf-quic-ack-frequency-10 §4: how many packets may come and how many microseconds
    /// pass before an acknowledgment is due.
    AckFrequency { sequence: u64, threshold: u64, max_delay: u64, reordering: u64 },
    /// draft-ietf-quic-ack-frequency-10 §5.
    ImmediateAck,
    /// A type that is not known. Nobody can tell where it ends: it is the last that is read.
    Unknown { kind: u64 },
}

impl Frame<'_> {
    /// Its name in the RFC.
    #[cfg(test)]
    pub(super) fn name(&self) -> &'static str {
        name_of(self.kind()).unwrap_or("unknown")
    }

    /// True where it asks to be acknowledged (RFC 9000 §1.2).
    pub(super) const fn is_ack_eliciting(&self) -> bool {
        !matches!(self, Self::Padding { .. } | Self::Ack(_) | Self::ConnectionClose(_))
    }

    /// Its type; the first, where there are several.
    #[cfg(test)]
    const fn kind(&self) -> u64 {
        match self {
            Self::Padding { .. } => 0x00,
            Self::Ping => 0x01,
            Self::Ack(_) => 0x02,
            Self::ResetStream { .. } => 0x04,
            Self::StopSending { .. } => 0x05,
            Self::Crypto { .. } => 0x06,
            Self::NewToken { .. } => 0x07,
            Self::Stream { .. } => 0x08,
            Self::MaxData { .. } => 0x10,
            Self::MaxStreamData { .. } => 0x11,
            Self::MaxStreams { .. } => 0x12,
            Self::DataBlocked { .. } => 0x14,
            Self::StreamDataBlocked { .. } => 0x15,
            Self::StreamsBlocked { .. } => 0x16,
            Self::NewConnectionId { .. } => 0x18,
            Self::RetireConnectionId { .. } => 0x19,
            Self::PathChallenge { .. } => 0x1a,
            Self::PathResponse { .. } => 0x1b,
            Self::ConnectionClose(_) => 0x1c,
            Self::HandshakeDone => 0x1e,
            Self::ImmediateAck => 0x1f,
            Self::Datagram { .. } => 0x30,
            Self::AckFrequency { .. } => 0xaf,
            Self::Unknown { kind } => *kind,
        }
    }
}

/// Why a connection is closed (RFC 9000 §19.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Close<'a> {
    /// A transport error where `is_application` is false, else the application protocol's.
    pub(super) code: u64,
    /// Who closes it: the application (type 0x1d), or QUIC itself.
    pub(super) is_application: bool,
    /// The type of the frame that was at fault: 0 where it is not known, none for applications.
    pub(super) frame: Option<u64>,
    /// In words, which should be UTF-8.
    pub(super) reason: &'a [u8],
}

/// A frame that breaks the rules of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Its type.
    pub(super) kind: u64,
    /// Where it begins, in bytes from the start of the payload.
    pub(super) offset: usize,
    /// What is wrong.
    pub(super) how: How,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The packet ends within it.
    Short(Short),
    /// Its type is written in more bytes than it needs; the frame itself comes next.
    Long,
    /// A field has a value that it cannot have, in words. Where the frame ends is known.
    Value(&'static str),
}

impl From<Short> for How {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

impl From<Fault> for Anomaly {
    fn from(fault: Fault) -> Self {
        let Fault { kind, offset, how } = fault;
        let (name, section) = row(kind).unwrap_or(("unknown", "RFC 9000 §12.4"));
        let (text, rule) = match how {
            How::Short(short) => (format!("ends early: {short}"), section),
            How::Long => ("has its type in more bytes than it needs".into(), "RFC 9000 §12.4"),
            How::Value(how) => (how.to_owned(), section),
        };
        let text = format!("a frame {name} at offset {offset} of a packet's payload {text}");
        Self::new("quic.frame", Class::Malformed, text).citing(rule)
    }
}

/// Reads a payload frame by frame. After a fault it goes on where the frame's end is known, and
/// ends where it is not.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    cursor: Cursor<'a>,
    /// The long form of the next type has been said.
    is_said: bool,
}

impl<'a> Reader<'a> {
    /// A reader at the start of a payload.
    pub(super) const fn new(payload: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(payload), is_said: false }
    }

    /// Bytes of the payload that have been read.
    #[cfg(test)]
    pub(super) const fn offset(&self) -> usize {
        self.cursor.offset()
    }

    fn stop(&mut self) {
        let left = self.cursor.rest().len();
        self.cursor.take(left).ok();
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Frame<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.cursor;
        let offset = start.offset();
        if start.is_empty() {
            return None;
        }
        let read = self.cursor.varint();
        let kind = read.unwrap_or_default();
        if self.cursor.offset() - offset > size(kind) && !self.is_said {
            (self.cursor, self.is_said) = (start, true);
            return Some(Err(Fault { kind, offset, how: How::Long }));
        }
        self.is_said = false;
        let read = read.map_err(How::from).and_then(|kind| frame(kind, &mut self.cursor));
        if matches!(read, Err(How::Short(_)) | Ok(Frame::Unknown { .. })) {
            self.stop();
        }
        Some(read.map_err(|how| Fault { kind, offset, how }))
    }
}

/// Bytes that a number needs (RFC 9000 §16).
const fn size(number: u64) -> usize {
    match number {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        0x4000..=0x3fff_ffff => 4,
        _ => 8,
    }
}

/// What follows a frame's type. Faults of values are told with the whole frame read.
fn frame<'a>(kind: u64, cursor: &mut Cursor<'a>) -> Result<Frame<'a>, How> {
    Ok(match kind {
        0x00 => Frame::Padding { length: 1 + zeros(cursor)? },
        0x01 => Frame::Ping,
        0x02 | 0x03 => {
            let ack = Ack::read(kind == 0x03, cursor)?;
            Frame::Ack(ack.ok_or(How::Value("has ranges of packet numbers below 0"))?)
        }
        0x04 => {
            let (id, code) = (cursor.varint()?, cursor.varint()?);
            Frame::ResetStream { id, code, size: cursor.varint()? }
        }
        0x05 => Frame::StopSending { id: cursor.varint()?, code: cursor.varint()? },
        0x06 => {
            let offset = cursor.varint()?;
            let (data, range) = counted(cursor)?;
            let range = within(offset, range)?;
            Frame::Crypto { offset, data, range }
        }
        0x07 => {
            let (token, _) = counted(cursor)?;
            check(!token.is_empty(), "has no token")?;
            Frame::NewToken { token }
        }
        0x08..=0x0f => stream(kind, cursor)?,
        0x10 => Frame::MaxData { limit: cursor.varint()? },
        0x11 => Frame::MaxStreamData { id: cursor.varint()?, limit: cursor.varint()? },
        0x12 | 0x13 => Frame::MaxStreams { one_way: kind == 0x13, limit: streams(cursor)? },
        0x14 => Frame::DataBlocked { limit: cursor.varint()? },
        0x15 => Frame::StreamDataBlocked { id: cursor.varint()?, limit: cursor.varint()? },
        0x16 | 0x17 => Frame::StreamsBlocked { one_way: kind == 0x17, limit: streams(cursor)? },
        0x18 => new_connection_id(cursor)?,
        0x19 => Frame::RetireConnectionId { sequence: cursor.varint()? },
        0x1a => Frame::PathChallenge { data: cursor.array()? },
        0x1b => Frame::PathResponse { data: cursor.array()? },
        0x1c | 0x1d => {
            let (code, is_application) = (cursor.varint()?, kind == 0x1d);
            let frame = if is_application { None } else { Some(cursor.varint()?) };
            let (reason, _) = counted(cursor)?;
            Frame::ConnectionClose(Close { code, is_application, frame, reason })
        }
        0x1e => Frame::HandshakeDone,
        0x1f => Frame::ImmediateAck,
        0x30 | 0x31 => {
            let (data, range) = if kind == 0x31 { counted(cursor)? } else { all(cursor)? };
            Frame::Datagram { data, range }
        }
        0xaf => {
            let (sequence, threshold) = (cursor.varint()?, cursor.varint()?);
            let (max_delay, reordering) = (cursor.varint()?, cursor.varint()?);
            Frame::AckFrequency { sequence, threshold, max_delay, reordering }
        }
        kind => Frame::Unknown { kind },
    })
}

/// How many zeros come next; they are read. Datagrams are filled up with a thousand and more.
fn zeros(cursor: &mut Cursor<'_>) -> Result<usize, Short> {
    let rest = cursor.rest();
    let (blocks, _) = rest.as_chunks::<16>();
    let blocks = 16 * blocks.iter().take_while(|block| **block == [0; 16]).count();
    let tail = rest.iter().skip(blocks).take_while(|byte| **byte == 0).count();
    cursor.take(blocks + tail).map(<[u8]>::len)
}

fn stream<'a>(kind: u64, cursor: &mut Cursor<'a>) -> Result<Frame<'a>, How> {
    let id = cursor.varint()?;
    let offset = if kind & OFF != 0 { cursor.varint()? } else { 0 };
    let (data, range) = if kind & LEN != 0 { counted(cursor)? } else { all(cursor)? };
    let range = within(offset, range)?;
    Ok(Frame::Stream { id, offset, fin: kind & FIN != 0, data, range })
}

fn new_connection_id<'a>(cursor: &mut Cursor<'a>) -> Result<Frame<'a>, How> {
    let (sequence, retire_prior_to) = (cursor.varint()?, cursor.varint()?);
    let length = cursor.u8()?;
    let id = ConnectionId::new(cursor.take(length.into())?).filter(|id| !id.is_empty());
    let token = cursor.array()?;
    let id = id.ok_or(How::Value("has a connection ID that is not of 1 to 20 bytes"))?;
    check(retire_prior_to <= sequence, "retires connection IDs that come later than its own")?;
    Ok(Frame::NewConnectionId { sequence, retire_prior_to, id, token })
}

/// Bytes behind their length.
fn counted<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Range<usize>), Short> {
    let length = cursor.varint()?;
    piece(cursor, usize::try_from(length).unwrap_or(usize::MAX))
}

/// The bytes up to the end of the packet.
fn all<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Range<usize>), Short> {
    piece(cursor, cursor.rest().len())
}

fn piece<'a>(cursor: &mut Cursor<'a>, length: usize) -> Result<(&'a [u8], Range<usize>), Short> {
    let start = cursor.offset();
    let data = cursor.take(length)?;
    Ok((data, start..cursor.offset()))
}

/// RFC 9000 §19.6, §19.8: no stream is longer than a number can say.
fn within(offset: u64, range: Range<usize>) -> Result<Range<usize>, How> {
    let end = offset.saturating_add(range.len() as u64);
    check(end < 1 << 62, "reaches beyond 2^62 - 1 bytes")?;
    Ok(range)
}

/// RFC 9000 §4.6: IDs of streams have two bits beside their number.
fn streams(cursor: &mut Cursor<'_>) -> Result<u64, How> {
    let limit = cursor.varint()?;
    check(limit <= 1 << 60, "counts more than 2^60 streams")?;
    Ok(limit)
}

fn check(is_right: bool, how: &'static str) -> Result<(), How> {
    if is_right { Ok(()) } else { Err(How::Value(how)) }
}

/// Bits of a STREAM frame's type (RFC 9000 §19.8).
const FIN: u64 = 1;
const LEN: u64 = 2;
const OFF: u64 = 4;

#[cfg(test)]
mod tests;
