//! The chunked transfer coding (RFC 9112 §7.1): what the next bytes are.

use std::borrow::Cow;

use crate::limits::Limits;
use crate::protocol::buffer::StreamBuffer;
use crate::protocol::http1::head::Search;

/// Where in a chunked body we are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chunked {
    /// Before a chunk's size.
    Size,
    /// So many bytes of its data are to come.
    Data(u64),
    /// Before the line end that follows the data.
    DataEnd,
    /// In the trailer section, after the chunk of size 0.
    Trailers(Search),
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// So many bytes of framing.
    Framing(usize),
    /// So many bytes of data.
    Data(usize),
    /// So many bytes of trailer section; the body is whole.
    Trailers(usize),
    /// It cannot be told before more comes.
    Short,
    /// What it is breaks the rules: in words.
    Broken(Cow<'static, str>),
}

impl Chunked {
    /// Says what the next bytes of `buffer` are, and goes beyond them. The caller reads them.
    pub(super) fn next(&mut self, buffer: &StreamBuffer, limits: &Limits) -> Piece {
        match self {
            Self::Size => {
                let line = buffer.peek(SHORT_LINE);
                match size(&line) {
                    Line::Short if buffer.len() > SHORT_LINE => {
                        self.size(&buffer.peek(limits.http_chunk_line), limits)
                    }
                    _ => self.size(&line, limits),
                }
            }
            Self::Data(left) => {
                let ready = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                if ready == 0 {
                    return Piece::Short;
                }
                *left -= ready as u64;
                if *left == 0 {
                    *self = Self::DataEnd;
                }
                Piece::Data(ready)
            }
            Self::DataEnd => {
                let length = match &*buffer.peek(2) {
                    [b'\n', ..] => 1,
                    [b'\r', b'\n'] => 2,
                    [] | [b'\r'] => return Piece::Short,
                    _ => return Piece::Broken("a chunk is longer than its size".into()),
                };
                *self = Self::Size;
                Piece::Framing(length)
            }
            Self::Trailers(search) => match search.run(buffer) {
                Some(length) => Piece::Trailers(length),
                None if buffer.len() > limits.http_head => {
                    Piece::Broken("more trailers than a head may have fields".into())
                }
                None => Piece::Short,
            },
        }
    }

    fn size(&mut self, line: &[u8], limits: &Limits) -> Piece {
        match size(line) {
            Line::Short if line.len() >= limits.http_chunk_line => {
                Piece::Broken("a chunk size line has no end".into())
            }
            Line::Short => Piece::Short,
            Line::Broken => {
                let shown: String = line.escape_ascii().take(40).map(char::from).collect();
                Piece::Broken(format!("no chunk size: {shown}").into())
            }
            Line::Size { size, length } => {
                *self = match size {
                    0 => Self::Trailers(Search::trailers()),
                    size => Self::Data(size),
                };
                Piece::Framing(length)
            }
        }
    }
}

enum Line {
    Size { size: u64, length: usize },
    Short,
    Broken,
}

/// A chunk size, blanks or an extension, and a line end.
fn size(line: &[u8]) -> Line {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or_default();
    let parsed = std::str::from_utf8(number).ok().and_then(|n| u64::from_str_radix(n, 16).ok());
    let size = match (parsed, rest.first()) {
        (_, None) if digits <= MAX_DIGITS => return Line::Short,
        (Some(size), Some(b'\r' | b'\n' | b' ' | b'\t' | b';')) if digits <= MAX_DIGITS => size,
        _ => return Line::Broken,
    };
    match rest.iter().position(|&b| b == b'\n') {
        Some(end) => Line::Size { size, length: digits + end + 1 },
        None => Line::Short,
    }
}

/// 16 digits are 64 bits.
const MAX_DIGITS: usize = 16;

/// Chunk size lines are seldom longer.
const SHORT_LINE: usize = 32;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::time::{Frames, Stamp};

    /// Data and whole bytes of a body, or what is wrong with it; none where it has no end.
    fn read(body: &[u8], piece: usize) -> Option<Result<(usize, usize), String>> {
        let (mut buffer, mut chunked) = (StreamBuffer::default(), Chunked::Size);
        let (mut data, mut all) = (0, 0);
        for part in body.chunks(piece) {
            buffer.push(Bytes::copy_from_slice(part), Stamp::default(), Stamp::default());
            loop {
                let next = chunked.next(&buffer, &Limits::default());
                let length = match next {
                    Piece::Framing(n) | Piece::Data(n) | Piece::Trailers(n) => n,
                    Piece::Short => break,
                    Piece::Broken(why) => return Some(Err(why.into())),
                };
                buffer.skip(length, &mut Frames::default());
                all += length;
                match next {
                    Piece::Data(n) => data += n,
                    Piece::Trailers(_) => return Some(Ok((data, all))),
                    _ => {}
                }
            }
        }
        None
    }

    #[test]
    fn chunks_are_read_whatever_the_packets() {
        let bodies: [(&[u8], usize); 4] = [
            (b"5\r\nhello\r\n0\r\n\r\n", 5),
            (b"00a ; x=\"y\"\r\n0123456789\r\n1\nx\n0\nA: b\nC: d\n\n", 11),
            (b"0\r\n\r\n", 0),
            (b"5;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nhello\r\n0;x\r\nA: b\r\n\r\n", 5),
        ];
        for (body, data) in bodies {
            for piece in 1..=body.len() {
                assert_eq!(read(body, piece), Some(Ok((data, body.len()))), "{piece}");
            }
            for end in 0..body.len() {
                assert_eq!(read(&body[..end], 99), None, "cut after {end}");
            }
        }
    }

    #[test]
    fn what_breaks_the_rules_is_said() {
        let long = [b"1;".as_slice(), &[b'x'; 5000]].concat();
        let bodies: [&[u8]; 7] = [
            b"\r\n",
            b"x\r\n",
            b"-1\r\n",
            b"5\r\nhelloo",
            b"00000000000000001\r\n",
            b"5x\r\n",
            &long,
        ];
        for body in bodies {
            assert!(
                matches!(read(body, body.len()), Some(Err(_))),
                "{:?}",
                body.escape_ascii().to_string()
            );
        }
    }
}
