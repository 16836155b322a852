//! Fields that an encoder has put into its table, from the newest to the oldest: what the dynamic
//! tables of HPACK and QPACK are made of.

use std::collections::VecDeque;

/// The entries of a table.
///
/// Invariant: `size` is the sum of the entries' sizes.
#[derive(Debug, Default)]
pub struct Entries {
    entries: VecDeque<Entry>,
    size: usize,
}

#[derive(Debug)]
struct Entry {
    /// Name and value.
    text: Box<[u8]>,
    /// The length of the name; none where it is not known.
    name: Option<u32>,
}

impl Entries {
    /// Without any.
    pub const fn new() -> Self {
        Self { entries: VecDeque::new(), size: 0 }
    }

    /// Their size, as encoders count it (RFC 7541 §4.1, RFC 9204 §3.2.1).
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Bytes of memory that they take, about: what an entry counts beside its text is what its text
    /// is kept by; its place comes to that.
    pub fn held(&self) -> usize {
        self.size + self.entries.capacity() * size_of::<Entry>()
    }

    /// The name, where it is known, and the value of the entry than which so many are newer.
    pub fn get(&self, age: usize) -> Option<(Option<&[u8]>, &[u8])> {
        let Entry { text, name } = self.entries.get(age)?;
        let Some(length) = name else { return Some((None, text)) };
        let (name, value) = text.split_at_checked(*length as usize)?;
        Some((Some(name), value))
    }

    /// Adds an entry, its name of so many bytes before its value; none where it is not known.
    pub fn add(&mut self, text: &[u8], name: Option<usize>) {
        let name = name.map(|length| u32::try_from(length).unwrap_or(u32::MAX));
        self.entries.push_front(Entry { text: text.into(), name });
        self.size += text.len() + OVERHEAD;
    }

    /// Drops the oldest. False where there is none.
    pub fn drop_oldest(&mut self) -> bool {
        let oldest = self.entries.pop_back();
        self.size -= oldest.as_ref().map_or(0, |oldest| oldest.text.len() + OVERHEAD);
        oldest.is_some()
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.size = 0;
    }
}

/// What an entry counts beside its text (RFC 7541 §4.1, RFC 9204 §3.2.1).
pub const OVERHEAD: usize = 32;
