//! Integers and strings as HPACK (RFC 7541 §5) and QPACK (RFC 9204 §4.1) write them.
//!
//! Takes bytes by a [`Cursor`], gives numbers and text; what does not fit is a [`Fault`].

use crate::cursor::Cursor;
use crate::protocol::http::huffman;

/// A name or a value; none where it stands in an entry that nobody saw.
pub type Text<'a> = Option<&'a [u8]>;

/// Why nothing could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes end within it.
    Short,
    /// A number beyond all that is sensible.
    Number,
    /// A string that is not in the Huffman code it says it is in.
    Huffman,
}

/// Reads an integer whose first `bits` bits (1 to 8) are in `first`, the byte before the cursor
/// (RFC 7541 §5.1). Numbers beyond 2^32 are refused: nothing here counts so far.
pub fn integer(first: u8, bits: u32, cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    let most = u64::MAX >> (64 - bits.clamp(1, 8));
    let mut number = u64::from(first) & most;
    if number < most {
        return Ok(number);
    }
    let mut shift = 0u32;
    loop {
        let byte = cursor.u8().map_err(|_| Fault::Short)?;
        if shift > 28 {
            return Err(Fault::Number);
        }
        number += u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return if number > MOST { Err(Fault::Number) } else { Ok(number) };
        }
        shift += 7;
    }
}

/// Reads a string whose length begins in the last `bits` bits of the next byte, behind the bit
/// that says whether it is in the Huffman code (RFC 7541 §5.2), to the end of `out`.
pub fn string(bits: u32, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let first = cursor.u8().map_err(|_| Fault::Short)?;
    let is_huffman = first >> bits & 1 == 1;
    let length = integer(first, bits, cursor)?;
    let length = usize::try_from(length).map_err(|_| Fault::Number)?;
    let bytes = cursor.take(length).map_err(|_| Fault::Short)?;
    if is_huffman {
        return huffman::decode(bytes, out).map_err(|_| Fault::Huffman);
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Sizes of tables and strings are counted in 32 bits by all.
const MOST: u64 = u32::MAX as u64;

/// Writes an integer behind the bits of `first` that do not belong to it.
#[cfg(test)]
pub(crate) fn write_integer(first: u8, bits: u32, number: u64, out: &mut Vec<u8>) {
    let most = (1 << bits) - 1;
    if number < most {
        out.push(first | number.to_le_bytes()[0]);
        return;
    }
    out.push(first | most.to_le_bytes()[0]);
    let mut left = number - most;
    while left >= 0x80 {
        out.push(left.to_le_bytes()[0] | 0x80);
        left >>= 7;
    }
    out.push(left.to_le_bytes()[0]);
}

/// Writes a string, in the Huffman code or not.
#[cfg(test)]
pub(crate) fn write_string(bits: u32, text: &[u8], is_huffman: bool, out: &mut Vec<u8>) {
    let coded = if is_huffman { huffman::encode(text) } else { text.to_vec() };
    write_integer(u8::from(is_huffman) << bits, bits, coded.len() as u64, out);
    out.extend(coded);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], bits: u32) -> Result<u64, Fault> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u8().unwrap();
        integer(first, bits, &mut cursor)
    }

    #[test]
    fn integers_of_the_rfc_are_read() {
        // RFC 7541 §C.1
        assert_eq!(read(&[0b0000_1010], 5), Ok(10));
        assert_eq!(read(&[0b1111_1111, 0b1001_1010, 0b0000_1010], 5), Ok(1337));
        assert_eq!(read(&[0b0010_1010], 8), Ok(42));
    }

    #[test]
    fn hostile_numbers_and_strings_are_refused() {
        assert_eq!(read(&[0xff, 0x80], 7), Err(Fault::Short));
        assert_eq!(read(&[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 7), Err(Fault::Number));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 7), Err(Fault::Number));
        for (bytes, fault) in [
            (&b"\x05abc"[..], Fault::Short),
            (b"", Fault::Short),
            (b"\x7f\xff\xff\xff\xff\x07abc", Fault::Short),
            (b"\x81\x00", Fault::Huffman),
        ] {
            let mut out = Vec::new();
            assert_eq!(string(7, &mut Cursor::new(bytes), &mut out), Err(fault), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            number in 0..=u64::from(u32::MAX),
            bits in 1..=8u32,
            text in prop::collection::vec(any::<u8>(), 0..200),
            is_huffman: bool,
        ) {
            let mut bytes = Vec::new();
            write_integer(0, bits, number, &mut bytes);
            prop_assert_eq!(read(&bytes, bits), Ok(number));
            for bits in [3, 5, 7] {
                let (mut bytes, mut out) = (Vec::new(), b"before".to_vec());
                write_string(bits, &text, is_huffman, &mut bytes);
                let mut cursor = Cursor::new(&bytes);
                prop_assert_eq!(string(bits, &mut cursor, &mut out), Ok(()));
                prop_assert_eq!(&out, &[&b"before"[..], &text].concat());
                prop_assert!(cursor.is_empty());
            }
        }
    }
}
