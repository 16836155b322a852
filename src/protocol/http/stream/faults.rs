//! What is not as it should be, in words.

use crate::anomaly::{Anomaly, Class};
use crate::limits::Limits;

/// A head has more in it than is kept: so many bytes, fewer than usual where heads before it
/// unfolded to many.
pub(super) fn large_head(limits: &Limits, most: usize) -> Anomaly {
    let text = format!(
        "a head has more than {} fields or {most} bytes: the rest is left out",
        limits.http_fields
    );
    Anomaly::new("http.head-too-long", Class::Limit, text)
}

/// The body has another length than its head announces.
pub(super) fn wrong_length(announced: u64, counted: u64) -> Anomaly {
    let text = format!("Content-Length is {announced}, but the body has {counted} bytes");
    Anomaly::new("http.content-length", Class::Malformed, text).citing("RFC 9110 §8.6")
}
