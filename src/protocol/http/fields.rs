//! Header fields of one message: names and values in the order of the wire, in two allocations.

use std::ops::Range;

/// The fields of a head or of trailers.
///
/// Values are kept as text: bytes that are not UTF-8 are read as ISO-8859-1, their historical
/// charset (RFC 9110 §5.5). Nothing is escaped here; whoever prints must.
///
/// Invariant: `ends` holds, for each field, where its name and its value end in `text`; a field
/// begins where the one before it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    text: String,
    ends: Vec<(u32, u32)>,
}

impl Fields {
    /// Fields whose names are tokens (RFC 9110 §5.6.2), hence ASCII: all of their text is checked
    /// at once.
    pub fn of_tokens<'a>(fields: impl Iterator<Item = (&'a str, &'a [u8])> + Clone) -> Self {
        let (count, length) = fields.clone().fold((0, 0), |(count, sum), (name, value)| {
            (count + 1, sum + name.len() + value.len())
        });
        let mut text = Vec::with_capacity(length);
        let mut ends = Vec::with_capacity(count);
        for (name, value) in fields.clone() {
            text.extend_from_slice(name.as_bytes());
            let name_end = end(&text);
            text.extend_from_slice(value);
            ends.push((name_end, end(&text)));
        }
        if let Ok(text) = String::from_utf8(text) {
            return Self { text, ends };
        }
        let mut each = Self::default();
        fields.for_each(|(name, value)| each.push(name.as_bytes(), value));
        each
    }

    /// Without a field, and with room for as many bytes and fields as a browser's head has.
    pub fn with_room() -> Self {
        Self { text: String::with_capacity(1024), ends: Vec::with_capacity(24) }
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        push_text(&mut self.text, name);
        let name_end = end(self.text.as_bytes());
        push_text(&mut self.text, value);
        self.ends.push((name_end, end(self.text.as_bytes())));
    }

    /// Changes the values for which `change` gives another one; gives how many those were.
    pub fn rewrite(&mut self, change: impl Fn(&str, &str) -> Option<String>) -> u64 {
        if !self.iter().any(|(name, value)| change(name, value).is_some()) {
            return 0;
        }
        let (mut fields, mut count) = (Self::default(), 0);
        for (name, value) in self.iter() {
            let changed = change(name, value);
            count += u64::from(changed.is_some());
            fields.push(name.as_bytes(), changed.as_deref().unwrap_or(value).as_bytes());
        }
        fields.shrink();
        *self = fields;
        count
    }

    /// Gives back what was reserved and not used.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Bytes of memory that they take: of fields that were said by reference, far more than on the
    /// wire.
    pub fn weight(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<(u32, u32)>()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Name and value of each field, in the order of the wire, names as sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0u32;
        self.ends.iter().map(move |&(name_end, value_end)| {
            let name = self.text.get(begin as usize..name_end as usize).unwrap_or("");
            let value = self.text.get(name_end as usize..value_end as usize).unwrap_or("");
            begin = value_end;
            (name, value)
        })
    }

    /// The value of the first field of that name, whatever its case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.positions(name).find_map(|value| self.text.get(value))
    }

    /// The values of all fields of that name, whatever its case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.positions(name).filter_map(|value| self.text.get(value))
    }

    /// Where the values of the fields of that name are. Most names differ in length already.
    fn positions(&self, name: &str) -> impl Iterator<Item = Range<usize>> {
        let mut begin = 0;
        self.ends.iter().filter_map(move |&(name_end, value_end)| {
            let (name_end, value_end) = (name_end as usize, value_end as usize);
            let start = std::mem::replace(&mut begin, value_end);
            let is_it = name_end.wrapping_sub(start) == name.len()
                && self.text.get(start..name_end)?.eq_ignore_ascii_case(name);
            is_it.then_some(name_end..value_end)
        })
    }

    /// True where a field of that name lists `token`, whatever the case (RFC 9110 §5.6.1).
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(|v| v.split(',')).any(|t| t.trim().eq_ignore_ascii_case(token))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Fields {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(fields: I) -> Self {
        let mut all = Self::default();
        for (name, value) in fields {
            all.push(name.as_bytes(), value.as_bytes());
        }
        all
    }
}

/// Heads are bounded far below 4 GiB (`limits.rs`), so the end always fits.
fn end(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// Bytes of a head as text, by the same rule as field values.
pub fn text(bytes: &[u8]) -> Box<str> {
    match std::str::from_utf8(bytes) {
        Ok(utf8) => utf8.into(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn push_text(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(utf8) => text.push_str(utf8),
        Err(_) => text.extend(bytes.iter().map(|&b| char::from(b))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_in_order_and_by_name() {
        let mut fields = Fields::default();
        fields.push(b"Accept", b"text/html");
        fields.push(b"X-Odd", b"caf\xe9");
        fields.push(b"accept", b"a, GZIP");
        fields.push(b"Empty", b"");
        assert_eq!(
            fields.iter().collect::<Vec<_>>(),
            [("Accept", "text/html"), ("X-Odd", "café"), ("accept", "a, GZIP"), ("Empty", "")]
        );
        let odd: [(&str, &[u8]); 2] = [("A", b"caf\xe9"), ("B", b"\xc3\xa9")];
        let odd = Fields::of_tokens(odd.into_iter());
        assert_eq!(odd.iter().collect::<Vec<_>>(), [("A", "café"), ("B", "é")]);
        assert_eq!(fields.get("ACCEPT"), Some("text/html"));
        assert!(fields.lists("accept", "gzip") && !fields.lists("accept", "zip"));
        let shorter = |name: &str, _: &str| (name == "X-Odd").then(|| "tea".to_owned());
        assert_eq!((fields.rewrite(shorter), fields.rewrite(|_, _| None)), (1, 0));
        assert_eq!(
            fields.iter().collect::<Vec<_>>(),
            [("Accept", "text/html"), ("X-Odd", "tea"), ("accept", "a, GZIP"), ("Empty", "")]
        );
    }
}
