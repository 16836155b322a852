//! The Huffman code of HPACK and QPACK (RFC 7541 §5.2 and appendix B).
//!
//! Takes the bytes of an encoded string, gives those that it stands for. The code is canonical:
//! shorter codes come first, those of one length in the order of their symbols; so the lengths of
//! the codes are all that stands here, and the tables are made of them when this is compiled.

/// The bytes are no encoded string: a code that is none, or padding that is not the beginning of
/// the end symbol, or is longer than it need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Decodes a string, to the end of `out`. What was decoded until a fault stays there.
pub fn decode(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut rest = bytes;
    // Unread bits from the top on, and how many they are; below them are zeros.
    let (mut bits, mut held) = (0u64, 0u32);
    loop {
        if held < 32 {
            if let Some((four, after)) = rest.split_first_chunk::<4>() {
                bits |= u64::from(u32::from_be_bytes(*four)) << (32 - held);
                held += 32;
                rest = after;
            } else if let Some((byte, after)) = rest.split_first() {
                bits |= u64::from(*byte) << (56 - held);
                held += 8;
                rest = after;
                continue;
            }
        }
        let (symbol, length) = match SHORT.get((bits >> (64 - SHORT_BITS)) as usize) {
            Some((symbol, length)) if *length > 0 => (*symbol, u32::from(*length)),
            _ => long(bits).unwrap_or((0, u32::MAX)),
        };
        if length > held {
            // No whole code is left: padding is up to seven ones.
            let is_padding = held < 8 && bits.leading_ones() >= held;
            return if is_padding && rest.is_empty() { Ok(()) } else { Err(Broken) };
        }
        out.push(symbol);
        bits <<= length;
        held -= length;
    }
}

/// The symbol of a code that is longer than the table of short ones has them.
fn long(bits: u64) -> Option<(u8, u32)> {
    let row = LONG.iter().find(|row| bits < row.end)?;
    let nth = bits.checked_sub(row.first)? >> (64 - row.length);
    let symbol = SYMBOLS.get(row.symbols + usize::try_from(nth).ok()?)?;
    Some((*symbol, row.length))
}

/// The codes of one length.
#[derive(Clone, Copy)]
struct Row {
    length: u32,
    /// The first code, and what follows the last one, from the top bit on.
    first: u64,
    end: u64,
    /// Where their symbols begin in [`SYMBOLS`].
    symbols: usize,
}

/// Codes of so many bits are looked up at once: nearly all that text is made of.
const SHORT_BITS: u32 = 9;
const LONGEST: u32 = 30;
const LONG_ROWS: usize = (LONGEST - SHORT_BITS) as usize;

/// For each value of the first bits: the symbol, and the length of its code; 0 where it is longer.
static SHORT: [(u8, u8); 1 << SHORT_BITS] = short_codes();
static LONG: [Row; LONG_ROWS] = long_codes();
/// The symbols in the order of their codes.
static SYMBOLS: [u8; 256] = symbols();

/// The length in bits of each symbol's code. The end symbol has the last of 30 bits.
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, //
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, //
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, //
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, //
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, //
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, //
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, //
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, //
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, //
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, //
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, //
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, //
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, //
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, //
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, //
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, //
];

/// Symbols by the length of their code, then by their own value.
#[expect(clippy::indexing_slicing, reason = "an index out of range does not compile")]
const fn symbols() -> [u8; 256] {
    let (mut all, mut filled, mut length) = ([0u8; 256], 0, 0u8);
    while filled < 256 {
        let mut symbol = 0u8;
        loop {
            if LENGTHS[symbol as usize] == length {
                all[filled] = symbol;
                filled += 1;
            }
            if symbol == u8::MAX {
                break;
            }
            symbol += 1;
        }
        length += 1;
    }
    all
}

#[expect(clippy::indexing_slicing, reason = "an index out of range does not compile")]
const fn short_codes() -> [(u8, u8); 1 << SHORT_BITS] {
    let (symbols, mut table) = (symbols(), [(0, 0); 1 << SHORT_BITS]);
    let (mut at, mut nth) = (0, 0);
    while (LENGTHS[symbols[nth] as usize] as u32) <= SHORT_BITS {
        let length = LENGTHS[symbols[nth] as usize];
        let end = at + (1 << (SHORT_BITS - length as u32));
        while at < end {
            table[at] = (symbols[nth], length);
            at += 1;
        }
        nth += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "an index out of range does not compile")]
const fn long_codes() -> [Row; LONG_ROWS] {
    let symbols = symbols();
    let mut rows = [Row { length: 0, first: 0, end: 0, symbols: 0 }; LONG_ROWS];
    let (mut nth, mut at) = (0, 0u64);
    let mut length = 1u32;
    while length <= LONGEST {
        let (first, start) = (at, nth);
        while nth < 256 && LENGTHS[symbols[nth] as usize] as u32 == length {
            at += 1 << (64 - length);
            nth += 1;
        }
        if length > SHORT_BITS {
            rows[(length - SHORT_BITS - 1) as usize] =
                Row { length, first, end: at, symbols: start };
        }
        length += 1;
    }
    rows
}

/// The code of each symbol, right-aligned, and its length.
#[cfg(test)]
pub(crate) fn encode(text: &[u8]) -> Vec<u8> {
    let mut codes = [(0u32, 0u32); 256];
    let mut next = 0u32;
    let mut before = 0;
    for symbol in SYMBOLS {
        let length = u32::from(LENGTHS[usize::from(symbol)]);
        next <<= length - before;
        codes[usize::from(symbol)] = (next, length);
        (next, before) = (next + 1, length);
    }
    let (mut out, mut bits, mut held) = (Vec::new(), 0u64, 0);
    for byte in text {
        let (code, length) = codes[usize::from(*byte)];
        bits = bits << length | u64::from(code);
        held += length;
        while held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    if held > 0 {
        out.push((bits << (8 - held)).to_le_bytes()[0] | (0xff >> held));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut out = Vec::new();
        decode(bytes, &mut out).map(|()| out)
    }

    #[test]
    fn strings_of_the_rfc_are_decoded() {
        // RFC 7541 §C.4.1, §C.4.3, §C.6.1
        let cases: [(&[u8], &str); 4] = [
            (b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", "www.example.com"),
            (b"\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf", "custom-value"),
            (b"\xae\xc3\x77\x1a\x4b", "private"),
            (b"", ""),
        ];
        for (bytes, text) in cases {
            assert_eq!(decoded(bytes).as_deref(), Ok(text.as_bytes()), "{text}");
            assert_eq!(encode(text.as_bytes()), bytes, "{text}");
        }
    }

    #[test]
    fn every_symbol_has_the_code_of_the_rfc() {
        // RFC 7541 appendix B: some of each length, left-aligned, with padding.
        let cases: [(u8, &[u8]); 9] = [
            (b'0', &[0x07]),
            (b' ', &[0x53]),
            (b':', &[0xb9]),
            (b'\'', &[0xff, 0x5f]),
            (b'^', &[0xff, 0xf3]),
            (b'\\', &[0xff, 0xfe, 0x1f]),
            (0x80, &[0xff, 0xfe, 0x6f]),
            (0xff, &[0xff, 0xff, 0xfb, 0xbf]),
            (b'\n', &[0xff, 0xff, 0xff, 0xf3]),
        ];
        for (symbol, code) in cases {
            assert_eq!(decoded(code), Ok(vec![symbol]), "{symbol:#x}");
        }
        for symbol in 0..=255u8 {
            assert_eq!(decoded(&encode(&[symbol])), Ok(vec![symbol]));
        }
    }

    #[test]
    fn padding_is_up_to_seven_ones_and_the_end_symbol_is_none() {
        for broken in [
            &b"\xff"[..],
            b"\x00",
            b"\x06",
            b"\x07\xff",
            b"\xff\xff\xff\xff",
            b"\xff\xff\xff\xfc",
            b"\x53\xf8\xff\xff\xff\xff",
        ] {
            assert_eq!(decoded(broken), Err(Broken), "{broken:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(text in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(decoded(&encode(&text)), Ok(text));
        }

        #[test]
        fn what_is_decoded_was_encoded_so(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(text) = decoded(&bytes) {
                prop_assert_eq!(encode(&text), bytes);
            }
        }
    }
}
