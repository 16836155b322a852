//! Bytes as they stand: offset, sixteen bytes in hex, and as text.

use std::fmt::Write;
use std::ops::Range;

/// A hex dump: one line for each sixteen bytes, such as
/// `0010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..`. For bytes that are
/// `hidden` there are asterisks.
pub fn hexdump(bytes: &[u8], hidden: &[Range<usize>]) -> String {
    const WIDTH: usize = 16;
    // "0000  " + "xx " * 16 + " " + " " + text + line end
    let mut text = String::with_capacity(bytes.len().div_ceil(WIDTH) * 73);
    for (line, chunk) in bytes.chunks(WIDTH).enumerate() {
        // a String takes every write
        let offset = line.saturating_mul(WIDTH);
        let is_hidden = |column| hidden.iter().any(|range| range.contains(&(offset + column)));
        let _ = write!(text, "{offset:04x} ");
        for column in 0..WIDTH {
            if column % 8 == 0 {
                text.push(' ');
            }
            let _ = match chunk.get(column) {
                Some(_) if is_hidden(column) => write!(text, "** "),
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        text.push(' ');
        text.extend(chunk.iter().enumerate().map(|(column, byte)| match byte {
            _ if is_hidden(column) => '*',
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_broken_lines() {
        let expected = "\
0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..
0010  7f 1b ff                                          ...
";
        assert_eq!(hexdump(b"GET / HTTP/1.1\r\n\x7f\x1b\xff", &[]), expected);
        assert_eq!(hexdump(b"", &[]), "");
    }

    #[test]
    fn what_is_hidden_does_not_show() {
        let expected = "\
0000  61 ** ** 64 2e 2e 2e 2e  2e 2e 2e 2e 2e 2e 2e **  a**d...........*
0010  ** 62                                             *b
";
        assert_eq!(hexdump(b"abcd............cb", &[1..3, 15..17]), expected);
    }
}
