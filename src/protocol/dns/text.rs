//! Bytes of names and strings as text that is safe to print.

use std::fmt::Write as _;

use domain::base::name::ParsedName;

use crate::protocol::dns::message::Name;

/// A name in presentation form (RFC 1035 §5.1), without the dot at the end; the root is `.`.
pub(super) fn name<O: AsRef<[u8]>>(name: &ParsedName<O>) -> Name {
    let mut text = String::new();
    for label in name.iter().filter(|label| !label.is_root()) {
        if !text.is_empty() {
            text.push('.');
        }
        escape(&mut text, label.as_slice(), b". \\");
    }
    if text.is_empty() {
        text.push('.');
    }
    text.into_boxed_str()
}

/// A character string (RFC 1035 §3.3), as it stands between quotation marks.
pub(super) fn string(bytes: &[u8]) -> Box<str> {
    let mut text = String::new();
    escape(&mut text, bytes, b"\"\\");
    text.into_boxed_str()
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a string cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Data of a type that is not known (RFC 3597 §5).
pub(super) fn unknown(bytes: &[u8]) -> Box<str> {
    let text = if bytes.is_empty() {
        "\\# 0".to_owned()
    } else {
        format!("\\# {} {}", bytes.len(), hex(bytes))
    };
    text.into_boxed_str()
}

/// Text of others without control characters.
pub(super) fn printable(text: &str) -> Box<str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut safe = String::new();
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(safe, "\\{:03}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe.into_boxed_str()
}

/// Printable ASCII as it is, the `special` ones with a backslash, all else as `\DDD`.
fn escape(text: &mut String, bytes: &[u8], special: &[u8]) {
    for &byte in bytes {
        match byte {
            b' ' if special.contains(&b' ') => text.push_str("\\032"),
            b' '..=b'~' => {
                if special.contains(&byte) {
                    text.push('\\');
                }
                text.push(char::from(byte));
            }
            _ => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::dep::octseq::parse::Parser;

    use super::*;

    fn shown(bytes: &[u8]) -> String {
        let mut parser = Parser::from_ref(bytes);
        name(&ParsedName::parse(&mut parser).unwrap()).into_string()
    }

    #[test]
    fn names_are_escaped_where_they_would_lie() {
        assert_eq!(shown(b"\0"), ".");
        assert_eq!(shown(b"\x03wWw\x07example\0"), "wWw.example");
        assert_eq!(shown(b"\x07My TV.1\x05local\0"), "My\\032TV\\.1.local");
        assert_eq!(shown(b"\x05a\\b\x00\x7f\0"), "a\\\\b\\000\\127");
        assert_eq!(shown("\u{5}\u{1b}[2Jé\0".replace('é', "\u{1}").as_bytes()), "\\027[2J\\001");
    }

    #[test]
    fn strings_cannot_end_their_quotes() {
        assert_eq!(&*string(b"v=1 \"x\" \\\n\xff"), "v=1 \\\"x\\\" \\\\\\010\\255");
        assert_eq!(&*unknown(b"\x01\xab"), "\\# 2 01ab");
        assert_eq!(&*printable("a\u{7}\u{9b}b"), "a\\007\\155b");
    }
}
