//! Who is right where both sides differ.

/// Who is right about a value, by the RFC of its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    Ours,
    Tshark,
    /// Both are wrong, each in its way.
    Neither,
    /// No RFC says what it is, or the packets do not tell: a matter of names, or of guessing.
    Undecided,
}

impl Right {
    /// All of them, in the order of the table.
    pub(super) const ALL: [Self; 4] = [Self::Ours, Self::Tshark, Self::Neither, Self::Undecided];

    /// The word for it in the table and in the list.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Tshark => "tshark",
            Self::Neither => "neither",
            Self::Undecided => "undecided",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.word() == word)
    }
}
