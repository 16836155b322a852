//! What is known of one connection while it is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::flow::event::PerDirection;
use crate::protocol::http::message::RequestHead;
use crate::protocol::http::multiplex::{Priority, Reset};
use crate::protocol::http::stream::runs::Runs;
use crate::protocol::http3::frame::Head;
use crate::protocol::http3::qpack::{Decoder, Need};
use crate::protocol::http3::streams::Exchanges;
use crate::time::Frames;

/// Reads one connection.
pub struct Connection {
    /// What each end says, by the way that it is sent.
    pub(super) ends: PerDirection<End>,
    /// Requests and pushes.
    pub(super) exchanges: Exchanges,
    /// The streams in one direction that are open.
    pub(super) singles: BTreeMap<u64, Single>,
    /// No further stream in one direction is followed.
    pub(super) is_full: bool,
    /// Pushes of which either the promise or the stream has come, by their numbers.
    pub(super) pushes: BTreeMap<u64, Push>,
    /// Those of which both have, last.
    pub(super) pushed: VecDeque<u64>,
    /// Whose DATA comes to the client.
    pub(super) runs: Runs,
    /// Priorities of streams that have not begun.
    pub(super) early: VecDeque<(u64, Priority)>,
    /// What the server's GOAWAY says: requests from this stream on are given up so.
    pub(super) refused: Option<(u64, Reset)>,
    /// Bytes that wait for entries of a table.
    pub(super) waiting: usize,
    pub(super) told: Told,
}

/// What is told once.
#[derive(Default)]
pub(super) struct Told {
    /// There are streams of WebTransport.
    pub(super) webtransport: bool,
    /// There are datagrams of streams that are not open.
    pub(super) datagrams: bool,
    /// More waits for entries of a table than is held.
    pub(super) blocked: bool,
    /// Half is known of more pushes than are followed.
    pub(super) pushes: bool,
}

/// What one end says.
pub(super) struct End {
    /// Reads the field sections that it sends.
    pub(super) qpack: Decoder,
    /// Its critical streams (RFC 9114 §6.2.1, RFC 9204 §4.2), where they were seen from their
    /// beginning.
    pub(super) control: Option<u64>,
    pub(super) encoder: Option<u64>,
    pub(super) decoder: Option<u64>,
    /// Its encoder stream was not seen from its beginning, as far as is known.
    pub(super) has_missed_encoder: bool,
    pub(super) has_settings: bool,
    /// The exchanges whose sections wait, and for what.
    pub(super) blocked: BTreeSet<(Need, u64)>,
}

/// A stream in one direction.
#[derive(Clone, Copy)]
pub(super) enum Single {
    /// What it is for has not come.
    Kind,
    /// The control stream.
    Control(Control),
    /// A push whose number has not come.
    Push,
    /// A push: its messages are among the exchanges.
    Pushed,
    /// The encoder stream; so many bytes of its next instruction are needed at least.
    Encoder(usize),
    /// The decoder stream.
    Decoder,
    /// Nobody wants it.
    Skip,
}

/// What the control stream is doing.
#[derive(Clone, Copy)]
pub(super) enum Control {
    /// The next frame's head is on its way.
    Head,
    /// Its payload is, and is read as a whole.
    Payload(Head),
    /// So many bytes of a frame follow that nobody wants.
    Skip(u64),
}

/// A push of which half is known.
#[derive(Default)]
pub(super) struct Push {
    /// The request that the server has promised to answer.
    pub(super) promise: Option<(RequestHead, Frames)>,
    /// The stream of the answer.
    pub(super) stream: Option<u64>,
}

impl End {
    pub(super) fn new(table: usize) -> Self {
        Self {
            qpack: Decoder::new(table),
            control: None,
            encoder: None,
            decoder: None,
            has_missed_encoder: false,
            has_settings: false,
            blocked: BTreeSet::new(),
        }
    }
}
