//! What is not as it should be, in words.

use crate::anomaly::{Anomaly, Class};
use crate::limits::Limits;
use crate::protocol::http2::hpack;

/// The client does not begin with its preface.
pub(super) fn no_preface() -> Anomaly {
    let text = "the client does not begin with the preface of HTTP/2";
    Anomaly::new("http2.preface", Class::Malformed, text).citing("RFC 9113 §3.4")
}

/// A frame breaks the rules of its kind: how, in words.
pub(super) fn bad_frame(stream: u32, how: &'static str) -> Anomaly {
    let text = format!("stream {stream}: {how}");
    Anomaly::new("http2.frame", Class::Malformed, text).citing("RFC 9113 §6")
}

/// A header block could not be read to its end.
pub(super) fn bad_block(stream: u32, fault: hpack::Fault) -> Anomaly {
    let why = match fault {
        hpack::Fault::Short => "ends within a field".to_owned(),
        hpack::Fault::Number => "has a number beyond all that is sensible".to_owned(),
        hpack::Fault::Huffman => "has a string that is not in the Huffman code".to_owned(),
        hpack::Fault::Index(index) => format!("refers to entry {index}, which does not exist"),
        hpack::Fault::LateResize => "changes the size of the table behind a field".to_owned(),
    };
    let text = format!("a header block of stream {stream} {why}: later ones may lack fields");
    Anomaly::new("http2.hpack", Class::Malformed, text).citing("RFC 7541 §2.2")
}

/// The encoder makes its table larger than it may.
pub(super) fn large_table(size: u64) -> Anomaly {
    let text =
        format!("a table of {size} bytes for header fields, more than the other side allows");
    Anomaly::new("http2.hpack-size", Class::Malformed, text).citing("RFC 7541 §4.2")
}

/// A piece of a header block is missing.
pub(super) fn lost_block(stream: u32) -> Anomaly {
    let text = format!(
        "a part of a header block of stream {stream} is missing: what later ones say by reference to \
         it is unknown"
    );
    Anomaly::new("http2.head-cut", Class::Lost, text)
}

/// A head breaks the rules of HTTP.
pub(super) fn bad_head(stream: u32, how: &'static str) -> Anomaly {
    let text = format!("stream {stream}: {how}");
    Anomaly::new("http2.head-syntax", Class::Malformed, text).citing("RFC 9113 §8.2")
}

/// A frame is longer than is kept of one at a time.
pub(super) fn large_frame(stream: u32, length: u32) -> Anomaly {
    let text = format!("a frame of stream {stream} has {length} bytes: it is passed over");
    Anomaly::new("http2.frame-too-long", Class::Limit, text)
}

/// More streams are open than are followed.
pub(super) fn many_streams(limits: &Limits) -> Anomaly {
    let text = format!("more than {} streams at once: the oldest is given up", limits.http_streams);
    Anomaly::new("http2.streams-full", Class::Limit, text)
}
