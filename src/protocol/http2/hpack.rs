//! HPACK as a passive reader must read it (RFC 7541).
//!
//! Takes the header blocks of one direction, in order and whole, gives their fields. A capture may
//! begin in the middle of a connection, or lack a block: then a field may refer to an entry that
//! nobody saw. Such a name or value is told as unknown, and reading goes on; what is literal or in
//! the static table is always known, and so is each entry that was seen to be made since.

mod table;

use crate::cursor::Cursor;
use crate::protocol::http::entries::Entry;
use crate::protocol::http::prefixed::{self, Text};
use crate::protocol::http2::hpack::table::{Found, Table};

/// Why a block could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It ends within a field.
    Short,
    /// A number beyond all that is sensible.
    Number,
    /// A string that is not in the Huffman code it says it is in.
    Huffman,
    /// An index at which nothing stands.
    Index(u64),
    /// The size of the table is changed behind a field (RFC 7541 §4.2).
    LateResize,
}

/// What else a block said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The table is made larger than the other side allows: by this many bytes in all.
    pub too_large: Option<u64>,
}

/// Reads the header blocks of one direction.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    scratch: Vec<u8>,
    /// What the other side allows the table to grow to; none where that may have been said
    /// unseen.
    allowed: Option<u64>,
}

impl Decoder {
    /// The decoder of a connection that begins. Of its table, `bound` bytes at most are kept.
    pub const fn new(bound: usize) -> Self {
        Self { table: Table::new(bound), scratch: Vec::new(), allowed: Some(4096) }
    }

    /// A block was lost, or the connection did not begin here: what the table holds is unknown.
    pub fn forget(&mut self) {
        self.table.forget();
        self.allowed = None;
    }

    /// The other side allows so many bytes of table (SETTINGS_HEADER_TABLE_SIZE). What it allowed
    /// before is allowed until it is known that the encoder has heard of it.
    pub fn allow(&mut self, size: u64) {
        self.allowed = self.allowed.map(|before| before.max(size));
    }

    /// Bytes of memory that the table takes.
    pub(super) fn held(&self) -> usize {
        self.table.held()
    }

    /// Reads one block. After a fault, what the table holds is unknown.
    pub fn decode(
        &mut self,
        block: &[u8],
        each: impl FnMut(Text<'_>, Text<'_>),
    ) -> Result<Said, Fault> {
        let said = self.read(block, each);
        if said.is_err() {
            self.forget();
        }
        said
    }

    fn read(
        &mut self,
        block: &[u8],
        mut each: impl FnMut(Text<'_>, Text<'_>),
    ) -> Result<Said, Fault> {
        let mut cursor = Cursor::new(block);
        let (mut said, mut is_first) = (Said::default(), true);
        while let Ok(first) = cursor.u8() {
            if first >> 5 == 0b001 {
                let size = prefixed::integer(first, 5, &mut cursor)?;
                if !is_first {
                    return Err(Fault::LateResize);
                }
                if self.allowed.is_some_and(|allowed| size > allowed) {
                    said.too_large = Some(size);
                }
                self.table.resize(size);
                continue;
            }
            is_first = false;
            if first & 0x80 != 0 {
                let index = prefixed::integer(first, 7, &mut cursor)?;
                match self.table.at(index) {
                    Found::Entry(name, value) => each(name, Some(value)),
                    Found::Unseen => each(None, None),
                    Found::Nothing => return Err(Fault::Index(index)),
                }
            } else if first & 0x40 != 0 {
                self.literal(first, 6, &mut cursor, &mut each)?;
            } else {
                self.literal(first, 4, &mut cursor, &mut each)?;
            }
        }
        Ok(said)
    }

    /// A field that is written out, its name perhaps as an index of `bits` bits: of six, it is
    /// added to the table (RFC 7541 §6.2.1), of four it is not.
    fn literal(
        &mut self,
        first: u8,
        bits: u32,
        cursor: &mut Cursor<'_>,
        each: &mut impl FnMut(Text<'_>, Text<'_>),
    ) -> Result<(), Fault> {
        let scratch = &mut self.scratch;
        scratch.clear();
        let index = prefixed::integer(first, bits, cursor)?;
        let found = if index == 0 {
            prefixed::string(7, cursor, scratch)?;
            None
        } else {
            match self.table.at(index) {
                Found::Nothing => return Err(Fault::Index(index)),
                Found::Entry(name, _) => Some(name),
                Found::Unseen => Some(None),
            }
        };
        let written = scratch.len();
        prefixed::string(7, cursor, scratch)?;
        let (before, value) = scratch.split_at_checked(written).unwrap_or_default();
        each(found.unwrap_or(Some(before)), Some(value));
        if bits == 6 {
            let entry = match found {
                None => Entry::new(Some(before), value),
                Some(_) => self.table.named_as(index, value),
            };
            self.table.insert(entry);
        }
        Ok(())
    }
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

#[cfg(test)]
pub(super) mod tests;
