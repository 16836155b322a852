//! Bytes as they stand: offset, sixteen bytes in hex, and as text.

use std::fmt::Write;

/// A hex dump: one line for each sixteen bytes, such as
/// `0010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..`.
pub fn hexdump(bytes: &[u8]) -> String {
    const WIDTH: usize = 16;
    // "0000  " + "xx " * 16 + " " + " " + text + line end
    let mut text = String::with_capacity(bytes.len().div_ceil(WIDTH) * 73);
    for (line, chunk) in bytes.chunks(WIDTH).enumerate() {
        // a String takes every write
        let _ = write!(text, "{:04x} ", line.saturating_mul(WIDTH));
        for column in 0..WIDTH {
            if column % 8 == 0 {
                text.push(' ');
            }
            let _ = match chunk.get(column) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        text.push(' ');
        text.extend(chunk.iter().map(|byte| match byte {
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
        assert_eq!(hexdump(b"GET / HTTP/1.1\r\n\x7f\x1b\xff"), expected);
        assert_eq!(hexdump(b""), "");
    }
}
