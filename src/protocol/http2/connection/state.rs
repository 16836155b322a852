//! What is known of one connection while it is read.

use std::collections::VecDeque;

use crate::flow::event::PerDirection;
use crate::protocol::buffer::Span;
use crate::protocol::http::multiplex::{Priority, Reset};
use crate::protocol::http::stream::runs::Runs;
use crate::protocol::http2::frame;
use crate::protocol::http2::hpack::Decoder;
use crate::protocol::http2::streams::Streams;
use crate::protocol::http2::windows::Windows;
use crate::time::{Frames, Stamp};

/// The PINGs of each end that wait for their answers.
pub(super) type Pings = PerDirection<VecDeque<([u8; 8], Stamp)>>;

/// Reads one connection.
pub struct Connection {
    pub(super) ways: PerDirection<Way>,
    pub(super) streams: Streams,
    pub(super) windows: PerDirection<Windows>,
    pub(super) pings: Pings,
    /// Whose DATA comes to the client.
    pub(super) runs: Runs,
    /// Priorities of streams that have not begun.
    pub(super) early: VecDeque<(u32, Priority)>,
    /// What the server's GOAWAY says: later requests than this stream's are given up so.
    pub(super) last_worked_on: Option<(u32, Reset)>,
    /// The capture has the connection from its first byte on.
    pub(super) from_the_start: bool,
}

/// What is known of one direction.
pub(super) struct Way {
    pub(super) state: State,
    pub(super) hpack: Decoder,
    /// A header block that is not whole yet.
    pub(super) block: Option<Box<Block>>,
}

/// What a direction is doing.
#[derive(Clone, Copy, Default)]
pub(super) enum State {
    /// The client's preface is on its way.
    Preface,
    /// The next frame's head is.
    #[default]
    Head,
    /// Its payload is, and is read as a whole.
    Payload(frame::Head),
    /// The payload of DATA is, and is read as it comes.
    Data(Data),
    /// So many bytes of a frame follow that nobody wants.
    Skip(u32),
    /// Out of step: the next head of a frame is looked for.
    Lost,
}

/// A DATA frame that is being read.
#[derive(Clone, Copy)]
pub(super) struct Data {
    pub(super) stream: u32,
    /// The byte that says how much padding there is has not come.
    pub(super) is_padded: bool,
    /// Bytes of the body that are to come.
    pub(super) content: u32,
    /// Bytes of the whole payload.
    pub(super) length: u32,
    /// Bytes of padding that are to come.
    pub(super) padding: u32,
    /// The message ends with it.
    pub(super) is_last: bool,
    /// When what has come of it could be read.
    pub(super) at: Stamp,
}

/// A header block on its way, in one frame or several.
pub(super) struct Block {
    pub(super) stream: u32,
    pub(super) what: What,
    pub(super) bytes: Vec<u8>,
    pub(super) span: Span,
    pub(super) frames: Frames,
    /// What HEADERS says of its priority.
    pub(super) priority: Option<Priority>,
    /// Bytes on the wire, with the heads of its frames.
    pub(super) size: u32,
}

/// What a header block is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// HEADERS: of a message; the message may end with it.
    Message {
        /// Nothing follows on the stream.
        is_last: bool,
    },
    /// PUSH_PROMISE: of the request of this stream.
    Promise(u32),
}

/// A frame that is whole.
pub(super) struct Frame<'a> {
    pub(super) head: frame::Head,
    pub(super) payload: &'a [u8],
    pub(super) span: Span,
    pub(super) frames: Frames,
}
