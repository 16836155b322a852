//! What was not as it should be, as a value: malformed, lost, suspicious, or a bound reached.
//!
//! Malformed input is data, not an error. Each kind has a stable `id` that reports, tests and
//! users can rely on.

use std::borrow::Cow;

/// Why an anomaly is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Bytes break the rules of their protocol.
    Malformed,
    /// Bytes are missing.
    Lost,
    /// Legal, but seldom good news.
    Suspicious,
    /// One of our own bounds (`limits.rs`) was reached: what follows is incomplete.
    Limit,
}

impl Class {
    /// The word that reports print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Lost => "lost",
            Self::Suspicious => "suspicious",
            Self::Limit => "limit",
        }
    }
}

/// One thing that was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Stable name of the kind, such as `tcp.overlap-conflict`: protocol, dot, kind.
    pub id: &'static str,
    /// Why it is one.
    pub class: Class,
    /// In words, with the numbers of this case.
    pub text: Cow<'static, str>,
    /// The rule that was broken: RFC and section.
    pub reference: Option<&'static str>,
}

impl Anomaly {
    /// An anomaly of a kind, in words.
    pub fn new(id: &'static str, class: Class, text: impl Into<Cow<'static, str>>) -> Self {
        Self { id, class, text: text.into(), reference: None }
    }

    /// With the rule that was broken.
    #[must_use]
    pub const fn citing(mut self, reference: &'static str) -> Self {
        self.reference = Some(reference);
        self
    }
}
