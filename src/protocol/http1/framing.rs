//! How long a body is (RFC 9112 §6.3), in the order of its rules.

use crate::anomaly::{Anomaly, Class};
use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::{Framing, RequestHead, ResponseHead, Version};

/// What a head says of its body's length.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// This.
    Known(Framing),
    /// This, but it should not have been said so.
    Doubtful(Framing, Anomaly),
    /// It contradicts itself: nobody can know where the body ends.
    Unknown(Anomaly),
}

/// The framing of a request's body.
pub(super) fn of_request(head: &RequestHead) -> Length {
    if head.is("CONNECT") {
        return Length::Known(Framing::None);
    }
    match transfer_coding(&head.fields) {
        Transfer::None => content_length(&head.fields, Framing::None),
        Transfer::Chunked => chunked(&head.fields, head.version),
        Transfer::Other => Length::Unknown(
            Anomaly::new(
                "http.transfer-coding",
                Class::Malformed,
                "a request whose last transfer coding is not chunked has no end",
            )
            .citing("RFC 9112 §6.3"),
        ),
    }
}

/// The framing of a response's body, which depends on the request's method.
pub(super) fn of_response(head: &ResponseHead, method: Option<&str>) -> Length {
    let status = head.status.unwrap_or_default();
    let bodiless = matches!(status, 100..=199 | 204 | 304) || method == Some("HEAD");
    let tunnel = method == Some("CONNECT") && matches!(status, 200..=299);
    if bodiless || tunnel {
        return Length::Known(Framing::None);
    }
    match transfer_coding(&head.fields) {
        Transfer::None => content_length(&head.fields, Framing::UntilClose),
        Transfer::Chunked => chunked(&head.fields, head.version),
        Transfer::Other => Length::Known(Framing::UntilClose),
    }
}

enum Transfer {
    None,
    Chunked,
    /// Coded, but not chunked at last.
    Other,
}

fn transfer_coding(fields: &Fields) -> Transfer {
    let codings = fields.all("transfer-encoding").flat_map(|value| value.split(','));
    let named = codings.map(|c| c.split(';').next().unwrap_or_default().trim());
    match named.filter(|c| !c.is_empty()).last() {
        None => Transfer::None,
        Some(last) if last.eq_ignore_ascii_case("chunked") => Transfer::Chunked,
        // RFC 2616 §3.6 knew it; it means no coding.
        Some(last) if last.eq_ignore_ascii_case("identity") => Transfer::None,
        Some(_) => Transfer::Other,
    }
}

fn chunked(fields: &Fields, version: Version) -> Length {
    if fields.get("content-length").is_some() {
        let text = "both Transfer-Encoding and Content-Length: servers that disagree on which one \
                    counts can be made to see a smuggled request";
        let anomaly = Anomaly::new("http.smuggling-length", Class::Suspicious, text);
        return Length::Doubtful(Framing::Chunked, anomaly.citing("RFC 9112 §6.1"));
    }
    if version < Version::Http11 {
        let text = "Transfer-Encoding in a message older than HTTP/1.1";
        let anomaly = Anomaly::new("http.transfer-coding", Class::Suspicious, text);
        return Length::Doubtful(Framing::Chunked, anomaly.citing("RFC 9112 §6.1"));
    }
    Length::Known(Framing::Chunked)
}

/// Several equal values are one (RFC 9110 §8.6).
fn content_length(fields: &Fields, otherwise: Framing) -> Length {
    let mut values = fields.all("content-length").flat_map(|v| v.split(',')).map(str::trim);
    let Some(first) = values.next() else { return Length::Known(otherwise) };
    let digits = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit());
    let length = first.parse().ok().filter(|_| digits);
    let broken = |text: String| {
        Length::Unknown(
            Anomaly::new("http.content-length", Class::Malformed, text).citing("RFC 9112 §6.3"),
        )
    };
    match (length, values.find(|value| value.parse().ok() != length)) {
        (None, _) => broken(format!("Content-Length is no number: {}", brief(first))),
        (_, Some(other)) => broken(format!("Content-Length is {first} and {}", brief(other))),
        (Some(length), None) => Length::Known(Framing::Length(length)),
    }
}

/// As much of a value as an anomaly shows, made printable.
fn brief(value: &str) -> String {
    value.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::protocol::http1::head;

    fn request(head: &str) -> Length {
        of_request(&head::request(head.as_bytes(), &Limits::default()).unwrap().head)
    }

    fn response(method: Option<&str>, status: u16, fields: &str) -> Length {
        let head = format!("HTTP/1.1 {status} x\r\n{fields}\r\n");
        of_response(&head::response(head.as_bytes(), &Limits::default()).unwrap().head, method)
    }

    const BOTH: &str = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";

    #[test]
    fn the_rules_are_tried_in_order() {
        let known = |framing| Length::Known(framing);
        for status in [100, 103, 204, 304] {
            assert_eq!(response(Some("GET"), status, BOTH), known(Framing::None), "{status}");
        }
        assert_eq!(response(Some("HEAD"), 200, BOTH), known(Framing::None));
        assert_eq!(response(Some("CONNECT"), 200, BOTH), known(Framing::None));
        let five = "Content-Length: 5\r\n";
        assert_eq!(response(Some("CONNECT"), 407, five), known(Framing::Length(5)));
        assert_eq!(response(None, 200, ""), known(Framing::UntilClose));
        assert_eq!(response(None, 200, "Transfer-Encoding: gzip\r\n"), known(Framing::UntilClose));
        assert_eq!(
            response(None, 200, "Transfer-Encoding: gzip\r\nTransfer-Encoding: , Chunked\r\n"),
            known(Framing::Chunked)
        );
        assert_eq!(request("POST / HTTP/1.1\r\n\r\n"), known(Framing::None));
        assert_eq!(
            request("CONNECT h:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\n"),
            known(Framing::None)
        );
    }

    #[test]
    fn contradictions_are_said() {
        let both = format!("POST / HTTP/1.1\r\n{BOTH}\r\n");
        assert!(
            matches!(request(&both), Length::Doubtful(Framing::Chunked, a) if a.id == "http.smuggling-length")
        );
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(matches!(request(old), Length::Doubtful(Framing::Chunked, _)));
        let gzip = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n";
        assert!(matches!(request(gzip), Length::Unknown(_)));
        for value in ["", "-1", "+1", "1 2", "0x10", "5, 6", "5, x", "99999999999999999999"] {
            let fields = format!("Content-Length: {value}\r\n");
            assert!(matches!(response(None, 200, &fields), Length::Unknown(_)), "{value}");
        }
        let twice = "Content-Length: 5, 05\r\nContent-Length: 5\r\n";
        assert_eq!(response(None, 200, twice), Length::Known(Framing::Length(5)));
    }
}
