//! Lengths of time as HAR writes them, and the start that follows from them.

use serde::{Serialize, Serializer};

use crate::time::{TimeDelta, Timestamp};
use crate::trace::{Exchange, Timings};

/// A length of time in milliseconds; never negative.
#[derive(Clone, Copy)]
pub(super) struct Ms(pub(super) TimeDelta);

/// A phase in milliseconds; -1, HAR's word for it, where it did not happen.
#[derive(Clone, Copy)]
pub(super) struct Phase(pub(super) Option<TimeDelta>);

/// When an exchange begins for HAR: so long before the first byte of its request that the phases
/// before it end there. None where its request was not captured.
pub(super) fn start(exchange: &Exchange) -> Option<Timestamp> {
    exchange.url.as_ref()?;
    let sent = exchange.request.as_ref()?.span.first.at;
    let Timings { blocked, dns, connect, .. } = exchange.timings;
    let before = [blocked, dns, connect].into_iter().flatten();
    Some(before.fold(sent, |at, phase| at + (TimeDelta::ZERO - phase.at_least_zero())))
}

impl Serialize for Ms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.at_least_zero().as_millis_f64())
    }
}

impl Serialize for Phase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(length) => Ms(length).serialize(serializer),
            None => serializer.serialize_i8(-1),
        }
    }
}
