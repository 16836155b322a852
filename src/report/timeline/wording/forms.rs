//! What a row says, and the same at several lengths.

use crate::report::text::ink::Tone;
use crate::trace::id::ConnectionId;
use crate::trace::waterfall::Phase;

/// What a row says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wording {
    /// Its kind: `ARP`, `DNS`, `TCP`, or the method of a request.
    pub(crate) kind: String,
    /// The phase whose colour the kind has.
    pub(crate) phase: Option<Phase>,
    /// What happened, the longest form first.
    pub(crate) what: Vec<String>,
    /// What came of it, the longest form first.
    pub(crate) result: Vec<String>,
    /// How it went.
    pub(crate) tone: Tone,
    /// Bytes of the (encoded) body.
    pub(crate) size: Option<u64>,
    /// The connection it is about.
    pub(crate) connection: Option<ConnectionId>,
}

pub(super) fn one(text: impl Into<String>) -> Vec<String> {
    vec![text.into()]
}

/// `first`, then `first (a)`, then `first (a, b)`: longest first.
pub(super) fn with_asides(first: &str, asides: &[String]) -> Vec<String> {
    let with = |count: usize| {
        let shown: Vec<&str> = asides.iter().take(count).map(String::as_str).collect();
        if count == 0 { first.to_owned() } else { format!("{first} ({})", shown.join(", ")) }
    };
    (0..=asides.len()).rev().map(with).collect()
}

/// `a`, then `a, b`, then `a, b, c`: longest first.
pub(super) fn with_parts(parts: &[String]) -> Vec<String> {
    let with = |count: usize| {
        let shown: Vec<&str> = parts.iter().take(count).map(String::as_str).collect();
        shown.join(", ")
    };
    (1..=parts.len()).rev().map(with).collect()
}
