//! Where else a server says that the same may be had: `Alt-Svc` (RFC 7838 §3).
//!
//! Takes the values of the field, gives what they offer. What is not as the RFC has it is left out.

use crate::time::TimeDelta;

/// Another place where an origin can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative<'a> {
    /// What is spoken there, as ALPN names it.
    pub protocol: &'a str,
    /// Its host; none where it is the origin's own.
    pub host: Option<&'a str>,
    /// Its port.
    pub port: u16,
    /// How long it may be used, from the response that says so.
    pub max_age: TimeDelta,
}

/// What a response offers in all its fields, the best first; nothing for `clear`. Whatever was offered
/// before is void with it.
pub fn alternatives<'a>(
    values: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = Alternative<'a>> {
    values.flat_map(|value| split(value, ',')).filter_map(alternative)
}

fn alternative(offer: &str) -> Option<Alternative<'_>> {
    let mut parts = split(offer, ';').map(str::trim);
    let (protocol, authority) = parts.next()?.split_once('=')?;
    let (host, port) = unquoted(authority).rsplit_once(':')?;
    let named = parts.filter_map(|part| part.split_once('='));
    let mut ages = named.filter(|(name, _)| name.eq_ignore_ascii_case("ma"));
    let seconds = ages.find_map(|(_, value)| unquoted(value).parse::<u64>().ok());
    let max_age = seconds.map_or(FRESH, |seconds| {
        TimeDelta::from_secs(u32::try_from(seconds).unwrap_or(u32::MAX).into())
    });
    let host = Some(host).filter(|host| !host.is_empty());
    Some(Alternative { protocol, host, port: port.parse().ok()?, max_age })
}

/// Parts between these marks, but for those in quotes: a quoted string may hold them.
fn split(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        let was_escaped = is_escaped;
        is_escaped = is_quoted && !was_escaped && c == '\\';
        is_quoted ^= c == '"' && !was_escaped;
        c == mark && !is_quoted
    })
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// Without a word on it an alternative may be used for a day (RFC 7838 §3.1).
const FRESH: TimeDelta = TimeDelta::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn offered<'a>(values: &[&'a str]) -> Vec<(&'a str, Option<&'a str>, u16, i64)> {
        let all = alternatives(values.iter().copied());
        let seconds = |time: TimeDelta| time.as_nanos() / 1_000_000_000;
        all.map(|it| (it.protocol, it.host, it.port, seconds(it.max_age))).collect()
    }

    #[test]
    fn alternatives_have_a_protocol_a_place_and_an_age() {
        assert_eq!(offered(&["h3=\":443\""]), [("h3", None, 443, 86_400)]);
        assert_eq!(
            offered(&[
                "h3=\":443\"; ma=2592000; persist=1, h3-29=\":8443\";MA=\"60\"",
                "h2=\":1\""
            ]),
            [("h3", None, 443, 2_592_000), ("h3-29", None, 8443, 60), ("h2", None, 1, 86_400)]
        );
        assert_eq!(
            offered(&["h3=\"alt.example.com:8443\" ;ma=0,h3=\"[2001:db8::1]:443\""]),
            [("h3", Some("alt.example.com"), 8443, 0), ("h3", Some("[2001:db8::1]"), 443, 86_400)]
        );
        let ages = offered(&["h3=\":443\"; ma=99999999999999"]);
        assert_eq!(ages, [("h3", None, 443, i64::from(u32::MAX))]);
    }

    #[test]
    fn what_stands_in_quotes_is_not_cut() {
        assert_eq!(
            offered(&["quic=\":443\"; ma=60; v=\"46,43\", h3=\":443\"; x=\"a\\\",;h3=\\\"\""]),
            [("quic", None, 443, 60), ("h3", None, 443, 86_400)]
        );
    }

    #[test]
    fn nothing_is_offered_by_clear_or_by_what_cannot_be_read() {
        for value in ["clear", "", ",", "h3", "h3=", "h3=\"443\"", "h3=\":99999\"", "h3=\":\""] {
            assert_eq!(offered(&[value]), [], "{value}");
        }
    }
}
