//! DNS over HTTPS (RFC 8484): a query is the body of a POST or stands in the URL of a GET, a
//! response is the body of the answer.
//!
//! Takes what HTTP has read, gives lookup messages.

use data_encoding::BASE64URL_NOPAD;

use crate::flow::event::Direction;
use crate::protocol::analyzer::Context;
use crate::protocol::buffer::Span;
use crate::protocol::dns::envelope;
use crate::protocol::dns::message::{Carrier, Flavor};
use crate::protocol::http::body::Counter;
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{MessageId, RequestHead};
use crate::protocol::http::semantics::essence;

/// What bodies with messages are (RFC 8484 §6).
const MEDIA_TYPE: &str = "application/dns-message";

/// The longest message there is: its length stands in 16 bits over TCP (RFC 1035 §4.2.2).
const LONGEST: usize = 65_535;

/// True where the body behind these fields is a message.
pub fn is_message(fields: &Fields) -> bool {
    fields.get("content-type").is_some_and(|kind| essence(kind) == MEDIA_TYPE)
}

/// True where a request is a question of this kind, and no part of a page.
pub fn is_question(head: &RequestHead) -> bool {
    let wanted = |fields: &Fields| fields.lists("accept", MEDIA_TYPE);
    is_message(&head.fields) || (wanted(&head.fields) && in_target(head).is_some())
}

/// The question in the URL of a GET (RFC 8484 §4.1); none where there is none.
pub fn question(head: &RequestHead) -> Option<Vec<u8>> {
    if !head.is("GET") || !is_question(head) {
        return None;
    }
    let encoded = in_target(head)?;
    BASE64URL_NOPAD.decode(encoded.trim_end_matches('=').as_bytes()).ok()
}

/// The parameter `dns` of a target.
fn in_target(head: &RequestHead) -> Option<&str> {
    let (_, query) = head.target.as_deref()?.split_once('?')?;
    let encoded = query.split('&').find_map(|pair| pair.strip_prefix("dns="))?;
    (!encoded.is_empty() && encoded.len() <= LONGEST.div_ceil(3) * 4).then_some(encoded)
}

/// A counter that keeps the body where it is a message.
pub fn keeping(counter: Counter, fields: &Fields) -> Counter {
    if is_message(fields) { counter.keeping(LONGEST) } else { counter }
}

/// Says what a message says that an exchange carried.
pub fn say(bytes: &[u8], way: Direction, id: MessageId, span: Span, cx: &mut Context<'_>) {
    envelope::say(bytes, (Flavor::Dns, Carrier::Https(id)), way, 0, span, cx);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::message::Version;

    fn head(method: &str, target: &str, fields: &[(&str, &str)]) -> RequestHead {
        RequestHead {
            method: Some(method.into()),
            target: Some(target.into()),
            scheme: None,
            authority: None,
            protocol: None,
            promised_on: None,
            version: Version::Http2,
            fields: fields.iter().copied().collect(),
            unknown_fields: 0,
            span: Span::default(),
            size: 0,
        }
    }

    const ACCEPTS: (&str, &str) = ("accept", MEDIA_TYPE);

    #[test]
    fn the_question_of_a_get_is_in_its_url() {
        // RFC 8484 §4.1.1
        let target = "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";
        let asked = question(&head("GET", target, &[ACCEPTS])).unwrap();
        assert_eq!((asked.len(), &asked[12..16]), (33, &b"\x03www"[..]));
        assert!(question(&head("GET", &format!("{target}=&x=1"), &[ACCEPTS])).is_some());
        for (method, target, fields) in [
            ("POST", target, &[ACCEPTS][..]),
            ("GET", target, &[]),
            ("GET", "/dns-query?name=www.example.com", &[ACCEPTS]),
            ("GET", "/dns-query?dns=a*b", &[ACCEPTS]),
            ("GET", "/dns-query?dns=", &[ACCEPTS]),
        ] {
            assert_eq!(question(&head(method, target, fields)), None, "{method} {target}");
        }
    }

    #[test]
    fn questions_are_told_from_other_requests() {
        let post = head("POST", "/dns-query", &[("content-type", "Application/DNS-Message")]);
        assert!(is_question(&post));
        let json = head("GET", "/resolve?name=a.test", &[("accept", "application/dns-json")]);
        assert!(!is_question(&json) && !is_message(&json.fields));
    }
}
