//! What is wrong with a message, said once: the first fault of each.

use std::borrow::Cow;

use crate::anomaly::{Anomaly, Class};
use crate::cursor::Short;

/// The first fault of a message; what was whole before it is kept.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Option<Anomaly>,
}

impl Faults {
    /// Something that breaks a rule.
    pub(super) fn say(&mut self, text: impl Into<Cow<'static, str>>, rule: &'static str) {
        if self.first.is_none() {
            self.first = Some(Anomaly::new("tls.malformed", Class::Malformed, text).citing(rule));
        }
    }

    /// More than is listed.
    pub(super) fn full(&mut self, text: &'static str) {
        let anomaly = || Anomaly::new("tls.listed", Class::Limit, text);
        self.first.get_or_insert_with(anomaly);
    }

    /// A part of a message that ends early. Gives what was read, where it was whole.
    pub(super) fn whole<T>(
        &mut self,
        read: Result<T, Short>,
        what: &str,
        rule: &'static str,
    ) -> Option<T> {
        read.map_err(|short| self.say(format!("{what} ends early: {short}"), rule)).ok()
    }

    /// What was wrong first.
    pub(super) fn into_first(self) -> Option<Anomaly> {
        self.first
    }
}
