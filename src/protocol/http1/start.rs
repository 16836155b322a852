//! What the start of a message looks like (RFC 9112 §3, §4): to find out whether bytes are HTTP,
//! and to find the next message after a hole.

use crate::protocol::buffer::StreamBuffer;
use crate::time::Frames;

/// What bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// Like the start of a message.
    Like,
    /// Like the beginning of one, as far as they go.
    Short,
    /// Like something else.
    Unlike,
}

/// Does a request begin here? A token and a space will do: any token is a method (RFC 9110
/// §9.1).
pub(super) fn begins_request(bytes: &[u8]) -> Looks {
    match bytes.iter().take(LONGEST_METHOD + 1).position(|&b| !is_token(b)) {
        Some(0) => Looks::Unlike,
        Some(end) if matches!(bytes.get(end), Some(b' ' | b'\t')) => Looks::Like,
        None if bytes.len() <= LONGEST_METHOD => Looks::Short,
        _ => Looks::Unlike,
    }
}

/// Does HTTP/2 begin here, with the preface of its client (RFC 9113 §3.4)? No request of HTTP/1
/// looks like it, which is what it is for.
pub(super) fn begins_http2(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PRI * HTTP/2")
}

/// Does a response begin here?
pub(super) fn begins_response(bytes: &[u8]) -> Looks {
    prefix(bytes, b"HTTP/")
}

/// Is this a whole request line, `METHOD SP target SP HTTP/1.x`?
pub(super) fn is_request(bytes: &[u8]) -> Looks {
    if begins_request(bytes) != Looks::Like {
        return begins_request(bytes);
    }
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    if line.iter().any(|&b| b < 0x20 && b != b'\r' && b != b'\t') {
        return Looks::Unlike;
    }
    if line.len() == bytes.len() {
        return if bytes.len() < LONGEST_LINE { Looks::Short } else { Looks::Unlike };
    }
    let words = || line.trim_ascii_end().split(u8::is_ascii_whitespace);
    let version = words().next_back().unwrap_or_default();
    let dotted = version.strip_prefix(b"HTTP/1.").is_some_and(|minor| minor.len() == 1);
    if dotted && words().count() > 2 { Looks::Like } else { Looks::Unlike }
}

/// Is this a request line that may be trusted where it is not known that a message begins? All
/// methods in use are in capitals.
pub(super) fn is_usual_request(bytes: &[u8]) -> Looks {
    let small = |b: &u8| b.is_ascii_lowercase();
    match is_request(bytes) {
        Looks::Like | Looks::Short if bytes.iter().take_while(|&&b| is_token(b)).any(small) => {
            Looks::Unlike
        }
        looks => looks,
    }
}

/// Is this `HTTP/1.x NNN`?
pub(super) fn is_response(bytes: &[u8]) -> Looks {
    let (start, code) = bytes.split_at_checked(9).unwrap_or((bytes, &[]));
    let version = match start.split_at_checked(7) {
        None => return prefix(bytes, b"HTTP/1."),
        Some((b"HTTP/1.", minor)) => minor,
        Some(_) => return Looks::Unlike,
    };
    let minor_fits = version.first().is_none_or(u8::is_ascii_digit);
    let space_fits = version.get(1).is_none_or(|&b| b == b' ');
    let code_fits = code.iter().take(3).all(u8::is_ascii_digit);
    let end_fits = code.get(3).is_none_or(|b| b" \r\n".contains(b));
    match minor_fits && space_fits && code_fits && end_fits {
        true if code.len() >= 4 => Looks::Like,
        true => Looks::Short,
        false => Looks::Unlike,
    }
}

/// Reads on to the next place where `is_start` sees a message begin: at the beginning of a packet
/// or of a line. What is before it goes to `pass`. False where no such place has come yet.
pub(super) fn seek(
    buffer: &mut StreamBuffer,
    is_start: impl Fn(&[u8]) -> Looks,
    mut pass: impl FnMut(&mut StreamBuffer, usize),
) -> bool {
    while !buffer.is_empty() {
        let looks = match is_start(buffer.front()) {
            Looks::Short => is_start(&buffer.peek(LONGEST_LINE)),
            clear => clear,
        };
        match looks {
            Looks::Like => return true,
            Looks::Short => return false,
            Looks::Unlike => {}
        }
        let front = buffer.front();
        let line = front.iter().position(|&b| b == b'\n').map_or(front.len(), |at| at + 1);
        pass(buffer, line);
    }
    false
}

/// Servers skip empty lines before a request (RFC 9112 §2.2).
pub(super) fn skip_blank_lines(buffer: &mut StreamBuffer) {
    loop {
        let blank = buffer.front().iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if buffer.skip(blank, &mut Frames::default()).is_none() {
            return;
        }
    }
}

/// Is this a request line of HTTP/0.9? It has no version, and nothing follows it.
pub(super) fn is_bare_request(line: &[u8]) -> bool {
    let mut words = line.trim_ascii().split(u8::is_ascii_whitespace);
    let words = (words.next(), words.next(), words.next());
    matches!(words, (Some(b"GET"), Some(_), None))
}

/// A character of a token (RFC 9110 §5.6.2).
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

fn prefix(bytes: &[u8], wanted: &[u8]) -> Looks {
    if bytes.starts_with(wanted) {
        Looks::Like
    } else if wanted.starts_with(bytes) {
        Looks::Short
    } else {
        Looks::Unlike
    }
}

/// The longest registered method has 17 characters (UPDATEREDIRECTREF); some invent longer ones.
const LONGEST_METHOD: usize = 64;

/// RFC 9112 §3: 8,000 octets of request line should be supported by all.
pub(super) const LONGEST_LINE: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::time::Stamp;

    #[test]
    fn request_lines_are_known_from_others() {
        for line in ["GET / HTTP/1.1\r\n", "M-SEARCH * HTTP/1.1\n", "QUERY /a b HTTP/1.0\r\nHost"] {
            assert_eq!(is_request(line.as_bytes()), Looks::Like, "{line}");
            for end in 0..line.find('\n').unwrap() {
                assert_eq!(is_request(&line.as_bytes()[..end]), Looks::Short, "{line} {end}");
            }
        }
        let others = [
            "OPTIONS rtsp://h/ RTSP/1.0\r\n",
            "INVITE sip:a@b SIP/2.0\r\n",
            "GET /\r\n",
            "PRI * HTTP/2.0\r\n",
            "HTTP/1.1 200 OK\r\n",
            "a b\x01c HTTP/1.1\r\n",
            " / HTTP/1.1\r\n",
            "GET HTTP/1.1\r\n",
            "\x16\x03\x01",
        ];
        for line in others {
            assert_eq!(is_request(line.as_bytes()), Looks::Unlike, "{line}");
        }
    }

    #[test]
    fn status_lines_are_known_from_others() {
        for line in ["HTTP/1.1 200 OK", "HTTP/1.0 404\r\n"] {
            assert_eq!(is_response(line.as_bytes()), Looks::Like, "{line}");
            for end in 0..13 {
                assert_eq!(is_response(&line.as_bytes()[..end]), Looks::Short, "{line} {end}");
            }
        }
        for line in
            ["ICY 200 OK\r\n", "RTSP/1.0 200 OK", "HTTP/2 200", "HTTP/1.1 2000 ", "HTTP/1.x 2"]
        {
            assert_eq!(is_response(line.as_bytes()), Looks::Unlike, "{line}");
        }
    }

    #[test]
    fn a_message_is_found_at_a_line_or_a_packet() {
        let mut buffer = StreamBuffer::default();
        for packet in ["tail\nHTTP/1.1 x\nmore HTTP/1.1 200 OK", "HTTP/1", ".1 304 Not Mod"] {
            buffer.push(Bytes::from(packet), Stamp::default(), Stamp::default());
        }
        let mut passed = 0;
        assert!(seek(&mut buffer, is_response, |buffer, n| {
            passed += n;
            buffer.skip(n, &mut Frames::default());
        }));
        assert_eq!((passed, buffer.len()), (36, 20));
    }
}
