//! What is said when a message is not as it should be.

use std::borrow::Cow;

use crate::anomaly::{Anomaly, Class};
use crate::flow::event::Direction;
use crate::limits::Limits;
use crate::protocol::http1::head::Flaws;

/// Bytes stand where a message should begin.
pub(super) fn no_message(way: Direction, bytes: &[u8]) -> Anomaly {
    let what = match way {
        Direction::ToServer => "request",
        Direction::ToClient => "response",
    };
    let shown: String = bytes.escape_ascii().take(40).map(char::from).collect();
    let text = format!("no {what} begins with {shown}");
    Anomaly::new("http.no-message", Class::Malformed, text).citing("RFC 9112 §2.1")
}

/// The client goes on in HTTP/2, though nobody has agreed to it.
pub(super) fn http2_begins() -> Anomaly {
    let text = "the client goes on in HTTP/2 without having changed to it";
    Anomaly::new("http.preface", Class::Malformed, text).citing("RFC 9113 §3.4")
}

/// The head is longer than is kept.
pub(super) fn head_too_long(limits: &Limits) -> Anomaly {
    let text = format!("a head is longer than {} bytes", limits.http_head);
    Anomaly::new("http.head-too-long", Class::Limit, text)
}

/// The chunked coding is broken, and how.
pub(super) fn chunk_broken(why: Cow<'static, str>) -> Anomaly {
    Anomaly::new("http.chunk-broken", Class::Malformed, why).citing("RFC 9112 §7.1")
}

/// What is wrong with a head that could be read.
pub(super) fn of_head(
    flaws: Flaws,
    is_whole: bool,
    limits: &Limits,
) -> impl Iterator<Item = Anomaly> {
    let cut = (!is_whole).then(|| {
        let text = "the end of a head is missing: fields, and the length of the body, may be too";
        Anomaly::new("http.head-cut", Class::Lost, text)
    });
    let odd = flaws.is_odd.then(|| {
        let text = "a head breaks the grammar of HTTP";
        Anomaly::new("http.head-syntax", Class::Malformed, text).citing("RFC 9112 §2")
    });
    let many = flaws.is_cut.then(|| {
        let text = format!("a head has more than {} fields", limits.http_fields);
        Anomaly::new("http.too-many-fields", Class::Limit, text)
    });
    [cut, odd, many].into_iter().flatten()
}
