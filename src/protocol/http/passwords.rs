//! Passwords in URLs, and how they are blanked (RFC 3986 §3.2.1).
//!
//! What stands behind the first colon of the user information is one. A text may be a URL or have
//! some in it, as `Location`, `Link` and `Refresh` do.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

/// What stands for a password, or another credential.
pub const BLANK: &str = "***";

/// `user:***@host` of an authority that stands alone, as in `Host` or the target of CONNECT.
pub fn of_authority(text: &str) -> Cow<'_, str> {
    let password =
        memchr(b'@', text.as_bytes()).and_then(|_| password_in(text.as_bytes(), 0..text.len()));
    without(text, password.as_slice())
}

/// A text without the passwords of the URLs in it: a URL, a target, any field that has URLs.
pub fn of_text(text: &str) -> Cow<'_, str> {
    without(text, &ranges(text.as_bytes()))
}

fn without<'a>(text: &'a str, passwords: &[Range<usize>]) -> Cow<'a, str> {
    if passwords.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut from = 0;
    for password in passwords {
        blanked.push_str(text.get(from..password.start).unwrap_or_default());
        blanked.push_str(BLANK);
        from = password.end;
    }
    blanked.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(blanked)
}

/// Where the passwords of the URLs in a text are. An authority begins behind two slashes, those
/// behind a scheme or where a URL without one may begin; in a URL that begins the text, behind
/// the scheme alone too, as browsers read it.
pub fn ranges(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if memchr(b'@', text).is_none() {
        return found;
    }
    let mut at = leading_authority(text);
    if at > 0 {
        found.extend(password_in(text, at..end_of_authority(text, at, is_end)));
    }
    while let Some(slash) = text.get(at..).and_then(|rest| rest.iter().position(|b| is_slash(*b))) {
        let slash = at + slash;
        let slashes = text.get(slash..).unwrap_or_default();
        let many = slashes.iter().take_while(|byte| is_slash(**byte)).count();
        let before = slash.checked_sub(1).and_then(|before| text.get(before));
        at = slash + many;
        if many >= 2 && before.is_none_or(|before| !is_of_path(*before)) {
            let end = end_of_authority(text, at, |byte| is_end(byte) || is_outside(byte));
            found.extend(password_in(text, at..end));
        }
    }
    found
}

/// Where the authority begins of a URL that begins the text: 0 where none does.
fn leading_authority(text: &[u8]) -> usize {
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let url = text.get(blanks..).unwrap_or_default();
    let scheme = ["https:", "http:", "wss:", "ws:", "ftp:"].into_iter().find(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    });
    let Some(scheme) = scheme else { return 0 };
    let slashes = url.get(scheme.len()..).unwrap_or_default();
    blanks + scheme.len() + slashes.iter().take_while(|byte| is_slash(**byte)).count()
}

fn end_of_authority(text: &[u8], start: usize, is_end: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(|byte| is_end(*byte)).unwrap_or(rest.len())
}

/// What is behind the first colon and before the last `@` of an authority.
fn password_in(text: &[u8], authority: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.get(authority.clone())?;
    let end = bytes.iter().rposition(|byte| *byte == b'@')?;
    let colon = bytes.get(..end)?.iter().position(|byte| *byte == b':')?;
    let password = authority.start + colon + 1..authority.start + end;
    (!password.is_empty()).then_some(password)
}

const fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// True for what ends the authority of a URL, as browsers read it.
const fn is_end(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'\r' | b'\n')
}

/// True for what no URL in the middle of a text has.
const fn is_outside(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'"' | b'<' | b'>' | 0x7f)
}

/// True for what goes on with a path, so that two slashes behind it begin no authority.
const fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'@' | b'*')
        || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passwords_in_urls_go_and_users_stay() {
        for (text, wanted) in [
            ("http://u:p@h/", "http://u:***@h/"),
            ("HTTP://u:p:q@r@h:80/a?b#c", "HTTP://u:***@h:80/a?b#c"),
            ("//u:p@h", "//u:***@h"),
            ("http:u:p@h/", "http:u:***@h/"),
            ("http:\\\\u:p@h\\", "http:\\\\u:***@h\\"),
            ("http://u:pa ss@h/", "http://u:***@h/"),
            ("5; url=ftp://:p@h/", "5; url=ftp://:***@h/"),
            (
                "<http://u:p@h/>; rel=next, <https://v:q@h>",
                "<http://u:***@h/>; rel=next, <https://v:***@h>",
            ),
            ("/login?next=http://u:p@h/", "/login?next=http://u:***@h/"),
            ("http://h/?next=//u:p@h", "http://h/?next=//u:***@h"),
        ] {
            assert_eq!(of_text(text), wanted);
        }
        for same in [
            "http://u@h/",
            "http://u:@h/",
            "http://h/a:b@c",
            "/npm//a:b@1",
            "mail a:b@c",
            "a@b",
            "http://[::1]:80/@",
        ] {
            assert!(matches!(of_text(same), Cow::Borrowed(_)), "{same}");
        }
        assert_eq!(of_authority("u:p@h:80"), "u:***@h:80");
        assert_eq!(of_authority("h:80"), "h:80");
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let once = of_text(&text).into_owned();
            prop_assert_eq!(of_text(&once).into_owned(), once);
            for password in ranges(&bytes) {
                prop_assert!(bytes.get(password).is_some_and(|it| !it.is_empty()));
            }
        }
    }
}
