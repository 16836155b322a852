//! Vectors of TLS (RFC 8446 §3.4): a length of one, two or three bytes, then the items.

use crate::cursor::{Cursor, Short};

/// The contents of a vector with a length of one byte.
pub(super) fn short<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
    let length = cursor.u8()?;
    cursor.take(length.into())
}

/// The contents of a vector with a length of two bytes.
pub(super) fn long<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
    let length = cursor.u16()?;
    cursor.take(length.into())
}

/// The contents of a vector with a length of three bytes.
pub(super) fn longest<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Short> {
    let length = u24(cursor)?;
    cursor.take(length as usize)
}

/// A 24-bit number.
pub(super) fn u24(cursor: &mut Cursor<'_>) -> Result<u32, Short> {
    cursor.array().map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))
}

/// Adds the items of `bytes`; those before a fault too.
pub(super) fn items<'a, T>(
    bytes: &'a [u8],
    into: &mut Vec<T>,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<T, Short>,
) -> Result<(), Short> {
    let mut cursor = Cursor::new(bytes);
    while !cursor.is_empty() {
        into.push(item(&mut cursor)?);
    }
    Ok(())
}

/// The same, of what is left of a vector whose length may be more than there is: what is there is
/// read, then the fault is told.
pub(super) fn numbers<T>(
    cursor: &mut Cursor<'_>,
    into: &mut Vec<T>,
    of: impl Fn(u16) -> T,
) -> Result<(), Short> {
    let length = usize::from(cursor.u16()?);
    let whole = cursor.take(length);
    let there = whole.unwrap_or_else(|_| cursor.rest());
    items(there, into, |cursor| cursor.u16().map(&of))?;
    whole.map(|_| ())
}

/// Text of a packet: what is not printable ASCII stands as `\xNN`.
pub(super) fn text(bytes: &[u8]) -> Box<str> {
    bytes.escape_ascii().to_string().into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_as_far_as_they_go() {
        let mut cursor = Cursor::new(&[2, 7, 8, 0, 1, 9, 0, 0, 1, 5]);
        assert_eq!(short(&mut cursor), Ok(&[7, 8][..]));
        assert_eq!(long(&mut cursor), Ok(&[9][..]));
        assert_eq!(longest(&mut cursor), Ok(&[5][..]));
        let mut list = Vec::new();
        let short = numbers(&mut Cursor::new(&[0, 6, 0, 1, 0, 2]), &mut list, |n| n);
        assert_eq!(short, Err(Short { offset: 2, needed: 6, left: 4 }));
        assert_eq!(list, [1, 2]);
        assert_eq!(&*text(b"h2\xda"), "h2\\xda");
    }
}
