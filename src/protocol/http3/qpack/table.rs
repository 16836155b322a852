//! The dynamic table of one encoder (RFC 9204 §3.2), all of whose entries were seen to be made.

use crate::protocol::http::entries::{Entries, Entry};

/// The entries that are there.
///
/// Invariant: their size is at most `capacity`.
#[derive(Debug)]
pub(super) struct Table {
    entries: Entries,
    /// All that were ever made.
    inserted: u64,
    capacity: usize,
}

impl Table {
    /// The table of a connection that begins: it has no room (RFC 9204 §3.2.2).
    pub(super) const fn new() -> Self {
        Self { entries: Entries::new(), inserted: 0, capacity: 0 }
    }

    /// Entries that were ever made.
    pub(super) const fn inserted(&self) -> u64 {
        self.inserted
    }

    /// The size of its entries: at most what the encoder says.
    pub(super) const fn size(&self) -> usize {
        self.entries.size()
    }

    /// Bytes of memory that it takes, about.
    pub(super) fn held(&self) -> usize {
        self.entries.held()
    }

    /// It has so many bytes from here on.
    pub(super) fn resize(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.make_room(0);
    }

    /// Adds an entry. False where it is too large (RFC 9204 §3.2.2).
    pub(super) fn insert(&mut self, entry: Entry) -> bool {
        let size = entry.size();
        if size > self.capacity {
            return false;
        }
        self.make_room(size);
        self.entries.add(entry);
        self.inserted += 1;
        true
    }

    /// The entry than which so many are newer.
    pub(super) fn by_age(&self, age: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(age).ok()?)
    }

    /// What the entry says before which so many were made (RFC 9204 §3.2.4).
    pub(super) fn at(&self, place: u64) -> Option<(&[u8], &[u8])> {
        let (name, value) = self.by_age(self.inserted.checked_sub(place)?.checked_sub(1)?)?.text();
        Some((name?, value))
    }

    fn make_room(&mut self, more: usize) {
        while self.size().saturating_add(more) > self.capacity && self.entries.drop_oldest() {}
    }
}
