//! What can be wrong with QPACK.

use crate::protocol::http::prefixed;

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It ends within a field or an instruction.
    Short,
    /// A number beyond all that is sensible.
    Number,
    /// A string that is not in the Huffman code it says it is in.
    Huffman,
    /// An index at which nothing stands.
    Index(u64),
    /// A section says that it needs a number of entries that cannot be (RFC 9204 §4.5.1).
    Required,
    /// An entry or a table that is larger than it may be.
    TooLarge,
    /// A table of so many bytes, which may be, and is more than is kept.
    Beyond(u64),
}

impl From<prefixed::Fault> for Fault {
    fn from(fault: prefixed::Fault) -> Self {
        match fault {
            prefixed::Fault::Short => Self::Short,
            prefixed::Fault::Number => Self::Number,
            prefixed::Fault::Huffman => Self::Huffman,
        }
    }
}
