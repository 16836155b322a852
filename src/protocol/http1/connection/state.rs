//! What is known of one connection while it is read.

use crate::flow::event::{EndReason, GapReason, PerDirection};
use crate::protocol::http1::connection::child::Child;
use crate::protocol::http1::head::Search;
use crate::protocol::http1::incoming::Incoming;
use crate::protocol::http1::pairing::Pairing;

/// Reads one connection.
pub struct Connection {
    pub(super) states: PerDirection<State>,
    pub(super) pairing: Pairing,
    /// The capture has the connection from its first byte on.
    pub(super) from_the_start: bool,
    /// What follows, where it is not HTTP any more.
    pub(super) child: Option<Child>,
    /// The client goes on in HTTP/2: so does the server, behind the responses that it owes.
    pub(super) is_http2: bool,
}

/// What a direction is doing.
#[derive(Default)]
pub(super) enum State {
    /// The next message's head is on its way.
    Head(Search),
    /// Its body is.
    Body(Box<Incoming>),
    /// Out of step: the next start of a message is looked for. What is before it may belong to
    /// this message.
    Lost(Option<Box<Incoming>>),
    /// Nothing more of HTTP is read.
    #[default]
    Over,
}

/// Why a head is not whole.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    /// It is.
    No,
    /// Bytes of it are missing.
    Gap(GapReason),
    /// The direction ended.
    End(EndReason),
}
