//! An exchange whose request was captured: what HAR has entries for.

use crate::protocol::http::message::RequestHead;
use crate::time::{TimeDelta, Timestamp};
use crate::trace::{Exchange, Timings};

/// What stands for a URL that is not known: HAR must have one, and readers parse it.
pub(super) const UNKNOWN: &str = "about:unknown";

/// An exchange with its request.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// When it begins for HAR: so long before the first byte of its request that the phases
    /// before it end there.
    pub(super) start: Timestamp,
    /// The exchange.
    pub(super) exchange: &'a Exchange,
    /// Its request.
    pub(super) request: &'a RequestHead,
    /// Its URL; [`UNKNOWN`] where a part of it is.
    pub(super) url: &'a str,
}

impl<'a> Asked<'a> {
    /// An exchange with its request; none where that was not captured.
    pub(super) fn of(exchange: &'a Exchange) -> Option<Self> {
        let request = exchange.request.as_deref()?;
        let url = exchange.url.as_deref().unwrap_or(UNKNOWN);
        let Timings { blocked, dns, connect, .. } = exchange.timings;
        let before = [blocked, dns, connect].into_iter().flatten();
        let start = before.fold(request.span.first.at, |at, phase| {
            at + (TimeDelta::ZERO - phase.at_least_zero())
        });
        Some(Self { start, exchange, request, url })
    }
}
