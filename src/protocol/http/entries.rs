//! Fields that an encoder has put into its table, from the newest to the oldest: what the dynamic
//! tables of HPACK and QPACK are made of.

use std::collections::VecDeque;
use std::sync::Arc;

/// The entries of a table.
///
/// Invariant: `size` is the sum of the entries' sizes.
#[derive(Debug, Default)]
pub struct Entries {
    entries: VecDeque<Entry>,
    size: usize,
}

/// A field. Those that are made of one another share what they have in common: an instruction of one
/// byte makes an entry of 64 KiB once more.
#[derive(Clone, Debug)]
pub struct Entry {
    /// None where it is not known.
    name: Option<Arc<[u8]>>,
    value: Arc<[u8]>,
}

impl Entry {
    /// A field that is written out; without a name where that is not known.
    pub fn new(name: Option<&[u8]>, value: &[u8]) -> Self {
        Self { name: name.map(Arc::from), value: value.into() }
    }

    /// A field of the same name.
    #[must_use]
    pub fn with_value(&self, value: &[u8]) -> Self {
        Self { name: self.name.clone(), value: value.into() }
    }

    /// Its name, where it is known, and its value.
    pub fn text(&self) -> (Option<&[u8]>, &[u8]) {
        (self.name.as_deref(), &self.value)
    }

    /// Its size, as encoders count it (RFC 7541 §4.1, RFC 9204 §3.2.1).
    pub fn size(&self) -> usize {
        let name = self.name.as_ref().map_or(0, |name| name.len());
        name.saturating_add(self.value.len()).saturating_add(OVERHEAD)
    }
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

    /// Bytes of memory that they take, about: what an entry counts beside its text is what its name
    /// and its value are kept by; its place comes to that.
    pub fn held(&self) -> usize {
        self.size + self.entries.capacity() * size_of::<Entry>()
    }

    /// The entry than which so many are newer.
    pub fn get(&self, age: usize) -> Option<&Entry> {
        self.entries.get(age)
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) {
        self.size += entry.size();
        self.entries.push_front(entry);
    }

    /// Drops the oldest. False where there is none.
    pub fn drop_oldest(&mut self) -> bool {
        let oldest = self.entries.pop_back();
        self.size -= oldest.as_ref().map_or(0, Entry::size);
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
