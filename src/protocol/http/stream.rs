//! One stream of HTTP/2 or HTTP/3, and its two messages: what both versions have in common.

mod faults;
pub mod head;
pub mod incoming;
pub mod runs;
pub mod websocket;

use crate::flow::event::Direction;
use crate::protocol::http::stream::incoming::Incoming;
use crate::protocol::http::stream::websocket::{Asked, WebSocket};

/// One stream.
#[derive(Default)]
pub struct Stream {
    /// The client's message, or that of a promise.
    pub request: Side,
    /// The server's.
    pub response: Side,
    /// It is the answer to a HEAD request: it has no body, whatever its length.
    pub is_head: bool,
    /// It is a CONNECT, and asks for this.
    pub asked: Option<Asked>,
    /// Its DATA is a WebSocket's.
    pub websocket: Option<Box<WebSocket>>,
}

/// How far a message is.
#[derive(Default)]
pub enum Side {
    /// Its head has not come.
    #[default]
    Waiting,
    /// Its body may come.
    Open(Box<Incoming>),
    /// Nothing more comes.
    Over,
}

impl Stream {
    /// The message that goes this way.
    pub const fn side(&mut self, way: Direction) -> &mut Side {
        match way {
            Direction::ToServer => &mut self.request,
            Direction::ToClient => &mut self.response,
        }
    }
}

impl Side {
    /// The message on its way.
    pub fn open(&mut self) -> Option<&mut Incoming> {
        match self {
            Self::Open(incoming) => Some(incoming),
            Self::Waiting | Self::Over => None,
        }
    }

    /// The message on its way, taken out: nothing more comes of it.
    pub fn take(&mut self) -> Option<Box<Incoming>> {
        match std::mem::replace(self, Self::Over) {
            Self::Open(incoming) => Some(incoming),
            Self::Waiting | Self::Over => None,
        }
    }
}
