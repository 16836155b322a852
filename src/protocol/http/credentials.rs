//! Credentials in messages, and how they are blanked.
//!
//! What is one: the values of `Cookie`, `Set-Cookie` (RFC 6265), `Authorization` and
//! `Proxy-Authorization` (RFC 9110 §11), and passwords in URLs (RFC 3986 §3.2.1). Browsers leave
//! the same fields out of the HAR that they export for sharing; here the field stays, so that one
//! sees that it was sent, and [`BLANK`] stands for the secret in it. What is not one, though it
//! may be as secret: other fields, query parameters, a user's name without a password.
//!
//! Sizes are counted on the wire and do not change.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{HttpEvent, MessageKind, RequestHead};
use crate::protocol::http::passwords::{BLANK, of_authority, of_text};

/// What becomes of credentials on their way into the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// [`BLANK`] stands for them: the model does not hold them, so that no output can show them.
    #[default]
    Blanked,
    /// They stay as sent.
    Kept,
}

/// Blanks the credentials of what became known about an exchange. Gives how many fields, targets
/// and authorities had some.
pub fn blank(event: &mut HttpEvent) -> u64 {
    match event {
        HttpEvent::Request { head, .. } => in_request(head),
        HttpEvent::Response { head, .. } | HttpEvent::Informational { head, .. } => {
            in_fields(&mut head.fields)
        }
        HttpEvent::RequestEnd { end, .. } | HttpEvent::ResponseEnd { end, .. } => {
            in_fields(&mut end.trailers)
        }
        HttpEvent::Message { message, .. } => in_close(&mut message.kind),
        HttpEvent::Prioritized { .. }
        | HttpEvent::Queued { .. }
        | HttpEvent::Early { .. }
        | HttpEvent::Switched { .. } => 0,
    }
}

/// Blanks passwords in why a WebSocket closes, which is in the sender's own words.
fn in_close(kind: &mut MessageKind) -> u64 {
    let MessageKind::Close { reason, .. } = kind else { return 0 };
    let Cow::Owned(blanked) = of_text(reason) else { return 0 };
    *reason = blanked.into();
    1
}

/// Blanks the credentials of a request's head; gives in how many places there were some.
pub fn in_request(head: &mut RequestHead) -> u64 {
    let mut count = in_fields(&mut head.fields);
    let blank = if head.asks_for_tunnel() { of_authority } else { of_text };
    if let Some(Cow::Owned(blanked)) = head.target.as_deref().map(blank) {
        head.target = Some(blanked.into());
        count += 1;
    }
    let authority = head.authority.as_deref().map(of_authority);
    if let Some(Cow::Owned(blanked)) = authority {
        head.authority = Some(blanked.into());
        count += 1;
    }
    count
}

/// Blanks the values that are credentials, and passwords in the others; gives how many it were.
pub fn in_fields(fields: &mut Fields) -> u64 {
    fields.rewrite(|name, value| match of_field(name, value) {
        Cow::Owned(blanked) => Some(blanked),
        Cow::Borrowed(_) => None,
    })
}

/// True for fields whose value is a credential.
pub fn is_credential(name: &str) -> bool {
    kind_of(name).is_some_and(|kind| kind != Kind::Host)
}

/// The value of a field without credentials.
pub fn of_field<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    match kind_of(name) {
        Some(Kind::Cookies) => Cow::Owned(cookies(value)),
        Some(Kind::SetCookie) => Cow::Owned(set_cookie(value)),
        Some(Kind::Authorization) => Cow::Owned(authorization(value)),
        Some(Kind::Host) => of_authority(value),
        None => of_text(value),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cookies,
    SetCookie,
    Authorization,
    /// No URL, but the part of one that may hold a password.
    Host,
}

fn kind_of(name: &str) -> Option<Kind> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    // Most names differ in length already.
    match name.len() {
        4 if is("host") => Some(Kind::Host),
        6 if is("cookie") => Some(Kind::Cookies),
        // RFC 2965, which no browser follows any more.
        7 if is("cookie2") => Some(Kind::Cookies),
        10 if is("set-cookie") => Some(Kind::SetCookie),
        11 if is("set-cookie2") => Some(Kind::SetCookie),
        13 if is("authorization") => Some(Kind::Authorization),
        19 if is("proxy-authorization") => Some(Kind::Authorization),
        _ => None,
    }
}

/// `a=***; b=***`: names stay, and a cookie without a name is all value.
fn cookies(value: &str) -> String {
    let pairs: Vec<Cow<'_, str>> = value.split(';').map(|pair| cookie(pair.trim())).collect();
    pairs.join("; ")
}

fn cookie(pair: &str) -> Cow<'_, str> {
    match pair.split_once('=') {
        _ if pair.is_empty() => Cow::Borrowed(""),
        Some((name, _)) => Cow::Owned(format!("{name}={BLANK}")),
        None => Cow::Borrowed(BLANK),
    }
}

/// `a=***; Path=/; HttpOnly`: attributes stay where they are what they should be. Others may be
/// the rest of a value that has a semicolon in quotes.
fn set_cookie(value: &str) -> String {
    let mut pieces = value.split(';').map(str::trim);
    let mut text = cookie(pieces.next().unwrap_or_default()).into_owned();
    for piece in pieces {
        text.push_str("; ");
        if is_attribute(piece) {
            text.push_str(piece);
        } else {
            text.push_str(&cookie(piece));
        }
    }
    text
}

fn is_attribute(piece: &str) -> bool {
    let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
    let name = name.trim();
    let is_known = ATTRIBUTES.iter().any(|known| name.eq_ignore_ascii_case(known));
    // A list of cookies in one field goes on behind a comma; a date has one of its own.
    let commas = usize::from(name.eq_ignore_ascii_case("expires"));
    is_known && !value.contains(['=', '"']) && value.matches(',').count() <= commas
}

const ATTRIBUTES: [&str; 9] = [
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "httponly",
    "secure",
    "partitioned",
    "priority",
];

/// `Basic ***`: the scheme stays where it is a known one.
fn authorization(value: &str) -> String {
    let value = value.trim();
    let end = value.find(|c: char| c.is_ascii_whitespace());
    let scheme = end.and_then(|end| value.get(..end));
    match scheme.filter(|scheme| SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))) {
        Some(scheme) => format!("{scheme} {BLANK}"),
        None => BLANK.to_owned(),
    }
}

/// The schemes that IANA lists, and two that are as common.
const SCHEMES: [&str; 16] = [
    "basic",
    "bearer",
    "concealed",
    "digest",
    "dpop",
    "gnap",
    "hoba",
    "mutual",
    "negotiate",
    "oauth",
    "privatetoken",
    "scram-sha-1",
    "scram-sha-256",
    "vapid",
    "ntlm",
    "aws4-hmac-sha256",
];

/// Words that quote bytes of a message, without what may be a credential in them.
pub fn of_words(text: &str) -> Cow<'_, str> {
    let field = memchr_iter(b':', text.as_bytes()).find(|colon| {
        let name = text.get(..*colon).and_then(|before| before.split_whitespace().next_back());
        name.is_some_and(is_credential)
    });
    let quoted = field.and_then(|colon| text.get(..colon));
    quoted.map_or_else(|| of_text(text), |quoted| Cow::Owned(format!("{quoted}: {BLANK}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_attributes_stay_and_values_go() {
        let shown = |name, value| of_field(name, value).into_owned();
        assert_eq!(shown("Cookie", "a=1; b=x=y;; c"), "a=***; b=***; ; ***");
        assert_eq!(shown("cookie2", "$Version=\"1\""), "$Version=***");
        assert_eq!(
            shown("SET-COOKIE", "id=7; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"),
            "id=***; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"
        );
        // a semicolon in quotes, two cookies in one field
        assert_eq!(shown("Set-Cookie", "id=\"7;secret\"; Secure"), "id=***; ***; Secure");
        assert_eq!(shown("Set-Cookie", "a=1; Path=/, b=secret"), "a=***; Path=***");
        assert_eq!(shown("Set-Cookie", "a=1; Path=/, secret"), "a=***; Path=***");
        assert_eq!(shown("Set-Cookie", ""), "");
        assert_eq!(shown("Authorization", "Basic YTpi"), "Basic ***");
        assert_eq!(shown("proxy-authorization", "Digest username=\"a\", response=1"), "Digest ***");
        assert_eq!(shown("Authorization", "sesame open"), "***");
        assert_eq!(shown("Authorization", "Bearer"), "***");
        assert_eq!(shown("Authentication-Info", "nextnonce=\"1\""), "nextnonce=\"1\"");
    }

    #[test]
    fn words_and_authorities_are_read_too() {
        assert_eq!(of_field("Host", "u:p@h:80"), "u:***@h:80");
        let words = "no request begins with Cookie: a=secret; b";
        assert_eq!(of_words(words), "no request begins with Cookie: ***");
        assert_eq!(of_words("it begins with http://u:p@h"), "it begins with http://u:***@h");
        assert_eq!(of_words("a head: cut"), "a head: cut");
    }

    proptest! {
        #[test]
        fn a_secret_in_its_place_never_stays(
            before in "[ -~&&[^@/]]{0,8}", after in "[ -~]{0,12}", name in "[a-z]{1,6}",
        ) {
            const SECRET: &str = "s3cr3t";
            for field in ["Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization"] {
                let value = format!("{name}={before}{SECRET}{after}");
                let value = of_field(field, &value).into_owned();
                // the name of what looks like another cookie is no secret
                let looks_like_a_name = before.contains(';') && after.contains('=');
                prop_assert!(looks_like_a_name || !value.contains(SECRET), "{field}: {value}");
            }
            let url = format!("http://{name}:{SECRET}@host/{after}");
            prop_assert!(!of_text(&url).contains(SECRET), "{url}");
        }
    }
}
