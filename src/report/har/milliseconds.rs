//! Lengths of time as HAR writes them.

use serde::{Serialize, Serializer};

use crate::time::TimeDelta;

/// A length of time in milliseconds; never negative.
#[derive(Clone, Copy)]
pub(super) struct Ms(pub(super) TimeDelta);

/// A phase in milliseconds; -1, HAR's word for it, where it did not happen.
#[derive(Clone, Copy)]
pub(super) struct Phase(pub(super) Option<TimeDelta>);

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
