//! The field lines of a section (RFC 9204 §4.5.2 to §4.5.6).

use crate::cursor::Cursor;
use crate::protocol::http::prefixed;
use crate::protocol::http3::qpack::fault::Fault;

/// One line of a section; what it writes out is in the buffer that came with it, name before value.
pub(super) struct Line {
    /// What of it stands in a table.
    pub(super) reference: Reference,
    /// The length of its name, where it is written out.
    pub(super) name: Option<usize>,
    /// Its value is written out.
    pub(super) has_value: bool,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// Nowhere.
    None,
    /// In the static table.
    Static(u64),
    /// So many before the last one that counts as the section's.
    Before(u64),
    /// So many behind that (RFC 9204 §3.2.6).
    Behind(u64),
}

/// The next line; none at the end.
pub(super) fn line(cursor: &mut Cursor<'_>, text: &mut Vec<u8>) -> Result<Option<Line>, Fault> {
    text.clear();
    let Some(first) = cursor.rest().first().copied() else { return Ok(None) };
    if first >> 5 == 0b001 {
        prefixed::string(3, cursor, text)?;
        let name = Some(text.len());
        prefixed::string(7, cursor, text)?;
        return Ok(Some(Line { reference: Reference::None, name, has_value: true }));
    }
    cursor.u8().map_err(|_| Fault::Short)?;
    let of = |is_static, index| {
        if is_static { Reference::Static(index) } else { Reference::Before(index) }
    };
    let (reference, has_value) = if first & 0x80 != 0 {
        (of(first & 0x40 != 0, prefixed::integer(first, 6, cursor)?), false)
    } else if first & 0x40 != 0 {
        (of(first & 0x10 != 0, prefixed::integer(first, 4, cursor)?), true)
    } else if first & 0x10 != 0 {
        (Reference::Behind(prefixed::integer(first, 4, cursor)?), false)
    } else {
        (Reference::Behind(prefixed::integer(first, 3, cursor)?), true)
    };
    if has_value {
        prefixed::string(7, cursor, text)?;
    }
    Ok(Some(Line { reference, name: None, has_value }))
}
