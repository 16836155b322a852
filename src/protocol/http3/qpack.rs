//! QPACK as a passive reader must read it (RFC 9204).
//!
//! Takes the instructions of one end's encoder stream, in order, and the field sections that this
//! end sends, in any order; gives their fields. A section says how many entries of the table it
//! needs: one that comes before they do can wait. A capture may begin in the middle of a
//! connection, or lack a piece of the encoder stream: then which entry a section refers to is not
//! known. Such a name or value is told as unknown; what is literal or in the static table is
//! always known.

mod fault;
mod fields;
mod instructions;
mod static_table;
mod table;

use crate::cursor::Cursor;
use crate::protocol::http::entries::{Entry, OVERHEAD};
use crate::protocol::http::prefixed::{self, Text};
use crate::protocol::http3::qpack::fields::Reference;
use crate::protocol::http3::qpack::instructions::Insert;
use crate::protocol::http3::qpack::table::Table;

pub use fault::Fault;
pub use instructions::{Answer, answer, measure};

/// What a section waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// As many entries as this.
    Inserts(u64),
    /// The other side's SETTINGS, without which how many it needs is not known.
    Settings,
}

/// Reads the field sections of one direction.
#[derive(Debug)]
pub struct Decoder {
    table: Table,
    scratch: Vec<u8>,
    allowed: Allowed,
    /// A piece of the encoder stream is missing: entries are not known, nor how many there are.
    is_lost: bool,
    /// Bytes of the table at most until now.
    largest: u64,
    bound: usize,
}

/// How large the other side's SETTINGS allow the table to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    /// They have not come.
    NotYet,
    /// They will not come.
    Missed,
    Bytes(u64),
}

impl Decoder {
    /// The decoder of a connection that begins. A table of more than `bound` bytes is not kept.
    pub const fn new(bound: usize) -> Self {
        let table = Table::new();
        let allowed = Allowed::NotYet;
        Self { table, scratch: Vec::new(), allowed, is_lost: false, largest: 0, bound }
    }

    /// A piece of the encoder stream is missing: nothing is known of the table from here on.
    pub fn forget(&mut self) {
        self.table = Table::new();
        self.is_lost = true;
    }

    /// True where the table is known.
    pub const fn is_known(&self) -> bool {
        !self.is_lost
    }

    /// The other side's SETTINGS allow so many bytes of table
    /// (SETTINGS_QPACK_MAX_TABLE_CAPACITY).
    pub const fn allow(&mut self, bytes: u64) {
        self.allowed = Allowed::Bytes(bytes);
    }

    /// The other side's SETTINGS were not seen, and will not be.
    pub fn miss_settings(&mut self) {
        if self.allowed == Allowed::NotYet {
            self.allowed = Allowed::Missed;
        }
    }

    /// Entries that were made.
    pub const fn inserted(&self) -> u64 {
        self.table.inserted()
    }

    /// Bytes of memory that it takes.
    pub fn held(&self) -> usize {
        self.table.held() + self.scratch.capacity()
    }

    /// What a section waits for.
    pub fn need(&self, section: &[u8]) -> Need {
        let Some(first) = section.first().filter(|first| **first != 0) else {
            return Need::Nothing;
        };
        let encoded =
            prefixed::integer(*first, 8, &mut Cursor::new(section.get(1..).unwrap_or_default()));
        match encoded.map_err(Fault::from).and_then(|encoded| self.required(encoded)) {
            Ok(Some(required)) if required > self.inserted() => Need::Inserts(required),
            Ok(None) if !self.is_lost && self.allowed == Allowed::NotYet => Need::Settings,
            _ => Need::Nothing,
        }
    }

    /// True where a section refers to the table.
    pub fn is_dynamic(section: &[u8]) -> bool {
        section.first().is_some_and(|first| *first != 0)
    }

    /// Reads one instruction of the encoder stream, which is whole. After a fault the table is not
    /// known.
    pub fn instruct(&mut self, instruction: &[u8]) -> Result<(), Fault> {
        let made = self.change(instruction);
        if made.is_err() {
            self.forget();
        }
        made
    }

    fn change(&mut self, instruction: &[u8]) -> Result<(), Fault> {
        if self.is_lost {
            return Ok(());
        }
        let scratch = &mut self.scratch;
        scratch.clear();
        let entry = match instructions::insert(instruction, scratch)? {
            Insert::Capacity(bytes) => {
                let is_allowed = match self.allowed {
                    Allowed::Bytes(most) => bytes <= most,
                    Allowed::NotYet | Allowed::Missed => true,
                };
                if !is_allowed {
                    return Err(Fault::TooLarge);
                }
                let kept = usize::try_from(bytes).ok().filter(|bytes| *bytes <= self.bound);
                self.table.resize(kept.ok_or(Fault::Beyond(bytes))?);
                self.largest = self.largest.max(bytes);
                return Ok(());
            }
            Insert::Named(length) => {
                let (name, value) = scratch.split_at_checked(length).unwrap_or_default();
                Entry::new(Some(name), value)
            }
            Insert::Static(index) => {
                let (name, _) = static_table::at(index).ok_or(Fault::Index(index))?;
                Entry::new(Some(name.as_bytes()), scratch)
            }
            Insert::Dynamic(age) => {
                self.table.by_age(age).ok_or(Fault::Index(age))?.with_value(scratch)
            }
            Insert::Duplicate(age) => self.table.by_age(age).ok_or(Fault::Index(age))?.clone(),
        };
        if self.table.insert(entry) { Ok(()) } else { Err(Fault::TooLarge) }
    }

    /// Reads one section with what is known now: what stands in entries that nobody saw, or that
    /// have not come, is unknown.
    pub fn decode(
        &mut self,
        section: &[u8],
        mut each: impl FnMut(Text<'_>, Text<'_>),
    ) -> Result<(), Fault> {
        let mut cursor = Cursor::new(section);
        let (required, base) = self.prefix(&mut cursor)?;
        while let Some(line) = fields::line(&mut cursor, &mut self.scratch)? {
            let found = match line.reference {
                Reference::None => Found::Seen(b"", b""),
                Reference::Static(index) => static_table::at(index)
                    .map(|(name, value)| Found::Seen(name.as_bytes(), value.as_bytes()))
                    .ok_or(Fault::Index(index))?,
                Reference::Before(index) => {
                    let place = |base: u64| base.checked_sub(index)?.checked_sub(1);
                    self.entry(base.map(|base| place(base).ok_or(Fault::Index(index))), required)?
                }
                Reference::Behind(index) => {
                    let place = |base: u64| base.checked_add(index);
                    self.entry(base.map(|base| place(base).ok_or(Fault::Index(index))), required)?
                }
            };
            let (name, value) = match found {
                Found::Seen(name, value) => (Some(name), Some(value)),
                Found::Unseen => (None, None),
            };
            let (own_name, own_value) =
                self.scratch.split_at_checked(line.name.unwrap_or(0)).unwrap_or_default();
            each(
                if line.name.is_some() { Some(own_name) } else { name },
                if line.has_value { Some(own_value) } else { value },
            );
        }
        Ok(())
    }

    /// The entries that a section needs, and what its references count from (RFC 9204 §4.5.1);
    /// none where that is not known.
    fn prefix(&self, cursor: &mut Cursor<'_>) -> Result<(Option<u64>, Option<u64>), Fault> {
        let first = cursor.u8().map_err(|_| Fault::Short)?;
        let required = self.required(prefixed::integer(first, 8, cursor)?)?;
        let second = cursor.u8().map_err(|_| Fault::Short)?;
        let delta = prefixed::integer(second, 7, cursor)?;
        let Some(count) = required else { return Ok((None, None)) };
        let base = if second & 0x80 == 0 {
            count.checked_add(delta)
        } else {
            count.checked_sub(delta).and_then(|base| base.checked_sub(1))
        };
        Ok((required, Some(base.ok_or(Fault::Required)?)))
    }

    /// How many entries a section needs, by what it says of that (RFC 9204 §4.5.1.1).
    fn required(&self, encoded: u64) -> Result<Option<u64>, Fault> {
        if encoded == 0 {
            return Ok(Some(0));
        }
        if self.is_lost {
            return Ok(None);
        }
        let Allowed::Bytes(bytes) = self.allowed else {
            // The number goes round at twice as many entries as what is allowed has room for, which
            // is no less than what the encoder uses. One turn more would be more entries ahead of
            // those that were seen than have room at all.
            let most = self.largest / OVERHEAD as u64;
            return Ok((self.inserted() < most).then_some(encoded - 1));
        };
        let most = bytes / OVERHEAD as u64;
        let range = most.saturating_mul(2);
        if encoded > range {
            return Err(Fault::Required);
        }
        let last = self.inserted().saturating_add(most);
        let wrapped = last.checked_div(range).unwrap_or(0).saturating_mul(range);
        let mut required = wrapped.saturating_add(encoded - 1);
        if required > last {
            required = required.checked_sub(range).ok_or(Fault::Required)?;
        }
        if required == 0 { Err(Fault::Required) } else { Ok(Some(required)) }
    }

    /// The entry at a place of the table, where its section may refer to it.
    fn entry(
        &self,
        place: Option<Result<u64, Fault>>,
        required: Option<u64>,
    ) -> Result<Found<'_>, Fault> {
        let (Some(place), Some(required)) = (place, required) else { return Ok(Found::Unseen) };
        let place = place?;
        if place >= required {
            return Err(Fault::Index(place));
        }
        if place >= self.inserted() {
            return Ok(Found::Unseen);
        }
        let (name, value) = self.table.at(place).ok_or(Fault::Index(place))?;
        Ok(Found::Seen(name, value))
    }
}

/// What stands in an entry.
enum Found<'a> {
    Seen(&'a [u8], &'a [u8]),
    Unseen,
}

#[cfg(test)]
pub(super) mod tests;
