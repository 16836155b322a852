//! Packets as they were seen, whole: for outputs that tell of each.
//!
//! Nobody needs them to tell the story of a connection, so they are kept only where
//! [`Limits::quic_packets`](crate::limits::Limits::quic_packets) asks for them. What was sent in
//! them is not here, only how much of it.

use crate::flow::event::Direction;
use crate::protocol::quic::frame;
use crate::protocol::quic::id::ConnectionId;
use crate::protocol::quic::packet::Kind;
use crate::time::Stamp;

/// A packet that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Which way it went.
    pub by: Direction,
    /// When.
    pub at: Stamp,
    /// What it is.
    pub kind: Kind,
    /// Its number, whole.
    pub number: u64,
    /// Bytes of it, header and all.
    pub size: u32,
    /// What it carries.
    pub frames: Vec<Frame>,
}

/// A frame, without the bytes that it carries (RFC 9000 §19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Zeros, counted in bytes.
    Padding(u64),
    /// Something to be acknowledged.
    Ping,
    /// What has arrived.
    Ack {
        /// Lowest and highest number of each range, from the highest range down.
        ranges: Vec<(u64, u64)>,
        /// How long it was held back, to be shifted by the sender's exponent for microseconds.
        delay: u64,
        /// Packets that arrived marked ECT(0), ECT(1) and ECN-CE.
        ecn: Option<[u64; 3]>,
    },
    /// No more is sent on a stream.
    ResetStream {
        /// The stream.
        id: u64,
        /// Why, in the application's numbers.
        code: u64,
        /// How many bytes it has.
        size: u64,
    },
    /// No more is wanted of a stream.
    StopSending {
        /// The stream.
        id: u64,
        /// Why, in the application's numbers.
        code: u64,
    },
    /// Bytes of the handshake.
    Crypto {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// A token for the next connection, of so many bytes.
    NewToken(u64),
    /// Bytes of a stream.
    Stream {
        /// The stream.
        id: u64,
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
        /// They are the last.
        fin: bool,
    },
    /// Bytes that may be sent on all streams together.
    MaxData(u64),
    /// Bytes that may be sent on a stream.
    MaxStreamData {
        /// The stream.
        id: u64,
        /// How many.
        limit: u64,
    },
    /// Streams that may be opened in all.
    MaxStreams {
        /// Those of one way, else those of two.
        one_way: bool,
        /// How many.
        limit: u64,
    },
    /// There is more to send than so many bytes of all streams.
    DataBlocked(u64),
    /// There is more to send than so many bytes of a stream.
    StreamDataBlocked {
        /// The stream.
        id: u64,
        /// How many.
        limit: u64,
    },
    /// There are more streams to open than so many.
    StreamsBlocked {
        /// Those of one way, else those of two.
        one_way: bool,
        /// How many.
        limit: u64,
    },
    /// Another ID.
    NewConnectionId {
        /// Its number.
        sequence: u64,
        /// Those below are to be given up.
        retire_prior_to: u64,
        /// The ID.
        id: ConnectionId,
    },
    /// The ID of this number is not used any more.
    RetireConnectionId(u64),
    /// A way is to be proved.
    PathChallenge,
    /// It is.
    PathResponse,
    /// The connection is given up.
    ConnectionClose {
        /// By the application's numbers, else by QUIC's.
        is_application: bool,
        /// Why.
        code: u64,
        /// The type of the frame that gave the reason.
        frame: Option<u64>,
        /// What else is said.
        reason: Box<str>,
    },
    /// The handshake is over.
    HandshakeDone,
    /// A datagram of so many bytes.
    Datagram(u64),
    /// How often acknowledgments are due.
    AckFrequency,
    /// One is due now.
    ImmediateAck,
    /// A type that is not known.
    Unknown(u64),
}

impl Packet {
    /// Bytes that it takes in memory, about.
    pub fn weight(&self) -> usize {
        let of_frame = |frame: &Frame| match frame {
            Frame::Ack { ranges, .. } => size_of_val(ranges.as_slice()),
            Frame::ConnectionClose { reason, .. } => reason.len(),
            _ => 0,
        };
        let more: usize = self.frames.iter().map(of_frame).sum();
        size_of_val(self.frames.as_slice()).saturating_add(more)
    }

    /// The frames of a payload.
    pub(super) fn frames(payload: &[u8]) -> Vec<Frame> {
        frame::Reader::new(payload).filter_map(Result::ok).map(Frame::from).collect()
    }
}

const fn len(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

impl From<frame::Frame<'_>> for Frame {
    fn from(frame: frame::Frame<'_>) -> Self {
        use frame::Frame as Read;
        match frame {
            Read::Padding { length } => Self::Padding(length as u64),
            Read::Ping => Self::Ping,
            Read::Ack(ack) => Self::Ack {
                ranges: ack.ranges().map(|range| (*range.start(), *range.end())).collect(),
                delay: ack.delay,
                ecn: ack.ecn,
            },
            Read::ResetStream { id, code, size } => Self::ResetStream { id, code, size },
            Read::StopSending { id, code } => Self::StopSending { id, code },
            Read::Crypto { offset, data, .. } => Self::Crypto { offset, length: len(data) },
            Read::NewToken { token } => Self::NewToken(len(token)),
            Read::Stream { id, offset, fin, data, .. } => {
                Self::Stream { id, offset, length: len(data), fin }
            }
            Read::MaxData { limit } => Self::MaxData(limit),
            Read::MaxStreamData { id, limit } => Self::MaxStreamData { id, limit },
            Read::MaxStreams { one_way, limit } => Self::MaxStreams { one_way, limit },
            Read::DataBlocked { limit } => Self::DataBlocked(limit),
            Read::StreamDataBlocked { id, limit } => Self::StreamDataBlocked { id, limit },
            Read::StreamsBlocked { one_way, limit } => Self::StreamsBlocked { one_way, limit },
            Read::NewConnectionId { sequence, retire_prior_to, id, .. } => {
                Self::NewConnectionId { sequence, retire_prior_to, id }
            }
            Read::RetireConnectionId { sequence } => Self::RetireConnectionId(sequence),
            Read::PathChallenge { .. } => Self::PathChallenge,
            Read::PathResponse { .. } => Self::PathResponse,
            Read::ConnectionClose(close) => Self::ConnectionClose {
                is_application: close.is_application,
                code: close.code,
                frame: close.frame,
                reason: String::from_utf8_lossy(close.reason).into(),
            },
            Read::HandshakeDone => Self::HandshakeDone,
            Read::Datagram { data, .. } => Self::Datagram(len(data)),
            Read::AckFrequency { .. } => Self::AckFrequency,
            Read::ImmediateAck => Self::ImmediateAck,
            Read::Unknown { kind } => Self::Unknown(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_without_what_they_carry() {
        // STREAM 4 with offset, length and FIN; ACK of 7 down to 5, and of 2; PADDING
        let payload = [
            0x0f, 4, 9, 3, b'a', b'b', b'c', // stream
            0x02, 7, 8, 1, 2, 1, 0, // ack
            0, 0, 0, // padding
        ];
        let frames = Packet::frames(&payload);
        assert_eq!(
            frames,
            [
                Frame::Stream { id: 4, offset: 9, length: 3, fin: true },
                Frame::Ack { ranges: vec![(5, 7), (2, 2)], delay: 8, ecn: None },
                Frame::Padding(3),
            ]
        );
    }

    #[test]
    fn what_is_broken_is_left_out() {
        // PING, then a STREAM whose length is beyond the packet
        assert_eq!(Packet::frames(&[0x01, 0x0a, 4, 9, 1]), [Frame::Ping]);
    }
}
