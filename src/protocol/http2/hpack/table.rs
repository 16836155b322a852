//! The tables of HPACK (RFC 7541 §2.3): the static one, and what one direction of a connection
//! has put into its dynamic one.

use crate::protocol::http::entries::{Entries, Entry};

/// What stands at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A field; its name is none where it was named after an entry that nobody saw.
    Entry(Option<&'a [u8]>, &'a [u8]),
    /// An entry that was made where the capture has nothing.
    Unseen,
    /// Nothing: no encoder writes such an index.
    Nothing,
}

/// The dynamic table of one direction, as far as it is known.
///
/// Indices count from the newest entry, so those that were seen are right whatever is behind them.
/// As long as the oldest of them has not had to go, there may be older ones that nobody saw.
///
/// Invariant: the entries' size is at most `most`.
#[derive(Debug)]
pub(super) struct Table {
    entries: Entries,
    most: usize,
    /// How large it really may be is not known, or more than is kept here.
    is_larger: bool,
    /// There may be entries behind these.
    has_unseen: bool,
    bound: usize,
}

impl Table {
    /// The table of a connection that begins (RFC 9113 §6.5.2); no more than `bound` is kept.
    pub(super) const fn new(bound: usize) -> Self {
        let most = if DEFAULT < bound { DEFAULT } else { bound };
        Self { entries: Entries::new(), most, is_larger: false, has_unseen: false, bound }
    }

    /// Nobody knows what it holds: a part of the conversation was not captured.
    pub(super) fn forget(&mut self) {
        self.entries.clear();
        self.most = self.bound;
        self.is_larger = true;
        self.has_unseen = true;
    }

    /// Bytes of memory that it takes, about.
    pub(super) fn held(&self) -> usize {
        self.entries.held()
    }

    /// The encoder says how large it is from here on (RFC 7541 §6.3).
    pub(super) fn resize(&mut self, most: u64) {
        let wanted = usize::try_from(most).unwrap_or(usize::MAX);
        self.most = wanted.min(self.bound);
        self.is_larger = wanted > self.bound;
        self.make_room(0);
        if wanted == 0 {
            self.has_unseen = false;
        }
    }

    /// What stands at an index, from 1 (RFC 7541 §2.3.3).
    pub(super) fn at(&self, index: u64) -> Found<'_> {
        let Some(index) = usize::try_from(index).ok().and_then(|index| index.checked_sub(1)) else {
            return Found::Nothing;
        };
        if let Some((name, value)) = STATIC.get(index) {
            return Found::Entry(Some(name.as_bytes()), value.as_bytes());
        }
        match self.entries.get(index - STATIC.len()) {
            Some(entry) => {
                let (name, value) = entry.text();
                Found::Entry(name, value)
            }
            None if self.has_unseen => Found::Unseen,
            None => Found::Nothing,
        }
    }

    /// A new entry with the name of what stands at an index.
    pub(super) fn named_as(&self, index: u64, value: &[u8]) -> Entry {
        let place =
            usize::try_from(index).ok().and_then(|index| index.checked_sub(STATIC.len() + 1));
        match (place.and_then(|place| self.entries.get(place)), self.at(index)) {
            (Some(entry), _) => entry.with_value(value),
            (None, Found::Entry(name, _)) => Entry::new(name, value),
            (None, Found::Unseen | Found::Nothing) => Entry::new(None, value),
        }
    }

    /// Adds an entry.
    pub(super) fn insert(&mut self, entry: Entry) {
        let size = entry.size();
        self.make_room(size);
        if size <= self.most {
            self.entries.add(entry);
        }
    }

    /// Evicts from the end (RFC 7541 §4.3, §4.4): an entry that is too large for all empties it.
    fn make_room(&mut self, more: usize) {
        while self.entries.size().saturating_add(more) > self.most {
            if !self.entries.drop_oldest() {
                if more > self.most {
                    self.has_unseen = self.is_larger;
                }
                return;
            }
            // What is behind the one that had to go is gone too.
            self.has_unseen = self.is_larger;
        }
    }
}

/// RFC 9113 §6.5.2: SETTINGS_HEADER_TABLE_SIZE.
const DEFAULT: usize = 4096;

/// RFC 7541 appendix A.
static STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::entries::OVERHEAD;

    fn table(bound: usize) -> Table {
        Table::new(bound)
    }

    fn insert(table: &mut Table, name: &str, value: &str) {
        table.insert(Entry::new(Some(name.as_bytes()), value.as_bytes()));
    }

    fn at(table: &Table, index: u64) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match table.at(index) {
            Found::Entry(name, value) => {
                format!("{}: {}", name.map_or_else(|| "?".into(), text), text(value))
            }
            Found::Unseen => "unseen".into(),
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn the_static_table_comes_first() {
        let mut table = table(1 << 16);
        assert_eq!(at(&table, 0), "nothing");
        assert_eq!(at(&table, 1), ":authority: ");
        assert_eq!(at(&table, 2), ":method: GET");
        assert_eq!(at(&table, 14), ":status: 500");
        assert_eq!(at(&table, 16), "accept-encoding: gzip, deflate");
        assert_eq!(at(&table, 32), "cookie: ");
        assert_eq!(at(&table, 61), "www-authenticate: ");
        assert_eq!(at(&table, 62), "nothing");
        insert(&mut table, "a", "1");
        insert(&mut table, "b", "2");
        assert_eq!(at(&table, 62), "b: 2");
        assert_eq!(at(&table, 63), "a: 1");
        assert_eq!(at(&table, u64::MAX), "nothing");
    }

    #[test]
    fn the_oldest_go_and_one_that_is_too_large_empties_it() {
        let mut table = table(1 << 16);
        table.resize(3 * (OVERHEAD as u64 + 2));
        for n in 0..4 {
            insert(&mut table, "n", &n.to_string());
        }
        assert_eq!((at(&table, 62), at(&table, 64)), ("n: 3".into(), "n: 1".into()));
        assert_eq!(at(&table, 65), "nothing");
        insert(&mut table, "long", &"x".repeat(200));
        assert_eq!((at(&table, 62), table.entries.size()), ("nothing".into(), 0));
        insert(&mut table, "n", "5");
        table.resize(0);
        assert_eq!((at(&table, 62), table.entries.size()), ("nothing".into(), 0));
    }

    #[test]
    fn what_was_put_in_before_the_capture_is_unseen_until_it_must_be_gone() {
        let mut table = table(1 << 16);
        table.forget();
        assert_eq!(at(&table, 62), "unseen");
        insert(&mut table, "a", "1");
        assert_eq!((at(&table, 62), at(&table, 63)), ("a: 1".into(), "unseen".into()));
        table.resize(70);
        insert(&mut table, "b", "2");
        assert_eq!((at(&table, 63), at(&table, 64)), ("a: 1".into(), "unseen".into()));
        insert(&mut table, "c", "3");
        assert_eq!((at(&table, 63), at(&table, 64)), ("b: 2".into(), "nothing".into()));
        table.forget();
        table.resize(0);
        assert_eq!(at(&table, 62), "nothing");
    }

    #[test]
    fn an_entry_may_have_a_name_that_nobody_knows() {
        let mut table = table(1 << 16);
        table.forget();
        table.insert(Entry::new(None, b"value"));
        assert_eq!(at(&table, 62), "?: value");
    }

    #[test]
    fn no_more_is_kept_than_the_bound_and_what_had_to_go_is_unseen() {
        let mut table = table(100);
        table.resize(1 << 30);
        for n in 0..100 {
            insert(&mut table, "name", &n.to_string());
        }
        assert!(
            table.entries.size() <= 100
                && table.entries.get(1).is_some()
                && table.entries.get(2).is_none()
        );
        assert_eq!((at(&table, 62), at(&table, 64)), ("name: 99".into(), "unseen".into()));
        insert(&mut table, "long", &"x".repeat(200));
        assert_eq!(at(&table, 62), "unseen");
    }
}
