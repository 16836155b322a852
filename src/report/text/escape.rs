//! Text from packets, made safe to print.
//!
//! Whatever a packet says must not move the cursor, change colours, hide or reorder what else is on
//! the line. Everything that a view prints and did not write itself goes through [`escape`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character that does something else than show itself spelled out:
/// `\n`, `\t`, `\x1b`, `\u{202e}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    spell(text, |c| !is_safe(c), spell_one)
}

/// `text` in ASCII only: the signs that the views themselves use by their likeness, all others as
/// code points.
pub fn to_ascii(text: &str) -> Cow<'_, str> {
    spell(
        text,
        |c| !c.is_ascii(),
        |c, out| match likeness(c) {
            Some(ascii) => out.push_str(ascii),
            None => spell_one(c, out),
        },
    )
}

fn spell(text: &str, odd: impl Fn(char) -> bool, one: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(&odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if odd(c) {
            one(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn spell_one(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 0x100 => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// True for characters that only show themselves. Not: controls (C0, DEL, C1), line and paragraph
/// separators, bidirectional controls (Unicode UAX 9 §2), and what takes no room: joiners,
/// variation selectors, fillers, tags, the byte order mark, interlinear marks.
pub(in crate::report) fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn likeness(c: char) -> Option<&'static str> {
    Some(match c {
        '–' | '−' | '─' | '━' => "-",
        '…' => "..",
        '→' => "->",
        '·' | '•' | '│' => "|",
        '└' => "+",
        'µ' => "u",
        '×' => "x",
        '≥' => ">=",
        '≤' => "<=",
        '“' | '”' => "\"",
        '’' => "'",
        '§' => "section ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_moves_hides_or_reorders_is_spelled_out() {
        assert_eq!(escape("a\x1b[31mb\r\n\t\x7f"), "a\\x1b[31mb\\r\\n\\t\\x7f");
        assert_eq!(escape("\u{202e}gpj.exe\u{9b}"), "\\u{202e}gpj.exe\\x9b");
        assert_eq!(escape("a\u{200b}b\u{feff}\u{e0041}"), "a\\u{200b}b\\u{feff}\\u{e0041}");
        assert!(matches!(escape("/straße?q=日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn ascii_keeps_the_sense() {
        assert_eq!(to_ascii("12–19 · 3 µs → é"), "12-19 | 3 us -> \\xe9");
        assert!(matches!(to_ascii("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_unsafe_remains(text in "\\PC*|.*") {
            let safe = escape(&text);
            prop_assert!(safe.chars().all(is_safe));
            prop_assert!(to_ascii(&safe).chars().all(|c| (' '..='~').contains(&c)));
        }
    }
}
