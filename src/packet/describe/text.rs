//! The words for one layer.

use std::fmt::{self, Display, Write};

/// One layer in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerText {
    /// Its name, such as `IPv4`.
    pub name: &'static str,
    /// The length of its header in bytes.
    pub header_len: usize,
    /// It in one line.
    pub summary: String,
    /// Name and value of each field.
    pub fields: Vec<(&'static str, String)>,
    /// Bytes that its header leaves for the next layer, as they were on the wire.
    pub left: usize,
}

/// What a layer says, before its place in the packet is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) name: &'static str,
    pub(super) summary: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Words {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(super) fn summary(&mut self, summary: impl Into<String>) {
        self.summary = summary.into();
    }

    pub(super) fn field(&mut self, name: &'static str, value: impl Display) {
        self.fields.push((name, value.to_string()));
    }
}

/// `1 byte`, `2 bytes`.
pub(super) fn bytes(n: usize) -> String {
    if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") }
}

/// Whether a checksum is right.
pub(super) const fn verdict(ok: Option<bool>) -> &'static str {
    match ok {
        Some(true) => "ok",
        Some(false) => "wrong, normal where the sender captured",
        None => "not verified",
    }
}

/// Bytes as hex digits, two each, separated by colons.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if n == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// A text in which every character that could move the cursor, colour the screen or turn the
/// writing direction is escaped.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => safe.push_str("\\r"),
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            c if c.is_control() && c.is_ascii() => {
                // a String takes every write
                let _ = write!(safe, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || turns_direction(c) => {
                safe.extend(c.escape_unicode());
            }
            c => safe.push(c),
        }
    }
    safe
}

const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The start of a payload as text, up to its first line end; none where it is not text.
pub(super) fn first_line(payload: &[u8]) -> Option<String> {
    const LONGEST: usize = 72;
    let start = payload.get(..LONGEST).unwrap_or(payload);
    let line = start.split(|b| matches!(b, b'\r' | b'\n')).next()?;
    let is_text = !line.is_empty() && line.iter().all(|b| matches!(b, b' '..=b'~' | b'\t'));
    is_text.then(|| {
        let more = if line.len() == LONGEST && payload.len() > LONGEST { "…" } else { "" };
        format!("{}{more}", escape(&String::from_utf8_lossy(line)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_survives() {
        assert_eq!(
            escape("a\x1b[2J\r\n\t\u{9b}b\u{202e}é"),
            "a\\x1b[2J\\r\\n\\t\\u{9b}b\\u{202e}é"
        );
    }

    #[test]
    fn first_lines() {
        assert_eq!(first_line(b"GET / HTTP/1.1\r\n\x00").as_deref(), Some("GET / HTTP/1.1"));
        assert_eq!(first_line(b"\x16\x03\x01"), None);
        assert_eq!(first_line(b"\r\nx"), None);
        assert_eq!(first_line(b""), None);
        assert!(first_line(&[b'x'; 73]).unwrap().ends_with("x…"));
    }
}
