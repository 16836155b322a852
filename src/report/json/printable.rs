//! JSON that may be printed: what moves the cursor, hides or reorders text is written as `\u`
//! and four digits, which says the same to whoever reads JSON (RFC 8259 §7).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::report::text::escape::is_safe;

/// Writes a value.
///
/// # Errors
///
/// What writing to `out` gives.
pub(in crate::report) fn to_writer<T>(out: impl Write, value: &T) -> io::Result<()>
where
    T: Serialize + ?Sized,
{
    Ok(value.serialize(&mut Serializer::with_formatter(out, Printable))?)
}

/// The bytes of a value.
pub(in crate::report) fn to_vec<T: Serialize + ?Sized>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(128);
    to_writer(&mut bytes, value)?;
    Ok(bytes)
}

/// serde_json escapes what JSON must have escaped; this is for the text in between.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W>(&mut self, out: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        // What JSON leaves alone below 0x80 is safe but for DEL. All bytes are looked at, which the
        // compiler can do many at a time; stopping early it cannot.
        if fragment.bytes().fold(0, u8::max) < 0x7f {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(odd) = rest.find(|c| !is_safe(c)) {
            let (safe, tail) = rest.split_at(odd);
            out.write_all(safe.as_bytes())?;
            let mut tail = tail.chars();
            if let Some(odd) = tail.next() {
                for unit in odd.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = tail.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_safe_to_print_is_escaped() {
        let text = "a\u{9b}\u{202e}b\u{7f}\u{e0041}é\u{1b}\"";
        let json = String::from_utf8(to_vec(text).unwrap()).unwrap();
        assert_eq!(json, r#""a\u009b\u202eb\u007f\udb40\udc41é\u001b\"""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC*|.*|[\u{0}-\u{2f}\u{7f}-\u{a0}\u{2028}-\u{202e}]*") {
            let json = String::from_utf8(to_vec(&text).unwrap()).unwrap();
            prop_assert!(json.chars().all(is_safe), "{json}");
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
