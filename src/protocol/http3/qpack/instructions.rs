//! What the encoder and the decoder stream say (RFC 9204 §4.3, §4.4).

use crate::cursor::Cursor;
use crate::protocol::http::prefixed;
use crate::protocol::http3::qpack::fault::Fault;

/// One instruction of an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insert {
    /// The table has so many bytes from here on.
    Capacity(u64),
    /// An entry that is written out, its name of so many bytes before its value.
    Named(usize),
    /// An entry with the name of one in the static table.
    Static(u64),
    /// An entry with the name of one in the dynamic table: how many are newer.
    Dynamic(u64),
    /// An entry once more: how many are newer.
    Duplicate(u64),
}

/// One instruction of a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sections of a stream that came first among those not acknowledged yet is decoded.
    Section(u64),
    /// A stream's sections will not be decoded.
    Cancelled(u64),
    /// So many more entries have come.
    Inserts(u64),
}

/// Reads an encoder's instruction that is whole; what it writes out goes to `text`.
pub(super) fn insert(instruction: &[u8], text: &mut Vec<u8>) -> Result<Insert, Fault> {
    let mut cursor = Cursor::new(instruction);
    let first = *instruction.first().ok_or(Fault::Short)?;
    if first >> 6 == 0b01 {
        prefixed::string(5, &mut cursor, text)?;
        let name = text.len();
        prefixed::string(7, &mut cursor, text)?;
        return Ok(Insert::Named(name));
    }
    cursor.u8().map_err(|_| Fault::Short)?;
    if first & 0x80 != 0 {
        let index = prefixed::integer(first, 6, &mut cursor)?;
        prefixed::string(7, &mut cursor, text)?;
        let is_static = first & 0x40 != 0;
        return Ok(if is_static { Insert::Static(index) } else { Insert::Dynamic(index) });
    }
    let number = prefixed::integer(first, 5, &mut cursor)?;
    Ok(if first & 0x20 != 0 { Insert::Capacity(number) } else { Insert::Duplicate(number) })
}

/// How many bytes the encoder's instruction at the front of some bytes has, as far as that shows:
/// where there are as many, it is whole. Strings of more than `bound` bytes are refused.
pub fn measure(bytes: &[u8], bound: usize) -> Result<usize, Fault> {
    match measured(&mut Cursor::new(bytes), bound) {
        Ok(length) | Err(Stop::More(length)) => Ok(length),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// Why an instruction is not whole.
enum Stop {
    /// It has so many bytes at least.
    More(usize),
    Fault(Fault),
}

fn measured(cursor: &mut Cursor<'_>, bound: usize) -> Result<usize, Stop> {
    let first = byte(cursor)?;
    if first & 0x80 != 0 {
        integer(first, 6, cursor)?;
        string(7, cursor, bound)?;
    } else if first & 0x40 != 0 {
        skip(first, 5, cursor, bound)?;
        string(7, cursor, bound)?;
    } else {
        integer(first, 5, cursor)?;
    }
    Ok(cursor.offset())
}

fn byte(cursor: &mut Cursor<'_>) -> Result<u8, Stop> {
    cursor.u8().map_err(|short| Stop::More(short.offset + 1))
}

fn integer(first: u8, bits: u32, cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    prefixed::integer(first, bits, cursor).map_err(|fault| match fault {
        prefixed::Fault::Short => Stop::More(cursor.offset() + 1),
        fault => Stop::Fault(fault.into()),
    })
}

fn string(bits: u32, cursor: &mut Cursor<'_>, bound: usize) -> Result<(), Stop> {
    let first = byte(cursor)?;
    skip(first, bits, cursor, bound)
}

fn skip(first: u8, bits: u32, cursor: &mut Cursor<'_>, bound: usize) -> Result<(), Stop> {
    let length = integer(first, bits, cursor)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= bound);
    let length = length.ok_or(Stop::Fault(Fault::TooLarge))?;
    cursor.take(length).map(|_| ()).map_err(|short| Stop::More(short.offset + short.needed))
}

/// Reads the decoder's instruction at the front of some bytes, and how many bytes it has; none
/// where it is not whole.
pub fn answer(bytes: &[u8]) -> Result<Option<(Answer, usize)>, Fault> {
    let mut cursor = Cursor::new(bytes);
    let Ok(first) = cursor.u8() else { return Ok(None) };
    let bits = if first & 0x80 != 0 { 7 } else { 6 };
    let number = match prefixed::integer(first, bits, &mut cursor) {
        Err(prefixed::Fault::Short) => return Ok(None),
        other => other?,
    };
    let answer = match first >> 6 {
        0b00 => Answer::Inserts(number),
        0b01 => Answer::Cancelled(number),
        _ => Answer::Section(number),
    };
    Ok(Some((answer, cursor.offset())))
}
