//! One line of details.

use crate::report::text::ink::Tone;

/// One line below a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How deep it stands: 0 is the first level.
    pub(crate) depth: usize,
    /// What it says.
    pub(crate) text: String,
    /// Its colour.
    pub(crate) tone: Tone,
}

impl Line {
    /// A line of the first level.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { depth: 0, text: text.into(), tone: Tone::Plain }
    }

    /// A line of the second level.
    pub(crate) fn below(text: impl Into<String>) -> Self {
        Self { depth: 1, text: text.into(), tone: Tone::Plain }
    }

    /// In a colour.
    #[must_use]
    pub(crate) fn in_tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}
