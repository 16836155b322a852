//! What a message is about, read from its head: media types, page loads, query parameters.

use std::borrow::Cow;

use crate::protocol::http::fields::Fields;
use crate::protocol::http::message::RequestHead;

/// What a request loads, by what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Navigation {
    /// A page: a document at the top level.
    Page,
    /// A document within a page: a frame.
    Frame,
    /// Something else, or nobody can tell.
    No,
}

/// Does this request load a page?
///
/// Fetch metadata (`Sec-Fetch-Mode`, `Sec-Fetch-Dest`) say it for sure; browsers send it to
/// `https` and `localhost` only. Else a GET or POST that wants HTML above all is taken for one
/// (it may be a frame then). The opening handshake of a WebSocket (RFC 6455 §4.1) never does.
pub fn navigation(head: &RequestHead) -> Navigation {
    if head.fields.lists("upgrade", "websocket") {
        return Navigation::No;
    }
    let mode = head.fields.get("sec-fetch-mode");
    let destination = head.fields.get("sec-fetch-dest").map(str::trim);
    match (mode.map(str::trim), destination) {
        (Some("navigate") | None, Some("document")) | (Some("navigate"), None) => Navigation::Page,
        (_, Some("iframe" | "frame" | "fencedframe" | "object" | "embed"))
            if mode.is_none_or(|mode| mode.trim() == "navigate") =>
        {
            Navigation::Frame
        }
        (None, None) if (head.is("GET") || head.is("POST")) && wants_html(&head.fields) => {
            Navigation::Page
        }
        _ => Navigation::No,
    }
}

/// True where a request loads a page or a frame.
pub fn is_navigation(head: &RequestHead) -> bool {
    navigation(head) != Navigation::No
}

/// HTML is the first thing that is accepted: scripts and images never ask so.
fn wants_html(fields: &Fields) -> bool {
    fields.get("accept").is_some_and(|accept| {
        let first = essence(accept.split(',').next().unwrap_or_default());
        matches!(&*first, "text/html" | "application/xhtml+xml")
    })
}

/// The type and subtype of a `Content-Type`, in small letters, without parameters.
pub fn essence(content_type: &str) -> Cow<'_, str> {
    let essence = content_type.split([';', ',']).next().unwrap_or_default().trim();
    if essence.bytes().any(|b| b.is_ascii_uppercase()) {
        essence.to_ascii_lowercase().into()
    } else {
        essence.into()
    }
}

/// The `charset` of a `Content-Type`.
pub fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// Names and values of a query string or an `application/x-www-form-urlencoded` body, decoded.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    url::form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::buffer::Span;
    use crate::protocol::http::message::Version;

    fn of(method: &str, fields: &[(&str, &str)]) -> Navigation {
        navigation(&RequestHead {
            method: Some(method.into()),
            target: Some("/".into()),
            scheme: None,
            authority: None,
            protocol: None,
            promised_on: None,
            version: Version::Http11,
            fields: fields.iter().copied().collect(),
            unknown_fields: 0,
            span: Span::default(),
            size: 0,
        })
    }

    #[test]
    fn page_loads_are_known() {
        let html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        assert_eq!(of("GET", &[html]), Navigation::Page);
        assert_eq!(of("PUT", &[html]), Navigation::No);
        assert_eq!(of("GET", &[("Accept", "*/*")]), Navigation::No);
        assert_eq!(of("GET", &[]), Navigation::No);
        let sec =
            |mode, dest| of("GET", &[("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest), html]);
        assert_eq!(sec("navigate", "document"), Navigation::Page);
        assert_eq!(sec("navigate", "iframe"), Navigation::Frame);
        assert_eq!(sec("no-cors", "image"), Navigation::No);
        assert_eq!(sec("cors", "empty"), Navigation::No);
        assert_eq!(of("GET", &[("Sec-Fetch-Mode", "navigate")]), Navigation::Page);
        assert_eq!(of("GET", &[html, ("Upgrade", "WebSocket")]), Navigation::No);
    }

    #[test]
    fn media_types_are_taken_apart() {
        assert_eq!(essence(" Text/HTML ; Charset=\"UTF-8\""), "text/html");
        assert_eq!(essence(""), "");
        assert_eq!(charset("Text/HTML ; Charset=\"UTF-8\""), Some("UTF-8"));
        assert_eq!((charset("text/html"), charset("a/b; charset=")), (None, None));
    }

    #[test]
    fn queries_are_decoded() {
        let pairs: Vec<_> = query_pairs("a=1&b=c+d%20e&f&=%zz").collect();
        let wanted = [("a", "1"), ("b", "c d e"), ("f", ""), ("", "%zz")];
        assert!(pairs.iter().map(|(n, v)| (&**n, &**v)).eq(wanted), "{pairs:?}");
    }
}
