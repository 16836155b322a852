//! Columns of the terminal: measuring, cutting and wrapping text.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

fn width_of(c: char) -> usize {
    // Control characters have no width of their own, but count one in a text.
    c.width().unwrap_or(1)
}

/// The longest beginning of `text` that fits in `columns`.
fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += width_of(*c);
        used > columns
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// The longest end of `text` that fits in `columns`.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let begin = text.char_indices().rev().find(|(_, c)| {
        used += width_of(*c);
        used > columns
    });
    begin.and_then(|(at, c)| text.get(at + c.len_utf8()..)).unwrap_or(text)
}

/// `text` in at most `columns`, its end cut off where it is longer.
pub fn cut_end(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(mark));
    let mark = if width(mark) <= columns { mark } else { "" };
    format!("{}{mark}", head(text, room))
}

/// `text` in at most `columns`, cut in the middle where it is longer: of a URL the beginning says
/// where and the end says what.
pub fn cut_middle(text: &str, columns: usize, mark: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(mark));
    if room < 2 {
        return cut_end(text, columns, mark);
    }
    let left = head(text, room - room / 2);
    let right = tail(text, room.saturating_sub(width(left)));
    format!("{left}{mark}{right}")
}

/// `text` in lines of at most `columns`, broken between words where that is possible.
pub fn wrap(text: &str, columns: Option<usize>) -> Vec<String> {
    let Some(columns) = columns.map(|columns| columns.max(1)) else {
        return vec![text.to_owned()];
    };
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let joint = usize::from(!line.is_empty());
        if width(&line) + joint + width(word) <= columns {
            if joint == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while width(rest) > columns {
            let piece = head(rest, columns);
            // A character wider than the line cannot be broken.
            if piece.is_empty() {
                break;
            }
            lines.push(piece.to_owned());
            rest = rest.get(piece.len()..).unwrap_or("");
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// `parts` with dots between them, in lines of at most `columns`; a part is broken only where it is
/// longer than a line.
pub fn wrap_parts(parts: &[String], columns: Option<usize>) -> Vec<String> {
    let most = columns.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(part) <= most => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => lines.extend(wrap(part, columns)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_count_columns_not_bytes() {
        assert_eq!(cut_end("日本語日本語", 7, "…"), "日本語…");
        assert_eq!(cut_end("日本語日本語", 6, "…"), "日本…");
        assert_eq!(cut_middle("/images/2026/header.png", 15, "…"), "/images…der.png");
        assert_eq!(cut_middle("/a.png", 15, "…"), "/a.png");
        assert_eq!(cut_middle("/a.png", 1, "…"), "…");
        assert_eq!(cut_end("abc", 0, "…"), "");
    }

    #[test]
    fn lines_break_between_words_then_within() {
        assert_eq!(wrap("one two three", Some(8)), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", Some(4)), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", Some(4)), [""]);
        assert_eq!(wrap("one two", None), ["one two"]);
    }

    #[test]
    fn parts_stay_whole_where_they_can() {
        let parts = ["one two".to_owned(), "three four".to_owned(), "five".to_owned()];
        assert_eq!(wrap_parts(&parts, Some(17)), ["one two", "three four · five"]);
        assert_eq!(wrap_parts(&parts, Some(8)), ["one two", "three", "four", "five"]);
        assert_eq!(wrap_parts(&parts, None), ["one two · three four · five"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in ".*", columns in 2usize..60) {
            prop_assert!(width(&cut_end(&text, columns, "…")) <= columns);
            prop_assert!(width(&cut_middle(&text, columns, "…")) <= columns);
        }

        #[test]
        fn wrapping_loses_nothing_but_spaces(text in "[a-z ]{0,80}", columns in 1usize..20) {
            let lines = wrap(&text, Some(columns));
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            let kept: String = lines.concat().replace(' ', "");
            prop_assert_eq!(kept, text.replace(' ', ""));
        }
    }
}
