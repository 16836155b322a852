//! How a connection says something.

use crate::protocol::analyzer::Context;
use crate::protocol::event::EventBody;
use crate::protocol::quic::event::QuicEvent;

/// Says something of QUIC.
pub(super) fn say(event: QuicEvent, cx: &mut Context<'_>) {
    cx.emit(EventBody::Quic(Box::new(event)));
}
